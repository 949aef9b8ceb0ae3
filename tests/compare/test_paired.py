"""Paired differences against brute force, identical designs, planted faults."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from trialsim import study
from trialsim.compare import Comparison, Side, compare_sides
from trialsim.compare.paired import (
    GROUPS,
    DesignPair,
    GroupedMoments,
    differences,
    jackknife,
    paired_interval,
    widen,
    widened,
)
from trialsim.evaluate.columns import analysis_values
from trialsim.evaluate.table import MeasureColumn
from trialsim.evaluate.trial import trial_values
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios


def side(label: str, name: str, *changes: str, seed: int = 7) -> Side:
    prepared = study.prepare(load(shipped_scenarios()[name].path, set=changes))
    return Side(label, prepared.scenario.name, prepared, seed, 400)


NURSE = "setting.resources.nurse.units="


@pytest.fixture(scope="module")
def picu() -> Comparison:
    sides = [side("A", "picu-blood-draw"), side("B", "picu-blood-draw", NURSE + "3"), side("C", "picu-blood-draw")]
    return compare_sides(sides, replicates=400)


# ---------------------------------------------------------------- against two runs


def test_both_sides_are_what_a_run_of_each_says(picu: Comparison) -> None:
    """Power, estimates, widths, staff, duration: the values of ``evaluate`` on each scenario alone, and their difference."""
    tables = [
        {(row.analysis, row.contrast, row.measure): row for row in one.measures}
        for one in (study.evaluate(picu.sides[k].study, replicates=400, seed=7) for k in (0, 1))
    ]
    compared = [row for row in picu.rows if row.scenario == "B"]
    assert len(compared) > 200
    names = {row.measure for row in compared}
    wanted = {
        "power", "rejection_null_twin", "mean_estimate", "empirical_se", "interval_width", "missing_share",
        "missed_share", "trial_days", "target_reached_in_time", "use_share", "study_hours", "model_se",
    }  # fmt: skip
    assert wanted <= names
    for row in compared:
        first, second = (table.get((row.analysis, row.contrast, row.measure)) for table in tables)
        for value, known in ((row.a, first), (row.b, second)):
            if known is None:
                assert value == 0.0, "only what never occurred has no row of its own"
            else:
                assert value == pytest.approx(known.value, rel=1e-9, abs=1e-12)
        assert row.difference == row.b - row.a


def test_errors_are_those_of_brute_force(picu: Comparison) -> None:
    """Per-replicate values of two whole plays, subtracted by hand."""
    values, columns = [], []
    for one in picu.sides[:2]:
        cohort = study.simulate(one.study, range(400), seed=7)
        estimates = study.analyze(cohort, plan=one.study.analysis)
        values.append(
            np.concatenate([analysis_values(one.study.analysis, estimates), trial_values(one.study, cohort)], axis=1)
        )
        columns.append(one.study)
    from trialsim.compare.play import _columns

    names = _columns(picu.sides[0].study)
    assert names == _columns(picu.sides[1].study)
    rows = {(row.analysis, row.contrast, row.measure): row for row in picu.rows if row.scenario == "B"}
    checked = 0
    for index, column in enumerate(names):
        x, y = (one[:, index] for one in values)
        row = rows.get((column.analysis, column.contrast, column.measure))
        if row is None or np.isnan(x).any() or np.isnan(y).any() or column.kind == "variance":
            continue
        assert row.mcse == pytest.approx((y - x).std(ddof=1) / 20, rel=1e-7, abs=1e-12)
        alone = math.hypot(x.std(ddof=1), y.std(ddof=1)) / 20
        assert row.mcse_unpaired == pytest.approx(alone, rel=1e-7, abs=1e-12)
        if alone > 0:
            assert row.saved == pytest.approx(1 - (row.mcse / alone) ** 2, abs=1e-9)
        checked += 1
        if column.kind == "estimate":
            spread = rows[column.analysis, column.contrast, "empirical_se"]
            assert spread.difference == pytest.approx(y.std(ddof=1) - x.std(ddof=1), abs=1e-12)
            left = [np.delete(np.arange(400), np.arange(g, 400, GROUPS)) for g in range(GROUPS)]
            without = np.array([y[i].std(ddof=1) - x[i].std(ddof=1) for i in left])
            assert spread.mcse == pytest.approx(jackknife(without), rel=1e-6)
    assert checked > 150


def test_one_nurse_more_is_seen_twice_as_sharply() -> None:
    """The MCSE of the difference in power, estimates and their spread is at most half of the unpaired one."""
    picu = compare_sides([side("A", "picu-blood-draw"), side("B", "picu-blood-draw", NURSE + "3")], replicates=2000)
    row = picu.value("power", analysis="fear_during", contrast="all arms")
    assert row.mcse <= 0.5 * row.mcse_unpaired
    for measure in ("mean_estimate", "empirical_se", "interval_width"):
        row = picu.value(measure, analysis="fear_during", contrast="music - control")
        assert row.mcse <= 0.5 * row.mcse_unpaired
        assert row.saved >= 0.75


def test_a_tenth_more_effect_is_seen_twice_as_sharply() -> None:
    sides = [
        side("A", "textbook-t-test"),
        side("B", "textbook-t-test", "outcomes.score.effects.treated.difference=0.55"),
    ]
    found = compare_sides(sides, replicates=2000)
    row = found.value("power", analysis="main")
    assert row.difference > 0.03
    assert row.mcse <= 0.5 * row.mcse_unpaired
    estimate = found.value("mean_estimate", analysis="main")
    assert estimate.difference == pytest.approx(0.05, abs=1e-12), "the same draws, moved"
    assert estimate.mcse < 1e-12
    assert estimate.mcse_unpaired > 0.005


# ---------------------------------------------------------------- the same design, other orders, other chunks


def test_the_same_scenario_differs_by_exactly_nothing(picu: Comparison) -> None:
    same = [row for row in picu.rows if row.scenario == "C"]
    assert len(same) > 200
    for row in same:
        assert (row.difference, row.mcse, row.conf_low, row.conf_high) == (0.0, 0.0, 0.0, 0.0)
        assert row.saved == 1.0 or math.isnan(row.saved)


def test_the_other_way_round_only_signs_change() -> None:
    one, other = (
        side("A", "nicu-parent-massage"),
        side("B", "nicu-parent-massage", "setting.resources.therapist.units=2"),
    )
    there = compare_sides([one, other], replicates=300)
    back = compare_sides([replace(other, label="A"), replace(one, label="B")], replicates=300)
    assert len(there.rows) == len(back.rows)
    for row, turned in zip(there.rows, back.rows, strict=True):
        assert (row.measure, row.analysis, row.contrast) == (turned.measure, turned.analysis, turned.contrast)
        assert turned.difference == pytest.approx(-row.difference, abs=1e-12)
        assert turned.mcse == pytest.approx(row.mcse, abs=1e-9)
        assert turned.conf_low == pytest.approx(-row.conf_high, abs=1e-9)


def test_chunks_and_workers_change_no_digit() -> None:
    sides = [side("A", "nicu-parent-massage"), side("B", "nicu-parent-massage", "setting.resources.therapist.units=2")]
    found = [
        compare_sides(sides, replicates=500, workers=workers, chunk=chunk) for workers, chunk in ((1, 100), (2, 300))
    ]
    first, second = (np.array([[row.a, row.b, row.mcse, row.mcse_unpaired] for row in one.rows]) for one in found)
    np.testing.assert_array_equal(first, second)


# ---------------------------------------------------------------- planted faults


def test_mispaired_replicates_are_caught() -> None:
    """Replicate r against r + 1 saves nothing: the test that a nurse is seen twice as sharply would fail."""
    prepared = [
        side("A", "textbook-t-test"),
        side("B", "textbook-t-test", "outcomes.score.effects.treated.difference=0.55"),
    ]
    from trialsim.compare.play import _columns

    columns = [_columns(one.study) for one in prepared]
    values = []
    for one in prepared:
        cohort = study.simulate(one.study, range(1000), seed=7)
        estimates = study.analyze(cohort, plan=one.study.analysis)
        values.append(
            np.concatenate([analysis_values(one.study.analysis, estimates), trial_values(one.study, cohort)], axis=1)
        )
    saved = {}
    for name, shift in (("right", 0), ("mispaired", 1)):
        wide = [widened(names) for names in columns]
        a, b, pair = GroupedMoments(len(wide[0])), GroupedMoments(len(wide[1])), DesignPair(wide[0], wide[1])
        x, y = widen(columns[0], values[0]), np.roll(widen(columns[1], values[1]), shift, axis=0)
        a.add(x, 0)
        b.add(y, 0)
        pair.add(x, y, 0)
        power = next(row for row in differences("B", pair, a, b) if row.measure == "power")
        saved[name] = power.saved
    assert saved["right"] > 0.75
    assert abs(saved["mispaired"]) < 0.2


def test_two_seeds_make_a_play_of_the_same_scenario_differ() -> None:
    """What would be exactly 0 under common draws is not under others: the zero of the test above is no triviality."""
    one = side("A", "textbook-t-test")
    found = compare_sides([one, replace(one, label="B")], replicates=300, seed=1)
    other = compare_sides([one, replace(one, label="B")], replicates=300, seed=2)
    assert found.value("mean_estimate", analysis="main").a != other.value("mean_estimate", analysis="main").a


# ---------------------------------------------------------------- numbers that are missing


def test_gaps_on_either_side_keep_the_error_honest() -> None:
    """2,000 comparisons of 60 trials with a tenth missing on each side: the mean squared error of the difference is what
    its MCSE says. The ratio has a standard error of about .032; beyond 4 of them once in 16,000 tests."""
    rng = np.random.default_rng(11)
    column = [MeasureColumn("x", "", "number", "mean")]
    squared, told = [], []
    for _ in range(2000):
        x = rng.normal(size=(60, 1))
        y = x + rng.normal(scale=0.5, size=(60, 1)) + 0.3
        x[rng.random(60) < 0.1], y[rng.random(60) < 0.1] = np.nan, np.nan
        a, b, pair = GroupedMoments(1), GroupedMoments(1), DesignPair(column, column)
        a.add(x, 0)
        b.add(y, 0)
        pair.add(x, y, 0)
        row = next(differences("B", pair, a, b))
        squared.append((row.difference - 0.3) ** 2)
        told.append(row.mcse**2)
    assert np.mean(told) / np.mean(squared) == pytest.approx(1.0, abs=0.13)
    unpaired = 1.0 / 54 + 1.25 / 54
    assert np.mean(told) < 0.5 * unpaired


def test_many_failures_give_bounds_in_place_of_a_power() -> None:
    columns = [MeasureColumn("main", "", "power", "decision")]
    x, y = np.ones((100, 1)), np.zeros((100, 1))
    y[:20] = np.nan
    wide = widened(columns)
    a, b, pair = GroupedMoments(3), GroupedMoments(3), DesignPair(wide, wide)
    for grouped, values in ((a, x), (b, y)):
        grouped.add(widen(columns, values), 0)
    pair.add(widen(columns, x), widen(columns, y), 0)
    rows = {row.measure: row for row in differences("B", pair, a, b)}
    assert set(rows) == {"power_low", "power_high"}
    assert (rows["power_low"].b, rows["power_high"].b) == (0.0, 0.2)
    assert rows["power_high"].a == 1.0


@pytest.mark.parametrize(("n", "p", "q"), [(200, 0.05, 0.02), (1000, 0.01, 0.01)])
def test_interval_of_paired_shares_covers(n: int, p: float, q: float) -> None:
    """At least 93.3 % of 95 % intervals hold the true difference (4,000 draws: 5 standard errors below 95 %, 3e-7)."""
    rng = np.random.default_rng(3)
    draws = rng.multinomial(n, [p, q, 1 - p - q], size=4000)
    hits = 0
    for more, less, _ in draws:
        low, high = paired_interval((more - less) / n, float(more + less), float(n))
        hits += low <= p - q <= high
    assert hits / 4000 >= 0.933


# ---------------------------------------------------------------- what only one side has


def test_only_common_analyses_are_compared_and_the_rest_is_named() -> None:
    sides = [side("A", "textbook-t-test"), side("B", "textbook-ancova")]
    found = compare_sides(sides, replicates=100)
    assert found.value("power", analysis="main").a != found.value("power", analysis="main").b
    assert {row.scenario for row in found.rows} == {"B"}
    many = [side("A", "many-arms"), side("B", "textbook-t-test")]
    alone = {(row.label, row.name) for row in compare_sides(many, replicates=100).alone}
    assert ("A", "dunnett (all arms)") in alone
    assert ("B", "main (treated - control)") in alone


@pytest.mark.verify
def test_the_error_of_the_difference_over_many_seeds() -> None:
    """400 comparisons under other seeds: the spread of the difference in power, mean, SE and wait is what the MCSE says.

    A ratio of a standard deviation to its expectation has a standard error of 1/sqrt(800) = .035; beyond 4 of them once
    in 16,000 tests, so the four measures together fail falsely less than once in 4,000.
    """
    sides = [side("A", "nicu-parent-massage"), side("B", "nicu-parent-massage", "setting.resources.therapist.units=2")]
    wanted = [
        ("power", "all_mothers_log", "post - pre"), ("mean_estimate", "all_mothers_log", "post - pre"),
        ("empirical_se", "all_mothers_log", "post - pre"), ("wait_mean_minutes", "trial", "hold therapist"),
    ]  # fmt: skip
    found = np.empty((400, len(wanted), 2))
    for seed in range(400):
        one = compare_sides(sides, replicates=200, seed=seed, workers=1)
        for k, (measure, analysis, contrast) in enumerate(wanted):
            row = one.value(measure, analysis=analysis, contrast=contrast)
            found[seed, k] = row.difference, row.mcse**2
    for k, (measure, _, _) in enumerate(wanted):
        ratio = found[:, k, 0].std(ddof=1) / math.sqrt(found[:, k, 1].mean())
        assert ratio == pytest.approx(1.0, abs=4 / math.sqrt(800)), measure
