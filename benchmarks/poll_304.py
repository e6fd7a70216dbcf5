"""The CPU of a poll that is answered 304: iwmon's fetcher beside httpx's default pool.

64 hosts (127.0.0.1 … 127.0.0.64, which Linux gives for nothing) are polled all at once, again and again, over
connections that are kept alive. Only the CPU time of the polling process counts; the server is another one.
The contestants take turns; medians are compared. Also shown: polls on new connections, and what a 200 with
an unchanged body costs beside reading it.

    python benchmarks/poll_304.py [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import feedparser
import httpx

from iwmon.fetch import Fetcher
from iwmon.model import Fetched, NotModified, Request

TARGET = 1 / 8
HOSTS = [f"127.0.0.{n}" for n in range(1, 65)]
ETAG, MODIFIED = '"60c5-5eab2ac3f7d40"', "Mon, 10 Oct 2022 08:00:00 GMT"
CONDITIONS = {"If-None-Match": ETAG, "If-Modified-Since": MODIFIED}

ENTRY = "<item><title>Title {0}</title><link>https://example.org/{0}</link><guid>{0}</guid>" + (
    "<description>" + "Some words of a summary. " * 40 + "</description></item>"
)
FEED = f"<rss version='2.0'><channel>{''.join(ENTRY.format(n) for n in range(50))}</channel></rss>".encode()

ANSWERS = {
    b"/304": b"HTTP/1.1 304 Not Modified\r\nDate: Mon, 10 Oct 2022 09:00:00 GMT\r\nServer: nginx\r\n"
    b"ETag: %s\r\nLast-Modified: %s\r\nCache-Control: max-age=300\r\n\r\n"
    % (ETAG.encode(), MODIFIED.encode()),
    b"/200": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(FEED), FEED),
}

Poll = Callable[[str], Awaitable[None]]


class Answering(asyncio.Protocol):
    """The least that can be called a server: a canned answer a path; /close hangs up after a 304."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, _, self.pending = self.pending.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            self.transport.write(ANSWERS.get(path, ANSWERS[b"/304"]))
            if path == b"/close":
                self.transport.close()


async def serve() -> None:
    """Listen on every loopback address; say the port; go on until killed."""
    server = await asyncio.get_running_loop().create_server(Answering, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def with_httpx(client: httpx.AsyncClient) -> Poll:
    async def poll(url: str) -> None:
        response = await client.get(url, headers=CONDITIONS)
        assert response.status_code == 304

    return poll


def with_iwmon(fetcher: Fetcher, urls: list[str]) -> Poll:
    requests = {url: Request("s", url, etag=ETAG, last_modified=MODIFIED, allow_private=True) for url in urls}

    async def poll(url: str) -> None:
        assert isinstance(await fetcher.fetch(requests[url]), NotModified)

    return poll


async def milliseconds(poll: Poll, urls: list[str], rounds: int) -> float:
    """CPU of this process a poll, all hosts being polled at once `rounds` times."""

    async def one(url: str) -> None:
        for _ in range(rounds):
            await poll(url)

    started = time.process_time()
    await asyncio.gather(*map(one, urls))
    return (time.process_time() - started) / rounds / len(urls) * 1000


async def compare(title: str, urls: list[str], repeats: int, rounds: int) -> float:
    """Print medians, and return iwmon's share of the first baseline's."""
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(httpx.AsyncClient())
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        roomy = await stack.enter_async_context(httpx.AsyncClient(limits=unlimited))
        fetcher = await stack.enter_async_context(Fetcher())
        contestants = {
            "httpx.AsyncClient()": with_httpx(plain),
            "httpx.AsyncClient(), no limits": with_httpx(roomy),
            "iwmon Fetcher": with_iwmon(fetcher, urls),
        }
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for repeat in range(repeats + 1):
            for name, poll in contestants.items():
                took = await milliseconds(poll, urls, rounds)
                if repeat:  # the first round connects and warms up
                    times[name].append(took)
    print(f"\n{title}, ms of CPU a poll: median (least … most of {repeats})")
    ours = statistics.median(times["iwmon Fetcher"])
    for name, values in times.items():
        middle = statistics.median(values)
        share = f"iwmon takes 1/{middle / ours:.1f}" if name != "iwmon Fetcher" else ""
        print(f"  {name:32} {middle:6.3f} ({min(values):.3f} … {max(values):.3f})  {share}")
    return ours / statistics.median(times["httpx.AsyncClient()"])


async def unchanged_bodies(url: str, polls: int) -> int:
    """Poll a server that ignores conditions; return how many bodies would have been read."""
    async with Fetcher() as fetcher:
        first = await fetcher.fetch(Request("s", url, allow_private=True))
        assert isinstance(first, Fetched)
        request = Request("s", url, body_digest=first.body_digest, allow_private=True)
        started = time.process_time()
        outcomes = [await fetcher.fetch(request) for _ in range(polls)]
        ours = (time.process_time() - started) / polls * 1000
    started = time.process_time()
    feedparser.parse(io.BytesIO(FEED), sanitize_html=False, resolve_relative_uris=False)
    reading = (time.process_time() - started) * 1000
    read = sum(isinstance(outcome, Fetched) for outcome in outcomes)
    print(
        f"\n200 with an unchanged body of {len(FEED) // 1024} KiB: {ours:.3f} ms a poll, "
        f"{read} of {polls} handed on"
    )
    print(f"  reading it with feedparser would cost {reading:.1f} ms each time")
    return read


async def measure(port: int, quick: bool) -> bool:
    """Whether the target is met."""
    repeats, rounds = (3, 4) if quick else (9, 10)
    urls = {path: [f"http://{host}:{port}/{path}" for host in HOSTS] for path in ("304", "close", "200")}
    share = await compare("304, kept alive, 64 in flight", urls["304"], repeats, rounds)
    await compare("304, a new connection each", urls["close"], repeats, max(rounds // 4, 1))
    read = await unchanged_bodies(urls["200"][0], 100)
    met = share <= TARGET and read == 0
    print(
        "\ntarget: at most 1/8 of httpx.AsyncClient()'s CPU, and no unchanged body read; "
        f"result: 1/{1 / share:.1f}, {read} read"
    )
    print("met" if met else "MISSED")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(serve())
        return 0
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            return 0 if asyncio.run(measure(int(server.stdout.readline()), chosen.quick)) else 3
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
