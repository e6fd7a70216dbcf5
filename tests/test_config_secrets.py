"""What the environment gives is never shown: not in errors, representations, digests or warnings."""

from __future__ import annotations

import json
import pickle
import traceback

import pytest

from config_contract import CONTRACT, ENVIRON, changed, read
from iwmon.config import ConfigError, check, schema
from iwmon.config.environment import masked

CANARY = "c4n4ry-t0k3n"
GOOD = {
    "IWMON_SLACK_URL": f"slack://{CANARY}/{CANARY}/{CANARY}",
    "IWMON_EMAIL_URL": f"mailtos://{CANARY}:{CANARY}@{CANARY}.example?to={CANARY}",
    "IWMON_HEARTBEAT_URL": f"https://{CANARY}:{CANARY}@{CANARY}.example/{CANARY}",
}
WITH_KEY = changed("https://nashaniva.com/rss", "https://nashaniva.com/rss?key=${KEY}")


def test_a_configuration_does_not_show_them() -> None:
    """repr, digest, warnings, contents and problems are free of them; the nouns have them."""
    config = read(WITH_KEY, {**GOOD, "KEY": CANARY})
    assert config.receivers["duty-desk"].url == GOOD["IWMON_SLACK_URL"]
    assert config.sources["nashaniva"].url.endswith(CANARY)
    told = [repr(config), str(config), config.digest, repr(config.contents), json.dumps(schema())]
    told += [str(p) + repr(p) for p in check(config)]
    told += [repr(part) for part in (*config.receivers.values(), *config.sources.values(), config.heartbeat)]
    assert CANARY not in "".join(told)


BAD = [
    CANARY,
    f"{CANARY}:// bad",
    f"console:{CANARY}",
    f"https://[{CANARY}",
    f"https://{CANARY}:{CANARY}",
    f"https://{CANARY}\u2100.example",
    f"ftp://{CANARY}",
    f"https:// {CANARY}",
    f"https:///{CANARY}",
    f"${{{CANARY}",
]


@pytest.mark.parametrize("value", BAD)
def test_an_error_does_not_show_them(value: str) -> None:
    """However wrong the value is, neither message, traceback nor pickle has it."""
    environ = {**dict.fromkeys(ENVIRON, value), "KEY": value}
    text = WITH_KEY.replace("https://nashaniva.com/rss?key=", "").replace("mode: realtime", "mode: hourly")
    with pytest.raises(ConfigError) as caught:
        read(text, environ)
    error = caught.value
    told = [str(error), repr(error), repr(error.problems), error.hint, error.message]
    told += traceback.format_exception(error)
    told += [repr(error.__cause__), repr(error.__context__), pickle.dumps(error).decode("latin-1")]
    assert CANARY not in "".join(told)


def test_addresses_written_into_the_file_are_not_quoted() -> None:
    """A secret that stands in the file against all advice is not repeated in an error about it."""
    text = CONTRACT.replace('"${IWMON_SLACK_URL}"', f"[slack://{CANARY}]").replace(
        "id: analysts, url", "id: x, url"
    )
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert CANARY not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        read(CONTRACT.replace('"${IWMON_SLACK_URL}"', "12345678"))
    assert "12345678" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("slack://a/b/c", "slack://…"),
        ("MAILTOS://user:p%40ss@mail.example", "mailtos://…"),
        ("https://hooks.slack.com/services/T/B/x", "https://…"),
        ("console:", "console:"),
        ("whatever", "…"),
    ],
)
def test_only_the_service_of_an_address_is_shown(url: str, shown: str) -> None:
    """Host names, too, are secrets with some services."""
    assert masked(url) == shown
