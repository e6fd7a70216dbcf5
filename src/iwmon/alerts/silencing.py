"""What is not sent although it fires: silences that people set, and alerts that inhibit others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from iwmon.alerts.routing import all_hold
from iwmon.config.labels import doubt, takes
from iwmon.model import Failure, InhibitRule, Severity, Silence


def silenced(labels: Mapping[str, str], silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence in force that covers an alert with these labels; of several, the one that ends last."""
    covering = [one for one in silences if one.begins <= now < one.ends and all_hold(one.matchers, labels)]
    return max(covering, key=lambda one: one.ends, default=None)


def inhibited(
    labels: Mapping[str, str], others: Mapping[str, Mapping[str, str]], rules: Iterable[InhibitRule]
) -> tuple[InhibitRule, str] | None:
    """The rule, and the id of the alert, that keep an alert with these labels from being sent.

    `others` has the labels of all that fires, by id; the alert itself may be among them. A label that is
    missing is the same as an empty one, so labels in `equal` that both lack are equal. An alert that is
    both source and target of a rule is not inhibited by others that are both, nor by itself. Here it differs
    from Alertmanager: alerts that would inhibit each other, be it through others that fire, do not, or nobody
    would be told of any; and none is inhibited by a milder one of its own indicator, as a later word of it.
    """
    known = tuple(rules)
    for rule in known:
        if not all_hold(rule.target_matchers, labels):
            continue
        for identity, other in others.items():
            if _outgrown(other, labels) or not _inhibits(rule, other, labels):
                continue
            if not _leads_to(other, labels, others, known):
                return rule, identity
    return None


def _leads_to(
    goal: Mapping[str, str],
    start: Mapping[str, str],
    others: Mapping[str, Mapping[str, str]],
    rules: Sequence[InhibitRule],
) -> bool:
    """Whether one alert inhibits another, or one that inhibits another..., up to `goal`."""
    waiting, left = [start], None
    for source in waiting:
        own = [rule for rule in rules if all_hold(rule.source_matchers, source)]
        if not own:
            continue
        if any(_inhibits(rule, source, goal) for rule in own):
            return True
        left = dict(others) if left is None else left  # each once: they may lead back to the start
        found = [name for name, one in left.items() if any(_inhibits(rule, source, one) for rule in own)]
        waiting += [left.pop(name) for name in found]
    return False


def _outgrown(earlier: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether both are of one indicator, which is worse now than the earlier one said."""
    own, ranks = labels.get("indicator", ""), [*map(str, Severity)]
    if not own or own != earlier.get("indicator", ""):
        return False
    milder, worse = earlier.get("severity", ""), labels.get("severity", "")
    return milder in ranks and worse in ranks and ranks.index(milder) < ranks.index(worse)


def _inhibits(rule: InhibitRule, source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Whether one alert keeps another from being sent, by one rule."""
    both = all_hold(rule.source_matchers, target) and all_hold(rule.target_matchers, source)
    return (
        not both
        and all_hold(rule.source_matchers, source)
        and all_hold(rule.target_matchers, target)
        and all(target.get(name, "") == source.get(name, "") for name in rule.equal)
    )


def check_silence(silence: Silence) -> None:
    """Raises Failure for a silence that says too little, never holds, or would swallow everything."""
    if not silence.by.strip():
        raise Failure("a silence needs an author", hint="say who asks for it: --by NAME")
    if not silence.comment.strip():
        raise Failure("a silence needs a comment", hint="say why, for whoever wonders at the silence")
    if silence.ends <= silence.begins:
        raise Failure("the silence ends before it begins", hint="give a later end")
    for matcher in silence.matchers:
        doubtful = doubt(matcher)
        if doubtful:
            raise Failure(doubtful[0], hint=doubtful[1])
    if all(takes(matcher, "") for matcher in silence.matchers):
        raise Failure(
            "a silence needs a condition that an empty label does not meet, or it could silence everything",
            hint='name what is to be silent: indicator="mobilisation", or severity=~".+" for all',
        )
