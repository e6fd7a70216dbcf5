"""No source reaches an inner address unless it is configured to: a canary on loopback counts who knocks."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import subprocess
from pathlib import Path

import pytest

from fetch_server import FEED, Outcome, Server, answer, saying, serving
from iwmon.fetch import Fetcher, dial
from iwmon.fetch.addresses import permitted
from iwmon.fetch.dial import lookup
from iwmon.model import FeedState, Fetched, FetchFailed, Request

OUTSIDE = "127.77.0.1"  # stands for the public internet in these tests, and nothing else does

# fmt: off
SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001",
    "0x7f.1", "0x7F.0x0.0x0.0x1", "017700000001", "0177.0.0.1", "0177.1", "0", "0.0.0.0",
    "0x0", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "LoCaLhOsT", "127。0。0。1",
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "ｌｏｃａｌｈｏｓｔ", "127%2E0%2E0%2E1", "%31%32%37.0.0.1",
    "user@127.0.0.1", "example.com:80@127.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
    "[::7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fec0::1]", "[fd00::1]",
    "[ff02::1]", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1",
    "198.18.0.1", "240.0.0.1", "255.255.255.255", "224.0.0.1", "inner.example",
    "inner6.example", "mapped.example", "nat64.example", "mixed.example", "mixed6.example",
    "nowhere.example", "nonsense.example",
]
# fmt: on

ZONE = {
    "outside.example": [OUTSIDE],
    "inner.example": ["127.0.0.1"],
    "inner6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "mixed.example": [OUTSIDE, "127.0.0.1"],
    "mixed6.example": [OUTSIDE, "::1"],
    "nowhere.example": [],
    "nonsense.example": ["localhost"],
}


async def resolve(host: str) -> list[str]:
    """The zone above, and for all else what the operating system really makes of a spelling."""
    if host.endswith(".example"):
        return ZONE[host]
    return await lookup(host)


@pytest.fixture(autouse=True)
def the_internet_is_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only OUTSIDE counts as public beyond what really is; there is no other way to be outside in a test."""

    def on_the_internet(address: str, *, allow_private: bool) -> bool:
        return address == OUTSIDE or permitted(address, allow_private=allow_private)

    monkeypatch.setattr(dial, "permitted", on_the_internet)


def strict(url: str) -> Request:
    return Request("nn", url)


def refused(outcome: Outcome) -> None:
    assert isinstance(outcome, FetchFailed), outcome
    assert outcome.state is FeedState.ERROR, outcome
    assert "canary" not in outcome.detail


def test_there_are_more_than_forty_spellings() -> None:
    """As many as the promise says."""
    assert len(set(SPELLINGS)) >= 40


def test_no_spelling_of_a_host_reaches_the_canary() -> None:
    """Asked for directly, under http and https."""

    async def main() -> int:
        async with (
            serving(saying(answer(body=FEED)), "0.0.0.0", "::") as canary,
            Fetcher(resolve=resolve) as fetcher,
        ):
            for spelling in SPELLINGS:
                for scheme in ("http", "https"):
                    refused(await fetcher.fetch(strict(f"{scheme}://{spelling}:{canary.port}/canary")))
            return canary.connections

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect"])
def test_no_redirect_reaches_the_canary(status: str) -> None:
    """A public source that points inside: each spelling is checked like the first address was."""

    async def main() -> tuple[int, int]:
        location = ""

        async def speak(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await saying(answer(status, b"", f"Location: {location}"))(server, reader, writer)

        async with (
            serving(saying(answer(body=FEED)), "0.0.0.0", "::") as canary,
            serving(speak, OUTSIDE) as outside,
            Fetcher(resolve=resolve) as fetcher,
        ):
            for spelling in SPELLINGS:
                location = f"http://{spelling}:{canary.port}/canary".encode().decode("latin-1")
                refused(await fetcher.fetch(strict(outside.url(host="outside.example"))))
            return canary.connections, len(outside.heads)

    assert asyncio.run(main()) == (0, len(SPELLINGS))


def test_names_that_change_their_minds_do_not_reach_the_canary() -> None:
    """DNS rebinding: public at one look-up, inner at the next. One look-up a connection, checked."""
    asked: list[str] = []

    async def flip_flop(host: str) -> list[str]:
        asked.append(host)
        return [OUTSIDE] if len(asked) % 2 else ["127.0.0.1"]

    async def main() -> tuple[int, int, list[Outcome]]:
        speak = saying(answer(body=FEED), then="close")
        async with (
            serving(speak, OUTSIDE) as outside,
            serving(speak, "127.0.0.1", port=outside.port) as canary,
            Fetcher(resolve=flip_flop) as fetcher,
        ):
            url = f"http://rebind.example:{canary.port}/"
            outcomes = [await fetcher.fetch(strict(url)) for _ in range(80)]
            return canary.connections, outside.connections, outcomes

    inside, outside, outcomes = asyncio.run(main())
    assert inside == 0
    assert outside == len(asked) / 2 == 40
    assert all(isinstance(outcome, Fetched) for outcome in outcomes[::2])
    for outcome in outcomes[1::2]:
        refused(outcome)


def test_the_address_that_was_checked_is_the_one_that_is_dialled() -> None:
    """After the check nobody is asked again: a system resolver that lies has no say."""

    async def main() -> tuple[int, Outcome]:
        async with (
            serving(saying(answer(body=FEED)), OUTSIDE) as outside,
            Fetcher(resolve=resolve) as fetcher,
        ):
            outcome = await fetcher.fetch(strict(f"http://outside.example:{outside.port}/"))
            return outside.connections, outcome

    connections, outcome = asyncio.run(main())
    assert connections == 1
    assert isinstance(outcome, Fetched)


def test_allow_private_permits_loopback_and_says_so() -> None:
    """The way out is named in the refusal, and it works; other forbidden addresses stay forbidden."""

    async def main() -> list[Outcome]:
        async with serving(saying(answer(body=FEED))) as server, Fetcher() as fetcher:
            return [
                await fetcher.fetch(strict(server.url())),
                await fetcher.fetch(Request("nn", server.url(), allow_private=True)),
                await fetcher.fetch(Request("nn", server.url(host="localhost"), allow_private=True)),
                await fetcher.fetch(Request("nn", server.url(host="[::ffff:127.0.0.1]"), allow_private=True)),
                await fetcher.fetch(Request("nn", server.url(host="169.254.169.254"), allow_private=True)),
                await fetcher.fetch(Request("nn", server.url(host="0.0.0.0"), allow_private=True)),
            ]

    without, by_number, by_name, mapped, metadata, zero = asyncio.run(main())
    assert isinstance(without, FetchFailed)
    assert "loopback" in without.detail
    assert "allow_private: true" in without.detail
    assert isinstance(by_number, Fetched)
    assert isinstance(by_name, Fetched)
    assert isinstance(mapped, Fetched)
    refused(metadata)
    refused(zero)


def test_a_private_source_may_redirect_within() -> None:
    """allow_private holds for the whole fetch of that source, redirects included."""

    async def main() -> Outcome:
        async with serving(saying(answer(body=FEED)), "127.0.0.2") as other:
            hop = answer("302 Found", b"", f"Location: {other.url(host='127.0.0.2')}")
            async with serving(saying(hop)) as first, Fetcher() as fetcher:
                return await fetcher.fetch(first.request())

    assert isinstance(asyncio.run(main()), Fetched)


def test_both_families_take_turns() -> None:
    """A dead IPv6 route costs one try, not all of them."""
    order = dial._alternating(["2a00::1", "2a00::2", "2a00::3", "192.0.2.1", "192.0.2.2"])
    assert order == ["2a00::1", "192.0.2.1", "2a00::2", "192.0.2.2", "2a00::3"]
    assert [ipaddress.ip_address(a).version for a in order[:4]] == [6, 4, 6, 4]


def test_a_slow_name_server_holds_up_nobody() -> None:
    """Look-ups that hang end at the connect deadline and leave the others alone."""

    async def slow(host: str) -> list[str]:
        await asyncio.sleep(60 if "slow" in host else 0)
        return [OUTSIDE]

    async def main() -> list[Outcome]:
        async with (
            serving(saying(answer(body=FEED)), OUTSIDE) as outside,
            Fetcher(resolve=slow, connect_seconds=0.3) as fetcher,
        ):
            hosts = [f"slow{n}.example" for n in range(20)] + [f"quick{n}.example" for n in range(5)]
            urls = [f"http://{host}:{outside.port}/" for host in hosts]
            return list(await asyncio.gather(*(fetcher.fetch(strict(url)) for url in urls)))

    outcomes = asyncio.run(main())
    assert all(isinstance(o, FetchFailed) and o.state is FeedState.TIMEOUT for o in outcomes[:20])
    assert all(isinstance(outcome, Fetched) for outcome in outcomes[20:])


# ---------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A good and an expired self-signed certificate for feed.example, made on the spot."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "names").write_text("subjectAltName=DNS:feed.example")

    def openssl(command: str) -> None:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)

    curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl(f"req -new {curve} -subj /CN=feed.example -keyout key.pem -out request.pem")
    made = {}
    for name, days in (("good", 2), ("expired", -1)):
        made[name] = folder / f"{name}.pem"
        openssl(f"x509 -req -in request.pem -signkey key.pem -days {days} -extfile names -out {name}.pem")
        made[name].write_bytes((folder / "key.pem").read_bytes() + made[name].read_bytes())
    return made


@pytest.mark.parametrize(
    ("certificate", "trusted", "host", "says"),
    [
        ("good", True, "feed.example", None),
        ("good", False, "feed.example", "self-signed certificate"),
        ("good", True, "other.example", "not valid for 'other.example'"),
        ("expired", True, "feed.example", "certificate has expired"),
    ],
)
def test_certificates_are_checked_against_the_name(
    certificates: dict[str, Path], certificate: str, trusted: bool, host: str, says: str | None
) -> None:
    """TLS to the checked address, with the name that was asked for; each refusal has its words."""
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificates[certificate])
    client_side = ssl.create_default_context(cafile=certificates[certificate] if trusted else None)

    async def main() -> list[Outcome]:
        async with (
            serving(saying(answer(body=FEED)), OUTSIDE, ssl=server_side) as server,
            Fetcher(resolve=everywhere, tls=lambda: client_side) as fetcher,
        ):
            return [await fetcher.fetch(strict(f"https://{host}:{server.port}/")) for _ in range(2)]

    for outcome in asyncio.run(main()):
        if says is None:
            assert isinstance(outcome, Fetched)
        else:
            assert isinstance(outcome, FetchFailed)
            assert outcome.detail.startswith("TLS certificate refused: ")
            assert says in outcome.detail


def test_a_server_that_speaks_no_tls() -> None:
    """https to a plain port is a failure in words."""

    async def main() -> list[Outcome]:
        outcomes = []
        for then in ("close", "reset"):
            async with (
                serving(saying(answer(body=FEED), then=then), OUTSIDE) as server,
                Fetcher(resolve=everywhere, connect_seconds=0.2) as fetcher,
            ):
                outcomes.append(await fetcher.fetch(strict(f"https://feed.example:{server.port}/")))
        return outcomes

    for outcome in asyncio.run(main()):
        assert isinstance(outcome, FetchFailed)


async def everywhere(host: str) -> list[str]:
    return [OUTSIDE]
