"""What `iwmon match` does: one made-up item against every indicator."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Anything, Call, Misuse
from iwmon.config import Config
from iwmon.model import Entry, Item, Match


def run(
    call: Call, text: str | None, title: str | None, summary: str | None, language: str | None, source: str
) -> None:
    """Match and print. Raises Misuse when there is no text, or no such source."""
    config = call.config(Anything(os.environ))
    if source and source not in config.sources:
        raise Misuse(f"no source {source}", where="--source", hint="iwmon feeds list shows them")
    item = made_up(text, title, summary, language, source)
    found = config.matcher.match(item)
    if call.json:
        show.emit(
            {"title": item.entry.title, "language": language, "matches": [document(m, config) for m in found]}
        )
        return
    out = show.console()
    tried = f"language {language}" if language else "no language given: every language's query was tried"
    all_of_them = len(config.indicators)
    if not found:
        show.say(out, f"None of {show.count(all_of_them, 'indicator')} matches ({tried}).")
        return
    verb = "matches" if len(found) == 1 else "match"
    show.say(out, f"{len(found)} of {show.count(all_of_them, 'indicator')} {verb} ({tried}).")
    for match in found:
        indicator = config.indicators[match.indicator]
        effect = indicator.effect.replace("_", " ")
        out.print()
        show.say(out, show.line((match.indicator, "bold"), f"  {indicator.name}"))
        show.say(out, f"{indicator.judgement.upper()}: {effect}", 2)
        show.say(out, f"in the {match.where} (strength {match.strength:.1f}): {hits(match)}", 2)


def made_up(
    text: str | None, title: str | None, summary: str | None, language: str | None, source: str
) -> Item:
    """The item that the options describe."""
    given = sys.stdin.read() if text == "-" else text or ""
    if title is None:
        title, _, rest = given.strip().partition("\n")
    else:
        rest = given
    if not title.strip() and not rest.strip() and not summary:
        raise Misuse("there is no text to match", hint='iwmon match "A headline", or - for standard input')
    below = "\n".join(part.strip() for part in (rest, summary or "") if part.strip())
    entry = Entry("match", "", title.strip(), summary=below, language=language)
    return Item("match", source, entry, datetime.fromtimestamp(0, UTC))


def hits(match: Match) -> str:
    """The words that hit, quoted as they stand in the text."""
    return ", ".join(f"“{safe(word, 60)}”" for word in match.words)


def document(match: Match, config: Config) -> dict[str, object]:
    """A match for --json."""
    indicator = config.indicators[match.indicator]
    return {
        "indicator": match.indicator,
        "name": indicator.name,
        "judgement": indicator.judgement,
        "effect": indicator.effect,
        "where": match.where,
        "words": match.words,
        "strength": match.strength,
    }
