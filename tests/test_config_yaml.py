# ruff: noqa: E501 - a mistake a line
"""What of YAML is taken, what is refused, and that no file can hang or fool the reader."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config_contract import CONTRACT, MARK, changed, errors, marked
from iwmon.config.composing import MAX_BYTES, compose, load
from iwmon.config.document import plain_data
from iwmon.config.problem import Report
from patience import costing

BROKEN = [
    # name, text with ▶ at the place, message, hint
    ("tab", "a:\n▶\tb: 1\n", "a tab stands here", "YAML allows only spaces there; write two spaces for each tab"),
    ("tab after a key", "a:▶\tb\n", "a tab stands here", "YAML allows only spaces there; write two spaces for each tab"),
    ("second colon", "a: b▶: c\n", "a second colon on this line", "put the whole text in quotes, or check the indentation"),
    ("percent", "a: ▶%x\n", "a value cannot begin with %", "put the whole text in quotes"),
    ("at", "a: ▶@x\n", "a value cannot begin with @", "put the whole text in quotes"),
    ("list on the line", "a: ▶- b\n", "a list cannot begin on this line", 'begin it on the next line, with "- "'),
    ("apostrophe in quotes", "a: 'it'▶s'\n", "text after a closing quote", "put the whole text in quotes of the other kind"),
    ("phrase, then more", 'a: "b c" ▶AND d\n', "text after a closing quote", "put the whole text in quotes of the other kind"),
    ("open quote", 'a: ▶"b\nc: d\n', "this quote is never closed", "close it at the end of the text"),
    ("open bracket", "a: [b\nc▶: d\n", "expected a comma or the closing bracket of the [ in line 1", None),
    ("open brace", "a: {b: 1\nc▶: d\n", "expected a comma or the closing bracket of the { in line 1", None),
    ("half a list", "a: [b, c\n▶", "expected a comma or the closing bracket of the [ in line 1",
     "close the [, or put texts with , : [ ] { } in quotes; is the file complete?"),
    ("bracket too many", "a: {b: 1}▶}\n", "a } without its opening bracket", "remove it, or put the text in quotes"),
    ("comma", "a: ▶,b\n", "a value cannot begin with a comma", "put the whole text in quotes"),
    ("backslash", 'a: "\\▶d"\n', "\\d has no meaning in double quotes", "use single quotes, in which \\ is only \\"),
    ("star", "a: ▶*b\n", "there is no &b above", "if the * is part of the text, put the text in quotes"),
    ("indentation", "a:\n  b: 1\n ▶c: 2\n", "this does not fit the lines above it",
     "give it exactly as many spaces as the lines that it belongs with"),
    ("no colon", "a: 1\n▶b\n", "a line without a colon", 'write "key: value", or indent the line if it continues a text'),
    ("two documents", "a: 1\n▶---\nb: 2\n", "a second document begins here", "remove the line ---, or split the file"),
    ("python object", "a: ▶!!python/object/apply:os.system ['x']\n", '"!!python/object/apply:os.system" is a YAML tag; iwmon takes none',
     "write the value alone, in quotes if it is text"),
    ("tagged text", "a: ▶!!str NO\n", '"!!str" is a YAML tag; iwmon takes none', "write the value alone, in quotes if it is text"),
    ("own tag", "a: ▶!secret x\n", '"!secret" is a YAML tag; iwmon takes none', "write the value alone, in quotes if it is text"),
    ("list as a key", "? ▶[a]\n: b\n", "a key must be a word before a colon", "write: key: value"),
    ("no key", "▶: b\n", "a key must be a word before a colon", "write: key: value"),
    ("empty", "▶", "the file is empty", "`iwmon init` writes one to start from"),
    ("only comments", "▶# nothing\n", "the file is empty", "`iwmon init` writes one to start from"),
    ("list at the top", "▶- a\n", "a configuration begins with keys", 'begin with "version: 1"'),
    ("text at the top", "▶hello\n", "a configuration begins with keys", 'begin with "version: 1"'),
    ("itself", "a: &a [▶*a]\n", "*a stands inside itself", "if the * is part of the text, put the text in quotes"),
    ("control character", 'a: ▶"\\x07"\n', "the text has a character that must not be there (\\x.., \\u....)", "remove it"),
    ("half a character", 'a: ▶"\\ud800"\n', "the text has a character that must not be there (\\x.., \\u....)", "remove it"),
    ("no character", 'a: "▶\\UFFFFFFFF"\n', "there is no such character (\\U........)", "write the character itself"),
    ("directive", "▶%YAML 1.1\n---\na: b\n", "a line cannot begin with %", "put the whole text in quotes"),
    ("strange directive", "▶%YAML 1.999999999\n---\na: b\n", "a line cannot begin with %", "put the whole text in quotes"),
    ("direction mark", "a: b▶\u202ec\n", "an invisible character stands here (U+202E)", "delete it"),
    ("line separator", "a: b▶\u2028c\n", "an invisible character stands here (U+2028)", "delete it"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message", "hint"), BROKEN, ids=[b[0] for b in BROKEN])
def test_broken_yaml_is_explained_in_its_place(name: str, text: str, message: str, hint: str | None) -> None:
    """What is not YAML, or not the YAML that iwmon takes, is told in words, with file:line:column."""
    text, where = marked(text)
    found = errors(text)
    told = next(p for p in found if not p.message.startswith(("there is no key", "version is missing")))
    assert (told.where, told.message) == (where, message)
    assert hint is None or told.hint == hint


def test_bytes_that_are_not_text() -> None:
    """Another encoding, a binary file or one too large is refused with the place of the first bad byte."""
    assert [str(p) for p in errors("version: 1\na: café".encode("latin-1"))] == [
        "indicators.yaml:2:7: byte 18 of the file (0xe9) is not UTF-8 (save the file as UTF-8)"
    ]
    assert [p.message for p in errors("version: 1".encode("utf-16"))] == [
        "the file is UTF-16 or binary, not UTF-8"
    ]
    assert [p.message for p in errors(b"\x00" * 100)] == ["the file is UTF-16 or binary, not UTF-8"]
    assert [p.message for p in errors(b"#" * (MAX_BYTES + 1))] == ["the file is larger than 16 MiB"]


def test_a_byte_order_mark_is_no_fault() -> None:
    """Some editors write one; it moves no column."""
    text, where = marked(changed("country: BY", "country: ▶by"))
    assert errors("\ufeff" + CONTRACT) == ()
    assert [p.where for p in errors("\ufeff" + text)] == [where]


def test_windows_line_ends_are_no_fault() -> None:
    """Lines are counted alike, however they end."""
    text, where = marked(changed("country: BY", "country: ▶by"))
    for end in ("\r\n", "\r"):
        assert errors(CONTRACT.replace("\n", end)) == ()
        assert [p.where for p in errors(text.replace("\n", end))] == [where]


def test_a_half_written_file_is_doubted() -> None:
    """A last line without an end may be the middle of a line: a warning, since some editors write so."""
    report = Report()
    assert load("a.yaml", b"version: 1", report)
    text, where = marked("version: 1\nsettings: {}\nterms▶")
    assert [p.where for p in errors(text)] == ["indicators.yaml:3:1"]
    assert errors("version: 1\nsettings: {}") == ()
    assert where == "indicators.yaml:3:6"


# ---------------------------------------------------------------- bombs


def test_an_alias_bomb_is_refused_at_once() -> None:
    """430 bytes that would be a thousand million values cost nothing."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    bomb = "\n".join(lines) + "\n"
    assert len(bomb) < 500
    with costing(5):  # a thousand million values would cost minutes, and the memory
        (found,) = errors(bomb)
    assert found.message == "the file has more than 2,000,000 values when its aliases (*name) are written out"
    assert found.where.startswith("indicators.yaml:7:")


def test_aliases_in_moderation_are_taken() -> None:
    """An anchor saves writing; a mistake in it is told where it was written, once."""
    text = changed("    country: BY\n", "    country: &c BY\n").replace(
        "judgements:\n", "  - {id: b, url: 'https://b.example', country: *c}\njudgements:\n"
    )
    assert errors(text) == ()
    wrong, where = marked(text.replace("&c BY", f"{MARK}&c by"))
    assert [p.where for p in errors(wrong)] == [where]


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    """A hundred thousand brackets end neither the stack nor the patience."""
    with costing(5):
        (found,) = errors(text)
    assert found.message == "more than 50 levels deep"


# ---------------------------------------------------------------- two parsers, one meaning


def composed(text: str, fast: bool) -> Any:
    """The document's data and places as each parser gives them; None if refused."""
    known = yaml.__with_libyaml__
    yaml.__with_libyaml__ = fast
    try:
        document = compose("f", text, Report())
    finally:
        yaml.__with_libyaml__ = known
    return document and (plain_data(document.root), list(places(document.root)))


def places(node: Any) -> Any:
    yield type(node).__name__, node.line, node.column, node.size
    for below in getattr(node, "items", getattr(node, "values", ())):
        yield from places(node.values[below] if isinstance(below, str) else below)


def test_there_is_a_fast_parser_here() -> None:
    """Else the next tests compare ruamel.yaml with itself."""
    assert yaml.__with_libyaml__


def test_the_fast_parser_reads_the_contract_alike() -> None:
    """Values, lines and columns are the same."""
    assert composed(CONTRACT, True) == composed(CONTRACT, False)
    assert composed(CONTRACT, True) is not None


PIECES = st.sampled_from(
    ["a", "b: ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", ": ", ":", '"', "'", "|\n", ">-\n", "#", " #",
     "&x ", "*x", "!", "é", "😀", "~", "?", "? ", "1", "-", "---\n", "...\n", "%", "\\n", "<<", "@", "x: y\n", "null",
     " ", "\r\n", "\r", "\u00a0", "+", "=", "`", "$q OR (", "''", '\\"', "\\\n", "|2\n", ">+\n", "  - ", "[a]: b\n"]
)  # fmt: skip


@given(st.sampled_from(("", "k: v\n", "k:\n  - v\n")), st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_fast_parser_never_reads_otherwise(before: str, text: str) -> None:
    """Where the fast parser takes a text, ruamel.yaml takes it, and means the same by it."""
    assert composed(before + text, True) == composed(before + text, False)
