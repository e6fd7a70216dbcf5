"""A scene, as far as it concerns one receiver: what its routes bring it, and what fires there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from iwmon import assess
from iwmon.alerts import words
from iwmon.alerts.digest_phrases import moment, some, weight
from iwmon.alerts.digest_scene import Scene, timing
from iwmon.alerts.routing import targets
from iwmon.config import Config
from iwmon.model import Coverage, Delivery, Judgement, Level, Receiver
from iwmon.stored import AlertRecord, OpenAlert

_RISES = ("level_up", "again")
# What an indicator, and a judgement as a whole, can be the subject of: (kind, level, severity).
_OF_INDICATORS = (
    *(("level_up", level, level) for level in ("watch", "warning", "critical")),
    ("first_hit", "quiet", "info"),
    ("contested", "contested", "info"),
)
_OF_JUDGEMENTS = (("review_due", "", "warning"), ("blind", "blind", "warning"), ("expiry", "expired", "info"))


@dataclass(frozen=True, slots=True)
class View:
    """What one receiver sees of a scene. All but `scene` and `zone` is limited to that."""

    scene: Scene
    receiver: Receiver
    zone: ZoneInfo
    indicators: frozenset[str]
    judgements: tuple[Judgement, ...]  # in the order of the file
    open: tuple[OpenAlert, ...]
    records: tuple[AlertRecord, ...]  # raised or over in the period
    firing: Mapping[str, OpenAlert]  # by indicator, the alert that says how high it stands
    began: Mapping[tuple[str, str], datetime]  # by indicator and level, its first alert that is open

    @classmethod
    def of(cls, scene: Scene, receiver: Receiver) -> View:
        """What goes to the receiver now by the routes, and what went there by those of then."""

        def has(deliveries: Iterable[Delivery]) -> bool:
            return any(one.receiver == receiver.id for one in deliveries)

        config = scene.config
        known = tuple(one for one in scene.open if has(one.deliveries))
        period = (o for o in scene.records if scene.within(o.alert.at) or scene.within(o.resolved))
        records = tuple(one for one in period if has(one.deliveries))
        told = [one.alert for one in known] + [one.alert for one in records]
        subjects, judged = {alert.indicator for alert in told}, {alert.judgement for alert in told}
        seen = frozenset(
            one.id
            for one in config.indicators.values()
            if one.id in subjects or _brings(config, receiver, one.judgement, one.id)
        )
        judgements = tuple(
            one
            for one in config.judgements.values()
            if one.id in judged or seen & set(one.indicators) or _brings(config, receiver, one.id, "")
        )
        rises = [
            one for one in known if one.alert.kind in _RISES and one.alert.indicator in config.indicators
        ]
        return cls(
            scene=scene,
            receiver=receiver,
            zone=words.zone(config),
            indicators=seen,
            judgements=judgements,
            open=known,
            records=records,
            firing=_firing(rises),
            began=_began(rises),
        )

    @property
    def unseen(self) -> list[OpenAlert]:
        """What fires, and nobody acknowledged or held back; the worst first."""
        waiting = [one for one in self.firing.values() if not one.acked and not self.held_back(one)]
        return sorted(waiting, key=lambda one: (-weight(one.alert.severity), one.alert.at))

    @property
    def unsettled(self) -> list[Judgement]:
        """The judgements whose outcome is open."""
        states = self.scene.judgements
        return [one for one in self.judgements if not assess.outcome(one, states.get(one.id))]

    @property
    def blind(self) -> list[Judgement]:
        """The unsettled judgements of which an indicator is blind."""
        return [one for one in self.unsettled if any(map(self.is_blind, self.mine(one)))]

    def mine(self, judgement: Judgement) -> list[str]:
        """Those of its indicators that the receiver hears of."""
        return [name for name in judgement.indicators if name in self.indicators]

    def is_blind(self, indicator: str) -> bool:
        return self.coverage(indicator) is Coverage.BLIND

    def coverage(self, indicator: str) -> Coverage | None:
        """None: nothing is known of it yet."""
        state = self.scene.states.get(indicator)
        return state.coverage if state else None

    def due(self, action: str) -> list[Judgement]:
        """The judgements that want this: "review_due", "resolve"."""
        found = self.scene.assessments
        return [one for one in self.judgements if one.id in found and found[one.id].action == action]

    def at(self, when: datetime) -> str:
        """A time in the reader's zone."""
        return moment(when, self.zone, self.scene.now)

    def names(self, indicators: Iterable[str], limit: int = 3) -> str:
        """The names of indicators: "Mobilisation, Regional grouping and 2 more"."""
        known = self.scene.config.indicators
        return some((words.safe(known[one].name, 60) for one in indicators), limit)

    def since(self, one: OpenAlert) -> datetime:
        """Since when its indicator fires at this level: more evidence for the same one begins nothing."""
        return self.began[one.alert.indicator, one.alert.after]

    def held_back(self, one: OpenAlert) -> str:
        """Why the receiver was not told of it, for longer than until its turn; "" if it was."""
        kept = [d.held for d in one.deliveries if d.receiver == self.receiver.id and not timing(d.held)]
        return kept[-1] if kept else ""

    def acked(self, kind: str, judgement: str) -> str:
        """ ", acknowledged by Ana", of an open alert of this kind about a judgement; "" if nobody has."""
        for one in reversed(self.open):
            if (one.alert.kind, one.alert.judgement) == (kind, judgement) and one.acked:
                return f", acknowledged by {words.safe(one.acked.by, 60)}"
        return ""


def _firing(rises: Iterable[OpenAlert]) -> dict[str, OpenAlert]:
    """Of each indicator the highest alert of a level, and of two as high the newer one."""
    found: dict[str, OpenAlert] = {}
    for one in rises:
        best = found.get(one.alert.indicator)
        if best is None or _height(one) >= _height(best):
            found[one.alert.indicator] = one
    return found


def _began(rises: Iterable[OpenAlert]) -> dict[tuple[str, str], datetime]:
    found: dict[tuple[str, str], datetime] = {}
    for one in rises:
        key = one.alert.indicator, one.alert.after
        found[key] = min(one.alert.at, found.get(key, one.alert.at))
    return found


def _height(one: OpenAlert) -> tuple[int, datetime]:
    return Level(one.alert.after).rank, one.alert.at


def _brings(config: Config, receiver: Receiver, judgement: str, indicator: str) -> bool:
    """Whether a route brings the receiver anything of an indicator ("": of the judgement as a whole)."""
    about = {"judgement": judgement, "indicator": indicator, "source": ""}
    for kind, level, severity in _OF_INDICATORS if indicator else _OF_JUDGEMENTS:
        labels = {"alertname": kind, "kind": kind, "level": level, "severity": severity, **about}
        if any(one.receiver == receiver.id for one in targets(labels, config)):
            return True
    return False
