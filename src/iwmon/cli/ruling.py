"""What analysts decide about judgements: a term of their own, how it came out. Kept as a log."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from iwmon import yardsticks
from iwmon.alerts.words import day, safe
from iwmon.cli import judgements, show
from iwmon.cli.call import Call, Misuse, moment
from iwmon.cli.judgements import Case
from iwmon.cli.reviewing import NEXT_STEP
from iwmon.config import Config
from iwmon.model import Failure, Ruling


def assess(call: Call, name: str, term: str, confidence: str, rationale: str, by: str, now: datetime) -> None:
    """Keep the analyst's term. Raises Misuse for a word that is not the yardstick's, Failure when settled."""
    why = _rationale(rationale)
    with call.store() as store:
        config, _ = call.config_in_force(store)
        word = known_term(term, config.settings.yardstick)
        case, zone = judgements.named(config, store, name, now), ZoneInfo(config.settings.timezone)
        judgement = case.judgement
        if case.settled:
            raise Failure(
                f"it is resolved: {judgements.OUTCOMES[case.settled]}",
                where=judgement.id,
                hint=f"iwmon judgement reopen {judgement.id} comes first",
            )
        if now <= judgement.made_on:
            raise Failure(
                f"the term in the file is of {day(judgement.made_on, zone)}, and later ones win",
                where=judgement.id,
                hint="correct made_on there, or the time of your decision",
            )
        ruling = Ruling(judgement.id, "assess", by, now, term=word, confidence=confidence, rationale=why)
        store.add_ruling(ruling)
        after = judgements.named(config, store, judgement.id, now)
    if call.json:
        show.emit(document(after))
        return
    own = f"“{safe(case.term)}” since {day(case.since, zone)}" if case.term else "no term"
    _done(after, f"{safe(by, 60)} assesses it as {word}. It was {own}.")
    out = show.console()
    if confidence:
        show.say(out, f"Analytic confidence: {confidence}.", 2)
    show.say(out, f"{NEXT_STEP} What was reported until then is priced in by this term.", 2)
    written = f"“{safe(judgement.probability)}”" if judgement.probability else "no term"
    made = day(judgement.made_on, zone)
    show.say(
        out,
        f"The file is not edited: it says {written}, made on {made}. A later made_on there wins again.",
        2,
    )


def known_term(term: str, yardstick: str) -> str:
    """The yardstick's own word for a term. Raises Misuse, with the nearest word, for what is none of it."""
    if yardsticks.known(term, yardstick):
        return yardsticks.band(term, yardstick).term
    words = yardsticks.WORDS[yardstick]
    near = get_close_matches(yardsticks.plain(term), words, n=1, cutoff=0.6)
    hint = f"did you mean “{near[0]}”?" if near else f"one of: {', '.join(words)}"
    title = yardsticks.TITLES[yardstick]
    raise Misuse(f"“{safe(term, 60)}” is not a word of {title}", where="--term", hint=hint)


def resolve(
    call: Call, name: str, outcome: str, on: str | None, rationale: str, by: str, now: datetime
) -> None:
    """Keep how it came out. Raises Failure when it is resolved already, Misuse for a day still to come."""
    why = _rationale(rationale)
    with call.store() as store:
        config, _ = call.config_in_force(store)
        case, zone = judgements.named(config, store, name, now), ZoneInfo(config.settings.timezone)
        judgement = case.judgement
        if case.settled:
            raise Failure(
                f"it is resolved already: {judgements.OUTCOMES[case.settled]}",
                where=judgement.id,
                hint=_how_to_reopen(case, config),
            )
        decided = _day_given(on, zone, now)
        if decided < judgement.made_on:
            hint = f"it was made on {day(judgement.made_on, zone)}"
            raise Misuse("it cannot come out before it was made", where="--on", hint=hint)
        store.add_ruling(
            Ruling(judgement.id, "resolve", by, now, outcome=outcome, decided_on=decided, rationale=why)
        )
        after = judgements.named(config, store, judgement.id, now)
    if call.json:
        show.emit(document(after))
        return
    _done(after, f"{safe(by, 60)} resolves it, as of {day(decided, zone)}: {judgements.OUTCOMES[outcome]}.")
    out = show.console()
    if outcome == "false" and judgement.horizon is not None and now < judgement.horizon:
        until = day(judgement.horizon, zone)
        show.say(out, f"Beware: it could still come true until {until}. To take this back: reopen.", 2)
    show.say(out, f"{NEXT_STEP} Nobody is alerted for it from then on.", 2)
    scores = "A void judgement is not scored." if outcome == "void" else "Its scores are then in"
    show.say(out, scores if outcome == "void" else f"{scores} iwmon judgement show {judgement.id}", 2)


def reopen(call: Call, name: str, rationale: str, by: str, now: datetime) -> None:
    """Take a resolution back. Raises Failure when it is open, or when the file says how it came out."""
    why = _rationale(rationale)
    with call.store() as store:
        config, _ = call.config_in_force(store)
        case = judgements.named(config, store, name, now)
        judgement = case.judgement
        if not case.settled:
            raise Failure("it is open already", where=judgement.id, hint="there is nothing to take back")
        if judgement.resolution.outcome is not None:
            raise Failure(
                "the file says how it came out", where=judgement.id, hint=_how_to_reopen(case, config)
            )
        store.add_ruling(Ruling(judgement.id, "reopen", by, now, rationale=why))
        after = judgements.named(config, store, judgement.id, now)
    if call.json:
        show.emit(document(after))
        return
    _done(after, f"{safe(by, 60)} reopens it. It was resolved: {judgements.OUTCOMES[case.settled]}.")
    show.say(show.console(), NEXT_STEP, 2)


def _how_to_reopen(case: Case, config: Config) -> str:
    if case.judgement.resolution.outcome is not None:
        return f"take `outcome` out of its resolution in {config.files[0]}"
    return f"to decide anew: iwmon judgement reopen {case.judgement.id}"


def _rationale(text: str) -> str:
    if not text.strip():
        raise Misuse("the rationale is empty", where="--rationale", hint="say why: it is kept in the log")
    return text.strip()


def _day_given(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """The day that --on gives, in the analyst's zone unless it names another. Raises Misuse."""
    if text is None:
        return now
    given = moment(text)
    if "T" not in text.upper() and " " not in text.strip():
        given = given.replace(tzinfo=zone).astimezone(UTC)
    if given > now:
        raise Misuse(f"{text} is still to come", where="--on", hint="resolve it when it is decided")
    return given


def _done(case: Case, what: str) -> None:
    judgement = case.judgement
    out = show.console()
    show.say(out, show.line((judgement.id.upper(), "bold"), "  ", (safe(judgement.statement), "bold")))
    show.say(out, what, 2)


def document(case: Case) -> dict[str, object]:
    """For --json: the judgement with its log; the new decision is the last, and waits."""
    return judgements.document(case) | {"rulings": case.log}
