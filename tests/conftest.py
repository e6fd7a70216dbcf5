"""What holds for every test."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# Machines are noisy: no law is a matter of milliseconds. And a change is judged by the same examples as the
# last one was; others are looked for by hand: pytest --hypothesis-profile=explore
settings.register_profile("iwmon", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("iwmon")

# A shell has what runs in the background ignore Ctrl-C, and every process started here would ignore it, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_log_of_another_test() -> Iterator[None]:
    """A command that ran in this process has set up its log on a stream that is closed by now."""
    yield
    structlog.reset_defaults()
