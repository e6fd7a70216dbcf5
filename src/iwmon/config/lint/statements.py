"""The words of a statement: only a plain outcome can be settled (method.md §2, "Lint on statements").

The words are English ones; a statement in another language has none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from iwmon.config import shape
from iwmon.config.problem import Report, shown
from iwmon.config.reading import Found
from iwmon.yardsticks import ALIASES, WORDS


def _any(words: Iterable[str], flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Any of these as whole words, the longest first; a blank stands for any blanks."""
    longest = sorted(words, key=len, reverse=True)
    spelled = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest)
    return re.compile(rf"(?<!\w)(?:{spelled})(?!\w)", flags)


_CAUSES = _any(
    (
        *("will drive", "will cause", "will lead to", "will force", "will push", "will prompt", "which will"),
        *("because", "due to", "owing to", "thanks to", "as a result", "as a consequence", "driven by"),
        *("caused by", "lead to", "leads to", "leading to", "resulting in", "in response to"),
        *("so that", "in order to"),
    )
)
_VAGUE = _any(
    (
        *("perhaps", "maybe", "possibly", "potentially", "conceivably", "arguably", "presumably", "could"),
        *("some", "somewhat", "cannot be ruled out", "can't be ruled out", "cannot be excluded"),
    )
)
# In small letters only, for the month; and not where it is a force: "the military might of Russia"
_VAGUE_VERB = re.compile(r"(?<!\w)(?:may|(?<!the )(?<!its )(?<!military )(?<!air )(?<!naval )might)(?!\w)")
# "remote" alone is a word of ICD 203, and of villages
_LIKELIHOODS = _any(
    {word for words in WORDS.values() for word in words} - {"remote"}
    | {word for words in ALIASES.values() for word in words}
    | {"probably", "improbably", "almost certainly", "nearly certainly", "in all likelihood"}
)
_CONFIDENCE = re.compile(
    r"(?<!\w)(?:(?:high|moderate|medium|low)\s+confidence|(?:highly|moderately|fully)\s+confident)(?!\w)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.!?;]|[.!?;](?!\s))+")  # a point inside a number or an abbreviation ends none


def check(found: Found[shape.Judgement], report: Report) -> None:
    """Doubt the words that make a statement impossible to settle, each where it stands."""
    text = found.shape.statement
    for hit in _CAUSES.finditer(text):
        wrong = f"statement: {shown(hit[0])} ties the outcome to a cause: only the outcome can be settled"
        _doubt(
            found, hit.start(), wrong, "state the outcome alone; the reason belongs in your report", report
        )
    for hit in _vague(text):
        wrong = f"statement: {shown(hit[0])} leaves a way out: the statement could never be wrong"
        hint = "say what will happen, and how much of it; how likely it is belongs in probability:"
        _doubt(found, hit.start(), wrong, hint, report)
    for hit in _LIKELIHOODS.finditer(text):
        wrong = f"statement: {shown(hit[0])} is a likelihood: inside the statement nothing can work with it"
        _doubt(
            found, hit.start(), wrong, "state the outcome alone, and write the word in probability:", report
        )
    for hit in _mixed(text):
        wrong = f"statement: {shown(hit[0])} and a likelihood in one sentence: readers take one for the other"
        _doubt(found, hit.start(), wrong, "write them apart, in confidence: and in probability:", report)


def _doubt(found: Found[shape.Judgement], offset: int, wrong: str, hint: str, report: Report) -> None:
    report.warning(found.document.within((*found.path, "statement"), offset), wrong, hint)


def _vague(text: str) -> Iterator[re.Match[str]]:
    yield from _VAGUE.finditer(text)
    yield from _VAGUE_VERB.finditer(text)


def _mixed(text: str) -> Iterator[re.Match[str]]:
    """Confidence levels in a sentence that has a likelihood, too (ICD 203 forbids it)."""
    for sentence in _SENTENCE.finditer(text):
        if _LIKELIHOODS.search(text, *sentence.span()):
            yield from _CONFIDENCE.finditer(text, *sentence.span())
