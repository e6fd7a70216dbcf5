"""What `iwmon alerts` shows and does."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from iwmon.cli import show
from iwmon.cli.call import Call, Misuse
from iwmon.model import Ack, AlertRecord, Delivery


def list_alerts(
    call: Call,
    now: datetime,
    *,
    since: datetime | None,
    judgement: str | None,
    only_open: bool,
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
        found = store.alerts(since=since, judgement=judgement, open_only=only_open, limit=limit)
    if call.json:
        show.emit({"alerts": [document(record) for record in found]})
        return
    out = show.console()
    if not found:
        show.say(out, "No alerts." if not (since or judgement or only_open) else "No such alerts.")
    zone = ZoneInfo(config.settings.timezone)
    for record in found:
        summary(out, record, zone, now)
    if len(found) == limit:
        show.say(out, f"The newest {limit}; --limit shows more.")


def summary(out: Console, record: AlertRecord, zone: ZoneInfo, now: datetime) -> None:
    """An alert in two lines: what changed; then id, when, who was told, who acknowledged."""
    alert = record.alert
    show.say(
        out, show.line((alert.title, show.style(alert.severity) if alert.severity != "info" else "bold"))
    )
    facts = [alert.id, show.clock(alert.at, zone, now), delivered(record.deliveries)]
    if record.acked:
        facts.append(f"acknowledged by {record.acked.by}")
    elif alert.kind == "level_up":
        facts.append("open")
    show.say(out, "; ".join(fact for fact in facts if fact), 2)


def delivered(deliveries: tuple[Delivery, ...]) -> str:
    """Who was told, who waits, who never will be: "sent to analysts; dead: duty-desk"."""
    by_state: dict[str, list[str]] = {}
    for delivery in deliveries:
        names = by_state.setdefault(delivery.state, [])
        if delivery.receiver not in names:
            names.append(delivery.receiver)
    words = {"sent": "sent to", "pending": "pending for", "dead": "undeliverable to"}
    return "; ".join(f"{words[state]} {', '.join(names)}" for state, names in by_state.items())


def show_alert(call: Call, identity: str, now: datetime) -> None:
    """Print one alert whole."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        record = store.alert(identity)
    if call.json:
        show.emit(document(record))
        return
    out = show.console()
    zone = ZoneInfo(config.settings.timezone)
    message(out, record)
    trail(out, record, zone, now)


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
    if not record.acks and alert.kind == "level_up":
        show.say(out, "not acknowledged", 2)


def telling(delivery: Delivery, zone: ZoneInfo, now: datetime) -> str:
    """One delivery in a line."""
    what = f"reminder {delivery.turn} to " if delivery.turn else "to "
    attempts = show.count(delivery.attempts, "attempt")
    if delivery.state == "sent":
        return f"{what}{delivery.receiver}: sent {show.clock(delivery.sent, zone, now)}"
    if delivery.state == "dead":
        return f"{what}{delivery.receiver}: given up after {attempts}: {delivery.error}"
    doubt = "; it may have arrived" if delivery.in_flight else ""
    if delivery.attempts == 0:
        return f"{what}{delivery.receiver}: pending"
    again = (
        f"next {show.clock(delivery.next_attempt, zone, now)}" if delivery.next_attempt else "next at once"
    )
    return f"{what}{delivery.receiver}: pending after {attempts}, {again}: {delivery.error}{doubt}"


def deed(ack: Ack, zone: ZoneInfo, now: datetime) -> str:
    """What a person did, in a line."""
    verb = "acknowledged" if ack.action == "ack" else "acknowledgement taken back"
    note = f": {ack.note}" if ack.note else ""
    return f"{verb} by {ack.by}, {show.clock(ack.at, zone, now)}{note}"


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
    done = f"Acknowledged by {by}: no more reminders of" if acked else "No longer acknowledged:"
    show.console().print(f"{done} {record.alert.title} ({record.alert.id})")


def document(record: AlertRecord) -> dict[str, object]:
    """An alert for --json."""
    alert = record.alert
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
        "acknowledged": record.acked is not None,
        "deliveries": record.deliveries,
        "acks": record.acks,
    }
