"""The address that acknowledges an alert: what it says, and that nobody else can write one."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon.alerts.links import (
    GOOD_FOR,
    PATH,
    Claim,
    Refused,
    check,
    link,
    signing_key,
    with_ack_link,
)
from iwmon.model import Failure
from iwmon.store import Store
from nouns import NOON

KEY, OTHER = b"k" * 32, b"o" * 32
BASE = "https://iwmon.example"
SECOND = timedelta(seconds=1)
NAMES = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1, max_size=64)
TIMES = st.floats(1e9, 7e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def token(expires: datetime = NOON + GOOD_FOR, alert: str = "7bd2a0c4e1", receiver: str = "duty-desk") -> str:
    return link(BASE, alert, receiver, expires, KEY).removeprefix(f"{BASE}{PATH}")


@given(NAMES, NAMES, TIMES, st.binary(min_size=32, max_size=64))
def test_what_was_signed_is_what_is_read(alert: str, receiver: str, expires: datetime, key: bytes) -> None:
    """For every alert, receiver, key and time; seconds are whole."""
    url = link(f"{BASE}/below/", alert, receiver, expires, key)
    assert url.startswith(f"{BASE}/below{PATH}")
    whole = expires.replace(microsecond=0)
    found = check(url.rsplit("/", 1)[1], key, whole - SECOND)
    assert found == Claim(alert, receiver, whole)


@given(TIMES)
def test_it_is_good_to_the_second_before_it_expires(expires: datetime) -> None:
    """And from that second on it says that it has expired, and what it was."""
    whole = expires.replace(microsecond=0)
    made = token(expires)
    assert isinstance(check(made, KEY, whole - timedelta(microseconds=1)), Claim)
    for late in (whole, whole + SECOND, whole + timedelta(days=4000)):
        assert check(made, KEY, late) == Refused("expired", Claim("7bd2a0c4e1", "duty-desk", whole))


@given(st.data())
def test_any_altered_character_is_refused(data: st.DataObject) -> None:
    """Replaced, left out, put in, or moved: whatever it is, and wherever."""
    made = token()
    place = data.draw(st.integers(0, len(made) - 1))
    other = data.draw(st.characters().filter(lambda c: c != made[place]))
    altered = [
        made[:place] + other + made[place + 1 :],
        made[:place] + made[place + 1 :],
        made[:place] + other + made[place:],
    ]
    for one in altered:
        if one != made:
            assert check(one, KEY, NOON) == Refused("forged")


def test_every_character_of_the_signature_counts() -> None:
    """Also the last, of which base32 uses one bit only: no signature has two spellings."""
    made = token()
    for place in range(len(made)):
        for other in string.ascii_letters + string.digits + "._-=~%":
            if other != made[place]:
                assert check(made[:place] + other + made[place + 1 :], KEY, NOON) == Refused("forged")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "1",
        "....",
        token().upper(),
        token() + "\n",
        token() + "=",
        token().replace("1.", "2.", 1),
        token().replace("duty-desk", "duty-dešk"),
        token().replace("1666", "١٦٦٦"),
        "x" * 100_000,
    ],
)
def test_what_is_no_token_is_refused(wrong: str) -> None:
    """Without an error, whatever it looks like."""
    assert check(wrong, KEY, NOON) == Refused("forged")


def test_a_part_of_one_token_is_no_use_in_another() -> None:
    """The signature covers alert, receiver and time together, and the names cannot run into each other."""
    signature = token().rsplit(".", 1)[1]
    for other in (
        token(alert="7bd2a0c4e2"),
        token(receiver="analysts"),
        token(NOON + GOOD_FOR + SECOND),
        token(alert="7bd2a0c4e1-duty", receiver="desk"),
    ):
        assert check(f"{other.rsplit('.', 1)[0]}.{signature}", KEY, NOON) == Refused("forged")


def test_another_key_refuses_it() -> None:
    """So a new key ends all links that there are."""
    assert check(token(), OTHER, NOON) == Refused("forged")
    assert KEY.decode() not in token()


@pytest.mark.parametrize(("alert", "receiver"), [("a.b", "desk"), ("a", "de/sk"), ("", "desk"), ("ä", "d")])
def test_names_that_an_address_cannot_hold_are_an_error(alert: str, receiver: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        link(BASE, alert, receiver, NOON, KEY)


def test_a_key_that_can_be_guessed_is_an_error() -> None:
    """From the operator as a Failure that does not quote it; in the code as a mistake."""
    with pytest.raises(ValueError, match="too short"):
        link(BASE, "a", "desk", NOON, b"short")
    with pytest.raises(Failure, match="IWMON_LINK_KEY: the key has 9 characters") as caught:
        signing_key("hunter222", lambda: "k" * 64)
    assert "hunter222" not in str(caught.value)
    assert signing_key("g" * 32, lambda: pytest.fail("not asked for")) == b"g" * 32


def test_the_database_keeps_a_key_of_its_own(tmp_path: Path) -> None:
    """Made once, for ever the same, another one in each database, in a file that only its owner reads."""
    keys = []
    for name in ("a.db", "b.db"):
        for _ in range(2):
            with Store.open(f"sqlite:///{tmp_path / name}") as store:
                keys.append(signing_key("", store.link_key))
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert all(len(key) == 64 for key in keys)


# ---------------------------------------------------------------- in the message


TEXT = (
    "KJ-2: A statement\n\nWhy: a rule\nAcknowledge: iwmon alerts ack 7bd2\nEvery number: iwmon explain 7bd2"
)


def test_the_link_stands_in_the_line_that_says_how() -> None:
    """Below the command, which stays for whoever has a terminal; as a line that a phone makes a link of."""
    url = link(BASE, "7bd2", "desk", NOON, KEY)
    lines = with_ack_link(TEXT, url).split("\n")
    assert lines[3:5] == ["Acknowledge: iwmon alerts ack 7bd2", f"   {url}"]
    assert lines[:4] + lines[5:] == TEXT.split("\n")
    assert urlsplit(url).path.isascii()


def test_without_an_address_nothing_changes() -> None:
    assert with_ack_link(TEXT, "") == TEXT


def test_a_text_that_does_not_say_how_gets_a_line() -> None:
    """Blind indicators and reviews that are due say nothing of acknowledging by themselves."""
    assert (
        with_ack_link("Blind\nsince 14:00", "https://x/") == "Blind\nsince 14:00\nAcknowledge:\n   https://x/"
    )
