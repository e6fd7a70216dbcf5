"""What `iwmon alerts` shows and does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from iwmon.alerts.words import safe
from iwmon.cli import show, story
from iwmon.cli.call import Call, Misuse
from iwmon.model import Delivery
from iwmon.store import Store
from iwmon.stored import Ack, AlertRecord, AlertState

Standing = tuple[AlertState, str]  # the state of an alert, and its reason


def list_alerts(
    call: Call,
    now: datetime,
    *,
    since: datetime | None,
    judgement: str | None,
    only_open: bool,
    state: AlertState | None,
    limit: int,
) -> None:
    """Print alerts, newest first. Raises Misuse for a judgement that is not configured."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        if judgement is not None:
            known = {name.casefold(): name for name in config.judgements}
            if judgement.casefold() not in known:
                raise Misuse(
                    f"no judgement {judgement}",
                    where="--judgement",
                    hint=f"one of {', '.join(config.judgements)}",
                )
            judgement = known[judgement.casefold()]
        asked = {"since": since, "judgement": judgement, "open_only": only_open}
        found = _in_state(store, state, asked, limit)
    if call.json:
        show.emit({"alerts": [document(record, standing) for record, standing in found]})
        return
    out = show.console()
    if not found:
        narrowed = since or judgement or only_open or state
        show.say(out, "No such alerts." if narrowed else "No alerts.")
    zone = ZoneInfo(config.settings.timezone)
    for record, standing in found:
        summary(out, record, zone, now, standing)
    if len(found) == limit:
        show.say(out, f"The newest {limit}; --limit shows more.")


def _in_state(
    store: Store, state: AlertState | None, asked: dict[str, Any], limit: int
) -> list[tuple[AlertRecord, Standing]]:
    """The newest alerts in a state. Older ones are looked at until there are enough."""
    looked = limit if state is None else max(limit, 200)
    while True:
        records = store.alerts(**asked, limit=looked)
        found = [(one, standing(one, ack)) for one, ack in covering(store, records)]
        chosen = [one for one in found if state in (None, one[1][0])]
        if len(chosen) >= limit or len(records) < looked:
            return chosen[:limit]
        looked *= 4


def covering(store: Store, records: Sequence[AlertRecord]) -> list[tuple[AlertRecord, Ack | None]]:
    """Each alert with the acknowledgement that holds for it: its own, or that of a later rise."""
    lasting = [one.alert.id for one in records if one.state[0] == "firing"]
    acks = {one.alert.id: one.acked for one in store.open_alerts(lasting)} if lasting else {}
    return [(one, one.acked or acks.get(one.alert.id)) for one in records]


def standing(record: AlertRecord, ack: Ack | None) -> Standing:
    """The state of an alert and its reason; `ack`: the acknowledgement that holds for it."""
    state, reason = record.state
    if state == "firing" and ack is not None:
        return "acknowledged", f"by {ack.by}, with the later {ack.alert}"
    return state, reason


def summary(
    out: Console, record: AlertRecord, zone: ZoneInfo, now: datetime, stands: Standing | None = None
) -> None:
    """An alert in two lines: what changed; then id, when, its state, who was told."""
    alert = record.alert
    show.say(
        out, show.line((alert.title, show.style(alert.severity) if alert.severity != "info" else "bold"))
    )
    state = in_words(record, stands or record.state, zone, now)
    facts = [alert.id, show.clock(alert.at, zone, now), delivered(record.deliveries), state]
    show.say(out, "; ".join(fact for fact in facts if fact), 2)


def in_words(record: AlertRecord, stands: Standing, zone: ZoneInfo, now: datetime) -> str:
    """ "firing", "acknowledged by Ana", "suppressed: …", "over since 14:00: …"; "" for what is told once."""
    state, reason = stands[0], safe(stands[1], 300)
    if state == "resolved":
        return f"over since {show.clock(record.resolved, zone, now)}: {reason}"
    if state == "suppressed":
        return f"suppressed: {story.why(reason)}"
    if state == "acknowledged":
        return f"acknowledged {reason}"
    return "firing" if state == "firing" else ""


def delivered(deliveries: tuple[Delivery, ...]) -> str:
    """Who was told, who waits, who never will be: "sent to analysts; undeliverable to duty-desk"."""
    by_state: dict[str, list[str]] = {}
    for delivery in deliveries:
        waits = "held" if delivery.state == "pending" and delivery.held else delivery.state
        names = by_state.setdefault(waits, [])
        if delivery.receiver not in names:
            names.append(delivery.receiver)
    words = {
        "sent": "sent to",
        "pending": "pending for",
        "held": "held for",
        "dead": "undeliverable to",
        "suppressed": "not sent to",
    }
    return "; ".join(f"{words[state]} {', '.join(names)}" for state, names in by_state.items())


def show_alert(call: Call, identity: str, now: datetime) -> None:
    """Print one alert whole: its words, how it stands, and all that happened to it."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        record = store.alert(identity)
        entries = store.ledger(record.alert.id)
        stands = standing(*covering(store, [record])[0])
    if call.json:
        show.emit(document(record, stands) | {"ledger": entries})
        return
    out = show.console()
    zone = ZoneInfo(config.settings.timezone)
    message(out, record)
    out.print()
    alert = record.alert
    show.say(
        out, show.line((f"Alert {alert.id}", "bold"), f", {alert.kind}, {show.clock(alert.at, zone, now)}")
    )
    words = in_words(record, stands, zone, now) or "told once"
    if stands[0] == "firing" and alert.kind == "level_up":
        words = f"{words}, not acknowledged"
    show.say(out, f"{words}.", 2)
    lines = story.story(entries, record.deliveries, config.route)
    show.table(out, [(show.clock(line.at, zone, now), line.text) for line in lines])
    for delivery in record.deliveries:
        if delivery.state == "pending" and not delivery.digest:
            show.say(out, f"now: {telling(delivery, zone, now)}", 2)


def message(out: Console, record: AlertRecord) -> None:
    """The alert as it was written for its receivers."""
    show.say(out, show.line((record.alert.title, f"bold {show.style(record.alert.severity)}")))
    out.print()
    for each in record.alert.text.splitlines():
        show.say(out, each.lstrip(), len(each) - len(each.lstrip()))


def trail(out: Console, record: AlertRecord, zone: ZoneInfo, now: datetime) -> None:
    """What became of an alert: each telling, and what people did."""
    alert = record.alert
    out.print()
    show.say(
        out, show.line((f"Alert {alert.id}", "bold"), f", {alert.kind}, {show.clock(alert.at, zone, now)}")
    )
    for delivery in record.deliveries:
        show.say(out, telling(delivery, zone, now), 2)
    for ack in record.acks:
        show.say(out, deed(ack, zone, now), 2)
    if record.resolved:
        show.say(out, f"over since {show.clock(record.resolved, zone, now)}: {safe(record.ended, 300)}", 2)
    elif not record.acks and alert.kind == "level_up":
        show.say(out, "not acknowledged", 2)


def telling(delivery: Delivery, zone: ZoneInfo, now: datetime) -> str:
    """One delivery in a line."""
    what = {
        "rerouted": "since the route was changed, to ",
        "reminder": f"reminder {delivery.turn} to ",
        "resolved": "closing word to ",
        "escalation": "escalation to ",
    }.get(delivery.kind, "to ")
    to, error = f"{what}{delivery.receiver}", safe(delivery.error, 300)
    attempts = show.count(delivery.attempts, "attempt")
    again = show.clock(delivery.next_attempt, zone, now) if delivery.next_attempt else ""
    if delivery.state == "sent":
        return f"{to}: sent {show.clock(delivery.sent, zone, now)}"
    doubt = "; it may have arrived" if delivery.in_flight else ""
    if delivery.state == "suppressed":
        return f"{to}: not sent: {error}{doubt}"
    if delivery.state == "dead":
        return f"{to}: given up after {attempts}: {error}"
    if delivery.held:
        until = f" until {again}" if again else ""
        return f"{to}: held{until}: {story.why(safe(delivery.held, 300))}"
    if delivery.attempts == 0:
        return f"{to}: pending"
    return f"{to}: pending after {attempts}, next {again or 'at once'}: {error}{doubt}"


def deed(ack: Ack, zone: ZoneInfo, now: datetime) -> str:
    """What a person did, in a line."""
    verb = "acknowledged" if ack.action == "ack" else "acknowledgement taken back"
    note = f": {safe(ack.note, 500)}" if ack.note else ""
    return f"{verb} by {safe(ack.by, 160)}, {show.clock(ack.at, zone, now)}{note}"


def mark(call: Call, identity: str, by: str, note: str, at: datetime, *, acked: bool) -> None:
    """Acknowledge an alert, or take that back, and say so."""
    with call.store() as store:
        if acked:
            store.ack(identity, by, note, at)
        else:
            store.unack(identity, by, at)
        record = store.alert(identity)
    if call.json:
        show.emit(document(record))
        return
    done = f"Acknowledged by {safe(by, 160)}: no more reminders of" if acked else "No longer acknowledged:"
    over = f"\nIt is over already: {safe(record.ended, 300)}" if record.resolved else ""
    show.say(show.console(), f"{done} {record.alert.title} ({record.alert.id}){over}")


def document(record: AlertRecord, stands: Standing | None = None) -> dict[str, object]:
    """An alert for --json."""
    alert = record.alert
    state, reason = stands or record.state
    return {
        "id": alert.id,
        "kind": alert.kind,
        "severity": alert.severity,
        "at": alert.at,
        "judgement": alert.judgement or None,
        "indicator": alert.indicator or None,
        "source": alert.source or None,
        "before": alert.before,
        "after": alert.after,
        "title": alert.title,
        "text": alert.text,
        "why": alert.why,
        "stories": alert.stories,
        "state": state,
        "state_reason": reason or None,
        "resolved": record.resolved,
        "acknowledged": record.acked is not None,
        "deliveries": record.deliveries,
        "acks": record.acks,
    }
