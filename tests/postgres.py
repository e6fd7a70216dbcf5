"""A real PostgreSQL server for the tests, from the system's own binaries, in a directory of its own.

`pytest_plugins = ["postgres"]` in a test module gives it `postgres_url`: a fresh, empty database.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest


def _binaries() -> Path | None:
    """The directory with `initdb` and `postgres`; Debian keeps it off the PATH."""
    config = shutil.which("pg_config")
    places = [Path(subprocess.check_output([config, "--bindir"], text=True).strip())] if config else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    places += [Path(found).resolve().parent] if found else []
    return next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)


def _user() -> str:
    """Who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The directory of a running server's socket; stopped and removed at the end of the session."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries on this machine (Debian: apt install postgresql)")
    with tempfile.TemporaryDirectory(prefix="iwmon-pg-") as folder:  # short: a socket's path is < 108 bytes
        root, user = Path(folder), _user()
        as_user: dict[str, Any] = {}
        if not os.geteuid():
            shutil.chown(root, user)
            as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": ()}
        data = root / "data"
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "iwmon", "-A", "trust", "--locale=C.UTF-8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=root,
            **as_user,
        )
        settings = ["listen_addresses=", f"unix_socket_directories={root}", "fsync=off", "max_connections=60"]
        options = [part for setting in settings for part in ("-c", setting)]
        with (root / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=root, **as_user
            )
        try:
            subprocess.run(
                [sys.executable, "-c", _WAIT, str(root)], check=True, timeout=30, capture_output=True
            )
            yield str(root)
        finally:
            server.terminate()
            server.wait(timeout=20)


_WAIT = """
import sys, time, psycopg
while True:
    try:
        psycopg.connect(host=sys.argv[1], user="iwmon", dbname="postgres").close()
        break
    except psycopg.OperationalError:
        time.sleep(0.05)
"""


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server: str) -> Callable[[str], str]:
    """Makes a database that is a copy of a template (of "template0": empty) and returns its URL."""
    numbers = itertools.count(1)

    def make(template: str) -> str:
        name = f"t{next(numbers)}"
        with psycopg.connect(
            host=postgres_server, user="iwmon", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://iwmon@/{name}?host={postgres_server}"

    return make


@pytest.fixture
def postgres_url(new_postgres_database: Callable[[str], str]) -> str:
    """An empty database on the server."""
    return new_postgres_database("template0")
