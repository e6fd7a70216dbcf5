"""Digests: what happened since the last one, by judgement, for somebody who reads it once a day on a phone.

First what to do; then the judgements that have something to say, the one that moved most first; then what is
blind, due, ending, false or held back. Never more than LINES lines: what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from iwmon import coverage
from iwmon.alerts import words
from iwmon.alerts.decide import alert_id
from iwmon.alerts.digest_phrases import age, counted, some
from iwmon.alerts.digest_scene import Edit, FalseAlarm, Scene, false_alarms, kept_back
from iwmon.alerts.digest_sections import Section, fitting, section
from iwmon.alerts.digest_tail import tail_lines
from iwmon.alerts.digest_view import View
from iwmon.alerts.slots import next_slot, slot
from iwmon.model import Alert, Coverage, Message, Receiver, Severity

__all__ = [
    "LINES",
    "Edit",
    "FalseAlarm",
    "Scene",
    "as_alert",
    "digest",
    "false_alarms",
    "kept_back",
    "next_slot",
    "slot",
]

LINES = 60  # of a digest, at most
_NAMES = {
    "daily": "Daily digest",
    "twice_daily": "Digest",
    "weekly": "Weekly digest",
    "realtime": "Digest",
}


def digest(scene: Scene, receiver: Receiver) -> Message:
    """The digest of one receiver: of the judgements and indicators whose alerts its routes bring it.

    Plain text, feed-safe, at most LINES lines; times in the settings' zone, which the last line names. A
    quiet one has three lines. `severity` is that of the worst that fires and nobody acknowledged.
    """
    view = View.of(scene, receiver)
    found = [one for one in (section(view, judgement) for judgement in view.judgements) if one]
    sections, tail = sorted(found, key=lambda one: one.order), tail_lines(view)
    if not sections and not tail:
        return Message(f"{_name(view)}: all quiet", "\n".join(_quiet(view)))
    head, foot = _head(view, sections), _foot(view)
    below = ["", *tail] if tail else []
    room = LINES - len(head) - len(below) - len(foot)
    lines = [*head, *fitting(sections, room), *below, *foot]
    severity = str(view.unseen[0].alert.severity) if view.unseen else ""
    return Message(f"{_name(view)}: {_headline(view, sections)}", "\n".join(lines), severity=severity)


def as_alert(receiver: str, slot: str, message: Message, now: datetime) -> Alert:
    """The digest of a slot as an alert: it is kept, retried and found again like any other."""
    return Alert(
        id=alert_id("digest", receiver, slot),
        kind="digest",
        severity=Severity(message.severity or Severity.INFO),
        at=now,
        judgement="",
        indicator="",
        source="",
        before="",
        after=slot,
        title=message.title,
        text=message.body,
        why=f"the digest of {slot} for {receiver}",
    )


def _name(view: View) -> str:
    """ "Daily digest, Wed 25 Nov"; the hour where there are several a day."""
    local = view.scene.until.astimezone(view.zone)
    hour = f" {local:%H:%M}" if view.receiver.mode == "twice_daily" else ""
    return f"{_NAMES[view.receiver.mode]}, {local:%a} {local.day} {local:%b}{hour}"


def _headline(view: View, sections: Sequence[Section]) -> str:
    """ "2 judgements moved, 3 to acknowledge, 1 review due"."""
    moved, unseen, blind = sum(one.moved for one in sections), len(view.unseen), len(view.blind)
    reviews, ended = len(view.due("review_due")), len(view.due("resolve"))
    parts = [
        f"{counted(moved, 'judgement')} moved" if moved else "nothing moved",
        f"{unseen:,} to acknowledge" if unseen else "",
        f"{counted(blind, 'judgement')} blind" if blind else "",
        f"{counted(reviews, 'review')} due" if reviews else "",
        f"{counted(ended, 'horizon')} ended" if ended else "",
    ]
    return ", ".join(filter(None, parts))


def _head(view: View, sections: Sequence[Section]) -> list[str]:
    """Three lines: what to do, what moved most, and how much was watched."""
    first = next((one for one in sections if one.moved), None)
    if first is None:
        moved = f"Nothing {'was seen to move' if view.blind else 'moved'} since {view.at(view.scene.since)}."
    else:
        what = [f"{words.safe(move.indicator.name, 60)} {move.path}" for move in first.moves[:1]]
        moved = f"Moved most: {first.judgement.id.upper()}, {(what or ['what is implied'])[0]}."
    return [_to_do(view), moved, f"{_watching(view)}."]


def _to_do(view: View) -> str:
    """What wants a person, the urgent first."""
    parts = []
    if view.blind and not any(one.watching for one in _standings(view).values()):
        parts.append("look at this machine's own network first, for no source at all is watching")
    if view.unseen:
        worst = "" if len(view.unseen) == 1 else "the worst is "
        parts.append(
            f"acknowledge {counted(len(view.unseen), 'alert')} ({worst}{view.unseen[0].alert.severity})"
        )
    for found, verb, hint in (
        (view.due("review_due"), "review", ""),
        (view.due("resolve"), "settle", ""),
        (view.blind, "mend the sources of", " (iwmon feeds list --faulty)"),
    ):
        parts += [f"{verb} {some((one.id.upper() for one in found), 4)}{hint}"] if found else []
    if any(one.alert.kind == "config_error" for one in view.open):
        parts.append("mend the configuration (iwmon check)")
    return f"To do: {'; '.join(parts)}." if parts else "Nothing to do."


def _standings(view: View) -> dict[str, coverage.Standing]:
    """Whether each source that is switched on watches now."""
    sources = [one for one in view.scene.config.sources.values() if one.enabled]
    return coverage.standings(sources, view.scene.health, view.scene.now)


def _watching(view: View) -> str:
    """ "41 of 43 sources watching; not: Euroradio (timeout) and 1 more". Quiet is not blind."""
    sources, found = view.scene.config.sources, _standings(view)
    parts = [f"{sum(one.watching for one in found.values())} of {counted(len(found), 'source')} watching"]
    for state, said in ((Coverage.PARTIAL, "seen in part"), (Coverage.WARMING_UP, "warming up")):
        many = sum(view.coverage(name) is state for name in view.indicators)
        parts += [f"{counted(many, 'indicator')} {said}"] if many else []
    lacking = [
        f"{words.safe(sources[i].name, 40)} ({words.safe(one.reason, 60)})"
        for i, one in found.items()
        if not one.watching
    ]
    return "; ".join([*parts, *([f"not: {some(lacking, 2)}"] if lacking else [])])


def _quiet(view: View) -> list[str]:
    """Three lines: how much was watched, what the terms are, when the next one comes."""
    found = view.scene.assessments
    terms = [
        f"{one.id.upper()} {words.safe(found[one.id].term if one.id in found else one.probability or '', 40)}"
        for one in view.unsettled
    ]
    said = f"{_watching(view)}. Nothing moved since {view.at(view.scene.since)}."
    return [said, f"{some(terms, 8)}." if terms else "No open judgement is routed here.", _next(view)]


def _foot(view: View) -> list[str]:
    """Where to see more, and when the next one comes."""
    ack = ["iwmon alerts ack ID"] if view.unseen else []
    listed = f"iwmon alerts list --since {age(view.scene.since, view.scene.now)}"
    return ["", f"More: {'; '.join([*ack, 'iwmon explain ID', listed, 'iwmon status'])}", _next(view)]


def _next(view: View) -> str:
    zone = view.scene.config.settings.timezone
    if view.receiver.mode == "realtime":
        return f"Times in {zone}."
    return f"Next digest: {view.at(next_slot(view.receiver, view.zone, view.scene.now))} ({zone})."
