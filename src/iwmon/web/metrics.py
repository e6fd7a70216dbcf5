"""Prometheus metrics: what an operator's monitoring asks of iwmon."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from iwmon.config import Config
from iwmon.coverage import feed_state, standings
from iwmon.model import Coverage, Memory, Step

_COVERAGE = {Coverage.OK: 1.0, Coverage.PARTIAL: 0.5, Coverage.WARMING_UP: 0.25, Coverage.BLIND: 0.0}


class Metrics:
    """All metrics of one daemon, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._shown = ""  # digest of the configuration whose gauges these are
        self.polls = Counter(
            "iwmon_polls", "Polls by source and outcome.", ["source", "state"], registry=registry
        )
        self.items = Counter("iwmon_items", "New items by source.", ["source"], registry=registry)
        self.matches = Counter("iwmon_matches", "Matches by indicator.", ["indicator"], registry=registry)
        self.alerts = Counter(
            "iwmon_alerts", "Alerts raised.", ["kind", "severity", "judgement"], registry=registry
        )
        self.steps = Counter("iwmon_steps", "Steps committed.", registry=registry)
        self.failures = Counter(
            "iwmon_commit_failures", "Steps that could not be committed.", registry=registry
        )
        self.sent = Counter("iwmon_notifications", "Alerts accepted by their receivers.", registry=registry)
        self.failed = Counter(
            "iwmon_notifications_failed", "Attempts that were not accepted.", ["reason"], registry=registry
        )
        self.suppressed = Counter(
            "iwmon_notifications_suppressed",
            "Messages held back or not sent, by why.",
            ["reason"],
            registry=registry,
        )
        self.level = Gauge(
            "iwmon_indicator_level", "0 quiet … 3 critical.", ["judgement", "indicator"], registry=registry
        )
        self.activation = Gauge(
            "iwmon_indicator_activation", "Evidence in [0, 1].", ["judgement", "indicator"], registry=registry
        )
        self.coverage = Gauge(
            "iwmon_indicator_coverage",
            "1 ok, 0.5 partial, 0.25 warming up, 0 blind.",
            ["judgement", "indicator"],
            registry=registry,
        )
        self.watching = Gauge(
            "iwmon_source_watching",
            "1 when the source can be relied on.",
            ["source", "state"],
            registry=registry,
        )
        self.last_step = Gauge("iwmon_last_step_timestamp_seconds", "Last committed step.", registry=registry)
        self.deliveries = Gauge("iwmon_deliveries", "Deliveries by state.", ["state"], registry=registry)
        self.reload = Gauge(
            "iwmon_config_last_reload_successful", "1 when the file on disk is in force.", registry=registry
        )

    def step(self, config: Config, step: Step) -> None:
        """Count what one committed step did."""
        self.steps.inc()
        self.last_step.set(step.at.timestamp())
        for reading in step.readings:
            self.polls.labels(reading.source, reading.state).inc()
            self.items.labels(reading.source).inc(len(reading.items))
        for match in step.matches:
            self.matches.labels(match.indicator).inc()
        for alert in step.alerts:
            self.alerts.labels(alert.kind, alert.severity, alert.judgement).inc()
        over_budget = sum(1 for delivery in step.deliveries if delivery.state == "suppressed")
        if over_budget:
            self.suppressed.labels("budget").inc(over_budget)
        self._gauges(config, step.memory, step)

    def _gauges(self, config: Config, memory: Memory, step: Step) -> None:
        if config.digest != self._shown:  # what is no longer configured must not stand there for ever
            for gauge in (self.level, self.activation, self.coverage):
                gauge.clear()
            self._shown = config.digest
        for indicator in config.indicators.values():
            state = memory.states[indicator.id]
            labels = (indicator.judgement, indicator.id)
            self.level.labels(*labels).set(state.level.rank)
            self.activation.labels(*labels).set(round(state.activation, 4))
            self.coverage.labels(*labels).set(_COVERAGE[state.coverage])
        if step.readings:
            self.watching.clear()
            for name, standing in standings(config.sources.values(), memory.health, step.at).items():
                shown = feed_state(config.sources[name], memory.health.get(name), step.at)
                self.watching.labels(name, shown).set(standing.watching)

    def render(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self.registry)
