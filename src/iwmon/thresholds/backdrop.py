"""What a report is seen against: the usual volume of a surge, the silence of an absence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What surge and absence need besides signals; occurrence and count need none of it.

    `volumes`: items a UTC date (ISO) from the indicator's sources, raw. `covered`: the UTC dates on which
    coverage was ok throughout. `silence`: covered time since the last qualifying story; None when the
    clock never ran. `gaps`: past silences in covered days. `share`: coverage κ now. `lingering`: the
    activation of the step before, decayed to now (a surge's fades with its half-life).
    """

    volumes: Mapping[str, int] = field(default_factory=dict)
    covered: frozenset[str] = frozenset()
    silence: timedelta | None = None
    gaps: tuple[float, ...] = ()
    share: float = 1.0
    lingering: float = 0.0


NOTHING = Backdrop()
