"""What `iwmon match` does: one made-up item against every indicator."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import datetime

from iwmon import modality, origins
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Anything, Call, Misuse
from iwmon.config import Config
from iwmon.model import Entry, Item, Match, Source
from iwmon.origins import Voice
from iwmon.pipeline.evidence import spoken, strength

# Who carries the text when no source is named: nobody that the file knows.
SOMEBODY = Source(id="", name="the newsroom", type="feed", url="")


@dataclass(frozen=True, slots=True)
class Given:
    """An item as the options describe it."""

    text: str | None  # "-": it is on standard input
    title: str | None  # None: the first line of the text
    summary: str | None
    language: str | None  # None: every language's query is tried
    source: str  # "": no source that the file knows


def run(call: Call, given: Given, now: datetime) -> None:
    """Match and print. `now`: when the text is said to appear. Raises Misuse: no text, no such source."""
    config, language = call.config(Anything(os.environ)), given.language
    if given.source and given.source not in config.sources:
        raise Misuse(f"no source {given.source}", where="--source", hint="iwmon feeds list shows them")
    item = made_up(given, now)
    found = config.matcher.match(item)
    voice = origins.voice(item, config.sources.get(given.source, SOMEBODY), config.directory)
    if call.json:
        show.emit(
            {
                "title": item.entry.title,
                "language": language,
                "cites": cites(voice),
                "matches": [document(item, match, config) for match in found],
            }
        )
        return
    out = show.console()
    tried = f"language {language}" if language else "no language given: every language's query was tried"
    all_of_them = len(config.indicators)
    verb = "match" if len(found) > 1 else "matches"
    show.say(out, f"{len(found) or 'None'} of {show.count(all_of_them, 'indicator')} {verb} ({tried}).")
    show.say(out, whose(voice))
    for match in found:
        indicator = config.indicators[match.indicator]
        effect = indicator.effect.replace("_", " ")
        out.print()
        show.say(out, show.line((match.indicator, "bold"), f"  {indicator.name}"))
        show.say(out, f"{indicator.judgement.upper()}: {effect}", 2)
        show.say(out, f"in the {match.where} ({match.strength:.1f}): {hits(match)}", 2)
        show.say(out, said(item, match, config), 2)


def said(item: Item, match: Match, config: Config) -> str:
    """What the text says of the thing, by which words, and the strength that is left."""
    how = spoken(item, match, config.indicators[match.indicator])
    factor, left = modality.FACTOR[how.modality], strength(match, how)
    cue = f" by “{safe(how.cue, 40)}”" if how.cue else ""
    product = f"strength {match.strength:.1f} × {factor:.1f} = {left:.2f}"
    return f"{how.modality}{cue} ({factor:.1f}): {product}{'' if left else ': it counts for nothing'}"


def whose(voice: Voice) -> str:
    """Whose word the text is: whom it cites, by which words, on which side."""
    if not voice.origin:
        return "It cites nobody: it is the newsroom's own report."
    return (
        f"It cites {safe(voice.origin, 60)} by “{safe(voice.cue, 60)}”: whose word: {safe(voice.group, 60)}."
    )


def cites(voice: Voice) -> dict[str, object] | None:
    """Whom the text cites, for --json; None: nobody."""
    if not voice.origin:
        return None
    return {"origin": voice.origin, "cue": voice.cue, "group": voice.group, "side": voice.side}


def made_up(given: Given, now: datetime) -> Item:
    """The item that is meant, seen and published `now`. Raises Misuse: no text."""
    text, title, summary = given.text or "", given.title, given.summary
    rest = sys.stdin.read() if text == "-" else text
    if title is None:
        title, _, rest = rest.strip().partition("\n")
    if not title.strip() and not rest.strip() and not summary:
        raise Misuse("there is no text to match", hint='iwmon match "A headline", or - for standard input')
    below = "\n".join(part.strip() for part in (rest, summary or "") if part.strip())
    # A past year is history by how long it is past when the text appears.
    entry = Entry("match", "", title.strip(), summary=below, published=now, language=given.language)
    return Item("match", given.source, entry, now)


def hits(match: Match) -> str:
    """The words that hit, quoted as they stand in the text."""
    return ", ".join(f"“{safe(word, 60)}”" for word in match.words)


def document(item: Item, match: Match, config: Config) -> dict[str, object]:
    """A match for --json. `strength` = `place_weight` × `modality_weight`."""
    indicator = config.indicators[match.indicator]
    how = spoken(item, match, indicator)
    return {
        "indicator": match.indicator,
        "name": indicator.name,
        "judgement": indicator.judgement,
        "effect": indicator.effect,
        "where": match.where,
        "words": match.words,
        "place_weight": match.strength,
        "modality": how.modality,
        "cue": how.cue,
        "modality_weight": modality.FACTOR[how.modality],
        "strength": strength(match, how),
    }
