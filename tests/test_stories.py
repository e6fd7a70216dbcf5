"""stories: fifty reprints of one letter are one report; two reports are two."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iwmon import stories
from iwmon.model import Item, Story
from iwmon.origins import Voice
from nouns import HOUR, NOON, item

LETTER = "Deputy minister of Belarus resigns over the war, leaked letter says"


WHAT = frozenset({"i"})


def voice(publisher: str, group: str = "", **more) -> Voice:
    """A newsroom that speaks for itself, each a group of its own."""
    group = group or publisher.casefold()
    fields = {"origin": "", "group": group, "side": "independent", "reliability": "B", "newsroom": "B"}
    return Voice(publisher, group, **{**fields, "speaks_for": (), "credibility": None, **more})


def begun(title: str, **more) -> Story:
    return stories.begin(item(title, **more), NOON, voice("First", "g"), WHAT)


def found(copy: Item, at, known) -> Story | None:
    """The story that another newsroom's copy joins."""
    return stories.find(copy, at, known, voice("Second"), WHAT)


def test_a_reprint_joins_and_a_different_report_does_not() -> None:
    """Small edits of a headline are the same report; another event about the same country is not."""
    story = begun(LETTER)
    same = [
        LETTER,
        LETTER.upper(),
        "Deputy minister of Belarus resigns over war, a leaked letter says",
        "Leaked letter says deputy minister of Belarus resigns over the war - Example News",
    ]
    other = [
        "Belarus calls up reservists near the border",
        "Deputy minister of Belarus visits troops at the border",
        "",
    ]
    assert all(found(item(t), NOON, [story]) is story for t in same)
    assert all(found(item(t), NOON, [story]) is None for t in other)


def test_the_same_lead_under_another_headline_is_a_reprint() -> None:
    """Agencies' copy is re-headlined: title and lead together decide too."""
    lead = "The Belarusian defence ministry said on Monday that a joint group would be formed with Russia."
    story = begun("Minsk and Moscow to form a joint group of forces", summary=lead)
    again = item("Joint force announced", summary=lead)
    assert found(again, NOON, [story]) is story


def test_short_titles_are_not_compared_on_their_own() -> None:
    """ "Live updates" is not a report."""
    story = begun("Ukraine war: live")
    assert found(item("Ukraine war: live"), NOON, [story]) is None


def test_the_window_is_72_hours() -> None:
    """A headline that comes back a week later is news again."""
    story = begun(LETTER)
    assert found(item(LETTER), NOON + 72 * HOUR, [story]) is story
    assert found(item(LETTER), NOON + 73 * HOUR, [story]) is None


def test_joining_keeps_origin_time_and_words() -> None:
    """A copy adds itself and its publisher; the origin stays whose it was."""
    story = begun(LETTER)
    grown = stories.join(story, item("x", source="s2"), voice("Second"), frozenset({"j"}))
    grown = stories.join(grown, item("y", source="s3"), voice("Second"), WHAT)
    assert (grown.id, grown.as_of, grown.group, grown.title_words) == (
        story.id,
        story.as_of,
        story.group,
        story.title_words,
    )
    assert len(grown.items) == 3
    assert grown.publishers == ("First", "Second")
    assert grown.carriers == ("g", "second")
    assert grown.indicators == {"i", "j"}


titles = st.lists(
    st.sampled_from(["belarus", "troops", "border", "letter", "minister", "denies", "war", "group"]),
    max_size=9,
)


@given(titles.map(" ".join))
def test_every_item_is_like_itself(title: str) -> None:
    """Resemblance is 1 for the same words, symmetric, and within [0, 1]."""
    words = stories.significant_words(title)
    assert stories.resemblance(words, words) == (1.0 if words else 0.0)


@given(titles, titles)
def test_resemblance_is_symmetric(a, b) -> None:
    """The order of comparison does not matter."""
    x, y = (stories.significant_words(" ".join(t)) for t in (a, b))
    assert stories.resemblance(x, y) == stories.resemblance(y, x)
    assert 0 <= stories.resemblance(x, y) <= 1


@pytest.mark.parametrize("form", ["NFD", "NFKD"])
def test_a_reprint_in_another_encoding_of_its_letters_has_the_same_words(form: str) -> None:
    """A site that writes ż and й as two characters each is no second origin."""
    title = "Mieszkańcy Grodna: żołnierze jeżdżą nocą; жители района получают чужой ёж"
    assert stories.significant_words(unicodedata.normalize(form, title)) == stories.significant_words(title)


def test_fifty_reprints_are_one_story() -> None:
    """However often and by whomever it is reprinted."""
    known: dict[str, Story] = {}
    for n in range(50):
        copy: Item = item(f"{LETTER} | Outlet {n}", source=f"s{n}", key=str(n))
        outlet = voice(f"Outlet {n}")
        held = stories.find(copy, NOON + timedelta(minutes=n), known.values(), outlet, WHAT)
        story = stories.join(held, copy, outlet, WHAT) if held else stories.begin(copy, NOON, outlet, WHAT)
        known[story.id] = story
    assert len(known) == 1
    assert len(next(iter(known.values())).items) == 50


# ---------------------------------------------------------------- a flood


WORDS = [f"word{n}" for n in range(14)]
SAID = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
ARRIVALS = st.lists(
    st.tuples(
        SAID,
        SAID,
        st.sampled_from([None, "en", "ru"]),
        st.integers(-100, 100),  # hours
        st.sampled_from(["g", "h"]),
        st.sampled_from(["", "Minsk"]),
        st.frozensets(st.sampled_from("ijk"), min_size=1),
        st.booleans(),  # whether some stories are kept from it
    ),
    min_size=5,
    max_size=40,
)


def text(*numbers: int) -> str:
    return " ".join(f"word{n}" for n in numbers)


def came(title: str, language: str = "en", origin: str = "", what: str = "i") -> tuple:
    return title, "", language, 0, "g", origin, frozenset(what), False


LONG = text(*range(20, 26))


@given(ARRIVALS, st.sampled_from([0, 5]))
@example([came(LONG), came(f"{LONG} {text(40, 41, 42, 43)}")], 0)  # shares no more than it has to
@example([came(text(20, 21, 22, 23), origin="Minsk"), came(text(*range(20, 33)), origin="Minsk")], 0)
@example([came(text(*range(20, 26))), came(text(*range(22, 28))), came(text(*range(20, 28)))], 0)  # the first
@example(  # a story that came to an indicator late is still the first of those that have it
    [
        came(text(20, 21, 22, 23), origin="Minsk", what="i"),
        came(text(30, 31, 32, 33), origin="Minsk", what="j"),
        came(text(20, 21, 22, 23), origin="Minsk", what="j"),
        came(text(40, 41, 42, 43), "ru", "Minsk", "j"),
    ],
    0,
)
@example(  # of two languages, too
    [
        came(text(20, 21, 22, 23), "en", "Minsk", "k"),
        came(text(30, 31, 32, 33), "uk", "Minsk", "j"),
        came(text(50, 51, 52, 53), "en", "Minsk", "j"),
        came(text(40, 41, 42, 43), "ru", "Minsk", "j"),
    ],
    0,
)
@settings(max_examples=200)
def test_a_flood_is_told_apart_as_a_few_items_are(arrivals, few: int) -> None:
    """Whatever words, languages, origins and days: `Near` finds what a look at every story finds."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("iwmon.stories._FEW", few)
        known: dict[str, Story] = {}
        near = stories.Near(())
        for n, (title, summary, language, hours, group, origin, what, choosy) in enumerate(arrivals):
            one = item(title, summary=summary, key=f"k{99 - n}", language=language)
            at = NOON + hours * HOUR
            who = voice("Paper", group, origin=origin)
            without = {s for s in known if choosy and known[s].title_words & {"word1"}}
            in_order = sorted(known.values(), key=lambda s: s.as_of.date())  # stable: as they arose
            plain = stories.find(one, at, (s for s in in_order if s.id not in without), who, what)
            assert near.find(one, at, who, what, without) == plain
            story = stories.join(plain, one, who, what) if plain else stories.begin(one, at, who, what)
            known[story.id] = story
            near.put(story)


def test_a_flood_of_reports_is_compared_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand different reports at once, as a hostile feed may bring them: comparisons, not seconds."""
    compared = 0
    plain = stories.same_report

    def counted(*given: object) -> bool:
        nonlocal compared
        compared += 1
        return plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(stories, "same_report", counted)
    near = stories.Near(())
    for n in range(2_000):
        one = item(
            f"Reservists called up in place{n} street{n * 7} house{n * 11} by officer{n * 13}", key=f"k{n}"
        )
        assert near.find(one, NOON, voice("Paper"), WHAT, ()) is None
        near.put(stories.begin(one, NOON, voice("Paper"), WHAT))
    assert compared < 20 * 2_000  # each with each would be two million
