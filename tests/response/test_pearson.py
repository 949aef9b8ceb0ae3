"""Correlations of values from those behind them, against 100,000 drawn pairs of each kind of scale.

False alarms: 32 comparisons of a correlation with 5 standard errors, 6e-7 each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.response.studies import Z, flat, played, prepared, values
from trialsim.response import pearson as module
from trialsim.response.pearson import pearson

SHARES = [0.5, 0.2, 0.15, 0.1, 0.05]
KINDS: dict[str, dict[str, Any]] = {
    "normal": {"distribution": "normal", "level": {"mean": 10, "sd": 2}},
    "lognormal": {"distribution": "lognormal", "level": {"median": 6, "sd_log": 0.6}},
    "ordinal": {"distribution": "ordinal", "categories": [0, 1, 2, 3, 4], "level": {"shares": SHARES}},
    "binary": {"distribution": "binary", "level": {"chance": 0.3}},
}
PAIRS = [(a, b) for a in KINDS for b in KINDS]


def study(a: str, b: str, r: float) -> str:
    first = KINDS[a] | {"visits": ["post"]}
    second = KINDS[b] | {"visits": ["post"], "correlation": {"with": {"first": r}}}
    return flat({"first": first, "second": second}, visits=["post"], enroll=250)


@pytest.mark.parametrize(("a", "b"), PAIRS)
@pytest.mark.parametrize("r", [0.7, -0.4])
def test_drawn_values_correlate_as_told(a: str, b: str, r: float) -> None:
    assert agrees(a, b, r)


def agrees(a: str, b: str, r: float) -> bool:
    cohort = played(study(a, b, r), 200)
    x, y = values(cohort, "first", "post"), values(cohort, "second", "post")
    each = np.array([np.corrcoef(x[i], y[i])[0, 1] for i in range(len(x))])
    bias = 2 / 500  # of a correlation of 500 pairs, generously
    off = abs(each.mean() - pearson(prepared(study(a, b, r)).response, 0, 1))
    return bool(off < Z * each.std(ddof=1) / np.sqrt(len(each)) + bias * abs(r))


def test_a_wrong_formula_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    for pair in module.COVARIANCE:
        wrong = lambda a, _, r: r * np.sqrt(module.VARIANCE[type(a)](a))  # noqa: E731  # short
        monkeypatch.setitem(module.COVARIANCE, pair, wrong)
    assert not agrees("ordinal", "ordinal", 0.7)
    assert not agrees("lognormal", "normal", 0.7)


@pytest.mark.parametrize("r", [0.0, 0.3, -0.6, 0.9, 0.99, -0.999])
def test_the_covariance_of_scores_is_that_of_the_bivariate_normal(r: float) -> None:
    """Every pair of cuts by scipy's distribution function; without one pair the sums differ by far more than 1e-8."""
    from scipy import special, stats

    from trialsim.response.pearson import _of_scores

    cuts, rises = np.array([-1.2, -0.1, 0.4, np.inf]), np.array([1.0, 2.0, 0.5, 1.0])
    others, heights = np.array([-0.6, 0.9]), np.array([1.0, 3.0])
    both = stats.multivariate_normal(mean=[0.0, 0.0], cov=[[1.0, r], [r, 1.0]], allow_singular=True)
    terms = [
        x * y * (both.cdf([-c, -d]) - special.ndtr(-c) * special.ndtr(-d))
        for c, x in zip(cuts[:3], rises[:3], strict=True)
        for d, y in zip(others, heights, strict=True)
    ]
    found = _of_scores(cuts, rises, others, heights, r)
    assert found == pytest.approx(sum(terms), abs=1e-8)
    assert r == 0.0 or abs(found - sum(terms[1:])) > 1e-4
