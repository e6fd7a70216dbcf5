"""The words of probability that an analyst may use (method.md §0): PHIA's and ICD 203's."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    "phia": (
        "remote chance",
        "highly unlikely",
        "unlikely",
        "realistic possibility",
        "likely",
        "probable",
        "likely or probable",
        "highly likely",
        "almost certain",
    ),
    "icd203": (
        "almost no chance",
        "remote",
        "very unlikely",
        "highly improbable",
        "unlikely",
        "improbable",
        "roughly even chance",
        "roughly even odds",
        "likely",
        "probable",
        "very likely",
        "highly probable",
        "almost certain",
        "nearly certain",
    ),
}
# Words in use that are not the yardstick's own, and what it says for them
ALIASES = {"phia": {"realistic probability": "realistic possibility"}, "icd203": {}}
TITLES = {"phia": "PHIA", "icd203": "ICD 203"}


def plain(term: str) -> str:
    """A term as it is compared: small letters, single blanks, no article."""
    return " ".join(term.casefold().split()).removeprefix("a ").removeprefix("an ")
