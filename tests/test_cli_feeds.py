"""feeds: OPML in and out, and a trial of a feed; and how hostile lists are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from iwmon import opml
from iwmon.cli import importing
from newsroom import HEADLINE, Newsroom, run
from nouns import DATA, configured, source
from patience import costing

LISTS = sorted((DATA / "feed_lists").rglob("*.opml"))
REAL = pytest.mark.skipif(not LISTS, reason="../shared/data/feed_lists is not here")

NESTED = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<!-- <outline text="Commented out" xmlUrl="https://commented.example/rss"/> -->
<outline text="News">
  <outline text="Belarus">
    <outline type="rss" text="Nasha Niva &amp; friends" language="be"
             xmlUrl="https://nashaniva.example/rss?a=1&amp;b=2"/>
  </outline>
  <outline text='Gazeta "Wyborcza" &#8211; &#x15B;wiat' xmlUrl='http://wyborcza.example/rss' />
</outline>
<outline text="Top" xmlUrl="https://top.example/rss"></outline>
</body></opml>"""


@pytest.fixture
def room(httpserver: HTTPServer, tmp_path: Path) -> Newsroom:
    """A newsroom of its own for each test."""
    return Newsroom(httpserver, tmp_path)


# ---------------------------------------------------------------- reading lists


def test_nested_outlines_are_read_with_their_folders() -> None:
    """Outlines in outlines, single quotes, references, comments and languages."""
    assert opml.parse(NESTED) == (
        opml.Subscription(
            "Nasha Niva & friends", "https://nashaniva.example/rss?a=1&b=2", "be", ("News", "Belarus")
        ),
        opml.Subscription('Gazeta "Wyborcza" – świat', "http://wyborcza.example/rss", None, ("News",)),
        opml.Subscription("Top", "https://top.example/rss", None, ()),
    )


@pytest.mark.parametrize(
    ("tag", "url"),
    [
        ('<outline text="A "quoted" name" xmlUrl="https://a.example/" />', "https://a.example/"),
        ('<outline text="A" xmlUrl="https://a.example/?x=1&lang=en" />', "https://a.example/?x=1&lang=en"),
        (
            '<outline d="<a href="https://b.example" rel="x">B</a>." xmlUrl="https://a.example/"/>',
            "https://a.example/",
        ),
        ('<outline text="x > y" XMLURL="https://a.example/">', "https://a.example/"),
        ("<OUTLINE text='it' xmlUrl='https://a.example/'/>", "https://a.example/"),
    ],
)
def test_lists_that_are_not_xml_are_read_as_meant(tag: str, url: str) -> None:
    """Bare & and quotation marks inside attributes are what real exporters write."""
    assert [s.url for s in opml.parse(f"<opml><body>{tag}</body></opml>".encode())] == [url]


@REAL
def test_every_list_that_people_published_is_read_whole() -> None:
    """Each feed of 59 real lists, of which 40 are not well-formed, is found; none has a mangled address."""
    for path in LISTS:
        found = opml.parse(path.read_bytes(), path.name)
        assert len(found) == path.read_bytes().count(b"xmlUrl="), path.name
        assert all(s.url.startswith("http") and "&amp;" not in s.url for s in found)


def test_a_list_is_written_so_that_it_reads_back() -> None:
    """Export, then import: the same names, addresses and languages, whatever characters are in them."""
    given = [
        source("a", name='A "b" <c> & d\'e', url="https://a.example/?x=1&y=2", language="be"),
        source("b", name="Наша Ніва", url="https://b.example/rss"),
    ]
    read = opml.parse(opml.write("All", given).encode())
    assert [(s.title, s.url, s.language) for s in read] == [(g.name, g.url, g.language) for g in given]


BOMB = b'<!DOCTYPE opml [<!ENTITY a "&b;&b;"><!ENTITY b SYSTEM "file:///etc/passwd">]>'


def test_entities_and_external_files_stay_what_they_are() -> None:
    """Nothing is expanded or opened: a reference that XML itself does not define stays text."""
    (found,) = opml.parse(BOMB + b'<opml><outline text="&a;" xmlUrl="https://a.example/"/></opml>')
    assert found.title == "&a;"


@pytest.mark.parametrize(
    "hostile",
    [
        b"<opml>" + b'<outline a="' * 100_000,
        b"<opml><outline " + b'a="b ' * 600_000,
        b"<opml>" + b"<!--" * 700_000,
        b'<opml><outline a="' + b'" a' * 900_000,
        b"<opml><outline a=" + b" " * 3_000_000,
        b'<opml><outline a="' + b'" ' * 1_500_000,
    ],
    ids=["open tags", "open values", "open comments", "no end", "blanks", "quotes"],
)
def test_a_hostile_list_takes_no_longer_than_its_size(hostile: bytes) -> None:
    """Three megabytes of nonsense are read in a moment: no backtracking without end."""
    with costing(10):
        opml.parse(hostile)


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\xff\xfe", b"x" * (opml.MAX_BYTES + 1)])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    """Not OPML, or too large to be one: a Failure that names the file."""
    with pytest.raises(opml.OpmlError, match=r"mine\.opml"):
        opml.parse(body, "mine.opml")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_do_anything_worse_than_a_failure(noise: bytes) -> None:
    """Whatever stands in a list, it is read or refused."""
    opml.parse(b"<opml>" + noise)
    opml.parse(b'<opml><outline xmlUrl="' + noise + b'"/></opml>')


# ---------------------------------------------------------------- import


@REAL
def test_all_real_lists_become_a_file_that_check_accepts(tmp_path: Path) -> None:
    """59 lists in one go: unique ids, repeats left out, and the written file passes check."""
    target = tmp_path / "feeds.yaml"
    result = run(
        "feeds", "import", *map(str, LISTS), "--output", str(target), "--config", str(tmp_path / "x.yaml")
    )
    assert result.exit_code == 0, result.output
    main = tmp_path / "indicators.yaml"
    main.write_text(f"version: 1\ninclude: [{target.name}]\n", encoding="utf-8")
    checked = run("check", str(main), "--json")
    assert json.loads(checked.stdout)["counts"]["sources"] > 750
    assert checked.exit_code == 0, checked.stdout[:500]
    again = run("feeds", "import", *map(str, LISTS), "--config", str(main), "--json")
    assert json.loads(again.stdout)["sources"] == []
    assert json.loads(again.stdout)["skipped"]["already configured"] > 750


def test_import_prints_what_can_be_pasted(room: Newsroom) -> None:
    """Standard output is the YAML block alone; counts go to standard error; the file is not touched."""
    before = room.config.read_bytes()
    (room.folder / "list.opml").write_bytes(NESTED)
    result = room.run("feeds", "import", str(room.folder / "list.opml"))
    assert result.exit_code == 0
    loaded = configured(f"version: 1\n{result.stdout}")
    assert list(loaded.sources) == ["nasha-niva-friends", "gazeta-wyborcza-swiat", "top"]
    first = loaded.sources["nasha-niva-friends"]
    assert (first.reliability, first.language, first.group) == ("F", "be", first.id)
    assert "3 new sources" in result.stderr
    assert room.config.read_bytes() == before


def test_import_into_a_file_says_how_to_include_it(room: Newsroom) -> None:
    """--output writes a new file and never an existing one; with `include:` it is in force."""
    (room.folder / "list.opml").write_bytes(NESTED)
    target = room.folder / "feeds.yaml"
    arguments = ("feeds", "import", str(room.folder / "list.opml"), "--output", str(target))
    assert "include: [feeds.yaml]" in room.run(*arguments).stderr
    assert room.run(*arguments).exit_code == 1
    room.write("version: 1", "version: 1\ninclude: [feeds.yaml]")
    assert room.json("check")["counts"]["sources"] == 8
    assert "0 new sources; 3 already configured" in room.run(*arguments[:3]).stderr


def test_import_leaves_out_what_cannot_be_polled() -> None:
    """Other schemes, broken addresses, repeats; and an address that would ask for a secret."""
    urls = ["ftp://a.example/", "https://", "https://a.example:99999/", "https://a.example/${HOME}", "/rss"]
    urls += ["https://b.example/", "http://www.b.example", "https://c.example/"]
    found = importing.sources(
        [opml.Subscription("Same name", url) for url in urls], [source("s1", url="http://c.example")]
    )
    assert [s.id for s in found.sources] == ["same-name"]
    assert found.skipped == {
        "not http or https": 2,
        "no usable address": 3,
        "listed twice": 1,
        "already configured": 1,
    }


@pytest.mark.parametrize(
    ("name", "url", "identity"),
    [
        ("Żółć Łódź", "https://a.example/", "zolc-lodz"),
        ("Наша Ніва", "https://www.nashaniva.com/rss", "nashaniva-com"),
        ("NO", "https://a.example/", "feed-no"),
        ("24 Канал", "https://24tv.ua/rss", "feed-24tv-ua"),
        ("", "https://rss.a.example/", "a-example"),
        ("!!!", "https://a.example/", "a-example"),
        ("x" * 200, "https://a.example/", "x" * 40),
    ],
)
def test_ids_can_be_read_and_typed(name: str, url: str, identity: str) -> None:
    """A name becomes a short id in small Latin letters that YAML takes for a text; else the host does."""
    (found,) = importing.sources([opml.Subscription(name, url)], []).sources
    assert found.id == identity
    loaded = configured("version: 1\n" + importing.as_yaml([found], "one"))
    assert list(loaded.sources) == [identity]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from("abcdef")), max_size=8))
def test_any_names_give_a_file_that_is_read(names: list[tuple[str, str]]) -> None:
    """Whatever characters feeds are called by, the written block is valid and its ids are unique."""
    subscriptions = [
        opml.Subscription(
            opml.parse(opml.write("x", [source(name=n)]).encode())[0].title, f"https://{h}.example/"
        )
        for n, h in names
    ]
    found = importing.sources(subscriptions, []).sources
    loaded = configured("version: 1\n" + (importing.as_yaml(found, "any") if found else ""))
    assert [s.url for s in loaded.sources.values()] == [s.url for s in found]


def test_a_missing_list_is_wrong_use(tmp_path: Path) -> None:
    """A path that leads nowhere: exit 2."""
    assert run("feeds", "import", str(tmp_path / "none.opml")).exit_code == 2


# ---------------------------------------------------------------- export


def test_export_gives_a_list_for_feed_readers(room: Newsroom) -> None:
    """The configured feeds as OPML, and as JSON."""
    listed = opml.parse(room.run("feeds", "export").stdout.encode())
    assert [s.title for s in listed][:2] == ["Nasha Niva", "Ukrainska Pravda"]
    assert len(room.json("feeds", "export")["sources"]) == 5
    target = room.folder / "out.opml"
    assert room.run("feeds", "export", "--output", str(target)).stdout == ""
    assert len(opml.parse(target.read_bytes())) == 5


def test_export_leaves_secrets_at_home(room: Newsroom) -> None:
    """An address with a secret from the environment, or a password, is not written out."""
    room.write(f'url: "{room.url}/nn"', 'url: "https://feeds.example/${IWMON_TEST_TOKEN}/rss"')
    text = room.config.read_text("utf-8").replace(f'"{room.url}/pu"', '"https://u:hunter2@b.example/rss"')
    room.config.write_text(text, encoding="utf-8")
    result = room.run("feeds", "export", env={"IWMON_TEST_TOKEN": "canary"})
    assert result.exit_code == 0
    assert "canary" not in result.output
    assert "hunter2" not in result.output
    assert "nashaniva, pravda" in result.stderr
    assert len(opml.parse(result.stdout.encode())) == 3


# ---------------------------------------------------------------- a trial


def test_a_trial_shows_what_iwmon_sees(room: Newsroom) -> None:
    """State, kind, entries, newest, first titles and which indicators match; nothing is stored."""
    result = room.run("feeds", "test", "nashaniva", "--now", "2022-10-10T12:00")
    assert result.exit_code == 0, result.output
    for words in ("ok  nashaniva", "A feed", "2 entries", "newest 13:00 CEST (60 min ago)", HEADLINE):
        assert words in result.stdout
    assert "1 of 2 entries matches an indicator" in result.stdout
    assert "mobilisation: " in result.stdout
    assert "“reservists”" in result.stdout
    (feed,) = room.json("feeds", "test", "nashaniva", "--now", "2022-10-10T12:00")["feeds"]
    (match,) = feed["matches"]
    assert (match["modality"], match["place_weight"], match["strength"]) == ("reported", 1.0, 1.0)
    assert not room.database.exists()


def test_a_trial_of_what_is_no_feed_says_why(room: Newsroom) -> None:
    """A refusal, a web page, nothing there: a state and a reason each; exit 1."""
    targets = [f"{room.url}/gone", f"{room.url}/page", "http://127.0.0.1:9/"]
    result = room.run("feeds", "test", *targets, "--allow-private", "--json")
    assert result.exit_code == 1
    feeds = json.loads(result.stdout)["feeds"]
    assert [feed["ok"] for feed in feeds] == [False, False, False]
    assert "403" in feeds[0]["detail"]
    assert all(feed["detail"] for feed in feeds)


def test_a_trial_reaches_no_private_address_unasked(room: Newsroom) -> None:
    """A URL on a loopback address is refused unless --allow-private is given."""
    assert room.run("feeds", "test", f"{room.url}/nn").exit_code == 1
    assert room.run("feeds", "test", f"{room.url}/nn", "--allow-private").exit_code == 0
    assert len(room.server.log) == 1


def test_a_trial_needs_no_configuration(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed can be tried before there is an indicators.yaml; one that is named must be there."""
    monkeypatch.chdir(tmp_path)
    room.config.unlink()
    result = run("feeds", "test", f"{room.url}/nn", "--allow-private")
    assert result.exit_code == 0
    assert "nothing was matched" in result.stdout
    assert room.run("feeds", "test", f"{room.url}/nn", "--allow-private").exit_code == 2
    assert run("feeds", "test", "nashaniva").exit_code == 2
