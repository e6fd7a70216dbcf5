"""export: a report as JSON, CSV, Markdown, one page and on a terminal; hostile feed text through each."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

import report_nouns
from iwmon.cli import plot
from iwmon.cli.reported import show_report, show_suggestions
from iwmon.export import EXPORTS, plots, strips, summary
from iwmon.export.as_markdown import escaped
from iwmon.export.buckets import bucketed
from iwmon.export.plots.timeline import _Rows as Rows
from iwmon.export.scale import Scale
from iwmon.feedtext import link, safe
from iwmon.jsonable import plain
from iwmon.model import Coverage, Level, Severity
from iwmon.replay.suggest import Suggestion
from iwmon.report import Course, Day, Event, Evidence, Report
from iwmon.stored import AssessmentRecord
from report_nouns import BEGIN, HOSTILE, LINKS, ONE_DAY, empty, hostile, quiet, report

SVG = "{http://www.w3.org/2000/svg}"
REPORTS = {
    "usual": report(),
    "empty": empty(),
    "quiet": quiet(),
    "a day": report(days=1, alerts=3),
    "icd203": report(days=20, yardstick="icd203"),
    "interrupted": replace(report(days=10, judgements=1), complete=False),
}
some = pytest.mark.parametrize("name", REPORTS)
attacks = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def only(name: str, made: Report) -> str:
    """The one file of an export."""
    (content,) = EXPORTS[name](made).values()
    return content


def invisible(text: str) -> set[str]:
    """Control, format, private and surrogate characters, line ends apart."""
    return {char for char in text if unicodedata.category(char)[0] == "C" and char not in "\r\n"}


# ---------------------------------------------------------------- all


def test_every_export_names_its_files() -> None:
    """What `--report DIR` writes."""
    files = {name: list(make(quiet())) for name, make in EXPORTS.items()}
    tables = ["levels.csv", "alerts.csv", "evidence.csv", "assessments.csv", "faults.csv"]
    assert files == {"json": ["report.json"], "csv": tables, "md": ["report.md"], "html": ["report.html"]}


@attacks
def test_no_export_lets_an_invisible_character_through(text: str) -> None:
    """And all can be written as UTF-8."""
    for make in EXPORTS.values():
        for content in make(hostile(text)).values():
            assert not invisible(content)
            content.encode()


def test_texts_that_are_empty_once_cleaned_are_no_trouble() -> None:
    """A title of nothing but zero-width spaces."""
    for text in ("", "\u200b\u200b"):
        for make in EXPORTS.values():
            assert all(make(hostile(text)).values())
        page(hostile(text))


def test_exports_are_the_same_each_time() -> None:
    """Pure: no clock, no order of a set."""
    for make in EXPORTS.values():
        assert make(report()) == make(report())


# ---------------------------------------------------------------- JSON


@some
def test_json_has_the_whole_report(name: str) -> None:
    """Field for field, in the order of the declaration."""
    made = REPORTS[name]
    document = json.loads(only("json", made))
    assert document.pop("format") == "iwmon report"
    assert document.pop("version") == 1
    assert list(document) == [f.name for f in dataclasses.fields(Report)]
    assert document == json.loads(json.dumps(plain(made)))


def test_json_values_come_back() -> None:
    """Times, days, durations and shares are what they were."""
    made = REPORTS["usual"]
    read = json.loads(only("json", made))
    assert datetime.fromisoformat(read["since"]) == made.since
    assert read["since"].endswith("Z")
    assert timedelta(seconds=read["step"]) == made.step
    assert date.fromisoformat(read["events"][0]["begin"]) == made.events[0].begin
    days = [
        Day(d["day"], Level(d["level"]), Coverage(d["coverage"]), d["matches"], d["stories"])
        for d in read["courses"][1]["days"]
    ]
    assert tuple(days) == made.courses[1].days
    record = read["outlooks"][0]["series"][7]
    record |= {"at": datetime.fromisoformat(record["at"]), "terms": tuple(record["terms"])}
    assert AssessmentRecord(**record) == made.outlooks[0].series[7]
    shown = read["raised"][3]["evidence"][2]
    shown |= {"seen": datetime.fromisoformat(shown["seen"]), "words": tuple(shown["words"])}
    assert Evidence(**shown) == made.raised[3].evidence[2]
    assert shown["published"] is None


@attacks
def test_json_keeps_what_a_feed_said(text: str) -> None:
    """Whole, and only escaped: half a surrogate pair is no character."""
    found = json.loads(only("json", hostile(text)))
    assert found["raised"][0]["evidence"][0]["title"] == text.encode("utf-8", "replace").decode()


# ---------------------------------------------------------------- CSV


def tables(made: Report) -> dict[str, list[dict[str, str]]]:
    return {
        name: list(csv.DictReader(io.StringIO(content, newline=""), strict=True))
        for name, content in EXPORTS["csv"](made).items()
    }


def test_csv_rows_are_the_report() -> None:
    """Each table parsed back."""
    made = REPORTS["usual"]
    found = tables(made)
    assert [
        (r["indicator"], r["day"], r["level"], r["coverage"], int(r["matches"]), int(r["stories"]))
        for r in found["levels.csv"]
    ] == [
        (c.indicator, d.day, d.level, d.coverage, d.matches, d.stories) for c in made.courses for d in c.days
    ]
    assert [
        (r["id"], datetime.fromisoformat(r["at"]), r["severity"], r["title"], int(r["evidence"]))
        for r in found["alerts.csv"]
    ] == [
        (one.alert.id, one.alert.at, one.alert.severity, one.alert.title, len(one.evidence))
        for one in made.raised
    ]
    assert [
        (r["alert"], int(r["rank"]), r["title"], r["url"], r["published"] == "", r["citing"])
        for r in found["evidence.csv"]
    ] == [
        (one.alert.id, n, e.title, e.url, e.published is None, e.citing)
        for one in made.raised
        for n, e in enumerate(one.evidence, 1)
    ]
    assert [
        (r["day"], float(r["p"]), float(r["alone"]), r["terms"].split("; ")) for r in found["assessments.csv"]
    ] == [(a.day, a.p, a.alone, list(a.terms)) for o in made.outlooks for a in o.series]
    assert [(r["line"], r["kind"], r["of_kind"], r["used"]) for r in found["faults.csv"]] == [
        ("17", "no date", "4", "false"),
        ("90", "no date", "4", "false"),
        ("4021", "broken UTF-8", "2", "true"),
    ]


def test_a_kind_of_fault_without_a_name_has_a_row() -> None:
    """A count is not lost because its rows are many."""
    made = report(days=2, alerts=0)
    bare = replace(made, inputs=(replace(made.inputs[1], named=()),))
    assert [(r["kind"], r["of_kind"], r["line"]) for r in tables(bare)["faults.csv"]] == [
        ("no date", "4", ""),
        ("broken UTF-8", "2", ""),
    ]


@some
def test_csv_lines_end_alike(name: str) -> None:
    """CR LF, and no byte order mark."""
    for content in EXPORTS["csv"](REPORTS[name]).values():
        assert content.endswith("\r\n")
        assert not re.search(r"(?<!\r)\n|\r(?!\n)", content)
        assert not content.startswith("\ufeff")


@attacks
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever a cell begins with; and the text is still to be read in it."""
    found = tables(hostile(text))
    cells = [cell for rows in found.values() for row in rows for cell in row.values()]
    assert not [
        cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    ]
    assert found["evidence.csv"][0]["title"].removeprefix("'") == safe(text, 1_000).removeprefix("'")
    assert [len(rows) for rows in found.values()] == [6, 1, 1, 6, 1]


# ---------------------------------------------------------------- Markdown

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def rendered(text: str) -> html.HtmlElement:
    return html.fragment_fromstring(READER.render(text), create_parent="div")


@attacks
@pytest.mark.parametrize("url", LINKS[3:5])
def test_feed_text_is_no_markdown(text: str, url: str) -> None:
    """No raw HTML, no picture, no link but the evidence's, no heading, table or list of its own."""
    content, plain_one = only("md", hostile(text, url)), only("md", hostile("plain", url))
    tokens = READER.parse(content)
    inner = [child for token in tokens for child in token.children or ()]
    types = {token.type for token in (*tokens, *inner)}
    assert not types & {
        "html_block",
        "html_inline",
        "image",
        "fence",
        "code_block",
        "blockquote_open",
        "s_open",
        "em_open",
    }
    assert [t.attrs["href"] for t in inner if t.type == "link_open"] == ([link(url)] if link(url) else [])
    # The same skeleton as for a harmless word.
    assert [t.type for t in tokens] == [t.type for t in READER.parse(plain_one)]
    outside = re.sub(r"\(<[^>]*>\)", "", content)
    assert not re.search(r"://|www\.|@", outside, re.IGNORECASE)


@attacks
def test_escaped_text_reads_as_it_was(text: str) -> None:
    """At the begin of a line, of a list item, in running text."""
    said = safe(text).replace("@", "＠")
    for before in ("", "- ", "x "):
        body = rendered(f"{before}{escaped(text)}").text_content().strip()
        assert body == f"{before.removeprefix('- ')}{said}".strip()


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.one_of(st.sampled_from("`*_[](){}<>#+-.!|~&;:/\\$^=@\"' 1aw"), st.characters()), max_size=40)
)
def test_escaping_is_lossless(text: str) -> None:
    """Law: what a reader sees is the cleaned text, whatever it is made of."""
    found = rendered(f"- {escaped(text)}")
    assert found.text_content().strip() == safe(text).replace("@", "＠")
    assert {one.tag for one in found.iter()} <= {"div", "ul", "li"}


@some
def test_markdown_has_every_alert(name: str) -> None:
    """With its why and its evidence."""
    made = REPORTS[name]
    said = rendered(only("md", made)).text_content()
    for one in made.raised:
        assert one.alert.title in said
        assert one.alert.why in said
        assert all(shown.title in said for shown in one.evidence)
    assert said.count(", citing Lukashenko,") == sum(
        e.citing != "" for one in made.raised for e in one.evidence
    )
    assert ("None was raised." in said) is (not made.raised)
    assert ("was interrupted" in said) is (not made.complete)


# ---------------------------------------------------------------- the page


def page(made: Report) -> html.HtmlElement:
    """The page as a browser reads it. It is well-formed XML, too: a stray tag would be seen."""
    content = only("html", made)
    etree.fromstring(content.encode())
    return html.document_fromstring(content)


KNOWN = """
html head meta link title style body header footer main nav section figure figcaption div p h1 h2 h3 ul ol li
dl dt dd a b strong small bdi br span details summary table thead tbody tr th td
svg defs symbol pattern g use rect circle path line polyline polygon text tspan
"""


@cache
def usual_tags(url: str) -> tuple[str, ...]:
    """The page's tags where every text is one harmless word."""
    return tuple(one.tag for one in page(hostile("plain", url)).iter(etree.Element))


@attacks
@pytest.mark.parametrize("url", [LINKS[0], LINKS[3]])
def test_a_page_runs_and_loads_nothing(text: str, url: str) -> None:
    """No tag, attribute or link that a feed brought; nothing is requested."""
    made = hostile(text, url)
    found = page(made)
    assert tuple(one.tag for one in found.iter(etree.Element)) == usual_tags(url)
    assert {one.tag for one in found.iter(etree.Element)} <= set(KNOWN.split())
    for one in found.iter(etree.Element):
        assert not [
            name for name in one.attrib if name.startswith("on") or name in ("src", "style", "srcset", "data")
        ]
        target = one.get("href")
        if target and not target.startswith("#"):
            assert (one.tag, target) == ("link", "data:,") or one.tag == "a"
    links = [one for one in found.iter("a") if not one.get("href").startswith("#")]
    assert [one.get("href") for one in links] == ([link(url)] if link(url) else [])
    assert all(one.get("rel") == "noreferrer noopener" for one in links)
    assert "evil.example" not in found.find(".//style").text
    (shown,) = found.xpath("//ol[@class='alerts']//summary/bdi")
    assert shown.text_content() == safe(text)
    assert found.findtext(".//title").startswith(safe(text))


@pytest.mark.parametrize("url", LINKS, ids=range(len(LINKS)))
def test_links_lead_to_the_web_only(url: str) -> None:
    """In the page, in Markdown and in the table: an http(s) URL without a user, or none."""
    made = hostile("title", url)
    found = {one.get("href") for one in page(made).xpath("//ol//a")}
    found |= {cell for row in tables(made)["evidence.csv"] if (cell := row["url"])}
    assert len(found) <= 1
    for one in found:
        assert re.fullmatch(r"https?://[a-z0-9.-]+(/[^\s\"<>'`]*)?", one)


def test_the_policy_forbids_all_but_the_pages_own() -> None:
    """Even markup that slipped through would load and run nothing."""
    (policy,) = page(quiet()).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert "@import" not in only("html", quiet())
    assert set(re.findall(r"url\(([^)]*)\)", only("html", quiet()))) <= {"#hatch", "#dots", "#rules"}


@some
def test_a_page_has_every_alert_and_row(name: str) -> None:
    """Alerts with their evidence, a row and a plot for each indicator, every known event."""
    made = REPORTS[name]
    found = page(made)
    listed = found.xpath("//ol[@class='alerts']/li")
    assert [one.get("id") for one in listed] == [f"alert-{one.alert.id}" for one in made.raised]
    for one, raised in zip(listed, made.raised, strict=True):
        said = one.text_content()
        assert raised.alert.why in said
        assert all(shown.title in said for shown in raised.evidence)
        assert said.count(", citing Lukashenko,") == sum(shown.citing != "" for shown in raised.evidence)
        assert [a.get("href") for a in one.iter("a")] == [shown.url for shown in raised.evidence]
    assert len(found.xpath("//section[@id='coverage']//tbody/tr")) == len(made.courses)
    assert len(found.xpath("//svg[@class='heat']")) == len(made.courses)
    assert len(found.xpath("//ul[@class='events']/li")) == len(made.events)
    assert len(found.xpath("//svg[@class='outlook']")) == len(made.outlooks)
    assert not [
        one
        for one in found.iter("table", "ul", "ol", "figure", "p", "dl")
        if not one.text_content().strip() and not one.xpath(".//svg")
    ]
    assert ("was interrupted" in found.text_content()) is (not made.complete)


@some
def test_readers_are_shown_terms_and_no_shares(name: str) -> None:
    """method.md §2, Band: never a decimal."""
    (section,) = page(REPORTS[name]).xpath("//section[@id='assessments']")
    assert not re.search(r"\d[.,]\d", section.text_content())
    assert not re.search(r"\d ?%", section.text_content())


def test_times_are_said_in_the_reports_zone() -> None:
    """Named, since a report is read far away; days are said to be UTC's."""
    found = page(REPORTS["usual"])
    first = found.xpath("//ol[@class='alerts']//span[@class='when']")[0].text_content()
    assert first == "15 Jul 2022 11:17 CEST"
    assert "in Europe/Warsaw; days are UTC days" in found.text_content()


@pytest.fixture(scope="module")
def big() -> Report:
    """Sixty indicators over three years, 2,000 alerts."""
    return report(days=1095, judgements=5, indicators=12, alerts=2000)


def test_three_years_are_one_small_page(big: Report) -> None:
    """Under 3 MB, with every alert, and it says what was left out."""
    content = only("html", big)
    assert len(content.encode()) < 3_000_000
    found = page(big)
    assert len(found.xpath("//ol[@class='alerts']/li")) == 2000
    assert "A column is a week" in found.text_content()
    shown = len(found.xpath("//ol[@class='alerts']//a"))
    assert 2000 < shown < 6000
    assert f"{shown:,} of 6,000 reports shown as evidence: evidence.csv has all." in found.text_content()
    severe = [
        one
        for one in found.xpath("//ol[@class='alerts']/li")
        if one.find(".//p").text_content().startswith("Critical")
    ]
    assert min(len(one.xpath(".//a")) for one in severe) >= 1


def test_a_flood_of_long_alerts_keeps_the_most_severe() -> None:
    """What is left out is counted."""
    made = report(days=30, judgements=1, indicators=2, alerts=3000, evidence=0)
    loud = replace(
        made, raised=tuple(replace(one, alert=replace(one.alert, why="'" * 200)) for one in made.raised)
    )
    content = only("html", loud)
    assert len(content.encode()) < 3_000_000
    found = html.document_fromstring(content)
    ids = {one.get("id") for one in found.xpath("//ol[@class='alerts']/li")}
    severe = {f"alert-{one.alert.id}" for one in loud.raised if one.alert.severity is Severity.CRITICAL}
    assert severe <= ids
    assert f"{3000 - len(ids):,} alerts of the lowest severity are not listed here" in found.text_content()


# ---------------------------------------------------------------- charts


def drawn(svg: str) -> etree._Element:
    return etree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_a_heat_map_shows_each_level_and_what_was_not_seen() -> None:
    """Quiet and seen is nothing; each run is one rectangle, as high as its level."""
    levels = [Level.QUIET, Level.WATCH, Level.WATCH, Level.CRITICAL, Level.QUIET, Level.QUIET]
    seen = [Coverage.OK] * 3 + [Coverage.BLIND, Coverage.BLIND, Coverage.PARTIAL]
    days = tuple(
        Day((BEGIN + n * ONE_DAY).date().isoformat(), level, coverage, n)
        for n, (level, coverage) in enumerate(zip(levels, seen, strict=True))
    )
    course = Course("i", "kj", "Convoys", "count", "supports", days)
    rects = drawn(plots.heat(course, Scale(BEGIN.date(), 6), ())).findall(f"{SVG}rect")
    assert [(r.get("class"), r.get("x"), r.get("width")) for r in rects] == [
        ("blind", "50%", "33.33%"),
        ("partial", "83.33%", "16.67%"),
        ("watch", "16.67%", "33.33%"),
        ("critical", "50%", "16.67%"),
    ]
    assert rects[2].findtext(f"{SVG}title") == "16 Jul 2022 to 17 Jul 2022: watch, 3 matches"
    heights = {r.get("class"): int(r.get("height")) for r in rects}
    assert heights["watch"] < heights["critical"] < heights["blind"]


def test_a_time_line_shows_lead_and_lag() -> None:
    """An alert of the third day stands left of an event of the fifth, in one measure."""
    made = report(days=10, judgements=1, indicators=1, alerts=1)
    (one,) = made.raised
    one = replace(one, alert=replace(one.alert, at=BEGIN + 2 * ONE_DAY))
    event = Event("e", date(2022, 7, 19), date(2022, 7, 20), "kj-1", "", "It happens")
    svg = drawn(plots.lane([one], [event], Scale.over(BEGIN, made.until), "KJ-1"))
    mark = next(s for s in svg.findall(f"{SVG}svg") if s.find(f"{SVG}use") is not None)
    bar = svg.find(f"{SVG}g/{SVG}rect")
    assert (mark.get("x"), bar.get("x"), bar.get("width")) == ("20%", "40%", "20%")


def test_events_outside_are_listed_and_not_drawn() -> None:
    """A span that only begins outside is cut."""
    scale = Scale(date(2022, 7, 15), 10)
    out = Event("a", date(2023, 1, 1), date(2023, 1, 2), "kj-1", "", "Later")
    cut = Event("b", date(2022, 7, 1), date(2022, 7, 15), "kj-1", "", "Before", happened=False)
    svg = drawn(plots.lane([], [out, cut], scale, "KJ-1"))
    (only_one,) = svg.findall(f"{SVG}g")
    assert (only_one.get("class"), only_one.find(f"{SVG}rect").get("width")) == ("event false", "10%")
    made = replace(report(days=10, judgements=1), events=(out,))
    (folded,) = page(made).xpath("//details[contains(@class, 'events')]")
    assert folded.findtext("summary") == "1 known event outside the days replayed"
    assert [li.text_content() for li in folded.iter("li")] == ["a 1 Jan 2023 to 2 Jan 2023: Later (happened)"]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30)), max_size=40))
def test_an_event_stands_in_the_first_row_that_is_free(some: list[tuple[int, int]]) -> None:
    """Against the plain way: every row is asked in turn."""
    rows, plain_rows = Rows(), list[float]()
    for left, length in some:
        row = next((n for n, end in enumerate(plain_rows) if end < left), len(plain_rows))
        plain_rows[row : row + 1] = [left + length]
        assert rows.take(left, left + length) == row
        assert len(rows) == len(plain_rows)


def test_an_event_goes_by_the_id_that_its_author_gave_it() -> None:
    """On the line, in the list and in Markdown: E16 in the file is E16 here."""
    event = Event("E16", date(2022, 7, 19), date(2022, 7, 20), "kj-1", "", "It happens")
    made = replace(report(days=10, judgements=1), events=(event,))
    shown = page(made)
    assert shown.xpath("//*[@class='number']/text()") == ["E16"]
    assert shown.xpath("//ul[@class='events']/li/b")[0].text_content() == "E16"
    assert "- E16, 19 Jul 2022 to 20 Jul 2022: It happens (happened)" in EXPORTS["md"](made)["report.md"]


def test_an_outlook_is_drawn_against_its_bands() -> None:
    """The analyst's band is where the term's label is; what was never implied is a gap."""
    made = report(days=10, judgements=1, indicators=1, alerts=0)
    (outlook,) = made.outlooks
    series = list(outlook.series)
    series[4] = replace(series[4], p=None, low=None, high=None, alone=None, implied_term="", terms=())
    gapped = replace(outlook, series=tuple(series))
    svg = drawn(plots.outlook_chart(gapped, "phia", Scale.over(made.since, made.until), ()))
    own = next(r for r in svg.findall(f"{SVG}rect") if r.get("class") == "own")
    bands = [r for r in svg.findall(f"{SVG}rect") if r.get("class") == "band"]
    assert len(bands) == 7
    assert (own.get("y"), own.get("height")) in [(b.get("y"), b.get("height")) for b in bands]
    assert len(svg.findall(f"{SVG}svg/{SVG}polygon")) == 2
    labels = drawn(plots.yardstick_labels("phia", outlook.term)).findall(f"{SVG}text")
    middle = float(own.get("y")) + float(own.get("height")) / 2
    assert min(labels, key=lambda text: abs(float(text.get("y")) - 4 - middle)).text == outlook.term


@pytest.mark.parametrize("days", [1, 2, 12, 13, 80, 81, 370, 371, 400, 401, 1095, 1200, 1201, 9000])
def test_ticks_are_few_and_apart(days: int) -> None:
    """On a wide chart none runs into another; on a phone those that stay do not either."""
    for shift in range(0, 365, 17):
        ticks = Scale(date(2022, 1, 1) + shift * ONE_DAY, days).ticks()
        assert 1 <= len(ticks) <= 14
        assert sum(bool(tick.label) for tick in ticks) >= 1
        for character, shown in ((0.65, ticks), (2.5, [t for t in ticks if t.narrow != "minor"])):
            reach = []
            for tick in (t for t in shown if t.label):
                width = len(tick.label) * character
                late = character > 1 and tick.narrow == "late"
                reach.append((tick.at - width, tick.at) if late else (tick.at, tick.at + width))
            reach.sort()
            assert all(end <= 100.01 for _, end in reach)
            assert all(a[1] <= b[0] + 0.01 for a, b in pairwise(reach))


# ---------------------------------------------------------------- days put together

DAYS = st.lists(st.tuples(st.sampled_from(Level), st.sampled_from(Coverage)), min_size=1, max_size=80)


def as_days(pairs: list[tuple[Level, Coverage]]) -> list[Day]:
    return [Day((BEGIN + n * ONE_DAY).date().isoformat(), *pair, matches=1) for n, pair in enumerate(pairs)]


@given(DAYS, st.integers(1, 90))
def test_buckets_lose_no_level_and_make_nothing_quiet(pairs: list[tuple[Level, Coverage]], size: int) -> None:
    """Laws: the highest level stays, matches add up, ok means that every day was ok."""
    days = as_days(pairs)
    found = bucketed(days, size)
    assert sum(one.matches for one in found) == len(days)
    for n, one in enumerate(found):
        part = days[n * size : (n + 1) * size]
        assert one.level.rank == max(day.level.rank for day in part)
        assert (one.coverage is Coverage.OK) is all(day.coverage is Coverage.OK for day in part)
        assert (one.first, one.last) == (part[0].day, part[-1].day)


@given(DAYS, st.integers(1, 60), st.sampled_from([strips.MARKS, strips.PLAIN]))
def test_a_strip_fits_and_says_blind(
    pairs: list[tuple[Level, Coverage]], columns: int, marks: dict[Level | Coverage, str]
) -> None:
    """Law: at most so many characters; quiet stands only where every day was quiet and seen."""
    strip = strips.strip(as_days(pairs), columns, marks)
    assert 1 <= len(strip) <= columns
    if set(strip) == {marks[Coverage.OK]}:
        assert set(pairs) == {(Level.QUIET, Coverage.OK)}


def test_plain_marks_are_ascii_and_all_different() -> None:
    """They differ by more than colour."""
    assert "".join(strips.PLAIN.values()).isascii()
    for marks in (strips.MARKS, strips.PLAIN):
        assert len(set(marks.values())) == len(marks) == 7


# ---------------------------------------------------------------- what it comes to


def test_a_prospect_is_said_in_terms() -> None:
    """The lowest and the highest edge of any day, and the spans in which a review was due."""
    (outlook,) = report(days=60, judgements=1, indicators=1).outlooks
    found = summary.prospect(outlook.series)
    low, high = min(outlook.series, key=lambda r: r.low or 0), max(outlook.series, key=lambda r: r.high or 0)
    assert (found.lowest, found.highest) == (low.terms[0], high.terms[-1])
    due = {record.day for record in outlook.series if record.action == "review_due"}
    spanned = {
        (date.fromisoformat(first) + n * ONE_DAY).isoformat()
        for first, last in found.due
        for n in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
    }
    assert due
    assert spanned == due


def test_alerts_of_no_judgement_have_a_lane_of_their_own() -> None:
    """A blind source is nobody's judgement; the lane comes last."""
    made = report(days=5, judgements=1, indicators=1, alerts=2)
    first, second = made.raised
    nobody = replace(first, alert=replace(first.alert, judgement="", indicator=""))
    lanes = summary.lanes(replace(made, raised=(nobody, second)))
    assert [lane.label for lane in lanes] == ["KJ-1", "iwmon itself"]
    assert lanes[1].raised == (nobody,)


# ---------------------------------------------------------------- the terminal


def shown(made: Report, columns: int = 100, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    out = Console(file=stream, width=columns, color_system=None, markup=False, highlight=False, emoji=False)
    show_report(out, made)
    stream.flush()
    return raw.getvalue().decode(encoding)


@some
@pytest.mark.parametrize("columns", [40, 80, 132, 100_000])
def test_a_report_fits_the_terminal(name: str, columns: int) -> None:
    """No line is too long; what was found is there."""
    made = REPORTS[name]
    lines = shown(made, columns).splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    text = " ".join(" ".join(lines).split())
    assert all(outlook.statement in text for outlook in made.outlooks)
    assert ("INTERRUPTED" in text) is (not made.complete)
    assert ("No alert was raised." in text) is (not made.raised)
    assert all(f"Assumes: {one}" in text for one in made.assumptions)


def test_legends_stand_once_on_a_terminal() -> None:
    """Not under each of eight judgements."""
    lines = [line.strip() for line in shown(report(days=30, judgements=8), 160).splitlines()]
    assert sum(line.endswith("one character a day") for line in lines) == 1
    assert lines.count(plot.LEGEND) == 1


def suggested(*kinds: tuple[str, int, str]) -> str:
    """What is shown of so many suggestions of a kind with an advice."""
    out = Console(file=io.StringIO(), width=100)
    show_suggestions(
        out,
        [
            Suggestion(kind, (f"{kind}-{n}",), "", f"{kind}-{n} is so: {advice}", advice)
            for kind, number, advice in kinds
            for n in range(number)
        ],
    )
    return out.file.getvalue()


def test_what_is_suggested_of_many_is_said_once_with_their_names() -> None:
    """The ids of those that were silent, a line for each of the others; few are told as they are."""
    text = suggested(("never", 5, "try."), ("always", 4, "narrow it."), ("together", 3, "join."))
    assert "• 5 indicators never reached watch. Of each: try.\n" in text
    assert "    never-0, never-1, never-2, never-3, never-4\n" in text
    assert "  • Narrow it.\n    always-0 is so\n    always-1 is so\n" in text
    assert text.count("narrow it.") == 0
    assert text.count(": join.") == 3
    assert suggested() == ""


def test_indicators_have_strips_and_numbers() -> None:
    """One line each where there is room."""
    made = report(days=30, judgements=1, indicators=2, alerts=3)
    course = made.courses[0]
    (line,) = [line for line in shown(made, 120).splitlines() if line.startswith(f"  {course.name} ")]
    assert strips.strip(course.days, 60) in line
    own = sum(one.alert.indicator == course.indicator for one in made.raised)
    assert line.split()[-6:] == [str(course.matches), str(course.stories), course.peak, str(own), "5", "d"]


def test_an_encoding_without_blocks_gets_ascii() -> None:
    """Strips in plain characters, and no plot that would be question marks."""
    text = shown(report(days=30, judgements=1, alerts=1), 130, "ascii")
    course = report(days=30, judgements=1, alerts=1).courses[0]
    assert strips.strip(course.days, 60, strips.PLAIN) in text
    assert "? │" not in text
    assert "??????" not in text


def test_quiet_ones_are_counted_and_not_listed() -> None:
    """What has nothing to say takes one line."""
    assert "1 quiet throughout, with coverage, and nothing matched" in shown(quiet())


def test_forty_alerts_are_listed_the_newest_last() -> None:
    """And how to get the others."""
    made = report(days=60, judgements=1, indicators=1, alerts=45)
    text = shown(made, 200)
    assert "5 earlier alerts not shown; all are in the report's files: --report DIR" in text
    rows = [line for line in text.splitlines() if "(KJ-1)" in line]
    assert len(rows) == 40
    assert made.raised[-1].alert.title in rows[-1]


@attacks
def test_a_terminal_gets_no_control_characters(text: str) -> None:
    """Nothing that a feed said moves the cursor or turns the line around."""
    assert not invisible(shown(hostile(text)))


def test_days_are_utc_and_midnight_is_the_next() -> None:
    """Scale: the last day is whole, a moment outside is on the edge."""
    scale = Scale.over(BEGIN, BEGIN + 2 * ONE_DAY)
    assert (scale.days, scale.last) == (3, date(2022, 7, 17))
    assert scale.at(datetime(2022, 7, 16, 12, tzinfo=UTC)) == 50
    assert scale.at(BEGIN - ONE_DAY) == 0
    assert not scale.holds(BEGIN + 3 * ONE_DAY)


def test_builders_make_the_same_report_each_time() -> None:
    """report_nouns: made up, and steady."""
    assert report_nouns.report() == report_nouns.report()
    assert report_nouns.report(seed=2) != report_nouns.report()
