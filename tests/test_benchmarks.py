"""Benchmarks run rarely, so they are what rots first: each can be loaded, and says what it measures."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.py") if p.stem != "__init__"))
def test_a_benchmark_can_be_loaded_and_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(name)
    assert callable(module.main)
    assert module.__doc__
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert "--quick" in text  # .ci/run asks for it,
    assert "else 3" in text  # and takes 3 for a missed target; 1 is a crash
