"""From the text of a query to its tokens: words, quoted phrases, operators, fields, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from iwmon.query.syntax import MAX_DISTANCE, QueryError

Kind = Literal[
    "word", "phrase", "regex", "termset", "source", "lang", "intitle", "and", "or", "not", "near", "(", ")"
]

_FIELDS = ("intitle", "source", "lang")
_FIELD = re.compile(r"([^\W\d_]+):")
_TERMSET = re.compile(r"\$([\w-]+)\Z")
_BARE = re.compile(r'[^\s()"]*')
_NEAR = re.compile(r"NEAR(?!\w)|NEAR\d")
_NEAR_NUMBER = re.compile(r"NEAR/([0-9]+)\Z")
_SPACE = re.compile(r"\s*")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/", re.DOTALL)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*\Z")
_MEANT = {"title": "intitle", "headline": "intitle", "language": "lang", "feed": "source", "site": "source"}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is what counts: a phrase without quotes, a termset without $, the number of a NEAR."""

    kind: Kind
    text: str
    position: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query, in order. Raises QueryError at the first that cannot be one."""
    position = 0
    while (position := _after(_SPACE, text, position)) < len(text):
        token, position = _token(text, position)
        yield token


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _token(text: str, at: int) -> tuple[Token, int]:
    """The token that begins at `at`, and where the next one may begin."""
    c = text[at]
    if c == "(":
        return Token("(", c, at), at + 1
    if c == ")":
        return Token(")", c, at), at + 1
    if c == '"':
        return _phrase_token(text, at)
    if c == "/":
        return _regex_token(text, at)
    return _bare_token(text, at)


def _phrase_token(text: str, at: int) -> tuple[Token, int]:
    end = text.find('"', at + 1)
    if end < 0:
        raise QueryError("a quotation mark is not closed", at, hint='end the phrase with "')
    return Token("phrase", text[at + 1 : end], at), end + 1


def _regex_token(text: str, at: int) -> tuple[Token, int]:
    found = _REGEX.match(text, at)
    if not found:
        raise QueryError(
            "a regular expression is not closed",
            at,
            hint="end it with /, and write / inside it as \\/; in plain words, leave the / out",
        )
    end = found.end()
    if end < len(text) and not text[end].isspace() and text[end] not in "()":
        raise QueryError(
            f"unexpected {text[end]!r} after a regular expression",
            end,
            hint="a space must follow it; flags go inside, and case is ignored already",
        )
    return Token("regex", found[1].replace("\\/", "/"), at), end


def _bare_token(text: str, at: int) -> tuple[Token, int]:
    end = _after(_BARE, text, at)
    word = text[at:end]
    if word in ("AND", "OR", "NOT"):
        return Token("and" if word == "AND" else "or" if word == "OR" else "not", word, at), end
    if _NEAR.match(word):
        return Token("near", str(_distance(word, at)), at), end
    if word[0] == "$":
        return Token("termset", _termset_name(word, at), at), end
    if field := _FIELD.match(word):
        return _field_token(field[1], word, at)
    _refuse_other_notations(word, at)
    return Token("word", word, at), end


def _distance(word: str, at: int) -> int:
    found = _NEAR_NUMBER.match(word)
    if not found:
        raise QueryError("NEAR needs a number of words", at, hint="write NEAR/8 for: within 8 words")
    distance = int(found[1][:9])
    if not 1 <= distance <= MAX_DISTANCE:
        raise QueryError(f"{word[:20]} is out of range", at, hint=f"write NEAR/1 to NEAR/{MAX_DISTANCE}")
    return distance


def _termset_name(word: str, at: int) -> str:
    found = _TERMSET.match(word)
    if not found:
        raise QueryError(
            f"{word} is not the name of a termset",
            at,
            hint="a name has letters, digits, - and _ only: $belarus",
        )
    return found[1]


def _field_token(name: str, word: str, at: int) -> tuple[Token, int]:
    """`intitle:` alone, or `source:` and `lang:` with their value."""
    value = word[len(name) + 1 :]
    if name not in _FIELDS:
        raise QueryError(f"there is no field {name}:", at, hint=_field_hint(name, word))
    if name == "intitle":
        return Token("intitle", name, at), at + len("intitle:")
    if not value:
        raise QueryError(f"{name}: needs a value right behind the colon", at, hint=_field_example(name))
    if name == "lang" and not _LANGUAGE.match(value):
        raise QueryError(f"{value!r} is not a language code", at, hint=_field_example(name))
    return Token("source" if name == "source" else "lang", value, at), at + len(word)


def _field_hint(name: str, word: str) -> str:
    meant = _MEANT.get(name.lower()) or next(iter(get_close_matches(name.lower(), _FIELDS, 1)), "")
    quote = f'or "{word}" for the words'
    return f"did you mean {meant}: {quote}?" if meant else f"the fields are intitle: source: lang:, {quote}"


def _field_example(name: str) -> str:
    return (
        "write lang:ru, two or three letters"
        if name == "lang"
        else "write source:nashaniva, the id of a source"
    )


def _refuse_other_notations(word: str, at: int) -> None:
    """Signs that other tools use as operators must not be dropped as punctuation in silence."""
    if word[0] in "-!" and len(word) > 1:
        raise QueryError(f"`{word[0]}` is not an operator", at, hint=f"write NOT {word[1:]}")
    if word[0] == "{":
        raise QueryError("braces mean nothing here", at, hint=f"write ${word.strip('{}')}")
    for mark in "“”„«»":
        if mark in word:
            raise QueryError(
                f"{mark} does not quote a phrase", at + word.index(mark), hint='write straight quotes: "'
            )


def shown(token: Token) -> str:
    """The token as it was written."""
    match token.kind:
        case "near":
            return f"NEAR/{token.text}"
        case "termset":
            return f"${token.text}"
        case "phrase":
            return f'"{token.text}"'
        case "intitle":
            return "intitle:"
    return token.text
