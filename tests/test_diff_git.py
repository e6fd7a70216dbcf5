"""diff from git: as an external diff, as a textconv, in a pre-commit hook; on real repositories."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from newsroom import clean_environment
from nouns import ROOT
from test_diff import Desk, filled
from theatre import TEXT

QUERY, WIDER = "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"


class Repository:
    """A git repository with a committed indicators.yaml, whose `iwmon` is this checkout's."""

    def __init__(self, folder: Path, desk: Desk) -> None:
        self.folder = folder
        tools = folder.parent / "bin"
        tools.mkdir()
        command = tools / "iwmon"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iwmon "$@"\n')
        command.chmod(0o755)
        self.environ = clean_environment(
            PATH=f"{tools}{os.pathsep}{os.environ['PATH']}",
            PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
            IWMON_DB=desk.url,
            HOME=str(folder.parent),  # no configuration of git but the repository's
            GIT_CONFIG_NOSYSTEM="1",
            GIT_PAGER="cat",
        )
        folder.mkdir()
        self.git("init", "--quiet")
        self.git("config", "user.name", "Ana")
        self.git("config", "user.email", "ana@example.org")
        self.write(TEXT)
        (folder / ".gitattributes").write_text("indicators.yaml diff=iwmon\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "first")

    def write(self, text: str, name: str = "indicators.yaml") -> None:
        (self.folder / name).write_text(text, "utf-8")

    def git(self, *arguments: str, fails: bool = False) -> str:
        """What git prints on both outputs."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert bool(done.returncode) is fails, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return filled(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def repository(tmp_path: Path, desk: Desk) -> Repository:
    return Repository(tmp_path / "repository", desk)


def in_the_manual(begins: str) -> str:
    """The code block of docs/indicators.md that begins so, as it stands there."""
    text = (ROOT / "docs" / "indicators.md").read_text("utf-8")
    found = re.search(rf"```\w+\n({re.escape(begins)}.*?)```", text, re.DOTALL)
    assert found, f"docs/indicators.md shows no block that begins with {begins}"
    return found[1]


def test_as_an_external_diff(repository: Repository) -> None:
    """`git diff` tells the alerts, of the work tree and of commits; and of a file that comes and goes."""
    repository.git("config", "diff.iwmon.command", "iwmon diff --git")
    repository.write(TEXT.replace(QUERY, WIDER))
    shown = repository.git("diff")
    assert shown.startswith("iwmon diff indicators.yaml\n")
    assert "+ “Tanks seen on the road to Gomel” (Ukrinform: Tanks)" in shown
    assert shown.splitlines()[-1].startswith("Adds ")
    repository.git("commit", "--quiet", "-am", "wider")
    assert "− “Tanks seen" in repository.git("diff", "HEAD", "HEAD~")
    assert "OR tanks" in repository.git("diff", "--no-ext-diff", "HEAD~", "HEAD")
    empty = repository.git("hash-object", "-t", "tree", "/dev/null").strip()
    assert "The file is new." in repository.git("diff", empty, "HEAD")
    assert "The file is deleted." in repository.git("diff", "HEAD", empty)


def test_errors_do_not_stop_git(repository: Repository) -> None:
    """git gives up on a diff command that fails: a version with errors is told in its place."""
    repository.git("config", "diff.iwmon.command", "iwmon diff --git")
    repository.write(TEXT.replace("query: border*", "query: (border*"))
    (repository.folder / "other.txt").write_text("text\n")
    repository.git("add", "--intent-to-add", "other.txt")
    shown = repository.git("diff")
    assert "indicators.yaml:" in shown
    assert "1 error" in shown
    assert "other.txt" in shown  # git went on


def test_an_included_file_is_found_beside_the_path(repository: Repository) -> None:
    """git hands over the main file's old text only: what it includes is that of the work tree."""
    repository.git("config", "diff.iwmon.command", "iwmon diff --git")
    begin, end = TEXT.index("sources:"), TEXT.index("judgements:")
    repository.write(TEXT[begin:end], "sources.yaml")
    parted = TEXT[:begin] + "include: [sources.yaml]\n" + TEXT[end:]
    repository.write(parted)
    repository.git("add", ".")
    repository.git("commit", "--quiet", "-m", "parted")
    repository.write(parted.replace(QUERY, WIDER))
    assert repository.git("diff").splitlines()[-1].startswith("Adds ")


def test_as_a_textconv(repository: Repository) -> None:
    """git compares what each version would change of the running configuration; errors are text too."""
    repository.git("config", "diff.iwmon.textconv", "iwmon diff --git")
    repository.write(TEXT.replace(QUERY, WIDER))
    shown = repository.git("diff")
    assert "-Changes no alert over 10 days" in shown
    assert "+Adds " in shown
    assert "+        + “Tanks seen on the road to Gomel” (Ukrinform: Tanks)" in shown
    repository.write("version: [\n")
    assert re.search(r"^\+.*:\d+:\d+: error", repository.git("diff"), re.MULTILINE)


def test_the_pre_commit_hook_of_the_manual(repository: Repository) -> None:
    """It tells what the staged edit changes, lets it pass, and stops one with errors."""
    hook = repository.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    written = in_the_manual("#!/bin/sh\n# .git/hooks/pre-commit")
    assert "--db /var/lib/iwmon/iwmon.db" in written  # there is none in the repository
    hook.write_text(written.replace("/var/lib/iwmon/iwmon.db", repository.environ.pop("IWMON_DB")))
    hook.chmod(0o755)
    repository.write(TEXT.replace(QUERY, WIDER))
    repository.git("add", "indicators.yaml")
    repository.write("not what is staged")
    said = repository.git("commit", "-m", "wider")
    assert "+ “Tanks seen on the road to Gomel” (Ukrinform: Tanks)" in said
    assert "Adds " in said
    repository.write(TEXT.replace("query: border*", "query: (border*"))
    repository.git("add", "indicators.yaml")
    said = repository.git("commit", "-m", "broken", fails=True)
    assert "indicators.yaml:" in said
    assert "1 error" in said
    (repository.folder / "note.txt").write_text("unrelated\n")
    repository.git("reset", "--quiet", "--hard")
    (repository.folder / "note.txt").write_text("unrelated\n")
    repository.git("add", "note.txt")
    assert "over 10 days" not in repository.git("commit", "-m", "note")


def test_a_database_that_is_not_there_does_not_stop_git(repository: Repository) -> None:
    """A colleague without one sees why nothing is told."""
    repository.git("config", "diff.iwmon.command", "iwmon diff --git --db nowhere.db")
    repository.write(TEXT.replace(QUERY, WIDER))
    assert "iwmon: " in repository.git("diff")
    assert not (repository.folder / "nowhere.db").exists()
