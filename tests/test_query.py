"""The indicator language as it is written: folding, reading, what is refused and what is warned of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import query
from iwmon.query import QueryError, fold, lint, parse
from iwmon.query.fold import index, spell, words
from iwmon.query.syntax import (
    And,
    FromSource,
    InLanguage,
    InTitle,
    Near,
    Not,
    Or,
    Pattern,
    Term,
    TermSet,
    Word,
)

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
NEWS_LETTERS = (
    "абеёийкўіїєґĄąłŁšžéÉñß ’ʼ'-—«»“.,\u0301\u0306\u0308\u00ad\u200b\u200d\u200f\ufeff\x00\n№…½ﬁ😀한ㅎक्षि"
)
NEWS_TEXT = st.text(st.one_of(st.sampled_from(NEWS_LETTERS), st.characters(codec=None)), max_size=40)


# ---------------------------------------------------------------- folding


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ŁUKASZENKA w Łodzi", "lukaszenka w lodzi"),
        ("Ва Ўкраіне, ў Украіне", "ва украіне, у украіне"),
        ("Ещё самолёт", "еще самолет"),
        ("об’єднаний обʼєднаний об`єднаний об′єднаний", "об'єднаний об'єднаний об'єднаний об'єднаний"),
        ("Москва́", "москва"),
        ("за\u00adпрет Бела\u200bрусь \u200eРФ\u200f", "запрет беларусь рф"),
        ("Šalčininkų žąsis", "salcininku zasis"),
        ("Ｋｙｉｖ ﬁre Straße", "kyiv fire strasse"),
        ("øre đakovo ħal ŧ œuvre Æsir İstanbul ılık", "ore dakovo hal t oeuvre aesir istanbul ilik"),
        ("Їх війна, його май", "їх війна, його май"),
        ("И\u0306од і\u0308х", "йод їх"),
        ("\ud800", "\ufffd"),
        ("ｶﾞ", "ガ"),
        ("\u1100\u200d\u1161", "가"),
    ],
)
def test_spellings_of_one_word_fold_alike(written: str, folded: str) -> None:
    """Case, marks, strokes, apostrophes and invisible characters do not tell words apart."""
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("one", "other"), [("война", "воина"), ("їх", "іх"), ("край", "краи"), ("год", "гад")]
)
def test_letters_that_readers_keep_apart_stay_apart(one: str, other: str) -> None:
    """й and ї are letters of their own: dropping their marks would join different words."""
    assert fold(one) != fold(other)


@settings(max_examples=200)
@given(NEWS_TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    """fold is idempotent, whatever the text."""
    assert fold(fold(text)) == fold(text)


@settings(max_examples=200)
@given(NEWS_TEXT)
def test_the_fast_index_has_the_words_of_the_folded_text(text: str) -> None:
    """What the Matcher searches is, word for word, what folding and cutting define."""
    assert index(text).split() == [spell(word) for word in words(text)]


@pytest.mark.parametrize(
    ("written", "cut"),
    [
        ("С-400", ["с", "400"]),
        ("80,000 men", ["80", "000", "men"]),
        ("people's", ["people", "s"]),
        ("аб’яднаны", ["аб", "яднаны"]),
        ("snake_case МіГ-31К", ["snake", "case", "міг", "31к"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
    ],
)
def test_words_are_cut_at_everything_but_letters_and_digits(written: str, cut: list[str]) -> None:
    """Hyphens, commas and apostrophes part words; vowel signs of other scripts do not."""
    assert words(written) == cut


# ---------------------------------------------------------------- reading


def term(*stems: str) -> Term:
    return Term(tuple(Word(stem.rstrip("*"), stem.endswith("*")) for stem in stems))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Белорус*", term("белорус*")),
        ("a b", And((term("a"), term("b")))),
        ("a AND b c", And((term("a"), term("b"), term("c")))),
        ("a OR b c", Or((term("a"), And((term("b"), term("c")))))),
        ("(a OR b) c", And((Or((term("a"), term("b"))), term("c")))),
        ("a NOT b", And((term("a"), Not(term("b"))))),
        ("NOT a b", And((Not(term("a")), term("b")))),
        ("a b NEAR/3 c", And((term("a"), Near(term("b"), term("c"), 3)))),
        ("a NEAR/3 b NEAR/5 c", Near(Near(term("a"), term("b"), 3), term("c"), 5)),
        ("a NEAR/3 (b NEAR/5 c)", Near(term("a"), Near(term("b"), term("c"), 5), 3)),
        ('"Боев* готовност*"', term("боев*", "готовност*")),
        ("с-400", term("с", "400")),
        ("аб'яднан*", term("аб", "яднан*")),
        ("МіГ-31*", term("міг", "31*")),
        ("intitle:a b", And((InTitle(term("a")), term("b")))),
        ('intitle:"a b"', InTitle(term("a", "b"))),
        ("intitle:(a OR $b)", InTitle(Or((term("a"), TermSet("b"))))),
        ("intitle:/x/ y", And((InTitle(Pattern("x")), term("y")))),
        ("source:nasha-niva lang:ru-RU", And((FromSource("nasha-niva"), InLanguage("ru")))),
        ("$belarus OR /a\\/b+/", Or((TermSet("belarus"), Pattern("a/b+")))),
        ('"AND"', term("and")),
        ("((a))", term("a")),
        ("NEARBY", term("nearby")),
        ("and/or", term("and", "or")),
    ],
)
def test_queries_are_read_as_documented(text: str, tree: object) -> None:
    """NOT binds before NEAR, NEAR before AND, AND before OR; a space is AND."""
    assert parse(text).root == tree


def test_a_query_names_its_sources_and_termsets() -> None:
    """`config` checks the ids that a query uses without knowing its grammar."""
    read = parse("source:a NOT (source:b OR $t NEAR/2 $u)")
    assert (read.sources, read.termsets) == ({"a", "b"}, {"t", "u"})


TERMS = {
    "belarus": {"en": ["belarus*", "belorus*"], "ru": ["беларус*"]},
    "border": {"pl": ["granic*", "straż* graniczn*", '"pas* graniczn*"']},
    "empty": {"en": []},
}


def test_a_termset_stands_for_its_terms_in_the_language() -> None:
    """`$name` is the OR of its entries for the query's language; several words are a phrase."""
    expand = query.expand
    assert expand(parse("$belarus"), "ru", TERMS).root == term("беларус*")
    assert expand(parse("$belarus"), "en-GB", TERMS).root == Or((term("belarus*"), term("belorus*")))
    assert expand(parse("$border"), "pl", TERMS).root == Or(
        (term("granic*"), term("straz*", "graniczn*"), term("pas*", "graniczn*"))
    )


def test_a_termset_may_have_terms_for_any_language_and_for_regions() -> None:
    """Entries under "" join those of each language; `pl-PL` is `pl`."""
    terms = {"alliance": {"": ["nato"], "ru": ["нато"], "pl-PL": ["sojusz*"], "pl": ["pakt*"]}}
    assert query.expand(parse("$alliance"), "ru", terms).root == Or((term("нато"), term("nato")))
    assert query.expand(parse("$alliance"), "lt", terms).root == term("nato")
    assert query.expand(parse("$alliance"), "pl", terms).root == Or(
        (term("sojusz*"), term("pakt*"), term("nato"))
    )


def test_in_a_query_for_any_language_a_termset_stands_for_all_its_terms() -> None:
    """The language "" takes the entries of every language."""
    root = query.expand(parse("$belarus"), "", TERMS).root
    assert root == Or((term("belarus*"), term("belorus*"), term("беларус*")))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "position", "says", "hint"),
    [
        ("", 0, "empty", "words"),
        ("   ", 0, "empty", "words"),
        ('a "b', 2, "not closed", '"'),
        ('a ""', 3, "quotes are empty", "letter"),
        ("a (b OR c", 2, "not closed", ")"),
        ("a) b", 1, "closes nothing", "leave it out"),
        ("a ()", 2, "empty", "inside"),
        ("a AND", 5, "missing", "AND"),
        ("a (NOT)", 6, "missing", ""),
        ("a AND OR b", 6, "OR cannot stand after AND", "quote"),
        ("NEAR/5 b", 0, "beginning", "quote"),
        ("a NEAR b", 2, "number", "NEAR/8"),
        ("a NEAR/x b", 2, "number", "NEAR/8"),
        ("a NEAR5 b", 2, "number", "NEAR/8"),
        ("a NEAR/0 b", 2, "range", "NEAR/1"),
        ("a NEAR/9999 b", 2, "range", "1000"),
        ("a (b c) NEAR/3 d", 2, "AND cannot", "quote"),
        ("a NEAR/3 (b OR (c d))", 9, "AND cannot", "quote"),
        ("NOT a NEAR/3 b", 0, "NOT cannot", "NOT ("),
        ("a NEAR/3 source:x", 9, "NEAR needs words", "AND"),
        ("a *b", 2, "does not follow a letter", "belarus*"),
        ("a *", 2, "does not follow a letter", "belarus*"),
        ('"ab **"', 4, "does not follow a letter", "belarus*"),
        ("bel*rus", 3, "inside a word", "end"),
        ("a — b", 2, "no word", "letter"),
        ("a | b", 2, "no word", "OR"),
        ("a && b", 2, "no word", "AND"),
        ("a -b", 2, "not an operator", "NOT b"),
        ("a !b", 2, "not an operator", "NOT b"),
        ("“a b”", 0, "does not quote", '"'),
        ("{belarus} a", 0, "braces", "$belarus"),
        ("a title:b", 2, "no field title", "intitle:"),
        ("intitel:b", 0, "no field intitel", "intitle:"),
        ("http://a.b", 0, "no field http", '"http://a.b"'),
        ("intitle: a", 0, "right behind", "intitle:word"),
        ("source: a", 0, "right behind", "source:nashaniva"),
        ("lang:russian", 0, "language code", "lang:ru"),
        ("$", 0, "name of a termset", "$belarus"),
        ("$belarus*", 0, "name of a termset", "$belarus"),
        ("a /b", 2, "not closed", "/"),
        ("/b/i", 3, "unexpected", "case"),
        ("a /b(/", 2, "not understood", "RE2"),
        ("/a(?=b)/", 0, "not understood", "look-ahead"),
        ("/(?<!a)b/", 0, "not understood", "look-"),
        (r"/(a)\1/", 0, "not understood", "back-references"),
        ("/a*/", 0, "nothing at all", "absent"),
        ("/" + "a" * 501 + "/", 0, "501 characters", ""),
        ("/((a{100}){100}){10}/", 0, "not understood", "RE2"),
        ("(" * 65 + "a" + ")" * 65, 64, "more than 64", "split"),
        ("NOT " * 65 + "a", 256, "more than 64", "split"),
        ("a NEAR/2 " * 65 + "a", 0, "more than 64", "split"),
        ("a " * 2_000, 0, "2,001", "split"),
        ("a" * 20_001, 20_000, "20,001", "termsets"),
        ('"' + "a " * 31 + '"', 1, "31 words", ""),
    ],
)
def test_a_faulty_query_is_refused_with_place_reason_and_remedy(
    text: str, position: int, says: str, hint: str
) -> None:
    """Every malformed query is a QueryError that points at the fault and says what to write instead."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert f"character {position + 1}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "language", "says", "hint"),
    [
        ("a $belorus", "en", "no termset $belorus", "did you mean $belarus?"),
        ("a $zzz", "en", "no termset $zzz", "zzz: {en:"),
        ("a $belarus", "lt", "no terms for lt", "belarus: {lt: [...]}"),
        ("a $empty", "", "no terms in any language", "empty: {en: [...]}"),
    ],
)
def test_a_termset_that_is_not_there_is_refused(text: str, language: str, says: str, hint: str) -> None:
    """A typo gets a suggestion; a language without terms is told where to add them."""
    with pytest.raises(QueryError) as caught:
        query.expand(parse(text), language, TERMS)
    assert caught.value.position == 2
    assert says in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(("entry", "position"), [("*a", 0), (" b*c", 2), ("a $b", 2), ("", 0), ('"—"', 1)])
def test_an_entry_of_a_termset_that_cannot_be_read_is_refused(entry: str, position: int) -> None:
    """Termsets hold words, prefixes and phrases, and do not nest; the query that uses one says so too."""
    with pytest.raises(QueryError) as caught:
        query.parse_term(entry)
    assert caught.value.position == position
    with pytest.raises(QueryError, match=r"the termset \$bad has an entry that cannot be read"):
        query.expand(parse("$bad"), "en", {"bad": {"en": ["good", entry]}})


def test_a_query_that_grows_too_large_by_its_termsets_is_refused() -> None:
    """The bound on the size counts what termsets stand for."""
    many = {"many": {"en": [f"w{n}" for n in range(1_500)]}}
    assert query.expand(parse("$many"), "en", many)
    with pytest.raises(QueryError, match="3,003"):
        query.expand(parse("$many $many"), "en", many)


def test_compiling_names_the_indicator_whose_query_is_faulty() -> None:
    """`compile` says in which indicator and language it stopped."""
    with pytest.raises(QueryError, match="indicator b, query ru, character 4: something is missing"):
        query.compile({"a": {"": "x"}, "b": {"en": "x", "ru": "x ("}}, {})


PIECES = (
    *("a", "б*", "AND", "OR", "NOT", "NEAR/3", "NEAR", "(", ")", '"', "*", "/", "\\", "intitle:", "source:x"),
    *("lang:", "lang:ru", "$t", "$", "/x/", "-", "'", "ł", "\u0301", "\ud800", "\x00", ":", " "),
)
QUERY_LIKE = st.lists(st.sampled_from(PIECES))


@settings(max_examples=200)
@given(st.one_of(ANY_TEXT, QUERY_LIKE.map("".join), QUERY_LIKE.map(" ".join)))
def test_reading_raises_nothing_but_a_query_error(text: str) -> None:
    """Whatever is typed is read, or refused at a place within the text."""
    position = 0
    try:
        read = parse(text)
        query.compile({"i": {"": text}}, {name: {"ru": ["x"]} for name in read.termsets})
    except QueryError as error:
        position = error.position
    assert 0 <= position <= len(text)
    lint(text, "ru")


# ---------------------------------------------------------------- what is warned of


@pytest.mark.parametrize(
    ("text", "language", "says"),
    [
        ("беларус* войска", "ru", "`войска` is found in this form only"),
        ("intitle:pociąg", "pl", "`pociąg`"),
        ("$a NEAR/8 (kariuomenė OR karo*)", "lt", "`kariuomenė`"),
        ("NOT a", "en", "only negates"),
        ("abc* OR NOT bcd*", "en", "only negates"),
        ("abc* and def*", "en", "`and` is looked for as a word"),
        ("abc* near/5 def*", "ru", "NEAR/5"),
        ("abc* not def*", "ru", "capitals: NOT"),
        ("аб* xyz*", "ru", "`аб*` hits every word"),
        ('"w* polsce"', "pl", "`w*`"),
        ("a NEAR/51 b", "en", "NEAR/51"),
        (r"/\w+ska/", "pl", r"\pL"),
        (r"/\bминск/", "ru", r"\pL"),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(text: str, language: str, says: str) -> None:
    """A plain sentence for each doubtful piece of a query."""
    (warning,) = lint(text, language)
    assert says in warning


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("войск* рф $troops", "ru"),
        ('"войска" "боевая готовность"', "ru"),
        ("troops border", "en"),
        ("troops", ""),
        ("С-400", "ru"),
        ("NOT a b", "en"),
        ("a NEAR/50 b", "en"),
        (r"/\pL+ \\w/", "ru"),
        ("lang:ru source:x", "ru"),
        ("a (", "ru"),
    ],
)
def test_what_is_well_written_is_not_warned_of(text: str, language: str) -> None:
    """Quoting a word says that its one form is meant; short names and other languages are let be."""
    assert lint(text, language) == []
