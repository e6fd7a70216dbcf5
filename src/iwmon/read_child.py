"""The child's side of iwmon.read, and the words that the two sides exchange.

A message is its length in 8 bytes and its bytes. The parent sends a head (JSON: the source and the content
type) and a body; the child answers with JSON: entries, a failure, or that the memory did not suffice.
"""

from __future__ import annotations

import codecs
import json
import math
import os
import resource
import signal
import socket
import struct
from datetime import datetime
from io import BufferedRWPair
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from iwmon.model import Entry, FeedState, Parsed, ReadFailed, Source
from iwmon.sources import KINDS
from iwmon.sources.charset import LEGACY

LENGTH = struct.Struct("!Q")
_SOCKET = 3  # the only descriptor beside the standard three
_OUT_OF_MEMORY = b'{"memory": true}'
_SAMPLES = (
    ("feed", b"<rss version='2.0'><channel><item><title>a &amp; <b>c</b></title></item></channel></rss>"),
    ("feed", "<rss><item><link>https://новости.example/</link></item></rss>".encode()),
    ("feed", b"<rss version='2.0'><channel><item><title>a</b></title></item></channel></rss>"),
    ("feed", b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='html'>a</title></entry></feed>"),
    ("feed", b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "a"}]}'),
    ("gdelt", b'{"articles": [{"url": "https://a.example/", "title": "a", "seendate": "20221010T101500Z"}]}'),
    ("json", b'[{"title": {"rendered": "a"}, "link": "https://a.example/", "date": "2022-10-10T10:15:00"}]'),
)


def question(source: Source, content_type: str) -> bytes:
    """The head of a question: as much of the source as reading needs, its URL without credentials."""
    parts = urlsplit(source.url)
    host = parts.netloc.rpartition("@")[2]
    return json.dumps(
        {
            "id": source.id,
            "name": source.name,
            "type": source.type,
            "url": urlunsplit((parts.scheme, host, parts.path, "", "")),
            "language": source.language,
            "aggregator": source.aggregator,
            "options": dict(source.options),
            "content_type": content_type,
        }
    ).encode()


def answered(reply: bytes) -> Parsed:
    """What the child's answer means. Raises ReadFailed as the child did, MemoryError where it ran out."""
    said: dict[str, Any] = json.loads(reply)
    if said.get("memory"):
        raise MemoryError
    if failure := said.get("failed"):
        raise ReadFailed(FeedState(failure["state"]), str(failure["message"]), hint=str(failure["hint"]))
    entries = tuple(_entry(*fields) for fields in said["entries"])
    return Parsed(entries, str(said["title"]), tuple(str(note) for note in said["notes"]))


def serve(descriptor: int, cpu_seconds: int, memory: int) -> None:
    """Answers questions on a socket until the parent closes it. `memory` is in bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the parent finishes its step, then closes the socket
    _warm_up()
    os.dup2(descriptor, _SOCKET)
    os.closerange(_SOCKET + 1, max(descriptor, 64) + 1)
    _limit(resource.RLIMIT_NOFILE, _SOCKET + 1)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory)
    with socket.socket(fileno=_SOCKET) as connection, connection.makefile("rwb") as stream:
        _write(stream, b"ready")
        while (head := _read(stream)) is not None:
            body = _read(stream)
            _limit_cpu(cpu_seconds)
            answer = _answer(head, body or b"")
            _write(stream, answer)
            if answer is _OUT_OF_MEMORY:
                return


def _answer(head: bytes, body: bytes) -> bytes:
    said: dict[str, Any] = json.loads(head)
    content_type = said.pop("content_type")
    source = Source(**said)
    try:
        parsed = KINDS[source.type].read(source, body, content_type)
        return _packed(parsed)
    except ReadFailed as failure:
        told = {"state": failure.state, "message": failure.message[:500], "hint": failure.hint[:500]}
        return json.dumps({"failed": told}).encode()
    except MemoryError:
        return _OUT_OF_MEMORY


def _packed(parsed: Parsed) -> bytes:
    entries = [
        [
            entry.key,
            entry.url,
            entry.title,
            entry.summary,
            entry.body,
            entry.published.isoformat() if entry.published else None,
            entry.language,
            entry.publisher,
            entry.publisher_url,
        ]
        for entry in parsed.entries
    ]
    said = {"entries": entries, "title": parsed.title, "notes": [note[:500] for note in parsed.notes[:20]]}
    return json.dumps(said, ensure_ascii=False).encode()


def _entry(
    key: str,
    url: str,
    title: str,
    summary: str,
    body: str,
    published: str | None,
    language: str | None,
    publisher: str,
    publisher_url: str,
) -> Entry:
    when = datetime.fromisoformat(published) if published else None
    return Entry(key, url, title, summary, body, when, language, publisher, publisher_url)


def _warm_up() -> None:
    """Imports what is imported late: afterwards no file can be opened."""
    for name in LEGACY:
        codecs.lookup(name)
    for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        codecs.lookup(name)
    for kind, body in _SAMPLES:
        KINDS[kind].read(Source("warm", "warm", "feed", "https://a.example/"), body, "")


def _limit(which: int, most: int) -> None:
    _soft, hard = resource.getrlimit(which)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(which, (most, most))


def _limit_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


def _read(stream: BufferedRWPair) -> bytes | None:
    """The next message, or None where the parent has gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    data = stream.read(size)
    return data if len(data) == size else None


def _write(stream: BufferedRWPair, data: bytes) -> None:
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()
