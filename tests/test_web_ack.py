"""Acknowledging from a message, over real HTTP: who may, what is said, and that looking changes nothing."""

from __future__ import annotations

import asyncio
import html
import http.client
import re
import string
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from iwmon import web
from iwmon.alerts.links import GOOD_FOR, PATH, link
from iwmon.config import Settings
from iwmon.store import Store
from iwmon.web.acknowledging import POSTS, WITHIN, Acknowledging
from iwmon.web.pages import LONGEST_NAME, LONGEST_NOTE
from nouns import HOUR, NOON
from store_nouns import alert, delivery, step
from world import World, free_port, rss, until

KEY = b"0123456789abcdef0123456789abcdef"
BASE = "https://iwmon.example"
FORM = "application/x-www-form-urlencoded"
TITLE = 'CRITICAL: <b>Mobilisation</b> & "readiness" {x} </style><script>alert(1)</script>'


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Desk:
    """A server on loopback with one alert in a real database, and a clock that is told the time."""

    store: Store
    port: int
    now: datetime = NOON
    ticks: float = 0.0
    settings: Settings = field(default_factory=lambda: Settings(timezone="Europe/Warsaw", url=BASE))

    def token(self, alert: str = "a0001", expires: datetime | None = None, key: bytes = KEY) -> str:
        return link("", alert, "duty-desk", expires or self.now + GOOD_FOR, key).removeprefix(PATH)

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | str | None = None,
        host: str = "",
        **headers: str,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {"Host": headers.pop("Host", "") or host or f"127.0.0.1:{self.port}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def post(self, token: str, name: str = "Ana", note: str = "", **more: str) -> Answer:
        """The form, as a browser on our own page sends it."""
        fields = {"token": token, "name": name, "note": note}
        headers = {"Content_Type": FORM, "Origin": BASE, "Sec_Fetch_Site": "same-origin"} | more
        return self.ask(PATH + token, "POST", urlencode(fields, errors="replace"), **headers)

    def acks(self) -> list[tuple[str, str]]:
        return [(one.by, one.note) for one in self.store.alert("a0001").acks]

    def entries(self) -> int:
        return len(list(self.store.ledger_all()))


@contextmanager
def served(store: Store) -> Iterator[Desk]:
    """The real application on a port of its own, on a loop in a thread."""
    desk = Desk(store, free_port())
    loop = asyncio.new_event_loop()

    async def start() -> object:
        acks = Acknowledging(store, KEY, lambda: desk.settings, lambda: desk.now, lambda: desk.ticks)
        app = web.application(lambda: web.Snapshot(True, True, "", 1.0), lambda: b"up 1\n", "127.0.0.1", acks)
        return await web.serve(app, "127.0.0.1", desk.port)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield desk
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)  # type: ignore[attr-defined]
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def newly_told(folder: Path) -> Iterator[Desk]:
    """A desk with one critical alert, an hour old, that nobody has acknowledged."""
    with Store.open(f"sqlite:///{folder / 'iwmon.db'}") as store:
        raised = alert(1, NOON - HOUR, severity="critical", after="critical", title=TITLE)
        store.commit(step(NOON - HOUR, alerts=(raised,), deliveries=(delivery(1, at=NOON - HOUR),)))
        with served(store) as made:
            yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with newly_told(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with newly_told(tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def closed(shared: Desk) -> Iterator[Desk]:
    """A desk at which nothing may be acknowledged: the tests of all that is refused."""
    shared.ticks += WITHIN
    yield shared
    assert shared.acks() == []


def seen(page: str) -> str:
    """The words that a person sees."""
    body = re.sub(r"<(style|title)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


PLAIN = {"html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "p"}


def skeleton(page: str) -> list[tuple[str, list[str]]]:
    """The elements of a page, each with the names of its attributes: what a text must never change."""
    found: list[tuple[str, list[str]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, [name for name, _ in attrs]))

    Reader().feed(page)
    return found


# ---------------------------------------------------------------- looking


def test_the_page_shows_the_alert_and_asks_who(closed: Desk) -> None:
    """Title, severity, judgement, time in the user's zone; fields for a name and a note; what will happen."""
    answer = closed.ask(PATH + closed.token())
    assert answer.status == 200
    words = seen(answer.body)
    assert TITLE in words
    assert "critical · KJ-2 · 13:00 CEST" in words
    assert "Its reminders and its escalation stop, for everybody." in words
    assert "Sent to duty-desk; the link is good until 17 Oct 14:00 CEST." in words
    for part in ('name="name" required maxlength="80"', 'name="note" maxlength="500"', 'type="submit"'):
        assert part in answer.body
    assert f'name="token" value="{closed.token()}"' in answer.body
    assert answer.body.count("<form") == 1
    assert "<script" not in answer.body.replace(html.escape(TITLE), "")
    assert not re.search(r"(?:src|href|action)=", answer.body)


def test_every_answer_has_the_security_headers(closed: Desk) -> None:
    """The pages allow their own style by its digest and a form to themselves; nothing else at all."""
    forged = PATH + "1.2.a.b." + "a" * 52
    for path, method in (
        (PATH + closed.token(), "GET"),
        (forged, "GET"),
        (PATH + closed.token(), "PUT"),
        (PATH, "GET"),
    ):
        headers = closed.ask(path, method).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    policy = closed.ask(PATH + closed.token()).headers["Content-Security-Policy"]
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'", policy)


def test_looking_changes_nothing(closed: Desk) -> None:
    """Not a hundred GETs and HEADs of a program that follows every link in the mail."""
    before = closed.entries()
    for _ in range(50):
        assert closed.ask(PATH + closed.token()).status == 200
        assert closed.ask(PATH + closed.token(), "HEAD").status == 405
    assert closed.entries() == before


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(closed: Desk, method: str) -> None:
    answer = closed.ask(PATH + closed.token(), method)
    assert answer.status == 405
    assert {one.strip() for one in answer.headers["Allow"].split(",")} == {"GET", "POST"}


# ---------------------------------------------------------------- acknowledging


def test_the_form_acknowledges_once(desk: Desk) -> None:
    """With name, note and whose link it was; the page says so, and so does the ledger."""
    answer = desk.post(desk.token(), "Ana Ruiz", "called\r\nthe desk")
    assert answer.status == 200
    assert "Acknowledged by Ana Ruiz at 14:00 CEST" in seen(answer.body)
    assert "Reminders and escalation stop." in seen(answer.body)
    assert desk.acks() == [("Ana Ruiz (link to duty-desk)", "called the desk")]
    last = desk.store.ledger("a0001")[-1]
    assert (last.event, last.detail, last.at) == (
        "acked",
        "Ana Ruiz (link to duty-desk): called the desk",
        NOON,
    )
    assert desk.store.open_alerts()[0].acked is not None


def test_an_acknowledged_alert_says_by_whom(desk: Desk) -> None:
    """To whoever looks or presses next; the first word stands."""
    desk.post(desk.token(), "Ana", "on it")
    desk.now = NOON + HOUR
    for answer in (desk.ask(PATH + desk.token()), desk.post(desk.token(), "Ben")):
        assert answer.status == 200
        assert "Already acknowledged by Ana (link to duty-desk) at 14:00 CEST “on it”" in seen(answer.body)
        assert "<form" not in answer.body
    assert len(desk.acks()) == 1
    desk.store.unack("a0001", "Ana", desk.now)
    assert "<form" in desk.ask(PATH + desk.token()).body


def test_the_acknowledgement_of_a_later_rise_covers_it(desk: Desk) -> None:
    """As the reminders see it."""
    later = alert(2, NOON, severity="critical", after="critical")
    desk.store.commit(step(NOON, alerts=(later,), deliveries=(delivery(2, at=NOON),)))
    desk.store.ack("a0002", "Cleo", "", NOON)
    assert "Already acknowledged by Cleo" in seen(desk.ask(PATH + desk.token()).body)


def test_what_is_over_needs_nobody(desk: Desk) -> None:
    """Looking and pressing both say what ended it, and record nothing."""

    @dataclass
    class Ended:
        alert: str = "a0001"
        why: str = "critical → watch"

    desk.store.resolve([Ended()], [], NOON)
    for answer in (desk.ask(PATH + desk.token()), desk.post(desk.token())):
        assert answer.status == 200
        assert "It is over Since 14:00 CEST: critical → watch." in seen(answer.body)
    assert desk.acks() == []


def test_two_who_press_at_once_are_one_acknowledgement(desk: Desk) -> None:
    """Six browsers, one entry."""
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(desk.post(desk.token(), f"P{n}")))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [one.status for one in answers] == [200] * 6
    assert sum("Acknowledged by" in seen(one.body).split(" at ")[0] for one in answers) == 1
    assert len(desk.acks()) == 1


# ---------------------------------------------------------------- refusals


def test_links_that_are_not_good(closed: Desk) -> None:
    """Expired: 410, with the command that still works. Forged: 403. No such alert: 404. For both methods."""
    old, unknown = closed.token(expires=NOON), closed.token("ffff")
    forged = [
        closed.token(key=b"x" * 32),
        closed.token()[:-1] + ("a" if closed.token()[-1] != "a" else "b"),
        "1.2.3",
        "%2e%2e",
    ]
    for method in (closed.ask, lambda path: closed.post(path.removeprefix(PATH))):
        answer = method(PATH + old)
        assert answer.status == 410
        assert "It was good until 14:00 CEST. Now: iwmon alerts ack a0001" in seen(answer.body)
        assert method(PATH + unknown).status == 404
        assert [method(PATH + one).status for one in forged] == [403] * 4


@pytest.mark.parametrize("path", ["", "a/b", "/", "../status"])
def test_no_other_path_is_served(closed: Desk, path: str) -> None:
    assert closed.ask(PATH + path).status in (403, 404)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Origin": "http://[", "Host": "[::1"},
        {"Origin": ""},
        {"Origin": "http://iwmon.example"},
        {"Origin": "https://iwmon.example.evil.example"},
        {"Origin": "https://iwmon.example:8443"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(closed: Desk, headers: dict[str, str]) -> None:
    """403, whichever of the two headers says so."""
    answer = closed.post(closed.token(), **headers)
    assert answer.status == 403


@pytest.mark.parametrize(
    "origin", ["https://iwmon.example", "https://IWMON.example:443", "http://127.0.0.1:{port}"]
)
def test_our_own_origins_are_taken(desk: Desk, origin: str) -> None:
    """That of settings.url, and that of the loopback address as it was called."""
    assert desk.post(desk.token(), Origin=origin.format(port=desk.port)).status == 200
    assert len(desk.acks()) == 1


def test_a_program_without_these_headers_may(desk: Desk) -> None:
    """The signed token is what counts; only browsers can be made to send what their owner did not ask for."""
    body = urlencode({"token": desk.token(), "name": "script", "note": ""})
    assert desk.ask(PATH + desk.token(), "POST", body, Content_Type=FORM).status == 200


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("name", "Ana")], 403),  # no token
        ([("token", "{other}"), ("name", "Ana")], 403),
        ([("token", "{token}"), ("token", "{token}"), ("name", "Ana")], 403),
        ([("token", "{token}"), ("name", "Ana"), ("note", ""), ("more", "1")], 400),
        ([("token", "{token}"), ("name", "")], 400),
        ([("token", "{token}")], 400),
        ([("token", "{token}"), ("name", " \t\u200b\x07 ")], 400),  # nothing that can be seen
        ([("token", "{token}"), ("name", "x" * (LONGEST_NAME + 1))], 400),
        ([("token", "{token}"), ("name", "Ana"), ("note", "x" * (LONGEST_NOTE + 1))], 400),
        ([("token", "{token}"), ("name", "Ana"), ("note", "x" * 20_000)], 413),
    ],
)
def test_forms_that_are_not_right(closed: Desk, fields: list[tuple[str, str]], status: int) -> None:
    """Each with its status; nothing is recorded."""
    token = closed.token()
    filled = [(key, value.format(token=token, other=closed.token("a0002"))) for key, value in fields]
    answer = closed.ask(PATH + token, "POST", urlencode(filled), Content_Type=FORM)
    assert answer.status == status
    assert answer.headers["Content-Security-Policy"]


def test_a_person_keeps_what_was_typed(closed: Desk) -> None:
    """A form with a fault comes back filled in, with what to mend."""
    answer = closed.post(closed.token(), "", "a long note & more")
    assert answer.status == 400
    assert 'role="alert">Say who you are.' in answer.body
    assert ">\na long note &amp; more</textarea>" in answer.body


def test_the_longest_name_and_note_fit(desk: Desk) -> None:
    """In letters that take twelve bytes each on the way."""
    assert desk.post(desk.token(), "𝔸" * LONGEST_NAME, "𝔸" * LONGEST_NOTE).status == 200
    assert desk.acks() == [(f"{'𝔸' * LONGEST_NAME} (link to duty-desk)", "𝔸" * LONGEST_NOTE)]


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", "application/json", ""])
def test_only_a_form_is_read(closed: Desk, kind: str) -> None:
    body = urlencode({"token": closed.token(), "name": "Ana"})
    assert closed.ask(PATH + closed.token(), "POST", body, Content_Type=kind).status in (400, 415)


def test_bytes_that_are_no_form(closed: Desk) -> None:
    """Neither a traceback nor an entry."""
    for body in (b"\xff\xfe", b"\x00" * 100, b"&" * 5000, b"=" * 5000, b"token=%ff&name=%ff", b""):
        answer = closed.ask(PATH + closed.token(), "POST", body, Content_Type=FORM)
        assert answer.status in (400, 403)


@pytest.mark.parametrize(
    "hostile",
    [
        '"><script>alert(1)</script>',
        "' onfocus=alert(1) autofocus '",
        "</textarea><img src=x onerror=alert(1)>",
        "<!channel> @everyone {{7*7}} ${x}",
        '=HYPERLINK("https://evil")',
        "a\x1b[31m\u202eb\r\nSet-Cookie: x=1",
    ],
)
def test_hostile_names_and_notes_are_only_text(desk: Desk, hostile: str) -> None:
    """In the form that comes back, in the page after, in the page of the next, and in what is stored."""
    harmless = [skeleton(desk.post(desk.token(), *one).body) for one in (("", "x"), ("x", "x" * 501))]
    back = [desk.post(desk.token(), *one) for one in (("", hostile), (hostile, "x" * 501))]
    assert [skeleton(one.body) for one in back] == harmless
    done, after = desk.post(desk.token(), hostile, hostile), desk.ask(PATH + desk.token())
    assert (done.status, after.status) == (200, 200)
    assert skeleton(done.body) == skeleton(after.body)
    assert {tag for tag, _ in skeleton(after.body)} == PLAIN
    for answer in (*back, done, after):
        assert "Set-Cookie" not in answer.headers
        assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", answer.body)
    ((by, note),) = desk.acks()
    assert not re.search(r"[\x00-\x1f\u202e]", by + note)


def test_posts_are_bounded(desk: Desk) -> None:
    """So many a minute; forged links do not count, since anybody can write those; then it goes on."""
    for _ in range(POSTS + 5):
        assert desk.post(desk.token(key=b"x" * 32)).status == 403
    for _ in range(POSTS):
        assert desk.post(desk.token(), "").status == 400
    answer = desk.post(desk.token())
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "60"
    assert desk.ask(PATH + desk.token()).status == 200
    desk.ticks += WITHIN
    assert desk.post(desk.token()).status == 200


def test_the_public_name_reaches_these_pages_only(closed: Desk) -> None:
    """The host of settings.url is let in to acknowledge; not to metrics, and no other name at all."""
    path = PATH + closed.token()
    assert closed.ask(path, host="iwmon.example").status == 200
    assert closed.ask(path, host="IWMON.example:443").status == 200
    assert closed.ask(path, host="evil.example").status == 403
    assert closed.ask(path, "POST", "", host="evil.example").status == 403
    for other in ("/metrics", "/-/status", "/-/healthy", "/-/ack"):
        assert closed.ask(other, host="iwmon.example").status == 403
    assert closed.ask("/metrics").status == 200


@pytest.mark.parametrize(
    "way", ["../metrics", "%2e%2e/metrics", "../../metrics", "..%2fmetrics", "/../../-/status"]
)
def test_no_way_leads_from_these_pages_to_others(closed: Desk, way: str) -> None:
    """Under the public name a path cannot climb to what the operator's monitoring sees."""
    answer = closed.ask(PATH + way, host="iwmon.example")
    assert answer.status in (403, 404)
    assert "up 1" not in answer.body
    assert "deliveries" not in answer.body


def test_a_host_name_of_other_letters(desk: Desk) -> None:
    """Browsers send it as xn--..., in Host and in Origin."""
    desk.settings = replace(desk.settings, url="https://wächter.example:8443/below")
    wire = "xn--wchter-bua.example:8443"
    assert desk.ask(PATH + desk.token(), host=wire).status == 200
    assert desk.post(desk.token(), Origin=f"https://{wire}").status == 200
    assert desk.ask(PATH + desk.token(), host="wachter.example").status == 403


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=400) | st.text(max_size=100).map(lambda text: f"token={text}&name=x".encode()),
    kind=st.sampled_from([FORM, f"{FORM}; charset=utf-16", "text/html", "a"]),
    tail=st.text(string.printable.strip(), max_size=30).map(quote),
)
def test_nothing_that_is_sent_breaks_it(closed: Desk, body: bytes, kind: str, tail: str) -> None:
    """Whatever the form, its type or the end of the address: a refusal in words."""
    closed.ticks += WITHIN
    for path in (PATH + closed.token(), PATH + closed.token() + tail):
        answer = closed.ask(path, "POST", body, Content_Type=kind)
        assert 400 <= answer.status < 500


def test_without_an_address_there_is_no_such_page(desk: Desk) -> None:
    """An edit that takes settings.url away closes it at once; the host is then a stranger."""
    desk.settings = replace(desk.settings, url="")
    assert desk.ask(PATH + desk.token()).status == 404
    assert desk.post(desk.token()).status == 404
    assert desk.ask(PATH + desk.token(), host="iwmon.example").status == 403
    assert desk.acks() == []


def test_a_database_that_does_not_answer_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, and the form can be sent again."""
    from iwmon.store import StoreFailed

    def broken(*_: object) -> None:
        raise StoreFailed("locked", "the database is locked")

    monkeypatch.setattr(desk.store, "ack", broken)
    answer = desk.post(desk.token())
    assert answer.status == 503
    assert "Nothing was done. Try again in a minute." in seen(answer.body)
    monkeypatch.undo()
    assert desk.post(desk.token()).status == 200


def test_times_are_those_of_the_configuration(desk: Desk) -> None:
    """An edit of the time zone holds for the next page."""
    desk.settings = replace(desk.settings, timezone="Asia/Kolkata")
    assert "16:30 IST" in seen(desk.ask(PATH + desk.token()).body)
    desk.now = NOON + timedelta(days=400)
    assert "2022" in seen(desk.ask(PATH + desk.token()).body)


# ---------------------------------------------------------------- in the daemon


def test_the_daemon_serves_it(httpserver: HTTPServer, tmp_path: Path) -> None:
    """From a feed to an alert, and from its link, signed with the database's own key, to the ledger."""
    world = World(httpserver, tmp_path)
    world.write(
        lambda text: text.replace("poll_interval: 10s}", f'poll_interval: 10s, url: "{BASE}/desk"}}', 1)
    )
    world.feeds["a"] = rss("Belarus calls up reservists")
    with world.daemon() as daemon, Store.open(world.database, patience=timedelta(seconds=20)) as store:
        (told,) = until(lambda: [one for one in store.alerts() if one.alert.kind == "level_up"])
        soon = datetime.now(UTC) + HOUR
        url = link(f"{BASE}/desk", told.alert.id, "desk", soon, store.link_key().encode())
        path = url.removeprefix(f"{BASE}/desk")  # as a proxy passes it on
        status, page = daemon.get(path, "iwmon.example")
        assert status == 200
        assert "WATCH: Mobilisation and readiness" in page
        assert daemon.get("/metrics", "iwmon.example")[0] == 403
        desk = Desk(store, daemon.port)
        answer = desk.post(path.removeprefix(PATH))
        assert answer.status == 200
        assert [one.by for one in store.alert(told.alert.id).acks] == ["Ana (link to desk)"]
        assert any(one["event"] == "acknowledged" for one in daemon.logged())
        assert path.rsplit(".", 1)[1] not in daemon.log.read_text("utf-8")


def test_a_key_that_can_be_guessed_stops_the_daemon(httpserver: HTTPServer, tmp_path: Path) -> None:
    """At the start, in words that do not quote it."""
    world = World(httpserver, tmp_path)
    world.write()
    environ = world.environ() | {"IWMON_LINK_KEY": "hunter222"}
    done = subprocess.run(
        world.command("run", "--port", str(free_port())),
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
        check=False,
    )
    assert done.returncode == 1
    assert "IWMON_LINK_KEY: the key has 9 characters, and could be guessed" in done.stderr
    assert "hunter222" not in done.stderr
