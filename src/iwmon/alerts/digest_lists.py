"""One message in the place of many: a backlog, what a downtime left, more than can be told whole.

A list by judgement, the worst first, a line an alert: what still fires is told from what is over already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from iwmon.alerts import words
from iwmon.alerts.digest_phrases import age, beside, counted, heading, moment, title, weight
from iwmon.config import Config
from iwmon.model import LASTING, Message, Severity
from iwmon.stored import AlertRecord

MOST, LEAST = 100, 4  # lines of a list, with its headings
ROOM = 11_000  # characters of its body: Slack takes 12,000 after escaping, and most take less than email
NAMED = 500  # alerts without a line of which at least the id is told: half the room
A_LINE = 100  # ids
LINKED = 10  # alerts with an address each: more of them would leave no room for anything else


@dataclass(frozen=True, slots=True)
class Listing:
    """Alerts that are told in one message. `items`: with what became of each, so that it shows what is over.

    `links`: by alert, where `receiver` (an id) acknowledges it.
    """

    items: Sequence[AlertRecord]
    config: Config
    now: datetime
    receiver: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst that nobody has acknowledged and that is not over."""
        news = [one.alert.severity for one in self.items if _standing(one) in ("firing", "told once")]
        return max(news, key=weight, default=None)


def backlog(listing: Listing, since: datetime, reason: str) -> Message:
    """What waited for one receiver.

    `reason` reads on after "37 alerts": "undelivered"; "" where there was only too much at once. An attempt
    of which nobody knows whether it arrived makes its alert a possible repeat.
    """
    many = counted(len(listing.items), "alert")
    begun = beside(since, listing.now, words.zone(listing.config), listing.now)
    lead = f"backlog, {many} {words.safe(reason, 120)} since {begun}" if reason else f"{many} at once"
    over = bool(listing.items) and all(_standing(one) == "over" for one in listing.items)
    return listed(listing, f"RESOLVED: {lead}" if over else _headed(lead, listing))


def catch_up(listing: Listing, reason: str) -> Message:
    """What was found after a downtime, so that nobody was told in time.

    `reason`: "catch-up after 9 h without running", as it was held for.
    """
    lead = f"{words.safe(reason, 120)}, {counted(len(listing.items), 'alert')}"
    return listed(listing, _headed(lead, listing), "What left the feeds meanwhile was not seen.")


def _headed(lead: str, listing: Listing) -> str:
    """What weighs most comes first: a locked phone shows no more."""
    return f"{listing.worst.upper()}: {lead}" if listing.worst else f"{lead[0].upper()}{lead[1:]}"


def listed(listing: Listing, title: str, note: str = "") -> Message:
    """The list: a summary, a note, the alerts by judgement, how to acknowledge, and where to see more."""
    items, now = listing.items, listing.now
    first = min((one.alert.at for one in items), default=now)
    head = [_summary(items), *([note] if note else [])]
    foot = [""]
    if any(_standing(one) == "firing" for one in items):
        foot.append("Acknowledge: iwmon alerts ack ID")
    foot.append(f"All of them: iwmon alerts list --since {age(first, now)} --limit 1000")
    most, body = MOST, ""
    while most >= LEAST:
        lines, left = _by_judgement(listing, most)
        body = "\n".join([*head, *lines, *_ids(left), *foot])
        if len(body) <= ROOM:
            break
        most -= max(1, most // 10)
    return Message(title, body, severity=str(listing.worst or ""))


def _summary(items: Sequence[AlertRecord]) -> str:
    """ "● 10 still firing, 9 acknowledged. ○ 9 over already, 2 told once."."""
    counts = Counter(map(_standing, items))
    open_, done = (
        ", ".join(f"{counts[name]:,} {said}" for name, said in group if counts[name])
        for group in (_OPEN.items(), _DONE.items())
    )
    return " ".join([f"● {open_}." if open_ else "Nothing still fires.", *([f"○ {done}."] if done else [])])


def _ids(left: Sequence[AlertRecord]) -> list[str]:
    """The ids of what has no line, what fires first: a search for one of them finds this message."""
    if not left:
        return []
    ids = [one.alert.id for one in sorted(left, key=_worst)[:NAMED]]
    cut = "Ids of these:" if len(left) <= NAMED else f"Ids of {NAMED} of these:"
    # In lines: a service that breaks a long one may break it within an id.
    return ["", cut, *(" ".join(ids[first : first + A_LINE]) for first in range(0, len(ids), A_LINE))]


def _by_judgement(listing: Listing, most: int) -> tuple[list[str], list[AlertRecord]]:
    """(Headings and lines, at most `most` and two, and addresses; what is left out, which they count)."""
    grouped: dict[str, list[AlertRecord]] = {}
    ordered = sorted(listing.items, key=_worst)
    linked = {one.alert.id for one in ordered[:LINKED]}
    for one in ordered:  # so the judgement with the worst comes first
        grouped.setdefault(one.alert.judgement, []).append(one)
    shown = dict(list(grouped.items())[: max(1, most // 4)])
    shares = _shares([len(members) for members in shown.values()], most - 3 * len(shown))
    lines: list[str] = []
    left: list[AlertRecord] = []
    for (judgement, members), share in zip(shown.items(), shares, strict=True):
        lines += ["", heading(judgement, listing.config)]
        for one in members[:share]:
            lines.append(_line(one, listing))
            url = listing.links.get(one.alert.id, "")
            lines += [f"   {url}"] if url and one.alert.id in linked else []
        lines += _left(members[share:], "more")
        left += members[share:]
    rest = [one for name, members in grouped.items() if name not in shown for one in members]
    many = counted(len(grouped) - len(shown), "more judgement")
    return [*lines, *(["", *_left(rest, f"more for {many}")] if rest else [])], [*left, *rest]


def _left(left: Sequence[AlertRecord], more: str) -> list[str]:
    """How many are not shown."""
    firing = sum(_standing(one) == "firing" for one in left)
    return [f"• and {len(left):,} {more}, {firing:,} of them still firing"] if left else []


def _shares(wanted: Sequence[int], room: int) -> list[int]:
    """So many lines each that none wants another's: nobody's storm hides what else there is."""
    shares = [0] * len(wanted)
    while room > 0 and shares != list(wanted):
        for place, most in enumerate(wanted):
            if shares[place] < most and room > 0:
                shares[place] += 1
                room -= 1
    return shares


def _standing(one: AlertRecord) -> str:
    """One of _STANDINGS. That it was held back is no matter here: this message ends that."""
    if one.resolved:
        return "over"
    if one.alert.kind not in LASTING:
        return "told once"
    return "acknowledged" if one.acked else "firing"


_OPEN = {"firing": "still firing", "acknowledged": "acknowledged"}
_DONE = {"told once": "told once", "over": "over already"}
_STANDINGS = (*_OPEN, *_DONE)


def _worst(one: AlertRecord) -> tuple[int, int, float]:
    """What still fires before what is over, the severe before the mild, the new before the old."""
    return _STANDINGS.index(_standing(one)), -weight(one.alert.severity), -one.alert.at.timestamp()


def _line(one: AlertRecord, listing: Listing) -> str:
    """One alert: what it said, when, how it stands, its id."""
    zone, now = words.zone(listing.config), listing.now
    at, standing = moment(one.alert.at, zone, now), _standing(one)
    said = {"firing": f"still firing since {at}", "told once": at}.get(standing, "")
    if one.resolved:
        why = f" ({words.safe(one.ended, 80)})" if one.ended else ""
        said = f"{at}, over {beside(one.resolved, one.alert.at, zone, now)}{why}"
    elif one.acked and not said:
        said = f"firing since {at}, acknowledged by {words.safe(one.acked.by, 60)}"
    own = [d for d in one.deliveries if d.receiver == listing.receiver and d.state == "pending"]
    if standing == "firing" and any(d.kind == "escalation" for d in own):
        said = f"{said}, escalated: nobody has acknowledged it"
    elif standing == "firing" and any(d.kind == "rerouted" for d in own):
        said = f"{said}, told here since the route was changed"
    repeat = "; possible repeat" if any(d.in_flight for d in own) else ""
    mark = "●" if standing in _OPEN else "○"
    return f"{mark} {title(one.alert)}; {said} [{one.alert.id}]{repeat}"
