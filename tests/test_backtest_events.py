"""events.csv: what is read, and that every wrong row is named with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest_nouns import configuration
from iwmon.backtest import EventsError, read
from iwmon.cli import known
from iwmon.cli.call import Misuse
from iwmon.config import parse
from iwmon.model import Failure
from iwmon.report import Event
from nouns import DATA, ROOT

CONFIG = configuration()
HEAD = "event_id,date_start,date_end,judgement,event,happened\n"
GOOD = "E1,2022-10-10,2022-10-12,kj-2,Troops come,1\n"


def events(text: str, mapping: Mapping[str, str] | None = None) -> tuple[Event, ...]:
    return read(text, "events.csv", CONFIG, mapping or {})


def wrong(text: str, mapping: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(EventsError) as caught:
        events(text, mapping)
    return [str(problem) for problem in caught.value.problems]


# ---------------------------------------------------------------- what is read


def test_an_event_is_read_whole() -> None:
    assert events(HEAD + GOOD) == (
        Event("E1", date(2022, 10, 10), date(2022, 10, 12), "kj-2", "", "Troops come", True),
    )


@pytest.mark.parametrize(
    ("word", "happened"),
    [("1", True), ("YES", True), ("true", True), ("0", False), ("No", False), ("False", False)],
)
def test_happened_may_be_said_in_several_words(word: str, happened: bool) -> None:
    assert events(HEAD + f"E1,2022-10-10,,kj-2,x,{word}\n")[0].happened is happened


def test_an_empty_last_day_is_the_first() -> None:
    assert events(HEAD + "E1,2022-10-10,,kj-2,x,1\n")[0].end == date(2022, 10, 10)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_do(separator: str) -> None:
    """As spreadsheets in much of Europe write them."""
    assert events((HEAD + GOOD).replace(",", separator))[0].judgement == "kj-2"


def test_a_mark_at_the_beginning_windows_lines_and_blank_rows_do_no_harm() -> None:
    text = "\ufeff" + (HEAD + ",,,,,\n\n" + GOOD).replace("\n", "\r\n")
    assert [event.id for event in events(text)] == ["E1"]


def test_further_columns_and_their_order_do_not_matter() -> None:
    text = "note,happened,event,Indicator,date_end,date_start,EVENT_ID\nq,1,x,rail-sabotage,,2022-10-10,E1\n"
    assert events(text) == (
        Event("E1", date(2022, 10, 10), date(2022, 10, 10), "kj-5", "rail-sabotage", "x"),
    )


def test_words_are_mapped_to_judgements_and_indicators() -> None:
    text = HEAD.replace("judgement", "key_judgement") + (
        "E1,2022-10-10,,troops,x,1\nE2,2022-10-10,,railway,x,1\nE3,2022-10-10,,mobilisation,x,1\n"
    )
    found = events(text, {"troops": "kj-2", "railway": "rail-sabotage"})
    assert [(e.judgement, e.indicator) for e in found] == [
        ("kj-2", ""),
        ("kj-5", "rail-sabotage"),
        ("kj-2", "mobilisation"),
    ]


def test_judgement_and_indicator_may_both_be_named() -> None:
    text = HEAD.replace("judgement", "judgement,indicator") + "E1,2022-10-10,,kj-2,mobilisation,x,1\n"
    assert (events(text)[0].judgement, events(text)[0].indicator) == ("kj-2", "mobilisation")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_any_text_of_an_event_is_kept(text: str) -> None:
    """Commas, quotes, line breaks: as CSV has them; outer blanks go."""
    quoted = text.replace('"', '""')
    found = events(HEAD + f'E1,2022-10-10,,kj-2,"{quoted}",1\n' + "E2,2022-10-11,,kj-2,x,1\n")
    assert [event.id for event in found] == ["E1", "E2"]
    assert found[0].text == text.strip()


@given(st.text(max_size=200))
def test_whatever_the_file_has_it_is_read_or_refused_in_words(text: str) -> None:
    for whole in (text, HEAD + text):
        said = []
        try:
            events(whole)
        except EventsError as error:
            said = [problem.where and problem.message for problem in error.problems]
        assert all(said)


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "E1,24.02.2022,,kj-2,x,1",
            'events.csv:2: date_start "24.02.2022" is not a date (write 2022-02-24)',
        ),
        (
            "E1,2022-2-4,,kj-2,x,1",
            'events.csv:2: date_start "2022-2-4" is not a date (write 2022-02-04)',
        ),
        (
            "E1,10/11/2022,,kj-2,x,1",
            'events.csv:2: date_start "10/11/2022" is not a date '
            "(write it like 2022-10-31: year, month, day)",
        ),
        (
            "E1,10/25/2022,,kj-2,x,1",
            'events.csv:2: date_start "10/25/2022" is not a date (write 2022-10-25)',
        ),
        (
            "E1,2022-10-10T14:00Z,,kj-2,x,1",
            'events.csv:2: date_start "2022-10-10T14:00Z" is not a date (write 2022-10-10)',
        ),
        (
            "E1,2022-02-30,,kj-2,x,1",
            'events.csv:2: date_start "2022-02-30" is not in the calendar (write it like 2022-10-31)',
        ),
        ("E1,,,kj-2,x,1", "events.csv:2: date_start is empty (write it like 2022-10-31)"),
        (
            "E1,soon,,kj-2,x,1",
            'events.csv:2: date_start "soon" is not a date (write it like 2022-10-31)',
        ),
        (
            "E1,2022-10-12,2022-10-10,kj-2,x,1",
            "events.csv:2: date_end 2022-10-10 is before date_start 2022-10-12 "
            "(swap them, or mend the wrong one)",
        ),
        (
            "E1,2022-10-12,,kj-2,x,maybe",
            'events.csv:2: happened is "maybe" (write 1 (it happened) or 0 (it was only said to); '
            "yes/no and true/false will do)",
        ),
        (",2022-10-12,,kj-2,x,1", "events.csv:2: event_id is empty (give each event a short id: E01)"),
        (
            "E1,2022-10-12,,,x,1",
            "events.csv:2: it does not say whose event it is (name a judgement or an indicator by its id)",
        ),
        (
            "E1,2022-10-12,,kj-2,x,1,y,z",
            'events.csv:2: 8 cells, but 6 columns (put a text with commas into quotes: "a, b")',
        ),
        (
            "E1,2022-10-12,,kj2,x,1",
            'events.csv:2: "kj2" is no judgement and no indicator (did you mean "kj-2"? '
            "Else say which is meant, of kj-2, kj-5, or an indicator: --map kj2=kj-2; "
            "or leave such rows out: --map kj2=-)",
        ),
    ],
)
def test_a_wrong_row_is_named_with_what_to_write(row: str, message: str) -> None:
    assert wrong(HEAD + row + "\n") == [message]


def test_an_unknown_word_is_told_once_with_all_its_rows() -> None:
    """And with the option that maps it, ready to be pasted."""
    text = HEAD + "A,2022-10-10,,big trouble,x,1\n" + GOOD + "B,2022-10-10,,big trouble,x,1\n"
    assert wrong(text) == [
        'events.csv:2: "big trouble" is no judgement and no indicator (also in line 4) '
        "(say which is meant, of kj-2, kj-5, or an indicator: --map 'big trouble=kj-2'; "
        "or leave such rows out: --map 'big trouble=-')"
    ]


def test_a_doubled_id_names_both_rows() -> None:
    assert wrong(HEAD + GOOD + GOOD) == [
        'events.csv:3: event_id "E1" is there twice (line 2 has it too; give each event an id of its own)'
    ]


def test_all_that_is_wrong_is_told_together_in_the_order_of_the_file() -> None:
    text = HEAD + "A,x,,kj-2,x,1\n" + GOOD + "B,2022-10-10,,nobody,x,?\n"
    assert [line.split(": ")[0] for line in wrong(text)] == ["events.csv:2", "events.csv:4", "events.csv:4"]
    with pytest.raises(EventsError) as caught:
        events(text)
    assert str(caught.value).startswith("3 errors in the events:\n  events.csv:2: ")


def test_a_row_after_a_text_of_several_lines_has_its_own_line() -> None:
    text = HEAD + 'A,2022-10-10,,kj-2,"one\ntwo\nthree",1\nB,bad,,kj-2,x,1\n'
    assert wrong(text)[0].startswith("events.csv:5: ")


def test_a_long_list_of_errors_is_cut_and_counted() -> None:
    with pytest.raises(EventsError) as caught:
        events(HEAD + "".join(f"E{n},bad,,kj-2,x,1\n" for n in range(60)))
    assert str(caught.value).endswith("\n  … and 10 more")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "events.csv:1: the file is empty "
            "(write a heading: event_id,date_start,date_end,event,happened,judgement)",
        ),
        (HEAD, "events.csv:1: there is no event in it (write a row for each event below the heading)"),
        (
            HEAD.replace("happened", "hapened") + GOOD,
            'events.csv:1: there is no column happened (did you mean "hapened"?)',
        ),
        (
            HEAD.replace("judgement", "topic") + GOOD,
            "events.csv:1: no column says whose event it is (add key_judgement, judgement or indicator)",
        ),
        (
            HEAD.replace("event_id", "event_id,event") + GOOD,
            "events.csv:1: there are two columns event (remove one)",
        ),
        (
            HEAD + 'E1,2022-10-10,,kj-2,"never closed,1\n',
            'events.csv:2: not CSV: unexpected end of data (write a quote inside quotes twice: "")',
        ),
    ],
)
def test_a_wrong_file_says_so(text: str, message: str) -> None:
    assert wrong(text) == [message]


def test_an_indicator_of_another_judgement_is_refused() -> None:
    text = HEAD.replace("judgement", "judgement,indicator") + (
        "E1,2022-10-10,,kj-2,rail-sabotage,x,1\nE2,2022-10-10,,kj-2,moblisation,x,1\n"
    )
    assert wrong(text) == [
        "events.csv:2: indicator rail-sabotage belongs to kj-5, not to kj-2 "
        "(leave the judgement out, or name kj-5)",
        'events.csv:3: there is no indicator "moblisation" (did you mean "mobilisation"?)',
    ]


def test_a_map_to_nothing_is_refused() -> None:
    assert wrong(HEAD + GOOD, {"railway": "rail-sabotge", "x": "zzzzzz"}) == [
        '--map railway=rail-sabotge: "rail-sabotge" is no judgement and no indicator '
        '(did you mean "rail-sabotage"?)',
        '--map x=zzzzzz: "zzzzzz" is no judgement and no indicator (the judgements are kj-2, kj-5)',
    ]


# ---------------------------------------------------------------- as the command line names it


def test_a_file_that_is_not_utf_8_says_in_which_line(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes((HEAD + GOOD).encode() + "E2,2022-10-11,,kj-2,Łódź,1\n".encode("iso8859_2"))
    with pytest.raises(Failure, match=r"events\.csv:3: it is not UTF-8"):
        known.events(path, (), CONFIG)


def test_a_file_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be read"):
        known.events(tmp_path / "none.csv", (), CONFIG)


@pytest.mark.parametrize("given_", ["troops", "=kj-2", "troops="])
def test_a_map_without_both_sides_is_misuse(tmp_path: Path, given_: str) -> None:
    with pytest.raises(Misuse, match="maps nothing"):
        known.events(tmp_path / "none.csv", (given_,), CONFIG)


def test_the_recorded_list_is_read_with_the_default_configuration() -> None:
    """Its five words, mapped as the manual shows; without that all five are named with their rows."""
    path = DATA / "ground_truth" / "events.csv"
    if not path.exists():
        pytest.skip("the recorded events are not here")
    config = parse("indicators.yaml", lambda name: (ROOT / name).read_bytes(), {})
    words = {
        "provocation": "kj-3",
        "unification": "kj-1",
        "troops": "kj-2",
        "railway": "rail-sabotage",
        "regime": "kj-4",
    }
    found = known.events(path, [f"{word}={target}" for word, target in words.items()], config)
    assert {event.judgement for event in found} == {"kj-1", "kj-2", "kj-3", "kj-4", "kj-5"}
    assert sum(not event.happened for event in found) == 1
    with pytest.raises(EventsError) as caught:
        known.events(path, (), config)
    assert len(caught.value.problems) == 5
    assert all("--map" in problem.hint for problem in caught.value.problems)
