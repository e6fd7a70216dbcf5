"""What `iwmon review` does: a person's word on a report, kept in a log and told back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from iwmon import thresholds
from iwmon.alerts.words import link, safe
from iwmon.cli import finding, show
from iwmon.cli.call import Call, Misuse
from iwmon.cli.desk import Desk
from iwmon.cli.finding import Report
from iwmon.model import Failure, Review, Signal

Action = Literal["confirm", "reject", "restore", "grade"]
GRADES = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "cannot be judged",
}
_DONE = {"confirm": "confirmed", "reject": "rejected", "restore": "restored", "grade": "graded"}
NEXT_STEP = "It counts from the next step of a running iwmon, or from the next `iwmon poll`."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options ask for, as they were given."""

    actions: tuple[Action, ...]
    credibility: int | None
    indicator: str
    note: str

    @property
    def acts(self) -> bool:
        """Whether something is to be said, not only looked at."""
        return bool(self.actions) or self.credibility is not None

    @property
    def action(self) -> Action:
        """A grade alone is an action of its own."""
        return self.actions[0] if self.actions else "grade"

    def require(self) -> None:
        """Raises Misuse for what contradicts itself, or says nothing."""
        if len(self.actions) > 1:
            both = " and ".join(f"--{action}" for action in self.actions)
            raise Misuse(f"{both} contradict each other", hint="choose one")
        if self.credibility is not None and self.action in ("reject", "restore"):
            hint = "what is rejected or restored has no grade; --credibility stands alone or with --confirm"
            raise Misuse(f"--{self.action} and --credibility contradict each other", hint=hint)
        if not self.acts and (self.note or self.indicator):
            raise Misuse("there is nothing to do", hint="say --confirm, --reject, --restore or --credibility")


def run(call: Call, name: str, wanted: Wanted, by: str, now: datetime) -> None:
    """Keep the review, or only look. Raises Failure and Misuse, before anything is kept."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        desk = Desk(config, store, show.console(), now, call.json)
        report = finding.report(desk, name)
        review = _review(report, wanted, by, now) if wanted.acts else None
        if review is not None:
            store.add_ruling(review)
        waiting = {one.n for one in store.waiting_rulings() if isinstance(one, Review)}
        kept = finding.reviews(store, report.story, report.item)
    if desk.json:
        show.emit(document(report, review, kept, waiting))
    elif review is None:
        _print_report(desk, report, waiting)
    else:
        _print_review(desk, report, review)


def _review(report: Report, wanted: Wanted, by: str, now: datetime) -> Review:
    indicator = next((i for i in report.indicators if i.casefold() == wanted.indicator.casefold()), "")
    if wanted.indicator and not indicator:
        hint = f"it signals {', '.join(report.indicators)}"
        raise Misuse(f"this report does not signal {wanted.indicator}", where="--indicator", hint=hint)
    if wanted.action == "restore" and not report.reviews:
        raise Failure("there is nothing to restore", where=f"item {report.item.id}", hint="nobody judged it")
    return Review(
        item=report.item.id,
        action=wanted.action,
        by=by,
        at=now,
        indicator=indicator,
        credibility=wanted.credibility,
        note=wanted.note.strip(),
    )


def contradicted(report: Report, review: Review) -> tuple[Review, ...]:
    """The earlier reviews that say something else of the same evidence."""
    return tuple(
        one
        for one in report.reviews
        if (not one.indicator or not review.indicator or one.indicator == review.indicator)
        and ((one.action, one.credibility) != (review.action, review.credibility))
    )


# ---------------------------------------------------------------- for people


def _print_review(desk: Desk, report: Report, review: Review) -> None:
    done = f"{_DONE[review.action].capitalize()} by {safe(review.by, 60)}"
    grade = f", credibility {_grade(review.credibility)}" if review.credibility else ""
    title = (safe(report.item.entry.title), "bold")
    desk.say(show.line((done, "bold"), f"{grade}: ", title, f" ({safe(report.publisher, 60)})"), 0)
    names = [review.indicator] if review.indicator else list(report.indicators)
    desk.say(f"{_MEANS[review.action]} {_indicators(desk, names)}.")
    desk.say(_copies(report))
    if report.signals:
        desk.say(NEXT_STEP)
    else:
        desk.say("The report is too old to count any more: the review is kept, and changes nothing.")
    others = contradicted(report, review)
    if others:
        desk.say("It was judged otherwise before; the last word holds, and all are kept:")
    for one in others:
        desk.say(_said(desk, one), 4)


_MEANS = {
    "confirm": "An analyst vouches for it as evidence for",
    "reject": "It is no evidence any more for",
    "restore": "It counts again, as if nobody had judged it, for",
    "grade": "The grade changes its weight for",
}


def _grade(credibility: int) -> str:
    return f"{credibility} ({GRADES[credibility]})"


def _indicators(desk: Desk, names: list[str]) -> str:
    return ", ".join(f"{safe(desk.config.indicators[name].name, 60)} ({name})" for name in names)


def _copies(report: Report) -> str:
    number = len(report.copies)
    if not number:
        return "No other item repeats this report."
    names = [name for name in (report.story.publishers if report.story else ()) if name != report.publisher]
    whose = f" ({', '.join(safe(name, 40) for name in names[:6])})" if names else ""
    verb = "is" if number == 1 else "are"
    return f"It is one report: {show.count(number, 'reprint')} of it{whose} {verb} covered too."


def _said(desk: Desk, review: Review) -> str:
    grade = f", credibility {_grade(review.credibility)}" if review.credibility else ""
    where = f", for {review.indicator} only" if review.indicator else ""
    note = f": {safe(review.note)}" if review.note else ""
    return f"{_DONE[review.action]} by {safe(review.by, 60)}, {desk.clock(review.at)}{grade}{where}{note}"


def _print_report(desk: Desk, report: Report, waiting: set[int]) -> None:
    item = report.item
    title = (safe(item.entry.title), "bold")
    desk.say(show.line(title, f" ({safe(report.publisher, 60)})"), 0)
    desk.say(f"item {item.id}, seen {desk.clock(item.first_seen)}")
    if link(item.entry.url):
        desk.say(link(item.entry.url))
    desk.say(_copies(report))
    desk.head("What it counts")
    for signal in report.signals:
        name = safe(desk.config.indicators[signal.indicator].name, 80)
        desk.say(show.line((name, "bold"), f"  {signal.indicator}"))
        desk.say(factors(signal), 4)
        desk.say(_standing(signal), 4)
    if not report.signals:
        desk.say(f"nothing any more: it is too old. It matched {_indicators(desk, list(report.indicators))}.")
    desk.head("What people said of it")
    for review in report.reviews:
        later = " (counts from the next step)" if review.n in waiting else ""
        desk.say(f"{_said(desk, review)}{later}")
    if not report.reviews:
        desk.say("nothing yet: iwmon review ITEM --confirm, --reject or --credibility N")


def factors(signal: Signal) -> str:
    """The weight, factor by factor (method.md §2): m · r · c, and half of it where the accused denies it."""
    kind = "authoritative" if signal.authoritative else signal.reliability
    r = thresholds.RELIABILITY[signal.reliability]
    parts = [
        f"{signal.where}, {signal.modality} {signal.strength:.2f}",
        f"reliability {kind} {thresholds.AUTHORITATIVE if signal.authoritative else r:.2f}",
        f"credibility {signal.credibility} {thresholds.CREDIBILITY[signal.credibility]:.2f}",
    ]
    if signal.halved:
        parts.append(f"half, since {safe(signal.contested, 60)} denies it {thresholds.CONTESTED:.2f}")
    return f"weight {signal.weight:.2f} = {' · '.join(parts)}"


def _standing(signal: Signal) -> str:
    who = f" by {safe(signal.reviewed_by, 60)}" if signal.reviewed_by else ""
    if signal.status == "rejected":
        return f"rejected{who}: it does not count"
    if signal.status == "confirmed":
        return f"confirmed{who}"
    return f"graded{who}" if who else "nobody judged it"


# ---------------------------------------------------------------- for programs


def document(
    report: Report, review: Review | None, kept: tuple[Review, ...], waiting: set[int]
) -> dict[str, object]:
    """For --json: the report, what it signals now, and the log of reviews, the new one last."""
    item = report.item
    return {
        "item": {
            "id": item.id,
            "source": item.source,
            "publisher": report.publisher,
            "title": item.entry.title,
            "url": item.entry.url,
            "first_seen": item.first_seen,
        },
        "story": report.story.id if report.story else None,
        "reprints": report.copies,
        "indicators": report.indicators,
        "signals": [
            {
                "indicator": s.indicator,
                "weight": s.weight,
                "strength": s.strength,
                "where": s.where,
                "modality": s.modality,
                "reliability": s.reliability,
                "authoritative": s.authoritative,
                "credibility": s.credibility,
                "halved": s.halved,
                "contested_by": s.contested or None,
                "status": s.status,
                "reviewed_by": s.reviewed_by or None,
            }
            for s in report.signals
        ],
        "kept": bool(review),
        "contradicts": [one.n for one in contradicted(report, review)] if review else [],
        "reviews": [show.plain(one) | {"waiting": one.n in waiting} for one in kept],
    }
