"""The captured feed files of shared/data, which stay there."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "feeds_captured.tar.gz"


@dataclass(frozen=True)
class Captured:
    """A file of the archive, with the number of items that its manifest gives (None: not known)."""

    name: str
    kind: str
    items: int | None
    body: bytes


@cache
def captured() -> tuple[Captured, ...]:
    """All files of the archive; skips the test where the archive is not there."""
    if not ARCHIVE.exists():
        pytest.skip("needs ../shared/data/feeds_captured.tar.gz, which is not part of the project")
    bodies: dict[str, bytes] = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                bodies[member.name.removeprefix("feeds/")] = file.read()
    rows = json.loads(bodies.pop("manifest.json"))
    return tuple(Captured(row["file"], row["kind"], row["items"], bodies[row["file"]]) for row in rows)
