"""Estimates after a stop against rpact, against a slow form, and what they promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from trialsim.boundaries.bounds import BoundRule, SequentialDesign, planned_bounds
from trialsim.boundaries.stagewise import chance_as_far, drift_at, drift_by_table

R = json.loads((Path(__file__).parents[1] / "reference/r/looks.json").read_text())
ONE_SIDED = planned_bounds(SequentialDesign((1 / 3, 2 / 3, 1.0), 0.025, False, BoundRule(spending="obrien-fleming")))
TWO_SIDED = planned_bounds(SequentialDesign((0.4, 0.7, 1.0), 0.025, True, BoundRule(shape="pocock")))


@pytest.mark.parametrize("case", R["estimates"], ids=lambda case: str(case["scores"]))
def test_estimates_of_rpact(case: dict[str, Any]) -> None:
    """rpact estimates the SD from 1,000,000 participants a stage, which leaves differences in the fourth digit."""
    scores = np.atleast_1d(case["scores"])
    look, score = len(scores) - 1, scores[-1:].astype(float)
    assert chance_as_far(ONE_SIDED, look, score)[0] == pytest.approx(case["p"], abs=2e-7)
    for chance, name in ((0.5, "median"), (0.025, "low"), (0.975, "high")):
        assert drift_at(ONE_SIDED, look, score, chance)[0] == pytest.approx(case[name], abs=5e-4)


def test_without_looks_before_it_is_the_plain_estimate() -> None:
    score = np.array([-1.3, 0.0, 0.4, 2.9])
    assert drift_at(TWO_SIDED, 0, score, 0.5) == pytest.approx(score / np.sqrt(0.4), abs=1e-9)
    assert chance_as_far(TWO_SIDED, 0, score) == pytest.approx(stats.norm.sf(score), abs=1e-12)


def test_a_slow_form_of_the_second_look() -> None:
    """By one-dimensional integration over the first score."""
    first, bound = 0.4, TWO_SIDED.efficacy[0]
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z, weights = bound * nodes, bound * weights

    def above(drift: float, score: float) -> float:
        early = stats.norm.sf(bound - drift * np.sqrt(first))
        density = stats.norm.pdf(z - drift * np.sqrt(first))
        rest = stats.norm.sf((score * np.sqrt(0.7) - z * np.sqrt(first) - drift * 0.3) / np.sqrt(0.3))
        return float(early + weights @ (density * rest))

    for score in (0.3, 1.9, 3.4):
        assert chance_as_far(TWO_SIDED, 1, np.array([score]), 0.8)[0] == pytest.approx(above(0.8, score), abs=1e-10)
        median = optimize.brentq(lambda drift, at=score: above(drift, at) - 0.5, -10, 10, xtol=1e-12)
        assert drift_at(TWO_SIDED, 1, np.array([score]), 0.5)[0] == pytest.approx(median, abs=1e-8)


def test_the_order_is_one_order() -> None:
    """The chances of being as far up and as far down sum to 1 at the end, and p at the bounds is what was spent until then."""
    score = np.array([-2.0, -0.4, 0.7, 3.0])
    mirrored = chance_as_far(TWO_SIDED, 2, -score)
    assert chance_as_far(TWO_SIDED, 2, score) + mirrored == pytest.approx(np.ones(4), abs=1e-10)
    up, _ = TWO_SIDED.crossing(0.0)
    for look, bound in enumerate(TWO_SIDED.efficacy):
        assert chance_as_far(TWO_SIDED, look, np.array([bound]))[0] == pytest.approx(sum(up[: look + 1]), abs=1e-10)


def test_no_score_is_so_far_that_nothing_is_found() -> None:
    found = drift_at(TWO_SIDED, 1, np.array([-37.0, -9.0, 9.0, 37.0]), 0.5)
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()  # nearly all of the chance is that of a stop before


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("chance", [0.5, 0.025, 0.975])
def test_the_table_of_drifts_is_what_is_solved_one_by_one(two_sided: bool, chance: float) -> None:
    """3,000 scores at each look, far ones among them: 1e-8."""
    rule, futility = BoundRule(spending="obrien-fleming"), BoundRule(spending="hsd", parameter=-2.0)
    bounds = planned_bounds(SequentialDesign((0.5, 0.75, 1.0), 0.025, two_sided, rule, futility, 0.1))
    score = np.random.default_rng(1).normal(size=3000) * 2.0
    for look in range(3):
        found = drift_by_table(bounds, look, score, chance)
        np.testing.assert_allclose(found, drift_at(bounds, look, score, chance), rtol=0, atol=1e-8)
    assert np.abs(found - drift_at(bounds, 2, score + 1e-4, chance)).max() > 1e-5  # planted
