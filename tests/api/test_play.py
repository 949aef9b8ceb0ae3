from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trialsim as ts
from tests.api.conftest import NAME
from trialsim import study as studies


def test_a_cohort_is_its_tables(study: ts.Study) -> None:
    one, two = ts.simulate(study, range(1)), ts.simulate(study, 2)
    assert isinstance(one, ts.Cohort)
    measured, both = one.frame("measurements"), two.frame("measurements")
    assert both.columns[0] == "replicate"
    first = both[both["replicate"] == 0].drop(columns="replicate").reset_index(drop=True)
    pd.testing.assert_frame_equal(first, measured)
    assert set(both["replicate"]) == {0, 1}
    with pytest.raises(KeyError, match="Did you mean 'measurements'"):
        one.frame("measurement")


def test_events_are_there_only_where_they_were_recorded() -> None:
    """An empty table would say that nothing happened."""
    with pytest.raises(KeyError, match="record=True"):
        ts.simulate("plain-queue", range(1)).frame("events")
    assert len(ts.simulate("plain-queue", range(1), record=True).frame("events")) > 0


def test_numbers_are_those_of_the_rooms_below(study: ts.Study) -> None:
    cohort = ts.simulate(study, range(3, 6), seed=5)
    below = studies.analyze(studies.simulate(study, range(3, 6), seed=5))
    assert np.array_equal(ts.analyze(cohort).estimate, below.estimate, equal_nan=True)
    assert np.array_equal(ts.replay(study, 4, seed=5).estimates.p, below.p[:, 1:2], equal_nan=True)


def test_estimates_of_all_replicates_are_those_of_each(study: ts.Study) -> None:
    estimates = ts.analyze(ts.simulate(study, range(3)))
    every = estimates.frame()
    for replicate in range(3):
        one = every[every["replicate"] == replicate].drop(columns="replicate").reset_index(drop=True)
        pd.testing.assert_frame_equal(one, estimates.frame(replicate))


def test_an_evaluation_has_the_table_and_its_figures(study: ts.Study) -> None:
    result = ts.evaluate(study, replicates=200)
    table = result.frame()
    assert {"power", "coverage", "bias"} <= set(table["measure"])  # a truth was found
    assert (table.loc[table["measure"] == "power", "mcse"] > 0).all()
    assert "Monte Carlo" in repr(result)
    assert len(repr(result).splitlines()) <= 45
    assert "power" in ts.plots.names(result)


def test_without_a_truth_there_is_no_bias(study: ts.Study) -> None:
    table = ts.evaluate(study, replicates=200, truth=False).frame()
    assert "bias" not in set(table["measure"])
    truth = ts.find_truth(study, replicates=200)
    again = ts.evaluate(study, replicates=200, truth=truth).frame()
    assert "bias" in set(again["measure"])
    assert truth.frame()["value"].iloc[0] == pytest.approx(0.5, abs=5 * truth.frame()["mcse"].iloc[0] + 1e-12)


def test_a_replay_writes_its_trial(tmp_path: Path) -> None:
    made = ts.replay(NAME, 2).write(tmp_path)
    assert {path.name for path in made} >= {"participants.csv", "measurements.csv", "codebook.csv"}
