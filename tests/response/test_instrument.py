"""How a true value becomes a reading: errors of assay, plate and rater, rounding, the detection limit.

Exact comparisons by the draws' own addresses; the statistical ones (about 25) are false alarms with 6e-7 each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.response.studies import (
    flat,
    normal,
    played,
    same_correlation,
    same_distribution,
    same_mean,
    same_share,
    status,
    values,
)

Floats = NDArray[np.float64]
SHARES = [0.5, 0.2, 0.15, 0.1, 0.05]


def cortisol(visits: tuple[str, ...] = ("pre", "post"), **instrument: Any) -> dict[str, Any]:
    return {
        "distribution": "lognormal", "visits": list(visits), "level": {"median": 6, "sd_log": 0.5},
        "instrument": instrument,
    }  # fmt: skip


def truth(name: str, visit: str, shape: tuple[int, int]) -> Floats:
    return np.asarray(6 * np.exp(0.5 * normal(f"response/{name}/{visit}", shape)))


def errors(cv: float) -> tuple[float, float]:
    """Location and SD of the log of a lognormal error of mean 1."""
    sd = math.sqrt(math.log1p(cv**2))
    return -(sd**2) / 2, sd


def test_an_assay_is_unbiased_and_has_its_cv() -> None:
    cohort = played(flat({"y": cortisol(assay_cv=0.2)}))
    y = values(cohort, "y", "post")
    ratio = y / truth("y", "post", y.shape)
    location, sd = errors(0.2)
    assert same_mean(ratio, 1.0, sd=0.2)
    assert same_distribution(ratio, stats.lognorm(sd, scale=math.exp(location)))
    assert not same_distribution(ratio, stats.lognorm(errors(0.22)[1], scale=math.exp(location)))  # planted fault
    np.testing.assert_allclose(np.log(ratio), location + sd * normal("assay/y/post", y.shape), atol=1e-9)
    # errors of two visits are two errors
    other = values(cohort, "y", "pre") / truth("y", "pre", y.shape)
    assert same_correlation(np.log(ratio), np.log(other), 0.0)


def test_whole_participants_share_a_plate() -> None:
    """38 samples, two a participant: 19 participants on a plate, in the order of enrollment, both visits."""
    cohort = played(flat({"y": cortisol(plate_cv=0.3, plate="38 samples")}, enroll=100), 20)
    shape = cohort.entries.arm.shape
    location, sd = errors(0.3)
    plate = normal("plate/y", (20, 11))[:, np.arange(200) // 19]
    for visit in ("pre", "post"):
        found = np.log(values(cohort, "y", visit) / truth("y", visit, shape))
        np.testing.assert_allclose(found, location + sd * plate, atol=1e-9)
    assert len(np.unique(np.round(found[0], 9))) == 11


def test_outcomes_of_one_assay_share_its_plates_and_others_do_not() -> None:
    """Two outcomes at two visits on plates of 40: ten participants a plate."""
    saliva = {"assay": "saliva", "plate_cv": 0.3, "plate": "40 samples"}
    outcomes = {"a": cortisol(**saliva), "b": cortisol(**saliva), "c": cortisol(plate_cv=0.3, plate="40 samples")}
    cohort = played(flat(outcomes, enroll=100), 100)
    shape = cohort.entries.arm.shape
    a, b, c = (np.log(values(cohort, name, "post") / truth(name, "post", shape)) for name in outcomes)
    np.testing.assert_allclose(a, b, atol=1e-9)
    assert len(np.unique(np.round(a[0], 9))) == 20
    assert len(np.unique(np.round(c[0], 9))) == 10
    assert same_correlation(a[:, ::20], c[:, ::20], 0.0)


def test_the_error_of_a_plate_and_of_the_assay_multiply() -> None:
    cohort = played(flat({"y": cortisol(assay_cv=0.05, plate_cv=0.08, plate="38 samples")}, enroll=100), 20)
    shape = cohort.entries.arm.shape
    plate = normal("plate/y", (20, 11))[:, np.arange(200) // 19]
    (a, b), (c, d) = errors(0.05), errors(0.08)
    found = np.log(values(cohort, "y", "post") / truth("y", "post", shape))
    np.testing.assert_allclose(found, a + b * normal("assay/y/post", shape) + c + d * plate, atol=1e-9)


def test_a_plate_that_runs_the_other_way_is_seen() -> None:
    """Planted fault: participants dealt out over plates in turn."""
    cohort = played(flat({"y": cortisol(plate_cv=0.3, plate="38 samples")}, enroll=100), 5)
    shape = cohort.entries.arm.shape
    location, sd = errors(0.3)
    plate = normal("plate/y", (5, 11))[:, np.arange(200) % 11]
    found = np.log(values(cohort, "y", "post") / truth("y", "post", shape))
    assert not np.allclose(found, location + sd * plate)


# ---------------------------------------------------------------- the limit


LIMIT = 4.0
BELOW = {"missing": math.nan, "limit/2": 2.0, "limit/sqrt(2)": 4 / math.sqrt(2), "censored": 4.0}


@pytest.mark.parametrize("below", BELOW)
def test_what_lies_below_the_limit_is_told_as_declared(below: str) -> None:
    cohort = played(flat({"y": cortisol(detection_limit=LIMIT, below=below)}))
    y, shape = values(cohort, "y", "post"), cohort.entries.arm.shape
    true = truth("y", "post", shape)
    hidden = true < LIMIT
    np.testing.assert_allclose(y, np.where(hidden, BELOW[below], true), rtol=1e-9)
    assert np.array_equal(cohort.measurements.censored[0, :, :, 1], -1 * hidden)
    word = "below detection limit" if below == "missing" else "measured"
    assert set(status(cohort, "y", "post")[hidden]) == {word}
    assert set(status(cohort, "y", "post")[~hidden]) == {"measured"}
    share = float(stats.norm.cdf(math.log(LIMIT / 6) / 0.5))
    assert same_share(hidden, share)
    assert not same_share(hidden, share + 0.02)


def test_the_limit_is_that_of_the_reading_and_not_of_the_truth() -> None:
    """Error first, then rounding, then the limit."""
    cohort = played(flat({"y": cortisol(assay_cv=0.2, rounding=0.5, detection_limit=LIMIT, below="limit/2")}))
    shape = cohort.entries.arm.shape
    location, sd = errors(0.2)
    reading = truth("y", "post", shape) * np.exp(location + sd * normal("assay/y/post", shape))
    reading = np.floor(reading / 0.5 + 0.5) * 0.5
    np.testing.assert_allclose(values(cohort, "y", "post"), np.where(reading < LIMIT, 2.0, reading), rtol=1e-9)
    # 4 itself is read, and a true 3.8 is read as 4
    assert (values(cohort, "y", "post") == 4.0).any()
    assert ((truth("y", "post", shape) < LIMIT) & (values(cohort, "y", "post") >= LIMIT)).any()


def test_a_lost_sample_is_not_below_the_limit() -> None:
    outcome = cortisol(detection_limit=LIMIT, below="missing") | {"lost": "30 %"}
    cohort = played(flat({"y": outcome}))
    word, below = status(cohort, "y", "post"), cohort.measurements.censored[0, :, :, 1] < 0
    assert same_share(word == "lost", 0.3)
    assert not below[word == "lost"].any()
    assert below[word == "below detection limit"].all()
    assert np.isnan(values(cohort, "y", "post")[word != "measured"]).all()


def test_rounding_keeps_the_mean_of_a_wide_distribution() -> None:
    outcome = {
        "distribution": "normal",
        "visits": ["post"],
        "level": {"mean": 10, "sd": 2},
        "instrument": {"rounding": 0.5},
    }
    cohort = played(flat({"y": outcome}, visits=["post"]))
    y = values(cohort, "y", "post")
    assert np.array_equal(y * 2, np.floor(y * 2))
    exact = 10 + 2 * normal("response/y/post", y.shape)
    assert np.abs(y - exact).max() <= 0.25 + 1e-9
    assert same_mean(y, 10.0)


# ---------------------------------------------------------------- raters


def test_a_rater_adds_variance_to_a_normal_outcome() -> None:
    outcome = {
        "distribution": "normal",
        "visits": ["post"],
        "level": {"mean": 10, "sd": 2},
        "instrument": {"rater_sd": 1.5},
    }
    cohort = played(flat({"y": outcome}, visits=["post"]))
    y = values(cohort, "y", "post")
    assert same_distribution(y, stats.norm(10, 2.5))
    np.testing.assert_allclose(
        y, 10 + 2 * normal("response/y/post", y.shape) + 1.5 * normal("rater/y/post", y.shape), atol=1e-9
    )


def test_a_rater_widens_the_distribution_of_a_score() -> None:
    """P(Y <= k) = Phi(cut / sqrt(1 + sd^2)): the declared shares are those before the rater."""
    outcome = {
        "distribution": "ordinal", "categories": [0, 1, 2, 3, 4], "visits": ["post"], "level": {"shares": SHARES},
        "instrument": {"rater_sd": 0.8},
    }  # fmt: skip
    cohort = played(flat({"y": outcome}, visits=["post"]))
    y = values(cohort, "y", "post")
    for category, cut in enumerate(stats.norm.ppf(np.cumsum(SHARES)[:-1])):
        assert same_share(y <= category, float(stats.norm.cdf(cut / math.sqrt(1.64))))
    assert not same_share(y == 4, 0.05)


def test_twins_share_the_errors_of_the_instrument() -> None:
    tool = {"assay_cv": 0.2, "plate_cv": 0.1, "plate": "20 samples"}
    outcome = cortisol(**tool) | {"effects": {"treated": {"ratio": 0.5}}}
    cohort = played(flat({"y": outcome}), 10, twins=("declared", "null"))
    ratio = values(cohort, "y", "post") / values(cohort, "y", "post", "null")
    np.testing.assert_allclose(ratio, np.where(cohort.entries.arm == 1, 0.5, 1.0), rtol=1e-12)
