"""Two trials that the tests of this room write and read back: on a ward, and with odd names."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from trialsim.export.build import TrialExport, build

ODD = Path(__file__).with_name("odd.yaml")


def exported(subject: str | Path, replicate: int = 0, *, allocation: bool = False, **values: str) -> TrialExport:
    """The tables of a trial."""
    study = ts.prepare(subject, set=[f"{path}={value}" for path, value in values.items()])
    return build(study, ts.replay(study, replicate).cohort, allocation=allocation)


@pytest.fixture(scope="session")
def ward() -> TrialExport:
    return exported("picu-blood-draw", allocation=True, **{"design.enroll": "{each arm: 8}"})


@pytest.fixture(scope="session")
def odd() -> TrialExport:
    return exported(ODD)


@pytest.fixture(params=["ward", "odd"])
def trial(request: pytest.FixtureRequest) -> TrialExport:
    found: TrialExport = request.getfixturevalue(request.param)
    return found
