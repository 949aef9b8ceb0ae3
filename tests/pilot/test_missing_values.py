"""Missing values: by visit, and by arm where the arms differ; and that the simulation then loses them so."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from trialsim.errors import ScenarioError
from trialsim.pilot import Pilot, fit_pilot, ready
from trialsim.scenario import loads
from trialsim.study import prepare, simulate

Read = Callable[..., Pilot]


def pilot_text(lost: dict[str, tuple[int, ...]], n: int = 40) -> str:
    """Two arms of ``n``; of each arm the first few values at each of three visits are missing."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"id": np.arange(2 * n), "arm": np.repeat(["control", "massage"], n)})
    for place, visit in enumerate(("baseline", "week 1", "week 2")):
        frame[f"x_{visit}"] = rng.normal(5, 1, 2 * n).round(3)
        for arm, counts in lost.items():
            frame.loc[frame.index[frame["arm"] == arm][: counts[place]], f"x_{visit}"] = np.nan
    return frame.to_csv(index=False)


def outcome(pilot: Pilot) -> dict[str, Any]:
    told: dict[str, Any] = fit_pilot(ready(pilot)).data["outcomes"]["x"]
    return told


def test_values_lost_late_are_lost_late(plan: Read) -> None:
    """Baseline complete and 32 of 80 lost at the end are not 20 % at both: that gave a power 9 points too high."""
    fragment = fit_pilot(plan("min_lost_late.csv", scales=["0..4"]))
    told = fragment.data["outcomes"]["fear"]
    assert "lost" not in told
    (rule,) = told["missing"]
    assert (rule["visits"], rule["chance"]["value"]) == (["post"], "40 %")
    assert "arms" not in rule


def test_shares_are_those_of_pandas_by_visit_and_by_arm_where_they_differ(plan: Read) -> None:
    """Week 1: 4 of 40 and 5 of 40 (Fisher p = 1) share a number; week 2: 2 and 16 (p = .0003) do not."""
    text = pilot_text({"control": (0, 4, 2), "massage": (0, 5, 16)})
    frame = pd.read_csv(io.StringIO(text))
    by_arm = frame.groupby("arm")[["x_week 1", "x_week 2"]].agg(lambda column: column.isna().mean())
    assert stats.fisher_exact([[2, 38], [16, 24]]).pvalue < 0.001
    rules = outcome(plan(text))["missing"]
    shares = {(rule["visits"][0], *rule.get("arms", [])): rule["chance"]["value"] for rule in rules}
    assert shares == {
        ("week 1",): f"{100 * frame['x_week 1'].isna().mean():g} %",
        ("week 2", "control"): f"{100 * by_arm.loc['control', 'x_week 2']:g} %",
        ("week 2", "massage"): f"{100 * by_arm.loc['massage', 'x_week 2']:g} %",
    }


def test_as_many_at_each_visit_are_one_number_and_none_are_none(plan: Read) -> None:
    assert outcome(plan(pilot_text({"control": (2, 2, 2)})))["lost"]["value"] == "2.5 %"
    whole = outcome(plan(pilot_text({})))
    assert "lost" not in whole
    assert "missing" not in whole


def test_the_simulation_loses_them_by_visit_and_arm(plan: Read) -> None:
    """Of 200 trials of 2 x 40, 8,000 values an arm and visit: within 5 standard errors (at most .028) of each share.

    False alarm 6e-7 a share; with the arms left out of the rule both would lose 22 %, which is 15 points off.
    """
    fragment = fit_pilot(plan(pilot_text({"control": (0, 4, 2), "massage": (0, 5, 16)})))
    study = prepare(loads(fragment.text))
    cohort = simulate(study, range(200), twins=("declared",))
    arm = cohort.entries.arm
    gone = ~np.isfinite(cohort.measurements.values[0])
    expected = {0: (0.0, 0.0), 1: (9 / 80, 9 / 80), 2: (2 / 40, 16 / 40)}
    for visit, shares in expected.items():
        for k, share in enumerate(shares):
            inside = arm == k
            assert abs(gone[:, :, visit][inside].mean() - share) <= 5 * np.sqrt(share * (1 - share) / inside.sum())


def test_an_arm_that_is_not_there_is_refused(plan: Read) -> None:
    text = fit_pilot(plan(pilot_text({"control": (0, 0, 2), "massage": (0, 0, 16)}))).text
    with pytest.raises(ScenarioError, match="TS-E031"):
        loads(text.replace("arms: [massage]", "arms: [musage]"))
