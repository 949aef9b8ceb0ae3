"""Levels ``as: observed``: a pilot with other draws measures what was declared; what cannot be is refused.

A mean over some 12,000 values may be off by 4.9 standard errors of the pilot and of the play together: less than one
false alarm in a million means.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.errors import DistributionError
from trialsim.report.explain import explain
from trialsim.scenario import load, loads

LESSON = Path(__file__).parents[2] / "scenarios" / "lessons" / "levels-as-observed.yaml"
TEXT = LESSON.read_text(encoding="utf-8")
Z = 4.9

NORMAL = """
  anxiety:
    distribution: normal
    visits: [after]
    as: observed
    assumed: made up for teaching
    level: {mean: 40, sd: 10}
    drivers:
      - {driver: failed, of: needle, difference: 6}
    instrument: {rater_sd: 4}
"""
STUDY = TEXT.replace("outcomes:\n", "outcomes:" + NORMAL, 1)

#: Mean and SD declared, of the logarithm for cortisol.
DECLARED = {
    ("fear", "baseline", 0): (1.6, 1.0), ("fear", "baseline", 1): (1.6, 1.0),
    ("fear", "after", 0): (2.2, 1.1), ("fear", "after", 1): (1.6, 1.0),
    ("cortisol", "after", 0): (np.log(9.0), 0.6), ("cortisol", "after", 1): (np.log(9.0), 0.6),
    ("anxiety", "after", 0): (40.0, 10.0), ("anxiety", "after", 1): (40.0, 10.0),
}  # fmt: skip


def measured(text: str) -> dict[tuple[str, str, int], np.ndarray]:
    """Values of each outcome, visit and arm, with draws that no pilot has seen."""
    study = studies.prepare(loads(text))
    cohort = studies.simulate(study, range(400), seed=77, twins=("declared",))
    found = {}
    for d, (outcome, visit) in enumerate(study.response.pairs):
        values = cohort.measurements.values[0, :, :, d]
        values = np.log(values) if outcome == "cortisol" else values
        for arm in (0, 1):
            inside = values[cohort.entries.arm == arm]
            found[outcome, visit, arm] = inside[np.isfinite(inside)]
    return found


def test_a_pilot_measures_what_was_declared() -> None:
    found = measured(STUDY)
    assert len(found) == len(DECLARED)
    for where, (mean, sd) in DECLARED.items():
        error = sd * np.sqrt(1 / len(found[where]) + 1 / 10_000)
        assert abs(found[where].mean() - mean) < Z * error, where
        assert found[where].std() == pytest.approx(sd, rel=0.05), where


def test_true_levels_are_measured_otherwise() -> None:
    """The fault the test above is there to see: levels taken as they stand."""
    found = measured(STUDY.replace("    as: observed", "    as: 'true'"))
    for where in (key for key in DECLARED if key[1] == "after"):
        mean, sd = DECLARED[where]
        assert abs(found[where].mean() - mean) > Z * sd / np.sqrt(10_000), where


def test_what_nothing_moves_keeps_its_levels() -> None:
    study = studies.prepare(loads(STUDY))
    plan = study.response
    index = plan.point_index("fear", "baseline")
    assert (plan.points[index].cuts == plan.declared[index].cuts).all()
    moved = plan.point_index("fear", "after")
    assert (plan.points[moved].cuts > plan.declared[moved].cuts).all()  # lower fear before waits and needles
    assert not plan.observed


def test_levels_do_not_depend_on_the_seed_or_the_length_of_a_run() -> None:
    first, other = (
        studies.prepare(loads(STUDY, set=[f"simulation.seed={seed}", f"simulation.replicates={n}"]))
        for seed, n in ((1, 10), (2, 500))
    )
    for a, b in zip(first.response.points, other.response.points, strict=True):
        assert (a.location == b.location).all()
        assert (a.cuts == b.cuts).all()


def test_levels_that_no_study_can_measure_are_refused() -> None:
    """An assay with a CV of 100 % alone spreads the logarithm by .83, more than the .6 that was printed."""
    with pytest.raises(DistributionError) as refused:
        studies.prepare(loads(TEXT.replace("assay_cv: 15 %", "assay_cv: 100 %")))
    assert refused.value.code == "TS-D009"
    assert "outcomes.cortisol" in refused.value.message
    assert "as: true" in refused.value.remedy


def test_explain_shows_both() -> None:
    (levels,) = (section for section in explain(studies.prepare(load(LESSON))) if section.title == "Levels declared")
    (row,) = (one for one in levels.rows if one[:3] == ("fear", "after", "music"))
    assert "mean 1.60" in row[3]
    assert "mean 1.60" not in row[4]
