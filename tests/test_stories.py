"""stories: fifty reprints of one letter are one report; two reports are two."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
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
