"""Silences and inhibition: what fires and is not sent all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from iwmon.alerts.silencing import check_silence, inhibited, silenced
from iwmon.config.labels import parse_matcher, spelled
from iwmon.model import Failure, InhibitRule, LabelMatcher, Silence
from nouns import HOUR, NOON

LABELS = {"severity": "warning", "judgement": "kj-2", "indicator": "mobilisation", "source": ""}


def silence(*matchers: str, begins: int = -1, ends: int = 1, identity: str = "s") -> Silence:
    """A silence from so many hours before noon to so many after it."""
    return Silence(
        identity,
        tuple(map(parse_matcher, matchers)),
        NOON + begins * HOUR,
        NOON + ends * HOUR,
        by="Ada",
        comment="the exercise was announced",
        created=NOON,
    )


@pytest.mark.parametrize(
    ("matchers", "covered"),
    [
        (['indicator="mobilisation"'], True),
        (['indicator="mobilisation"', 'severity="warning"'], True),
        (['indicator="mobilisation"', 'severity="critical"'], False),  # all must match
        (['indicator=~"mobil.*"', 'source=""'], True),
        (['indicator!="mobilisation"'], False),
        (['severity!~"critical|info"'], True),
        (['severity=~"warn"'], False),  # anchored
    ],
)
def test_a_silence_covers_what_all_its_matchers_match(matchers: list[str], covered: bool) -> None:
    """As a route would."""
    assert (silenced(LABELS, [silence(*matchers)], NOON) is not None) is covered


def test_a_silence_holds_from_its_beginning_to_just_before_its_end() -> None:
    """At its end it is over."""
    one = silence('judgement="kj-2"')
    second = timedelta(seconds=1)
    assert silenced(LABELS, [one], one.begins - second) is None
    assert silenced(LABELS, [one], one.begins) == one
    assert silenced(LABELS, [one], one.ends - second) == one
    assert silenced(LABELS, [one], one.ends) is None


def test_of_several_silences_the_one_that_ends_last_is_named() -> None:
    """So that whoever asks knows until when it is silent; one that is over or to come does not count."""
    names = ("short", "long", "past", "future")
    spans = ((-1, 1), (-2, 5), (-9, -1), (6, 99))
    silences = [
        silence('judgement="kj-2"', begins=begins, ends=ends, identity=name)
        for name, (begins, ends) in zip(names, spans, strict=True)
    ]
    found = silenced(LABELS, silences, NOON)
    assert found is not None
    assert found.id == "long"
    assert silenced(LABELS, [], NOON) is None


def test_a_good_silence_passes() -> None:
    """With a condition that names something, an author and a comment."""
    check_silence(silence('indicator="mobilisation"', 'source=""'))
    check_silence(silence('severity=~".+"'))  # everything, but said so


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (silence(), "a silence needs a condition that an empty label does not meet"),
        (silence('source=""'), "a silence needs a condition that an empty label does not meet"),
        (silence('indicator!="convoys"'), "a silence needs a condition that an empty label does not meet"),
        (silence('indicator=~".*"'), "a silence needs a condition that an empty label does not meet"),
        (silence('severity!~"critical"'), "a silence needs a condition that an empty label does not meet"),
        (replace(silence('judgement="kj-2"'), comment=" "), "a silence needs a comment"),
        (replace(silence('judgement="kj-2"'), by=""), "a silence needs an author"),
        (silence('judgement="kj-2"', begins=1, ends=1), "the silence ends before it begins"),
        (silence('judgment="kj-2"'), 'no alert has a label "judgment"'),
        (silence('severity="critcal"'), 'severity is never "critcal"'),
    ],
)
def test_a_silence_that_says_too_little_is_refused(wrong: Silence, message: str) -> None:
    """With what to say instead."""
    with pytest.raises(Failure) as caught:
        check_silence(wrong)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_inhibition_ends_with_its_source() -> None:
    """It is asked anew each time: what no longer fires inhibits nothing."""
    rule = InhibitRule(
        "",
        (LabelMatcher("severity", "=", "critical"),),
        (LabelMatcher("severity", "=", "warning"),),
        ("judgement",),
    )
    firing = {"a": LABELS, "b": {**LABELS, "severity": "critical"}}
    assert inhibited(LABELS, firing, [rule]) == (rule, "b")
    assert inhibited(LABELS, {"a": LABELS}, [rule]) is None
    assert inhibited({**LABELS, "severity": "critical"}, firing, [rule]) is None


def test_a_ring_of_inhibitions_mutes_nobody() -> None:
    """Each would keep the next from being sent; without the ring's last link, the chain holds."""

    def over(source: str, target: str) -> InhibitRule:
        return InhibitRule("", (LabelMatcher("kind", "=", source),), (LabelMatcher("kind", "=", target),), ())

    kinds = ("blind", "level_up", "review_due", "first_hit")
    firing = {kind: {**LABELS, "kind": kind} for kind in kinds}
    chain = [over(one, other) for one, other in pairwise(kinds)]
    ring = [*chain, over(kinds[-1], kinds[0])]
    assert [inhibited(firing[kind], firing, ring) for kind in kinds] == [None] * 4
    assert [bool(inhibited(firing[kind], firing, chain)) for kind in kinds] == [False, True, True, True]


def test_a_ring_behind_an_alert_does_not_free_it() -> None:
    """What inhibits it stands outside the ring that leads back to it: it is asked through to the end."""

    def over(source: str, target: str) -> InhibitRule:
        return InhibitRule("", (LabelMatcher("kind", "=", source),), (LabelMatcher("kind", "=", target),), ())

    firing = {kind: {**LABELS, "kind": kind} for kind in ("blind", "level_up", "review_due")}
    rules = [over("blind", "level_up"), over("level_up", "review_due"), over("review_due", "level_up")]
    assert inhibited(firing["level_up"], firing, rules) == (rules[0], "blind")


@pytest.mark.parametrize("written", ['a="b"', r'a=~"x\\d\"y\nz"', 'a!=""', 'a!~"b|c"'])
def test_a_matcher_is_spelled_as_it_is_read(written: str) -> None:
    """What is shown can be pasted."""
    assert spelled(parse_matcher(written)) == written
