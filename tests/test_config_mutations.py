"""Whatever happens to the file: a Config or positioned errors, soon, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config_contract import CONTRACT, ENVIRON, NAME, read
from iwmon.config import ConfigError, Problem, check, parse
from patience import costing

LINES = CONTRACT.splitlines(keepends=True)
VALUES = r"""NO yes on ~ null true 0 -1 1.5 1e999 012 1:30 0x1f .nan 99999999999999999999 2022-07-15
2022-13-45
10m 10 6_months '' '_x " [] {} [[]] {a:_b} [a,_b] | > &a *a !!str_x !x @x %x `x` #x << ? - , : ${X}
${ ${X:-} $x $belarus Naïve 🙂 console: https:// http://[ file:///etc/passwd supports nashaniva kj-2
( AND NOT_x a_NEAR/0_b /(/ \ "\u0000" "\x" severity=~"(" never Europe never/ever"""
TOKENS = [value.replace("_", " ") for value in VALUES.split()] + ["\u202e", "\t", "\x00"]


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """The contract with a few lines, values, characters or bytes changed, doubled, moved or cut."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        match draw(st.sampled_from(("value", "drop", "double", "move", "indent", "character", "half"))):
            case "value":
                found = list(re.finditer(r"[^\s\[\]{},:]+", line)) or list(re.finditer(r"", line))
                span = draw(st.sampled_from(found))
                lines[at] = line[: span.start()] + draw(st.sampled_from(TOKENS)) + line[span.end() :]
            case "drop":
                lines[at] = ""
            case "double":
                lines.insert(at, line)
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "indent":
                lines[at] = draw(st.sampled_from((" ", "  ", "\t", "    "))) + line
            case "character":
                cut = draw(st.integers(0, len(line)))
                lines[at] = (
                    line[:cut] + draw(st.characters(codec="utf-8")) + line[cut + draw(st.integers(0, 2)) :]
                )
            case "half":
                lines = [*lines[:at], line[: draw(st.integers(0, len(line)))]]
        if not lines:
            break
    content = "".join(lines).encode()
    if draw(st.integers(0, 19)) == 0:
        cut = draw(st.integers(0, len(content)))
        content = content[:cut] + draw(st.binary(min_size=1, max_size=3)) + content[cut:]
    return content


@given(mutants())
@example(b"")
@example(b"\xff")
@example(CONTRACT.encode()[: len(CONTRACT) // 2])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_file_is_read_or_refused_with_places(content: bytes) -> None:
    """Never another exception, never an error without its place, and bounded in time."""
    problems: tuple[Problem, ...] = ()
    with costing(5):
        try:
            check(read(content))
        except ConfigError as error:
            problems = error.problems
            assert problems
    lines = content.decode("utf-8", "replace").count("\n") + content.count(b"\r") + 1
    for problem in problems:
        where = re.fullmatch(rf"{re.escape(NAME)}:(\d+):(\d+)", problem.where)
        assert where, problem
        assert 1 <= int(where[1]) <= lines
        assert int(where[2]) >= 1
        assert problem.severity == "error"
        assert problem.message
        assert "\n" not in str(problem)


BAD_RELOADS = [
    ("duplicate key", "    country: BY\n", "    country: BY\n    country: BY\n"),
    ("NO", "allow_private: false", "allow_private: NO"),
    ("Norway", "country: BY", "country: NO"),
    ("alias without anchor", "country: BY", "country: *c"),
    ("tab", "    country: BY", "\tcountry: BY"),
    ("a line lost its indentation", "    country: BY", "country: BY"),
]


@pytest.mark.parametrize(("name", "old", "new"), BAD_RELOADS, ids=[bad[0] for bad in BAD_RELOADS])
def test_bad_edits_are_never_a_configuration(name: str, old: str, new: str) -> None:
    """What an editor's slip makes of the file is refused, so that the daemon keeps what it has."""
    with pytest.raises(ConfigError):
        read(CONTRACT.replace(old, new))


def test_most_half_written_files_are_refused() -> None:
    """Cut anywhere, the contract is refused, or passes with a warning unless a whole line ended there."""
    silent = 0
    content = CONTRACT.encode()
    for end in range(0, len(content), 11):
        try:
            config = read(content[:end])
        except ConfigError:
            continue
        if not any("is the file complete?" in warning.message for warning in config.warnings):
            silent += 1
            assert content[:end].endswith((b"\n", b"}")), content[:end][-40:]
    assert silent < 20


def ten_thousand(count: int = 10_000) -> str:
    """A configuration of many indicators, each with a query in two languages; about 1.25 MB."""
    lines = [
        "version: 1",
        "terms: {belarus: {en: [belarus*], ru: [беларус*]}}",
        "sources: [{id: a, url: 'https://a.example/rss'}]",
        "judgements:",
    ]
    for number in range(count):
        if number % 50 == 0:
            lines += [
                f"  - id: kj-{number}",
                "    statement: It happens",
                "    made_on: 2022-07-15",
                "    indicators:",
            ]
        query = f"{{en: $belarus NEAR/9 w{number}*, ru: 'с{number}*'}}"
        lines.append(f"      - {{id: i{number}, name: Indicator {number}, effect: supports, query: {query}}}")
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_ten_thousand_indicators_load_in_time() -> None:
    """10,000 indicators load in less than 10 s of processor time, queries compiled; order is kept."""
    content = ten_thousand().encode()
    with costing(10):
        config = parse(NAME, lambda _: content, ENVIRON)
    assert list(config.indicators) == [f"i{number}" for number in range(10_000)]


@pytest.mark.slow
def test_ten_thousand_mistakes_are_told_in_time() -> None:
    """A mistake in every indicator costs no more than twice as much, and all are counted."""
    content = ten_thousand().replace("effect: supports", "effect: suports").encode()
    with costing(20), pytest.raises(ConfigError) as caught:
        parse(NAME, lambda _: content, ENVIRON)
    assert len(caught.value.problems) == 10_000
    assert len(str(caught.value).splitlines()) == 52
