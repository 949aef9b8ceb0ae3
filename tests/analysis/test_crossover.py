"""Period differences of a crossover: against scipy, against published powers, and what carryover does to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis import rows
from trialsim.analysis.methods.crossover import crossover_t
from trialsim.analysis.moments import moments
from trialsim.prepared import prepare
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.sizing.closed_form import second_opinion
from trialsim.truth import find_truth

STUDY = Path(__file__).parents[1] / "kinds" / "periods.yaml"


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_it_is_the_t_test_of_half_the_period_differences(side: str) -> None:
    """200 data sets with ties, missing values in either period and unequal sequences; relative difference 1e-8."""
    draw = np.random.default_rng(5)
    first, second = np.round(draw.normal(size=(2, 200, 25)) * 2, 1)
    for y in (first, second):
        y[draw.random(y.shape) < 0.1] = np.nan
    arm = np.where(np.arange(25) < 14, 0, 1).astype(np.int8)[None].repeat(200, axis=0)
    found = crossover_t(moments(first - second, arm, arms=2), a=0, b=1, alternative=side)
    assert (found.status == rows.OK).all()
    for r in range(200):
        halves = [(first[r] - second[r])[arm[r] == k] / 2 for k in (0, 1)]
        a, b = (one[np.isfinite(one)] for one in halves)
        judge = stats.ttest_ind(a, b, alternative=side)
        interval = judge.confidence_interval(0.95)
        ours = [found.estimate[r], found.p[r], found.df[r], found.low[r], found.high[r]]
        theirs = [a.mean() - b.mean(), judge.pvalue, judge.df, interval.low, interval.high]
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-13)
        assert found.n[r] == len(a) + len(b)


def one_of(*values: float, arm: tuple[int, ...]) -> rows.Rows:
    return crossover_t(moments(np.array([values]), np.array([arm], np.int8), arms=2), a=0, b=1)


def test_nothing_varies_an_empty_sequence_and_one_participant() -> None:
    assert one_of(1.0, 1.0, 1.0, 1.0, arm=(0, 0, 1, 1)).p[0] == 1.0
    assert one_of(1.0, 1.0, 2.0, 2.0, arm=(0, 0, 1, 1)).status[0] == rows.NO_VARIANCE
    assert one_of(1.0, 2.0, arm=(0, 0)).status[0] == rows.EMPTY_ARM
    assert one_of(1.0, 2.0, arm=(0, 1)).status[0] == rows.TOO_FEW


@pytest.mark.parametrize(("effect", "power"), [(0.4083, 0.7815), (0.5, 0.9179)])
def test_powers_of_two_sequences_of_16(effect: float, power: float) -> None:
    """SD 1, correlation 2/3: the SD of a difference within a participant is .8165."""
    values = {
        "outcomes.value.level": {"mean": 10, "sd": 1},
        "outcomes.value.correlation": {"between_sessions": 2 / 3},
        "outcomes.value.effects.a": {"difference": effect},
    }
    study = prepare(change(load(STUDY), values))
    opinion = second_opinion(study, study.analysis.rows[0])
    assert opinion is not None
    assert opinion.power == pytest.approx(power, abs=5e-5)


def test_the_truth_is_that_of_the_first_period_and_half_of_what_is_carried_over_is_bias() -> None:
    study = prepare(change(load(STUDY), {"outcomes.value.carryover": "20 %"}))
    truth = find_truth(study, replicates=40)
    assert truth.value[study.twins.index("declared"), 0] == pytest.approx(1.2, abs=1e-12)
    assert truth.value[study.twins.index("null"), 0] == pytest.approx(0.0, abs=1e-12)
    (first, second), change_ = study.response.points, study.analysis.calls[0].endpoint
    assert (change_.visit, change_.start) == (0, 1)
    expected = (first.location - second.location) / 2
    assert expected[0] - expected[1] == pytest.approx(1.2 - 0.2 * 1.2 / 2, abs=1e-12)
