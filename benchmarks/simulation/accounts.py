"""The accounts, from the outside: what the service has on record, against the ledger and a replay."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iwmon import pipeline
from iwmon.model import LASTING, Alert, Delivery, Level, Memory
from iwmon.store import Store
from iwmon.stored import AlertRecord
from simulation import world
from simulation.running import Run

MINUTE = timedelta(minutes=1)
SOON = timedelta(seconds=5)  # from the arrival of a message to the kill that leaves it unmarked
MOST = 10  # messages to a receiver in any minute
_EVENTS = {"sent": "sent", "suppressed": "dropped", "dead": "dead"}
_REPEAT = "Possible repeat: "


@dataclass(frozen=True, slots=True)
class Request:
    """One message as the service saw it. `answer` is what it said, or "killed" where it never could."""

    receiver: str
    at: datetime
    answer: str
    arrived: bool
    ids: tuple[str, ...]
    title: str
    body: str

    @property
    def marks(self) -> int:
        """How many of its alerts it says may be repeats."""
        lines = sum(line.startswith(f"• {_REPEAT}") for line in self.body.splitlines())
        return max(lines, int(self.title.startswith(_REPEAT)))


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `faults` are what missed the target, a few words each; None = no target."""

    name: str
    value: str
    target: str = ""
    faults: Sequence[str] | None = None


@dataclass
class Books:
    """All that is left when a run is over."""

    run: Run
    requests: list[Request]
    records: list[AlertRecord]
    replayed: dict[str, tuple[Alert, frozenset[str]]]  # alert → it, and the receivers that are owed it
    events: dict[str, Counter[str]]  # delivery → how often each event
    silenced: set[str]  # deliveries that a silence held
    levels: dict[str, Level]
    blind: set[str]  # indicators
    slots: dict[str, str]  # digest's delivery → wall clock
    damage: list[str]
    arrivals: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))  # by delivery

    def __post_init__(self) -> None:
        for request in self.requests:
            if request.arrived:
                for one in request.ids:
                    self.arrivals[one].append(request)

    def deliveries(self) -> Iterator[tuple[Delivery, AlertRecord]]:
        for record in self.records:
            for delivery in record.deliveries:
                yield delivery, record


def closed(run: Run) -> Books:
    """Read what the run has left; the recorded steps are replayed from nothing."""
    requests = []
    for line in run.record.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        values |= {"at": datetime.fromisoformat(values["at"]), "ids": tuple(values["ids"])}
        requests.append(Request(**values))
    with Store.open(run.url) as store:
        memory, replayed = Memory(), {}
        for past in store.recorded():
            step = pipeline.advance(run.config, memory, past.readings, past.at, past.rulings)
            memory = step.memory
            owed = defaultdict(set)
            for delivery in step.deliveries:
                owed[delivery.alert].add(delivery.receiver)
            replayed |= {a.id: (a, frozenset(owed[a.id])) for a in step.alerts}
        events: dict[str, Counter[str]] = defaultdict(Counter)
        silenced = set()
        for entry in store.ledger_all():
            events[entry.delivery][entry.event] += 1
            if entry.event == "held" and entry.detail.startswith("silence"):
                silenced.add(entry.delivery)
        records = store.alerts(limit=1_000_000)
        states = store.states()
        return Books(
            run,
            requests,
            records,
            replayed,
            events,
            silenced,
            {name: state.level for name, state in states.items()},
            {name for name, state in states.items() if state.coverage == "blind"},
            {d.id: r.alert.after for r in records for d in r.deliveries if d.kind == "digest"},
            store.check(),
        )


# ---------------------------------------------------------------- the laws


def fate(delivery: Delivery) -> str:
    """What became of a delivery; "" where nothing says so."""
    if delivery.state == "sent":
        if not delivery.digest:
            return "sent"
        return "in a list" if "-" in delivery.digest else "in a digest"  # "backlog-…", "list-…"
    if delivery.state == "pending":
        if delivery.digest:
            return "in a digest that waits"
        return "waits, with its reason" if delivery.held or delivery.error or delivery.in_flight else ""
    return delivery.state if delivery.error else ""


def accounted(books: Books) -> Figure:
    """Every alert that a replay raises has one fate at each receiver, and the ledger says the same."""
    faults, fates = [], Counter[str]()
    stored = {r.alert.id: r for r in books.records}
    for identity, (alert, owed) in books.replayed.items():
        record = stored.get(identity)
        if record is None or record.alert != alert:
            faults.append(f"{identity} {alert.title}: not as replayed")
            continue
        first = [d for d in record.deliveries if d.kind == "firing"]
        if Counter(d.receiver for d in first) != Counter(owed):
            faults.append(f"{identity}: told to {sorted(d.receiver for d in first)}, owed to {sorted(owed)}")
        fates.update(fate(d) for d in first)
    own = [r for i, r in stored.items() if i not in books.replayed]
    faults += [f"{r.alert.id}: a {r.alert.kind} from nowhere" for r in own if not _ours(r.alert)]
    for delivery, record in books.deliveries():
        said, name = books.events[delivery.id], f"{delivery.id} of {record.alert.id} to {delivery.receiver}"
        if not fate(delivery):
            faults.append(f"{name}: {delivery.state}, and nobody says why")
        ends = {event: said[event] for event in _EVENTS.values() if said[event]}
        if ends != ({_EVENTS[delivery.state]: 1} if delivery.state != "pending" else {}):
            faults.append(f"{name}: {delivery.state}, but its ledger says {ends}")
    kinds = ", ".join(f"{count:,} {name}" for name, count in fates.most_common())
    return Figure(
        f"alerts accounted for ({len(books.replayed):,} replayed)",
        f"{sum(fates.values()):,} tellings: {kinds}",
        "each has one fate",
        faults,
    )


def _ours(alert: Alert) -> bool:
    return alert.kind == "dead_letter" or (alert.kind == "digest" and not alert.judgement)


def lost(books: Books) -> Figure:
    """What the ledger calls sent has arrived, in words; what is dead has told somebody else."""
    faults = []
    letters = Counter(r.alert.kind for r in books.records)["dead_letter"]
    dead = 0
    for delivery, record in books.deliveries():
        dead += delivery.state == "dead" and record.alert.kind != "dead_letter"
        if delivery.state != "sent":
            continue
        carrier = delivery.digest if delivery.digest in books.slots else delivery.id
        found = books.arrivals.get(carrier, [])
        if not found:
            faults.append(f"{delivery.id} to {delivery.receiver}: sent, but nothing arrived")
        elif carrier == delivery.id and not any(_names(request, record.alert) for request in found):
            faults.append(
                f"{delivery.id} to {delivery.receiver}: its message does not name {record.alert.id}"
            )
    if letters != dead:
        faults.append(f"{dead} given up, {letters} dead letters")
    return Figure("lost", f"{len(faults)} ({dead} given up, each with a dead letter)", "0", faults)


def _names(request: Request, alert: Alert) -> bool:
    text = f"{request.title}\n{request.body}"
    return alert.id in text or alert.title in text


def repeats(books: Books) -> list[Figure]:
    """Who was told twice: at most one message a kill, or an answer that never came; and it says so."""
    unmarked, by_cause, again = [], Counter[str](), Counter[int]()
    many, culprits = list[str](), [at for at, _ in books.run.kills]  # each kill explains one repeat
    seen: dict[str, int] = {}  # delivery → the request in which it arrived last
    for number, request in enumerate(books.requests):
        if not request.arrived:
            continue
        repeated = [one for one in request.ids if one in seen]
        if repeated:
            before = {seen[one] for one in repeated}
            again.update(before)
            answers = {books.requests[n].answer for n in before}
            if answers & {"killed", "sent"}:
                by_cause["kill"] += 1
                begun = max(books.requests[n].at for n in before)
                culprit = next((at for at in culprits if begun <= at < begun + SOON), None)
                if culprit is None:
                    many.append(f"{request.receiver} {request.at}: repeats, and no kill is why")
                else:
                    culprits.remove(culprit)
            else:
                by_cause["unknown"] += 1
            if request.marks < len(repeated):
                unmarked.append(f"{request.receiver} {request.at}: {request.title}")
        seen |= dict.fromkeys(request.ids, number)
    kills, aimed = len(books.run.kills), sum(in_send for _, in_send in books.run.kills)
    unknown = sum(r.answer == "unknown" and r.arrived for r in books.requests)
    worst = max(again.values(), default=0)
    many += [f"{books.requests[n].receiver} {books.requests[n].at}" for n, c in again.items() if c > 1]
    return [
        Figure(
            f"repeats after {kills} kills",
            f"{by_cause['kill']} ({aimed} kills met a message on its way); at most {worst} of one message",
            "at most one a kill",
            many,
        ),
        Figure(
            "repeats after no answer",
            f"{by_cause['unknown']} of {unknown} that arrived unanswered",
            "at most one each",
            [] if by_cause["unknown"] <= unknown else ["more than that"],
        ),
        Figure(
            "repeats that do not say so",
            str(len(unmarked)),
            "0",
            unmarked,
        ),
    ]


def busiest(times: Iterable[datetime]) -> int:
    """The most of these (in order) within any 60 s."""
    found, window = 0, list[datetime]()
    for at in times:
        window = [one for one in window if at - one < MINUTE] + [at]
        found = max(found, len(window))
    return found


def rates(books: Books) -> Figure:
    most = {
        name: busiest(r.at for r in books.requests if r.receiver == name)
        for name in books.run.config.receivers
    }
    worst = max(most, key=lambda name: most[name])
    return Figure(
        "messages to a receiver in its worst minute",
        f"{most[worst]} ({worst})",
        f"at most {MOST}",
        [f"{name}: {count}" for name, count in most.items() if count > MOST],
    )


def digests(books: Books) -> Figure:
    """Each slot of the wall clock has one digest, sent once, and not before its time."""
    faults, count, late = [], 0, timedelta(0)
    for receiver, owed in world.slots(books.run.plan).items():
        own = [
            (r.alert.after, d) for d, r in books.deliveries() if d.kind == "digest" and d.receiver == receiver
        ]
        keys = Counter(key for key, _ in own)
        moments = dict(owed)
        if keys != Counter(key for key, _ in owed):
            faults.append(f"{receiver}: {sorted((keys - Counter(moments)) + (Counter(moments) - keys))}")
        for key, delivery in own:
            arrived = books.arrivals.get(delivery.id, [])
            plain = [request for request in arrived if not request.marks]
            if delivery.state != "sent" or len(plain) > 1 or not arrived:
                faults.append(f"{receiver} {key}: {delivery.state}, arrived {len(arrived)} times")
                continue
            count += 1
            wait = arrived[0].at - moments.get(key, arrived[0].at)
            late = max(late, wait)
            if wait < timedelta(0):
                faults.append(f"{receiver} {key}: {-wait} too early")
    return Figure(
        "digests",
        f"{count}, the latest {late.total_seconds() / 60:.0f} min after its time",
        f"each of {sum(len(owed) for owed in world.slots(books.run.plan).values())} slots once",
        faults,
    )


def outage(books: Books) -> Figure:
    """How the alerts that Slack could not take reached it."""
    away = books.run.plan.slack_away
    refused = {i for r in books.requests if r.at in away and r.receiver in world.SLACK for i in r.ids}
    made = {
        d.id for d, _ in books.deliveries() if d.receiver in world.SLACK and d.created and d.created in away
    }
    waited = refused | made
    after = [
        r
        for r in books.requests
        if r.arrived and away.ends <= r.at < away.ends + 30 * MINUTE and waited & set(r.ids)
    ]
    carried = {i for r in after for i in r.ids} & waited
    rest = Counter(fate(d) for d, _ in books.deliveries() if d.id in waited - carried)
    others = "".join(f"; {count} {name}" for name, count in rest.most_common())
    tries = sum(r.at in away and r.receiver in world.SLACK for r in books.requests)
    return Figure(
        f"after {(away.ends - away.begins) / world.HOUR:.0f} h without Slack",
        f"{len(carried)} tellings of {len(waited)} in {len(after)} messages within 30 min"
        f" ({tries} tries meanwhile){others}",
    )


def silence(books: Books) -> Figure:
    """What a silence held is told once when it ends, or is over; and nobody heard of it before."""
    silent = books.run.plan.silence
    assert silent is not None
    faults, fates = [], Counter[str]()
    messages: set[tuple[str, datetime]] = set()
    for delivery, _ in books.deliveries():
        if delivery.id not in books.silenced:
            continue
        arrived = books.arrivals.get(delivery.id, [])
        if any(request.at in silent and request.at > (delivery.created or request.at) for request in arrived):
            faults.append(f"{delivery.id} to {delivery.receiver}: told in the silence")
        if len([request for request in arrived if not request.marks]) > 1:
            faults.append(f"{delivery.id} to {delivery.receiver}: told {len(arrived)} times")
        fates[fate(delivery)] += 1
        messages |= {(request.receiver, request.at) for request in arrived[:1]}
    return Figure(
        "held by the silence of a weekend",
        f"{len(books.silenced)} tellings, of which {len(messages)} messages: "
        + ", ".join(f"{count} {name}" for name, count in fates.most_common()),
        "each told once, or over",
        faults,
    )


def endings(books: Books) -> Figure:
    """Whatever a receiver was told is open is closed to it, or its condition stands."""
    faults, done, standing = [], 0, 0
    for record in books.records:
        alert = record.alert
        if alert.kind not in LASTING:
            continue
        told = {
            d.receiver
            for d in record.deliveries
            if d.kind in ("firing", "escalation") and (d.state == "sent" or d.in_flight)
        }
        ends = {d.receiver: d for d in record.deliveries if d.kind == "resolved"}
        if record.resolved:
            done += 1
            faults += [f"{alert.id}: {name} never hears that it is over" for name in told - ends.keys()]
            faults += [f"{alert.id}: {n} has no fate" for n, d in ends.items() if not fate(d)]
            continue
        standing += 1
        if alert.kind in ("level_up", "again") and not _stands(books, alert):
            faults.append(f"{alert.id}: open, but {alert.indicator} is {books.levels.get(alert.indicator)}")
        if alert.kind == "blind" and not any(
            name in books.blind for name in books.run.config.judgements[alert.judgement].indicators
        ):
            faults.append(f"{alert.id}: open, but {alert.judgement} sees")
        faults += [f"{alert.id}: closed to {name}, but open" for name in ends]
    return Figure(
        "lasting alerts", f"{done} closed to whoever was told, {standing} stand", "none left open", faults
    )


def _stands(books: Books, alert: Alert) -> bool:
    return books.levels[alert.indicator].rank >= Level(alert.after).rank


def naive(books: Books) -> Figure:
    """The same alerts, one message each at once to everybody, tried again each minute. For comparison."""
    away = books.run.plan.slack_away
    arrived: dict[str, list[datetime]] = defaultdict(list)
    tries = 0
    for alert, owed in books.replayed.values():
        for receiver in owed:
            at = alert.at
            if receiver in world.SLACK and at in away:
                tries += int((away.ends - at) / MINUTE) + 1
                at = away.ends
            arrived[receiver].append(at)
            tries += 1
    worst = max((busiest(sorted(times)) for times in arrived.values()), default=0)
    ours = len(books.requests)
    return Figure(
        "baseline: a message an alert, at once",
        f"{sum(map(len, arrived.values())):,} messages, {tries:,} tries, {worst} in the worst minute"
        f" (iwmon: {sum(r.arrived for r in books.requests):,} messages with reminders and closings,"
        f" {ours:,} tries)",
    )


def figures(books: Books) -> list[Figure]:
    """All of the table."""
    damage = Figure("faults that the store finds in itself", str(len(books.damage)), "0", books.damage)
    return [
        accounted(books),
        lost(books),
        *repeats(books),
        rates(books),
        digests(books),
        outage(books),
        *([silence(books)] if books.run.plan.silence else []),
        endings(books),
        damage,
        naive(books),
    ]
