"""What a configuration is once it is read: the nouns of `iwmon.model`, by id, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from iwmon.config.problem import Problem
from iwmon.model import Indicator, InhibitRule, Judgement, Origin, Receiver, Route, Source, TimeInterval
from iwmon.origins import Directory
from iwmon.query import Matcher

Part = Literal["stories", "reliability", "offset"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for the whole configuration."""

    timezone: str = "UTC"  # IANA name; known to zoneinfo here
    yardstick: Literal["phia", "icd203"] = "phia"
    poll_interval: timedelta = timedelta(minutes=10)
    retention: timedelta = timedelta(days=400)
    operator: str = ""  # receiver id for alerts about iwmon itself; "" = as the route says
    alerts_per_day: int = 5  # for one judgement; what is over goes into a digest (method.md §2)
    url: str = ""  # http(s) address at which people reach the daemon, without a last slash; "" = none


@dataclass(frozen=True, slots=True)
class Change:
    """The author's own note on the edit: who changed the file, and why. "" where nothing is said."""

    author: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The dead man's switch. `url` may hold a secret: it is never printed."""

    url: str = field(repr=False)
    every: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without errors. Mappings are in the order of the file; included files come last.

    `digest` is the sha256 (hex) over the names and texts of all files: secrets from the environment are not
    in it. `contents` has the bytes of each file, by name: enough to read the same configuration again.
    """

    version: int
    settings: Settings
    terms: Mapping[str, Mapping[str, Sequence[str]]]  # termset → language → terms
    sources: Mapping[str, Source]
    origins: Mapping[str, Origin]  # no id of theirs is a source's
    judgements: Mapping[str, Judgement]
    indicators: Mapping[str, Indicator]
    receivers: Mapping[str, Receiver]
    route: Route
    inhibit_rules: tuple[InhibitRule, ...]
    time_intervals: Mapping[str, TimeInterval]  # by name
    heartbeat: Heartbeat | None
    digest: str
    matcher: Matcher = field(repr=False, compare=False)
    directory: Directory = field(repr=False, compare=False)  # who is who, for citations
    files: tuple[str, ...]  # names as given to `read`, the main file first
    warnings: tuple[Problem, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    change: Change = Change()
    without: frozenset[Part] = frozenset()  # left out of the model, to see what it is worth; never live
