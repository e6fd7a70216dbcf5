"""Politeness, measured by the servers: one connection a host, a global limit, pauses, silence, idle lines."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest

from fetch_server import FEED, Outcome, Server, answer, read_head, saying, serving
from iwmon.fetch import Fetcher
from iwmon.fetch.transport import OneAHost
from iwmon.model import Fetched, FetchFailed, NotModified, Request
from patience import PATIENCE, come, ending


def request(url: str, **more: object) -> Request:
    return Request("nn", url, **{"allow_private": True, **more})  # type: ignore[arg-type]


async def slow_answers(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await read_head(server, reader):
        await asyncio.sleep(0.005)
        writer.write(answer(body=FEED))


def test_a_host_has_one_connection_at_a_time() -> None:
    """Eighty feeds of one host, asked for at once, come one after the other over one connection."""

    async def main() -> tuple[Server, list[Outcome]]:
        async with serving(slow_answers) as server, Fetcher() as fetcher:
            urls = [server.url(f"/feed/{n}") for n in range(80)]
            return server, await asyncio.gather(*(fetcher.fetch(request(url)) for url in urls))

    server, outcomes = asyncio.run(main())
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert server.most_open == 1
    assert server.connections == 1
    assert [head.split()[1] for head in server.heads] == [f"/feed/{n}" for n in range(80)], (
        "first come, first served"
    )


def test_one_at_a_time_also_when_connections_do_not_last() -> None:
    """A server that hangs up after each answer, and two ports of one host."""

    async def hasty(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(server, reader)
        await asyncio.sleep(0.002)
        writer.write(answer(body=FEED))
        await writer.drain()

    most = open_now = 0

    async def counted(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most, open_now
        open_now += 1
        most = max(most, open_now)
        await hasty(server, reader, writer)
        open_now -= 1

    async def main() -> list[Outcome]:
        async with serving(counted) as one, serving(counted) as two, Fetcher() as fetcher:
            urls = [one.url(), two.url()] * 20
            return list(await asyncio.gather(*(fetcher.fetch(request(url)) for url in urls)))

    assert all(isinstance(outcome, Fetched) for outcome in asyncio.run(main()))
    assert most == 1


def test_all_hosts_together_share_a_limit() -> None:
    """Sixty hosts, a limit of eight: the server never sees a ninth question."""
    asking = most = 0

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asking, most
        while await read_head(server, reader):
            asking += 1
            most = max(most, asking)
            await asyncio.sleep(0.01)
            asking -= 1
            writer.write(answer(body=FEED))

    async def main() -> list[Outcome]:
        async with serving(speak, "0.0.0.0") as server, Fetcher(limit=8) as fetcher:
            urls = [server.url(host=f"127.0.0.{n}") for n in range(1, 61)]
            return list(await asyncio.gather(*(fetcher.fetch(request(url)) for url in urls)))

    outcomes = asyncio.run(main())
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert most == 8


def test_a_queue_at_one_host_takes_no_place_from_others() -> None:
    """A hundred feeds of a host that hangs leave the places to the rest of the world."""

    async def main() -> list[Outcome]:
        async with (
            serving(saying(b"", then="hang")) as hung,
            serving(saying(answer(body=FEED)), "0.0.0.0") as good,
            Fetcher(limit=4, per_request_seconds=2 * PATIENCE) as fetcher,
        ):
            queue = [asyncio.create_task(fetcher.fetch(request(hung.url(f"/{n}")))) for n in range(100)]
            await asyncio.sleep(0.02)
            urls = [good.url(host=f"127.0.0.{n}") for n in range(2, 30)]
            with ending():
                outcomes = await asyncio.gather(*(fetcher.fetch(request(url)) for url in urls))
            for task in queue:
                task.cancel()
            await asyncio.gather(*queue, return_exceptions=True)
            return list(outcomes)

    assert all(isinstance(outcome, Fetched) for outcome in asyncio.run(main()))


def test_waiting_for_a_turn_does_not_count_against_the_deadline() -> None:
    """Forty feeds at 50 ms each are 2 s of queue; a deadline of 1.5 s hurts none of them."""

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_head(server, reader):
            await asyncio.sleep(0.05)
            writer.write(answer(body=FEED))

    async def main() -> list[Outcome]:
        async with serving(speak) as server, Fetcher(per_request_seconds=1.5) as fetcher:
            urls = [server.url(f"/{n}") for n in range(40)]
            return list(await asyncio.gather(*(fetcher.fetch(request(url)) for url in urls)))

    assert all(isinstance(outcome, Fetched) for outcome in asyncio.run(main()))


def test_a_gap_is_kept_between_two_requests() -> None:
    """Between the end of one and the start of the next, redirects included; others are not slowed."""
    times: list[float] = []

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_head(server, reader):
            times.append(time.monotonic())
            first = len(times) == 1
            writer.write(answer("302 Found", b"", "Location: /b") if first else answer(body=FEED))

    async def main() -> int:
        gaps = {"127.0.0.1": timedelta(seconds=0.5)}
        async with (
            serving(speak) as server,
            serving(saying(answer(body=FEED)), "0.0.0.0") as other,
            Fetcher(gaps=gaps) as fetcher,
        ):
            slow = [asyncio.create_task(fetcher.fetch(request(server.url(f"/{n}")))) for n in range(3)]
            urls = [other.url(host=f"127.0.0.{n}") for n in range(2, 10)]
            await asyncio.gather(*(fetcher.fetch(request(url)) for url in urls))
            asked_meanwhile = len(times)
            await asyncio.gather(*slow)
            return asked_meanwhile

    assert asyncio.run(main()) <= 2, "the others were done before the gap had passed twice"
    assert len(times) == 4
    assert all(later - earlier >= 0.149 for earlier, later in pairwise(times))


def test_too_many_requests_silences_the_host() -> None:
    """After 429 with Retry-After nobody asks that host again, whatever the feed; others are not affected."""

    async def main() -> tuple[Server, list[Outcome], Outcome]:
        busy = answer("429 Too Many Requests", b"", "Retry-After: 3600")
        async with (
            serving(saying(busy)) as server,
            serving(saying(answer(body=FEED)), "0.0.0.0") as other,
            Fetcher() as fetcher,
        ):
            urls = [server.url(f"/feed/{n}") for n in range(50)]
            outcomes = await asyncio.gather(*(fetcher.fetch(request(url)) for url in urls))
            return server, list(outcomes), await fetcher.fetch(request(other.url(host="127.0.0.2")))

    server, outcomes, other = asyncio.run(main())
    assert len(server.heads) == 1
    for outcome in outcomes:
        assert isinstance(outcome, FetchFailed)
        assert outcome.retry_after is not None
        assert timedelta(seconds=3590) < outcome.retry_after <= timedelta(hours=1)
    assert isinstance(outcomes[1], FetchFailed)
    assert outcomes[1].detail == "not asked: the host wants no requests for a while"
    assert isinstance(other, Fetched)


def test_silence_ends() -> None:
    """After the time that it asked for, a host is asked again; 503 silences only the one source."""

    async def main() -> list[Outcome]:
        busy = answer("429 Too Many Requests", b"", "Retry-After: 1")
        down = answer("503 Service Unavailable", b"", "Retry-After: 3600")
        async with serving(saying(busy, down, answer(body=FEED))) as server, Fetcher() as fetcher:
            outcomes = [await fetcher.fetch(request(server.url()))]
            await asyncio.sleep(1.05)
            return outcomes + [await fetcher.fetch(request(server.url())) for _ in range(2)]

    first, second, third = asyncio.run(main())
    assert isinstance(first, FetchFailed)
    assert isinstance(second, FetchFailed)
    assert "503" in second.detail
    assert isinstance(third, Fetched)


# ---------------------------------------------------------------- idle connections


def test_a_connection_is_used_again() -> None:
    """Polls of one host share a connection, whatever came back, if the answer was complete."""

    async def main() -> int:
        said = [
            answer(body=FEED),
            answer("304 Not Modified"),
            answer("404 Not Found", b"gone"),
            answer("302 Found", b"", "Location: /x"),
            answer("204 No Content"),
        ]
        async with serving(saying(*said)) as server, Fetcher() as fetcher:
            kinds = [type(await fetcher.fetch(request(server.url(), etag='"a"'))) for _ in range(4)]
            assert kinds == [Fetched, NotModified, FetchFailed, Fetched]
            return server.connections

    assert asyncio.run(main()) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    """The race between an idle connection's end and the next poll costs nothing."""

    async def main() -> tuple[int, list[Outcome]]:
        async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_head(server, reader)
            writer.write(answer(body=FEED))
            await writer.drain()
            if server.connections % 2:
                await read_head(server, reader)  # takes the next question and hangs up without a word

        async with serving(speak) as server, Fetcher() as fetcher:
            outcomes = []
            for pause in (0.0, 0.0, 0.02, 0.0, 0.02):
                outcomes.append(await fetcher.fetch(request(server.url())))
                await asyncio.sleep(pause)
            return server.connections, outcomes

    connections, outcomes = asyncio.run(main())
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert connections >= 3


def test_a_connection_on_which_too_much_was_said_is_not_used_again() -> None:
    """Bytes after an answer, at once or later, cannot become the next answer."""
    forged = answer(body=b"forged")

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_head(server, reader):
            writer.write(answer(body=FEED))
            if len(server.heads) % 2:
                await writer.drain()
                await asyncio.sleep(0.01)
            writer.write(forged)

    async def main() -> list[Outcome]:
        async with serving(speak) as server, Fetcher() as fetcher:
            outcomes = []
            for _ in range(6):
                outcomes.append(await fetcher.fetch(request(server.url())))
                await asyncio.sleep(0.02)
            return outcomes

    outcomes = asyncio.run(main())
    assert all(isinstance(outcome, Fetched) and outcome.body == FEED for outcome in outcomes)


def test_what_a_busy_loop_has_not_read_yet_is_no_answer_either() -> None:
    """Bytes that wait in the socket when the next question is due: another connection asks it."""
    writers: list[asyncio.StreamWriter] = []

    async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await read_head(server, reader):
            writer.write(answer(body=FEED))

    async def main() -> tuple[int, Outcome]:
        async with serving(speak) as server, Fetcher() as fetcher:
            assert isinstance(await fetcher.fetch(request(server.url())), Fetched)
            writers[0].write(answer(body=b"forged"))
            return len(writers), await fetcher.fetch(request(server.url()))

    before, outcome = asyncio.run(main())
    assert isinstance(outcome, Fetched)
    assert outcome.body == FEED
    assert (before, len(writers)) == (1, 2)


def test_a_line_opened_with_leave_is_not_used_without() -> None:
    """A source without allow_private gains nothing from another one's connection to the same host."""

    async def main() -> tuple[Server, Outcome]:
        async with serving(saying(answer(body=FEED))) as server, Fetcher() as fetcher:
            assert isinstance(await fetcher.fetch(request(server.url())), Fetched)
            return server, await fetcher.fetch(request(server.url(), allow_private=False))

    server, outcome = asyncio.run(main())
    assert isinstance(outcome, FetchFailed)
    assert "loopback" in outcome.detail
    assert len(server.heads) == 1


@pytest.mark.parametrize("then", ["stay", "close"])
def test_idle_connections_are_closed_in_time_and_are_few(then: str) -> None:
    """None is kept beyond its time, nor more than 64; and closing the transport closes them all."""

    async def main() -> None:
        async with serving(saying(answer(body=FEED), then=then), "0.0.0.0") as server:
            transport = OneAHost(
                resolve=nobody,
                tls=httpx.create_ssl_context,
                max_bytes=10_000,
                connect_seconds=1,
                idle_seconds=3,  # longer than a busy machine takes for all of them
            )
            async with httpx.AsyncClient(transport=transport) as client:
                for n in range(1, 101):
                    question = httpx.Request(
                        "GET", server.url(host=f"127.0.0.{n}"), extensions={"allow_private": True}
                    )
                    await (await client.send(question)).aclose()
                kept = 64 if then == "stay" else 0
                await come(lambda: server.open_now == kept)
                await come(lambda: server.open_now == 0)
                await (await client.send(question)).aclose()
            await come(lambda: server.open_now == 0)

    asyncio.run(main())


async def nobody(host: str) -> list[str]:
    raise OSError(-2, "Name or service not known")
