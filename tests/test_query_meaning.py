"""What queries mean, case by case: what a match says, NEAR, the traps of six languages, hostile items."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iwmon import query
from iwmon.model import Match
from iwmon.query.fold import words
from patience import costing
from query_items import item, match

# ---------------------------------------------------------------- what a match says


def test_a_match_names_the_first_place_that_is_enough() -> None:
    """title 1.0, summary 0.8, body 0.6; what is negated is looked for everywhere."""
    fields = ("Belarus calls up men", "Reservists to report in Brest", "Lukashenko denies it")
    assert match("belarus*", *fields) == Match("item", "i", "title", ("Belarus",), 1.0)
    assert match("belarus* reservist*", *fields) == Match(
        "item", "i", "summary", ("Belarus", "Reservists"), 0.8
    )
    assert match("belarus* lukashenk*", *fields) == Match("item", "i", "body", ("Belarus", "Lukashenko"), 0.6)
    assert match("belarus* NOT denies", *fields) is None
    assert match("belarus* NOT russia*", *fields) == Match("item", "i", "title", ("Belarus",), 1.0)
    assert match("NOT russia*", *fields) == Match("item", "i", "title", (), 1.0)


def test_words_are_shown_as_they_stand_in_the_text() -> None:
    """Spelling, case and marks of the text; a phrase with its own hyphen; each once; at most twelve."""
    found = match(
        '"с-400" OR łukaszen* OR "боев* готовност*"',
        "С-400, Łukaszence и «боевую   готовность»",
        "с 400, łukaszenka",
    )
    assert found is not None
    assert found.words == ("С-400", "Łukaszence", "боевую готовность")
    many = match(" OR ".join(f"w{n}" for n in range(20)), " ".join(f"w{n}" for n in range(20)))
    assert many is not None
    assert many.words == tuple(f"w{n}" for n in range(12))


def test_words_are_those_that_made_it_true() -> None:
    """Of an OR only what holds, of a NEAR only what is near, of a NOT nothing."""
    text = "Minsk said that one two three four army and tanks, later border"
    assert match("(minsk NEAR/2 said) OR (tanks AND nowhere)", text) == Match(
        "item", "i", "title", ("Minsk", "said"), 1.0
    )
    assert match("(army OR minsk) NEAR/2 tanks NOT sea", text) == Match(
        "item", "i", "title", ("army", "tanks"), 1.0
    )
    found = match("(army NEAR/2 tanks) NEAR/3 border", text)
    assert found is not None
    assert found.words == ("army", "tanks", "border")
    found = match(
        "(minsk NEAR/9 army) NEAR/9 (tanks NEAR/3 border)",
        text + " far away from all of that and this: border",
    )
    assert found is not None
    assert found.words == ("Minsk", "army", "tanks", "border")


def test_without_queries_nothing_matches() -> None:
    """No indicator, an indicator without a query, or queries without a single word."""
    assert query.compile({}, {}).match(item("a")) == ()
    assert query.compile({"i": {}}, {}).match(item("a")) == ()
    assert query.compile({"i": {"": "lang:ru OR source:x"}}, {}).match(item("a")) == ()
    assert query.compile({"i": {"be": "a"}}, {}).match(item("a", language="pl")) == ()


TRICKY = st.text(
    st.one_of(st.sampled_from("абйў łß½ﬁ’-—…\u0301\u00ad\u200d😀ｶﾞ한ㄱ"), st.characters(codec=None)),
    max_size=20,
)


@settings(max_examples=200)
@example("ｶﾞ ", "", "")
@example("\u1100\u200d\u1161 ", "½", "ß")
@given(TRICKY, st.sampled_from(("", "…", "\u0301", "½")), st.sampled_from(("", "…", "\u00ad", "¼", "ß")))
def test_words_are_cut_out_whole_where_folding_adds_and_drops_characters(
    lead: str, before: str, after: str
) -> None:
    """Behind any text, what is shown of a word or phrase is just that."""
    title = f"{lead} x{before} ąż-Й{after} y"
    for text, shown in (("az", ["az"]), ('"az й*"', ["az", *words(f"й{after}")])):
        found = match(text, title)
        assert found is not None
        assert shown[:2] in [words(word)[:2] for word in found.words]


# ---------------------------------------------------------------- NEAR


@pytest.mark.parametrize(
    ("text", "title", "hit"),
    [
        ("a NEAR/1 b", "a b", True),
        ("a NEAR/1 b", "b a", True),
        ("a NEAR/1 b", "a x b", False),
        ("a NEAR/2 b", "a x b", True),
        ("a NEAR/2 b", "a, x — b", True),
        ("a NEAR/3 a", "a", False),
        ("a NEAR/3 a*", "a x", False),
        ("a NEAR/3 a", "a x a", True),
        ('"a b" NEAR/1 "b c"', "a b c", False),
        ('"a b" NEAR/1 "b c"', "a b b c", True),
        ("a NEAR/2 b NEAR/2 c", "a c b", True),
        ("a NEAR/2 b NEAR/2 c", "a x b x c", True),
        ("a NEAR/2 b NEAR/2 c", "c x a x b", True),
        ("a NEAR/2 b NEAR/2 c", "a x b x x c", False),
        ("a NEAR/2 b NEAR/2 c", "a b x x x b x c", False),
        ("(a OR x) NEAR/1 (b OR y)", "x y", True),
        ("intitle:a NEAR/1 b", "a b", True),
    ],
)
def test_near_counts_words_between_two_different_places(text: str, title: str, hit: bool) -> None:
    """Either order, neighbours are 1 apart, no word is near itself, and the third is near one of the two."""
    assert (match(text, title) is not None) == hit


def test_phrases_and_near_do_not_cross_fields() -> None:
    """The title's last word does not touch the summary's first; AND looks over both."""
    assert match('"a b"', "a", "b") is None
    assert match("a NEAR/5 b", "a", "b") is None
    assert match("a NEAR/1000 b", "", "a", "b") is None
    assert match("a b", "a", "b") is not None
    assert match("intitle:b", "a", "b") is None
    assert match("a NEAR/2 intitle:b", "x b", "a b") is None


# ---------------------------------------------------------------- languages


@pytest.mark.parametrize(
    ("code", "language", "hit"),
    [
        ("ru", "ru", True),
        ("ru", "ru-RU", True),
        ("ru", "RU_by", True),
        ("ru", None, True),
        ("ru", "", True),
        ("ru", "und", True),
        ("ru", "be", False),
        ("be-BY", "be", True),
        ("", "be", True),
        ("", None, True),
    ],
)
def test_a_query_applies_to_its_language_and_to_unknown_ones(
    code: str, language: str | None, hit: bool
) -> None:
    """By primary subtag, whatever the case; "" applies to all."""
    assert (match("война", "война", code=code, language=language) is not None) == hit


def test_an_indicator_matches_by_any_of_its_applicable_queries() -> None:
    """In an item of unknown language all its queries count; the best place and the words of it are told."""
    matcher = query.compile({"i": {"ru": "война", "uk": "війна", "": "war"}}, {})
    assert matcher.match(item("Війна", "война")) == (Match("item", "i", "title", ("Війна",), 1.0),)
    assert matcher.match(item("Війна", "война", language="ru")) == (
        Match("item", "i", "summary", ("война",), 0.8),
    )
    assert matcher.match(item("Війна", "война", language="pl")) == ()
    assert matcher.match(item("Wojna: war", language="pl")) == (Match("item", "i", "title", ("war",), 1.0),)
    matcher = query.compile({"i": {"ru": "a", "uk": "b c"}}, {})
    assert matcher.match(item("a b", "c")) == (Match("item", "i", "title", ("a",), 1.0),)


def test_lang_and_source_look_at_the_item() -> None:
    """`lang:` is false where the language is unknown; `source:` is the whole id."""
    assert match("lang:be a", "a", language="be-tarask") is not None
    assert match("lang:be a", "a") is None
    assert match("NOT lang:be a", "a") is not None
    assert match("source:nasha-niva", "a", source="nasha-niva") is not None
    assert match("source:nasha", "a", source="nasha-niva") is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("украін*", "Ва Ўкраіне"),
        ("ўзброен*", "Узброеныя сілы"),
        ('"аб\'яднан* пераходн* кабінет*"', "Аб’яднаны пераходны кабінет"),
        ("об'єднан*", "обʼєднаного"),
        ("еще", "Ещё"),
        ("лукашенк*", "ЛУКАШЕ́НКО"),
        ("łukaszen*", "Lukaszenka"),
        ("lukaszen*", "Łukaszence"),
        ('"straż* graniczn*"', "Straży Granicznej"),
        ("atsistatyd*", "Atsistatydino"),
        ("šaudmen*", "saudmenys"),
        ("80,000", "80 000 troops"),
        ("миг-31*", "МиГ-31К"),
        ("people's", "People’s militia"),
        ("мобилизац*", "моби\u00adли\u200bзации"),
        ("война", "воина".replace("и", "и\u0306")),
    ],
)
def test_one_word_is_found_however_it_is_printed(text: str, title: str) -> None:
    """The traps of Belarusian, Ukrainian, Russian, Polish, Lithuanian and English spelling."""
    assert match(text, title) is not None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("рівненщин*", "на рівні міністрів"),
        ("войн*", "воинская часть"),
        ("eas*", "the crease"),
        ("it", "unit with italics"),
        ("їх", "іх"),
        ("рф", "рфc"),
        ('"union state"', "state union"),
        ("с400", "С-400"),
    ],
)
def test_words_match_whole_and_different_words_stay_different(text: str, title: str) -> None:
    """No hit inside a word, and none that only a too eager folding would give."""
    assert match(text, title) is None


# ---------------------------------------------------------------- regular expressions


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        (r"/с-?[34]00/", "комплексы С-400 и с300", ("С-400", "с300")),
        (r"/Łukaszen\pL+/", "łukaszence", ("łukaszence",)),
        (r"/(?-i)OMON/", "omon", None),
        (r"/a\/b/", "x A/b y", ("A/b",)),
        (r"intitle:/b/", "a", None),
    ],
)
def test_a_regular_expression_sees_the_text_as_printed(
    text: str, title: str, words: tuple[str, ...] | None
) -> None:
    """Not folded, case ignored unless it says otherwise; what it matched is shown."""
    found = match(text, title, "b")
    assert (found.words if found else None) == words


# ---------------------------------------------------------------- hostile items


@pytest.mark.parametrize(
    "title",
    [
        "\ud800\udfff война",
        "\x00война\x00",
        "\u202eвойна\u202c",
        "война" + "\u0301" * 10_000,
        "\ufffe война \U0010ffff",
    ],
    ids=["surrogates", "nul", "direction", "marks", "noncharacters"],
)
def test_hostile_characters_neither_hide_a_word_nor_raise(title: str) -> None:
    """Lone surrogates, NUL, direction marks and piles of accents are read past, also by RE2."""
    assert match("война", title) is not None
    assert match("/война/", title) is not None
    shown = match("война OR /.*война.*/", title)
    assert shown is not None
    "".join(shown.words).encode()  # no lone surrogate gets into the store


@settings(max_examples=100)
@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)), st.text(max_size=8))
def test_no_item_raises(title: str, body: str, language: str) -> None:
    """Whatever a feed says."""
    matcher = query.compile(
        {"a": {"": "a* OR NOT b OR /[^a]/"}, "b": {"en": '"a b" NEAR/3 c*'}, "c": {"": "intitle:(0 OR 1*)"}},
        {},
    )
    matcher.match(item(title, "a b, c", body, language=language))


SLOWEST = 20.0  # processor seconds; it takes about one, and a quadratic step would take minutes


@pytest.mark.parametrize(
    "title",
    [
        "война войска " * 80_000,
        "война " * 80_000 + "x " * 50 + "войска " * 80_000,
        "война" * 200_000,
        "война" + " " * 1_000_000 + "войска",
        "война, " + "😀" * 1_000_000 + " войска",
        "война" + "\u0301\u00ad" * 500_000 + " войска",
        "戦" * 1_000_000 + " война войска",
    ],
    ids=["repeats", "apart", "one word", "spaces", "emoji", "marks", "foreign"],
)
def test_a_megabyte_is_matched_in_linear_time(title: str) -> None:
    """Texts made to be slow: NEAR, phrases, regular expressions and words to show take a moment each."""
    matcher = query.compile(
        {
            "near": {"": "войн* NEAR/25 (войск* OR война) NEAR/25 войска"},
            "phrase": {"": '"война войска война" OR "война x"'},
            "regex": {"": r"/(в.?о.?)+й(на)+.*x/"},
            "not": {"": "NOT (войн* NEAR/1 x)"},
        },
        {},
    )
    with costing(SLOWEST):
        matcher.match(item(title))


def test_many_indicators_that_all_hit_are_matched_in_a_moment() -> None:
    """A text that repeats its words 5,000 times costs a NEAR no more than finding the first pair."""
    queries = {f"i{n}": {"": f"война NEAR/{n % 50 + 1} (войск* OR never{n})"} for n in range(200)}
    matcher = query.compile(queries, {})
    with costing(SLOWEST / 4):
        assert len(matcher.match(item("война x войска " * 5_000))) >= 190
