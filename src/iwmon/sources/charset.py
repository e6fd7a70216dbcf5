"""Bytes → text, with the codecs that feeds really use, and no others.

Python knows codecs that write text of their own accord (utf-7 turns `+ADw-` into `<`, idna, punycode,
unicode_escape): a server must not be able to choose them. One bad byte spoils one character.
"""

from __future__ import annotations

import codecs
import re
from encodings import normalize_encoding
from encodings.aliases import aliases

LEGACY = frozenset(  # by the names of Python's modules
    {"ascii", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr"}
    | {"cp949", "iso2022_jp", "koi8_r", "koi8_u", "mac_cyrillic", "cp866", "tis_620", "cp874", "latin_1"}
    | {f"iso8859_{part}" for part in (*range(2, 12), 13, 14, 15, 16)}
    | {f"cp125{page}" for page in range(9)}
)
_WIDER = {  # what is meant by a codec that lacks characters
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "latin_1": "cp1252",
    "ascii": "cp1252",
}

_CHANCE = 20  # bad bytes to a character that is sound UTF-8: hardly any other text has one by chance
_BOMS = (  # UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE_UNICODE = (  # "<" and the next character without a mark in front
    (re.compile(rb"\x00\x00\x00<\x00\x00\x00"), "utf-32-be"),
    (re.compile(rb"<\x00\x00\x00.\x00\x00\x00", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\x00<\x00[^\x00]"), "utf-16-be"),
    (re.compile(rb"<\x00[^\x00]\x00"), "utf-16-le"),
)
_NAME = "([A-Za-z0-9._:-]{1,40})"
_DECLARED = re.compile(
    rf"""\s{{0,100}}<\?xml[^>]{{0,200}}?encoding\s{{0,9}}=\s{{0,9}}["']{_NAME}["']""".encode()
)
_CHARSET = re.compile(rf"""charset\s*=\s*["']?{_NAME}""", re.IGNORECASE)


def decode(body: bytes, content_type: str = "", language: str | None = None) -> str:
    """The text of `body`: by its byte order mark, else as UTF-8 where it is that, else as declared.

    The declaration is the XML one or the charset of `content_type`; an unknown or refused codec counts as
    none. `language` chooses the guess (Windows-1251 or -1252) where nothing fits. Never raises.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for pattern, name in _BARE_UNICODE:
        if pattern.match(body):
            return body.decode(name, "replace")
    declared = _allowed(_CHARSET.search(content_type)) or _allowed(_DECLARED.match(body))
    if body.isascii() and declared != "iso2022_jp":
        return body.decode("ascii")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_quite_utf8(body, declared, language)


def _allowed(match: re.Match[str] | re.Match[bytes] | None) -> str | None:
    """The codec that was declared, if it is a real one; Python is not asked: it imports what it is told."""
    if match is None:
        return None
    name = match[1].decode("ascii") if isinstance(match[1], bytes) else str(match[1])
    name = normalize_encoding(name.lower())
    name = aliases.get(name, name)
    return name if name in LEGACY else None  # a Unicode one is found without being told


def _not_quite_utf8(body: bytes, declared: str | None, language: str | None) -> str:
    if declared:
        return body.decode(_WIDER.get(declared, declared), "replace")
    repaired = body.decode("utf-8", "replace")
    spoilt = repaired.count("\ufffd")
    sound = sum(1 for character in repaired if character > "\x7f") - spoilt
    if spoilt <= _CHANCE * sound:
        return repaired
    return body.decode("cp1251" if language in {"ru", "uk", "be", "bg"} else "cp1252", "replace")
