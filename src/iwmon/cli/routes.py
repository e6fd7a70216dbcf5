"""routes test, routes show: who would be told, and the tree that decides it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from iwmon.cli import show
from iwmon.cli.call import (
    Anything,
    Call,
    ConfigOption,
    DatabaseOption,
    JsonOption,
    Misuse,
    NowOption,
    called,
    moment,
)
from iwmon.model import Coverage, Level, Route, Severity

if TYPE_CHECKING:  # start-up: see call.py
    from iwmon.config import Config

app = typer.Typer(help="Who is told what.", no_args_is_help=True, rich_markup_mode=None)

_LABELS = ("alertname", "kind", "severity", "judgement", "indicator", "source", "level")


@app.command("show")
def draw(
    context: typer.Context,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Draw the route tree: who is told of which alerts, in what groups, how often, and when not.

    An alert goes down to the deepest route whose conditions hold, and stops at the first that takes it
    unless that goes "on to the next". Of groups and times, only what differs from the route above is
    said. Below the tree stand the receivers, and which alerts silence others. Addresses are masked.

    \b
    Examples:
      iwmon routes show
      iwmon routes show --json
    """
    call = called(context, config, db, json)
    loaded = _as_here(call)
    from iwmon.cli import routed  # start-up: see call.py

    if call.json:
        show.emit(
            {
                "route": routed.route_document(loaded.route),
                "receivers": [routed.receiver_document(one) for one in loaded.receivers.values()],
                "operator": loaded.settings.operator or None,
                "inhibit_rules": [routed.inhibition_document(rule) for rule in loaded.inhibit_rules],
                "time_intervals": list(loaded.time_intervals),
            }
        )
        return
    out = show.console()
    out.print(routed.tree(loaded))
    out.print()
    show.say(out, show.line(("Receivers", "bold")))
    show.table(out, routed.receiver_rows(loaded))
    if loaded.inhibit_rules:
        out.print()
        show.say(out, show.line(("Inhibition", "bold")))
        for rule in loaded.inhibit_rules:
            show.say(out, routed.inhibition(rule), 2)


@app.command("test")
def try_route(
    context: typer.Context,
    labels: Annotated[list[str], typer.Argument(metavar="LABEL=VALUE...", show_default=False)],
    now: NowOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say which receivers an alert with these labels would reach, and by which routes.

    Labels are those of alerts: severity (info, watch, warning, critical), judgement, indicator, source,
    level, kind (level_up, first_hit, blind, coverage_recovered, config_error, ...). A judgement is filled
    in from its indicator. Alerts that concern no judgement go to settings.operator, if that is set.

    For each route it also says what the alert would be grouped with, when the group would be told, and
    whether the route is silent at that time, why and until when. A muted route still takes the alert.

    \b
    Examples:
      iwmon routes test severity=critical indicator=mobilisation
      iwmon routes test kind=blind judgement=kj-2
      iwmon routes test severity=watch judgement=kj-2 --now 2026-12-24T23:00+01:00
    """
    call = called(context, config, db, json)
    at = moment(now)
    loaded = call.config(Anything(os.environ))
    given = _read(labels)
    _check(given, loaded)
    given = _complete(given, loaded)
    from iwmon.alerts.routing import routes, targets  # start-up: see call.py
    from iwmon.cli import routed

    nodes = {node.key: node for node in routes(loaded.route, given)}
    found = [(target, nodes.get(target.route)) for target in targets(given, loaded)]
    if call.json:
        show.emit(
            {
                "labels": given,
                "receivers": list(dict.fromkeys(target.receiver for target, _ in found)),
                "routes": [routed.target_document(target, node, loaded, at) for target, node in found],
            }
        )
        return
    out = show.console()
    show.say(out, ", ".join(f"{name}={value}" for name, value in given.items()))
    for target, node in found:
        by = "settings.operator" if node is None else _way(node)
        show.say(out, show.line((target.receiver, "bold"), f"  {by}"), 2)
        for line in routed.target_lines(target, loaded, given.get("severity", ""), at):
            show.say(out, line, 4)


def _as_here(call: Call) -> Config:
    """The configuration with the addresses that it has here; where a secret is not set, without them."""
    from iwmon.config import ConfigError  # start-up: see call.py

    try:
        return call.config()
    except ConfigError:
        return call.config(Anything(os.environ))


def _way(node: Route) -> str:
    from iwmon.cli import routed  # start-up: see call.py

    by = routed.conditions_of(node.matchers) if node.key else "the first route"
    return f"{by}, and on to the next" if node.continue_ else by


def _read(labels: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for label in labels:
        name, equals, value = label.partition("=")
        if not equals or name not in _LABELS:
            hint = f"write LABEL=VALUE, with one of {', '.join(_LABELS)}"
            raise Misuse(f'"{label}" is not a label of an alert', hint=hint)
        given[name] = value.strip('"')
    return given


def _check(given: dict[str, str], loaded: Config) -> None:
    """Raises Misuse for an id that nothing has: the answer would be true and of no use."""
    known: dict[str, Iterable[str]] = {
        "judgement": loaded.judgements,
        "indicator": loaded.indicators,
        "source": loaded.sources,
        "severity": list(Severity),
        "level": [*Level, *Coverage],
    }
    for name, ids in known.items():
        value = given.get(name, "")
        if value and value not in ids:
            near = get_close_matches(value, ids, n=1)
            hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(list(ids)[:12])}"
            raise Misuse(f"there is no {name} {value}", hint=hint)


def _complete(given: dict[str, str], loaded: Config) -> dict[str, str]:
    """Labels that follow from others, as an alert would have them."""
    for one, other in (("alertname", "kind"), ("kind", "alertname")):
        if one in given:
            given.setdefault(other, given[one])
    indicator = loaded.indicators.get(given.get("indicator", ""))
    if indicator:
        given.setdefault("judgement", indicator.judgement)
    return given
