"""The configurations that decided recorded steps, each read again from the text that was kept."""

from __future__ import annotations

from collections.abc import Mapping

from iwmon import config
from iwmon.config import Config, ConfigError
from iwmon.store import Store

_AT_HAND = 4  # parsed configurations: one with its matcher may take some 10 MB


class Configurations:
    """The configurations of the record, by digest, each read from the text that was kept."""

    def __init__(self, store: Store, environ: Mapping[str, str]) -> None:
        self._store, self._environ = store, environ
        self._known: dict[str, Config | str] = {}

    def of(self, digest: str) -> Config | str:
        """The configuration, or why there is none."""
        found = self._known.pop(digest, None)
        if found is None:
            found = self._read(digest)
        self._known[digest] = found  # the last used stands last
        if len(self._known) > _AT_HAND:
            del self._known[next(iter(self._known))]
        return found

    def _read(self, digest: str) -> Config | str:
        texts = self._store.config_text(digest)
        if not texts:
            return f"the text of configuration {digest[:12]} is gone"

        def read(name: str) -> bytes:
            if name not in texts:
                raise FileNotFoundError(2, "not kept", name)
            return texts[name]

        try:
            found = config.parse(next(iter(texts)), read, self._environ)
        except ConfigError as error:
            first = error.problems[0]
            return f"this iwmon cannot read configuration {digest[:12]}: {first}"
        if found.digest != digest:
            return f"the text of configuration {digest[:12]} is not what it was"
        return found
