"""What is followed of the estimates: rejections with their failures, and families of tests."""

from __future__ import annotations

import numpy as np
import pytest

from trialsim.analysis.estimates import NUMBERS, Estimates
from trialsim.analysis.plan import AnalysisPlan, AnalysisSet, Endpoint, PairwisePlan, PlannedAnalysis, RowPlan, RowTest
from trialsim.analysis.rows import EMPTY_ARM, NOT_TESTED, OK
from trialsim.evaluate.columns import analysis_columns, analysis_values, families


def a_call(name: str, row: int, pairs: PairwisePlan | None = None) -> PlannedAnalysis:
    main = RowTest("anova", "all", (0, 1, 2))
    after = () if pairs is None else tuple(RowTest("residual-t", "two", pair, main=False) for pair in pairs.arms)
    return PlannedAnalysis(
        name, "anova", Endpoint(0), AnalysisSet(), (main, *after), 0.0, "two-sided", 0.05, row, pairs=pairs
    )


def a_row(name: str, contrast: str, *, main: bool = True) -> RowPlan:
    return RowPlan(name, contrast, "t", "mean difference", 0.0, 0.05, "", main=main)


PLAN = AnalysisPlan(
    calls=(a_call("one", 0, PairwisePlan("t", ((1, 0), (2, 0)), "holm", True)), a_call("two", 3)),
    rows=(
        a_row("one", "all arms"),
        a_row("one", "b - a", main=False),
        a_row("one", "c - a", main=False),
        a_row("two", "all arms"),
    ),
    primary=(0, 3),
    arms=("a", "b", "c"),
)

#: p and status of each row in five replicates, declared; the null twin is the same with p = .5 throughout.
P = [
    [0.01, 0.02, 0.20, 0.01],
    [0.01, 0.06, 0.20, 0.90],
    [0.30, np.nan, np.nan, 0.90],
    [np.nan, np.nan, np.nan, 0.01],
    [np.nan, np.nan, np.nan, 0.90],
]
STATUS = [
    [OK, OK, OK, OK],
    [OK, OK, OK, OK],
    [OK, NOT_TESTED, NOT_TESTED, OK],
    [EMPTY_ARM, EMPTY_ARM, EMPTY_ARM, OK],
    [EMPTY_ARM, EMPTY_ARM, EMPTY_ARM, OK],
]


@pytest.fixture
def estimates() -> Estimates:
    shape = (2, 5, 4)
    numbers = {name: np.full(shape, 2.0) for name in NUMBERS}
    numbers["p"] = np.stack([np.array(P), np.full((5, 4), 0.5)])
    numbers["low"], numbers["high"] = np.full(shape, 1.0), np.full(shape, 4.0)
    numbers["high"][0, 0, 0] = np.inf
    status = np.zeros(shape, dtype=np.int8)
    status[0] = STATUS
    return Estimates(
        PLAN.rows, ("declared", "null"), range(5), n=np.full(shape, 30, dtype=np.int64), status=status, **numbers
    )


def column(estimates: Estimates, analysis: str, contrast: str, measure: str) -> list[float]:
    columns = analysis_columns(PLAN)
    values = analysis_values(PLAN, estimates)
    assert values.shape == (5, len(columns))
    told = [(one.analysis, one.contrast, one.measure) for one in columns]
    assert len(told) == len(set(told))
    return values[:, told.index((analysis, contrast, measure))].tolist()


def test_a_closed_gate_is_no_rejection_and_a_failure_is_no_answer(estimates: Estimates) -> None:
    assert column(estimates, "one", "all arms", "power") == pytest.approx([1, 1, 0, np.nan, np.nan], nan_ok=True)
    assert column(estimates, "one", "b - a", "power") == pytest.approx([1, 0, 0, np.nan, np.nan], nan_ok=True)
    assert column(estimates, "two", "all arms", "power") == [1, 0, 0, 1, 0]
    assert column(estimates, "two", "all arms", "rejection_null_twin") == [0, 0, 0, 0, 0]


def test_families_of_primaries_and_pairs() -> None:
    assert [(one.analysis, one.rows, one.any_label) for one in families(PLAN)] == [
        ("primary", (0, 3), "any"),
        ("one", (1, 2), "any pair"),
    ]


def test_any_is_known_once_one_rejects_and_all_once_one_does_not(estimates: Estimates) -> None:
    assert column(estimates, "primary", "any", "power") == pytest.approx([1, 1, 0, 1, np.nan], nan_ok=True)
    assert column(estimates, "primary", "all", "power") == pytest.approx([1, 0, 0, np.nan, 0], nan_ok=True)
    assert column(estimates, "one", "any pair", "power") == pytest.approx([1, 0, 0, np.nan, np.nan], nan_ok=True)
    assert column(estimates, "one", "all pairs", "power") == pytest.approx([0, 0, 0, np.nan, np.nan], nan_ok=True)


def test_an_open_interval_has_no_width(estimates: Estimates) -> None:
    assert column(estimates, "one", "all arms", "interval_width") == pytest.approx([np.nan, 3, 3, 3, 3], nan_ok=True)
