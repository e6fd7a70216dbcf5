"""Whom a text cites: a cue near a name, a credit, a document (see `cues`, `names`, `documents`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from iwmon.origins import cues, documents
from iwmon.origins.names import Cited, Names, Token, unknown
from iwmon.query import fold

REACH = 4  # words after "according to" in which the name begins
NEAR = 3  # words that may stand between a verb and its name
PUBLISHER_REACH = 7  # words after a letter in which "published by" begins
TITLES = 4  # words that may stand before the name whose view a title tells: "Belarusian President Alexander"
OPENS = 8  # words of a title in which such a name begins
MANY = 8  # citations of a text, after which reading stops
MOST = 1_000  # characters that are read of a title or summary: whom a report cites stands early in it

_WORD = re.compile(r"[^\W_](?:[^\W_]+|[\u0300-\u036f\u00ad])*")
_MARK = re.compile(r"[(/\[©]|[—–|-]\s|:\s|\A[^\W_]+(?: [^\W_]+)?(?:,| [—–-])")  # of a credit
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_BREAK = re.compile(r"[;!?,:…|\n\x00—–]|\.(?:\s|\Z)|\s-\s")
_QUOTES = {"«": "»", "“": "”", "„": "”“", '"': '"', "”": "”"}


@dataclass(frozen=True, slots=True)
class Citation:
    """Who is cited, by which words of the text; `at` is the number of the first of them."""

    cited: Cited
    cue: str
    at: int
    denial: bool = False


def citations(text: str, names: Names, title: bool) -> list[Citation]:
    """All that a title or summary cites, in reading order. Never raises."""
    text = text[:MOST].replace("_", " ")
    if "://" in text or "www." in text.lower():
        text = _ADDRESS.sub("\x00", text)
    if not _MARK.search(text) and not any(map(_is_cue, _WORD.findall(text))):
        return []
    reader = _Reader(text, _tokens(text), names, title)
    return sorted(islice(reader.read(), MANY), key=lambda found: found.at)


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    before = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        printed = match[0]
        found.append(Token(_folded(printed), printed, text[before:start], start, end))
        before = end
    return found


@lru_cache(maxsize=1 << 16)
def _folded(printed: str) -> str:
    return fold(printed) or printed


def _by_first(phrases: frozenset[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(phrases, key=lambda p: (-len(p), p)):
        found.setdefault(phrase[0], []).append(phrase)
    return found


_BEFORE_NAME = _by_first(cues.BEFORE_NAME)
_HOLDS = _by_first(cues.HOLDS)
_WANTS = _by_first(cues.WANTS)
_NOUN_3 = frozenset(stem[:3] for stems in documents.NOUNS.values() for stem in stems)
_TELEGRAM_3 = frozenset(stem[:3] for stem in documents.TELEGRAM)


@lru_cache(maxsize=1 << 16)
def _is_cue(printed: str) -> bool:
    """Whether a word may be, or begin, a cue or a document."""
    word = _folded(printed)
    return (
        word in _BEFORE_NAME
        or word in cues.VERBS
        or word in cues.HOLDING
        or word in cues.AFTER_NAME
        or printed.lower() in cues.AS_PRINTED
        or word[:3] in _NOUN_3
        or word[:3] in _TELEGRAM_3
    )


@dataclass(slots=True)
class _Reader:
    """One pass over a text's words."""

    text: str
    tokens: Sequence[Token]
    names: Names
    title: bool

    def read(self) -> Iterator[Citation]:
        yield from self._lead()
        for i, token in enumerate(self.tokens):
            if token.gap != " ":
                yield from self._found(self._credit(i))
            if not _is_cue(token.printed):
                continue
            word = token.word
            if word in _BEFORE_NAME:
                yield from self._found(self._after_preposition(i))
            if word in cues.VERBS or token.printed.lower() in cues.AS_PRINTED:
                yield from self._found(self._beside_verb(i))
            if self.title and word in cues.HOLDING:
                yield from self._found(self._holder(i))
            if word in cues.AFTER_NAME:
                yield from self._found(self._before(i, denial=False))
            start = word[:3]
            if start in _NOUN_3:
                yield from self._found(self._document(i))
            if start in _TELEGRAM_3:
                yield from self._found(self._channel(i))

    @staticmethod
    def _found(citation: Citation | None) -> Iterator[Citation]:
        if citation:
            yield citation

    # ------------------------------------------------------------ places in the text

    def _breaks(self, i: int) -> bool:
        """Whether the sentence or clause ends before token `i`."""
        return i >= len(self.tokens) or bool(_BREAK.search(self.tokens[i].gap))

    def _word(self, i: int) -> str:
        return self.tokens[i].word if 0 <= i < len(self.tokens) else ""

    def _shown(self, start: int, end: int) -> str:
        """Tokens `start` to before `end` as printed."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]

    def _cite(self, cited: Cited, start: int, end: int, denial: bool = False) -> Citation:
        return Citation(cited, self._shown(start, end), start, denial)

    # ------------------------------------------------------------ cues

    def _after_preposition(self, i: int) -> Citation | None:
        for phrase in _BEFORE_NAME[self.tokens[i].word]:
            end = i + len(phrase)
            if tuple(t.word for t in self.tokens[i:end]) == phrase:
                return self._name_within(i, end)
        return None

    def _name_within(self, cue: int, start: int) -> Citation | None:
        """A name that begins within REACH words from `start`, known ones first."""
        stop = start
        while stop < min(start + REACH, len(self.tokens)) and not self._breaks(stop):
            stop += 1
        for j in range(start, stop):
            if known := self.names.at(self.tokens, j):
                return self._cite(known[1], cue, known[0])
        for j in range(start, stop):
            if kind := self._noun(j):
                return self._document_of(kind, cue, j)
            if channel := self._channel(j):
                return channel
        for j in range(start, stop):
            if end := self._unknown_name(j):
                # "the president of the USA" is no word of the USA: a place takes along what stands before it.
                first = start if self.tokens[j].word.startswith(cues.PLACES) else j
                return self._cite(unknown(self._shown(first, end)), cue, end)
        return None

    def _beside_verb(self, i: int) -> Citation | None:
        word = self.tokens[i].word
        if word in cues.ACCUSES and self._word(i + 1) in cues.OF:
            return None
        denial = word in cues.DENIES
        return (
            self._before(i, denial)
            or self._after(i, denial)
            or self._says_document(i)
            or self._site_beside(i)
        )

    def _before(self, i: int, denial: bool, colon: bool = False) -> Citation | None:
        """A name that ends directly before the verb, or with nothing but "also", "agency"... between."""
        for j in range(i - 1, max(-1, i - NEAR - 4), -1):
            if (j + 1 < i or not colon) and self._breaks(j + 1):
                return None
            for first in range(max(0, j - 3), j + 1):
                known = self.names.at(self.tokens, first)
                if (
                    known
                    and known[0] == j + 1
                    and self._speaks(j + 1, i, known[1])
                    and not self._inside(first)
                ):
                    return self._cite(known[1], first, i if colon else i + 1, denial)
            word = self.tokens[j].word
            if word not in cues.FILLERS and not word.startswith(cues.PLACES):
                return None
        return None

    def _speaks(self, end: int, verb: int, who: Cited) -> bool:
        """Whether a name that ends before `end` may speak: neither "of" nor "to" nor "with" by its form."""
        word = self._word(end - 1)
        if self._word(end) == "s":
            return False
        if who.newsroom or word.isascii() or word.startswith(cues.PLACES):
            return word.isascii() or not word.endswith(cues.OBLIQUE)
        if word.endswith(cues.INDECLINABLE) and self._word(verb).endswith(cues.MANY_SPEAK):
            return False  # "Лукашенко рассказали": to him
        she = self._word(verb).endswith("ла")
        return not word.endswith(cues.OBLIQUE) and (she or not word.endswith(cues.OF_HIM))

    def _holder(self, i: int) -> Citation | None:
        """A declared speaker who wants, expects, calls for: the subject of a title's first words."""
        wants = not self._phrase(_HOLDS, i)
        if wants and (not self._phrase(_WANTS, i) or self._word(i + 1) == "to"):
            return None
        found = self._before(i, denial=False)
        if (
            found is None
            or found.cited.newsroom
            or found.at >= OPENS
            or self._word(i - 1).endswith(cues.BEFALLEN)
            or self._is_deed(i)
            or not self._heads(found.at, alone=wants)
            or self._told_by_another(i)
        ):
            return None
        return found

    def _is_deed(self, i: int) -> bool:
        """Whether the verb at token `i` is something done: "dismisses a minister", "призвал резервистов"."""
        behind: list[str] = []
        for j in range(i + 1, min(i + 2 + NEAR, len(self.tokens))):
            if self._breaks(j):
                break
            behind.append(self._word(j))
        verb = self._word(i)
        if verb in cues.DISMISSES:
            return not any(word.startswith(cues.DISMISSED) for word in behind)
        if verb in cues.SUMMONS:
            return any(word.startswith(cues.SUMMONED) for word in behind)
        if verb in cues.EXCLUDES and not cues.OUT_OF.isdisjoint(behind):
            return not any(word.startswith(cues.POSSIBLE) for word in behind)
        return False

    def _phrase(self, listed: Mapping[str, list[tuple[str, ...]]], i: int) -> bool:
        """Whether one of the phrases stands at token `i`."""
        return any(
            tuple(token.word for token in self.tokens[i : i + len(phrase)]) == phrase
            for phrase in listed.get(self.tokens[i].word, ())
        )

    def _heads(self, name: int, alone: bool) -> bool:
        """Whether the clause of a name at token `name` is the report itself, only titles before the name.

        `alone`: whether only the very beginning of the text will do. What stands in quotation marks, or
        behind the colon of another, is that other's.
        """
        start = name
        while start > 0 and not self._breaks(start):
            start -= 1
        if name - start > TITLES or any(mark in self.tokens[name].gap for mark in _QUOTES):
            return False
        before = [self._word(j) for j in range(start, name)]
        if not cues.NOT_THE_REPORT.isdisjoint(before):
            return False
        if start == 0:
            return not self.text[: self.tokens[0].start].strip()
        gap = self.tokens[start].gap
        if alone or any(mark in gap for mark in _QUOTES) or "?" in gap:
            return False
        heading = [self._word(j) for j in range(start)]
        headings = (*cues.HEADINGS, *cues.PLACES)
        return not gap.lstrip().startswith(":") or any(word.startswith(headings) for word in heading)

    def _told_by_another(self, i: int) -> bool:
        """Whether a verb of saying behind token `i` has its own subject: "Putin wants X, expert says"."""
        for j in range(i + 1, len(self.tokens)):
            if self._phrase(_BEFORE_NAME, j):
                return True
            if self.tokens[j].word not in cues.VERBS or self._word(j - 1) in cues.BEFORE_NOUN:
                continue
            if not self._breaks(j) and self._word(j - 1) not in cues.AND:
                return True
            if len(self.tokens) - j <= NEAR + 1:
                return True
        return False

    def _inside(self, first: int) -> bool:
        """Whether the name is governed by the word before: "talks with Putin announced"."""
        before = self._word(first - 1)
        governs = before in cues.NOT_THE_SPEAKER or before.startswith(cues.OPPONENTS_OF)
        return governs and not self._breaks(first)

    def _after(self, i: int, denial: bool) -> Citation | None:
        """A name after the verb: ", said X", "сообщает X", "told X"."""
        word = self.tokens[i].word
        fresh = i == 0 or self._breaks(i) or '"' in self.tokens[i].gap or "»" in self.tokens[i].gap
        if not fresh and word in cues.ENGLISH and word not in ("told", "tells"):
            return None
        if not fresh and self._word(i - 1) in cues.PRONOUNS and word not in ("told", "tells"):
            return None
        between = 0
        for j in range(i + 1, len(self.tokens)):
            here = self.tokens[j].word
            if between > NEAR:
                return None
            between += here not in cues.FILLERS
            if self._breaks(j) or here in cues.NOT_THE_SPEAKER or here in cues.VERBS:
                return None
            if here in cues.SPOKESMEN and self._word(j - 1) in cues.SPOKESMEN:
                return None
            known = self.names.at(self.tokens, j)
            if (
                known
                and self._speaks(known[0], i, known[1])
                and (known[1].newsroom or word not in ("told", "tells"))
            ):
                return self._cite(known[1], i, known[0], denial)
        return None

    def _site_beside(self, i: int) -> Citation | None:
        """A site or a quoted title right beside a verb of reporting: "tut.by reports", "пишет «Правда»"."""
        if self.tokens[i].word not in cues.REPORTS:
            return None
        if i + 1 < len(self.tokens) and not self._breaks(i + 1):
            end = self._site(i + 1) or self._quoted(i + 1)
            if end:
                return self._cite(unknown(self._shown(i + 1, end)), i, end)
        for first in range(max(0, i - 3), i):
            if self._site(first) == i and not self._breaks(i):
                return self._cite(unknown(self._shown(first, i)), first, i + 1)
        return None

    # ------------------------------------------------------------ credits

    def _lead(self) -> Iterator[Citation]:
        """ "ISW: ...", "МИД Беларуси: ...": the name that a text begins with, before a colon."""
        for colon in range(1, min(7, len(self.tokens))):
            gap = self.tokens[colon].gap
            if gap.lstrip('"»”').startswith(":"):
                found = self._before(colon, denial=False, colon=True)
                if found and found.at <= NEAR and not self._broken(0, colon):
                    yield Citation(found.cited, f"{found.cue}:", found.at)
                return

    def _broken(self, start: int, end: int) -> bool:
        return any(self._breaks(j) for j in range(start + 1, end))

    def _credit(self, i: int) -> Citation | None:
        """An agency's mark: "(Reuters)", "/PAP/", "© AFP", "— РИА Новости", "ТАСС," at the start."""
        known = self.names.at(self.tokens, i)
        if not known or not known[1].newsroom or not self._marked(i, known[0]):
            return None
        return self._cite(known[1], i, known[0])

    def _marked(self, i: int, end: int) -> bool:
        if self.tokens[i].gap.endswith("/ "):  # "Photo: A. Photographer / Reuters / Forum"
            return False
        before = self.tokens[i].gap.rstrip(" \"«“'")
        tail = self.tokens[end].gap if end < len(self.tokens) else self.text[self.tokens[end - 1].end :]
        after = tail.lstrip(" \"»”'")
        if i and self._word(i - 1) in cues.PHOTOS:
            return False
        last = end >= len(self.tokens)
        closed = (before[-1:], after[:1])
        if closed in (("(", ")"), ("/", "/"), ("[", "]")) or before.endswith("©"):
            return True
        if i and before[-1:] in ("—", "–", "-", "|") and self.tokens[i].gap[:1].isspace():
            return last or (not self.title and after[:1] in (".", ","))
        return i == 0 and not self.title and not last and after[:1] in (",", "—", "–", "-") and tail != "-"

    # ------------------------------------------------------------ documents, channels, unknown names

    def _noun(self, i: int) -> str:
        """The kind of document that token `i` is, or ""."""
        word = self.tokens[i].word
        if word.isascii() and not word.startswith(documents.LONG) and word not in documents.EXACT:
            return ""
        for kind, stems in documents.NOUNS.items():
            if word.startswith(stems):
                return kind
        return ""

    def _document(self, i: int) -> Citation | None:
        """A letter, recording or document with a word before it that makes it one that is cited."""
        kind = self._noun(i)
        if not kind or i == 0 or self._breaks(i):
            return None
        word, before = self.tokens[i].word, self._word(i - 1)
        if before in documents.IN:
            return self._document_of(kind, i - 1, i) if word in documents.INFLECTED else None
        if before in documents.FROM and word in documents.GENITIVE:
            return self._document_of(kind, i - 1, i)
        for j in range(i - 1, max(-1, i - 3), -1):
            lead = self.tokens[j].word
            if lead == "open" and kind != "letter":
                continue
            if lead.startswith(documents.LEAKED):
                return self._document_of(kind, j, i)
            if self._breaks(j):
                break
        return None

    def _says_document(self, i: int) -> Citation | None:
        """ "…, says a letter": behind what it says, the noun after "a" or "the" and at most one word more."""
        behind = i > 0 and (self._breaks(i) or any(mark in self.tokens[i].gap for mark in _QUOTES))
        if not behind or self.tokens[i].word not in documents.SAYS or self._word(i + 1) not in documents.THE:
            return None
        for j in (i + 2, i + 3):
            if self._breaks(j):
                return None
            if self._word(j) in documents.ENGLISH and (kind := self._noun(j)):
                return self._document_of(kind, i, j)
        return None

    def _document_of(self, kind: str, cue: int, noun: int) -> Citation:
        """The word of whom a document was published by, where that is told; else the document's own."""
        reach = min(noun + PUBLISHER_REACH, len(self.tokens))
        for j in range(noun + 1, reach):
            if self._breaks(j) and not self.tokens[j].gap.startswith(","):
                break
            if not self._word(j).startswith(documents.PUBLISHED):
                continue
            for k in range(j + 1, min(j + 4, len(self.tokens))):
                if self._breaks(k):
                    break
                if (known := self.names.at(self.tokens, k)) and known[1].newsroom:
                    return self._cite(known[1], cue, known[0])
        return self._cite(unknown_document(kind), cue, noun + 1)

    def _channel(self, i: int) -> Citation | None:
        """A Telegram channel, by its name if one follows."""
        if i + 1 >= len(self.tokens) or not self._word(i).startswith(documents.TELEGRAM):
            return None
        end = i + 2
        if not self._word(i + 1).startswith(documents.CHANNEL) or not self._spoken(i, end):
            return None
        if end < len(self.tokens) and not self._breaks(end):
            if known := self.names.at(self.tokens, end):
                return self._cite(known[1], i, known[0])
            name_end = self._quoted(end) or (self.tokens[end].gap.endswith("@") and end + 1) or self._run(end)
            if name_end:
                shown = self._shown(end, name_end)
                cited = Cited(f"Telegram channel {shown}", unknown(f"telegram {shown}").group)
                return self._cite(cited, i, name_end)
        return self._cite(Cited("a Telegram channel", "cited:telegramchannel"), i, end)

    def _spoken(self, i: int, end: int) -> bool:
        """Whether a cue or "in", "on its" stands before a channel, or a verb right behind it."""
        near = {self._word(j) for j in range(max(0, i - 4), i)}
        if self._word(i - 1).startswith(cues.HIS) or near & cues.OURS:
            return False
        if near & (
            cues.VERBS | documents.IN | {"according", "citing", "on", "na", "на", "pasak", "wedlug", "данным"}
        ):
            return True
        return any(self._word(j) in cues.VERBS for j in range(end, end + 3))

    def _unknown_name(self, i: int) -> int:
        """Where a name that nobody configured ends, if one begins at `i`; else 0."""
        return self._site(i) or self._quoted(i) or self._run(i)

    def _site(self, i: int) -> int:
        """Where a domain that begins at `i` ends."""
        end = i + 1
        while end < len(self.tokens) and self.tokens[end].gap in (".", "-"):
            end += 1
        dotted = (
            end > i + 1 and self.tokens[end - 1].gap == "." and self.tokens[end - 1].word in cues.SITE_ENDS
        )
        return end if dotted and (i == 0 or self.tokens[i].gap != ".") else 0

    def _quoted(self, i: int) -> int:
        """Where a title in quotation marks that begins at `i` ends, up to 5 words."""
        opening = self.tokens[i].gap[-1:]
        if opening not in _QUOTES or not opening or not self.tokens[i].printed[0].isupper():
            return 0
        for end in range(i + 1, min(i + 6, len(self.tokens) + 1)):
            gap = self.tokens[end].gap if end < len(self.tokens) else self.text[self.tokens[-1].end :]
            if any(mark in gap for mark in _QUOTES[opening]):
                return end
        return 0

    def _run(self, i: int) -> int:
        """Where a run of capitalised words that begins at `i` ends; "Ukrainian" takes its noun along."""
        if not self.tokens[i].printed[0].isupper() or self.tokens[i].word in cues.NO_NAMES:
            return 0
        end = last = i + 1
        while (
            end < len(self.tokens)
            and end - i < 7
            and not self._breaks(end)
            and "(" not in self.tokens[end].gap
        ):
            token = self.tokens[end]
            if token.printed[0].isupper():
                end = last = end + 1
            elif token.word in cues.CONNECTORS or (token.word == "s" and "'" in fold(token.gap)):
                end += 1
            else:
                break
        if last < len(self.tokens) and self.tokens[last].word == "s" and "'" in fold(self.tokens[last].gap):
            return 0
        lone = last == i + 1 and self.tokens[i].word.endswith(cues.ADJECTIVES)
        if lone and last < len(self.tokens) and not self._breaks(last) and self.tokens[last].gap == " ":
            return last + 1
        return last


def unknown_document(kind: str) -> Cited:
    """A letter, a recording or a document: one key in all languages."""
    return Cited(documents.NAMES[kind], f"cited:{kind}")


Skips = Callable[[Cited], bool]


def choose(title: str, summary: str, names: Names, own: Skips) -> Citation | None:
    """What a report rests on: the first newsroom in the title, else the first there, else in the summary.

    `own` says whom to pass over: the carrier itself.
    """
    found = [c for c in citations(title, names, True) if not own(c.cited)]
    for citation in found:
        if citation.cited.newsroom:
            return citation
    if found:
        return found[0]
    return next((c for c in citations(summary, names, False) if not own(c.cited)), None) if summary else None
