"""Every measure that a shipped scenario gives has a meaning, and every meaning is of use."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim import study as studies
from trialsim.evaluate.glossary import MEANINGS, key_of, meaning
from trialsim.scenario import load
from trialsim.truth import find_truth

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_every_measure_is_explained_and_none_is_left_over() -> None:
    told: set[str] = set()
    lessons = (
        "massage-course",
        "minimization",
        "textbook-t-test",
        "noninferiority",
        "yes-or-no",
        "pilot-on-a-full-ward",
    )
    for name in ("nicu-parent-massage", "picu-sequential", *(f"lessons/{one}" for one in lessons)):
        study = studies.prepare(load(SCENARIOS / f"{name}.yaml"))
        truth = find_truth(study, replicates=20)
        told |= {row.measure for row in studies.evaluate(study, replicates=20, truth=truth).measures}
    assert all(meaning(measure) for measure in told)
    used = {key_of(measure) for measure in told}
    decisions = (
        "power",
        "rejection_null_twin",
        "rejection_no_change_twin",
        "rejection_at_margin",
        "rejection_at_lower_margin",
        "rejection_at_upper_margin",
        "type_1_error",
        "rejection_without_effects",
    )
    bounds = {f"{measure}_{bound}" for measure in decisions for bound in ("low", "high")}
    assert set(MEANINGS) - bounds == used - bounds


def test_an_unknown_measure_has_none() -> None:
    with pytest.raises(KeyError):
        meaning("luck")
