"""Folding: two spellings that a reader takes for one word become the same letters.

A text and a query are folded alike, so what matters is that the same word always comes out the
same, and that two different words rarely do. What `fold` does, letter by letter:

- NFKC and casefold: `ﬁ` is `fi`, `Ａ` and `A` are `a`, `ß` is `ss`;
- Latin, Greek, Cyrillic, Hebrew and Arabic marks go: `š` is `s`, `ё` is `е`, `ў` is `у`, a stress
  mark vanishes. Two marked letters stay letters of their own, because dropping the mark would join
  words that readers keep apart: `й` (война, war, is not воина, of a warrior) and `ї` (їх is not іх);
- stroke letters that Unicode does not decompose: `ł` is `l`, `ø` is `o`, `đ` is `d`, `ħ` is `h`...;
- apostrophes of every make (`’ ʼ ‘ ` ′ ´`) are `'`;
- soft hyphens, zero-width characters and direction marks go; a lone surrogate becomes U+FFFD.

A *word* is an unbroken run of letters, digits and the marks that are left (vowel signs of Indic
scripts). All else separates words, also an apostrophe, a hyphen, a comma or an underscore: `с-400`
is the two words `с` and `400`, `80,000` is `80` `000`, `people's` is `people` `s`, `аб'яднаны` is
`аб` `яднаны`. A query is cut alike, so each of these is found as the phrase that it is.

`fold` is the definition; `index` computes the words of a folded text ten times faster, as bytes,
for the Matcher. A test holds the two equal.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

_KEPT = frozenset("йї")
_APOSTROPHES = dict.fromkeys("’ʼ‘`′´＇‛ʹʻˈ", "'")
_STROKES = dict(zip("łøđħŧıƀɨŋðɇɍƶȼʉɉ", "lodhtibinderzcuj", strict=True), æ="ae", œ="oe", þ="th")

# Marks that decorate a letter. Vowel signs of other scripts are nonspacing marks too, but make words.
_DROPPED_MARKS = (
    (0x0300, 0x036F),  # combining diacritical marks, the stress mark U+0301 among them
    (0x0483, 0x0489),  # Cyrillic titlo and enclosing signs
    (0x0591, 0x05BD),  # Hebrew points
    (0x05BF, 0x05C7),
    (0x0610, 0x061A),  # Arabic points
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFE20, 0xFE2F),
    (0xE0100, 0xE01EF),
)


def fold(text: str) -> str:
    """The folded text, punctuation and spacing kept. Idempotent; never raises."""
    if text.isascii():
        return text.lower().replace("`", "'")
    folded = compose(text).translate(_TABLE)
    while not unicodedata.is_normalized("NFKC", folded):  # letters that only now stand side by side
        folded = unicodedata.normalize("NFKC", folded).translate(_TABLE)
    return folded


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    folded = fold(text)
    if folded.isalnum():
        return [folded]
    return "".join(c if is_word_letter(c) else " " for c in folded).split()


def is_word_letter(c: str) -> bool:
    """Whether a folded character is part of a word."""
    return c.isalnum() or unicodedata.category(c) in ("Mn", "Mc")


def compose(text: str) -> str:
    """The text in NFC: the same to any reader, one character where Unicode has one."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", text)


class _FoldTable(dict[int, int | str]):
    """What `str.translate` asks for each character; answers are remembered below U+10000."""

    def __missing__(self, code: int) -> int | str:
        folded = _fold_character(chr(code))
        answer = ord(folded) if len(folded) == 1 else folded
        if code < 0x10000:
            self[code] = answer
        return answer


@lru_cache(maxsize=1 << 14)
def _fold_character(c: str) -> str:
    folded = _fold_once(c)
    while (again := "".join(map(_fold_once, folded))) != folded:
        folded = again
    return folded


def _fold_once(c: str) -> str:
    if c in _KEPT:
        return c
    if c in _APOSTROPHES:
        return "'"
    category = unicodedata.category(c)
    if category == "Cs":
        return "\ufffd"
    if category == "Cf" or _is_dropped(c):
        return ""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", c).casefold())
    return "".join(_undecorated(d) for d in plain)


def _undecorated(c: str) -> str:
    if c in _KEPT:
        return c
    bare = "".join(d for d in unicodedata.normalize("NFD", c) if not _is_dropped(d))
    return unicodedata.normalize("NFC", "".join(_STROKES.get(d, d) for d in bare))


def _is_dropped(c: str) -> bool:
    code = ord(c)
    return any(first <= code <= last for first, last in _DROPPED_MARKS)


_TABLE = _FoldTable()


# ---------------------------------------------------------------- the fast way: one byte a letter
#
# `str.translate` costs 25-40 ns a character, and splitting into words as much again. So the letters
# and marks of the languages that iwmon is mostly used with get a byte each, and three loops in C do
# the work: charmap encoding, `bytes.translate` (which folds), and the search for patterns. Every
# other character goes through a codec error handler, which folds it by the definition above and
# writes a foreign letter as ESCAPE and five hexadecimal digits.

_ESCAPE = 0x01
FIELD_MARK = b"\x02"  # never part of an indexed text: separates its fields

_COMMON = (
    "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯёЁўЎіІїЇєЄґҐ"
    "ąćęłńóśźżĄĆĘŁŃÓŚŹŻčėįšųūžČĖĮŠŲŪŽāēģīķļņĀĒĢĪĶĻŅäöüÄÖÜáéíěřů"
    "\u00a0\u2009\u202f«»“”„’‘–—…•€£"
)
_UNASSIGNED = "\ufffe"  # "no such byte" in a decoding table


def _free_bytes() -> Iterator[int]:
    yield from range(0x80, 0x100)
    yield from (b for b in range(0x03, 0x20) if chr(b) not in "\t\n\r")


def _decoding_table() -> str:
    table = [_UNASSIGNED] * 256
    for code in (0x00, *map(ord, "\t\n\r"), *range(0x20, 0x80)):
        table[code] = chr(code)
    for code, c in zip(_free_bytes(), _COMMON, strict=False):
        table[code] = c
    return "".join(table)


_DECODING = _decoding_table()
_ENCODING = codecs.charmap_build(_DECODING)
_BYTE_OF = {c: code for code, c in enumerate(_DECODING) if c != _UNASSIGNED}


def _folding_bytes() -> bytes:
    """For each byte, the byte of the folded letter; a space for what is not a letter."""
    out = bytearray(range(256))
    for c, code in _BYTE_OF.items():
        letter = fold(c)
        out[code] = _BYTE_OF[letter] if len(letter) == 1 and is_word_letter(letter) else 0x20
    return bytes(out)


_FOLDING = _folding_bytes()


@lru_cache(maxsize=20_000)
def _spelled(letter: str) -> bytes:
    """The bytes of one folded character: a space unless it is part of a word."""
    if not is_word_letter(letter):
        return b" "
    code = _BYTE_OF.get(letter)
    return bytes((code,)) if code is not None else b"%c%05x" % (_ESCAPE, ord(letter))


def spell(word: str) -> bytes:
    """A folded word as the bytes that stand for it in an indexed text."""
    return b"".join(map(_spelled, word))


def _spell_uncommon(error: UnicodeError) -> tuple[bytes, int]:
    """Codec error handler: folds and spells a run of characters that have no byte."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return spell(fold(error.object[error.start : error.end])), error.end


_HANDLER = "iwmon.query.fold"
codecs.register_error(_HANDLER, _spell_uncommon)


def index(text: str) -> bytes:
    """The folded words of a text as bytes, apart by one space or more. Never raises."""
    common = index_common(text)
    if common is not None:
        return common
    return codecs.charmap_encode(compose(text), _HANDLER, _ENCODING)[0].translate(_FOLDING)


def index_common(text: str) -> bytes | None:
    """`index` of a text of common characters only, byte for character; None if there are others."""
    try:
        return codecs.charmap_encode(text, "strict", _ENCODING)[0].translate(_FOLDING)
    except UnicodeEncodeError:
        return None


def _escape_uncommon(error: UnicodeError) -> tuple[bytes, int]:
    """Codec error handler: an ESCAPE for each character that has no byte."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return b"%c" % _ESCAPE * (error.end - error.start), error.end


_ESCAPING = "iwmon.query.fold.escape"
codecs.register_error(_ESCAPING, _escape_uncommon)


def index_even(text: str) -> tuple[bytes, list[int]]:
    """(`index` of a text, byte for character, as if what has no byte were no letter; where such stand)."""
    data = codecs.charmap_encode(text, _ESCAPING, _ENCODING)[0].translate(_FOLDING)
    return data, [found.start() for found in _ESCAPED.finditer(data)]


_ESCAPED = re.compile(rb"%c" % _ESCAPE)


class _SpelledLengths(dict[str, int]):
    """How many bytes of an indexed text each character takes."""

    def __missing__(self, c: str) -> int:
        length = 1 if c in _BYTE_OF else len(spell(fold(c)))
        if c < "\U00010000":
            self[c] = length
        return length


_LENGTHS = _SpelledLengths()


_UNCOMMON = re.compile(f"[^{re.escape(''.join(_BYTE_OF))}]")


def byte_offsets(text: str) -> list[int] | None:
    """Where each character of a composed text begins in `index(text)`, and last where it ends.

    None when each takes one byte, so that the offsets are 0, 1, 2...
    """
    if all(_LENGTHS[c] == 1 for c in set(_UNCOMMON.findall(text))):
        return None
    return list(accumulate(map(_LENGTHS.__getitem__, text), initial=0))
