"""Routing conditions: `severity="critical"`, in Alertmanager's notation."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, get_args

import re2

from iwmon.config.problem import listed, shown
from iwmon.config.scalars import wrong
from iwmon.model import AlertKind, Coverage, LabelMatcher, Level, Severity

# What an alert can be asked about (model.Alert.labels), and the values it can have where they are few.
LABELS: dict[str, frozenset[str] | None] = {
    "alertname": frozenset(get_args(AlertKind)),
    "kind": frozenset(get_args(AlertKind)),
    "severity": frozenset(Severity),
    "judgement": None,
    "indicator": None,
    "source": None,
    "level": frozenset(Level) | frozenset(Coverage),
}
ALL_LABELS = "..."  # in group_by: every alert on its own

_MATCHER = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(.*)", re.DOTALL)
_NEXT = re.compile(r",\s*+[a-zA-Z_:][a-zA-Z0-9_:]*+\s*+(=|!=|!~)")  # Alertmanager takes several in one text
_RULE = 'write label="value", with = != =~ or !~, e.g. \'severity="critical"\''


@lru_cache(maxsize=1024)
def _pattern(text: str) -> Any:
    return re2.compile(text)


def takes(matcher: LabelMatcher, value: str) -> bool:
    """Whether a condition holds for that value of its label; "" also stands for no such label.

    Patterns are anchored at both ends. As in Alertmanager, `!~` is the exact opposite of `=~`.
    """
    if matcher.op in ("=", "!="):
        return (value == matcher.value) is (matcher.op == "=")
    return (_pattern(matcher.value).fullmatch(value) is not None) is (matcher.op == "=~")


def spelled(matcher: LabelMatcher) -> str:
    """The condition as the file writes it: severity="critical"."""
    value = matcher.value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{matcher.label}{matcher.op}"{value}"'


def parse_matcher(value: Any) -> LabelMatcher:
    """`label op "value"` → a LabelMatcher; a regular expression must be one that RE2 takes."""
    if not isinstance(value, str):
        raise wrong("expected a condition", _RULE)
    outside = value.replace("\\\\", "").replace('\\"', "").split('"')[::2]
    if value.lstrip().startswith("{") or any(map(_NEXT.search, outside)):
        several = "write each as an item of the list: ['severity=\"critical\"', 'judgement=\"kj-2\"']"
        raise wrong(f"{shown(value)} is several conditions in one", several)
    found = _MATCHER.fullmatch(value.strip())
    if not found:
        raise wrong(f"{shown(value)} is not a condition", _RULE)
    label, op, written = found.groups()
    text = _unquoted(written, value)
    if op in ("=~", "!~"):
        _check_pattern(text)
    return LabelMatcher(label, op, text)  # type: ignore[arg-type]  # the pattern lets only the four through


def _unquoted(written: str, whole: str) -> str:
    if not written.startswith('"'):
        if '"' in written:
            raise wrong(f"{shown(whole)} is not a condition", _RULE)
        return written
    if len(written) < 2 or not re.fullmatch(r'"(?:[^"\\]|\\.)*"', written, re.DOTALL):
        raise wrong(f"{shown(whole)} has a quote that is not closed, or text after it", _RULE)
    # As Alertmanager has it: a backslash before any other character is only a backslash.
    return re.sub(r'\\(["\\n])', lambda m: "\n" if m[1] == "n" else m[1], written[1:-1])


def _check_pattern(pattern: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise wrong(
            f"{shown(pattern)} is not a regular expression: {said}",
            "RE2's notation holds: no lookahead, no references back",
        ) from None


def doubt(matcher: LabelMatcher) -> tuple[str, str] | None:
    """Why a condition can never decide anything, as message and hint; None if it can."""
    values = LABELS.get(matcher.label, frozenset())
    if matcher.label not in LABELS:
        return f"no alert has a label {shown(matcher.label)}", f"labels: {listed(LABELS)}"
    if values and matcher.op in ("=", "!=") and matcher.value and matcher.value not in values:
        return f"{matcher.label} is never {shown(matcher.value)}", f"values: {listed(sorted(values), 20)}"
    return None
