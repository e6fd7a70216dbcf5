"""routes test: who would be told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from iwmon.cli import show
from iwmon.cli.call import Anything, ConfigOption, DatabaseOption, JsonOption, Misuse, called
from iwmon.model import Coverage, Level, Severity

if TYPE_CHECKING:  # start-up: see call.py
    from iwmon.config import Config

app = typer.Typer(help="Who is told what.", no_args_is_help=True, rich_markup_mode=None)

_LABELS = ("alertname", "kind", "severity", "judgement", "indicator", "source", "level")


@app.command("test")
def try_route(
    context: typer.Context,
    labels: Annotated[list[str], typer.Argument(metavar="LABEL=VALUE...", show_default=False)],
    config: ConfigOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say which receivers an alert with these labels would reach, and by which routes.

    Labels are those of alerts: severity (info, watch, warning, critical), judgement, indicator, source,
    level, kind (level_up, first_hit, blind, coverage_recovered, config_error, ...). A judgement is filled
    in from its indicator. Alerts that concern no judgement go to settings.operator, if that is set.

    \b
    Examples:
      iwmon routes test severity=critical indicator=mobilisation
      iwmon routes test kind=blind judgement=kj-2
    """
    call = called(context, config, db, json)
    loaded = call.config(Anything(os.environ))
    given = _read(labels)
    _check(given, loaded)
    given = _complete(given, loaded)
    nodes, operator = _reached(given, loaded)
    receivers = [operator] if operator else list(dict.fromkeys(name for name, _ in nodes))
    if call.json:
        show.emit(
            {
                "labels": given,
                "receivers": receivers,
                "routes": [{"receiver": name, "matchers": matchers} for name, matchers in nodes],
            }
        )
        return
    out = show.console()
    show.say(out, ", ".join(f"{name}={value}" for name, value in given.items()))
    if operator:
        show.say(out, show.line((operator, "bold"), "  settings.operator"), 2)
    for name, matchers in nodes:
        show.say(out, show.line((name, "bold"), f"  {' and '.join(matchers) or 'the first route'}"), 2)


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


def _reached(given: dict[str, str], loaded: Config) -> tuple[list[tuple[str, list[str]]], str]:
    """((receiver, matchers) of each route that takes it, the operator if that goes before them)."""
    from iwmon.alerts.routing import routes  # start-up: see call.py

    if loaded.settings.operator and not given.get("judgement"):
        return [], loaded.settings.operator
    return [
        (node.receiver, [f'{m.label}{m.op}"{m.value}"' for m in node.matchers])
        for node in routes(loaded.route, given)
    ], ""
