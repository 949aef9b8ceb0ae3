"""Models of repeated values against what SAS PROC MIXED prints of a public data set (tests/reference/r/README.md).

Of an unstructured covariance PROC MIXED prints where it stopped, one step before its digits stop changing: a form that begins
and stops as it does has every printed digit, and at the minimum it has ours.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.sas_reml import STILL, SasFit, sas_reml
from trialsim.analysis.methods.mmrm import STRUCTURES
from trialsim.analysis.reml.contrasts import t_test
from trialsim.analysis.reml.model import CovarianceModel, MeansModel, fit, fitted
from trialsim.analysis.reml.records import Model
from trialsim.analysis.reml.structures import EDGE_OF_SLOPES, UNSTRUCTURED

REFERENCE = Path(__file__).parents[1] / "reference"

#: PROC MIXED puts the level that is the reference last, here the first visit.
VISITS_OF_SAS = ["VIS2", "VIS3", "VIS4", "VIS1"]
PRINTED = [44.0193, 4.9722, 27.2643, -8.5335, 23.0555, 158.17, 49.8999, 2.7459, -40.4566, 113.63]
DIGITS = [4, 4, 4, 4, 4, 2, 4, 4, 4, 2]

Wide = tuple[np.ndarray, np.ndarray]


class Plain(MeansModel):
    """One mean of each arm over all visits."""

    @property
    def bases(self):
        return [np.ones(len(self.hours))]


@pytest.fixture(scope="module")
def fev() -> Wide:
    """FEV1 of those with a value (N, 4), in SAS's order of the visits, and whether they had the treatment."""
    data = pd.read_csv(REFERENCE / "fev.csv")
    wide = data.pivot(index="participant", columns="visit", values="fev1")[VISITS_OF_SAS].dropna(how="all")
    treated = data.groupby("participant").arm.first().loc[wide.index] == "TRT"
    return np.ascontiguousarray(wide), treated.to_numpy().astype(np.int8)


def by_sas(fev: Wide, *, arms: bool, **options: float) -> SasFit:
    """The slow form: of the mean of all, or of the difference of two arms."""
    y, arm = fev
    if not arms:
        return sas_reml(list(y), [np.ones((4, 1))] * len(y), np.array([1.0]), **options)
    designs = [np.column_stack([np.ones(4), np.full(4, float(k))]) for k in arm]
    return sas_reml(list(y), designs, np.array([0.0, 1.0]), **options)


def ours_of_the_mean(fev: Wide) -> tuple[float, float, float]:
    """Estimate, standard error and Satterthwaite's degrees of freedom of the mean of all."""
    y, arm = fev
    one = np.zeros(1, np.int64)
    model = Model(
        one, one, np.ones((1, 4)), np.ones((1, 1)), np.ones(4, np.int64), np.zeros(2, np.int64), np.arange(4.0),
        UNSTRUCTURED, EDGE_OF_SLOPES, False, False, False, False,
    )  # fmt: skip
    out, spread, *_ = fitted(y[None], np.empty((1, len(y), 0)), np.zeros_like(arm)[None], model)
    slope, variance = out[0, 0, 3:], out[0, 0, 1]
    centered = out[0, 0, 0]
    return centered + np.nanmean(y), variance**0.5, 2 * variance**2 / (slope @ spread[0] @ slope)


def ours_of_the_arms(fev: Wide, covariance: str) -> tuple[float, float, float]:
    """Estimate of the difference, with Kenward and Roger's standard error and degrees of freedom."""
    y, arm = fev
    found = t_test(
        fit(
            np.ascontiguousarray(y[:, [3, 0, 1, 2]])[None], np.empty((1, len(y), 0)), arm[None], arms=2, pair=(1, 0),
            means=Plain((0.0, 1.0, 2.0, 3.0)), covariance=CovarianceModel(STRUCTURES[covariance], adjust=True),
            visits=np.full((1, 4), 0.25),
        )
    )  # fmt: skip
    return found.estimate[0], found.se[0], found.df[0]


def test_a_form_that_stops_where_sas_stops_has_every_digit_it_prints(fev: Wide) -> None:
    mean = by_sas(fev, arms=False)
    assert round(mean.deviance, 4) == 3700.9465
    assert [round(value, digits) for value, digits in zip(mean.theta, DIGITS, strict=True)] == PRINTED
    assert (round(mean.estimate, 4), round(mean.se, 4), round(mean.df)) == (42.8338, 0.3509, 171)
    assert round(mean.estimate / mean.se, 2) == 122.07
    arms = by_sas(fev, arms=True)
    assert (round(arms.adjusted, 7), round(arms.df, 6)) == (0.6612438, 160.733266)


@pytest.mark.verify
def test_at_the_minimum_it_has_our_digits(fev: Wide) -> None:
    mean = by_sas(fev, arms=False, enough=STILL)
    assert 0.0 < by_sas(fev, arms=False).deviance - mean.deviance < 1e-5
    np.testing.assert_allclose(ours_of_the_mean(fev), (mean.estimate, mean.se, mean.df), rtol=1e-8)
    arms = by_sas(fev, arms=True, enough=STILL)
    np.testing.assert_allclose(
        ours_of_the_arms(fev, "unstructured"), (arms.estimate, arms.adjusted, arms.df), rtol=1e-8
    )


def test_what_sas_prints_of_the_mean(fev: Wide) -> None:
    """Digits that do not move in SAS's last step are ours too."""
    estimate, se, df = ours_of_the_mean(fev)
    assert (round(se, 4), round(df)) == (0.3509, 171)
    assert estimate == pytest.approx(42.8338, abs=1e-3)
    assert 2 * stats.t.sf(estimate / se, df) < 1e-160


@pytest.mark.parametrize(
    ("covariance", "se", "df", "rtol"),
    [
        ("compound-symmetry", 0.7964696, 177.038486, 1e-6),
        ("ar1", 0.958654, 188.4693, 2e-6),
        ("unstructured", 0.6612438, 160.733266, 3e-4),  # one step before the minimum
    ],
)
def test_kenward_and_roger_as_sas(fev: Wide, covariance: str, se: float, df: float, rtol: float) -> None:
    np.testing.assert_allclose(ours_of_the_arms(fev, covariance)[1:], (se, df), rtol=rtol)


def test_the_order_of_the_visits_is_seen(fev: Wide) -> None:
    """Planted: another order has other covariances, and a deviance at the printed ones that is far away."""
    y, arm = fev
    turned = by_sas((y[:, [3, 0, 1, 2]], arm), arms=False)
    assert turned.deviance == pytest.approx(by_sas(fev, arms=False).deviance, abs=1e-8)
    assert abs(turned.theta - PRINTED).max() > 50
