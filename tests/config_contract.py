"""The example of indicators.yaml that the design promises, and ways to change it."""

from __future__ import annotations

from collections.abc import Mapping

from iwmon.config import Config, ConfigError, Problem, parse

NAME = "indicators.yaml"
MARK = "▶"  # in a changed text: where the problem must be

CONTRACT = """\
# yaml-language-server: $schema=./indicators.schema.json
version: 1
settings: {timezone: Europe/Warsaw, yardstick: phia, poll_interval: 10m, retention: 400d}
terms:                                   # shared vocabulary; a list per language
  belarus: {en: [belarus*, belorus*], ru: [беларус*, белорус*], pl: [białoru*]}
sources:
  - id: nashaniva                        # ids never change; names may
    name: Nasha Niva
    type: feed                           # feed (RSS, Atom, RDF, JSON Feed) | gdelt | json | page
    url: https://nashaniva.com/rss
    language: be
    country: BY
    affiliation: independent             # state public party opposition independent official commercial
    publisher: nashaniva                 # independence group: one newsroom, one voice
    controlled_by: null                  # state outlets of one state are one group
    authoritative_for: []                # whose own declarations this source speaks
    reliability: B                       # Admiralty A-F
    poll_interval: 5m
    expect_every: 12h                    # silence longer than this is stale
    allow_private: false                 # true lets this source be on a loopback or private address
judgements:
  - id: kj-2
    statement: Belarus commits regular troops to combat in Ukraine
    kind: event_by                       # event_by | state_at | continues
    probability: realistic possibility
    confidence: moderate
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {criteria: "...", outcome: null}
    alternatives: [...]
    indicators:
      - id: mobilisation
        name: Mobilisation and readiness
        observes: mobilisation, reservist call-up, readiness checks
        type: occurrence                 # occurrence | count | surge | absence
        kind: deed                       # deed | declaration
        effect: strongly_supports        # seven words, to strongly_against
        group: readiness                 # indicators that are not independent of each other
        half_life: 30d
        query:
          en: $belarus NEAR/25 (mobilis* OR mobiliz* OR reservist* OR "combat readiness")
          ru: $belarus NEAR/25 (мобилизац* OR резервист*)
        thresholds: {warning: {activation: 0.55, publishers: 2}}     # optional; defaults are in method.md
        examples: {match: ["..."], no_match: ["..."]}                # run by `iwmon check`
receivers:
  - {id: duty-desk, url: "${IWMON_SLACK_URL}"}
  - {id: analysts, url: "${IWMON_EMAIL_URL}", mode: realtime}        # realtime | daily | twice_daily | weekly
route: {receiver: analysts, group_by: [judgement], group_wait: 30s, group_interval: 5m, repeat_interval: 4h,
        routes: [{matchers: ['severity="critical"'], receiver: duty-desk, continue: true}]}
inhibit_rules: []
time_intervals: []
heartbeat: {url: "${IWMON_HEARTBEAT_URL}", every: 1m}
change: {author: Ana, note: added spellings of Asipovichy}   # kept with the configuration
"""

ENVIRON = {
    "IWMON_SLACK_URL": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "IWMON_EMAIL_URL": "mailtos://iwmon:pass@mail.example?to=duty@example.org",
    "IWMON_HEARTBEAT_URL": "https://beat.example/ping/abc",
}


def changed(old: str, new: str) -> str:
    """The contract with one passage replaced."""
    assert CONTRACT.count(old) == 1, f"{old!r} must stand in the contract once"
    return CONTRACT.replace(old, new)


def read(text: str | bytes, environ: Mapping[str, str] = ENVIRON) -> Config:
    """The Config of one file."""
    content = text.encode() if isinstance(text, str) else text
    return parse(NAME, lambda _: content, environ)


def read_files(files: Mapping[str, str], environ: Mapping[str, str] = ENVIRON) -> Config:
    """The Config of several files, the first of them the main one."""

    def file(name: str) -> bytes:
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory", name)
        return files[name].encode()

    return parse(next(iter(files)), file, environ)


def errors(text: str | bytes, environ: Mapping[str, str] = ENVIRON) -> tuple[Problem, ...]:
    """The errors of one file; () if it has none."""
    try:
        read(text, environ)
    except ConfigError as error:
        return error.problems
    return ()


def marked(text: str, name: str = NAME) -> tuple[str, str]:
    """A text without its mark, and the mark's "file:line:column"."""
    assert text.count(MARK) == 1
    before, after = text.split(MARK)
    lines = before.split("\n")
    return before + after, f"{name}:{len(lines)}:{len(lines[-1]) + 1}"
