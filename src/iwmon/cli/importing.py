"""Feeds of an OPML list → entries for `sources:`. The analyst's own file is never touched."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from iwmon.config.scalars import LANGUAGES
from iwmon.model import Source
from iwmon.opml import Subscription, same_address

_LONGEST_ID = 40
# What YAML 1.1 programs read as something other than a text.
_NOT_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_OF_A_HOST = ("www", "rss", "feeds", "feed", "news", "blog", "en", "ru")


@dataclass(slots=True)
class Imported:
    """What came of a list: new sources, and how many were left out, by reason."""

    sources: list[Source] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def sources(subscriptions: Iterable[Subscription], configured: Iterable[Source]) -> Imported:
    """New Sources of reliability F, with ids that nobody has yet; known addresses are left out."""
    result = Imported()
    configured = list(configured)
    taken = {source.id for source in configured}
    known = {same_address(source.url) for source in configured}
    listed: set[str] = set()
    for one in subscriptions:
        address = same_address(one.url)
        reason = _unusable(one.url)
        if not reason and address in known:
            reason = "already configured"
        if not reason and address in listed:
            reason = "listed twice"
        if reason:
            result.skipped[reason] += 1
            continue
        listed.add(address)
        name = one.title.strip() or _host(one.url)
        identity = _unique(_slug(name) or _slug(_host(one.url)), taken)
        taken.add(identity)
        language = one.language if one.language in LANGUAGES else None
        result.sources.append(Source(identity, name, "feed", one.url, language=language, reliability="F"))
    return result


def _unusable(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        return "no usable address"
    if parts.scheme.casefold() not in ("http", "https"):
        return "not http or https"
    if not parts.hostname or not port_is_a_number or not url.isprintable() or " " in url:
        return "no usable address"
    # In indicators.yaml ${NAME} stands for a secret: a list from elsewhere must not ask for one.
    return "no usable address" if "${" in url else ""


def _host(url: str) -> str:
    labels = (urlsplit(url).hostname or "feed").split(".")
    while len(labels) > 2 and labels[0] in _OF_A_HOST:
        del labels[0]
    return ".".join(labels)


def _slug(name: str) -> str:
    """ "Gazeta Wyborcza – świat" → "gazeta-wyborcza-swiat"; "" when nothing Latin is left."""
    folded = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "l").casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    if sum(c.isascii() and c.isalpha() for c in letters) * 2 < sum(c.isalpha() for c in letters):
        return ""  # a few Latin letters in a Cyrillic name would name nothing
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    if len(slug) > _LONGEST_ID:
        slug = slug[: _LONGEST_ID + 1].rpartition("-")[0] or slug[:_LONGEST_ID]
    return f"feed-{slug}" if slug in _NOT_TEXT or slug[:1].isdigit() else slug


def _unique(slug: str, taken: set[str]) -> str:
    slug, number = slug or "feed", 1
    identity = slug
    while identity in taken:
        number += 1
        identity = f"{slug}-{number}"
    return identity


def as_yaml(found: Iterable[Source], comment: str) -> str:
    """A `sources:` block. JSON strings are YAML strings, whatever stands in them."""
    lines = [f"# {line}" for line in comment.splitlines()]
    lines.append("sources:")
    for source in found:
        lines += [
            f"  - id: {source.id}",
            f"    name: {_quoted(source.name)}",
            f"    url: {_quoted(source.url)}",
        ]
        if source.language:
            lines.append(f"    language: {_quoted(source.language)}")
        lines.append(f"    reliability: {source.reliability}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
