"""How iwmon was called: which configuration, which database, for a person or for a program.

Every command takes the same three options, before or after its name; what stands nearer wins.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iwmon.model import Failure

# Start-up: `iwmon --help` must not wait for pydantic, SQLAlchemy and httpx (over a second), so every
# command imports the rooms that it works with when it runs. This is the reason for all imports
# inside functions in this package.
if TYPE_CHECKING:
    from iwmon.config import Config
    from iwmon.store import Store

CONFIG, DATABASE = "./indicators.yaml", "sqlite:///iwmon.db"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        show_default=False,
        help=f"The indicators file. [env IWMON_CONFIG; default {CONFIG}]",
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        show_default=False,
        help=f"The database: a file name, or a URL. [env IWMON_DB; default {DATABASE}]",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document, for programs; times are ISO 8601 in UTC.")
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", show_default=False, help="Who; default: you ($USER)."),
]
NowOption = Annotated[
    str | None,
    typer.Option(
        "--now",
        metavar="TIME",
        help="Take this for the present: ISO 8601, UTC unless it names a zone (2022-10-10T14:00).",
    ),
]


class Misuse(Failure):
    """iwmon was called in a way that cannot work: exit 2."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of iwmon. `chosen`: somebody named the configuration, it is not the default."""

    config_path: Path
    database: str
    json: bool = False
    chosen: bool = False

    def config(self, environ: Mapping[str, str] | None = None) -> Config:
        """The configuration. Raises ConfigError for what is wrong in it, Misuse when it is not there."""
        return read_config(self.config_path, os.environ if environ is None else environ)

    def store(self, *, create: bool = False) -> Store:
        """The database, open. Raises StoreFailed; `create`: make it, or upgrade it, where needed."""
        from iwmon.store import Store

        return Store.open(self.database, create=create)

    def config_in_force(self, store: Store) -> tuple[Config, str]:
        """(Configuration, what is wrong with the file on disk), for commands that only look.

        Where the file has errors, or where none was named and none is here, the last good one that
        the database keeps. Secrets that are not set here do not matter for looking.
        """
        from iwmon import config

        secrets = Anything(os.environ)
        try:
            return self.config(secrets), ""
        except (config.ConfigError, Misuse) as error:
            kept = store.last_good_config()
            if kept is None or (self.chosen and isinstance(error, Misuse)):
                raise
            problem = str(error) if isinstance(error, config.ConfigError) else ""
            return reread(kept[1], secrets), problem


class Anything(Mapping[str, str]):
    """An environment in which every variable has a value: a stand-in where there is none."""

    STAND_IN = "https://not-set.invalid/"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        return self._environ.get(name) or self.STAND_IN

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def called(
    context: typer.Context, config: Path | None = None, db: str | None = None, json: bool = False
) -> Call:
    """The options of this command, over those before its name, over the environment, over the defaults."""
    outer = context.obj if isinstance(context.obj, Call) else _ambient(os.environ)
    return Call(
        _file(config) if config else outer.config_path,
        _url(db) if db else outer.database,
        json or outer.json,
        bool(config) or outer.chosen,
    )


def _ambient(environ: Mapping[str, str]) -> Call:
    named = environ.get("IWMON_CONFIG")
    return Call(_file(Path(named or CONFIG)), _url(environ.get("IWMON_DB") or DATABASE), chosen=bool(named))


def _file(path: Path) -> Path:
    """A folder stands for the indicators.yaml in it."""
    return path / "indicators.yaml" if path.is_dir() else path


def _url(database: str) -> str:
    """A bare file name stands for the SQLite file of that name."""
    if "://" in database:
        return database
    if database.startswith(("sqlite:", "postgres")) and ":" in database:
        hint = "write sqlite:///iwmon.db or postgresql://host/name, or a file name"
        raise Misuse("the database's address lacks its slashes", where="--db", hint=hint)
    return f"sqlite:///{database}"


def read_config(path: Path, environ: Mapping[str, str], *, whole_path: bool = False) -> Config:
    """The configuration at `path`. Raises ConfigError, and Misuse for a path that leads to none.

    `whole_path`: places are told as `path` was given, not from its folder. The digest is then another.
    """
    require(path)
    from iwmon import config

    if whole_path:
        return config.parse(str(path), lambda name: Path(name).read_bytes(), environ)
    return config.parse(path.name, lambda name: (path.parent / name).read_bytes(), environ)


def require(path: Path) -> None:
    """Raises Misuse when there is no configuration at `path`."""
    if not path.exists():
        hint = "write one with: iwmon init; or name it with --config FILE or IWMON_CONFIG"
        raise Misuse(f"there is no configuration at {path}", hint=hint)


def reread(contents: Mapping[str, bytes], environ: Mapping[str, str]) -> Config:
    """The configuration of texts that were kept; the main file is the first."""
    from iwmon import config

    return config.parse(next(iter(contents)), lambda name: contents[name], environ)


def moment(text: str | None) -> datetime:
    """The time that `--now` gives, aware and in UTC; without it, the clock's. Raises Misuse."""
    if text is None:
        return datetime.now(UTC)
    try:
        given = datetime.fromisoformat(text.strip())
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        hint = "write it like 2022-10-10T14:00 or 2022-10-10T14:00+02:00"
        raise Misuse(f'"{text}" is not a time', hint=hint) from error


_AGE = re.compile(r"(\d{1,6})\s*([smhdw])")
_LONGEST = timedelta(days=36_525)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since_when(text: str | None, now: datetime) -> datetime | None:
    """The time that `--since` gives, as an age ("90d", "12h") or a time; None without it. Raises Misuse."""
    if text is None:
        return None
    age = _AGE.fullmatch(text.strip())
    try:
        return now - timedelta(**{_UNITS[age[2]]: int(age[1])}) if age else moment(text)
    except OverflowError as error:
        raise Misuse(f'"{text}" is before the first year', hint="write it like 90d or 2022-10-01") from error


def between(since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The times that `--since` and `--until` give. Raises Misuse, also where nothing lies between them."""
    begin, end = since_when(since, now), since_when(until, now)
    if begin and end and begin >= end:
        hint = f"--since is {begin:%Y-%m-%d %H:%M}, --until {end:%Y-%m-%d %H:%M} UTC"
        raise Misuse("it is not before --until", where="--since", hint=hint)
    return begin, end


def span_of(text: str, option: str) -> timedelta:
    """A duration of a century at most, as `option` gives it. Raises Misuse."""
    found = _AGE.fullmatch(text.strip())
    if found is None or found[2] == "s":
        raise Misuse(f'"{text}" is not a duration', where=option, hint="write it like 12h, 3d or 2w")
    span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if span > _LONGEST:
        raise Misuse(f'"{text}" is more than a century', where=option, hint="write it like 12h, 3d or 2w")
    return span


def step_of(text: str) -> timedelta:
    """The duration that `--step` gives: it divides a day, so that all days are alike. Raises Misuse."""
    step = span_of(text, "--step")
    if not step or timedelta(days=1) % step:
        raise Misuse(f'"{text}" does not divide a day', where="--step", hint="write it like 10m, 1h or 1d")
    return step


def who(by: str | None) -> str:
    """Who acts: the name given, else that of the user. Raises Misuse where there is neither."""
    if by is not None and not by.strip():
        raise Misuse("the name is empty", where="--by", hint="say who decides: --by NAME")
    try:
        return by.strip() if by else getpass.getuser()
    except (OSError, KeyError) as error:  # a container's user without a name
        raise Misuse("nobody knows who you are here", hint="say it with --by NAME") from error
