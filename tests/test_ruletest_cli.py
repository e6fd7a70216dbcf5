"""`iwmon test`: what it prints, how it exits, which configuration it takes; and what the guide says of it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from iwmon import ruletest
from newsroom import clean_environment, run
from nouns import ROOT, SMALL

GUIDE = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
SECTION = GUIDE.split("\n## Test your indicators\n", 1)[1].split("\n## ", 1)[0]

TESTS = """\
config: indicators.yaml
start: 2022-10-01
tests:
  - name: one report is watch
    judgement: kj-2
    input_items: [{at: 1h, source: nn, title: Belarus calls up reservists}]
    eval_time: 2h
    exp_levels: {mobilisation: watch}
  - name: two reports are critical, and nobody is told
    input_items:
      - {at: 1h, source: nn, title: Belarus calls up reservists}
      - {at: 5h, source: ukr, title: Thousands receive letters as mobilisation begins}
    down: [{source: all, from: 3h, until: 4h}]
    evals:
      - eval_time: 90m
        exp_matches: {1: [grouping], 2: []}
        exp_coverage: {grouping: blind}
      - eval_time: 30h
        exp_levels: {mobilisation: critical, grouping: watch}
        exp_alerts:
          - {kind: first_hit, indicator: grouping, at: 3h}
          - {kind: level_up, indicator: mobilisation, after: warning, at: 5h}
          - {kind: level_up, title: "critical", severity: critical}
"""
GOLDEN = """\
FAIL two reports are critical, and nobody is told  a.test.yaml:9
  at 1h30m (1 Oct 2022 01:30 UTC), line 15
    exp_coverage:
      - grouping: blind
      + grouping: ok
        why: 5 of 5 sources watching
    exp_matches:
      - 1: [grouping]
      + 1: [mobilisation]
      - 2: []
      + 2: not seen yet
  at 30h (2 Oct 2022 06:00 UTC), line 18
    exp_levels:
      - mobilisation: critical
      + mobilisation: warning
        why: activation 0.73 from 2 independent origins; warning needs activation 0.55 from 2 independent \
origins; critical would need activation 0.80 from 3 independent origins on 2 sides; items 1 and 2 match it; \
counted for nn and UA state
      - grouping: watch
      + grouping: quiet
        why: 0 independent origins in 30 days; watch would need 1 independent origin; no item matches it
    exp_alerts:
      - {kind: first_hit, indicator: grouping, at: 3h}
        {kind: level_up, indicator: mobilisation, after: warning, at: 5h}
      - {kind: level_up, title: "critical", severity: critical}

1 test passed, 1 failed
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a configuration and tests of which one fails."""
    term = "    probability: realistic possibility\n    confidence: moderate\n"
    (tmp_path / "indicators.yaml").write_text(SMALL.replace(term, ""), "utf-8")
    (tmp_path / "a.test.yaml").write_text(TESTS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IWMON_CONFIG", raising=False)
    return tmp_path


def test_failures_read_as_a_diff(folder: Path) -> None:
    """The whole output, to the letter: what was expected, what was found, why, where."""
    result = run("test", "a.test.yaml")
    assert result.stdout == GOLDEN
    assert result.exit_code == 1


def test_colour_and_width_are_those_of_a_terminal(folder: Path) -> None:
    """On a terminal expected is red and found is green; long reasons wrap inside their indent."""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "iwmon", "test", "a.test.yaml"]
    environ = clean_environment(TERM="xterm", COLUMNS="72")
    process = subprocess.Popen(command, stdout=child, stderr=subprocess.DEVNULL, env=environ)
    os.close(child)
    out = b""
    while True:
        try:
            read = os.read(parent, 65536)
        except OSError:
            break
        if not read:
            break
        out += read
    os.close(parent)
    assert process.wait(timeout=60) == 1
    text = out.decode()
    assert "\x1b[31m- mobilisation: critical" in text
    assert "\x1b[32m+ mobilisation: warning" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
    assert max(map(len, plain.splitlines())) <= 80
    assert "        activation" in plain


def test_run_selects_and_verbose_names(folder: Path) -> None:
    """--run takes a part of the name, or a regular expression; -v names what passed."""
    result = run("test", "a.test.yaml", "--run", "ONE rep", "-v")
    assert (result.stdout, result.exit_code) == ("pass one report is watch\n1 test passed\n", 0)
    assert run("test", "a.test.yaml", "--run", "^one|x$").stdout == "1 test passed\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.yaml",), "there is no test file none.yaml"),
        (("a.test.yaml", "none.yaml"), "there is no test file none.yaml"),
        (("a.test.yaml", "--run", "three"), 'no test has "three" in its name'),
        (("a.test.yaml", "--run", "("), "( is not a regular expression"),
        (("a.test.yaml", "--config", "none.yaml"), "there is no configuration at none.yaml"),
        ((), "Missing argument 'FILE...'"),
    ],
)
def test_wrong_use_exits_2(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    """What cannot work is said before anything is tested."""
    result = run("test", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_a_file_that_cannot_be_read_is_said_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test file without the right to read it fails in words."""

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = run("test", "a.test.yaml")
    assert result.exit_code == 1
    assert "cannot read a.test.yaml: Permission denied" in result.stderr


def test_a_configuration_that_is_not_there_is_told_where_it_is_named(folder: Path) -> None:
    (folder / "a.test.yaml").write_text(TESTS.replace("indicators.yaml", "other.yaml"), "utf-8")
    result = run("test", "a.test.yaml")
    assert result.exit_code == 2
    assert "a.test.yaml:1:9: there is no configuration at other.yaml" in result.stderr


def test_several_files_and_what_is_wrong_in_one(folder: Path) -> None:
    """A file with errors costs none of the other tests; exit 1."""
    (folder / "b.test.yaml").write_text(TESTS.replace("exp_levels", "exp_level", 1), "utf-8")
    (folder / "c.test.yaml").write_text("tests: [", "utf-8")
    result = run("test", "b.test.yaml", "c.test.yaml", "a.test.yaml", "--run", "one|two", "-v")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == 'b.test.yaml:8:5: error: there is no key "exp_level" here'
    assert lines[1] == '    → did you mean "exp_levels"?'
    assert any(line.startswith("c.test.yaml:1:") for line in lines)
    assert "pass one report is watch" in lines
    assert lines[-1] == "1 test passed, 2 failed, 2 errors"
    alone = run("test", "c.test.yaml")
    assert alone.exit_code == 1
    assert alone.stdout.endswith("\n\n0 tests passed, 1 error\n")


def test_errors_of_the_configuration_are_the_tests_errors(folder: Path) -> None:
    """A configuration that cannot be used is told with its own places."""
    (folder / "indicators.yaml").write_text(SMALL.replace("effect:", "efect:", 1), "utf-8")
    result = run("test", "a.test.yaml")
    assert result.exit_code == 1
    assert 'there is no key "efect" here' in result.stdout
    assert result.stdout.startswith("indicators.yaml:")


def test_the_nearest_word_on_the_configuration_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config, before or after; then config:, beside the test file; then IWMON_CONFIG; then the usual."""
    loose = (folder / "indicators.yaml").read_text("utf-8").replace("reservist*", "xyz*")
    (folder / "sub").mkdir()
    (folder / "sub" / "loose.yaml").write_text(loose, "utf-8")
    (folder / "sub" / "t.yaml").write_text(TESTS.replace("indicators.yaml", "loose.yaml"), "utf-8")
    one = ("sub/t.yaml", "--run", "one report")
    assert run("test", *one).exit_code == 1
    assert run("test", *one, "--config", "indicators.yaml").exit_code == 0
    assert run("--config", "indicators.yaml", "test", *one).exit_code == 0
    monkeypatch.setenv("IWMON_CONFIG", "indicators.yaml")
    assert run("test", *one).exit_code == 1
    assert run("test", *one, "--config", "indicators.yaml").exit_code == 0
    (folder / "sub" / "t.yaml").write_text(TESTS.partition("\n")[2], "utf-8")
    assert run("test", *one).exit_code == 0
    monkeypatch.setenv("IWMON_CONFIG", "sub/loose.yaml")
    assert run("test", *one).exit_code == 1


def test_secrets_need_not_be_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sends nothing: a variable that is not set here is no error."""
    monkeypatch.delenv("NOT_SET_ANYWHERE", raising=False)
    text = (folder / "indicators.yaml").read_text("utf-8")
    secret = text.replace("json://127.0.0.1:1/duty", "${NOT_SET_ANYWHERE}")
    assert secret != text
    (folder / "indicators.yaml").write_text(secret, "utf-8")
    assert run("test", "a.test.yaml", "--run", "one").exit_code == 0


def test_json_has_the_whole(folder: Path) -> None:
    """One document: counts, files, problems, tests, and each line of each diff."""
    result = run("test", "a.test.yaml", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert {key: found[key] for key in ("ok", "passed", "failed", "errors")} == {
        "ok": False,
        "passed": 1,
        "failed": 1,
        "errors": 0,
    }
    (file,) = found["files"]
    assert (file["file"], file["config"], file["problems"]) == ("a.test.yaml", "indicators.yaml", [])
    good, bad = file["tests"]
    assert (good["name"], good["line"], good["passed"], good["failures"]) == (
        "one report is watch",
        4,
        True,
        [],
    )
    first = bad["failures"][0]
    assert (first["at"], first["after"], first["line"]) == ("2022-10-01T01:30:00Z", "1h30m", 15)
    assert first["differences"][0] == {
        "key": "exp_coverage",
        "lines": [
            {"mark": "-", "text": "grouping: blind"},
            {"mark": "+", "text": "grouping: ok"},
            {"mark": "why", "text": "5 of 5 sources watching"},
        ],
    }


def test_a_hostile_name_cannot_command_the_terminal(folder: Path) -> None:
    """Control characters in names and titles are refused by YAML, or shown as what they are."""
    text = TESTS.replace("two reports are critical", '"two \\e[31m reports').replace("nobody is told", 'x"')
    (folder / "a.test.yaml").write_text(text, "utf-8")
    result = run("test", "a.test.yaml")
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout


# ---------------------------------------------------------------- the guide


def test_the_guides_example_passes_and_fails_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example runs with the guide's small file, and its failure reads as shown, line breaks aside."""
    monkeypatch.chdir(tmp_path)
    (small,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (example,) = re.findall(r"```yml\n(.*?)```", SECTION, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", SECTION, re.DOTALL)
    (quoting,) = re.findall(r"\(`(title: .*?)`\)", SECTION)
    Path("indicators.yaml").write_text(small, "utf-8")
    Path("indicators.test.yaml").write_text(example, "utf-8")
    assert run("test", "indicators.test.yaml").stdout == "2 tests passed\n"
    told = re.sub("title: Białoruś.*}", f'title: "{quoting.removeprefix("title: ")}"}}', example)
    assert told != example
    Path("indicators.test.yaml").write_text(told, "utf-8")
    assert run("test", "indicators.test.yaml").stdout.split() == shown.split()


def test_the_guide_lists_every_key_of_a_test_file() -> None:
    """Each key stands in the table under each of its owners, and no other does."""
    rows = re.findall(r"^\| `([a-z_]+)` \| ([^|]*) \|", SECTION, re.MULTILINE)
    listed = {(owner.strip("`"), key) for key, owners in rows for owner in owners.split(", ")}
    written = ruletest.keys()
    paths = [key.split(".") for key in written]
    assert listed == {(path[-2] if len(path) > 1 else "the file", path[-1]) for path in paths}
