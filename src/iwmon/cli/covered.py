"""What `iwmon status --coverage` shows: the map of what is watched by whom."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.text import Text

from iwmon.alerts.words import safe
from iwmon.cli import show, watched
from iwmon.cli.call import Call
from iwmon.cli.watched import Group, Language, Side, Watch

_WHY = 80  # characters


def run(call: Call, now: datetime) -> None:
    """Read the map and print it."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        found = watched.read(config, store.health(), now)
    if call.json:
        show.emit({"at": now, "judgements": [document(watch) for watch in found]})
        return
    out = show.console()
    for watch in found:
        judgement_map(out, watch)
        out.print()
    show.say(out, gaps_line(found))


def judgement_map(out: Console, watch: Watch) -> None:
    """One judgement: its languages with who watches each, its sides, what has no source at all."""
    statement = (safe(watch.statement, 160), "bold")
    show.say(out, show.line((watch.judgement.upper(), "bold"), "  ", statement))
    show.table(out, [_row(language) for language in watch.languages])
    if watch.sides:
        show.say(out, show.line("sides: ", *_joined([_side(side) for side in watch.sides])), 2)
    for indicator, codes in watch.unread:
        show.say(out, f"no source in {', '.join(codes)}, in which {indicator} is looked for", 2)


def _row(language: Language) -> tuple[Text | str, ...]:
    number = show.count(len(language.indicators), "indicator")
    healthy: list[str | tuple[str, str]] = [name for group in language.groups if (name := _healthy(group))]
    parts = _joined([*(healthy or [("nobody", show.style("blind"))]), *_failing(language)])
    return (Text(language.language or "many", "bold"), number, show.line(*parts))


def _healthy(group: Group) -> str:
    """ "Nasha Niva", or with the group's name where that is another: "BY state (BelTA)"."""
    names = [safe(source.name, 40) for source in group.sources if source.watching]
    alone = len(group.sources) == 1 and group.side == "independent"
    if not names or alone:
        return ", ".join(names)
    return f"{safe(group.group, 40)} ({', '.join(names)})"


def _failing(language: Language) -> list[str | tuple[str, str]]:
    """Those that do not watch, by why: "not Euroradio (error: HTTP 403)"."""
    reasons: dict[str, list[str]] = {}
    for group in language.groups:
        for source in group.sources:
            if not source.watching:
                name = safe(source.name, 40)
                of_bloc = group.side != "independent" and group.side != source.name
                named = f"{name} of {safe(group.side, 40)}" if of_bloc else name
                reasons.setdefault(safe(source.why, _WHY), []).append(named)
    return [(f"not {', '.join(names)} ({why})", show.style("partial")) for why, names in reasons.items()]


def _side(side: Side) -> str | tuple[str, str]:
    words = f"{safe(side.side, 40)} {side.watching} of {side.sources} watching"
    if side.required_by:
        words += f" (required by {', '.join(side.required_by)})"
    return words if side.watching else (words, show.style("blind"))


def _joined(parts: list[str | tuple[str, str]], between: str = "; ") -> list[str | tuple[str, str]]:
    joined: list[str | tuple[str, str]] = []
    for part in parts:
        joined += [between, part] if joined else [part]
    return joined


def gaps_line(found: tuple[Watch, ...]) -> Text:
    """One line of what nobody watches; judgements with the same gaps are named together."""
    same: dict[tuple[str, ...], list[str]] = {}
    for watch in found:
        if watch.gaps:
            same.setdefault(watch.gaps, []).append(watch.judgement)
    if not same:
        return show.line(("No gaps", show.style("ok")), ": every language, side and indicator is watched.")
    gaps = [f"{', '.join(names)}: {', '.join(gaps)}" for gaps, names in same.items()]
    return show.line(("Gaps", show.style("blind")), f": {'; '.join(gaps)}.")


# ---------------------------------------------------------------- for programs


def document(watch: Watch) -> dict[str, object]:
    """One judgement's map for --json."""
    return {
        "id": watch.judgement,
        "statement": watch.statement,
        "languages": [
            {
                "language": language.language or None,
                "watching": language.watching,
                "indicators": language.indicators,
                "groups": [
                    {
                        "group": group.group,
                        "side": group.side,
                        "watching": group.watching,
                        "sources": group.sources,
                    }
                    for group in language.groups
                ],
            }
            for language in watch.languages
        ],
        "unread": [{"indicator": name, "languages": codes} for name, codes in watch.unread],
        "sides": watch.sides,
        "gaps": watch.gaps,
    }
