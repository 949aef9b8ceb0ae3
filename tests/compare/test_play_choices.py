"""Analyses on the same trials: the numbers are those of a run, and the differences those of its stored trials."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import trialsim as ts
from trialsim.compare.play_choices import AnalysisComparison

TRIALS = 300


@pytest.fixture(scope="module")
def found() -> AnalysisComparison:
    return ts.compare_analyses("last-value", replicates=TRIALS, workers=2).found


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The table of trials of a run of the same study."""
    out = tmp_path_factory.mktemp("run") / "out"
    ts.run("last-value", out, replicates=TRIALS, figures=False)
    (file,) = Path(out).glob("estimates*.parquet")
    return pq.read_table(file).to_pandas()  # type: ignore[no-any-return]


def decisions(stored: pd.DataFrame, analysis: str, twin: str) -> np.ndarray:
    rows = stored[(stored["analysis"] == analysis) & (stored["twin"] == twin)].sort_values("replicate")
    return np.where(np.isnan(rows["p"]), np.nan, rows["p"] < 0.05)


@pytest.mark.parametrize(("measure", "twin"), [("power", "declared"), ("rejection_null_twin", "null")])
def test_differences_are_those_of_the_stored_trials(
    found: AnalysisComparison, stored: pd.DataFrame, measure: str, twin: str
) -> None:
    """Paired by trial: the mean of the differences, and its standard error from their SD."""
    compared = found.difference("yoga - usual", "complete cases", "last value", measure)
    assert compared is not None
    first, second = (decisions(stored, name, twin) for name in ("complete cases", "last value"))
    gaps = second.astype(float) - first.astype(float)
    assert len(gaps) == TRIALS
    assert compared.a == pytest.approx(first.mean(), rel=1e-12)
    assert compared.b == pytest.approx(second.mean(), rel=1e-12)
    assert compared.difference == pytest.approx(gaps.mean(), rel=1e-12)
    assert compared.mcse == pytest.approx(gaps.std(ddof=1) / math.sqrt(TRIALS), rel=1e-12)
    alone = math.sqrt(first.std(ddof=1) ** 2 / TRIALS + second.std(ddof=1) ** 2 / TRIALS)
    assert compared.mcse_unpaired == pytest.approx(alone, rel=1e-12)
    assert compared.alike
    discordant = (gaps != 0).sum()
    p, q = (((discordant + sign * gaps.sum()) / 2 + 1) / (TRIALS + 2) for sign in (1, -1))
    half = 1.959963984540054 * math.sqrt((p + q - (p - q) ** 2) / (TRIALS + 2))
    assert compared.conf_low == pytest.approx(p - q - half, rel=1e-9)


def test_widths_are_compared_of_the_same_number_only(found: AnalysisComparison, stored: pd.DataFrame) -> None:
    compared = found.difference("yoga - usual", "complete cases", "last value", "interval_width")
    assert compared is not None
    rows = stored[stored["twin"] == "declared"].assign(width=lambda one: one["conf_high"] - one["conf_low"])
    wide = rows.pivot(index="replicate", columns="analysis", values="width")
    gaps = wide["last value"] - wide["complete cases"]
    assert compared.difference == pytest.approx(gaps.mean(), rel=1e-9)
    assert compared.mcse == pytest.approx(gaps.std(ddof=1) / math.sqrt(TRIALS), rel=1e-9)
    assert found.difference("yoga - usual", "complete cases", "90 after ICU", "interval_width") is None


def test_every_number_is_that_of_a_run(found: AnalysisComparison) -> None:
    """The study is simulated once, with fewer analyses: those that stay have the same power, level, bias and coverage."""
    whole = ts.evaluate("last-value", replicates=TRIALS, truth=True).characteristics
    mine = {(one.analysis, one.contrast, one.measure): one for one in found.result.measures}
    other = {(one.analysis, one.contrast, one.measure): one for one in whole.measures}
    compared = 0
    for choice in found.questions[0].choices:
        row = found.row(choice)
        for key, one in other.items():
            if key[:2] == (row.analysis, row.contrast):
                assert (mine[key].value, mine[key].mcse) == (one.value, one.mcse), key
                compared += 1
    assert compared > 50


def test_neither_workers_nor_chunks_change_a_digit(found: AnalysisComparison) -> None:
    alone = ts.compare_analyses("last-value", replicates=TRIALS, workers=1).found
    assert alone.difference_frame().equals(found.difference_frame())
    assert alone.frame().equals(found.frame())


def test_a_test_that_rejects_too_often_is_left_out_of_the_ranking(found: AnalysisComparison) -> None:
    (ranking,) = found.rankings[0]
    names = [found.row(choice).analysis for choice in found.questions[0].choices]
    assert [names[place] for place in ranking.too_often] == ["last value", "last or first value"]
    assert ranking.best is None


def test_the_best_is_clear_or_undecided_by_the_paired_trials() -> None:
    """Adjusting for the baseline has more power in nearly every trial that differs; two equal analyses never differ."""
    further = {
        "unadjusted": {"outcome": "score", "visit": "post", "test": "t"},
        "again": {"outcome": "score", "visit": "post", "test": "ancova", "baseline": "baseline"},
    }
    found = ts.compare_analyses("textbook-ancova", further, replicates=600).found
    names = [found.row(choice).analysis for choice in found.questions[0].choices]
    (ranking,) = found.rankings[0]
    assert names == ["main", "unadjusted", "again"]
    assert ranking.best is not None
    assert (ranking.best.index, ranking.best.clear, ranking.best.rivals) == (0, False, (2,))
    gap = found.difference("treated - control", "unadjusted", "again")
    assert gap is not None
    assert gap.conf_low > 0
    assert gap.mcse < gap.mcse_unpaired
    equal = found.difference("treated - control", "main", "again")
    assert equal is not None
    assert (equal.difference, equal.mcse) == (0.0, 0.0)


def test_failed_trials_count_as_bounds() -> None:
    """Of four mothers fewer than two may fall: a mean change without a test, in one analysis and not in the other."""
    found = ts.compare_analyses("nicu-parent-massage", set=["design.enroll=4"], replicates=200).found
    (question,) = found.questions
    names = [found.row(choice).analysis for choice in question.choices]
    known = found.measures(question.choices[names.index("those_who_fell")])
    assert known["power_low"].n_failed > 10
    assert found.difference(question.contrast, "all_mothers_log", "those_who_fell") is None
    low, high = (
        found.difference(question.contrast, "all_mothers_log", "those_who_fell", f"power_{end}")
        for end in ("low", "high")
    )
    assert low is not None
    assert high is not None
    assert low.b == known["power_low"].value < high.b == known["power_high"].value
