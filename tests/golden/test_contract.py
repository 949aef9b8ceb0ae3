"""Numbers that move must raise the version of the store, or runs would mix old chunks with new ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.golden.numbers import KEPT, moved, numbers_of, scenario_files
from trialsim.runs.store import CONTRACT

TOLD = json.loads(KEPT.read_text(encoding="utf-8"))
REMEDY = "If meant: raise CONTRACT in trialsim/runs/store.py, tell CHANGELOG.md, and run python -m tests.golden.numbers"


def test_the_numbers_are_those_of_this_version() -> None:
    assert TOLD["contract"] == CONTRACT, REMEDY


@pytest.mark.parametrize("name", scenario_files())
def test_no_number_moved_unnoticed(name: str) -> None:
    assert name in TOLD["scenarios"], "A new scenario: run python -m tests.golden.numbers"
    kept, now = TOLD["scenarios"][name], numbers_of(scenario_files()[name])
    assert kept["hash"] == now["hash"], "The scenario changed: run python -m tests.golden.numbers"
    assert not moved(kept, now), REMEDY


@pytest.mark.parametrize("change", ["a number", "a gap", "one more"])
def test_the_comparison_sees_a_change(change: str) -> None:
    now: dict[str, Any] = {"hash": "h", "numbers": [1.0, 2.0, None]}
    other = {"a number": [1.0, 2.000001, None], "a gap": [1.0, 2.0, 3.0], "one more": [1.0, 2.0, None, 4.0]}[change]
    assert moved(now, {"hash": "h", "numbers": other})
    assert not moved(now, {"hash": "h", "numbers": [1.0, 2.0 + 1e-10, None]})
    assert not moved(now, {"hash": "another scenario", "numbers": other})
