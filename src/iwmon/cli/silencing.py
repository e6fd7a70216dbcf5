"""What `iwmon silence` checks, does and says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from hashlib import sha256
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from rich.console import Console

from iwmon.alerts.silencing import check_silence, silenced
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Call, Misuse, moment
from iwmon.cli.routed import conditions_of
from iwmon.config import Config
from iwmon.config.labels import LABELS, parse_matcher, spelled, takes
from iwmon.config.scalars import Duration
from iwmon.model import Alert, Delivery, Failure, LabelMatcher, Silence
from iwmon.store import Store

State = Literal["active", "pending", "expired"]
_SHOWN = 10  # alerts named
_LENGTH: TypeAdapter[timedelta] = TypeAdapter(Duration)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `silence add`, as they were written."""

    length: str | None
    until: str | None
    begin: str | None
    comment: str
    by: str
    yes: bool = False


# ---------------------------------------------------------------- add


def add(call: Call, conditions: Sequence[str], asked: Asked, now: datetime) -> None:
    """Set a silence, and say what it covers. Raises Misuse or Failure for one that makes no sense."""
    matchers = tuple(condition(written) for written in conditions)
    begins, ends = _span(asked, now)
    with call.store() as store:
        config, _ = call.config_in_force(store)
        silence = Silence(
            id=_identity(matchers, begins, ends, asked, now),
            matchers=matchers,
            begins=begins,
            ends=ends,
            by=safe(asked.by, 80),
            comment=safe(asked.comment, 500),
            created=now,
        )
        try:
            check_silence(silence)
        except Failure as fault:
            raise Misuse(fault.message, hint=fault.hint) from fault
        for matcher in matchers:
            _check_known(matcher, config)
        if everything(matchers, config) and not asked.yes:
            raise Misuse(
                f"{conditions_of(matchers)} silences every alert that there can be",
                hint="narrow it with judgement=, indicator= or severity=; or say --yes",
            )
        if ends <= now:
            raise Misuse("the silence would be over already", hint="give a later end")
        store.add_silence(silence)
        covered = _covered(store, silence)
    if call.json:
        show.emit({"silence": document(silence, now), "covers": [_alert_document(one) for one in covered]})
        return
    out, zone = show.console(), ZoneInfo(config.settings.timezone)
    lasts = f"until {show.clock(ends, zone, now)}, {show.ago(ends, now)}"
    if begins > now:
        lasts = f"from {show.clock(begins, zone, now)} {lasts}"
    show.say(out, f"Silent {lasts}: {conditions_of(matchers)}")
    show.say(out, f"silence {silence.id}, by {silence.by}: {silence.comment}", 2)
    if covered:
        show.say(out, f"It covers {show.count(len(covered), 'alert')} open or waiting now:", 2)
        _named(out, covered, 4)
    else:
        show.say(out, "It covers nothing that is open now, only what may come.", 2)
    show.say(out, f"It ends by itself; sooner with: iwmon silence expire {silence.id}", 2)


def condition(written: str) -> LabelMatcher:
    """`LABEL=VALUE` as a shell leaves it, or as the file writes it. Raises Misuse."""
    try:
        return parse_matcher(written)
    except PydanticCustomError as error:
        hint = str((error.context or {}).get("hint", ""))
        if "several" in error.message():
            hint = "give each as an argument of its own"
        raise Misuse(error.message(), hint=hint) from None


def _span(asked: Asked, now: datetime) -> tuple[datetime, datetime]:
    if (asked.length is None) == (asked.until is None):
        what = "needs an end" if asked.length is None else "has two ends"
        raise Misuse(f"a silence {what}", hint="say how long, --for 3d, or until when, --until TIME")
    begins = now if asked.begin is None else moment(asked.begin)
    if asked.until is not None:
        return begins, moment(asked.until)
    try:
        length = _LENGTH.validate_python(asked.length)
    except ValidationError as error:
        first = error.errors()[0]
        raise Misuse(first["msg"], where="--for", hint=str(first.get("ctx", {}).get("hint", ""))) from None
    return begins, begins + length


def _identity(
    matchers: Iterable[LabelMatcher], begins: datetime, ends: datetime, asked: Asked, now: datetime
) -> str:
    said = [*map(spelled, matchers), begins.isoformat(), ends.isoformat(), asked.by, now.isoformat()]
    return sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()[:8]


def _ids(config: Config) -> dict[str, list[str]]:
    """What is configured, by the label that names it."""
    return {
        "judgement": list(config.judgements),
        "indicator": list(config.indicators),
        "source": list(config.sources),
    }


def _check_known(matcher: LabelMatcher, config: Config) -> None:
    """Raises Misuse for an id that nothing has: the silence would be accepted, and silence nothing."""
    ids = _ids(config).get(matcher.label)
    if ids is None or not matcher.value:
        return
    if matcher.op == "=~" and not any(takes(matcher, one) for one in ids):
        raise Misuse(f"no {matcher.label} is like {safe(matcher.value, 60)}", hint=_listed(ids))
    if matcher.op not in ("=", "!=") or matcher.value in ids:
        return
    folded = {one.casefold(): one for one in ids}
    near = get_close_matches(matcher.value.casefold(), folded, n=1)
    hint = f"did you mean {folded[near[0]]}?" if near else _listed(ids)
    raise Misuse(f"there is no {matcher.label} {safe(matcher.value, 60)}", hint=hint)


def _listed(ids: Sequence[str]) -> str:
    return f"one of {', '.join(ids[:12])}" if ids else "none is configured"


def everything(matchers: Iterable[LabelMatcher], config: Config) -> bool:
    """Whether no condition narrows: each takes every value that its label can have."""
    ids = _ids(config)
    return all(
        matcher.op != "=" and all(takes(matcher, value) for value in ids.get(matcher.label, values))
        for matcher in matchers
        for values in [LABELS.get(matcher.label) or ()]
    )


# ---------------------------------------------------------------- list and expire


def list_silences(call: Call, now: datetime, *, past: bool) -> None:
    """Print silences: in force, to come, and with `past` also over."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        found = [one for one in store.silences() if past or state(one, now) != "expired"]
        opened = [one.alert for one in store.open_alerts()]
    order: tuple[State, ...] = ("active", "pending", "expired")
    found.sort(key=lambda one: (order.index(state(one, now)), one.ends))
    covers = {one.id: sum(silenced(a.labels, [one], now) is not None for a in opened) for one in found}
    if call.json:
        show.emit({"silences": [document(one, now) | {"covers": covers[one.id]} for one in found]})
        return
    out, zone = show.console(), ZoneInfo(config.settings.timezone)
    if not found:
        show.say(out, "No silences." if past else "No silences in force or to come; --all shows past ones.")
    for one in found:
        standing = state(one, now)
        ends, begins = show.clock(one.ends, zone, now), show.clock(one.begins, zone, now)
        when = {
            "active": f"until {ends}, {show.ago(one.ends, now)}",
            "pending": f"from {begins} until {ends}",
            "expired": f"over since {ends}" if one.ends > one.begins else "ended before it began",
        }[standing]
        style = "dim" if standing == "expired" else "bold"
        show.say(out, show.line((conditions_of(one.matchers), style)))
        show.say(out, f"{one.id}; {standing}, {when}; by {safe(one.by, 80)}: {safe(one.comment, 500)}", 2)
        if covers[one.id]:
            show.say(out, f"covers {show.count(covers[one.id], 'open alert')}", 2)


def state(silence: Silence, now: datetime) -> State:
    """Whether it is in force at `now`. One that was ended before it began never will be."""
    if now >= silence.ends or silence.ends <= silence.begins:
        return "expired"
    return "active" if now >= silence.begins else "pending"


def expire(call: Call, identity: str, by: str, now: datetime) -> None:
    """End a silence, and say what is sent now that it kept back."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        before = {one.id: one for one in store.silences()}
        after = store.expire_silence(identity, by, now)
        silence = before[after.id]
        was = state(silence, now)
        kept = [
            (delivery, alert)
            for delivery, alert in (store.waiting() if was == "active" else ())
            if silenced(alert.labels, [silence], now)
        ]
        others = store.silences(now)
    if call.json:
        sent = [
            {
                "receiver": d.receiver,
                "alert": a.id,
                "title": a.title,
                "still_silenced_by": _still(a, others, now),
            }
            for d, a in kept
        ]
        show.emit({"silence": document(after, now), "was": was, "kept_back": sent})
        return
    out, zone = show.console(), ZoneInfo(config.settings.timezone)
    if was == "expired":
        since = f", since {show.clock(after.ends, zone, now)}" if after.ends > after.begins else ""
        show.say(out, f"Silence {after.id} was over already{since}.")
        return
    show.say(out, f"Silence {after.id} ended by {safe(by, 80)}: {conditions_of(after.matchers)}")
    if not kept:
        show.say(out, "It kept nothing back: nothing is sent now.", 2)
    for other, some in _by_silence(kept, others, now).items():
        if other is None:
            show.say(out, "Sent now, as far as quiet hours and the like let it through:", 2)
        else:
            show.say(out, f"Still silent, until {show.clock(other.ends, zone, now)}, by {other.id}:", 2)
        by_alert: dict[str, list[str]] = {}
        for delivery, alert in some:
            by_alert.setdefault(f"{safe(alert.title)} ({alert.id})", []).append(delivery.receiver)
        for title, receivers in by_alert.items():
            show.say(out, f"{title} to {', '.join(dict.fromkeys(receivers))}", 4)


def _by_silence(
    kept: Iterable[tuple[Delivery, Alert]], others: Sequence[Silence], now: datetime
) -> dict[Silence | None, list[tuple[Delivery, Alert]]]:
    found: dict[Silence | None, list[tuple[Delivery, Alert]]] = {}
    for delivery, alert in kept:
        found.setdefault(silenced(alert.labels, others, now), []).append((delivery, alert))
    return found


def _still(alert: Alert, others: Sequence[Silence], now: datetime) -> str | None:
    other = silenced(alert.labels, others, now)
    return other.id if other else None


# ---------------------------------------------------------------- what is covered


def _covered(store: Store, silence: Silence) -> list[Alert]:
    """The alerts that are open, or wait to be sent, and that the silence covers; newest first."""
    found = {one.alert.id: one.alert for one in store.open_alerts()}
    found |= {alert.id: alert for _, alert in store.waiting()}
    covered = [one for one in found.values() if silenced(one.labels, [silence], silence.begins)]
    return sorted(covered, key=lambda one: one.at, reverse=True)


def _named(out: Console, alerts: Sequence[Alert], indent: int) -> None:
    for alert in alerts[:_SHOWN]:
        show.say(out, f"{safe(alert.title)} ({alert.id})", indent)
    if len(alerts) > _SHOWN:
        show.say(out, f"and {len(alerts) - _SHOWN} more", indent)


def document(silence: Silence, now: datetime) -> dict[str, object]:
    """A silence for --json."""
    return {
        "id": silence.id,
        "state": state(silence, now),
        "matchers": [spelled(matcher) for matcher in silence.matchers],
        "begins": silence.begins,
        "ends": silence.ends,
        "by": silence.by,
        "comment": silence.comment,
        "created": silence.created,
    }


def _alert_document(alert: Alert) -> dict[str, object]:
    return {"id": alert.id, "kind": alert.kind, "severity": alert.severity, "title": alert.title}
