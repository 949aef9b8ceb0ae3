"""The log-rank test: against R's survdiff, against formulas in plain Python, and where there is nothing to compare.

330 data sets by R's survival package (tests/reference/r/survival.R): two to four unequal arms, tied, censored and missing times.
The largest relative difference allowed is 1e-8.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis.methods.survival import LogRankSums, log_rank, log_rank_all, log_rank_sums
from trialsim.analysis.rows import EMPTY_ARM, NO_EVENT, OK

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "survival.json").read_text(encoding="utf-8"))
CASES = R["cases"]
RTOL = 1e-8


def sums_of(case: dict[str, Any], arms: tuple[int, ...]) -> LogRankSums:
    times = np.array([[math.nan if one is None else one for one in case["time"]]])
    marks = 1 - np.array([case["died"]], dtype=np.int8)
    return log_rank_sums(times, marks, np.array([case["g"]], dtype=np.int8), arms=arms)


def of(times: list[float], marks: list[int], arm: list[int], arms: int = 2) -> LogRankSums:
    return log_rank_sums(
        np.array([times], float), np.array([marks], np.int8), np.array([arm], np.int8), arms=tuple(range(arms))
    )


# ---------------------------------------------------------------- against R


def test_the_fixture_names_its_versions_and_is_large() -> None:
    assert R["versions"]["R"].startswith("R version")
    assert "survival" in R["versions"]
    assert len(CASES) >= 200
    tied = [case for case in CASES if len(set(case["time"])) < len(case["time"])]
    assert len(tied) >= 200


def test_all_arms_are_those_of_survdiff() -> None:
    for case in CASES:
        found = log_rank_all(sums_of(case, tuple(range(case["arms"]))))
        assert found.status[0] == OK
        assert found.df[0] == case["df"]
        np.testing.assert_allclose([found.statistic[0], found.p[0]], [case["chisq"], case["p"]], rtol=RTOL, atol=1e-13)


def test_two_arms_are_those_of_survdiff() -> None:
    compared = 0
    for case in CASES:
        if case["pair"] is None:
            continue
        sums, pair = sums_of(case, (0, 1)), case["pair"]
        np.testing.assert_allclose(sums.observed[0], pair["observed"], rtol=RTOL)
        np.testing.assert_allclose(sums.expected[0], pair["expected"], rtol=RTOL)
        np.testing.assert_allclose(sums.covariance[0, 0, 0], pair["variance"], rtol=RTOL, atol=1e-13)
        found = log_rank(sums)
        if pair["variance"] > 1e-12:
            wanted = (pair["observed"][0] - pair["expected"][0]) ** 2 / pair["variance"]
            np.testing.assert_allclose(found.statistic[0], wanted, rtol=RTOL, atol=1e-12)
            compared += 1
    assert compared >= 200


# ---------------------------------------------------------------- in plain Python


def slowly(times: list[float], marks: list[int], arm: list[int]) -> tuple[float, float, float, float]:
    """O - E, V, the log of Mantel and Haenszel's hazard ratio of arm 0 against arm 1, and its variance, by exact fractions."""
    difference = variance = first = second = between = Fraction(0)
    for now in sorted({t for t, mark in zip(times, marks, strict=True) if mark == 0}):
        n = [sum(1 for t, k in zip(times, arm, strict=True) if t >= now and k == side) for side in (0, 1)]
        d = [
            sum(1 for t, m, k in zip(times, marks, arm, strict=True) if t == now and m == 0 and k == side)
            for side in (0, 1)
        ]
        total, died = sum(n), sum(d)
        difference += d[0] - Fraction(died * n[0], total)
        if total > 1:
            variance += Fraction(died * (total - died) * n[0] * n[1], (total - 1) * total**2)
        first, second = first + Fraction(d[0] * n[1], total), second + Fraction(d[1] * n[0], total)
        between += Fraction(died * n[0] * n[1], total**2)
    return float(difference), float(variance), math.log(first / second), float(between / (first * second))


@pytest.mark.parametrize("seed", range(12))
def test_the_fast_form_is_the_formula(seed: int) -> None:
    """Small numbers written out, no draw of ours: a linear congruence."""
    state, numbers = seed + 1, []
    for _ in range(90):
        state = state * 1103515245 % 2**31 + 12345
        numbers.append(state >> 16)
    times = [1.0 + one % 9 for one in numbers[:30]]
    marks = [int(one % 3 == 0) for one in numbers[30:60]]
    arm = [one % 2 for one in numbers[60:]]
    difference, variance, estimate, spread = slowly(times, marks, arm)
    found = log_rank(of(times, marks, arm))
    np.testing.assert_allclose(found.statistic[0], difference**2 / variance, rtol=1e-12)
    np.testing.assert_allclose([found.estimate[0], found.se[0] ** 2], [estimate, spread], rtol=1e-12)
    half = 1.959963984540054 * math.sqrt(spread)
    np.testing.assert_allclose([found.low[0], found.high[0]], [estimate - half, estimate + half], rtol=1e-12)
    everyone = log_rank_all(of(times, marks, arm))
    np.testing.assert_allclose([everyone.statistic[0], everyone.p[0]], [found.statistic[0], found.p[0]], rtol=1e-10)


def test_a_fault_in_the_sums_is_seen() -> None:
    """Planted: censored at a moment counted as gone before it."""
    times, marks, arm = [2.0, 2.0, 3.0, 5.0], [1, 0, 0, 0], [0, 1, 0, 1]
    right, wrong = log_rank(of(times, marks, arm)), log_rank(of([1.9, *times[1:]], marks, arm))
    assert right.statistic[0] != pytest.approx(wrong.statistic[0], rel=0.01)


# ---------------------------------------------------------------- directions, exchange, left marks


def test_one_sided_p_values_turn_around_the_effect() -> None:
    for case in CASES[:60]:
        if case["pair"] is None:
            continue
        sums = sums_of(case, (0, 1))
        two, up, down = (log_rank(sums, alternative=side) for side in ("two-sided", "greater", "less"))
        if sums.covariance[0, 0, 0] == 0:
            continue
        assert up.p[0] + down.p[0] == pytest.approx(1.0)
        assert min(up.p[0], down.p[0]) == pytest.approx(two.p[0] / 2)
        higher = sums.observed[0, 0] > sums.expected[0, 0]
        assert (up.p[0] < down.p[0]) == higher
        if np.isfinite(two.estimate[0]):
            assert (two.estimate[0] > 0) == higher
            assert up.low[0] > two.low[0]
            assert up.high[0] == math.inf


def test_the_other_way_around_is_the_negative() -> None:
    for case in CASES[:60]:
        there, back = (log_rank(sums_of(case, pair)) for pair in ((0, 1), (1, 0)))
        np.testing.assert_allclose(there.estimate, -back.estimate, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose([there.p, there.se], [back.p, back.se], rtol=1e-12)


def test_a_mark_on_the_left_is_an_event() -> None:
    times, arm = [1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1]
    a, b = log_rank(of(times, [-1, 0, 0, 0], arm)), log_rank(of(times, [0, 0, 0, 0], arm))
    assert a.statistic[0] == b.statistic[0]


# ---------------------------------------------------------------- nothing to compare


def test_without_an_event_the_test_has_failed() -> None:
    for found in (
        log_rank(of([3, 4, 5, 6], [1, 1, 1, 1], [0, 0, 1, 1])),
        log_rank_all(of([3, 4, 5], [1, 1, 1], [0, 1, 2], 3)),
    ):
        assert found.status[0] == NO_EVENT
        assert np.isnan(found.p[0])


def test_an_empty_arm_has_failed() -> None:
    for found in (log_rank(of([3, 4], [0, 0], [0, 0])), log_rank_all(of([3, 4, math.nan], [0, 0, 0], [0, 1, 2], 3))):
        assert found.status[0] == EMPTY_ARM


def test_where_one_arm_has_no_event_there_is_a_p_and_no_estimate() -> None:
    found = log_rank(of([1, 2, 3, 9, 9, 9], [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]))
    assert found.status[0] == OK
    assert 0 < found.p[0] < 0.1
    assert np.isnan([found.estimate[0], found.se[0], found.low[0], found.high[0]]).all()


def test_where_all_events_come_at_once_nothing_differs() -> None:
    found = log_rank(of([2, 2, 2, 2], [0, 0, 0, 0], [0, 0, 1, 1]))
    assert (found.status[0], found.p[0], found.estimate[0]) == (OK, 1.0, 0.0)


def test_one_participant_an_arm() -> None:
    found = log_rank(of([1, 2], [0, 0], [0, 1]))
    assert found.p[0] == pytest.approx(stats.chi2.sf(1.0, 1))
