"""Name → checked addresses → one connection to the very address that was checked.

A host is looked up once. If any of its addresses is not permitted, the host is refused: an attacker who
mixes a public address with an inner one, or changes the answer between check and use, gains nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence

from iwmon.fetch.addresses import INNER, kind_of, permitted
from iwmon.fetch.wire import Connection, WireFailure

Resolve = Callable[[str], Awaitable[Sequence[str]]]  # host → IP addresses; raises OSError

ADDRESSES_TRIED = 4
SECONDS_PER_ADDRESS = 4.0


async def lookup(host: str) -> list[str]:
    """The IP addresses of a host, as the operating system finds them. Raises OSError.

    One daemon thread a look-up, not a pool: a name server that hangs must hold up neither the other
    look-ups nor the end of the process. How many run is bounded by the fetcher's limit.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def work() -> None:
        found: list[str] | OSError
        try:
            rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except UnicodeError:
            found = OSError("not a host name")
        except OSError as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits for this answer
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=work, name="iwmon-lookup", daemon=True).start()
    return await answer


async def dial(
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None,
    allow_private: bool,
    resolve: Resolve,
    max_bytes: int,
) -> Connection:
    """A connection to `host` at an address that is permitted. Raises WireFailure."""
    addresses = await _checked(host, allow_private, resolve)
    sock = await _connect(addresses, port)
    loop = asyncio.get_running_loop()
    try:
        _, connection = await loop.create_connection(
            lambda: Connection(max_bytes),
            sock=sock,
            ssl=tls,
            server_hostname=host if tls else None,
            ssl_shutdown_timeout=1.0 if tls else None,
        )
    except ssl.SSLCertVerificationError as error:
        raise WireFailure(f"TLS certificate refused: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise WireFailure(f"TLS failed: {(error.reason or 'no common protocol').lower()}") from error
    except OSError as error:
        raise WireFailure("the connection closed while TLS was set up") from error
    return connection


async def _checked(host: str, allow_private: bool, resolve: Resolve) -> Sequence[str]:
    """All addresses of a host, every one of them permitted."""
    if kind_of(host) != "unreadable":
        addresses: Sequence[str] = [host]
    else:
        try:
            addresses = await resolve(host)
        except OSError as error:
            reason = error.strerror or str(error) or "no reason given"
            raise WireFailure(f"could not resolve host: {reason}") from error
    if not addresses:
        raise WireFailure("could not resolve host: it has no address")
    for address in addresses:
        if not permitted(address, allow_private=allow_private):
            raise WireFailure(f"refused: the host is not on the public internet ({_why(address)})")
    return addresses


def _why(address: str) -> str:
    kind = kind_of(address)
    if kind in INNER:
        return f"{kind} address; `allow_private: true` lets a source be there"
    return f"{kind} address"


async def _connect(addresses: Sequence[str], port: int) -> socket.socket:
    """A connected socket to the first address that answers, both families taking turns."""
    loop = asyncio.get_running_loop()
    problem = ""
    for address in _alternating(addresses)[:ADDRESSES_TRIED]:
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(SECONDS_PER_ADDRESS):
                await loop.sock_connect(sock, (address, port))
        except TimeoutError:
            sock.close()
            problem = "nobody answers"
        except OSError as error:
            sock.close()
            problem = os.strerror(error.errno).lower() if error.errno else "no reason given"
        except BaseException:  # cancelled: the socket must not outlive the one who asked for it
            sock.close()
            raise
        else:
            return sock
    raise WireFailure(f"could not connect: {problem}", timeout=problem == "nobody answers")


def _alternating(addresses: Sequence[str]) -> list[str]:
    """The resolver's order, but with the families interleaved: a dead IPv6 route costs one try."""
    first = [a for a in addresses if (":" in a) == (":" in addresses[0])]
    other = [a for a in addresses if (":" in a) != (":" in addresses[0])]
    mixed: list[str] = []
    while first or other:
        mixed += first[:1] + other[:1]
        first, other = first[1:], other[1:]
    return mixed
