"""/-/ack/TOKEN: acknowledging an alert from its message.

Looking never changes anything, since programs that scan mail follow links. Who acknowledges presses a
button; what that sends is checked against its token, where it comes from, its size and its pace.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from iwmon.alerts.links import Claim, check
from iwmon.alerts.words import clock, safe
from iwmon.config import Settings
from iwmon.store import Store, StoreFailed
from iwmon.stored import Ack, AlertRecord
from iwmon.web.pages import HEADERS, LONGEST_NAME, LONGEST_NOTE, About, Form, page

log = structlog.get_logger("iwmon.web")

LARGEST_BODY = 16_384  # bytes: the longest name and note, in the widest letters, each byte as %XX
POSTS, WITHIN = 30, 60.0  # so many a minute are taken, of all whose link is good
PATIENCE = 10.0  # seconds for a form to arrive
_FORM = "application/x-www-form-urlencoded"


class Acknowledging:
    """Answers for one daemon. `settings`: those in force; `clock`: aware UTC; `monotonic`: seconds."""

    def __init__(
        self,
        store: Store,
        key: bytes,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._key, self._settings = store, key, settings
        self._clock, self._monotonic = clock, monotonic
        self._posts: deque[float] = deque()
        self._turn = asyncio.Lock()  # two who press at once: the second sees the first

    @property
    def host(self) -> str:
        """The host name of settings.url; "" when there is none."""
        return _wire(urlsplit(self._settings().url).hostname or "")

    async def ask(self, request: web.Request) -> web.Response:
        """GET: what is to be acknowledged, and a form. Changes nothing."""
        claim = self._claim(request)
        if isinstance(claim, web.Response):
            return claim
        found = await self._found(claim)
        if isinstance(found, web.Response):
            return found
        record, ack = found
        return self._over(record, ack) or self._asked(record, claim, Form(request.match_info["token"]))

    async def take(self, request: web.Request) -> web.Response:
        """POST: acknowledges, for the name in the form."""
        claim = self._claim(request)
        if isinstance(claim, web.Response):
            return claim
        if not self._from_here(request):
            return _answer(403, "Not from this page", "The form was sent by another site. Nothing was done.")
        if not self._in_pace():
            much = _answer(429, "Too many at once", "Nothing was done. Try again in a minute.")
            much.headers["Retry-After"] = str(round(WITHIN))
            return much
        form = await self._form(request)
        if isinstance(form, web.Response):
            return form
        async with self._turn:
            return await self._taken(claim, form)

    async def _taken(self, claim: Claim, form: Form) -> web.Response:
        found = await self._found(claim)
        if isinstance(found, web.Response):
            return found
        record, ack = found
        over = self._over(record, ack)
        if over:
            return over
        if form.complaint:
            return self._asked(record, claim, form, status=400)
        now = self._clock()
        by = f"{form.name} (link to {claim.receiver})"  # anybody may have typed any name: whose link is known
        try:
            await asyncio.to_thread(self._store.ack, claim.alert, by, form.note, now)
        except StoreFailed as failure:
            return self._failed(failure)
        log.info("acknowledged", alert=claim.alert, receiver=claim.receiver, by=form.name)
        done = f"Acknowledged by {form.name} at {self._time(now)}"
        return _answer(
            200, done, "Reminders and escalation stop. A further rise is a new alert.", self._about(record)
        )

    # ---- what is asked

    def _claim(self, request: web.Request) -> Claim | web.Response:
        """What the address says, or why it is not good."""
        if not self._settings().url:
            return _answer(404, "Not served here", "Alerts are acknowledged here when settings.url is set.")
        found = check(request.match_info["token"], self._key, self._clock())
        if isinstance(found, Claim):
            return found
        if found.claim is None:
            told = (
                "Part of it may be missing: copy the whole address from the message. Or: iwmon alerts ack ID"
            )
            return _answer(403, "This link is not one of ours", told)
        until, alert = self._time(found.claim.expires), found.claim.alert
        return _answer(
            410, "This link is too old", f"It was good until {until}. Now: iwmon alerts ack {alert}"
        )

    def _from_here(self, request: web.Request) -> bool:
        """Whether a form was sent by our own page, as far as a browser says; other programs say nothing."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        ours = (self._settings().url, f"http://{request.host}")
        return _origin(origin) in filter(None, map(_origin, ours))

    def _in_pace(self) -> bool:
        now = self._monotonic()
        while self._posts and now - self._posts[0] >= WITHIN:
            self._posts.popleft()
        if len(self._posts) >= POSTS:
            return False
        self._posts.append(now)
        return True

    async def _form(self, request: web.Request) -> Form | web.Response:
        """What was filled in, cleaned; with a complaint where a person can mend it."""
        if request.content_type != _FORM:
            return _answer(415, "Not a form", "Nothing was done.")
        try:
            async with asyncio.timeout(PATIENCE):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _answer(413, "Too much text", "Nothing was done.")
        except TimeoutError:
            return _answer(408, "The form did not arrive", "Nothing was done. Try again.")
        try:
            fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=3)
        except ValueError:
            return _answer(400, "Not a form of this page", "Nothing was done.")
        token = request.match_info["token"]
        if fields.get("token") != [token] or any(len(values) != 1 for values in fields.values()):
            return _answer(403, "Not the form of this link", "Nothing was done. Open the link again.")
        name, note = (fields.get(key, [""])[0].replace("\r\n", "\n").strip() for key in ("name", "note"))
        form = Form(token, safe(name), safe(note, LONGEST_NOTE))
        if len(name) > LONGEST_NAME:
            return replace(form, complaint=f"The name is longer than {LONGEST_NAME} characters.")
        if len(note) > LONGEST_NOTE:
            return replace(form, complaint=f"The note is longer than {LONGEST_NOTE} characters.")
        if not form.name:
            return replace(form, complaint="Say who you are.")
        return form

    # ---- what is found

    async def _found(self, claim: Claim) -> tuple[AlertRecord, Ack | None] | web.Response:
        """The alert, and the acknowledgement that holds for it: its own, or one of a later rise."""
        try:
            record = await asyncio.to_thread(self._store.alert, claim.alert)
            others = await asyncio.to_thread(self._store.open_alerts, [claim.alert])
        except StoreFailed as failure:
            return self._failed(failure)
        if record.alert.id != claim.alert:
            return _unknown()
        return record, record.acked or (others[0].acked if others else None)

    def _over(self, record: AlertRecord, ack: Ack | None) -> web.Response | None:
        """The page for an alert that there is nothing to acknowledge of; None for one that is open."""
        if record.resolved:
            ended = f"Since {self._time(record.resolved)}: {safe(record.ended)}"
            return _answer(200, "It is over", f"{ended}. There is nothing to do.", self._about(record))
        if ack is None:
            return None
        note = f"“{safe(ack.note, LONGEST_NOTE)}”" if ack.note else "Reminders and escalation have stopped."
        heading = f"Already acknowledged by {safe(ack.by, 160)} at {self._time(ack.at)}"
        return _answer(200, heading, note, self._about(record))

    def _asked(self, record: AlertRecord, claim: Claim, form: Form, status: int = 200) -> web.Response:
        lines = (
            "Its reminders and its escalation stop, for everybody. The level stays what the evidence says.",
            f"Sent to {claim.receiver}; the link is good until {self._time(claim.expires)}. "
            f"More: iwmon explain {claim.alert}",
        )
        return _html(status, page("", lines, self._about(record), form))

    def _failed(self, failure: StoreFailed) -> web.Response:
        if failure.reason == "unknown":
            return _unknown()
        log.error("acknowledge_failed", reason=str(failure), kind=failure.reason)
        return _answer(503, "The database does not answer", "Nothing was done. Try again in a minute.")

    def _about(self, record: AlertRecord) -> About:
        alert = record.alert
        when = self._time(alert.at)
        return About(safe(alert.title), str(alert.severity), when, safe(alert.judgement, 64).upper())

    def _time(self, when: datetime) -> str:
        """In the zone of the configuration; today's without the date."""
        zone, now = ZoneInfo(self._settings().timezone), self._clock()
        local = when.astimezone(zone)
        today = local.date() == now.astimezone(zone).date()
        return f"{local:%H:%M %Z}" if today else clock(when, zone, now)


def _origin(url: str) -> str:
    """Scheme, host and port as a browser's Origin has them; "" for what is no address."""
    try:
        parts = urlsplit(url.casefold())
    except ValueError:
        return ""
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    name, colon, port = parts.netloc.removesuffix(default).partition(":")
    return f"{parts.scheme}://{_wire(name)}{colon}{port}"


def _wire(host: str) -> str:
    """A host name as browsers send it: "wächter.example" is "xn--wchter-bua.example"."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:  # no host has this name: nobody will send it
        return host


def _unknown() -> web.Response:
    return _answer(404, "No such alert", "This database has no alert of that name.")


def _answer(status: int, heading: str, line: str, about: About | None = None) -> web.Response:
    return _html(status, page(heading, (line,), about))


def _html(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)
