"""A slow, obvious evaluator of queries, to hold the Matcher against. It shares no code with it.

A query is a tuple: ("word", "война"), ("prefix", "войн"), ("phrase", (("word", "a"), ("prefix", "b")), " "),
with what joins its words, ("termset", name), ("near", left, right, n), ("and" | "or", part, part...),
("not", part), ("intitle", part), ("source", id), ("lang", code), ("regex", literal letters).

A text is folded and cut into words; every span of every part is listed; every pair is tried. A match's
place is the first of title, summary, body such that the query holds on the fields up to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import product
from typing import Any

Tree = tuple[Any, ...]
Terms = Mapping[str, Mapping[str, list[Tree]]]
PLACES = ("title", "summary", "body")


def folded(text: str) -> str:
    """NFKC, casefold, no marks but those of й and ї, ł is l, ў is у, ё is е."""
    text = unicodedata.normalize("NFKC", text.replace("\N{SOFT HYPHEN}", "")).casefold()
    out = ""
    for c in unicodedata.normalize("NFC", text):
        if c in "йї":
            out += c
        else:
            out += "".join(d for d in unicodedata.normalize("NFD", c) if not unicodedata.combining(d))
    return out.replace("ł", "l").replace("ø", "o").replace("đ", "d")


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", folded(text))


class Reading:
    """One item: its fields as lists of words, and what is known of it."""

    def __init__(self, fields: tuple[str, str, str], source: str, language: str | None) -> None:
        self.fields = fields
        self.words = [words_of(text) for text in fields]
        self.source = source
        self.language = language.replace("_", "-").split("-")[0].lower() if language else None


def matches(queries: Mapping[str, Mapping[str, Tree]], terms: Terms, reading: Reading) -> dict[str, str]:
    """The indicators that the item answers, each with its place."""
    found = {}
    for indicator, by_language in queries.items():
        applicable = [
            expanded(tree, code, terms)
            for code, tree in by_language.items()
            if code == "" or reading.language in (None, code)
        ]
        for upto, place in enumerate(PLACES, 1):
            if any(holds(tree, reading, upto, False) for tree in applicable):
                found[indicator] = place
                break
    return found


def expanded(tree: Tree, language: str, terms: Terms) -> Tree:
    if tree[0] == "termset":
        lists = terms[tree[1]]
        chosen = [t for listed in lists.values() for t in listed] if language == "" else lists[language]
        return ("or", *chosen)
    return tuple(expanded(part, language, terms) if _is_tree(part) else part for part in tree)


def _is_tree(part: Any) -> bool:
    return isinstance(part, tuple) and bool(part) and isinstance(part[0], str)


def holds(tree: Tree, reading: Reading, upto: int, title: bool) -> bool:
    """Whether a query holds, using the first `upto` fields; what is negated looks at all of them."""
    kind = tree[0]
    if kind == "and":
        return all(holds(part, reading, upto, title) for part in tree[1:])
    if kind == "or":
        return any(holds(part, reading, upto, title) for part in tree[1:])
    if kind == "not":
        return not holds(tree[1], reading, 3, title)
    if kind == "intitle":
        return holds(tree[1], reading, upto, True)
    if kind == "source":
        return reading.source == tree[1]
    if kind == "lang":
        return reading.language == tree[1]
    fields = range(1 if title else upto)
    if kind == "regex":
        return any(tree[1].lower() in reading.fields[field].lower() for field in fields)
    return any(spans(tree, reading, field, title) for field in fields)


def spans(tree: Tree, reading: Reading, field: int, title: bool) -> set[tuple[int, int]]:
    """All (first word, last word) in one field that a word, phrase, NEAR or group of them stands for."""
    kind = tree[0]
    words = reading.words[field]
    if title and field > 0:
        return set()
    if kind in ("word", "prefix"):
        return {(at, at) for at, word in enumerate(words) if _is(tree, word)}
    if kind == "phrase":
        length = len(tree[1])
        return {
            (at, at + length - 1)
            for at in range(len(words) - length + 1)
            if all(_is(part, words[at + number]) for number, part in enumerate(tree[1]))
        }
    if kind == "or":
        return {span for part in tree[1:] for span in spans(part, reading, field, title)}
    if kind == "intitle":
        return spans(tree[1], reading, field, True)
    assert kind == "near"
    left, right = spans(tree[1], reading, field, title), spans(tree[2], reading, field, title)
    beside = [(a, b) for a, b in product(left, right) if 1 <= max(a[0] - b[1], b[0] - a[1]) <= tree[3]]
    return {span for pair in beside for span in pair}


def _is(part: Tree, word: str) -> bool:
    """Whether a word of the text is this word, or begins with this prefix."""
    kind, stem = part
    return word.startswith(folded(stem)) if kind == "prefix" else word == folded(stem)


def written(tree: Tree) -> str:
    """The query as an analyst would write it."""
    kind = tree[0]
    if kind == "word":
        return str(tree[1])
    if kind == "prefix":
        return f"{tree[1]}*"
    if kind == "phrase":
        phrase = tree[2].join(map(written, tree[1]))
        return f'"{phrase}"' if tree[2] == " " else phrase
    if kind == "termset":
        return f"${tree[1]}"
    if kind == "near":
        return f"({written(tree[1])} NEAR/{tree[3]} {written(tree[2])})"
    if kind in ("and", "or"):
        return "(" + f" {kind.upper()} ".join(map(written, tree[1:])) + ")"
    if kind == "not":
        return f"NOT {written(tree[1])}"
    if kind == "regex":
        return f"/{tree[1]}/"
    return f"{kind}:{written(tree[1]) if _is_tree(tree[1]) else tree[1]}"
