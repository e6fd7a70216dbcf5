"""An alert budget for each judgement and day; what goes over it comes as one digest (method.md §2).

More than 5 alerts of a judgement in a day are not read. The budget holds back deliveries, never alerts:
each is decided, stored and explained as always. What is critical is sent whatever the budget says, and so
is what is more severe than all that was told that day. First reports and denials may take less than half of
it: they must not hide a rise. What concerns iwmon itself (blindness, faults) is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iwmon.alerts import words
from iwmon.alerts.decide import judgement_alert
from iwmon.config import Config
from iwmon.model import Alert, AlertKind, Budget, Severity

COUNTED: frozenset[AlertKind] = frozenset(("level_up", "first_hit", "again", "contested", "review_due"))
_MOST_LINES = 200  # of a digest
_SEVERITIES = tuple(Severity)


def spend(
    raised: Sequence[Alert], budgets: Mapping[str, Budget], config: Config, now: datetime
) -> tuple[list[Alert], list[Alert], dict[str, Budget]]:
    """(the step's alerts, those of them to deliver, the budgets after).

    The alerts are those raised, the most severe first, the last within a budget saying that it is the last;
    then a digest for each judgement whose day with alerts held back is over.
    """
    zone = ZoneInfo(config.settings.timezone)
    today = now.astimezone(zone).date().isoformat()
    over = [one for one in budgets.values() if one.day != today and one.judgement in config.judgements]
    digests = [_digest(one, config, now) for one in over if one.held]
    # That of a judgement which is not configured now is kept: what it held back is told if it returns.
    after = {name: one for name, one in budgets.items() if one not in over}
    alerts, delivered = [], []
    for alert in sorted(raised, key=lambda one: -_SEVERITIES.index(one.severity)):
        sent = alert
        if alert.kind in COUNTED and alert.judgement and alert.severity is not Severity.CRITICAL:
            budget = after.get(alert.judgement, Budget(alert.judgement, today))
            sent, after[alert.judgement] = _within(alert, budget, config, zone, now)
            if after[alert.judgement].held != budget.held:
                alerts.append(sent)
                continue
        alerts.append(sent)
        delivered.append(sent)
    return [*alerts, *digests], [*delivered, *digests], after


def reason(config: Config, at: datetime) -> str:
    """Why an alert that was held back at a moment is not sent by itself, for the ledger."""
    day = at.astimezone(ZoneInfo(config.settings.timezone)).date().isoformat()
    return f"budget: more than {config.settings.alerts_per_day} a day; in the digest of {day}"


def _within(
    alert: Alert, budget: Budget, config: Config, zone: ZoneInfo, now: datetime
) -> tuple[Alert, Budget]:
    """The alert as it goes out or is held, and its judgement's budget with it."""
    limit = config.settings.alerts_per_day
    worse = _SEVERITIES.index(alert.severity) > _SEVERITIES.index(budget.worst)
    minor = alert.severity is Severity.INFO
    if (budget.told >= limit and not worse) or (minor and budget.minor >= max(1, limit // 2)):
        line = f"{words.clock(alert.at, zone, now)}  {alert.title}"
        heaviest = max(alert.severity, budget.heaviest, key=_SEVERITIES.index)
        return alert, replace(budget, held=(*budget.held, line), heaviest=heaviest)
    told = budget.told + 1
    if told == limit:
        midnight = (now.astimezone(zone) + timedelta(days=1)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        more = (
            f"This is alert {told} of {told} for {alert.judgement.upper()} today. What follows comes as one "
            f"digest after {words.clock(midnight, zone, now)}, unless it is worse than these."
        )
        alert = replace(alert, text=f"{alert.text}\n{more}")
    worst = alert.severity if worse else budget.worst
    return alert, replace(budget, told=told, worst=worst, minor=budget.minor + minor)


def _digest(budget: Budget, config: Config, now: datetime) -> Alert:
    """One message for all that was held back on a day."""
    judgement = config.judgements[budget.judgement]
    count = len(budget.held)
    lines = [f"Held back on {budget.day}, beyond the {budget.told} alerts that were sent:"]
    lines += [f"• {line}" for line in budget.held[:_MOST_LINES]]
    if count > _MOST_LINES:
        lines.append(f"• and {count - _MOST_LINES} more")
    lines += ["", f"All of them: iwmon alerts list --judgement {judgement.id}"]
    title = f"DIGEST: {count} more {'alert' if count == 1 else 'alerts'} on {budget.day}"
    why = f"more than {config.settings.alerts_per_day} alerts in a day"
    digest = judgement_alert("digest", judgement, budget.day, title, lines, why, config, now)
    return replace(digest, severity=budget.heaviest)  # so that it goes where what it holds would have gone
