"""indicators.yaml → `Config`: all validation, every error with file:line:column and what to write instead.

The way through: `composing` (bytes → nodes that know their place) → `reading` (nodes → checked
`shape`s, file by file) → `build`, `routing`, `intervals` and `queries` (shapes → the nouns of `iwmon.model`,
references checked). All problems are collected in one `Report` and told together. `lint.check` judges
what is valid but doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iwmon import origins
from iwmon.config import build, build_sources, queries
from iwmon.config.changes import requeried
from iwmon.config.configuration import Change, Config, Heartbeat, Settings
from iwmon.config.editors import keys, schema
from iwmon.config.intervals import time_intervals
from iwmon.config.lint import check
from iwmon.config.notes import noted
from iwmon.config.problem import ConfigError, Problem, Report
from iwmon.config.reading import Found, Reader, Reading
from iwmon.config.routing import Router, receivers
from iwmon.config.shape import File

__all__ = [
    "Change",
    "Config",
    "ConfigError",
    "Heartbeat",
    "Problem",
    "Settings",
    "check",
    "keys",
    "noted",
    "parse",
    "requeried",
    "schema",
]


def parse(name: str, read: Callable[[str], bytes], environ: Mapping[str, str]) -> Config:
    """Read a configuration and all that it includes.

    `read` gives a file's bytes or raises OSError; it is called with `name`, then with the names of
    included files, each put beside the file that names it. `environ` fills in `${NAME}`. Raises
    ConfigError with every error found. Time zones are looked up in the system's database.
    """
    report = Report()
    reading = Reader(read, report).main(name)
    if reading.main is None:
        raise ConfigError(report.problems("error"))
    config = _built(reading, reading.main, environ, report)
    if config is None:
        raise ConfigError(report.problems("error"))
    return config


def _built(reading: Reading, main: Found[File], environ: Mapping[str, str], report: Report) -> Config | None:
    """The configuration, or None when the report has errors."""
    intervals = time_intervals(main, report)
    known = None if main.dropped("time_intervals") else intervals
    targets = receivers(reading, environ, known, report)
    router = Router(reading, main, known, report)
    route = router.build()
    inhibit_rules = router.inhibit_rules()
    settings, zone = build.settings(main, router, environ, report)
    heartbeat = build.heartbeat(main, environ, report)
    sources = [
        build_sources.source(found, settings.poll_interval, environ, report) for found in reading.sources
    ]
    indicators = [build.indicator(found, owner, reading, report) for owner, found in reading.indicators]
    under: dict[str, list[str]] = {}
    for indicator in indicators:
        under.setdefault(indicator.judgement, []).append(indicator.id)
    judgements = [
        build.judgement(found, zone, settings.yardstick, tuple(under.get(found.shape.id, ())), report)
        for found in reading.judgements
    ]
    queries.check_terms(reading, report)
    build_sources.check_citations(reading, report)
    queries.check_sources(reading, report)
    matcher = queries.compiled(reading, {i.id: i.queries for i in indicators}, report)
    if matcher is None:
        return None
    polled = {source.id: source for source in sources if source}
    cited = {found.shape.id: build_sources.origin(found.shape) for found in reading.origins}
    return Config(
        version=main.shape.version,
        settings=settings,
        terms=queries.vocabulary(reading),
        sources=polled,
        origins=cited,
        judgements={judgement.id: judgement for judgement in judgements},
        indicators={indicator.id: indicator for indicator in indicators},
        receivers=targets,
        route=route,
        inhibit_rules=inhibit_rules,
        time_intervals=intervals,
        heartbeat=heartbeat,
        digest=reading.digest,
        matcher=matcher,
        directory=origins.directory(polled.values(), cited.values()),
        files=tuple(reading.contents),
        warnings=report.problems("warning"),
        contents=reading.contents,
        change=build.change(main),
    )
