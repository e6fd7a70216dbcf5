"""Parts of the model left out, to see what they are worth: each changes what it should, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from iwmon import pipeline
from iwmon.config import Config
from iwmon.model import FeedState, Level, Memory, Reading, Step
from nouns import NOON, configured, entry
from theatre import REPORTS, TEXT


def told(config: Config, sources: tuple[str, ...], title: str) -> Step:
    """One report, carried by these sources in one step, after a first poll of all."""
    polled = [Reading(name, NOON, FeedState.OK, entries=3, newest=NOON, size=1000) for name in config.sources]
    before = pipeline.advance(config, Memory(), polled, NOON)
    at = NOON + timedelta(hours=1)
    readings = [
        Reading(
            name,
            at,
            FeedState.OK,
            items=pipeline.identify(
                config.sources[name],
                [entry(title, key=name, published=at, url=f"https://{name}.example/1")],
                at,
                history=False,
            ),
            entries=3,
            newest=at,
            size=1000,
        )
        for name in sources
    ]
    return pipeline.advance(config, before.memory, readings, at)


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(TEXT)


def test_without_stories_every_reprint_is_a_report(config: Config) -> None:
    """The same words in three outlets are one report with clustering, and three without."""
    names = tuple(config.sources)[:3]
    assert len(told(config, names, REPORTS[0]).stories) == 1
    assert len(told(replace(config, without=frozenset({"stories"})), names, REPORTS[0]).stories) == 3


def test_without_reliability_all_weigh_the_same(config: Config) -> None:
    """A grade no longer shows in the weight of a report."""
    bare = replace(config, without=frozenset({"reliability"}))
    graded = {told(config, (name,), REPORTS[0]).signals[0].weight for name in config.sources}
    alike = {told(bare, (name,), REPORTS[0]).signals[0].weight for name in config.sources}
    assert len(graded) > 1
    assert len(alike) == 1


def test_the_whole_model_is_the_default(config: Config) -> None:
    """Nothing is left out unless somebody asks for it."""
    assert config.without == frozenset()
    assert (
        told(config, tuple(config.sources)[:1], REPORTS[0]).memory.states["mobilisation"].level
        is not Level.CRITICAL
    )


def test_without_the_offset_every_day_is_as_full_as_any_other(config: Config) -> None:
    """The volume of the day no longer shows in what a surge is measured against."""
    from iwmon.pipeline.levels import Scene, _Shared

    def volumes(one: Config) -> object:
        scene = Scene(
            one,
            Memory(),
            {},
            None,
            {},
            {},
            {},
            {"nn": {"2022-10-10": 7, "2022-10-09": 3}},
            {},
            NOON,
            True,
            None,
        )  # type: ignore[arg-type]
        return _Shared(scene).volumes((one.sources["nn"],))

    assert volumes(config) == {"2022-10-10": 7, "2022-10-09": 3}
    assert volumes(replace(config, without=frozenset({"offset"}))) == {"2022-10-10": 1, "2022-10-09": 1}
