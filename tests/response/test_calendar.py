"""Calendar time in responses: the trend, and the effect of a site in a period."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim.prepared import prepare
from trialsim.report.explain import explain
from trialsim.report.present import null_twin
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.scenario.model import Scenario
from trialsim.scenario.wedge import MONTH
from trialsim.study import simulate
from trialsim.truth import find_truth

PLAIN = Path(__file__).parents[1] / "kinds" / "wedge.yaml"
SHIPPED = Path(__file__).parents[2] / "scenarios" / "nicu-stepped-wedge.yaml"


def plain(**changes: object) -> Scenario:
    return change(load(PLAIN), {key.replace("__", "."): value for key, value in changes.items()})


def values(scenario: Scenario, *, twin: str = "declared") -> np.ndarray:
    cohort = simulate(prepare(scenario), range(8))
    return np.asarray(cohort.measurements.values[cohort.measurements.twins.index(twin), :, :, 0])


@pytest.mark.parametrize("twin", ["declared", "null"])
def test_the_trend_is_that_of_the_day_of_measurement_in_every_twin(twin: str) -> None:
    """With the same draws: 0.1 for each month from the start until the visit, a day after enrollment."""
    entry = simulate(prepare(plain()), range(8)).entries.entry
    with_trend, without = values(plain(), twin=twin), values(plain(outcomes__value__secular="0 per month"), twin=twin)
    np.testing.assert_allclose(with_trend - without, 0.1 * (entry + 86_400) / MONTH, rtol=0, atol=1e-12)


def test_the_trend_of_a_lognormal_outcome_is_a_ratio_at_the_time_of_the_visit() -> None:
    one, none = (
        simulate(prepare(change(load(SHIPPED), {"outcomes.cortisol.secular": trend})), range(3))
        for trend in ("0.9 per month", "1 per month")
    )
    months = one.trace.visits[:, :, 0, 0] / MONTH  # type: ignore[union-attr]  # a study on a ward
    ratio = (one.measurements.values / none.measurements.values)[0, :, :, 0]
    there = np.isfinite(ratio)
    assert there.mean() > 0.7
    np.testing.assert_allclose(ratio[there], (0.9**months)[there], rtol=1e-12)


def test_a_site_keeps_its_level_with_cac_1_and_changes_it_with_each_period_below() -> None:
    """An ICC of almost 1 leaves almost nothing else: a cell has one level."""

    def cells(cac: float) -> np.ndarray:
        scenario = plain(
            outcomes__value__icc__site="99.9999 %", outcomes__value__cac=cac, outcomes__value__secular="0 per month"
        )
        study = prepare(scenario)
        entries, y = simulate(study, range(8)).entries, values(scenario, twin="null")
        assert entries.period is not None
        out = np.empty((8, 12, 5))
        for r in range(8):
            for site in range(12):
                for period in range(5):
                    mine = y[r][(entries.site[r] == site) & (entries.period[r] == period)]
                    assert mine.std() < 0.02
                    out[r, site, period] = mine.mean()
        return out

    same, apart, between = cells(1.0), cells(0.0), cells(0.5)
    assert same.std(axis=2).max() < 0.02
    assert np.corrcoef(apart.reshape(-1, 5).T)[np.triu_indices(5, 1)].mean() == pytest.approx(0.0, abs=0.15)
    assert np.corrcoef(between.reshape(-1, 5).T)[np.triu_indices(5, 1)].mean() == pytest.approx(0.5, abs=0.15)
    assert apart.std() == pytest.approx(2.0, abs=0.2)


def test_the_truth_is_that_of_the_same_dates() -> None:
    """Of a difference it is the declared one exactly, whatever the trend; that of an analysis that forgets time too."""
    forgetful = {"outcome": "value", "visit": "post", "test": "t"}
    study = prepare(plain(analyses__t=forgetful))
    truth = find_truth(study, replicates=20, workers=1)
    np.testing.assert_allclose(truth.value[truth.twins.index("declared")], 1.6, atol=1e-9)
    np.testing.assert_allclose(truth.value[truth.twins.index("null")], 0.0, atol=1e-9)


def test_words() -> None:
    study = prepare(plain(design__stepped_wedge__transition="1 week"))
    text = "\n".join(line for section in explain(study) for line in section.lines)
    assert "12 sites go over from control to trained, 3 at a step" in text
    assert "4 steps make 5 periods of 2 months" in text
    assert "in the 7 d after its step a site enrolls nobody" in text
    assert "The null twin is the same trial" in null_twin(study.scenario)
    assert "the calendar trend stays" in null_twin(study.scenario)
    rows = [cell for section in explain(study) for row in section.rows for cell in row]
    assert any("difference 0.1 per month" in cell for cell in rows)
    assert any("0.8 times as much (cac)" in cell for cell in rows)
