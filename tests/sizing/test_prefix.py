"""Whether the first n of a larger trial are the trial of n; and what a change of size leaves as it is."""

from __future__ import annotations

import numpy as np
import pytest

from trialsim.prepared import prepare
from trialsim.scenario import load
from trialsim.sizing.prefix import is_prefix
from trialsim.sizing.sizes import Sizes, at_size, first_of_each, sizes_of

SHIPPED = ("scenarios/picu-blood-draw.yaml", "scenarios/nicu-parent-massage.yaml", "scenarios/textbook-ancova.yaml")
OBSERVED = "scenarios/lessons/levels-as-observed.yaml"


@pytest.mark.parametrize(
    ("scenario", "changes", "one", "same"),
    [
        ("scenarios/textbook-ancova.yaml", (), 40, True),
        ("tests/sizing/bottleneck.yaml", (), 340, True),  # first come, first served: no later one delays an earlier one
        (
            "scenarios/picu-blood-draw.yaml",
            ("setting.resources.nurse.units=1",),
            150,
            False,
        ),  # by waits of different length
        # arms that close when full: who is let in depends on the target, though there is no ward
        ("scenarios/textbook-ancova.yaml", ("design.allocation={method: simple}",), 40, False),
    ],
)
def test_is_prefix(root, scenario, changes, one, same) -> None:
    study = prepare(load(root / scenario, set=changes))
    assert is_prefix(study, one, one * 5 // 4, seed=1) is same


@pytest.mark.parametrize("scenario", SHIPPED)
def test_only_enrollment_depends_on_the_size(root, scenario) -> None:
    # at_size keeps program and response plan: those made anew at the other size are the same, part by part
    study = prepare(load(root / scenario))
    other = at_size(study, 2 * study.conduct.target)
    anew = prepare(other.scenario)
    assert other.conduct.target == anew.conduct.target == 2 * study.conduct.target
    for part in ("response", "program", "conduct", "analysis"):
        assert repr(getattr(other, part)) == repr(getattr(anew, part))


def test_levels_as_observed_keep_the_calibration_of_the_declared_size(root) -> None:
    study = prepare(load(root / OBSERVED))
    assert study.response.declared  # the levels were moved
    assert at_size(study, 40).response is study.response
    changed = prepare(load(root / OBSERVED, set=("setting.resources.nurse.other_work.share=20 %",)))
    pairs = zip(study.response.points, changed.response.points, strict=True)
    assert any(not np.array_equal(a.cuts, b.cuts) for a, b in pairs)  # any other change calibrates anew


def test_first_of_each_counts_by_arm() -> None:
    arm = np.random.default_rng(1).integers(-1, 3, (40, 60)).astype(np.int8)
    inside = first_of_each(arm, Sizes(3, 3, (1, 1, 1), (20, 20, 20)), 15)
    for r in range(40):
        for k in range(3):
            places = np.flatnonzero(arm[r] == k)
            assert inside[r, places[:5]].all()
            assert not inside[r, places[5:]].any()
    assert not inside[arm < 0].any()


def test_first_of_each_counts_unequal_arms() -> None:
    """Of arms of 30, 20 and 10 a trial of 12 has the first 6, 4 and 2."""
    arm = np.random.default_rng(1).integers(-1, 3, (40, 60)).astype(np.int8)
    inside = first_of_each(arm, Sizes(1, 3, (1, 1, 1), (30, 20, 10)), 12)
    for r in range(40):
        for k, count in enumerate((6, 4, 2)):
            assert np.flatnonzero(inside[r] & (arm[r] == k)).tolist() == np.flatnonzero(arm[r] == k)[:count].tolist()


def test_steps_of_the_design(root) -> None:
    assert sizes_of(prepare(load(root / "scenarios/picu-blood-draw.yaml"))).step == 3
