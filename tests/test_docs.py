"""The manual: every command and every option has a place in it."""

from __future__ import annotations

import re

import pytest

from nouns import ROOT
from test_cli import commands

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES if page.exists())
OF_EVERY_COMMAND = {"--help", "-h", "--config", "--db", "--json"}
COMMANDS = dict(commands())


def said(words: str) -> bool:
    """Whether the pages have these words, whole; `alerts ack` also as `alerts list/show/ack`."""
    *group, last = words.split()
    before = rf"{group[0]} (?:[\w]+/)*" if group else ""
    return re.search(rf"(?<![\w-])iwmon {before}{re.escape(last)}(?![\w-])", TEXT) is not None


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_manual(name: str) -> None:
    """`iwmon NAME` stands in README.md or docs/."""
    assert said(name), f"write about `iwmon {name}` in README.md or docs/"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_in_the_manual(name: str) -> None:
    """Each long option stands in a paragraph, list entry or table row that names its command."""
    blocks = re.split(r"\n\s*\n|\n(?=[-*|] )|\n(?=\|)", TEXT)
    about = [
        block for block in blocks if re.search(rf"(?<![\w-]){re.escape(name.split()[-1])}(?![\w-])", block)
    ]
    options = {o for p in COMMANDS[name].params if p.param_type_name == "option" for o in p.opts}
    missing = [
        option
        for option in sorted(options - OF_EVERY_COMMAND)
        if option.startswith("--") and not any(re.search(rf"{option}(?![\w-])", block) for block in about)
    ]
    assert not missing, (
        f"say in README.md or docs/ what these are for in `iwmon {name}`: {', '.join(missing)}"
    )


@pytest.mark.parametrize("option", ["--config", "--db", "--json"])
def test_common_options_are_in_the_manual(option: str) -> None:
    """So do the options that every command takes."""
    assert re.search(rf"{option}(?![\w-])", TEXT)


def test_the_manual_names_no_command_that_is_not_there() -> None:
    """`iwmon x` in code style is a command: nobody is sent to one that does not exist."""
    first = {name.split()[0] for name in COMMANDS}
    named = set(re.findall(r"`(?:\.venv/bin/)?iwmon ([a-z]+)", TEXT))
    assert named <= first, sorted(named - first)
