"""Whose a recorded row is: which of the configured sources, if any, it would have come from."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from iwmon.config.configuration import Config
from iwmon.origins import listed
from iwmon.replay.rows import UNLISTED
from iwmon.sources.text import URL_LIMIT

_REMEMBERED = 8_192  # publishers, feeds and sites: an archive has many rows of few


def locate(config: Config) -> Callable[[str, str, str], str]:
    """What tells the source's id from a row's publisher, feed and url; UNLISTED where none is meant.

    The source with this feed's address; else the newsroom with the publisher's id, group, name or domain,
    else with the url's domain. An aggregator is only found by its feed: what it carries is others'. Sources
    that are disabled count, because their past is theirs.
    """
    feeds: dict[str, str] = {}
    ids: dict[str, str] = {}
    for source in config.sources.values():
        feeds.setdefault(_address(source.url), source.id)
        if not source.aggregator:
            ids[source.id.casefold()] = source.id
    feeds.pop("", None)

    @lru_cache(_REMEMBERED)
    def by_feed(feed: str) -> str:
        return feeds.get(_address(feed), "")

    @lru_cache(_REMEMBERED)
    def by_publisher(publisher: str) -> str:
        return ids.get(publisher.casefold()) or by_site(publisher, "")

    @lru_cache(_REMEMBERED)
    def by_site(publisher: str, site: str) -> str:
        source = listed(publisher, site, config.directory)
        return source.id if source else ""

    def source_of(publisher: str, feed: str, url: str) -> str:
        return (
            (by_feed(feed) if 0 < len(feed) <= URL_LIMIT else "")
            or (by_publisher(publisher) if publisher else "")
            or by_site("", _site(url))
            or UNLISTED
        )

    return source_of


def _address(url: str) -> str:
    """A feed's address without what two spellings of it differ in: scheme, case of the host, last slash."""
    host, slash, path = url.strip().partition("://")[2].partition("/")
    return host.lower() + (slash + path).rstrip("/")


def _site(url: str) -> str:
    """Scheme and host of a URL."""
    return "/".join(url.split("/", 3)[:3])
