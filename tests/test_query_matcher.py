"""What queries mean: the Matcher held against the reference evaluator and the laws of logic."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

import reference_query as reference
from iwmon import query
from iwmon.query.spans import Span, first_near, near, spans_of
from query_items import item, match

# ---------------------------------------------------------------- the reference

STEMS = ("война", "войн", "лодка", "łódź", "lodz", "ўкраіна", "україна", "a", "b", "c", "400")
PLAIN = ("война", "Воина", "ВОЙНЫ", "лодка", "Łódź", "lodz", "łodzi", "у Ўкраіне", "Украіна", "Україна")
ODD = ("С-400", "с400", "об'єднаний", "об’єднані", "😀", "λόγος", "—", "Украи\u0301на", "вой\u00adна")
PRINTED = ("a", "b", "c", "a b", *PLAIN, *ODD)
SEPARATORS = (" ", " ", ", ", "-", "\n", ". ", "’", "  —  ", "\x00", "\u00a0")
CODES = (None, "ru", "be-BY", "pl", "RU")

words = st.one_of(
    st.sampled_from(STEMS).map(lambda w: ("word", w)), st.sampled_from(STEMS).map(lambda w: ("prefix", w))
)
phrases = st.one_of(
    st.lists(words, min_size=2, max_size=3).map(lambda parts: ("phrase", tuple(parts), " ")),
    st.just(("phrase", (("word", "с"), ("word", "400")), "-")),
    st.just(("phrase", (("word", "об"), ("prefix", "єдн")), "'")),
)
termsets = st.sampled_from([("termset", "one"), ("termset", "two")])
places = st.recursive(
    st.one_of(words, words, phrases, termsets),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ("or", *parts)),
        st.tuples(st.just("near"), inner, inner, st.integers(1, 4)),
        inner.map(lambda part: ("intitle", part)),
    ),
    max_leaves=4,
)
trees = st.recursive(
    st.one_of(
        places,
        places,
        places,
        st.sampled_from([("source", "s"), ("source", "other"), ("lang", "ru"), ("lang", "be")]),
        st.sampled_from([("regex", "вой"), ("regex", "ДЗ"), ("regex", "ó"), ("regex", "-4")]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ("and", *parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ("or", *parts)),
        st.tuples(inner, inner).map(lambda pair: ("and", pair[0], ("not", pair[1]))),
        inner.map(lambda part: ("not", part)),
        inner.map(lambda part: ("intitle", part)),
    ),
    max_leaves=6,
)


def texts(words: int) -> st.SearchStrategy[str]:
    pieces = st.tuples(st.sampled_from(PRINTED), st.sampled_from(SEPARATORS))
    return st.lists(pieces, max_size=words).map(lambda pairs: "".join(map("".join, pairs)))


titles, summaries, bodies = texts(4), texts(8), texts(12)
configurations = st.lists(
    st.dictionaries(st.sampled_from(["", "ru", "be", "pl"]), trees, min_size=1, max_size=2),
    min_size=1,
    max_size=4,
).map(lambda queries: {f"i{number}": by_language for number, by_language in enumerate(queries)})

TERMS: Mapping[str, Mapping[str, list[reference.Tree]]] = {
    "one": {
        "ru": [("prefix", "войн"), ("word", "лодка")],
        "be": [("prefix", "ўкра")],
        "pl": [("word", "łódź"), ("phrase", (("word", "a"), ("prefix", "b")), " ")],
    },
    "two": {"ru": [("word", "a")], "be": [("word", "b")], "pl": [("word", "c"), ("prefix", "lo")]},
}
WRITTEN_TERMS = {
    name: {code: [reference.written(term) for term in listed] for code, listed in languages.items()}
    for name, languages in TERMS.items()
}


def written(queries: Mapping[str, Mapping[str, reference.Tree]]) -> dict[str, dict[str, str]]:
    return {
        indicator: {code: reference.written(tree) for code, tree in by_language.items()}
        for indicator, by_language in queries.items()
    }


@settings(max_examples=200, deadline=None)
@given(configurations, titles, summaries, bodies, st.sampled_from(CODES))
def test_the_matcher_agrees_with_the_reference(
    queries: dict[str, dict[str, reference.Tree]], title: str, summary: str, body: str, language: str | None
) -> None:
    """Many generated queries at once: the same indicators match, in the same place, in order."""
    found = query.compile(written(queries), WRITTEN_TERMS).match(
        item(title, summary, body, language=language)
    )
    reading = reference.Reading((title, summary, body), "s", language)
    assert {match.indicator: match.where for match in found} == reference.matches(queries, TERMS, reading)
    assert [match.indicator for match in found] == sorted(match.indicator for match in found)


some_items = st.lists(
    st.tuples(st.one_of(titles, st.text(max_size=5)), summaries, bodies, st.sampled_from(CODES)), max_size=6
)


@settings(max_examples=300, deadline=None)
@given(configurations, some_items)
def test_what_is_sifted_out_would_not_have_matched(
    queries: dict[str, dict[str, reference.Tree]], some: list[tuple[str, str, str, str | None]]
) -> None:
    """Whatever stands before and after an item among those that are searched together."""
    matcher = query.compile(written(queries), WRITTEN_TERMS)
    matching = [
        place for place, (*fields, code) in enumerate(some) if matcher.match(item(*fields, language=code))
    ]
    sifted = matcher.sift([(" ".join(fields), code) for *fields, code in some])
    assert set(matching) <= set(sifted)
    assert sifted == sorted(set(sifted))


def test_most_items_are_sifted_out() -> None:
    """Those without a term, and those without one of the terms that a query takes together."""
    matcher = query.compile({"i": {"": "minsk reservist*"}, "j": {"": "convoy*"}}, {})
    texts = ["Rain in Minsk", "Minsk: reservists", "A convoy", "Snow", "Снег", "☂ Minsk", ""]
    assert matcher.sift([(text, None) for text in texts]) == [1, 2, 5]
    assert matcher.sift([]) == []


# ---------------------------------------------------------------- the reference, on dense texts

FEW = ("a", "b", "войн", "война", "лодз")
DENSE = ("a", "b", "A-b", "война", "Войны", "łodz", "Лодзь", "x", "y", "z")


def a_place(dice: random.Random, depth: int) -> reference.Tree:
    kind = dice.choice(("word", "word", "prefix", "phrase", "or", "near", "near")) if depth else "word"
    if kind in ("word", "prefix"):
        return (kind, dice.choice(FEW))
    if kind == "phrase":
        return (kind, tuple((dice.choice(("word", "prefix")), dice.choice(FEW)) for _ in range(2)), " ")
    parts = (a_place(dice, depth - 1), a_place(dice, depth - 1))
    return (kind, *parts) if kind == "or" else (kind, *parts, dice.randint(1, 4))


def a_tree(dice: random.Random, depth: int) -> reference.Tree:
    kind = dice.choice(("place", "and", "and", "or", "but not", "intitle")) if depth else "place"
    if kind == "place":
        return a_place(dice, 3)
    if kind == "intitle":
        return (kind, a_tree(dice, depth - 1))
    parts = (a_tree(dice, depth - 1), a_tree(dice, depth - 1))
    return ("and", parts[0], ("not", parts[1])) if kind == "but not" else (kind, *parts)


def test_the_matcher_agrees_with_the_reference_where_much_hits() -> None:
    """Nested ANDs and NEARs over texts in which nearly every word hits, in all three places."""
    dice = random.Random(20221010)
    places = Counter[str | None]()
    for _ in range(250):
        queries = {f"i{n}": {dice.choice(("", "ru")): a_tree(dice, 2)} for n in range(4)}
        fields = [
            dice.choice((" ", ", ")).join(dice.choices(DENSE, k=dice.randint(0, n))) for n in (3, 6, 10)
        ]
        reading = reference.Reading((fields[0], fields[1], fields[2]), "s", None)
        expected = reference.matches(queries, {}, reading)
        found = query.compile(written(queries), {}).match(item(*fields))
        assert {match.indicator: match.where for match in found} == expected, (written(queries), fields)
        places.update(expected.get(indicator) for indicator in queries)
    assert min(places[place] for place in (*reference.PLACES, None)) > 50


# ---------------------------------------------------------------- what is near what

some_spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=12).map(
    lambda pairs: [(start, start + length) for start, length in pairs]
)


@settings(max_examples=200)
@given(some_spans, some_spans, st.integers(1, 9))
def test_near_finds_every_span_that_has_another_beside_it(
    left: list[Span], right: list[Span], far: int
) -> None:
    """By bisection the same spans are found as by trying every pair, and the first of them first."""
    beside = [(a, b) for a in left for b in right if 1 <= max(a[0] - b[1], b[0] - a[1]) <= far]
    ones, others = spans_of(left), spans_of(right)
    assert list(near(ones, others, far)) == sorted({a for a, _ in beside})
    assert first_near(ones, others, far) == min((min(a, b)[0] for a, b in beside), default=None)


# ---------------------------------------------------------------- words and laws


@settings(max_examples=200, deadline=None)
@given(places, titles, summaries)
def test_the_words_of_a_match_are_the_hits_of_its_fields_in_order(
    tree: reference.Tree, title: str, summary: str
) -> None:
    """Words are spelled as in the text up to the place of the match, and each hits part of the query."""
    found = match(reference.written(tree), title, summary, terms=WRITTEN_TERMS)
    if found is None:
        return
    text = " ".join([title, summary][: 1 + (found.where == "summary")])
    expanded = reference.expanded(tree, "", TERMS)
    assert found.words
    assert len(set(map(query.fold, found.words))) == len(found.words)
    for word in found.words:
        assert " ".join(reference.words_of(word)) in " ".join(reference.words_of(text))
        assert _hits_a_leaf(expanded, reference.Reading((word, "", ""), "", None))


def _hits_a_leaf(tree: reference.Tree, reading: reference.Reading) -> bool:
    if tree[0] in ("word", "prefix", "phrase"):
        return reference.holds(tree, reading, 1, False)
    return any(_hits_a_leaf(part, reading) for part in tree[1:] if isinstance(part, tuple))


@settings(max_examples=150, deadline=None)
@given(trees, trees, titles, summaries)
def test_the_laws_of_logic_hold(one: reference.Tree, other: reference.Tree, title: str, summary: str) -> None:
    """AND and OR do not care for order, NOT turns them into each other, and NOT NOT changes nothing."""
    a, b = reference.written(one), reference.written(other)
    pairs = {
        "and": (f"({a}) AND ({b})", f"({b}) ({a})"),
        "or": (f"({a}) OR ({b})", f"({b}) OR ({a})"),
        "de morgan": (f"NOT (({a}) OR ({b}))", f"NOT ({a}) AND NOT ({b})"),
        "de morgan too": (f"NOT (({a}) AND ({b}))", f"NOT ({a}) OR NOT ({b})"),
    }
    queries = {f"{name} {n}": {"": text} for name, pair in pairs.items() for n, text in enumerate(pair)}
    queries |= {"once": {"": a}, "thrice": {"": f"NOT NOT ({a})"}}
    found = {m.indicator: m.where for m in query.compile(queries, WRITTEN_TERMS).match(item(title, summary))}
    for name in pairs:
        assert found.get(f"{name} 0") == found.get(f"{name} 1")
    assert ("once" in found) == ("thrice" in found)
