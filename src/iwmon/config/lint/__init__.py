"""`check`: does a configuration without errors also do what its author means?

The Indicators Validator (Heuer & Pherson; method.md §0, and §2 "Diagnosticity check"), by subject:
`statements` (the words of a judgement), `judgements` (can it be settled), `diagnosticity` (do its
indicators tell anything apart), `examples` (do the queries find what they should), `collection` (could
anybody report it), `routes` (is everybody told what they should be).
"""

from __future__ import annotations

from datetime import datetime

from iwmon.config.configuration import Config
from iwmon.config.lint import collection, diagnosticity, examples, judgements, routes, statements
from iwmon.config.problem import Place, Problem, Report
from iwmon.config.reading import Reader, Reading

__all__ = ["check"]


def check(config: Config, now: datetime | None = None) -> list[Problem]:
    """Failed examples (errors) and doubts (warnings, those of the reading too), in file order; then advice.

    Each example is tried as the title of an item of unknown language. Whether a horizon has passed is only
    asked where `now` (UTC) is given.
    """
    report = Report()
    reading = Reader(config.contents.__getitem__, Report()).main(config.files[0])
    for name in config.files:
        report.order.setdefault(name, len(report.order))
    for problem in config.warnings:
        file, line, column = problem.where.rsplit(":", 2)
        report.found.append((Place(file, int(line), int(column)), problem))
    _check_whole(config, reading, report)
    for found in reading.judgements:
        statements.check(found, report)
        judgements.check(config, found, now, report)
        diagnosticity.check_judgement(config, found, report)
    for _, one in reading.indicators:
        examples.check(config, one, report)
        diagnosticity.check_indicator(config, one, report)
        collection.check(config, one, report)
    problems = [problem for _, problem in report.sorted()]
    return sorted(problems, key=lambda problem: problem.severity == "advice")


def _check_whole(config: Config, reading: Reading, report: Report) -> None:
    start = Place(config.files[0], 1, 1)
    if not config.judgements:
        report.warning(start, "there are no judgements: nothing is watched for", "add them under judgements:")
    if not config.sources:
        report.warning(start, "there are no sources: nothing is read", "add them under sources:")
    routes.check(config, reading, report)
