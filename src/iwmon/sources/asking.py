"""The question that a source puts to its server."""

from __future__ import annotations

from iwmon.model import PollState, Request, Source

FEEDS = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
JSON = "application/json, */*;q=0.5"
PAGES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"


def ask(source: Source, poll: PollState, accept: str, url: str = "") -> Request:
    """A GET of `url` (default: the source's own), conditional on what the last good answer left in `poll`."""
    return Request(
        source=source.id,
        url=url or source.url,
        headers={"Accept": accept},
        etag=poll.etag,
        last_modified=poll.last_modified,
        body_digest=poll.body_digest,
        allow_private=source.allow_private,
    )
