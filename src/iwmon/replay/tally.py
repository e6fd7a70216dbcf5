"""How often each term of each indicator hit in a replay, and in how many reports that people rejected."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from iwmon.config import Config
from iwmon.model import Review, Step
from iwmon.query.terms import primary_language
from iwmon.replay.atoms import hits, languages
from iwmon.replay.suggest import Heard, Words

REMEMBERED = 100_000  # items: some 50 MB


@dataclass(slots=True)
class _Shown:
    """What an item matched."""

    terms: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by indicator
    rejected: frozenset[str] = frozenset()  # indicators


class Tally:
    """Takes the steps of a replay one by one.

    Its memory is bounded: hits are only counted, and what an item showed, which a review of it asks for, is
    kept of the last 100,000 items that matched. What was said of an older one by then holds; a review that
    comes later than that is not counted.
    """

    def __init__(self, config: Config, remembered: int = REMEMBERED) -> None:
        """`remembered`: of how many items a review is still counted."""
        self._languages = languages(config)
        self._atoms = {name: tuple(terms) for name, terms in self._languages.items()}
        self._heard: Counter[tuple[str, str]] = Counter()  # (indicator, language) → items
        self._remembered = remembered
        self._hits: Counter[tuple[str, str]] = Counter()  # (indicator, term) → items
        self._shown: OrderedDict[str, _Shown] = OrderedDict()  # by item, as they came
        self._settled: Counter[tuple[str, str]] = Counter()  # (indicator, term) → forgotten items, rejected

    def take(self, step: Step) -> None:
        """One more step. A review is of all indicators that it does not tell apart."""
        spoken = {item.id: item.language for reading in step.readings for item in reading.items}
        for match in step.matches:
            terms = hits(self._atoms, match)
            own = self._language(match.indicator, spoken.get(match.item), terms)
            self._heard.update((match.indicator, language) for language in own)
            self._shown.setdefault(match.item, _Shown()).terms[match.indicator] = terms
            self._hits.update((match.indicator, term) for term in terms)
        for said in step.rulings:
            if isinstance(said, Review) and said.action in ("reject", "confirm", "restore"):
                self._reviewed(said)
        while len(self._shown) > self._remembered:
            self._settled.update(_rejected(self._shown.popitem(last=False)[1]))

    def _language(self, indicator: str, said: str | None, terms: Iterable[str]) -> Iterable[str]:
        """The language of a match's item; where nobody knows it, the one that has most of what hit."""
        if said:
            return (primary_language(said),)
        shown = Counter(one for term in terms for one in self._languages[indicator][term])
        most = max(shown.values(), default=0)
        return [language for language, number in shown.items() if number == most]

    def heard(self) -> Heard:
        """Indicator → language → how many items in it matched."""
        found: dict[str, dict[str, int]] = {name: {} for name in self._atoms}
        for (indicator, language), number in self._heard.items():
            found.setdefault(indicator, {})[language] = number
        return found

    def _reviewed(self, said: Review) -> None:
        shown = self._shown.get(said.item)
        if shown is None:
            return
        meant = frozenset(name for name in shown.terms if said.indicator in ("", name))
        if said.action == "reject":
            shown.rejected |= meant
        else:
            shown.rejected -= meant

    def words(self) -> Words:
        """Indicator → term → (items that it hit, of them rejected); terms that hit nothing too."""
        rejected = self._settled.copy()
        for shown in self._shown.values():
            rejected.update(_rejected(shown))
        return {
            indicator: {term: (self._hits[indicator, term], rejected[indicator, term]) for term in terms}
            for indicator, terms in self._atoms.items()
        }


def _rejected(shown: _Shown) -> list[tuple[str, str]]:
    """(Indicator, term) of what was rejected."""
    return [(name, term) for name in shown.rejected for term in shown.terms[name]]
