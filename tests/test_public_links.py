"""What looks like a credential in an address is in no report; every other link is as the feed gave it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon.feedtext import public, public_text
from iwmon.replay.compare import mark
from newsroom import run
from nouns import SMALL

SECRETS = [
    ("https://user:pw@h.example/a?b=1", "https://h.example/a?b=1"),
    ("https://tok3n@h.example/a", "https://h.example/a"),
    ("https://h.example/?id=3&token=abc&page=2#top", "https://h.example/?id=3&token=redacted&page=2#top"),
    ("https://h.example/?API_KEY=a%20b", "https://h.example/?API_KEY=redacted"),
    ("https://h.example/?apiKey=a&x-api-key=b", "https://h.example/?apiKey=redacted&x-api-key=redacted"),
    ("https://h.example/?key=AIza&q=news", "https://h.example/?key=redacted&q=news"),
    ("https://h.example/?key=0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "https://h.example/?key=redacted"),
    ("https://h.example/?key=correct-horse-battery", "https://h.example/?key=redacted"),
    ("https://h.example/?api_key=12345", "https://h.example/?api_key=redacted"),
    ("https://h.example/?a=b=c&token==x", "https://h.example/?a=b=c&token=redacted"),
    ("https://h.example/?auth%5Btoken%5D=x", "https://h.example/?auth%5Btoken%5D=redacted"),
    ("https://h.example/#access_token=x&state=2", "https://h.example/#access_token=redacted&state=2"),
    ("https://h.example/a;jsessionid=0A?x=1", "https://h.example/a;jsessionid=redacted?x=1"),
    ("https://h.example/?sid=0123456789abcdef", "https://h.example/?sid=redacted"),
    ("https://b.example/?sv=2020&sig=a%2Bc%3D&se=1", "https://b.example/?sv=2020&sig=redacted&se=1"),
    (
        "https://s3.example/k?X-Amz-Credential=A&X-Amz-Signature=f&X-Amz-Date=2022&AWSAccessKeyId=K",
        "https://s3.example/k?X-Amz-Credential=redacted&X-Amz-Signature=redacted&X-Amz-Date=2022"
        "&AWSAccessKeyId=redacted",
    ),
    (
        f"https://h.example/to?u={quote('https://x.example/?token=abc&id=4', safe='')}&z=1",
        f"https://h.example/to?u={quote('https://x.example/?token=redacted&id=4', safe='')}&z=1",
    ),
]
HARMLESS = [
    "",
    "https://h.example/2022/10/10/reservists.html",
    "https://h.example/@author/post?q=me@x.example",
    "https://h.example/?keywords=belarus&keyword=a&author=B&monkey=1&passage=4&design=2&signal=3",
    "https://h.example/?session=57&sid=1234&ticket=7&code=5",
    "https://h.example/path/key=abc/x?token=&utm_source=rss",
    "https://h.example/view?key=20221010.22019231045&key=2022-10-10&key=7",
    "https://h.example/?key=belarus-calls-up-300-reservists&page=1",
    "https://h.example/%D0%B0?p=%26&x=1;y=2#a=b",
]


@pytest.mark.parametrize(("url", "shown"), SECRETS)
def test_what_looks_like_a_credential_goes(url: str, shown: str) -> None:
    assert public(url) == shown
    assert public(shown) == shown


@pytest.mark.parametrize("url", HARMLESS)
def test_other_links_stay_to_the_letter(url: str) -> None:
    assert public(url) == url


NAMES = st.sampled_from(["token", "access_token", "apiKey", "api-key", "SIGNATURE", "client_secret", "pwd"])
ORDINARY = st.tuples(st.sampled_from(["id", "page", "lang", "q"]), st.text("abc123%25", max_size=9))


@given(NAMES, st.text("XYZ", min_size=1), st.lists(ORDINARY), st.lists(ORDINARY), st.sampled_from("&;"))
def test_wherever_it_stands_the_rest_is_as_it_was(
    name: str, value: str, before: list[tuple[str, str]], after: list[tuple[str, str]], between: str
) -> None:
    def url(secret: str) -> str:
        return f"https://h.example/?{between.join('='.join(p) for p in (*before, (name, secret), *after))}"

    assert public(url(value)) == url("redacted")


def test_addresses_inside_a_text_are_public_too() -> None:
    text = "“Called up”, Wire\nhttps://u:pw@h.example/?token=abc&id=1\n(https://h.example/?id=2)"
    shown = "“Called up”, Wire\nhttps://h.example/?token=redacted&id=1\n(https://h.example/?id=2)"
    assert public_text(text) == shown
    assert public_text("12:30://, token=a") == "12:30://, token=a"


def test_articles_that_are_told_apart_by_a_key_are_so_in_a_comparison() -> None:
    """And a report is known by the same mark before and after."""
    one, other = ("https://h.example/?key=a1", "Called up"), ("https://h.example/?key=a2", "Stood down")
    assert mark(*one) != mark(*other)
    assert mark(*one) == mark(public(one[0]), one[1])
    assert mark("", "Called up") == "Called up"


def test_no_file_of_a_report_has_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what is printed, for people and for programs, by replay, backtest and diff."""
    monkeypatch.chdir(tmp_path)
    Path("indicators.yaml").write_text(SMALL, "utf-8")
    Path("other.yaml").write_text(SMALL.replace("mobilis* OR reservist*", "tanks"), "utf-8")
    head = "event_id,date_start,date_end,judgement,event,happened"
    Path("events.csv").write_text(f"{head}\nE1,2022-10-12,,kj-2,Troops come,1\n", "utf-8")
    row = {
        "title": "Mobilisation: reservists called up",
        "publisher": "Nasha Niva",
        "url": "https://user:S3CRET@nn.example/1?token=S3CRET&id=17",
        "first_seen": "2022-10-10T12:00:00Z",
        "language": "en",
    }
    rain = row | {"title": "Rain", "url": "https://nn.example/2", "first_seen": "2022-10-09T12:00:00Z"}
    Path("news.jsonl").write_text(json.dumps(rain) + "\n" + json.dumps(row) + "\n", "utf-8")
    printed = []
    for more in ((), ("--json",)):
        printed.append(run("replay", "news.jsonl", "--report", "out", *more))
        printed.append(run("backtest", "news.jsonl", "--events", "events.csv", "--report", "b", *more))
        printed.append(run("diff", "indicators.yaml", "other.yaml", "news.jsonl", *more))
    files = [path for folder in ("out", "b") for path in Path(folder).iterdir()]
    assert len(files) == 8 + 10
    texts = [result.output for result in printed] + [path.read_text("utf-8") for path in files]
    assert not any("S3CRET" in text for text in texts)
    assert "redacted" in printed[5].stdout  # the report that diff misses
    link = "https://nn.example/1?token=redacted&id=17"
    for name in ("report.json", "report.md", "evidence.csv"):
        assert link in Path("out", name).read_text("utf-8")
    assert link.replace("&", "&amp;") in Path("out", "report.html").read_text("utf-8")
