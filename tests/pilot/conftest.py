"""Pilot files for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trialsim.pilot import Choices, Pilot, read_pilot

FILES = Path(__file__).parent / "files"
Read = Callable[..., Pilot]


@pytest.fixture
def plan(tmp_path: Path) -> Read:
    """Read a file of ``files/`` by its name, or a text: the plan with its questions."""

    def read(what: str, **options: object) -> Pilot:
        file = FILES / what
        if "\n" in what:
            file = tmp_path / "pilot.csv"
            file.write_text(what, encoding="utf-8")
        told = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
        return read_pilot(file, Choices(**told))  # type: ignore[arg-type]  # options of several kinds

    return read
