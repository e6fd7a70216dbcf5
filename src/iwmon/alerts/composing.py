"""Deliveries that go together → the message: whole alerts, a list, what is over, and what was held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iwmon.alerts.digest_lists import Listing, backlog, catch_up, listed
from iwmon.alerts.links import with_ack_link
from iwmon.alerts.words import clock, plural, safe
from iwmon.model import Alert, Delivery, Message, Severity
from iwmon.stored import Ack

_SEVERITIES = tuple(Severity)
_LEVELS = ("level_up", "again")
_REASON = 400  # characters: it may hold a person's comment


@dataclass(frozen=True, slots=True)
class Ending:
    """How an alert ended.

    `name`: its indicator's, "" where it has none; `level`: where that stands now; `statement`: that of its
    judgement, "" where it has none.
    """

    why: str
    at: datetime
    acked: Ack | None = None
    name: str = ""
    level: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What a message says beside the words of its alerts. All of it is by alert where it is a mapping."""

    now: datetime | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    kind: str = ""  # of the batch
    reason: str = ""  # why it comes only now
    listing: Listing | None = None  # each alert as a line
    reference: str = ""  # the first message of their thread at this receiver
    asides: Mapping[str, str] = field(default_factory=dict)  # "Acknowledged at watch by Ana: …"
    endings: Mapping[str, Ending] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)  # where the receiver acknowledges it


NOTHING = Around()


def compose(told: Sequence[tuple[Delivery, Alert]], around: Around = NOTHING) -> Message:
    """The message for one receiver: one alert whole, several under one title, or a list of many.

    The most severe comes first. A reminder, an escalation and what is over say so; a message that may have
    arrived before says that it may be a repeat.
    """
    told = sorted(told, key=lambda one: -_SEVERITIES.index(one[1].severity))
    titles = [_title(delivery, alert, around) for delivery, alert in told]
    threads = {thread(alert) for _, alert in told}
    about = threads.pop() if len(threads) == 1 else ""
    severity = "resolved" if _all(told, "resolved") else str(told[0][1].severity)
    head = [line] if (line := _late(around)) else []
    if around.listing is not None:
        message = _list(told, around, around.listing)
        title, body = message.title, message.body
    elif len(told) == 1:
        title, body = titles[0], "\n\n".join([*head, _text(*told[0], around)])
    else:
        title = _heading(told)
        texts = [_text(delivery, alert, around) for delivery, alert in told]
        listing = "\n".join(f"• {one}" for one in titles)
        whole = "\n\n".join(f"■ {one}\n\n{text}" for one, text in zip(titles, texts, strict=True))
        body = "\n\n".join([*head, listing, whole])
    return Message(title, body, about, around.reference if about else "", severity=severity)


def thread(alert: Alert) -> str:
    """What an alert is about: alerts of one subject make one conversation. "" = it stands for itself."""
    if alert.kind in ("level_up", "again", "first_hit", "contested"):
        return f"indicator:{alert.indicator}"
    if alert.kind in ("blind", "coverage_recovered"):
        return f"coverage:{alert.judgement}"
    if alert.kind in ("review_due", "expiry"):
        return f"review:{alert.judgement}"
    return "config" if alert.kind in ("config_error", "config_recovered") else ""


def _late(around: Around) -> str:
    """Why it comes only now; "" if it is in time."""
    if around.kind == "held":
        until = clock(around.now, around.zone, around.now) if around.now else "now"
        return f"Held back until {until}: {safe(around.reason, _REASON)}."
    if around.kind == "catch-up":
        reason = safe(around.reason)
        return f"{reason[:1].upper()}{reason[1:]}. What left the feeds meanwhile was not seen."
    return ""


def _all(told: Sequence[tuple[Delivery, Alert]], kind: str) -> bool:
    return all(delivery.kind == kind for delivery, _ in told)


def _heading(told: Sequence[tuple[Delivery, Alert]]) -> str:
    """ "WARNING: 3 alerts for KJ-2", "RESOLVED: 2 alerts", "CRITICAL: 90 alerts for 4 judgements"."""
    judgements = sorted({alert.judgement for _, alert in told if alert.judgement})
    again = all(d.turn > 0 and d.kind not in ("escalation", "rerouted") for d, _ in told)
    kind = "reminders" if again else "alerts"
    for_ = f" for {judgements[0].upper()}" if len(judgements) == 1 else ""
    if len(judgements) > 1:
        for_ = f" for {len(judgements)} judgements"
    return f"{_worst(told)}: {len(told)} {kind}{for_}"


def _worst(told: Sequence[tuple[Delivery, Alert]]) -> str:
    """The word for what weighs most. A review that is due is as urgent as a warning, and yet is none."""
    standing = [alert for delivery, alert in told if delivery.kind != "resolved"]
    if not standing:
        return "RESOLVED"
    due = "review_due"
    worst = max(standing, key=lambda a: (_SEVERITIES.index(a.severity), a.kind != due))
    return "REVIEW DUE" if worst.kind == due else worst.severity.upper()


def _list(told: Sequence[tuple[Delivery, Alert]], around: Around, listing: Listing) -> Message:
    """More than can be told whole."""
    if around.kind == "catch-up":
        return catch_up(listing, around.reason)
    if around.kind == "backlog":
        since = min((d.created for d, _ in told if d.created), default=listing.now)
        return backlog(listing, since, around.reason)
    return listed(listing, _heading(told), _late(around))


def _title(delivery: Delivery, alert: Alert, around: Around) -> str:
    title = alert.title
    if delivery.kind == "resolved":
        title = _over(alert, around.endings.get(alert.id))
    elif delivery.kind == "escalation":
        title = f"Escalated, not acknowledged: {title}"
    elif delivery.kind == "rerouted":
        title = f"Route changed: {title}"
    elif delivery.turn > 0:
        title = f"Reminder {delivery.turn}, not acknowledged: {title}"
    return f"Possible repeat: {title}" if delivery.in_flight else title


def _over(alert: Alert, ending: Ending | None) -> str:
    """ "RESOLVED: Mobilisation, warning → quiet (KJ-2)"."""
    if alert.kind not in _LEVELS or ending is None or not ending.name:
        return f"RESOLVED: {alert.title}"
    moved = f"{alert.after} → {ending.level}" if ending.level else safe(ending.why, 80)
    return f"RESOLVED: {safe(ending.name, 80)}, {moved} ({alert.judgement.upper()})"


def _text(delivery: Delivery, alert: Alert, around: Around) -> str:
    """What is said of one alert, with the address at which it is acknowledged."""
    if delivery.kind == "resolved":
        return _ended(alert, around)
    return with_ack_link(_standing(delivery, alert, around), around.links.get(alert.id, ""))


def _standing(delivery: Delivery, alert: Alert, around: Around) -> str:
    """The alert's words; for a reminder only what it is about, as it was then, and what to do."""
    aside = around.asides.get(alert.id, "")
    if delivery.kind == "rerouted":
        since = clock(alert.at, around.zone, around.now or alert.at)
        changed = (
            f"The route was changed, and leads here now. It has been so since {since}. When it was raised:"
        )
        return "\n\n".join([*([aside] if aside else []), changed, alert.text])
    if delivery.turn <= 0:
        return f"{aside}\n\n{alert.text}" if aside else alert.text
    lines = alert.text.splitlines()
    about = lines[: lines.index("")] if "" in lines else lines[:3]
    said = [line for line in lines if line.startswith("On whose word: ")]
    commands = [line for line in lines if line.startswith(("Do: ", "Acknowledge: ", "Every number: "))]
    still = "Still so, and nobody has acknowledged it. When it was raised:"
    if delivery.kind == "escalation":
        still = f"Nobody has acknowledged it for {_long((around.now or alert.at) - alert.at)}. It was raised:"
        return "\n".join([still, "", alert.text])
    return "\n".join([still, "", *about, *said, f"Why: {alert.why}", "", *commands])


def _ended(alert: Alert, around: Around) -> str:
    """What ended it, how long it was open, who had seen to it."""
    ending = around.endings.get(alert.id)
    lines = [f"It was: {alert.title}"]
    if ending is not None:
        began = clock(alert.at, around.zone, around.now or ending.at)
        lines = [
            f"What ended it: {safe(ending.why)}",
            f"Open for {_long(ending.at - alert.at)}, since {began}",
            _seen(ending.acked),
            *lines,
        ]
        if ending.statement:
            lines.append(f"{alert.judgement.upper()}: {safe(ending.statement)}")
    return "\n".join([*lines, f"Its whole story: iwmon alerts show {alert.id}"])


def _seen(ack: Ack | None) -> str:
    if ack is None:
        return "Nobody had acknowledged it"
    return f"Acknowledged by {safe(ack.by, 60)}{f': {safe(ack.note)}' if ack.note else ''}"


def _long(length: timedelta) -> str:
    """ "40 minutes", "5 hours", "12 days"."""
    minutes = max(0, round(length.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} {plural(minutes, 'minute')}"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"
