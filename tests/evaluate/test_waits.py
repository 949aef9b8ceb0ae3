"""The wait that 95 % do not exceed is the point of all waits of all trials, with an error that knows of trials."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from trialsim import study as studies
from trialsim.compare import compare
from trialsim.evaluate.waits import AllWaits, Waits, behind_means, count_waits, point
from trialsim.scenario import loads

Ints = NDArray[np.int32]

BUSY = """
trialsim: 1
name: busy
title: One nurse who has much else to do
setting:
  starts: 2026-01-05
  patients: {arrive: {every: 50 h}, consent: 100 %}
  resources:
    nurse: {units: 1, hours: "daily 08:00-20:00", other_work: {share: 50 %, spell: {mean: 30 min, sd: 10 min}}}
design: {arms: {a: A, b: B}, enroll: 6}
protocol:
  - wait: {until: "daily 12:00-18:00"}
  - {activity: talk, needs: [nurse], lasts: 1 min}
  - visit: post
outcomes:
  n: {distribution: normal, visits: [post], level: {mean: 50, sd: 5}}
analyses:
  main: {outcome: n, visit: post, test: t}
primary: main
"""
REPLICATES = 1000


@pytest.fixture(scope="module")
def study() -> studies.Study:
    return studies.prepare(loads(BUSY))


@pytest.fixture(scope="module")
def served(study: studies.Study) -> Ints:
    """(R, N) waits [s], of whom all were served."""
    wait = studies.play(study, range(REPLICATES)).waits[:, :, 0]
    assert (wait >= 0).all()
    return wait


def test_it_is_the_point_of_all_waits(study: studies.Study, served: Ints) -> None:
    """Not the mean of the points of single trials, which almost one wait in ten exceeds here."""
    told = studies.evaluate(study, replicates=REPLICATES).value("wait_p95_minutes", analysis="trial")
    assert told.value * 60 == np.quantile(served, 0.95, method="inverted_cdf")
    assert (served > told.value * 60).mean() <= 0.05
    within = np.quantile(served, 0.95, axis=1, method="inverted_cdf").mean()
    assert (served > within).mean() > 0.08
    assert told.conf_low < told.value < told.conf_high
    assert told.n_failed == 0


@pytest.mark.parametrize("chunk", [100, 300, 2000])
def test_chunks_and_workers_change_nothing(study: studies.Study, chunk: int) -> None:
    one = studies.evaluate(study, replicates=550, workers=1, chunk=550)
    other = studies.evaluate(study, replicates=550, workers=2, chunk=chunk)
    assert one.measures == other.measures


def test_the_order_of_parts_changes_nothing(served: Ints) -> None:
    parts = [count_waits(served[start : start + 37, :, None]) for start in range(0, REPLICATES, 37)]
    whole = count_waits(served[:, :, None])
    for order in (parts, parts[::-1], parts[7:] + parts[:7]):
        joined = AllWaits(order).total()
        for name in ("keys", "sums", "trials", "served", "squares"):
            np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


def test_it_stands_behind_the_mean(study: studies.Study) -> None:
    names = [
        row.measure for row in studies.evaluate(study, replicates=100).measures if row.contrast == "staff for talk"
    ]
    assert names.index("wait_p95_minutes") == names.index("wait_mean_minutes") + 1


def test_a_comparison_shows_the_difference_of_what_two_runs_print(study: studies.Study, tmp_path: Path) -> None:
    less = BUSY.replace("share: 50 %", "share: 20 %").replace("name: busy", "name: less")
    more = studies.prepare(loads(less))
    files = [tmp_path / "busy.yaml", tmp_path / "less.yaml"]
    for file, text in zip(files, (BUSY, less), strict=True):
        file.write_text(text, encoding="utf-8")
    points = [
        studies.evaluate(one, replicates=300, seed=1).value("wait_p95_minutes", analysis="trial")
        for one in (study, more)
    ]
    found = compare(files, replicates=300, seed=1)
    row = next(one for one in found.rows if one.measure == "wait_p95_minutes")
    assert (row.a, row.b) == (points[0].value, points[1].value)
    assert row.difference == points[1].value - points[0].value < 0
    assert row.mcse == pytest.approx(math.hypot(points[0].mcse, points[1].mcse))


# ---------------------------------------------------------------- the counting by hand


def of(rows: list[list[int]]) -> Waits:
    """Waits of one need, a list a trial; -1 for those who were not served."""
    return count_waits(np.array(rows, dtype=np.int32)[:, :, None])


def test_sums_are_those_of_a_loop_over_trials() -> None:
    rng = np.random.default_rng(1)
    wait = rng.integers(-3, 12, (60, 9)).astype(np.int32)
    wait[wait < 0] = -1
    found = count_waits(wait[:, :, None])
    n = (wait >= 0).sum(axis=1)
    assert found.served[0] == n.sum()
    assert found.squares[0] == (n**2).sum()
    for at, value in enumerate(found.keys):
        e = ((wait >= value) & (wait >= 0)).sum(axis=1)
        np.testing.assert_array_equal(found.sums[at:].sum(axis=0), [e.sum(), (e**2).sum(), (e * n).sum()])


def test_points_of_few_waits() -> None:
    assert point(of([[7, -1, -1]]), 0)[0] == 7
    assert point(of([[5, 1, 3], [2, -1, -1]]), 0)[0] == 5
    assert point(of([list(range(40))]), 0)[0] == 37  # 38 of 40 wait 37 or less
    assert point(of([list(range(20))]), 0)[0] == 18  # exactly 19 of 20
    assert point(of([[0] * 50] * 50), 0) == (0, 0, 0)


def test_needs_are_kept_apart() -> None:
    wait = np.full((3, 4, 3), -1, dtype=np.int32)
    wait[:, :, 0], wait[1, 2, 2] = 10, 99
    found = count_waits(wait)
    assert (point(found, 0)[0], point(found, 2)[0]) == (10, 99)
    assert found.served.tolist() == [12, 0, 1]
    assert found.trials.tolist() == [3, 0, 1]


def test_behind_means_leaves_other_rows_alone() -> None:
    assert behind_means([], []) == []


def clustered(rng: np.random.Generator, trials: int) -> Ints:
    """Waits [s] with a factor of the trial: log-SD .6 between trials, .8 within; 8 to 20 served a trial."""
    wait = np.exp(6 + 0.6 * rng.normal(size=(trials, 1)) + 0.8 * rng.normal(size=(trials, 20))).astype(np.int32)
    wait[np.arange(20) >= rng.integers(8, 21, (trials, 1))] = -1
    return wait


def test_the_interval_holds_the_point_95_times_in_100() -> None:
    """Waits of one trial are alike, so an error that counts waits as independent is much too small.

    False alarm: 500 intervals, limits at 5 SD of a binomial share of 95 %, 6e-7 (twice). The smallest fault seen for sure is a
    coverage of 90 %.
    """
    exact = math.exp(6 + 1.6448536269514722 * math.hypot(0.6, 0.8))
    rng = np.random.default_rng(11)
    held, naive, points, errors = 0, 0, [], []
    for _ in range(500):
        wait = clustered(rng, 120)
        value, low, high = point(of(wait.tolist()), 0)
        held += low <= exact <= high
        points.append(value)
        errors.append((high - low) / (2 * 1.96))
        alone = wait[wait >= 0]
        half = 1.96 * math.sqrt(0.05 * 0.95 / len(alone))
        limits = np.quantile(alone, [0.95 - half, 0.95 + half])
        naive += limits[0] <= exact <= limits[1]
    edge = 5 * math.sqrt(0.95 * 0.05 / 500)
    assert abs(held / 500 - 0.95) < edge
    assert naive / 500 < 0.95 - edge  # planted: waits as if each were a trial of its own
    assert np.mean(errors) == pytest.approx(np.std(points), rel=0.15)
