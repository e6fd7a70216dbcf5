"""What the time machine tells people: nothing that they would misread, nothing left unsaid."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from iwmon.__main__ import main
from newsroom import run

TEXT = """\
version: 1
sources:
  - {id: bbc, url: "https://feeds.bbci.example/world/rss.xml", language: en, reliability: B}
  - {id: nn, url: "https://nn.example/rss", language: en, reliability: B}
judgements:
  - id: kj
    statement: Troops enter
    made_on: 2022-10-01
    horizon: 2022-12-31
    probability: unlikely
    indicators:
      - {id: troops, name: Troops, effect: supports, query: {en: troops}}
"""
EVENTS = "event_id,date_start,date_end,judgement,event,happened\n"


def row(day: int, title: str = "The troops", **more: str) -> str:
    fields = {
        "title": f"{title} of day {day}",
        "url": f"https://nn.example/{day}",
        "first_seen": f"2022-10-{day}T12:00Z",
    }
    return json.dumps(fields | more) + "\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("indicators.yaml").write_text(TEXT)
    Path("other.yaml").write_text(TEXT.replace("{en: troops}", "{en: tanks}"))
    Path("news.jsonl").write_text(row(10) + row(11))
    return tmp_path


# ---------------------------------------------------------------- diff over files


@pytest.mark.parametrize(
    ("span", "which"),
    [
        (("--since", "2030-01-01"), "after 2030-01-01 00:00 UTC"),
        (("--until", "2020-01-01"), "up to 2020-01-01 00:00 UTC"),
        (
            ("--since", "2022-10-11", "--until", "2022-10-10T23:00"),
            "between 2022-10-11 00:00 and 2022-10-10 23:00 UTC",
        ),
    ],
)
def test_a_span_without_items_is_no_change_of_nothing(here: Path, span: tuple[str, ...], which: str) -> None:
    """Not "changes no alert over -525600 min"."""
    result = run("diff", "indicators.yaml", "other.yaml", "news.jsonl", *span)
    assert result.exit_code == 2, result.output
    assert f"the files have no item {which}" in result.stderr
    assert "they reach from 2022-10-10 12:00 to 2022-10-11 12:00 UTC" in result.stderr


def test_the_alerts_of_the_first_step_are_compared(here: Path) -> None:
    """The first report of a file raises one as any other does."""
    result = run("diff", "indicators.yaml", "other.yaml", "news.jsonl", "--json")
    troops = next(p for p in json.loads(result.stdout)["parts"] if p["indicator"] == "troops")
    assert troops["changes"][0]["at"] == "2022-10-10T12:00:00Z"


def test_an_interrupted_comparison_does_not_say_that_alerts_differ(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """130, as any command that is interrupted; 1 is what --exit-code says of alerts that differ."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("iwmon.replay.paired.judged", interrupted)
    result = run("diff", "indicators.yaml", "other.yaml", "news.jsonl", "--exit-code")
    assert result.exit_code == 130
    assert "Aborted" not in result.output


def test_an_interrupt_while_it_starts_leaves_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its imports take a third of a second, in which a Ctrl-C came out as Python's own."""

    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "iwmon.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "iwmon.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 130


# ---------------------------------------------------------------- replay: whose the items are


def told(*arguments: str) -> str:
    """What a replay prints, as one line: it wraps at the terminal's width."""
    result = run("replay", *arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_publishers_that_nobody_listed_are_told(here: Path) -> None:
    """Half of the items at reliability F, and nobody says so: the levels would look like those of B."""
    rows = [row(n, url=f"https://w.example/{n}", publisher="bbc.example") for n in (11, 12)]
    rows += [row(13, url="https://b.example/13", publisher="b.example"), row(14, url="https://c.example/14")]
    Path("more.jsonl").write_text(row(10) + "".join(rows))
    said = told("more.jsonl")
    assert "4 of 5 items count as reliability F, because the configuration does not list their" in said
    assert "publishers: bbc.example (2), b.example (1), c.example (1). bbc.example looks like" in said
    assert "looks like your source bbc: if it is, write `publisher: bbc.example` there." in said
    Path("indicators.yaml").write_text(TEXT.replace("{id: bbc,", "{id: bbc, publisher: bbc.example,"))
    said = told("more.jsonl")
    assert "2 of 5 items count as reliability F" in said
    assert "looks like" not in said
    assert "reliability F" not in told("news.jsonl")


def test_rows_that_repeat_an_item_are_told(here: Path) -> None:
    """Rows used and items replayed are two numbers; what is between them is no loss."""
    Path("again.jsonl").write_text(row(10) + row(11) + row(11))
    said = told("again.jsonl")
    assert "again.jsonl: 3 of 3 rows used" in said
    assert "Matched 2 of 2 items" in said
    assert "Repeats 1 row, of items that were there before" in said
    assert "Repeats" not in told("news.jsonl")


def test_a_json_array_says_how_it_becomes_lines(here: Path) -> None:
    """What most programs write: on one line, or on many."""
    one, other = row(10).strip(), row(11).strip()
    for text in (f"[{one}]", f"[{one},\n{other}]"):
        Path("array.jsonl").write_text(text)
        result = run("replay", "array.jsonl")
        assert result.exit_code == 1
        assert "if the file is one array: jq -c '.[]' makes lines of it" in result.stderr
    for text in ("troops\n", "\0\n"):  # the other is what a crash leaves
        Path("bad.jsonl").write_text(text)
        assert run("replay", "bad.jsonl").exit_code == 1
    assert "jq" not in run("replay", "bad.jsonl").stderr


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_utf16_is_never_read_as_if_it_were_utf8(
    here: Path, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    """Without its mark, or packed, it was "mended": strange letters that match nothing, and all was quiet."""
    Path("wide.jsonl").write_bytes(pack(row(10, "Войска troops").encode(encoding)))
    result = run("replay", "wide.jsonl")
    assert result.exit_code == 1
    assert "it is UTF-16, not UTF-8" in result.stderr
    assert "iconv -f UTF-16 -t UTF-8 converts it" in result.stderr


def test_standard_input_is_named_once(here: Path) -> None:
    """The second time it is empty, which looked like a file without rows."""
    result = run("replay", "-", "-", input=row(10))
    assert result.exit_code == 2
    assert "standard input: it can be read only once" in result.stderr


def test_of_two_columns_of_one_name_it_is_told_which_counts(here: Path) -> None:
    """Once, for a table has one heading."""
    Path("two.csv").write_text(
        "title,title,published\nTroops,Rain,2022-10-10T12:00Z\nMore troops,,2022-10-11T12:00Z\n"
    )
    said = told("two.csv")
    assert "1 doubled column" in said
    assert "two.csv:2: doubled column: title: the first of each counts (mended and used)" in said
    assert "Matched 2 of 2 items" in said


def test_a_date_that_is_out_of_bounds_says_so(here: Path) -> None:
    """The words "no date" beside what is plainly one leaves a reader puzzled."""
    Path("old.jsonl").write_text(
        row(10) + row(11, first_seen="9999-12-31T23:59:59Z") + row(12, first_seen="soon")
    )
    said = told("old.jsonl")
    assert "old.jsonl:2: no date: “9999-12-31T23:59:59Z”: not between 1990 and 2100" in said
    assert "old.jsonl:3: no date: “soon” " in f"{said} "


# ---------------------------------------------------------------- known events


def test_known_events_stand_on_the_terminal_too(here: Path) -> None:
    """--events promises them beside the alerts."""
    Path("e.csv").write_text(f"{EVENTS}E1,2022-10-10,2022-10-12,kj,Entry,1\nE2,2022-10-11,,troops,Talk,0\n")
    said = told("news.jsonl", "--events", "e.csv")
    assert "Known events E1, 10 Oct 2022 to 12 Oct 2022: Entry (happened)" in said
    assert "E2, 11 Oct 2022: Talk (a false alarm of its time)" in said


def test_events_of_other_judgements_can_be_left_out(here: Path) -> None:
    """A desk's list is about all its judgements; the file at hand may have one of them."""
    Path("e.csv").write_text(f"{EVENTS}E1,2022-10-12,,kj,Entry,1\nE2,2022-10-11,,rail,Sabotage,1\n")
    result = run("backtest", "news.jsonl", "--events", "e.csv")
    assert result.exit_code == 1
    assert "or leave such rows out: --map rail=-" in result.stderr
    result = run("backtest", "news.jsonl", "--events", "e.csv", "--map", "rail=-")
    assert result.exit_code == 0, result.output
    assert "Known events of these words are left out, as --map says: rail." in result.stdout
    assert "Sabotage" not in result.stdout
    assert "are left out" in told("news.jsonl", "--events", "e.csv", "--map", "rail=-")
    result = run("backtest", "news.jsonl", "--events", "e.csv", "--map", "rail=-", "--map", "kj=-")
    assert result.exit_code == 1
    assert "every row is left out" in result.stderr


def test_a_term_is_not_shown_before_it_was_made(here: Path) -> None:
    """In a replay of last year, the months before were drawn as if the analyst had judged then already."""
    Path("indicators.yaml").write_text(TEXT.replace("made_on: 2022-10-01", "made_on: 2022-10-13"))
    Path("long.jsonl").write_text("".join(row(n) for n in range(10, 17)))
    result = run("replay", "long.jsonl", "--json")
    (outlook,) = json.loads(result.stdout)["report"]["outlooks"]
    assert outlook["series"][0]["day"] == "2022-10-13"
    assert "Nothing was implied: it was made after the last day replayed" in told("news.jsonl")
    Path("indicators.yaml").write_text(TEXT.replace("horizon: 2022-12-31", "horizon: 2022-10-09"))
    assert "Nothing was implied: the term had run out" in told("news.jsonl")
    Path("indicators.yaml").write_text(TEXT.replace("    probability: unlikely\n", ""))
    assert "Nothing was implied: there is no term" in told("news.jsonl")


def test_a_term_is_not_drawn_beyond_its_horizon(here: Path) -> None:
    """The page's band for the analyst's term ends where the term has run out."""
    Path("indicators.yaml").write_text(TEXT.replace("horizon: 2022-12-31", "horizon: 2022-10-13"))
    Path("long.jsonl").write_text("".join(row(n) for n in range(10, 17)))
    assert run("replay", "long.jsonl", "--report", "out").exit_code == 0
    page = Path("out/report.html").read_text("utf-8")
    assert "10 Oct 2022 to 12 Oct 2022: the analyst&#39;s term is unlikely" in page


def test_events_that_came_while_an_alarm_stood_are_told_before_recall(here: Path) -> None:
    """Recall 0 % with an alarm on all the time: a reader has to know that it is not silence."""
    alone = TEXT.replace("effect: supports,", "effect: supports, half_life: 4d, hold: 1h,")
    Path("indicators.yaml").write_text(alone)
    rows = [json.loads(row(10)) | {"url": f"https://bbc{n}.example/1"} for n in range(4)]
    rows += [json.loads(row(28, "Rain", url="https://nn.example/28"))]
    Path("many.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    Path("e.csv").write_text(f"{EVENTS}E1,2022-10-20,,kj,Entry,1\n")
    wish = ("many.jsonl", "--events", "e.csv", "--level", "watch", "--horizon", "8d")
    said = " ".join(run("backtest", *wish).stdout.split())
    assert (
        "For 1 of 1 events an alarm had begun more than 8 days before: recall counts them as missed" in said
    )
    assert "the alarm had begun on 2022-10-10, more than 8 days before, and ended on 2022-10-1" in said


# ---------------------------------------------------------------- rule tests


def test_an_alert_that_nobody_expected_says_why_it_came(here: Path) -> None:
    """exp_alerts: [] is how a test says "must not page"; its failure is where the reason is wanted most."""
    Path("t.yaml").write_text(
        """\
config: indicators.yaml
start: 2022-10-01T00:00
tests:
  - name: quiet
    input_items: [{at: 1h, source: nn, title: The troops}]
    eval_time: 2h
    exp_alerts: []
"""
    )
    said = " ".join(run("test", "t.yaml").stdout.split())
    assert "why: troops is watch: activation 0.55 from 1 independent origin" in said
    assert "item 1 matches it" in said


# ---------------------------------------------------------------- what the numbers are of


def test_a_count_of_alerts_says_what_they_are_about(here: Path) -> None:
    """Most warnings of a long replay are of lost coverage and of reviews, not of troops."""
    Path("gap.jsonl").write_text(row(10) + row(11) + row(28, "Rain"))
    said = told("gap.jsonl")
    assert "Alerts by subject 1 about reports" in said
    assert "about coverage" in said
    Path("indicators.yaml").write_text(TEXT.replace("    probability: unlikely\n", ""))
    said = told("news.jsonl")
    assert "Alerts 1 (1 watch) Configuration" in said


def test_a_change_of_receivers_alone_is_not_called_no_change_without_a_word(here: Path) -> None:
    """Who is told is the half of an alert that this command does not look at."""
    Path("told.yaml").write_text(TEXT + 'receivers:\n  - {id: desk, url: "console:"}\n')
    result = run("diff", "indicators.yaml", "told.yaml", "news.jsonl")
    assert "receivers or routes differ; whom an alert goes to is not compared" in result.stdout
    assert "receivers" not in run("diff", "indicators.yaml", "other.yaml", "news.jsonl").stdout


@pytest.mark.parametrize("language", ["en", ""])
def test_a_term_is_not_blamed_for_news_in_other_languages(here: Path, language: str) -> None:
    """Polish terms bring nothing of English news; "drop them" would cost a desk its ears."""
    query = 'query: {en: "troops OR tanks", pl: wojsk*}'
    Path("indicators.yaml").write_text(TEXT.replace("query: {en: troops}", query))
    rows = [row(n, url=f"https://nn.example/{n}", language=language) for n in range(10, 31)]
    Path("many.jsonl").write_text("".join(rows))
    said = told("many.jsonl", "--suggest")
    assert "1 term of troops brought none of its 21 matches: tanks." in said
    polish = [row(n, "Wojsko", url=f"https://pl.example/{n}", language="pl") for n in range(10, 31)]
    Path("indicators.yaml").write_text(
        TEXT.replace("query: {en: troops}", query.replace("wojsk*", "wojsk* OR armi*"))
    )
    Path("many.jsonl").write_text("".join(rows + polish))
    assert "2 terms of troops brought none of its 42 matches: tanks, armi*." in told(
        "many.jsonl", "--suggest"
    )


def test_a_name_is_not_cut_where_there_is_room(here: Path) -> None:
    """Two indicators whose names begin alike are two lines, not one twice."""
    name = "Belarus interferes with civil flights over its territory"
    Path("indicators.yaml").write_text(TEXT.replace("name: Troops", f"name: {name}"))
    found = [
        line for line in run("replay", "news.jsonl").stdout.splitlines() if line.startswith(f"  {name}  ")
    ]
    assert len(found) == 1
    assert " watch " in found[0]  # beside its numbers
