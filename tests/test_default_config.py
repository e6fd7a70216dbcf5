"""The configuration that ships with iwmon, and the analysts' guide to it, hold what they promise."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iwmon import config, query
from iwmon.config import Config
from iwmon.model import ANY_LANGUAGE, Entry, Item

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
GUIDE = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
LANGUAGES = {"en", "ru", "be", "uk", "pl", "lt"}
ABSENCES = {"no-follow-through", "quiet-border", "leader-unseen", "no-sabotage"}
SURGES = {
    *("leader-meetings", "northern-alarm", "migrant-pressure", "exercises-at-border"),
    *("mass-protest", "repression-holds", "corridor-threats", "it-exodus"),
}
# What the reports put into a word of the yardstick; the other judgements wait for an analyst's.
TERMS = {"kj-1": "highly likely", "kj-2": "realistic possibility", "kj-3": "highly likely"}
# One or more sources for each feed that the project was given.
_FEEDS = """
    lrt_en err_en lsm_en meduza_en meduza_ru kyivindependent ukrinform_en pravda_en pravda_uk nashaniva
    svaboda zviazda belta_ru tass kremlin isw notesfrompoland zerkalo charter97 frontex google_news_en
    google_news_ru google_news_pl gdelt_doc
"""
_DEAD_FEEDS = "belsat_ru euroradio reform viasna pozirk pap_en tvpworld straz_graniczna vsat belaruski_hajun"
FEEDS, DEAD = set(_FEEDS.split()), set(_DEAD_FEEDS.split())


@pytest.fixture(scope="module")
def shipped() -> Config:
    return config.parse("indicators.yaml", lambda name: (ROOT / name).read_bytes(), {})


def headline(text: str, language: str | None = None, summary: str = "") -> Item:
    entry = Entry(key=text, url="", title=text, summary=summary, language=language)
    return Item(text, "anywhere", entry, datetime(2022, 10, 10, tzinfo=UTC))


def found_by(shipped: Config, item: Item) -> set[str]:
    return {match.indicator for match in shipped.matcher.match(item)}


# ---------------------------------------------------------------- indicators.yaml


def test_it_passes_the_strict_check(shipped: Config) -> None:
    """`iwmon check --strict` finds neither an error nor a warning in the file that ships."""
    assert [str(problem) for problem in config.check(shipped)] == []


def test_it_has_the_eight_judgements_and_their_indicators(shipped: Config) -> None:
    """Each of the eight judgements is there with its indicators, and can be settled."""
    counts = {j.id: len(j.indicators) for j in shipped.judgements.values()}
    assert list(counts) == [f"kj-{n}" for n in range(1, 9)]
    assert list(counts.values()) == [8, 10, 10, 8, 7, 7, 6, 6]
    assert len(shipped.indicators) == 62
    for judgement in shipped.judgements.values():
        assert judgement.source, judgement.id
        assert judgement.resolution.criteria
        assert len(judgement.alternatives) >= 2
        assert judgement.horizon is not None
        assert judgement.horizon - judgement.made_on > timedelta(days=180)


def test_only_terms_of_the_reports_are_set(shipped: Config) -> None:
    """Where the reports give no word of the yardstick there is none: an analyst has to choose it."""
    judged = {j.id: j for j in shipped.judgements.values() if j.probability is not None}
    assert {name: j.probability for name, j in judged.items()} == TERMS
    assert {j.id for j in shipped.judgements.values() if j.confidence == "moderate"} == set(TERMS)


def test_every_indicator_is_whole(shipped: Config) -> None:
    """Each says what it observes and where it comes from; each judgement has signs against it, too."""
    for indicator in shipped.indicators.values():
        assert indicator.observes, indicator.id
        assert indicator.seed, indicator.id
        if indicator.kind == "declaration":
            assert indicator.effect.startswith("slightly_"), f"{indicator.id}: words count slightly"
    for judgement in shipped.judgements.values():
        effects = {shipped.indicators[name].effect for name in judgement.indicators}
        assert any(effect.endswith("against") for effect in effects), judgement.id
        assert any(effect.endswith("supports") for effect in effects), judgement.id


def test_every_indicator_speaks_six_languages(shipped: Config) -> None:
    """Every query is in six languages, each reached by an example; an absence may look at others instead."""
    assert {i.id for i in shipped.indicators.values() if i.type == "absence"} == ABSENCES
    assert {i.id for i in shipped.indicators.values() if i.type == "surge"} == SURGES
    for indicator in shipped.indicators.values():
        if indicator.absence_of:
            assert set(indicator.absence_of) <= set(shipped.judgements[indicator.judgement].indicators)
            continue
        assert set(indicator.queries) == LANGUAGES, indicator.id
        for language in LANGUAGES:
            headlines = (headline(text, language) for text in indicator.examples.match)
            reached = any(indicator.id in found_by(shipped, item) for item in headlines)
            assert reached, f"{indicator.id}: no example reaches {language}"


def test_near_misses_are_missed(shipped: Config) -> None:
    """Each indicator has at least two near misses, and finds none of them in any language."""
    for indicator in shipped.indicators.values():
        if indicator.absence_of:
            continue
        assert len(indicator.examples.no_match) >= 2, indicator.id
        for text in indicator.examples.no_match:
            assert indicator.id not in found_by(shipped, headline(text)), text


@pytest.mark.parametrize(
    ("text", "indicator"),
    [
        ("Łukaszence zaproponowano spotkanie z Putinem: rozmowy w Soczi", "leader-meetings"),
        ("Лукашэнка распавёў пра рэгіянальную групоўку: у групоўцы будуць і расейцы", "regional-grouping"),
        ("У Беларусі пачаліся вайсковыя вучэньні каля мяжы зь Літвой", "exercises-at-border"),
        ("Białoruscy rezerwiści odbierają wezwania", "mobilisation"),
        ("Беларускія палітвязьні выйшлі на волю: вызваленыя палітвязні ў Вільні", "de-escalation"),
    ],
)
def test_inflected_and_alternative_spellings_are_found(shipped: Config, text: str, indicator: str) -> None:
    """Forms whose stem changes (k→c, t→ś, к→ц) and the second Belarusian spelling are found."""
    assert indicator in found_by(shipped, headline(text))


@pytest.mark.parametrize(
    "text",
    [
        "Повестка дня саммита в Минске согласована",
        "Kolejny rekord temperatury w Białymstoku",
        "Dronning Margrethe fyller 82 år",
        "Saudo Arabijos ir Lietuvos derybos",
        "Sabalenka beats Azarenka in an all-Belarusian final, attack after attack",
        "Призовий фонд турніру зріс до мільйона",
        "European Union state aid: Poland and the single currency",
        "East and west of the city: illegal parking rises",
    ],
)
def test_language_traps_are_avoided(shipped: Config, text: str) -> None:
    """Idioms, look-alike stems and sport set nothing off, whatever the language is taken for."""
    assert found_by(shipped, headline(text)) == set()


def test_every_known_feed_is_a_source(shipped: Config) -> None:
    """All feeds are there; those known to be dead are kept, disabled; the rest are polled."""
    assert set(shipped.sources) == FEEDS | DEAD
    assert {s.id for s in shipped.sources.values() if not s.enabled} == DEAD


def test_independence_is_declared(shipped: Config) -> None:
    """State outlets of one state are one voice, and so are two feeds of one newsroom."""
    groups = {source.id: source.group for source in shipped.sources.values()}
    assert groups["belta_ru"] == groups["zviazda"] == "BY state"
    assert groups["tass"] == groups["kremlin"] == "RU state"
    assert groups["meduza_en"] == groups["meduza_ru"]
    assert groups["pravda_en"] == groups["pravda_uk"]
    assert groups["svaboda"] == "rferl"
    for source in shipped.sources.values():
        assert (source.affiliation == "state") <= (source.controlled_by is not None), source.id
        assert source.aggregator <= (source.reliability == "F"), source.id


def test_it_needs_no_secrets_and_takes_them_when_there_are_some(shipped: Config) -> None:
    """Without environment alerts go to the terminal and no heartbeat is called; with it, to where it says."""
    assert {receiver.url for receiver in shipped.receivers.values()} == {"console:"}
    assert shipped.heartbeat is None
    environ = {
        "IWMON_SLACK_URL": "slack://T0/B0/x",
        "IWMON_EMAIL_URL": "mailto://user:pass@example.org",
        "IWMON_HEARTBEAT_URL": "https://example.org/ping",
    }
    armed = config.parse("indicators.yaml", lambda name: (ROOT / name).read_bytes(), environ)
    assert armed.receivers["duty-desk"].url == environ["IWMON_SLACK_URL"]
    assert armed.receivers["analysts"].url == environ["IWMON_EMAIL_URL"]
    assert armed.heartbeat is not None
    assert armed.heartbeat.url == environ["IWMON_HEARTBEAT_URL"]


def test_critical_alerts_reach_the_duty_desk(shipped: Config) -> None:
    """The route sends all to the analysts, and critical ones to the duty desk."""
    assert shipped.route.receiver == "analysts"
    critical, loud = shipped.route.routes
    assert (critical.receiver, critical.continue_) == ("duty-desk", True)
    assert [(m.label, m.op, m.value) for m in critical.matchers] == [("severity", "=", "critical")]
    assert loud.receiver == "analysts"
    assert critical.repeat_interval < loud.repeat_interval < shipped.route.repeat_interval


def test_an_editor_finds_its_schema() -> None:
    """The first line names the schema that editors check the file against."""
    first = (ROOT / "indicators.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./indicators.schema.json"
    written = json.loads((ROOT / "indicators.schema.json").read_text(encoding="utf-8"))
    assert written == config.schema(), "run: iwmon schema --output indicators.schema.json"


# ---------------------------------------------------------------- on real reports

# Event of the ground truth → how many of its reports the indicators that it bears on should find at least.
# Not all: the labels came from a search for words, and took in sport and comment.
EXPECTED = {
    "E01": (4, {"aviation-coercion", "hostage-detention", "new-sanctions"}),
    "E06": (15, {"migrant-pressure", "border-violence"}),
    "E08": (2, {"russian-arrivals", "exercises-at-border"}),
    "E16": (18, {"regional-grouping", "russian-arrivals", "pretext-words", "mobilisation"}),
}


def evidence(event: str) -> Iterator[Item]:
    """The items of real feeds that report an event, summaries included."""
    labelled = (DATA / "ground_truth" / "evidence_rows.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in labelled.splitlines()]
    wanted = {(row["dataset"], row["url"]) for row in rows if row["event_id"] == event}
    for dataset in sorted({name for name, _ in wanted}):
        (path,) = DATA.glob(f"{dataset}*.jsonl.gz")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if (dataset, row["url"]) in wanted:
                    wanted.discard((dataset, row["url"]))
                    yield headline(row["title"], None, row.get("summary") or "")


@pytest.mark.slow
@pytest.mark.parametrize("event", EXPECTED)
def test_real_reports_of_known_events_are_found(shipped: Config, event: str) -> None:
    """Real items that report a known event answer the indicators that it bears on."""
    if not DATA.exists():
        pytest.skip(f"the real data is not here ({DATA})")
    enough, indicators = EXPECTED[event]
    hits = [item.id for item in evidence(event) if found_by(shipped, item) & indicators]
    assert len(hits) >= enough, hits


# ---------------------------------------------------------------- docs/indicators.md


def documented_keys() -> set[str]:
    """The dotted paths of the keys in the guide's tables, by the headings that they stand under."""
    found: set[str] = set()
    prefixes: list[str] = []
    for line in GUIDE.splitlines():
        if line.startswith("#"):
            prefixes = re.findall(r"`([a-z_.]+)`", line) if line.startswith("### ") else []
            prefixes = [""] if line == "### Top level" else [f"{prefix}." for prefix in prefixes]
        if row := re.match(r"\| `([a-z_]+)` \|", line):
            found |= {prefix + row[1] for prefix in prefixes}
    return found


def test_the_guide_lists_every_key() -> None:
    """Every key of the file stands in the guide with a default and an example, and no other does."""
    assert documented_keys() == set(config.keys())


def test_the_guides_file_is_valid() -> None:
    """The complete small file of the guide passes the strict check."""
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    read = config.parse("small.yaml", lambda _: text.encode(), {})
    assert [str(problem) for problem in config.check(read)] == []


def query_rows() -> list[tuple[str, str, str]]:
    table = GUIDE.split("| Query | Means | finds | does not find |", 1)[1].split("\n\n", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return [(text.strip("`"), hit, miss) for text, _, hit, miss in rows]


@pytest.mark.parametrize(("text", "hit", "miss"), query_rows())
def test_the_guides_queries_do_what_it_says(text: str, hit: str, miss: str) -> None:
    """Each query of the guide's table finds its one example and not the other."""
    matcher = query.compile({"one": {ANY_LANGUAGE: text}}, {})
    assert matcher.match(headline(hit))
    assert not matcher.match(headline(miss, summary="Belarus" if text.startswith("intitle:") else ""))
