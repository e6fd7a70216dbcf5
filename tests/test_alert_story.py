"""alerts show, list --state and ledger: the whole story of an alert, as people and programs read it."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import Result

from iwmon.cli.ledger import cell
from iwmon.cli.story import story
from iwmon.config.labels import parse_matcher
from iwmon.model import Alert, Delivery, LedgerEvent, Route
from iwmon.store import Store
from iwmon.stored import LedgerEntry
from newsroom import run
from nouns import HOUR, NOON, SMALL
from store_nouns import alert, delivery, step

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LATER = (NOON + 9 * HOUR).isoformat()
ROUTE = "0"  # severity=~"warning|critical" → duty-desk


@dataclass
class Ended:
    alert: str
    why: str


@dataclass
class Desk:
    """A database with alerts that have had a life, and its configuration."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'iwmon.db'}"

    def run(self, *arguments: str) -> Result:
        return run(*arguments, "--config", str(self.folder), "--db", self.url)

    def words(self, *arguments: str) -> str:
        done = self.run(*arguments, "--now", LATER)
        assert done.exit_code == 0, done.output
        return done.stdout

    def states(self, *arguments: str) -> dict[str, tuple[str, str | None]]:
        found = json.loads(self.run("alerts", "list", *arguments, "--json").stdout)["alerts"]
        return {one["id"]: (one["state"], one["state_reason"]) for one in found}


def queued(n: int, receiver: str, at: datetime = NOON, **more: object) -> Delivery:
    return delivery(n, receiver, at, **{"group": '0{judgement="kj-2"}', "route": ROUTE} | more)


def raised(n: int, at: datetime = NOON, **more: object) -> Alert:
    return alert(n, at, **more)


def lived(store: Store) -> None:
    """Five alerts: one with everything, one sent, one covered, one held, one told once, one given up."""
    duty, analysts = queued(1, "duty-desk"), queued(1, "analysts", route="1")
    store.commit(step(NOON, alerts=(raised(1),), deliveries=(duty, analysts)))
    holds = [(duty.id, NOON + 30 * SECOND, "group_wait"), (analysts.id, None, "quiet hours nights")]
    store.settle(holds, (), NOON + SECOND)
    store.begin([duty.id], NOON + 30 * SECOND)
    store.failed([duty.id], "HTTP 503", NOON + MINUTE, now=NOON + 31 * SECOND)
    store.begin([duty.id], NOON + MINUTE)
    store.sent([duty.id], NOON + MINUTE + SECOND)
    store.begin([analysts.id], NOON + HOUR)
    store.sent([analysts.id], NOON + HOUR, digest="m1")
    again = queued(1, "duty-desk", NOON + 4 * HOUR, turn=1, kind="reminder")
    boss = delivery(1, "boss", NOON + 4 * HOUR, turn=1, kind="escalation")
    store.add_alerts([], [again, boss])
    store.begin([again.id, boss.id], NOON + 4 * HOUR)
    store.sent([again.id], NOON + 4 * HOUR)
    store.dead([boss.id], "HTTP 404", now=NOON + 4 * HOUR)
    store.ack("a0001", "Ana", "called\x1b[31m Warsaw", NOON + 5 * HOUR)
    store.unack("a0001", "Ana", NOON + 5 * HOUR + MINUTE)
    store.ack("a0001", "Ben", "", NOON + 6 * HOUR)
    over = queued(1, "duty-desk", NOON + 7 * HOUR, turn=-1, kind="resolved")
    store.resolve([Ended("a0001", "warning → watch")], [over], NOON + 7 * HOUR)
    store.begin([over.id], NOON + 7 * HOUR)
    store.sent([over.id], NOON + 7 * HOUR)

    second = queued(2, "duty-desk", NOON + HOUR)
    third = queued(3, "duty-desk", NOON + 2 * HOUR)
    rises = (raised(2, NOON + HOUR, indicator="grouping"), raised(3, NOON + 2 * HOUR, indicator="grouping"))
    store.commit(step(NOON + 2 * HOUR, alerts=rises, deliveries=(second, third)))
    store.ack("a0003", "Cleo", "", NOON + 3 * HOUR)

    held = queued(4, "duty-desk", NOON + 3 * HOUR)
    first = queued(5, "analysts", NOON + 3 * HOUR)
    more = (raised(4, NOON + 3 * HOUR, indicator="x"), raised(5, NOON + 3 * HOUR, kind="first_hit"))
    store.commit(step(NOON + 3 * HOUR, alerts=more, deliveries=(held, first)))
    store.settle([(held.id, NOON + 12 * HOUR, "silence ab12 by Dan: exercise")], (), NOON + 3 * HOUR)
    store.begin([first.id], NOON + 3 * HOUR)
    store.sent([first.id], NOON + 3 * HOUR)

    firing = queued(6, "analysts", NOON + 4 * HOUR)
    last = (raised(6, NOON + 4 * HOUR, indicator="", kind="blind", title='=1+1 "quoted", BLIND'),)
    store.commit(step(NOON + 4 * HOUR, alerts=last, deliveries=(firing,)))
    store.settle((), [(firing.id, "over before it was sent")], NOON + 4 * HOUR)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("story"))
    (made.folder / "indicators.yaml").write_text(SMALL, "utf-8")
    with Store.open(made.url) as store:
        lived(store)
    return made


# ---------------------------------------------------------------- show


def test_the_time_line_tells_the_whole_life(desk: Desk) -> None:
    """Every event, in its order, in the zone of the configuration, one line each, and nothing twice."""
    out = desk.words("alerts", "show", "a0001")
    line = out.partition("Alert a0001, level_up, 14:00 CEST")[2]
    assert line.strip().splitlines()[0] == "over since 21:00 CEST: warning → watch."
    told = [re.sub(r"\s+", " ", one.strip()) for one in line.strip().splitlines()[1:]]
    assert told == [
        "14:00 CEST raised",
        '14:00 CEST queued for duty-desk, by the route severity=~"warning|critical"',
        '14:00 CEST queued for analysts, by the route severity=~".*"',
        "14:00 CEST held for duty-desk: for what else its group may bring (group_wait)",
        "14:00 CEST held for analysts: quiet hours nights",
        "14:00 CEST no longer held for duty-desk (it was: for what else its group may bring (group_wait))",
        "14:00 CEST attempt 1 failed for duty-desk: HTTP 503",
        "14:01 CEST sent to duty-desk at attempt 2",
        "15:00 CEST no longer held for analysts (it was: quiet hours nights)",
        "15:00 CEST sent to analysts, in one message, m1",
        '18:00 CEST reminder 1: queued for duty-desk, by the route severity=~"warning|critical"',
        "18:00 CEST nobody had acknowledged it: escalated (step 1) to boss",
        "18:00 CEST reminder 1: sent to duty-desk",
        "18:00 CEST escalation: given up for boss: HTTP 404",
        "19:00 CEST acknowledged by Ana: called[31m Warsaw",
        "19:01 CEST acknowledgement taken back by Ana",
        "20:00 CEST acknowledged by Ben",
        "21:00 CEST over: warning → watch",
        '21:00 CEST closing word: queued for duty-desk, by the route severity=~"warning|critical"',
        "21:00 CEST closing word: sent to duty-desk",
    ]
    assert "\x1b" not in out


def test_what_waits_says_until_when_and_why(desk: Desk) -> None:
    """The last line is about now."""
    out = desk.words("alerts", "show", "a0004")
    assert "suppressed: silence ab12 by Dan: exercise." in out
    assert "now: to duty-desk: held until 11 Oct 02:00 CEST: silence ab12 by Dan: exercise" in out


def test_the_story_as_json_is_the_ledger(desk: Desk) -> None:
    """Entry by entry, times in UTC."""
    document = json.loads(desk.run("alerts", "show", "a0001", "--json").stdout)
    assert (document["state"], document["state_reason"]) == ("resolved", "warning → watch")
    assert document["resolved"] == "2022-10-10T19:00:00Z"
    events = [one["event"] for one in document["ledger"]]
    assert events[0] == "raised"
    assert events.count("sent") == 4
    assert events[-1] == "sent"


def entry(event: str, receiver: str = "", at: datetime = NOON, detail: str = "") -> LedgerEntry:
    return LedgerEntry(at, "a", receiver, f"d-{receiver}", event, detail)  # type: ignore[arg-type]


def test_what_happens_to_several_at_once_is_one_line() -> None:
    """Their attempts too; but not what happens later, or ends otherwise."""
    several = [entry("raised")]
    several += [entry("queued", one) for one in ("a", "b", "c")]
    several += [entry("attempt", one, NOON + MINUTE) for one in ("a", "b", "c")]
    several += [entry("sent", one, NOON + MINUTE + SECOND) for one in ("a", "b")]
    several += [entry("failed", "c", NOON + MINUTE + SECOND, "HTTP 500")]
    lines = [one.text for one in story(several, (), Route("a"))]
    assert lines == ["raised", "queued for a, b, c", "sent to a, b", "attempt 1 failed for c: HTTP 500"]


def test_an_attempt_without_an_end_stays_to_be_seen() -> None:
    """It may have arrived."""
    lines = [one.text for one in story([entry("attempt", "a")], (), Route("a"))]
    assert lines == ["attempt to send to a: no answer is known"]


def test_a_route_that_is_another_now_is_not_quoted() -> None:
    """Routes are told by their place; an edit may have put another there."""
    told = Delivery("d-a", "a", "a", group="0{}", route="0")
    root = Route("b", routes=(Route("c", matchers=(parse_matcher("severity=watch"),), key="0"),))
    (line,) = story([entry("queued", "a")], [told], root)
    assert line.text == "queued for a, by route 0 of an earlier configuration"


@given(
    st.lists(
        st.builds(
            entry,
            st.sampled_from(get_args(LedgerEvent)),
            st.sampled_from(["a", "b"]),
            st.integers(0, 500).map(lambda seconds: NOON + seconds * SECOND),
            st.text(max_size=20),
        ),
        max_size=25,
    )
)
def test_any_ledger_has_a_story(entries: list[LedgerEntry]) -> None:
    """In order of time, each line with words, no control characters, and no receiver lost."""
    lines = story(sorted(entries, key=lambda one: one.at), (), Route("a"))
    assert [one.at for one in lines] == sorted(one.at for one in lines)
    assert all(one.text.isprintable() for one in lines)
    assert {name for one in lines for name in one.receivers} <= {"a", "b"}
    assert bool(lines) is bool(entries)


# ---------------------------------------------------------------- list


def test_the_list_says_how_each_stands(desk: Desk) -> None:
    """firing, acknowledged by whom, suppressed why, over since when and why; told once says nothing."""
    out = desk.words("alerts", "list")
    by_id = {line.split(";")[0].strip(): line for line in out.splitlines() if line.startswith("  a0")}
    assert by_id["a0001"].endswith("over since 21:00 CEST: warning → watch")
    assert by_id["a0002"].endswith("acknowledged by Cleo, with the later a0003")
    assert by_id["a0003"].endswith("acknowledged by Cleo")
    assert by_id["a0004"].endswith("held for duty-desk; suppressed: silence ab12 by Dan: exercise")
    assert by_id["a0005"].endswith("sent to analysts")
    assert by_id["a0006"].endswith("not sent to analysts; suppressed: over before it was sent")


def test_the_list_is_narrowed_to_a_state(desk: Desk) -> None:
    """Each alert is in exactly one."""
    states = ("firing", "acknowledged", "suppressed", "resolved", "told")
    found = {one: list(desk.states("--state", one)) for one in states}
    assert found == {
        "firing": [],
        "acknowledged": ["a0003", "a0002"],
        "suppressed": ["a0006", "a0004"],
        "resolved": ["a0001"],
        "told": ["a0005"],
    }
    assert list(desk.states("--state", "acknowledged", "--limit", "1")) == ["a0003"]
    assert desk.words("alerts", "list", "--state", "firing") == "No such alerts.\n"
    assert desk.run("alerts", "list", "--state", "open").exit_code == 2


# ---------------------------------------------------------------- the ledger


def test_the_ledger_as_lines_and_as_json_is_the_same(desk: Desk) -> None:
    """One line an entry; one document for programs."""
    lines = desk.words("alerts", "ledger").splitlines()
    entries = json.loads(desk.run("alerts", "ledger", "--json").stdout)["ledger"]
    assert len(lines) == len(entries) > 30
    assert [one["n"] for one in entries] == sorted(one["n"] for one in entries)
    assert lines[0] == "14:00 CEST  a0001 raised: Mobilisation: quiet → warning"
    assert "a0001 failed duty-desk: HTTP 503" in "\n".join(lines)


def test_the_ledger_is_narrowed_by_time_and_receiver(desk: Desk) -> None:
    """--since and --until take ages and times; a receiver in any case."""
    since = json.loads(desk.run("alerts", "ledger", "--since", "2022-10-10T19:00", "--json").stdout)["ledger"]
    assert {one["at"] for one in since} == {"2022-10-10T19:00:00Z"}
    early = desk.words("alerts", "ledger", "--since", "9h", "--until", "2022-10-10T12:00:02")
    assert len(early.splitlines()) == 5
    boss = desk.words("alerts", "ledger", "--receiver", "Boss").splitlines()
    assert [line.split()[3] for line in boss] == ["escalated", "attempt", "dead"]
    assert desk.words("alerts", "ledger", "--receiver", "nobody") == "No entries.\n"
    assert json.loads(desk.run("alerts", "ledger", "--receiver", "nobody", "--json").stdout) == {"ledger": []}
    backwards = desk.run("alerts", "ledger", "--since", "2022-10-10", "--until", "2022-10-09")
    assert backwards.exit_code == 2


def test_the_ledger_as_csv(desk: Desk, tmp_path: Path) -> None:
    """RFC 4180, whole, with cells that no spreadsheet runs; to a file or to standard output."""
    file = tmp_path / "ledger.csv"
    done = desk.run("alerts", "ledger", "--csv", str(file))
    assert done.exit_code == 0, done.output
    text = file.read_bytes().decode()
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    assert f"wrote {file}: {len(rows)} entries" in done.stdout
    assert text.count("\r\n") == len(rows) + 1
    assert rows[0]["at"] == "2022-10-10T12:00:00Z"
    blind = next(one for one in rows if one["alert"] == "a0006" and one["event"] == "raised")
    assert blind["detail"] == '\'=1+1 "quoted", BLIND'
    assert "called[31m Warsaw" in next(one["detail"] for one in rows if one["event"] == "acked")
    assert list(tmp_path.iterdir()) == [file]
    assert desk.run("alerts", "ledger", "--csv", "-").stdout.splitlines() == text.splitlines()


def test_a_file_that_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    """Exit 1, and what was there stays; --csv and --json at once are exit 2."""
    done = desk.run("alerts", "ledger", "--csv", str(tmp_path / "no" / "x.csv"))
    assert done.exit_code == 1
    assert "nothing was written" in done.stderr
    assert desk.run("alerts", "ledger", "--csv", "-", "--json").exit_code == 2


@given(st.text(max_size=60))
def test_no_cell_is_a_formula(text: str) -> None:
    """One clean line, that begins with nothing a spreadsheet computes."""
    made = cell(text)
    assert not made.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert made.isprintable()
