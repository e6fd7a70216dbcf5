"""The words of a message: plain text that reads well in Slack, in an email and on a terminal.

Nothing that a feed says is trusted here: `safe` and `link` are the only ways for its text to enter
a message. What a service would read as markup or a mention is escaped last, where it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iwmon.config import Config
from iwmon.coverage import View
from iwmon.feedtext import link as link
from iwmon.feedtext import safe as safe
from iwmon.model import (
    GroupWeight,
    Indicator,
    Judgement,
    Level,
    Rematched,
    Signal,
    Story,
    Verdict,
)

TOP = 3
_EFFECT = {
    "strongly_supports": "strongly supports it",
    "supports": "supports it",
    "slightly_supports": "slightly supports it",
    "neutral": "is neutral to it",
    "slightly_against": "speaks slightly against it",
    "against": "speaks against it",
    "strongly_against": "speaks strongly against it",
}


def zone(config: Config) -> ZoneInfo:
    """The time zone that people read."""
    return ZoneInfo(config.settings.timezone)


def clock(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """A time in the user's zone: "10 Oct 14:02 CEST", with the year when it is not this one."""
    local = moment.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M %Z}"


def day(moment: datetime, zone: ZoneInfo) -> str:
    """A date: "15 Jul 2022"."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def subject(judgement: Judgement | None) -> str:
    return f" ({judgement.id.upper()})" if judgement else ""


def judgement_lines(judgement: Judgement, zone: ZoneInfo, now: datetime) -> list[str]:
    """The judgement in the analyst's words, its current term, and how long it has to run."""
    term = judgement.probability or "not set"
    made = f"made {day(judgement.made_on, zone)}"
    if judgement.horizon is None:
        until = "no horizon"
    elif judgement.horizon <= now:
        until = f"horizon ended {day(judgement.horizon, zone)}: review or retire it"
    else:
        left = (judgement.horizon - now).days
        until = f"horizon {day(judgement.horizon, zone)}, {left} days left"
    return [
        f"{judgement.id.upper()}: {safe(judgement.statement)}",
        f"Analyst's term: {safe(term)} ({made}; {until})",
    ]


def level_title(indicator: Indicator, judgement: Judgement, before: Level, after: Level) -> str:
    moved = f"still {after}" if before == after else f"{before} → {after}"
    return f"{after.upper()}: {safe(indicator.name, 80)}, {moved}{subject(judgement)}"


def first_hit_title(indicator: Indicator, judgement: Judgement) -> str:
    return f"FIRST REPORT: {safe(indicator.name, 80)}, still quiet{subject(judgement)}"


def level_text(
    indicator: Indicator,
    judgement: Judgement,
    verdict: Verdict,
    stories: Mapping[str, Story],
    signals: Sequence[Signal],
    *,
    why: str,
    view: View,
    lowers: str,
    unstable: bool,
    assessed: str,
    alert: str,
    config: Config,
    now: datetime,
) -> str:
    """The body of a level alert: what, on whose word, why, coverage, what would lower it, what to do."""
    zone = ZoneInfo(config.settings.timezone)
    absent = indicator.type == "absence"
    lines = [
        *judgement_lines(judgement, zone, now),
        f"This sign {_EFFECT[indicator.effect]}: {safe(indicator.observes or indicator.name)}",
        "",
        silence_line(indicator, config) if absent else whose_word(verdict, stories, signals),
        "",
    ]
    for number, group in enumerate(() if absent else verdict.groups[:TOP], start=1):
        lines += [*item_lines(number, group.signal, zone, now), ""]
    lines += [f"Why: {why}", *beware_lines(verdict, stories, unstable)]
    lines += [f"Coverage: {coverage_line(view, config)}", f"Would lower it: {lowers}"]
    if assessed:
        lines.append(f"{judgement.id.upper()}: {assessed}")
    if indicator.actions:
        lines.append(f"Do: {safe(indicator.actions, 400)}")
    lines += [f"Acknowledge: iwmon alerts ack {alert}", f"Every number: iwmon explain {alert}"]
    return "\n".join(lines)


def whose_word(verdict: Verdict, stories: Mapping[str, Story], signals: Sequence[Signal]) -> str:
    """Independent origins with their reliability grades; reprints counted apart."""
    groups = verdict.groups
    named = [voice(group) for group in groups[:6]]
    more = f" and {len(groups) - 6} more" if len(groups) > 6 else ""
    copies = sum(len(stories[s].items) - 1 for s in {s.story for s in signals} if s in stories)
    reports = len({s.story for s in signals})
    origins = f"{len(groups)} independent {plural(len(groups), 'origin')} ({', '.join(named)}{more})"
    if reports > len(groups):
        origins += f", {reports} reports"
    if copies:
        origins += f"; {copies} {plural(copies, 'reprint')} not counted"
    return f"On whose word: {origins}"


def voice(group: GroupWeight) -> str:
    """ "Nasha Niva B", "General Staff via Ukrinform C"."""
    signal = group.signal
    carried = f"{safe(signal.publisher, 60)} {signal.reliability}"
    return f"{safe(signal.origin, 60)} via {carried}" if signal.origin else carried


def silence_line(indicator: Indicator, config: Config) -> str:
    """What an absence rests on: that nobody reports what is expected."""
    names = [config.indicators[i].name for i in indicator.absence_of if i in config.indicators]
    what = f"nothing under {', '.join(safe(name, 60) for name in names)}" if names else "no such report"
    return f"On whose word: nobody's; {what}, while its sources are watched"


def beware_lines(verdict: Verdict, stories: Mapping[str, Story], unstable: bool) -> list[str]:
    """What a reader should know before believing it; nothing where there is nothing."""
    lines = [f"Beware: {note}" for note in verdict.notes]
    for group in verdict.groups:
        story = stories.get(group.signal.story)
        if story is not None and story.contested:
            halved = "; counted half, since the denier is the accused" if story.halved else ""
            denier = safe(story.denied_by, 60)
            lines.append(
                f"Contested: what {safe(group.signal.publisher, 60)} reports is denied by {denier}{halved}"
            )
    if verdict.uncounted:
        named = ", ".join(voice(group) for group in verdict.uncounted[:3])
        lines.append(f"Not counted as independent, since their newsrooms count already: {named}")
    if unstable:
        lines.append("Unstable: it moved more than 3 times in 7 days, so the higher level is held")
    return lines


def item_lines(number: int, signal: Signal, zone: ZoneInfo, now: datetime) -> list[str]:
    """One item: publisher with grade, time, title, the words that hit, link."""
    if signal.flags & {"history", "ancient"} and signal.published:
        when = f"dated {clock(signal.as_of, zone, now)}"
    else:
        when = f"seen {clock(signal.first_seen, zone, now)}"
    doubts = ", ".join(sorted(signal.flags & {"undated", "future"}))
    citing = f", citing {safe(signal.origin, 60)}" if signal.origin else ""
    spoken = f"; {signal.modality}: “{safe(signal.cue, 40)}”" if signal.modality != "reported" else ""
    words = _distinct(signal.words)
    hit = f"{len(words)} {plural(len(words), 'word')} hit in the {signal.where}: {', '.join(words)}"
    if doubts:
        when = f"{when} ({doubts})"
    lines = [
        f"{number}. {safe(signal.publisher, 60)} ({signal.reliability}){citing}, {when}",
        f"   {safe(signal.title)}",
        f"   {hit}{spoken}",
    ]
    target = link(signal.url)
    return [*lines, f"   {target}"] if target else lines


def _distinct(words: Sequence[str]) -> list[str]:
    """The words that hit, without those that another one says already ("Minsk" beside "to Minsk")."""
    shown = list(dict.fromkeys(safe(word, 40) for word in words))
    return [word for word in shown if not any(word in other for other in shown if other != word)]


def rematch_line(came: Rematched, zone: ZoneInfo, now: datetime) -> str:
    """What an edit of queries did to the board, in a sentence: nobody hears of it otherwise."""
    queries = len(came.indicators)
    older = "; older ones were not looked at" if came.cut else ""
    moved = [f"{change.indicator} {change.before} → {change.after}" for change in came.levels]
    parts = [
        f"{came.made} {plural(came.made, 'report')} found, {came.dropped} taken back",
        ", ".join(moved) if moved else "no level moved",
        *([f"review due: {', '.join(name.upper() for name in came.reviews)}"] if came.reviews else []),
        "nobody was alerted",
    ]
    return (
        f"Re-matched {queries} edited {plural(queries, 'indicator')} over {came.looked:,} items at "
        f"{clock(came.at, zone, now)}{older}: {'; '.join(parts)}"
    )


def coverage_line(view: View, config: Config) -> str:
    """ "9 of 10 sources watching; not: Euroradio (error: HTTP 403)"."""
    if not view.missing:
        return f"{view.reason}"
    named = [f"{safe(config.sources[i].name, 40)} ({safe(why, 80)})" for i, why in view.missing[:3]]
    more = f" and {len(view.missing) - 3} more" if len(view.missing) > 3 else ""
    return f"{view.reason}; not: {', '.join(named)}{more}"


def missing_lines(missing: Mapping[str, str], config: Config) -> list[str]:
    """Sources that do not watch, those with one reason on one line: a phone shows ten."""
    by_reason: dict[str, list[str]] = {}
    for source, why in missing.items():
        by_reason.setdefault(safe(why, 120), []).append(safe(config.sources[source].name, 60))
    lines = []
    for why, names in by_reason.items():
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        lines.append(f"• {', '.join(names[:8])}{more}: {why}")
    return lines


def lowers_line(
    indicator: Indicator, level: Level, falls: datetime | None, config: Config, now: datetime
) -> str:
    """What would bring the level down."""
    if indicator.type == "absence":
        return "the next report of it ends the silence"
    if falls is None:
        return "nothing by itself: this evidence holds until it is reversed or rejected"
    zone = ZoneInfo(config.settings.timezone)
    hold = indicator.hold / timedelta(days=1)
    held = f"{hold:g} {plural(hold, 'day')}"
    return (
        f"no further report: too little is left for {level} from about {clock(falls, zone, now)}, "
        f"and it falls when that lasts {held}"
    )


def plural(count: float, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
