"""Correlations between visits and outcomes, against the Gaussian copula; and the normals behind them.

Fisher's z of 100,000 pairs, a false alarm of 6e-7 each, about 40 of them: a correlation off by .015 is seen.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.response.studies import Z, flat, normal, played, same_correlation, same_share, values, ward
from trialsim import response
from trialsim.cohort import Cohort

VISITS = ["first", "second", "third"]
#: Two visits in one session, the third after a wait.
STEPS = [
    {"wait": {"for": "1 d"}}, {"visit": "first"}, {"activity": "rest", "lasts": "5 min"}, {"visit": "second"},
    {"wait": {"for": "1 d"}}, {"visit": "third"},
]  # fmt: skip
WITHIN, BETWEEN, WITH = 0.8, 0.5, 0.4


def two(**more: Any) -> str:
    pain = {
        "distribution": "normal", "visits": VISITS, "level": {"mean": 0, "sd": 1},
        "correlation": {"within_session": WITHIN, "between_sessions": BETWEEN},
    }  # fmt: skip
    fear = pain | {"correlation": {"within_session": 0.7, "between_sessions": 0.3, "with": {"pain": WITH}}}
    return ward({"pain": pain, "fear": fear}, STEPS, **more)


#: Same outcome: within or between. Other outcome: the declared one, times the root of both over those visits.
EXPECTED = {
    ("pain", "first", "pain", "second"): WITHIN,
    ("pain", "first", "pain", "third"): BETWEEN,
    ("pain", "second", "pain", "third"): BETWEEN,
    ("fear", "first", "fear", "second"): 0.7,
    ("fear", "first", "fear", "third"): 0.3,
    ("fear", "second", "pain", "second"): WITH,
    ("fear", "third", "pain", "third"): WITH,
    ("fear", "first", "pain", "second"): WITH * math.sqrt(WITHIN * 0.7),
    ("fear", "second", "pain", "first"): WITH * math.sqrt(WITHIN * 0.7),
    ("fear", "first", "pain", "third"): WITH * math.sqrt(BETWEEN * 0.3),
}


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return played(two(), 250)


@pytest.mark.parametrize("pair", EXPECTED, ids=" ".join)
def test_latent_correlations_are_those_declared(pair: tuple[str, str, str, str], cohort: Cohort) -> None:
    x, y = values(cohort, *pair[:2]), values(cohort, *pair[2:])
    assert same_correlation(x, y, EXPECTED[pair])
    assert not same_correlation(x, y, EXPECTED[pair] + 0.02)  # planted fault


def test_participants_and_trials_are_independent(cohort: Cohort) -> None:
    y = values(cohort, "pain", "first")
    assert same_correlation(y[:, :-1:2], y[:, 1::2], 0.0)
    assert same_correlation(y[:-1:2], y[1::2], 0.0)


def test_each_value_is_the_mixture_of_independent_draws(cohort: Cohort) -> None:
    """Row by row by numpy's own factor; every pair has a stream of its own."""
    pairs = list(itertools.product(("pain", "fear"), VISITS))
    matrix = np.eye(6)
    for i, j in itertools.permutations(range(6), 2):
        a, b = pairs[i], pairs[j]
        matrix[i, j] = EXPECTED.get((*a, *b)) or EXPECTED.get((*b, *a)) or correlation_of_rest(a, b)
    factor = np.linalg.cholesky(matrix)
    shape = cohort.entries.arm.shape
    z = np.stack([normal(f"response/{name}/{visit}", shape) for name, visit in pairs])
    for d, pair in enumerate(pairs):
        np.testing.assert_allclose(values(cohort, *pair), np.tensordot(factor[d], z, 1), atol=1e-9)


def correlation_of_rest(a: tuple[str, str], b: tuple[str, str]) -> float:
    """Pairs that the table above leaves out, since they equal one of it."""
    if a[0] == b[0]:
        return {"pain": BETWEEN, "fear": 0.3}[a[0]]
    return WITH if a[1] == b[1] else WITH * math.sqrt(BETWEEN * 0.3)


def test_a_forgotten_correlation_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault in the code: the normals are not mixed."""
    monkeypatch.setattr(response, "correlate", lambda _factor, _z: None)
    broken = played(two(), 50)
    assert not same_correlation(values(broken, "pain", "first"), values(broken, "pain", "second"), WITHIN)


SHARES = [0.4, 0.3, 0.2, 0.1]


def test_scores_share_cells_as_two_cut_normals_do() -> None:
    """Each cumulative cell of 4 x 4 scores, by the bivariate normal distribution function of scipy."""
    fear = {
        "distribution": "ordinal", "categories": [0, 1, 2, 3], "visits": ["pre", "post"], "level": {"shares": SHARES},
        "correlation": {"between_sessions": 0.6},
    }  # fmt: skip
    cohort = played(flat({"fear": fear}))
    x, y = values(cohort, "fear", "pre"), values(cohort, "fear", "post")
    both = stats.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]])
    cuts = stats.norm.ppf(np.cumsum(SHARES)[:-1])
    for (i, low), (j, high) in itertools.product(enumerate(cuts), repeat=2):
        assert same_share((x <= i) & (y <= j), float(both.cdf([low, high])))
    # what is observed of it is less than the latent .6
    seen = float(np.corrcoef(x.ravel(), y.ravel())[0, 1])
    assert 0.5 < seen < 0.57


def test_logs_correlate_as_declared_and_raw_values_less() -> None:
    """Pearson's r of raw lognormal values: (exp(rho s^2) - 1) / (exp(s^2) - 1), within 5 errors by groups."""
    rho, s = 0.7, 0.6
    cortisol = {
        "distribution": "lognormal", "visits": ["pre", "post"], "level": {"median": 6, "sd_log": s},
        "correlation": {"between_sessions": rho},
    }  # fmt: skip
    cohort = played(flat({"cortisol": cortisol}), 200)
    x, y = values(cohort, "cortisol", "pre"), values(cohort, "cortisol", "post")
    assert same_correlation(np.log(x), np.log(y), rho)
    groups = [
        float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for a, b in zip(np.split(x, 100), np.split(y, 100), strict=True)
    ]
    exact = math.expm1(rho * s**2) / math.expm1(s**2)
    bias = 0.003  # of r in groups of 2,000
    assert abs(np.mean(groups) - exact) < Z * np.std(groups, ddof=1) / 10 + bias
    assert abs(np.mean(groups) - rho) > 0.02


def test_a_normal_and_a_score_correlate_on_the_latent_scale() -> None:
    """Mean of a normal given a score above the median is rho sqrt(2 / pi)."""
    pain = {"distribution": "normal", "visits": ["post"], "level": {"mean": 0, "sd": 1}}
    cured = {
        "distribution": "binary", "visits": ["post"], "level": {"chance": 0.5}, "correlation": {"with": {"pain": -0.6}},
    }  # fmt: skip
    cohort = played(flat({"pain": pain, "cured": cured}, visits=["post"]))
    x, y = values(cohort, "pain", "post"), values(cohort, "cured", "post")
    exact = -0.6 * math.sqrt(2 / math.pi)
    spread = math.sqrt(1 - exact**2)
    above = x[y == 1]
    assert abs(above.mean() - exact) < Z * spread / math.sqrt(above.size)
