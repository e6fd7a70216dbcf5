"""What a server wrote → one line of plain text, one address, one instant, one decoded document."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile_feeds import NAUGHTY, WRONG_DATES
from iwmon.sources.charset import decode
from iwmon.sources.dates import moment
from iwmon.sources.entries import language
from iwmon.sources.text import _PLAIN_URL, address, plain
from patience import costing

HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u061c\u00ad\ud800-\udfff]")


def assert_plain(text: str) -> None:
    """One line, nothing invisible."""
    assert text == " ".join(text.split())
    assert not HIDDEN.search(text)
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs", "Zl", "Zp"}
    text.encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<b>Б</b>еларусь", "Беларусь"),
        ("one<br>two<p>three</p>four", "one two three four"),
        ("Tom &amp; Jerry &rsquo; &#8217; &nbsp;x", "Tom & Jerry ’ ’ x"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("a < b and c > d", "a < b and c > d"),
        ("5 <3 6", "5 <3 6"),
        ("<p>x<script>alert('</p>')</script>y<style>p{}</style></p>", "xy"),
        ("<![CDATA[Wrapped twice]]>", "Wrapped twice"),
        ('<img alt="a > b" src="x">tail', "tail"),
        ("<!-- gone -->kept", "kept"),
        ("AT&T, R&D", "AT&T, R&D"),
        ("Bel\x00arus\u200b \u202eis\u2066 here\r\nnow", "Belarus is here now"),
        ("&#xD800;&#99999999999999;" + "&#" + "9" * 5_000 + ";", "\ufffd"),
        ("<td>1</td><td>2</td>", "1 2"),
    ],
)
def test_markup_becomes_text(raw: str, expected: str) -> None:
    """Tags go, references are decoded once, scripts leave no text, words stay whole and apart."""
    assert plain(raw, 1_000) == expected


def test_literal_text_is_kept_unless_it_is_html() -> None:
    """Text that a feed declares as plain keeps its angle brackets, but mislabelled HTML is cleaned."""
    assert plain("the <blink> tag & more", 100, markup=False) == "the <blink> tag & more"
    assert plain("<p>one</p><p>two &amp; three</p>", 100, markup=False) == "one two & three"


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    """A cut text shows that it was cut, and keeps the limit."""
    assert plain("word " * 1_000, 20) == "word word word word…"


@pytest.mark.parametrize("naughty", NAUGHTY)
@pytest.mark.parametrize("markup", [True, False])
def test_naughty_strings_come_out_plain(naughty: str, markup: bool) -> None:
    """No string that trips other programs leaves a control, bidi or zero-width character behind."""
    assert_plain(plain(naughty, 1_000, markup=markup))


@settings(max_examples=200)
@given(st.text(st.one_of(st.characters(), st.sampled_from("<>&#;x1aA/\"'= !-[]\x00\u202e"))), st.booleans())
def test_any_text_comes_out_plain(raw: str, markup: bool) -> None:
    """The law behind the lists: whatever goes in, one visible line comes out."""
    assert_plain(plain(raw, 500, markup=markup))


@pytest.mark.parametrize(
    "raw",
    [
        "<a " * 300_000,
        "<a x='" * 100_000,
        "<a " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
        '<a "' + " ".join(f"a{n}" for n in range(100_000)) + ">",
        "<!--" * 200_000,
        "<div>" * 200_000,
        "&#" * 400_000,
        "&lt;" * 200_000,
        "<" * 900_000,
        '<p style="' + "url(" * 200_000,
    ],
)
def test_no_markup_stalls(raw: str) -> None:
    """A megabyte of the worst markup takes a moment; what is quadratic would take minutes."""
    with costing(5):
        plain(raw, 1_000)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("https://news.example/a?b=1&c=2#d", "https://news.example/a?b=1&c=2#d"),
        (' \n\thttps://news.example/a b<c>"d ', "https://news.example/a%20b%3Cc%3E%22d"),
        ("/path", "https://base.example/path"),
        ("//other.example/x", "https://other.example/x"),
        ("?p=1", "https://base.example/dir/page?p=1"),
        ("HTTPS://News.Example/", "https://News.Example/"),
        ("https://новости.example/я", "https://новости.example/я"),
        ("https://news.example/\u202egnp", "https://news.example/gnp"),
        ("javascript:alert(1)", ""),
        ("java\tscript:alert(1)", ""),
        ("java\x00script:alert(1)", ""),
        ("data:text/html,x", ""),
        ("vbscript:x", ""),
        ("file:///etc/passwd", ""),
        ("ftp://news.example/", ""),
        ("http:\\\\evil.example", ""),
        ("https://good.example\\@evil.example/", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("https://news.example/" + "a" * 2_000, ""),
        ("", ""),
    ],
)
def test_only_web_addresses_pass(raw: str, expected: str) -> None:
    """Links are absolute http(s) without anything that could end them early, or empty."""
    assert address(raw, "https://base.example/dir/page") == expected


@settings(max_examples=200)
@given(st.text())
def test_an_address_is_safe_to_print(raw: str) -> None:
    """Whatever a feed calls a link, it comes out as http(s) without spaces, quotes or brackets, or empty."""
    url = address("https://news.example/" + raw)
    assert url == "" or (url.startswith("https://news.example") and not re.search(r"[\s<>\"`\\]", url))
    assert address(raw) == "" or address(raw).startswith(("http://", "https://"))


AT = datetime(2024, 3, 10, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "2024-03-10T01:30:00Z",
        "2024-03-10T03:30:00+02:00",
        "2024-03-10T03:30+0200",
        "2024-03-09 20:30:00 -0500",
        "20240310T013000Z",
        "2024-03-10T01:30:00.123456Z",
        "2024-03-10T01:30",
        "Sun, 10 Mar 2024 01:30:00 GMT",
        "Sun, 10 Mar 2024 01:30:00 +0000",
        "10 Mar 24 01:30 UT",
        "Sunday, 10-Mar-24 01:30:00 GMT",
        "Sat, 09 Mar 2024 20:30:00 EST",
        "Sun, 10 Mar 2024 04:30:00 MSK",
        "Sun, 10 Mar 2024 02:30:00 GMT+0100",
        "Sun, 10 Mar 2024 01:30:00",
        "Sun, 10 Mar 2024 1:30 am GMT",
        "Mar 10, 2024 01:30:00 GMT",
        "Sun Mar 10 01:30:00 2024",
        "Вс, 10 мар 2024 04:30:00 +0300",
        "10 сакавіка 2024 01:30",
        "niedz., 10 marca 2024 02:30:00 +0100",
        "Sun, 10 Mar 2024 01:29:60 GMT",
        "1710034200",
        "1710034200000",
    ],
)
def test_dates_that_mean_one_instant(raw: str) -> None:
    """ISO 8601, RFC 822 and their usual relatives are read exactly, milliseconds dropped."""
    assert moment(raw) == AT


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2024-03-10", datetime(2024, 3, 10, tzinfo=UTC)),
        ("2024-03", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-03-09T24:00:00Z", datetime(2024, 3, 10, tzinfo=UTC)),
    ],
)
def test_dates_of_lesser_precision_mean_their_beginning(raw: str, expected: datetime) -> None:
    """A day, month or year without a time is its first instant, UTC."""
    assert moment(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        *WRONG_DATES,
        "2024-W10-1",
        "2024-070",
        "202403",
        "2024-03-10T25:00:00Z",
        "2024-03-10T01:60:00Z",
        "2024-03-10T01:30:00+99:00",
        "Mon, 30 Feb 2024 00:00:00 GMT",
        "10 Mar 1969 00:00:00 GMT",
        "2100-01-01",
        "yesterday",
        "10/03/2024 01:30",
        "2024-03-10T01:30:00Z trailing",
    ],
)
def test_dates_that_mean_nothing_or_two_things(raw: str) -> None:
    """A date that cannot be, that lies outside 1970-2100 or is ambiguous is no date."""
    assert moment(raw) is None


@settings(max_examples=200)
@given(st.text(st.sampled_from("0123456789-+:TZ .,/JanFebMSunGMTam\u0664"), max_size=40))
def test_any_date_is_sane_or_none(raw: str) -> None:
    """No text makes the date reader raise, or leave the sane range."""
    when = moment(raw)
    assert when is None or (1970 <= when.year < 2100 and when.tzinfo is UTC)


TEXT = "<?xml version='1.0' encoding='%s'?><rss>Беларусь ўжо</rss>"


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "windows-1251", "iso-8859-5"]
)
def test_declared_encodings_are_read(codec: str) -> None:
    """Unicode with and without a mark, and the legacy encodings of Cyrillic, as they declare themselves."""
    text = (TEXT % codec).replace(" ўжо", "")
    assert decode(text.encode(codec), "text/xml") == text


def test_the_declaration_yields_to_the_bytes() -> None:
    """Text that is sound UTF-8 is UTF-8, whatever it says; the charset of the answer beats the document's."""
    text = TEXT % "windows-1251"
    assert decode(text.encode(), "text/xml") == text
    body = "<rss>Брэст</rss>".encode("cp1251")
    assert decode(body, "text/xml; charset=Windows-1251") == "<rss>Брэст</rss>"
    assert decode(body, "text/xml", "be") == "<rss>Брэст</rss>"


@pytest.mark.parametrize("codec", ["utf-7", "idna", "punycode", "unicode_escape", "rot13", "undefined", "hz"])
def test_codecs_that_write_text_themselves_are_refused(codec: str) -> None:
    """A server cannot turn +ADw-script+AD4- into a tag by naming a codec."""
    body = b"<?xml version='1.0' encoding='" + codec.encode() + b"'?><rss>+ADw-b+AD4- \\u0041 xn--e1a</rss>"
    assert decode(body, f"text/xml; charset={codec}") == body.decode()


def test_one_bad_byte_spoils_one_character() -> None:
    """A stray byte in a UTF-8 document does not change how the rest is read."""
    assert (
        decode("<rss>Брэст ".encode() + b"\xff" + "Мінск</rss>".encode(), "")
        == "<rss>Брэст \ufffdМінск</rss>"
    )


@settings(max_examples=200)
@given(st.binary(), st.text())
def test_any_bytes_decode(body: bytes, content_type: str) -> None:
    """No body and no content type makes the decoder raise."""
    assert isinstance(decode(body, content_type), str)


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("en-US", "Belarus", "en"),
        ("uk", "Білорусь", "uk"),
        ("ua", "Білорусь", "uk"),
        ("be_BY", "Беларусь", "be"),
        ("en-us", "Беларусь збірае рэзервістаў", None),
        ("ru", "Belarus calls up reservists", None),
        ("sr", "Beograd", "sr"),
        ("", "Belarus", None),
        ("rss", "Belarus", None),
    ],
)
def test_a_language_is_believed_if_the_script_fits(tag: str, text: str, expected: str | None) -> None:
    """The primary subtag, unless the text is plainly in another script than that language's."""
    assert language(tag, text) == expected


# ---------------------------------------------------------------- the short ways


@given(st.from_regex(_PLAIN_URL, fullmatch=True))
def test_a_plain_address_is_left_as_the_long_way_leaves_it(url: str) -> None:
    """A space before it sends it the long way."""
    assert address(url) == address(f" {url}")


@given(st.text(st.characters(max_codepoint=0x17F), max_size=80), st.booleans())
def test_plain_text_is_left_as_the_long_way_leaves_it(text: str, markup: bool) -> None:
    """A zero-width space before it sends it the long way."""
    assert plain(text, 500, markup=markup) == plain(f"\u200b{text}", 500, markup=markup)


@given(
    st.sampled_from(["en", "uk-UA", "by", "sr", "x"]), st.text(st.sampled_from("abcЖжѣҐԯ҂҈ 1_-é"), max_size=12)
)
def test_a_language_tag_is_believed_unless_the_script_speaks_against_it(tag: str, text: str) -> None:
    """Letters counted one by one, as `language` is defined."""
    code = {"by": "be", "uk-UA": "uk", "x": None}.get(tag, tag)
    letters = [c for c in text if c.isalpha()]
    cyrillic = sum("\u0400" <= c <= "\u052f" for c in letters)
    wrong = {
        "be": cyrillic * 2 < len(letters),
        "uk": cyrillic * 2 < len(letters),
        "en": cyrillic * 2 > len(letters),
    }
    assert language(tag, text) == (None if code is None or wrong.get(code) else code)
