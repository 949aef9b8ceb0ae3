"""The operating characteristics of looks against the decisions they count, and against exact chances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.looks.conftest import on_the_ward, plain
from trialsim.boundaries.bounds import BoundRule, SequentialDesign, planned_bounds
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.looks import LOOKS, UNDER_NULL, closed_columns, look_columns, look_name, look_values
from trialsim.evaluate.trial import trial_values
from trialsim.looks.decisions import SHOWN, _stops, decide
from trialsim.study import analyze, evaluate, look_at, with_closed
from trialsim.truth import find_truth

Table = dict[tuple[str, str], float]

#: Comparisons fail by chance once in 1.7 million each.
LIMIT = 5.0


def looks_of(found: OperatingCharacteristics) -> Table:
    return {(row.contrast, row.measure): row.value for row in found.measures if row.analysis == LOOKS}


def test_columns_are_those_of_the_decisions() -> None:
    study, cohort = on_the_ward()
    results = look_at(study.looks, cohort)
    assert study.looks is not None
    assert results is not None
    results = with_closed(study, cohort, results, engine="fast")
    assert results is not None
    decisions, estimates = decide(study.looks, analyze(cohort, plan=study.analysis), results)
    trial = trial_values(study, cohort)
    values = look_values(study, decisions, results, estimates, trial)
    names = [(column.contrast, column.measure) for column in look_columns(study)]
    assert len(names) == len(set(names)) == values.shape[1]
    of = dict(zip(names, values.T, strict=True))
    for t, end in enumerate(("", UNDER_NULL)):
        look = decisions.look[t]
        each = np.arange(len(look))
        assert np.array_equal(of["", f"stops_early{end}"], look < 2)
        for name in ("enrolled", "known", "overrun"):
            shown = {"enrolled": "enrolled_by_stop", "known": "known_at_stop"}.get(name, name)
            assert np.array_equal(of["", shown + end], getattr(results, name)[each, look])
        every = np.concatenate([results.closed, trial[:, None, closed_columns(study)]], axis=1)[each, look]
        for m, (contrast, measure) in enumerate((("", "stop_days"), ("nurse", "stop_hours"), ("", "stop_cost_EUR"))):
            assert np.array_equal(of[contrast, measure + end], every[:, m])
        all_in = np.concatenate([results.with_overrun[t], estimates.estimate[t, :, :1]], axis=1)[each, look]
        assert np.array_equal(of["", f"estimate_with_overrun{end}"], all_in, equal_nan=True)
        lag = np.where(look < 2, 3.0, 0.0)
        assert of["", f"decision_days{end}"] == pytest.approx(results.tick[each, look] / 86_400 + lag)
        for k in range(3):
            assert np.array_equal(of[look_name(k, 2), f"look_stops{end}"], look == k)
            shown = (look == k) & (decisions.outcome[t] == SHOWN)
            assert np.array_equal(of[look_name(k, 2), f"look_shown{end}"], shown)


def test_power_is_the_sum_over_the_looks_and_other_rows_stay() -> None:
    study = plain(design__looks__futility={"spending": {"hsd": -2}, "beta": "10 %"})
    found = evaluate(study, replicates=300, truth=find_truth(study, replicates=20))
    table = looks_of(found)
    names = [look_name(k, 2) for k in range(3)]
    power = found.value("power", analysis="main").value
    assert power == pytest.approx(sum(table[name, "look_shown"] for name in names))
    null = found.value("rejection_null_twin", analysis="main").value
    assert null == pytest.approx(sum(table[name, f"look_shown{UNDER_NULL}"] for name in names))
    assert sum(table[name, "look_stops"] for name in names) == pytest.approx(1.0)
    assert table["", "known_at_stop"] == pytest.approx(
        sum(table[name, "look_stops"] * n for name, n in zip(names, (60, 90, 120), strict=True))
    )
    assert found.value("n_analyzed", analysis="main").value == pytest.approx(table["", "known_at_stop"])
    without = evaluate(plain(design__looks=None), replicates=300)
    assert table["", "power_without_looks"] == without.value("power", analysis="main").value
    assert found.value("power", analysis="ranks").value == without.value("power", analysis="ranks").value
    assert {"median_unbiased_bias", "stagewise_coverage"} <= {measure for _, measure in table}


@pytest.mark.verify
@pytest.mark.parametrize("rule", ["obrien-fleming", "pocock"])
def test_a_simulated_trial_meets_its_exact_chances(rule: str) -> None:
    """200 an arm, where a t statistic is normal to a tenth of the error; 22 comparisons, so a false alarm in 80,000 runs."""
    each, replicates, drift = 200, 40_000, 3.0
    difference = drift * 2 * math.sqrt(2 / each)
    study = plain(
        design__enroll={"each arm": each},
        design__looks__efficacy={"bounds": rule},
        design__looks__at=["33.5 %", "67 %"],
        outcomes__score__effects__treated__difference=difference,
    )
    assert study.looks is not None
    bounds = study.looks.bounds
    truth = find_truth(study, replicates=500)
    found = evaluate(study, replicates=replicates, truth=truth)
    table = looks_of(found)

    def agrees(value: float, exact: float, n: int = replicates) -> bool:
        return abs(value - exact) < LIMIT * math.sqrt(exact * (1 - exact) / n)

    for end, at in (("", drift), (UNDER_NULL, 0.0)):
        up, down = bounds.crossing(at)
        for k in range(3):
            assert agrees(table[look_name(k, 2), f"look_shown{end}"], up[k] + down[k])
        stop = [*(a + b for a, b in zip(up[:2], down[:2], strict=True)), 0.0]
        stop[2] = 1.0 - sum(stop)
        sizes = np.array([134, 268, 400])
        expected = float(sizes @ stop)
        spread = math.sqrt(float((sizes - expected) ** 2 @ stop) / replicates)
        assert abs(table["", f"enrolled_by_stop{end}"] - expected) < LIMIT * spread
    assert agrees(found.value("rejection_null_twin", analysis="main").value, 0.05)
    assert agrees(table["", "median_unbiased_above"], 0.5)
    assert agrees(table["", "stagewise_coverage"], 0.95)
    assert found.value("bias", analysis="main").value > 5 * found.value("bias", analysis="main").mcse


@pytest.mark.verify
def test_nominal_p_values_of_small_t_tests_are_not_exact() -> None:
    """Pocock's constant at 5, 10, 15 an arm, one-sided: 2.58 % in place of 2.5 %; by z, 4.5 %. 4,000,000 trials: SE .008 %."""
    rng = np.random.default_rng(15)
    bounds = planned_bounds(SequentialDesign((1 / 3, 2 / 3, 1.0), 0.025, False, BoundRule(scores=(2.2895,) * 3)))
    nominal = by_z = 0
    for _ in range(40):
        values = rng.normal(size=(100_000, 2, 15))
        t = []
        for n in (5, 10, 15):
            one, other = values[:, 0, :n], values[:, 1, :n]
            pooled = (one.var(axis=1, ddof=1) + other.var(axis=1, ddof=1)) / 2
            t.append((one.mean(axis=1) - other.mean(axis=1)) / np.sqrt(2 * pooled / n))
        p = np.stack([stats.t.sf(one, 2 * n - 2) for one, n in zip(t, (5, 10, 15), strict=True)], axis=1)
        nominal += (_stops(-stats.norm.ppf(p)[None], bounds)[1] == SHOWN).sum()
        by_z += (_stops(np.stack(t, axis=1)[None], bounds)[1] == SHOWN).sum()
    assert nominal / 4e6 == pytest.approx(0.0258, abs=LIMIT * 8e-5 + 5e-5)
    assert abs(nominal / 4e6 - 0.025) > LIMIT * 8e-5
    assert by_z / 4e6 == pytest.approx(0.045, abs=0.001)
