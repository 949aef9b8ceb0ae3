"""Where values lie: each scale and each way to declare it, one by one and in distribution.

Comparisons of distributions are false alarms with 6e-7 each, fewer than 30 of them. With 100,000 values a mean that is
off by .03 SD, an SD off by 6 %, or a share off by .01 is seen; the comparisons one by one see everything.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from tests.response.studies import flat, normal, played, same_distribution, same_share, values
from trialsim.response.scales import entropy_shares

REPLICATES, EACH = 100, 500
PAIN = [0, 2, 4, 6, 8, 10]


def one(distribution: str, level: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"y": {"distribution": distribution, "visits": ["pre", "post"], "level": level, **more}}


def sample(distribution: str, level: dict[str, Any], **more: Any) -> Any:
    return values(played(flat(one(distribution, level, **more))), "y", "post")


def lognormal(mean_log: float, sd_log: float) -> Any:
    return stats.lognorm(sd_log, scale=math.exp(mean_log))


def by_moments(mean: float, sd: float) -> Any:
    sd_log = math.sqrt(math.log1p((sd / mean) ** 2))
    return lognormal(math.log(mean) - sd_log**2 / 2, sd_log)


QUARTILE = float(stats.norm.ppf(0.75))
MEASURED = {
    "normal by mean and SD": ("normal", {"mean": -3, "sd": 2}, stats.norm(-3, 2)),
    "normal by mean and CV": ("normal", {"mean": 5, "cv": 0.2}, stats.norm(5, 1)),
    "normal by quartiles": ("normal", {"iqr": [4, 7]}, stats.norm(5.5, 1.5 / QUARTILE)),
    "lognormal by median and SD of logs": ("lognormal", {"median": 6, "sd_log": 0.5}, lognormal(math.log(6), 0.5)),
    "lognormal by mean and SD": ("lognormal", {"mean": 12.2, "sd": 9.6}, by_moments(12.2, 9.6)),
    "lognormal by mean and CV": ("lognormal", {"mean": 3, "cv": 0.5}, by_moments(3, 1.5)),
    "lognormal by quartiles": (
        "lognormal", {"iqr": [3, 8]}, lognormal(math.log(24) / 2, math.log(8 / 3) / (2 * QUARTILE)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MEASURED)
def test_measured_outcomes_follow_the_declared_distribution(case: str) -> None:
    distribution, level, expected = MEASURED[case]
    assert same_distribution(sample(distribution, level), expected)


@pytest.mark.parametrize("case", MEASURED)
def test_a_measured_value_is_the_quantile_of_its_own_draw(case: str) -> None:
    """Every single value, with Philox and quantiles from numpy and scipy."""
    distribution, level, expected = MEASURED[case]
    got = sample(distribution, level)
    z = normal("response/y/post", got.shape)
    np.testing.assert_allclose(got, expected.ppf(stats.norm.cdf(z)), rtol=1e-9, atol=1e-9)


def test_a_wrong_spread_is_seen() -> None:
    """Planted fault: the SD declared 6 % larger than the one that is judged."""
    assert not same_distribution(sample("normal", {"mean": -3, "sd": 2.12}), stats.norm(-3, 2))


# ---------------------------------------------------------------- scores and yes or no

SHARES = [0.5, 0.2, 0.15, 0.1, 0.05]
SCORED = {
    "shares": ([0, 1, 2, 3, 4], {"shares": SHARES}, SHARES),
    "shares on uneven scores": ([1, 5, 20], {"shares": [0.25, 0.5, 0.25]}, [0.25, 0.5, 0.25]),
    "mean and SD": (PAIN, {"mean": 3.5, "sd": 2.5}, None),
    "chance": (None, {"chance": 0.3}, [0.7, 0.3]),
}


def flattest(categories: list[float], mean: float, sd: float) -> Any:
    """Maximum entropy with this mean and SD, by a general optimizer over the shares themselves."""
    x = np.array(categories, dtype=float)
    constraints = [
        {"type": "eq", "fun": lambda p: p.sum() - 1},
        {"type": "eq", "fun": lambda p: p @ x - mean},
        {"type": "eq", "fun": lambda p: p @ (x - mean) ** 2 - sd**2},
    ]
    start = np.full(len(x), 1 / len(x))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Values in x were outside bounds", RuntimeWarning)  # scipy before 1.16
        found = optimize.minimize(
            lambda p: np.sum(p * np.log(p)), start, method="SLSQP", bounds=[(1e-9, 1)] * len(x),
            constraints=constraints, options={"ftol": 1e-14, "maxiter": 500},
        )  # fmt: skip
    assert found.success
    return found.x


@pytest.mark.parametrize("case", SCORED)
def test_scores_come_in_the_declared_shares(case: str) -> None:
    categories, level, shares = SCORED[case]
    more = {} if categories is None else {"categories": categories}
    got = sample("binary" if categories is None else "ordinal", level, **more)
    categories = categories or [0, 1]
    shares = shares if shares is not None else flattest(categories, level["mean"], level["sd"])
    assert set(np.unique(got)) == set(categories)
    for score, share in zip(categories, shares, strict=True):
        assert same_share(got == score, share)


@pytest.mark.parametrize("case", SCORED)
def test_a_score_is_the_quantile_of_its_own_draw(case: str) -> None:
    categories, level, shares = SCORED[case]
    more = {} if categories is None else {"categories": categories}
    got = sample("binary" if categories is None else "ordinal", level, **more)
    scores = np.array(categories or [0, 1], dtype=float)
    shares = shares if shares is not None else entropy_shares(level["mean"], level["sd"], categories)
    u = stats.norm.cdf(normal("response/y/post", got.shape))
    assert np.array_equal(got, scores[np.searchsorted(np.cumsum(shares)[:-1], u)])


@pytest.mark.parametrize(("mean", "sd"), [(1.9, 1.0), (0.6, 0.8), (2.0, 1.9), (3.8, 0.5)])
def test_the_flattest_shares_are_those_of_a_general_optimizer(mean: float, sd: float) -> None:
    found = np.array(entropy_shares(mean, sd, [0, 1, 2, 3, 4]))
    assert found @ np.arange(5) == pytest.approx(mean, abs=1e-10)
    assert found @ (np.arange(5) - mean) ** 2 == pytest.approx(sd**2, abs=1e-10)
    np.testing.assert_allclose(found, flattest([0, 1, 2, 3, 4], mean, sd), atol=2e-5)


def test_wrong_shares_are_seen() -> None:
    """Planted fault: one share of .20 where .21 is declared."""
    level = {"shares": [0.49, 0.21, 0.15, 0.1, 0.05]}
    got = sample("ordinal", level, categories=[0, 1, 2, 3, 4])
    assert not same_share(got == 1, 0.20)


# ---------------------------------------------------------------- levels by visit and arm


def test_levels_by_visit_and_arm_stand_where_they_are_declared() -> None:
    """An arm that leaves its spread out takes that of the reference, which may be any arm."""
    outcome = {
        "distribution": "normal",
        "visits": ["pre", "post"],
        "by_visit": {
            "pre": {"mean": 10, "sd": 2},
            "post": {"by_arm": {"a": {"mean": 6}, "b": {"mean": 8, "sd": 3}, "c": {"mean": 4, "sd": 1}}},
        },
    }
    text = flat({"y": outcome}, arms=["a", "b", "c"], enroll=300, design={"reference": "b"})
    cohort = played(text)
    arm = cohort.entries.arm
    for visit, places in {"pre": [(10, 2)] * 3, "post": [(6, 3), (8, 3), (4, 1)]}.items():
        got = values(cohort, "y", visit)
        z = normal(f"response/y/{visit}", got.shape)
        mean, sd = (np.array(column, float)[arm] for column in zip(*places, strict=True))
        np.testing.assert_allclose(got, mean + sd * z, rtol=1e-9, atol=1e-9)


def test_an_arm_with_a_mean_alone_has_proportional_odds() -> None:
    level = {"by_arm": {"control": {"shares": SHARES}, "treated": {"mean": 1.5}}}
    outcome = {
        "distribution": "ordinal",
        "categories": [0, 1, 2, 3, 4],
        "visits": ["post"],
        "by_visit": {"post": level},
    }
    cohort = played(flat({"y": outcome}, visits=["post"]))
    cuts = cohort.response_plan.points[0].cuts
    assert np.ptp(cuts[0] - cuts[1]) < 1e-12
    below = 1 / (1 + np.exp(-cuts[1]))
    assert np.diff([0, *below, 1]) @ np.arange(5) == pytest.approx(1.5, abs=1e-10)
    got = values(cohort, "y", "post")[cohort.entries.arm == 1]
    for score, share in enumerate(np.diff([0, *below, 1])):
        assert same_share(got == score, share)


def test_a_mean_and_sd_in_each_arm_is_not_proportional_odds() -> None:
    level = {"by_arm": {"control": {"mean": 1.9, "sd": 1.0}, "treated": {"mean": 1.3, "sd": 0.6}}}
    outcome = {
        "distribution": "ordinal",
        "categories": [0, 1, 2, 3, 4],
        "visits": ["post"],
        "by_visit": {"post": level},
    }
    cohort = played(flat({"y": outcome}, visits=["post"]))
    cuts = cohort.response_plan.points[0].cuts
    assert np.ptp(cuts[0] - cuts[1]) > 0.5
    for arm, (mean, sd) in enumerate([(1.9, 1.0), (1.3, 0.6)]):
        got = values(cohort, "y", "post")[cohort.entries.arm == arm]
        for score, share in enumerate(flattest([0, 1, 2, 3, 4], mean, sd)):
            assert same_share(got == score, share)


def test_a_score_never_leaves_its_categories() -> None:
    """Odds ratios of 1e6 in either direction put all in the outer categories, none beyond."""
    for ratio, score in ((1e6, 4), (1e-6, 0)):
        effects = {"treated": {"odds_ratio": ratio}}
        outcome = one("ordinal", {"shares": SHARES}, categories=[0, 1, 2, 3, 4], effects=effects)
        cohort = played(flat(outcome), 20)
        assert (values(cohort, "y", "post")[cohort.entries.arm == 1] == score).mean() > 0.9999
