"""What every explanation is written with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from iwmon.cli import show
from iwmon.config import Config
from iwmon.model import Signal, Story
from iwmon.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The configuration, the open store, where to print, and the time."""

    config: Config
    store: Store
    out: Console
    now: datetime
    json: bool

    @property
    def zone(self) -> ZoneInfo:
        """The analyst's time zone."""
        return ZoneInfo(self.config.settings.timezone)

    def clock(self, when: datetime | None) -> str:
        """A time as the analyst reads it."""
        return show.clock(when, self.zone, self.now)

    def say(self, text: Text | str, indent: int = 2) -> None:
        """A paragraph that hangs `indent` columns in."""
        show.say(self.out, text, indent)

    def head(self, text: str) -> None:
        """A heading, set off from what stands above."""
        self.out.print()
        self.out.print(Text(text, "bold"))

    def stories(self, signals: Iterable[Signal]) -> dict[str, Story]:
        """The stories of these signals, by id."""
        return {signal.story: self.store.story(signal.story) for signal in signals}
