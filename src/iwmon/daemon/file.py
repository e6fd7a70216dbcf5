"""The configuration on disk: read at start, watched, and swapped whole or not at all.

Files are looked at (mtime, size, inode) rather than watched by inotify: it costs microseconds, and
works for bind mounts, network file systems and editors that replace the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from iwmon import config
from iwmon.config import Config
from iwmon.model import Failure


class ConfigFile:
    """The file that analysts edit: read at start, watched, and swapped whole or not at all."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.path, self.environ = path, environ
        self._seen: tuple[object, ...] = ()
        self._read: tuple[object, ...] = ()
        self.names: tuple[str, ...] = (path.name,)

    def load(self) -> Config:
        """The Config as it stands on disk. Raises ConfigError, or Failure for a file not to be read."""
        names: list[str] = []
        before = self._signature()  # an edit made while we read is then seen as a change

        def read(name: str) -> bytes:
            names.append(name)
            return (self.path.parent / name).read_bytes()

        try:
            return config.parse(self.path.name, read, self.environ)
        except OSError as error:
            raise Failure(f"cannot read {error.filename}: {error.strerror}", where=str(self.path)) from error
        finally:
            if names and tuple(names) != self.names:
                self.names = tuple(names)
                before = self._signature()
            self._read = self._seen = before

    def stored(self, texts: Mapping[str, bytes]) -> Config:
        """The Config of texts that were kept from an earlier run."""
        return config.parse(self.path.name, lambda name: texts[name], self.environ)

    def changed(self) -> bool:
        """Whether the files differ from what was read, and have held still since the last look."""
        now = self._signature()
        settled, self._seen = now == self._seen, now
        return settled and now != self._read

    def not_applied(self) -> None:
        """What was read could not be put in force: `changed` says so again at the next look."""
        self._read = ()

    def _signature(self) -> tuple[object, ...]:
        found: list[object] = []
        for name in self.names:
            try:
                stat = (self.path.parent / name).stat()
            except OSError:
                found.append(None)
                continue
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(found)
