"""Drafts → entries: what every kind of source does last. Clips, keys, drops what says nothing, counts."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from iwmon.model import Entry, Parsed, Source
from iwmon.sources.text import clipped, plain

ENTRIES_LIMIT = 2_000  # a document
TITLE_LIMIT = 1_000  # characters, as all below
SUMMARY_LIMIT = 20_000
BODY_LIMIT = 100_000
KEY_LIMIT = 1_000
NAME_LIMIT = 200

_COUNTRY_FOR_LANGUAGE = {"by": "be", "cn": "zh", "cz": "cs", "dk": "da", "gr": "el", "jp": "ja", "ua": "uk"}
_CYRILLIC_ONLY = frozenset({"be", "bg", "mk", "ru", "uk"})
_CYRILLIC_TOO = _CYRILLIC_ONLY | {"kk", "ky", "mn", "sr", "tg", "tt", "ba", "cv", "os", "ab", "uz", "az"}
_LETTERS = re.compile(r"[^\W\d_]")
_CYRILLIC = re.compile("[\u0400-\u0481\u048a-\u052f]")


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has a key. Texts are clean already; `guid` and `language` are as written."""

    title: str = ""
    url: str = ""
    guid: str = ""
    summary: str = ""
    body: str = ""
    published: datetime | None = None
    language: str = ""
    publisher: str = ""
    publisher_url: str = ""


def finished(source: Source, drafts: Sequence[Draft], title: str, notes: Iterable[str]) -> Parsed:
    """The entries of a document, in its order, each with a key that no other one has.

    Entries without any text or link are dropped, and exact repeats; the notes say how many.
    """
    remarks = list(notes)
    said = [draft for draft in drafts if draft.title or draft.url or draft.summary or draft.body]
    if len(said) < len(drafts):
        remarks.append(f"{_entries(len(drafts) - len(said))} without text or link dropped")
    said = [_clipped(draft) for draft in said]
    distinct: dict[tuple[str, str], Draft] = {}
    for draft in said:
        distinct.setdefault((_key(draft), _fingerprint(draft)), draft)
    kept = distinct.values()
    if len(kept) < len(said):
        remarks.append(f"{_entries(len(said) - len(kept))} repeated word for word dropped")
    uses = Counter(_key(draft) for draft in kept)
    entries = tuple(_entry(source, draft, shared=uses[_key(draft)] > 1) for draft in kept)
    return Parsed(entries=entries, title=plain(title, TITLE_LIMIT), notes=tuple(remarks))


def cut_note(total: int) -> list[str]:
    """What to say of a document with `total` entries, if that is too many."""
    if total <= ENTRIES_LIMIT:
        return []
    return [f"{total:,} entries, of which the first {ENTRIES_LIMIT:,} are read"]


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _clipped(draft: Draft) -> Draft:
    return replace(
        draft,
        title=clipped(draft.title, TITLE_LIMIT),
        summary="" if draft.summary == draft.body else clipped(draft.summary, SUMMARY_LIMIT),
        body=clipped(draft.body, BODY_LIMIT),
        guid=plain(draft.guid, 100 * KEY_LIMIT, markup=False),
        publisher=clipped(draft.publisher, NAME_LIMIT),
    )


def _key(draft: Draft) -> str:
    key = draft.guid or draft.url or digest(draft.title, draft.summary or draft.body)
    return key if len(key) <= KEY_LIMIT else digest(key)


def _fingerprint(draft: Draft) -> str:
    return digest(draft.url, draft.title, draft.summary, draft.body)


def digest(*parts: str) -> str:
    """What stands for texts that are too long to be a key."""
    return "sha256:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _entry(source: Source, draft: Draft, *, shared: bool) -> Entry:
    """`shared`: several different entries came with this key, so that none may have it alone.

    Were the first one to keep it, a newer entry that takes the first place would count as seen.
    """
    key = _key(draft)
    if shared:
        key = f"{clipped(key, KEY_LIMIT - 40)} {_fingerprint(draft)[7:39]}"
    return Entry(
        key=key,
        url=draft.url,
        title=draft.title,
        summary=draft.summary,
        body=draft.body,
        published=draft.published,
        language=source.language or language(draft.language, draft.title or draft.summary),
        publisher=draft.publisher,
        publisher_url=draft.publisher_url,
    )


def language(tag: str, text: str) -> str | None:
    """The ISO 639-1 code in a language tag, unless the script of `text` shows that the tag is wrong.

    Many servers say "en-us" of whatever they serve.
    """
    code = _code(tag)
    if code is None or (text.isascii() and code not in _CYRILLIC_ONLY):
        return code
    letters = len(_LETTERS.findall(text))
    cyrillic = len(_CYRILLIC.findall(text))
    if letters and code in _CYRILLIC_ONLY and cyrillic * 2 < letters:
        return None
    if letters and code not in _CYRILLIC_TOO and cyrillic * 2 > letters:
        return None
    return code


@lru_cache(maxsize=1_000)
def _code(tag: str) -> str | None:
    code = re.split(r"[-_]", tag.strip().lower(), maxsplit=1)[0]
    code = _COUNTRY_FOR_LANGUAGE.get(code, code)
    return code if re.fullmatch(r"[a-z]{2}", code) else None
