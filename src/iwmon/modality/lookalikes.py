"""Words that look like cues and are none: a month, a minister, a school, a forged thing."""

from __future__ import annotations

from iwmon.modality.text import Text

_BEFORE_THE_MONTH = frozenset(
    """
    in of since by until till last early late mid on from this next through before after theresa mrs
    """.split()  # noqa: SIM905
)
_OF_SOLDIERS = ("військ", "маневр", "полігон", "армі", "зсу", "стрільб", "командно", "спільн")


def means_else(text: Text, first: int, end: int, hits: frozenset[int]) -> bool:
    """Whether the words `first` to before `end` are no cue by what stands around them."""
    return (
        _is_name(text, first)
        or _is_schooling(text, first, hits)
        or (end == first + 1 and _is_forged(text, first))
    )


def _is_forged(text: Text, position: int) -> bool:
    """Whether a "fake" belongs to the thing after it (fake jobs), and denies no report."""
    after = position + 1
    return (
        text.words[position] == "fake"
        and after < len(text.words)
        and text.clauses[after] == text.clauses[position]
    )


def _is_schooling(text: Text, position: int, hits: frozenset[int]) -> bool:
    """Whether a Ukrainian "навчання" is a school's: no hit is beside it, and no soldiers are near."""
    if not text.words[position].startswith("навчан") or not hits.isdisjoint((position - 1, position + 1)):
        return False
    sentence = text.sentences[position]
    return not any(
        word.startswith(_OF_SOLDIERS)
        for word, own in zip(text.words, text.sentences, strict=True)
        if own == sentence
    )


def _is_name(text: Text, position: int) -> bool:
    """Whether a "may" is the month or a minister, a "will" a man: by neighbours, or the capital letter."""
    if text.words[position] not in ("may", "will"):
        return False
    before = text.words[position - 1] if position else ""
    after = text.words[position + 1] if position + 1 < len(text.words) else ""
    if text.words[position] == "may" and (
        before[:1].isdigit() or after[:1].isdigit() or before in _BEFORE_THE_MONTH
    ):
        return True
    if position == 0 or text.shouts or text.sentences[position] != text.sentences[position - 1]:
        return False
    return text.spelled[position][0].isupper()
