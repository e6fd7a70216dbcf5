"""A team keeps one file a judgement: `include:` puts them together, safely."""

from __future__ import annotations

import pytest

from config_contract import CONTRACT, ENVIRON, marked, read_files
from iwmon.config import Change, Config, ConfigError, Problem, check

MAIN = """\
version: 1
include: [terms.yaml, judgements/kj-1.yaml]
sources:
  - {id: a, url: "https://a.example/rss"}
"""
TERMS = """\
terms:
  belarus: {en: [belarus*]}
include: more/words.yaml
"""
WORDS = "terms: {russia: {en: [russia*]}}\n"
KJ1 = """\
version: 1
sources:
  - {id: b, url: "https://b.example/rss"}
judgements:
  - id: kj-1
    statement: Union
    made_on: 2022-07-15
    indicators:
      - {id: i, effect: supports, query: $belarus $russia, collectible_from: [a, b]}
receivers:
  - {id: desk, url: "${DESK:-console:}"}
"""
FILES = {"indicators.yaml": MAIN, "terms.yaml": TERMS, "judgements/kj-1.yaml": KJ1, "more/words.yaml": WORDS}


def problems(files: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read_files(files, {})
    return caught.value.problems


def test_included_files_are_part_of_the_configuration() -> None:
    """Terms, sources, judgements and receivers of all files are one configuration, in the order named."""
    config = read_files(FILES, {})
    assert config.files == ("indicators.yaml", "terms.yaml", "judgements/kj-1.yaml", "more/words.yaml")
    assert list(config.sources) == ["a", "b"]
    assert list(config.terms) == ["belarus", "russia"]
    assert config.indicators["i"].judgement == "kj-1"
    assert config.route.receiver == "desk"


def test_names_are_relative_to_the_including_file() -> None:
    """Wherever the main file lies, on any system, its parts lie beside it."""
    for folder in ("/etc/iwmon/", "conf.d/", "C:\\iwmon\\"):
        moved = {folder + name: text for name, text in FILES.items()}
        assert read_files(moved, {}).files[2] == folder + "judgements/kj-1.yaml"


def test_the_digest_covers_included_files() -> None:
    """A change in any file is a new configuration."""
    other = {**FILES, "more/words.yaml": WORDS + "# comment\n"}
    assert read_files(other, {}).digest != read_files(FILES, {}).digest


def test_errors_name_the_included_file() -> None:
    """Place and file of a mistake in an included file."""
    text, where = marked(
        KJ1.replace("collectible_from: [a, b]", "collectible_from: [a, ▶c]"), "judgements/kj-1.yaml"
    )
    (found,) = problems({**FILES, "judgements/kj-1.yaml": text})
    assert (found.where, found.message) == (where, 'collectible_from: there is no source "c"')


def test_ids_are_unique_over_all_files() -> None:
    """The second place is the error, the first is named."""
    text, where = marked(KJ1.replace("{id: b", "{id: ▶a"), "judgements/kj-1.yaml")
    found = problems({**FILES, "judgements/kj-1.yaml": text.replace("[a, b]", "[a]")})
    assert [(p.where, p.message) for p in found] == [
        (where, 'there are two sources named "a"; the first is at indicators.yaml:4:10')
    ]


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ("▶/etc/passwd", "an included file must be named relative to the one that includes it, with /"),
        ("▶~/x.yaml", "an included file must be named relative to the one that includes it, with /"),
        ("▶'C:/x.yaml'", "an included file must be named relative to the one that includes it, with /"),
        (
            "▶https://x.example/x.yaml",
            "an included file must be named relative to the one that includes it, with /",
        ),
        ("▶'sub\\x.yaml'", "an included file must be named relative to the one that includes it, with /"),
        ("▶../x.yaml", "an included file must lie beside the one that includes it, or in a folder below"),
        (
            "▶sub/../../x.yaml",
            "an included file must lie beside the one that includes it, or in a folder below",
        ),
        ("▶'judgements/*.yaml'", "included files are named one by one"),
        ("▶nowhere.yaml", 'cannot read "nowhere.yaml": No such file or directory'),
        ("▶indicators.yaml", '"indicators.yaml" is already part of the configuration'),
        ("▶./indicators.yaml", '"indicators.yaml" is already part of the configuration'),
        ("[a.yaml, ▶a.yaml]", '"a.yaml" is already part of the configuration'),
        ("[a.yaml, ▶'']", "include: is empty"),
        ("▶{a: b}", "include: expected a text, not keys and values"),
    ],
)
def test_names_that_are_refused(include: str, message: str) -> None:
    """Only files beside the main file or below it, each once; never a way out of the folder."""
    text, where = marked(f"version: 1\ninclude: {include}\n")
    (found,) = problems({"indicators.yaml": text, "a.yaml": "sources: []\n"})
    assert (found.where, found.message) == (where, message)


def test_files_that_include_each_other() -> None:
    """A circle is an error in its last link, not an endless loop."""
    text, where = marked("include: ▶indicators.yaml\n", "a.yaml")
    (found,) = problems({"indicators.yaml": "version: 1\ninclude: a.yaml\n", "a.yaml": text})
    assert (found.where, found.message) == (where, '"indicators.yaml" is already part of the configuration')


def test_a_long_chain_of_files_ends() -> None:
    """A thousand files may be chained; more are refused."""
    files = {"indicators.yaml": "version: 1\ninclude: f1.yaml\n"}
    files |= {f"f{n}.yaml": f"include: f{n + 1}.yaml\n" for n in range(1, 1100)}
    (found,) = problems(files)
    assert (found.where, found.message) == ("f999.yaml:1:10", "more than 1000 files")


def test_an_included_file_cannot_set_what_holds_for_all() -> None:
    """Settings, route and heartbeat belong to the file that a reader opens first."""
    text, where = marked("▶route: {receiver: x}\n", "a.yaml")
    (found,) = problems({"indicators.yaml": "version: 1\ninclude: a.yaml\n", "a.yaml": text})
    assert (found.where, found.message) == (where, 'there is no key "route" here')
    assert found.hint == "write route: in the file that includes this one"


def test_a_broken_file_brings_no_blame_on_others() -> None:
    """While a file cannot be read, nobody is told that what it holds is unknown."""
    text, where = marked(TERMS + "x▶: y: z\n".replace("x▶:", "x:").replace("y:", "y▶:"), "terms.yaml")
    found = problems({**FILES, "terms.yaml": text})
    assert [p.where for p in found] == [where]


def test_too_much_altogether_is_refused() -> None:
    """The limit of 16 MiB is one for all files together."""
    part = "#" * (6 * 2**20) + "\n"
    files = {"indicators.yaml": "version: 1\ninclude: [a.yaml, b.yaml, c.yaml]\n"}
    files |= dict.fromkeys(("a.yaml", "b.yaml", "c.yaml"), part + "sources: []\n")
    (found,) = problems(files)
    assert (found.where, found.message) == (
        "indicators.yaml:2:27",
        "with this file the configuration is larger than 16 MiB",
    )


def test_warnings_of_included_files_come_after_those_of_the_main_file() -> None:
    """`check` tells problems in the order of files, lines and columns."""
    config: Config = read_files(
        {
            "indicators.yaml": CONTRACT + "include: a.yaml\n",
            "a.yaml": KJ1.replace("$russia", "x").replace("[a, b]", "[b]"),
        },
        ENVIRON,
    )
    files = [p.where.split(":")[0] for p in check(config)]
    assert files == sorted(files, key=["indicators.yaml", "a.yaml"].index)
    assert set(files) == {"indicators.yaml", "a.yaml"}


def test_the_note_on_an_edit_stands_in_the_main_file_only() -> None:
    """One edit, one note: a part has none of its own, and says where to write it."""
    main = 'change: {author: Ana, note: "kj-1: union, not merger"}\n' + MAIN
    assert read_files({**FILES, "indicators.yaml": main}, {}).change == Change(
        "Ana", "kj-1: union, not merger"
    )
    assert read_files(FILES, {}).change == Change()
    (found,) = problems({**FILES, "terms.yaml": "change: {author: Ana}\n" + TERMS})
    assert str(found) == (
        'terms.yaml:1:1: there is no key "change" here (write change: in the file that includes this one)'
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{author: ▶7}", "author: expected a text, not 7"),
        ("{author: ▶''}", "author: is empty"),
        (f"{{author: ▶{'a' * 101}}}", "author: is longer than 100 characters"),
        (f"{{note: ▶{'b ' * 501}}}", "note: is longer than 1000 characters"),
        ("▶Ana", 'change: expected keys and values, not "Ana"'),
        ("{▶who: Ana}", 'there is no key "who" here'),
    ],
)
def test_notes_on_an_edit_that_are_refused(change: str, message: str) -> None:
    """Both are short texts."""
    text, where = marked(f"change: {change}\n{MAIN}", "indicators.yaml")
    (found,) = problems({**FILES, "indicators.yaml": text})
    assert (found.where, found.message) == (where, message)
