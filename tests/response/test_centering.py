"""Where covariates are centered, and differences of scores.

Random parts: with 100,000 participants the mean of normal values has a standard error of about .035; they are held to 5 of
them (one false alarm in 1.7 million), so the smallest fault seen is .35. A covariate counted from 0 was off by 28.5.
"""

from __future__ import annotations

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.report.explain import explain
from trialsim.response.scales import shares_of
from trialsim.scenario import loads

PLAIN = """
trialsim: 1
name: centered
title: Centered
design: {arms: {control: c, treated: t}, allocation: {method: in turn}, enroll: {each arm: 50}}
participants:
  age: {uniform: {low: 7 y, high: 12 y}}
  sex: {choice: {girl: 40 %, boy: 60 %}}
visits: {post: 0 d}
outcomes:
  score:
    distribution: normal
    visits: [post]
    level: {mean: 50, sd: 10}
    covariates: [{covariate: age, difference: -3, per: 1 y}]
analyses:
  main: {outcome: score, visit: post, test: t}
primary: main
"""
REPLICATES = range(1000)


def changed(old: str, new: str, text: str = PLAIN) -> str:
    assert old in text
    return text.replace(old, new)


def values(text: str) -> np.ndarray:
    return studies.simulate(studies.prepare(loads(text)), REPLICATES).measurements.values[0, :, :, 0]


def said(text: str) -> str:
    return " ".join(cell for part in explain(studies.prepare(loads(text))) for row in part.rows for cell in row)


def within(found: np.ndarray, mean: float) -> bool:
    return bool(abs(found.mean() - mean) < 5 * found.std() / found.size**0.5)


def test_a_number_is_centered_at_the_mean_of_its_distribution() -> None:
    assert within(values(PLAIN), 50.0)
    assert "centered at 9.5 y, its mean: the mean of everybody is as declared" in said(PLAIN)


def test_the_center_follows_the_distribution_and_its_limits() -> None:
    """The normal around 9 between 9 and 30: its mean is 9 + 3 sqrt(2 / pi)."""
    text = changed("{uniform: {low: 7 y, high: 12 y}}", "{normal: {mean: 9 y, sd: 3 y}, between: [9 y, 60 y]}")
    (effect,) = studies.prepare(loads(text)).response.outcomes[0].covariates
    assert effect.centered_at is not None
    assert effect.centered_at.value == pytest.approx(9 + 3 * (2 / np.pi) ** 0.5, rel=1e-6)
    assert within(values(text), 50.0)


def test_another_center_is_kept_and_what_follows_is_said() -> None:
    """Counted from 0, 9.5 years at -3 a year take 28.5 off."""
    text = changed("per: 1 y}", "per: 1 y, centered_at: 0 y}")
    assert within(values(text), 21.5)
    assert "centered at 0 y (its mean is 9.5 y): the mean of everybody is 28.5 below the declared" in said(text)


def test_a_category_acts_against_the_others_to_whom_the_level_belongs() -> None:
    text = changed("{covariate: age, difference: -3, per: 1 y}", "{covariate: sex, category: girl, difference: 5}")
    assert within(values(text), 52.0)
    assert "difference 5 against boy, to whom the declared level belongs; the mean of everybody is 2 above" in said(
        text
    )


SCORE = changed(
    "    covariates: [{covariate: age, difference: -3, per: 1 y}]\n",
    "    effects: {treated: {difference: -8}}\n",
    changed("distribution: normal", "categories: 0..100 by 5", changed("sd: 10", "sd: 20")),
)


def test_a_difference_of_scores_is_one_shift_of_log_odds() -> None:
    """Exact: the means lie 8 apart, and the odds ratio is the same at each of the 20 cuts."""
    study = studies.prepare(loads(SCORE))
    (point,) = study.response.points
    scores = study.response.outcomes[0].categories
    means = [float(shares_of(cuts) @ scores) for cuts in point.cuts]
    assert means == pytest.approx([50.0, 42.0], abs=1e-9)
    assert np.ptp(point.cuts[1] - point.cuts[0]) < 1e-9
    found = values(SCORE)
    assert within(found[:, 0::2], 50.0)
    assert within(found[:, 1::2], 42.0)


def test_a_covariate_may_act_by_a_difference_of_scores() -> None:
    """All girls: the mean of everybody is the level moved by the whole difference."""
    text = changed(
        "effects: {treated: {difference: -8}}", "covariates: [{covariate: sex, category: girl, difference: -8}]", SCORE
    )
    found = values(changed("{girl: 40 %, boy: 60 %}", "{girl: 100 %, boy: 0 %}", text))
    assert within(found, 42.0)
