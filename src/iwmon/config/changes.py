"""Two configurations → whose matches differ: what need not be matched again is known to be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iwmon import query
from iwmon.config.configuration import Config
from iwmon.model import Indicator


def requeried(old: Config, new: Config) -> frozenset[str]:
    """The indicators of `new` that may match other items than in `old`: new ones, and edited queries.

    A query is edited when its text is, or a termset that it names; the order of a termset tells nothing.
    """
    same_terms = old.terms == new.terms
    return frozenset(
        name
        for name, indicator in new.indicators.items()
        if name not in old.indicators
        or indicator.queries != old.indicators[name].queries
        or not (same_terms or _named(old, indicator) == _named(new, indicator))
    )


def _named(config: Config, indicator: Indicator) -> object:
    """The termsets, as a configuration has them, that an indicator's queries name."""
    return {
        language: _terms(config.terms, query.parse(text).termsets)
        for language, text in indicator.queries.items()
    }


def _terms(terms: Mapping[str, Mapping[str, Sequence[str]]], names: frozenset[str]) -> object:
    return {name: {code: frozenset(some) for code, some in terms[name].items()} for name in names}
