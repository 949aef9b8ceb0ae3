"""Small studies for the public functions."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts

#: Two arms, one visit, a t-test: nothing is played on a ward.
NAME = "textbook-t-test"


@pytest.fixture(scope="session")
def study() -> ts.Study:
    return ts.prepare(NAME)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The same scenario as a file of one's own."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(ts.shipped()[NAME].path.read_bytes())
    return path
