"""What tests of runs share: the files of a run that must not depend on how it was played."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim import study as studies
from trialsim.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def results(out: Path) -> dict[str, bytes]:
    """Estimates, operating characteristics, cohort and resolved scenario of a run, byte for byte."""
    names = ["estimates.parquet", "operating_characteristics.csv", "scenario.resolved.yaml"]
    names += sorted(path.relative_to(out).as_posix() for path in (out / "cohort").glob("*.csv"))
    return {name: (out / name).read_bytes() for name in names}


def store(out: Path) -> Path:
    """The folder of the chunks of the only content that was played into ``out``."""
    (one,) = (path for path in (out / "chunks").iterdir() if len(path.name) == 8)
    return one


def chunk_names(out: Path) -> list[str]:
    return sorted(path.name for path in out.glob("chunks/*/*.parquet"))


@pytest.fixture(scope="session")
def picu() -> studies.Study:
    return studies.prepare(load(SCENARIOS / "picu-blood-draw.yaml"))


@pytest.fixture(scope="session")
def ancova() -> studies.Study:
    return studies.prepare(load(SCENARIOS / "textbook-ancova.yaml"))
