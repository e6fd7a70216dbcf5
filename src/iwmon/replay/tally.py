"""How often each term of each indicator hit in a replay, and in how many reports that people rejected."""

from __future__ import annotations

from collections import Counter

from iwmon.config import Config
from iwmon.model import Review, Step
from iwmon.replay.atoms import atoms, hits
from iwmon.replay.suggest import Words


class Tally:
    """Takes the steps of a replay one by one."""

    def __init__(self, config: Config) -> None:
        self._atoms = atoms(config)
        self._hits: Counter[tuple[str, str]] = Counter()  # (indicator, term) → items
        self._shown: dict[tuple[str, str], tuple[str, ...]] = {}  # (item, indicator) → terms
        self._rejected: set[tuple[str, str]] = set()  # (item, indicator)

    def take(self, step: Step) -> None:
        """One more step. A review is of all indicators that it does not tell apart."""
        for match in step.matches:
            terms = hits(self._atoms, match)
            self._shown[match.item, match.indicator] = terms
            self._hits.update((match.indicator, term) for term in terms)
        for said in step.rulings:
            if isinstance(said, Review) and said.action in ("reject", "confirm", "restore"):
                for key in [k for k in self._shown if k[0] == said.item and said.indicator in ("", k[1])]:
                    (self._rejected.add if said.action == "reject" else self._rejected.discard)(key)

    def words(self) -> Words:
        """Indicator → term → (items that it hit, of them rejected); terms that hit nothing too."""
        rejected: Counter[tuple[str, str]] = Counter()
        for item, indicator in self._rejected:
            rejected.update((indicator, term) for term in self._shown[item, indicator])
        return {
            indicator: {term: (self._hits[indicator, term], rejected[indicator, term]) for term in terms}
            for indicator, terms in self._atoms.items()
        }
