"""Power by parts and by counting on scores whose distribution is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from trialsim.sizing.curve import GROUPS, crossing, jackknife_se, rising
from trialsim.sizing.fit import Scores, fit_curve, power_by_counting, power_by_parts

TRIALS = 4_000


class Plain:
    """A target with a critical value of 1.96 and two tails."""

    critical, two_tailed = 1.96, True


def normal_scores(mean: float, share: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Scores N(mean, 1) of which ``share`` of the variance comes from two known contrasts."""
    draw = np.random.default_rng(seed)
    known = draw.standard_normal((TRIALS, 2))
    b = (known[:, 0] + known[:, 1]) / np.sqrt(2)
    return mean + np.sqrt(share) * b + np.sqrt(1 - share) * draw.standard_normal(TRIALS), known


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 0.95])
@pytest.mark.parametrize("mean", [0.0, 1.2, 3.24])
def test_both_find_the_power_of_a_normal_score(mean: float, share: float) -> None:
    # 12 cases of 2 estimators at 5 standard errors of plain counting: false alarm below 1 in 70,000
    exact = norm.sf(1.96 - mean) + norm.cdf(-1.96 - mean)
    limit = 5 * np.sqrt(exact * (1 - exact) / TRIALS)
    score, known = normal_scores(mean, share)
    for estimator in (power_by_parts, power_by_counting):
        assert estimator(score, known, 1.96, True) == pytest.approx(exact, abs=limit)


def test_known_parts_lessen_the_error() -> None:
    exact = norm.sf(1.96 - 3.24) + norm.cdf(-1.96 - 3.24)
    errors = {"parts": [], "counted": [], "plain": []}
    for seed in range(40):
        score, known = normal_scores(3.24, 0.9, seed)
        errors["parts"].append(power_by_parts(score, known, 1.96, True) - exact)
        errors["counted"].append(power_by_counting(score, known, 1.96, True) - exact)
        errors["plain"].append((np.abs(score) >= 1.96).mean() - exact)
    rms = {name: np.sqrt(np.mean(np.square(values))) for name, values in errors.items()}
    assert rms["parts"] < rms["plain"] / 1.7  # the ratio has an error of 15 %; without the known part it is 1
    assert rms["counted"] < rms["plain"]


def test_spread_that_grows_with_the_known_part_is_seen() -> None:
    # s = 2 + b + exp(b / 2) e / 2: the power by quadrature of 400 nodes
    draw = np.random.default_rng(5)
    b, e = draw.standard_normal(TRIALS), draw.standard_normal(TRIALS)
    nodes = np.linspace(-6, 6, 2001)
    weights = norm.pdf(nodes) / norm.pdf(nodes).sum()
    spread = np.exp(nodes / 2) / 2
    exact = weights @ (norm.sf((1.96 - 2 - nodes) / spread) + norm.cdf((-1.96 - 2 - nodes) / spread))
    found = power_by_parts(2 + b + np.exp(b / 2) / 2 * e, b[:, None], 1.96, True)
    assert found == pytest.approx(exact, abs=0.012)


def scores_over_sizes(seed: int) -> Scores:
    """Scores at five sizes from the same trials."""
    draw = np.random.default_rng(seed)
    known = draw.standard_normal((TRIALS, 1))
    rest = 0.4 * draw.standard_normal(TRIALS)
    at = np.array([60.0, 80.0, 86.0, 92.0, 110.0])
    score = 0.5 * np.sqrt(at / 2)[:, None] * np.sqrt(0.84) + 0.9 * known[:, 0] + rest
    return Scores(tuple(at), score, np.repeat(known[None], len(at), axis=0))


def test_counting_agrees_where_the_model_holds() -> None:
    # nominal level .001, about .015 for five sizes of the same trials: more than 2 of 20 come once in 300 times
    assert sum(not fit_curve(scores_over_sizes(seed), Plain()).by_parts for seed in range(20)) <= 2  # type: ignore[arg-type]


def test_counting_contradicts_a_planted_fault() -> None:
    def biased(curve: Scores) -> Scores:
        # the contrasts are no longer standard normal: what is integrated out is not what was drawn
        return Scores(curve.at, curve.score, curve.known * 0.6 + 0.5)

    assert not fit_curve(biased(scores_over_sizes(3)), Plain()).by_parts  # type: ignore[arg-type]


def test_the_jackknife_knows_the_spread_of_a_mean() -> None:
    draw = np.random.default_rng(2)
    group = np.arange(5_000) * GROUPS // 5_000
    found = []
    for _ in range(200):
        y = draw.standard_normal(5_000)
        found.append(jackknife_se(np.array([y[group != g].mean() for g in range(GROUPS)])[:, None])[0])
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(1 / np.sqrt(5_000), rel=0.05)


def test_crossing_is_exact_for_a_probit_line_and_close_for_a_curve() -> None:
    at = np.array([50.0, 70.0, 90.0, 110.0])
    line = norm.cdf(0.35 * np.sqrt(at) - 2)
    assert crossing(at, line, 0.9) == pytest.approx(((norm.ppf(0.9) + 2) / 0.35) ** 2, rel=1e-9)
    bent = norm.cdf(0.6 * np.sqrt(at) - 0.01 * at - 3.5)
    fine = np.linspace(70, 90, 200_001)
    exact = fine[np.argmin(np.abs(norm.cdf(0.6 * np.sqrt(fine) - 0.01 * fine - 3.5) - 0.84))]
    assert crossing(at, bent, 0.84) == pytest.approx(exact, rel=2e-4)


def test_no_crossing_outside_the_curve() -> None:
    at = np.array([50.0, 70.0])
    assert np.isnan(crossing(at, np.array([0.5, 0.6]), 0.9))
    assert np.isnan(crossing(at, np.array([0.95, 0.97]), 0.9))


def test_rising_pools_what_falls() -> None:
    assert rising(np.array([0.1, 0.4, 0.2, 0.6])).tolist() == pytest.approx([0.1, 0.3, 0.3, 0.6])
