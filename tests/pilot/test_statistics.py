"""Printed statistics: the same numbers as the data they were computed from, and faults in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialsim.assurance import Belief, beliefs
from trialsim.pilot import FitError
from trialsim.pilot.statistics import fit_statistics, parse_given
from trialsim.response.scales import entropy_shares
from trialsim.scenario import loads

ARMS = {"control": {"mean": 5, "sd": 1.1, "n": 14}, "massage": {"mean": 4.2, "sd": 0.9, "n": 12}}


def found(arms: dict[str, Any] = ARMS, **options: Any) -> dict[str, Belief]:
    fragment = fit_statistics(arms, source="Smith 2020", **options)
    return {one.name.removeprefix("outcomes.outcome."): one for one in beliefs(loads(fragment.text))}


def test_means_and_sds_give_the_difference_with_the_width_of_the_t_test() -> None:
    difference = found()["effects.massage.difference"]
    sd = math.sqrt((13 * 1.1**2 + 11 * 0.9**2) / 24)
    assert difference.number.value == -0.8
    assert difference.prior.params[1] == pytest.approx(sd * math.sqrt(1 / 14 + 1 / 12) * math.sqrt(24 / 22), rel=1e-3)
    assert difference.n == 12
    assert found()["by_visit.post.sd"].number.value == pytest.approx(sd, rel=1e-3)


def test_medians_and_quartiles_are_solved_and_less_sure() -> None:
    quartiles = {arm: {"median": 6, "iqr": (4, 9), "n": 14} for arm in ARMS}
    got = found(quartiles, unit="nmol/L")
    level = got["by_visit.post.sd_log"]
    assert level.number.value == pytest.approx(math.log(9 / 4) / (2 * 0.6744897501960817), rel=1e-3)
    ratio = got["effects.massage.ratio"]
    assert ratio.number.value == 1
    assert ratio.prior.params[1] > 1.2 * level.number.value * math.sqrt(2 / 14)  # a median costs a quarter more


def test_shares_correlation_and_missing() -> None:
    got = found({"control": {"k": 3, "n": 20}, "massage": {"k": 9, "n": 20}}, missing={"k": 2, "n": 42})
    assert got["by_visit.post.by_arm.control.chance"].prior.params == pytest.approx((3.5, 17.5, 0, 1), rel=5e-3)
    assert got["lost"].number.value == pytest.approx(2 / 42, rel=1e-3)
    reference = got["by_visit.post.by_arm.massage.chance"].against
    assert reference is not None
    assert reference.value == 0.15
    assert reference.prior is not None
    both = found(baseline={"mean": 5.5, "sd": 1, "n": 26}, correlation={"r": 0.6, "n": 26})
    assert both["correlation.between_sessions"].number.value == 0.6
    assert both["correlation.between_sessions"].n == 12


def test_an_sd_above_half_the_mean_is_asked_about() -> None:
    """Mean 4, SD 3 are lognormal, scores from 0 to 10, or changes: nobody can know."""
    skewed = {arm: {"mean": 4, "sd": 3, "n": 20} for arm in ARMS}
    with pytest.raises(FitError, match=r"TS-P025.*--scale 0\.\.10.*--distribution lognormal"):
        found(skewed)
    assert "effects.massage.ratio" in found(skewed, distribution="lognormal")
    assert "effects.massage.difference" in found(skewed, distribution="normal")
    assert "effects.massage.ratio" in found(skewed, unit="nmol/L"), "concentrations are lognormal"


def test_scores_keep_their_mean_and_sd_and_their_scale() -> None:
    """Faces from 0 to 10 by 2: the printed numbers stand in the scenario, and the difference is one of mean scores."""
    arms = {"control": {"mean": 6, "sd": 2.8, "n": 20}, "massage": {"mean": 4, "sd": 2.8, "n": 20}}
    fragment = fit_statistics(arms, source="x", scale="0..10 by 2")
    outcome = loads(fragment.text).outcomes["outcome"]
    assert outcome.distribution == "ordinal"
    assert outcome.categories == (0, 2, 4, 6, 8, 10)
    got = found(arms, scale="0..10 by 2")
    assert got["by_visit.post.mean"].number.value == 6
    assert got["by_visit.post.sd"].number.value == 2.8
    assert got["effects.massage.difference"].number.value == -2
    assert got["effects.massage.difference"].prior.params[1] == pytest.approx(
        2.8 * math.sqrt(2 / 20) * math.sqrt(38 / 36), rel=1e-3
    )
    with pytest.raises(FitError, match=r"TS-P021.*standard error"):  # at 6 no SD is above sqrt(6 * 4) = 4.9
        found({"a": {"mean": 6, "sd": 5, "n": 9}, "b": {"mean": 6, "sd": 2, "n": 9}}, scale="0..10 by 2")


def test_the_correlation_of_scores_is_turned_into_that_behind_them() -> None:
    """Against 260,000 pairs of scores made of normals that correlate 0.6: five standard errors of such draws are 0.0075."""
    scale, arms = "0..4", {"a": {"mean": 1.5, "sd": 1.2, "n": 30}, "b": {"mean": 1.5, "sd": 1.2, "n": 30}}
    scores = np.arange(5.0)
    grid = stats.norm.ppf(stats.qmc.Sobol(2, seed=2).random(2**18))
    cuts = stats.norm.ppf(np.cumsum(entropy_shares(1.5, 1.2, scores))[:-1])
    both = [np.searchsorted(cuts, z) for z in (grid[:, 0], 0.6 * grid[:, 0] + 0.8 * grid[:, 1])]
    seen = float(np.corrcoef(*both)[0, 1])
    got = found(arms, scale=scale, baseline={"mean": 1.5, "sd": 1.2, "n": 60}, correlation={"r": seen, "n": 60})
    assert got["correlation.between_sessions"].number.value == pytest.approx(0.6, abs=0.0075)


def test_one_arm_is_compared_with_nothing_unasked() -> None:
    one = {"massage": {"mean": 5, "sd": 1, "n": 14}}
    with pytest.raises(FitError, match=r"TS-P023.*--null"):
        found(one)
    fragment = fit_statistics(one, source="x", null=4.5)
    null = loads(fragment.text).analyses["outcome"].null
    assert null is not None
    assert null.value == 4.5


def test_given_is_read_as_people_write_it() -> None:
    assert parse_given("usual care: mean = 5, sd=1.1; n 14") == ("usual care", {"mean": 5, "sd": 1.1, "n": 14})
    assert parse_given("a: median 5, iqr [3, 6.5], n 9")[1] == {"median": 5, "iqr": (3, 6.5), "n": 9}
    assert parse_given("a: mean -5, se .2e1, n 9".replace(".2e1", "0.2e1"))[1] == {"mean": -5, "se": 2, "n": 9}


@pytest.mark.parametrize(
    ("arms", "options", "said"),
    [
        ({}, {}, "no arm"),
        ({"a": {"mean": 5, "sd": 1}}, {}, "'a' needs n"),
        ({"a": {"mean": 5, "n": 10}}, {}, "'a' needs sd"),
        ({"a": {"sd": 5, "n": 10}}, {}, "'a' needs mean"),
        ({"a": {"mean": 5, "sd": 0, "n": 10}}, {}, "must be above 0"),
        ({"a": {"mean": 5, "sd": 1, "n": 2.5}}, {}, "n = 2.5"),
        ({"a": {"median": 5, "iqr": (6, 7), "n": 10}}, {}, "outside its quartiles"),
        ({"a": {"mean": 5, "sd": 1, "n": 10, "mode": 3}}, {}, "unknown 'mode'"),
        ({"a": {"k": 11, "n": 10}}, {}, "11 of 10"),
        (ARMS, {"reference": "placebo"}, "no arm is called 'placebo'"),
        (ARMS, {"correlation": {"r": 1.2, "n": 20}}, "is impossible"),
        ({"a": {"mean": -1, "sd": 1, "n": 10}}, {"distribution": "lognormal"}, "mean of a lognormal"),
    ],
)
def test_incomplete_and_impossible_statistics_are_refused(arms: Any, options: Any, said: str) -> None:
    with pytest.raises(FitError, match=said):
        fit_statistics(arms, source="x", **options)


@pytest.mark.parametrize("text", ["mean 5, n 3", "a: mode 5", "a: mean five", "a: iqr 3", "a: mean 3 to 5", "a:"])
def test_given_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(FitError, match="TS-F007"):
        parse_given(text)


def test_a_baseline_without_a_correlation_says_that_0_stands_there() -> None:
    fragment = fit_statistics(ARMS, source="Smith 2020", baseline={"mean": 5.5, "sd": 1, "n": 26})
    between = loads(fragment.text).outcomes["outcome"].correlation.between_sessions
    assert between is not None
    assert (between.value, between.assumed) == (0, "no correlation was given")
    assert any("no correlation with the baseline" in note for note in fragment.notes)
