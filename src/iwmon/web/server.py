"""The small HTTP server: shows snapshots and takes acknowledgements, on loopback unless told otherwise."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from iwmon.alerts.links import PATH
from iwmon.web.acknowledging import LARGEST_BODY, Acknowledging

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the daemon is willing to say of itself; holds no secret."""

    healthy: bool
    ready: bool
    reason: str  # "" when healthy and ready
    seconds_since_step: float | None
    config: dict[str, Any] = field(default_factory=dict)  # digest, loaded, error
    sources: dict[str, int] = field(default_factory=dict)  # by feed state
    deliveries: dict[str, int] = field(default_factory=dict)  # by state
    alerts: dict[str, int] = field(default_factory=dict)  # open, and of those acknowledged, suppressed


def allowed_host(header: str, bound: str, public: str = "") -> bool:
    """Whether a Host header names this server: a page elsewhere must not reach it by a DNS trick.

    `public`: the host name under which people reach it, where there is one.
    """
    if header.startswith("["):  # [::1] or [::1]:9808
        name = header[1:].partition("]")[0]
    else:
        name = header.rsplit(":", 1)[0] if header.count(":") == 1 else header
    name = name.casefold()
    if name in ("localhost", bound) or (public and name == public.casefold()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def application(
    view: Callable[[], Snapshot],
    metrics: Callable[[], bytes],
    bound: str,
    acknowledging: Acknowledging | None = None,
) -> web.Application:
    """The routes. GET only, but for acknowledging; every answer carries the security headers.

    The host of settings.url reaches the pages for acknowledging and nothing else: what a proxy opens to
    phones is not what the operator's monitoring sees.
    """

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        public = acknowledging.host if acknowledging and request.path.startswith(PATH) else ""
        if not allowed_host(request.host, bound, public):
            return web.Response(status=403, text="this host name is not served here\n", headers=HEADERS)
        try:
            answer = await handler(request)
        except web.HTTPException as refused:
            refused.headers.update(HEADERS)
            raise
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)  # a page with a form says more of itself
        return answer

    async def healthy(_: web.Request) -> web.Response:
        now = view()
        return web.Response(status=200 if now.healthy else 503, text=f"{now.reason or 'ok'}\n")

    async def ready(_: web.Request) -> web.Response:
        now = view()
        return web.Response(status=200 if now.ready else 503, text=f"{now.reason or 'ok'}\n")

    async def status(_: web.Request) -> web.Response:
        return web.json_response(asdict(view()))

    async def exposition(_: web.Request) -> web.Response:
        return web.Response(
            body=metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    app = web.Application(middlewares=[guard], client_max_size=LARGEST_BODY)
    app.router.add_get("/-/healthy", healthy)
    app.router.add_get("/-/ready", ready)
    app.router.add_get("/-/status", status)
    app.router.add_get("/metrics", exposition)
    if acknowledging:
        app.router.add_get(PATH + "{token}", acknowledging.ask, allow_head=False)
        app.router.add_post(PATH + "{token}", acknowledging.take)
    return app


async def serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Start serving; the caller awaits `cleanup()`. Raises OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
