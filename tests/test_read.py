"""Bodies are read in a child that can be killed: what stalls or swells costs only its own body."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest

from hostile_feeds import GOOD, GOOD_TITLE, HOSTILE, feed, item
from iwmon.model import FeedState, Parsed, ReadFailed, Source
from iwmon.read import MIB, Reader
from iwmon.sources import KINDS
from patience import PATIENCE, ending

SOURCE = Source("news", "News", "feed", "https://user:secret@news.example/rss?key=secret", language="be")
SOUND = feed(GOOD)
STALLING = feed(item(f"<description>{'&#65; &lt;b&gt; ' * 600_000}</description><b>"))  # seconds of work


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def children() -> list[psutil.Process]:
    """The reading processes that are alive; one may end while we look."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if "read_child" in " ".join(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
    return found


def failure(reader: Reader, body: bytes, source: Source = SOURCE) -> ReadFailed:
    """How reading `body` fails."""
    error = reader.submit(source, body, "").exception(timeout=60)
    assert isinstance(error, ReadFailed), error
    return error


def title(reader: Reader) -> str:
    """A sound body's only title: the reader works."""
    return reader.submit(SOURCE, SOUND, "").result(timeout=60).entries[0].title


def test_a_child_reads_what_the_kind_reads(reader: Reader) -> None:
    """What comes back over the pipe equals what reading in the process gives, for every kind."""
    bodies = {
        "feed": feed(
            GOOD, item("<source url='https://o.example/'>Other</source><dc:date>2022-10-10</dc:date>")
        ),
        "gdelt": b'{"articles": [{"url": "https://a.example/", "title": "a", "language": "Russian"}]}',
        "json": b'[{"title": {"rendered": "a"}, "link": "https://a.example/"}]',
        "page": b"<main>"
        + b"".join(b"<a href='/%d'>A headline of more than 25 letters</a>" % n for n in range(4)),
    }
    for kind, body in bodies.items():
        source = replace(SOURCE, type=kind, aggregator=True, url="https://news.example/rss")
        expected = KINDS[kind].read(source, body, "text/html")
        assert reader.submit(source, body, "text/html").result(timeout=60) == expected
        assert expected.entries


def test_failures_cross_the_pipe(reader: Reader) -> None:
    """A body that is no feed fails with its own words and state."""
    error = failure(reader, b"hello world")
    assert (error.state, error.message) == (FeedState.EMPTY, "a body of only 11 bytes: 'hello world'")
    error = failure(reader, b'{"code": 5}', replace(SOURCE, type="json"))
    assert error.hint.startswith("say where the list is")


def test_a_body_that_stalls_is_killed() -> None:
    """Past its time a body fails as TIMEOUT; the bodies behind it are read all the same."""
    with Reader(seconds=0.5) as reader:
        assert title(reader) == GOOD_TITLE
        stalled = reader.submit(SOURCE, STALLING, "")
        behind = [reader.submit(SOURCE, SOUND, "") for _ in range(5)]
        error = stalled.exception(timeout=60)
        assert isinstance(error, ReadFailed)
        assert (error.state, error.message) == (FeedState.TIMEOUT, "reading it was killed after 0.5 s")
        assert [future.result(timeout=60).entries[0].title for future in behind] == [GOOD_TITLE] * 5


def test_a_body_that_swells_fails_alone() -> None:
    """Past its memory a body fails as ERROR and says so; the next one is read."""
    with Reader(memory=80 * MIB, seconds=60) as reader:
        error = failure(reader, feed(*(item(f"<link>https://a.example/{n}</link>") for n in range(100_000))))
        assert error.state is FeedState.ERROR
        assert error.message == "reading it needed more than 80 MB"
        assert title(reader) == GOOD_TITLE


def test_a_child_that_is_killed_from_outside_is_replaced() -> None:
    """SIGKILL costs nothing: a new child takes over, and reads again what the old one had begun."""
    with Reader(seconds=60) as reader:
        assert title(reader) == GOOD_TITLE
        (idle,) = children()
        idle.kill()
        idle.wait(10)
        assert title(reader) == GOOD_TITLE
        (busy,) = children()
        reading = reader.submit(SOURCE, feed(item("<description>" + "&#65; " * 100_000), GOOD), "")
        time.sleep(0.05)
        busy.kill()
        assert reading.result(timeout=60).entries[-1].title == GOOD_TITLE


def test_a_fresh_child_that_dies_takes_its_body_along(reader: Reader) -> None:
    """A body that kills a new child is not tried again and again."""
    reading = reader.submit(SOURCE, STALLING, "")
    while not children():
        time.sleep(0.01)
    (child,) = children()
    while not reading.running() or child.cpu_times().user < 0.3:
        time.sleep(0.01)
    child.send_signal(signal.SIGSEGV)
    error = reading.exception(timeout=60)
    assert isinstance(error, ReadFailed)
    assert (error.state, error.message) == (
        FeedState.ERROR,
        "reading it ended: the reading process died of SIGSEGV",
    )


def test_a_stopped_child_is_killed_too() -> None:
    """A child that is frozen (SIGSTOP) does not hold up the reader beyond the body's time."""
    with Reader(seconds=0.5) as reader:
        assert title(reader) == GOOD_TITLE
        (child,) = children()
        child.suspend()
        assert failure(reader, SOUND * 1_000).state is FeedState.TIMEOUT
        assert title(reader) == GOOD_TITLE


def test_the_child_knows_and_holds_nothing(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret in its environment or arguments, no descriptor of the parent's, no way to open one."""
    monkeypatch.setenv("IWMON_SLACK_URL", "https://hooks.example/secret")
    with open(__file__) as held:
        os.set_inheritable(held.fileno(), True)
        assert title(reader) == GOOD_TITLE
        (child,) = children()
        assert set(child.environ()) <= {"PYTHONPATH", "PYTHONUTF8", "LD_LIBRARY_PATH", "LC_CTYPE"}
        assert "secret" not in " ".join(child.cmdline())
        assert child.num_fds() == 4
        assert child.open_files() == []
        assert child.rlimit(psutil.RLIMIT_NOFILE) == (4, 4)
        assert child.rlimit(psutil.RLIMIT_AS) == (768 * MIB, 768 * MIB)


def test_a_source_crosses_without_its_credentials(reader: Reader) -> None:
    """Relative links are completed from the source's URL, without its user, password and query."""
    entry = (
        reader.submit(SOURCE, feed("<item><title>T</title><link>/a</link></item>"), "").result(60).entries[0]
    )
    assert entry.url == "https://news.example/a"
    body = feed("<item><title>T</title><link>?p=1</link></item>").replace(
        b"<link>https://news.example/</link>", b""
    )
    assert reader.submit(SOURCE, body, "").result(60).entries[0].url == "https://news.example/rss?p=1"


def test_children_ignore_the_terminals_signals(reader: Reader) -> None:
    """Ctrl-C and SIGTERM are the parent's business: the step in hand is finished."""
    assert title(reader) == GOOD_TITLE
    (child,) = children()
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGTERM)
    assert title(reader) == GOOD_TITLE
    assert children() == [child]
    assert os.getsid(child.pid) != os.getsid(0)


def test_children_start_late_and_end_when_idle() -> None:
    """No child before the first body, none after a while without one, and one again when needed."""
    with Reader(idle=0.2) as reader:
        assert children() == []
        assert title(reader) == GOOD_TITLE
        assert len(children()) == 1
        deadline = time.monotonic() + 10
        while children() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert children() == []
        assert title(reader) == GOOD_TITLE
    assert children() == []


def test_a_child_is_replaced_after_many_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No child lives for ever: what a library leaks, ends with it."""
    monkeypatch.setattr("iwmon.read.BODIES_A_CHILD", 3)
    with Reader() as reader:
        seen = set()
        for _ in range(7):
            future = reader.submit(SOURCE, SOUND, "")
            while not future.done():
                seen |= {child.pid for child in children()}
                time.sleep(0.005)
            assert future.result().entries
        assert len(seen) == 3


def test_workers_read_side_by_side() -> None:
    """With two workers, a stalled body does not hold up the others."""
    with Reader(workers=2, seconds=2 * PATIENCE) as reader:
        wait([reader.submit(SOURCE, SOUND, "") for _ in range(8)], timeout=60)
        (frozen, _) = children()
        frozen.suspend()
        both = [reader.submit(SOURCE, SOUND, "") for _ in range(2)]
        done, stalled = wait(both, timeout=PATIENCE, return_when=FIRST_COMPLETED)
        assert (len(done), len(stalled)) == (1, 1)
        with ending():
            assert title(reader) == GOOD_TITLE
        assert not stalled.pop().done()
        assert len(children()) == 2


def test_close_never_hangs() -> None:
    """Closing kills what is being read, cancels what waits, and leaves no process behind."""
    reader = Reader(seconds=2 * PATIENCE)
    assert title(reader) == GOOD_TITLE
    (child,) = children()
    child.suspend()  # it would never come back by itself
    reading = reader.submit(SOURCE, SOUND, "")
    waiting = [reader.submit(SOURCE, SOUND, "") for _ in range(10)]
    time.sleep(0.2)
    with ending():
        reader.close()
    assert isinstance(reading.exception(timeout=1), ReadFailed)
    for future in waiting:
        with pytest.raises((CancelledError, ReadFailed)):
            future.result(timeout=1)
    assert children() == []
    reader.close()
    with pytest.raises(RuntimeError):
        reader.submit(SOURCE, SOUND, "")


def test_a_cancelled_body_is_not_read(reader: Reader) -> None:
    """A future that is cancelled while it waits is skipped."""
    first = reader.submit(SOURCE, STALLING[:1_000_000], "")
    second = reader.submit(SOURCE, SOUND, "")
    assert second.cancel()
    assert first.exception(timeout=60) is None or isinstance(first.exception(), ReadFailed)
    assert title(reader) == GOOD_TITLE


@pytest.mark.slow
def test_every_hostile_body_ends_in_time(reader: Reader) -> None:
    """Each is parsed, refused or killed within its time; this process does not grow by what they hold."""
    title(reader)
    before = psutil.Process().memory_info().rss
    for name, body in HOSTILE.items():
        message = ""
        with ending():
            try:
                outcome: Parsed | None = reader.submit(SOURCE, body, "").result(timeout=60)
            except ReadFailed as error:
                outcome = None
                message = error.message
        assert outcome is not None or message, name
    assert psutil.Process().memory_info().rss - before < 50 * MIB
    assert title(reader) == GOOD_TITLE


@pytest.mark.slow
def test_ten_megabytes_of_anything_end_in_time() -> None:
    """Bodies as large as the fetcher lets through, of what each parser likes least: read or killed at 5 s."""
    pieces = (
        *("&", "&x", "<", "&lt;", "<a>", "<a></a>", "<title>a</title>", "<![CDATA[", "<![CDATA[x]]>", "<!--"),
        *("<item>", "<item/>", "<q:a/>", "&#65;", "&lt;div&gt;", "word ", "\n", " a='1'", "<link href='x'/>"),
    )
    with Reader() as reader:
        for piece in pieces:
            body = feed(item(piece * (10 * MIB // len(piece))), GOOD)
            with ending():
                error = reader.submit(SOURCE, body, "").exception(timeout=60)
            assert error is None or isinstance(error, ReadFailed), piece
        assert title(reader) == GOOD_TITLE
