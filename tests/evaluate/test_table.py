"""Measures and their Monte Carlo errors against printed numbers and against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trialsim.evaluate.moments import block_moments, merge
from trialsim.evaluate.table import Measure, MeasureColumn, measures, wilson


def table(columns: list[MeasureColumn], values: np.ndarray) -> dict[str, Measure]:
    rows = measures(columns, merge(block_moments(values, range(len(values)))))
    return {row.measure: row for row in rows}


def test_wilson_as_printed() -> None:
    """VALIDATION: 77.4 % of 1,600 gives 75.3 to 79.4 %; n 600, p .15 gives .1236596 to .1807936."""
    low, high = wilson(0.774 * 1600, 1600)
    assert (round(low, 3), round(high, 3)) == (0.753, 0.794)
    low, high = wilson(90, 600)
    assert low == pytest.approx(0.1236596, abs=5e-8)
    assert high == pytest.approx(0.1807936, abs=5e-8)
    assert wilson(0, 50)[0] == 0.0
    assert wilson(50, 50)[1] == 1.0
    assert all(math.isnan(bound) for bound in wilson(0, 0))


def test_power_with_few_failures_leaves_them_out() -> None:
    decided = np.array([1.0] * 60 + [0.0] * 37 + [np.nan] * 3)[:, None]
    row = table([MeasureColumn("main", "a - b", "power", "decision")], decided)["power"]
    assert row.value == pytest.approx(60 / 97)
    assert row.mcse == pytest.approx(math.sqrt(60 / 97 * 37 / 97 / 97))
    assert (row.conf_low, row.conf_high) == pytest.approx(wilson(60, 97))
    assert (row.n_replicates, row.n_failed) == (100, 3)


def test_power_with_many_failures_is_bounds() -> None:
    decided = np.array([1.0] * 60 + [0.0] * 30 + [np.nan] * 10)[:, None]
    rows = table([MeasureColumn("main", "a - b", "power", "decision")], decided)
    assert set(rows) == {"power_low", "power_high"}
    assert rows["power_low"].value == pytest.approx(0.60)
    assert rows["power_high"].value == pytest.approx(0.70)
    assert rows["power_low"].mcse == pytest.approx(math.sqrt(0.6 * 0.4 / 100))
    assert rows["power_low"].n_failed == 10


@pytest.mark.parametrize(("failed", "bounds"), [(5, False), (6, True)])
def test_the_limit_is_five_percent(failed: int, bounds: bool) -> None:
    decided = np.array([1.0] * (100 - failed) + [np.nan] * failed)[:, None]
    rows = table([MeasureColumn("main", "", "power", "decision")], decided)
    assert ("power_low" in rows) is bounds


def test_a_decision_that_always_failed_is_bounded_by_zero_and_one() -> None:
    rows = table([MeasureColumn("main", "", "power", "decision")], np.full((40, 1), np.nan))
    assert (rows["power_low"].value, rows["power_high"].value) == (0.0, 1.0)


def test_estimates_have_mean_and_empirical_standard_error() -> None:
    estimates = np.random.default_rng(3).normal(2.0, 0.5, (400, 1))
    rows = table([MeasureColumn("main", "a - b", "mean_estimate", "estimate")], estimates)
    spread = estimates.std(ddof=1)
    assert rows["mean_estimate"].mcse == pytest.approx(spread / 20)
    assert rows["empirical_se"].value == pytest.approx(spread)
    assert rows["empirical_se"].mcse == pytest.approx(spread / math.sqrt(2 * 399))


def test_model_standard_error_is_the_root_of_the_mean_variance() -> None:
    se = np.random.default_rng(4).uniform(0.4, 0.6, (500, 1))
    row = table([MeasureColumn("main", "a - b", "model_se", "variance")], se**2)["model_se"]
    root = math.sqrt(float(np.mean(se**2)))
    assert row.value == pytest.approx(root)
    assert row.mcse == pytest.approx(math.sqrt(float(np.var(se**2, ddof=1)) / (4 * 500 * root**2)))


def test_monte_carlo_errors_are_the_spread_over_repeated_simulations() -> None:
    """2,000 simulations of 200 replicates: the mean MCSE equals the SD of the measures within 8 %.

    The SD of 2,000 numbers is known to 1.6 %, so a false alarm needs 5 standard errors on one of three measures
    (below 2e-6); a formula wrong by 12 % is seen.
    """
    draws = np.random.default_rng(5).normal(1.0, 2.0, (2000, 200))
    seen: dict[str, list[tuple[float, float]]] = {}
    columns = [
        MeasureColumn("a", "", "mean_estimate", "estimate"),
        MeasureColumn("a", "", "power", "decision"),
    ]
    for simulation in draws:
        both = np.stack([simulation, (simulation > 2.0).astype(float)], axis=1)
        for name, row in table(columns, both).items():
            seen.setdefault(name, []).append((row.value, row.mcse))
    assert set(seen) == {"mean_estimate", "empirical_se", "power"}
    for pairs in seen.values():
        values, errors = np.array(pairs).T
        assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.08)


def test_columns_that_never_held_a_number_give_no_row() -> None:
    assert (
        table(
            [MeasureColumn("omnibus", "all arms", "mean_estimate", "estimate")],
            np.full((20, 1), np.nan),
        )
        == {}
    )
