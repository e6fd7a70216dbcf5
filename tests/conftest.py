"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("iwmon", deadline=None)  # machines are noisy: no law is a matter of milliseconds
settings.load_profile("iwmon")


@pytest.fixture(autouse=True)
def _no_log_of_another_test() -> Iterator[None]:
    """A command that ran in this process has set up its log on a stream that is closed by now."""
    yield
    structlog.reset_defaults()
