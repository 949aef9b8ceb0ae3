"""Readings of 0 under a logarithm: counted, warned of, and no part of the truth.

The values are exp(z) around 1 and rounded to whole numbers, so below 1/2 they read 0: P(exp(z) < 1/2) = Phi(-log 2) = .244 in
arm a, Phi(-log 2 - log 1.5) = .136 in arm b. Truth: log 1.5 = .4055, which the rounded values put at .21.
Random parts hold to 5 standard errors (one false alarm in 1.7 million).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from trialsim import study as studies
from trialsim.prepared import warnings_of
from trialsim.report.explain import explain
from trialsim.response.zeros import logged, logged_pairs
from trialsim.scenario import loads
from trialsim.truth import find_truth

TEXT = """
trialsim: 1
name: zeros
title: Zeros
design: {arms: {a: A, b: B}, allocation: {method: in turn}, enroll: 40}
visits: {pre: 0 d, post: 1 d}
outcomes:
  y:
    distribution: lognormal
    unit: nmol/L
    visits: [pre, post]
    level: {median: 1 nmol/L, sd_log: 1}
    effects: {b: {ratio: 1.5, visits: [post]}}
    correlation: {between_sessions: 0.5}
    instrument: {rounding: 1 nmol/L}
analyses:
  main: {outcome: y, visit: post, transform: log, test: t}
primary: main
"""


def changed(old: str, new: str, text: str = TEXT) -> str:
    assert old in text
    return text.replace(old, new)


def test_the_truth_of_a_log_analysis_is_taken_before_rounding() -> None:
    """Both arms share their draws, so the truth has no error but that of rounding in the last digits."""
    value, _ = find_truth(loads(TEXT), replicates=100).declared(0)
    assert value == pytest.approx(math.log(1.5), abs=1e-9)


def test_the_truth_of_the_readings_themselves_is_rounded_as_they_are() -> None:
    """P(X > Y) + ties / 2 of rounded values, from their distribution: ties count."""
    text = changed("transform: log, test: t", "test: mann-whitney")
    value, mcse = find_truth(loads(text), replicates=400).declared(0)
    edges = np.log(np.arange(0.5, 400.5))
    a, b = (np.diff(np.concatenate([[0.0], stats.norm.cdf(edges - shift), [1.0]])) for shift in (0.0, math.log(1.5)))
    expected = float(b @ (np.concatenate([[0.0], np.cumsum(a)[:-1]]) + a / 2))
    assert abs(value - expected) < 5 * mcse
    assert abs(expected - stats.norm.cdf(math.log(1.5) / math.sqrt(2))) > 5 * mcse  # unrounded values would be seen


def test_readings_of_0_are_counted() -> None:
    result = studies.evaluate(loads(TEXT), replicates=400)
    found = result.value("missing_share", analysis="trial", contrast="y at post, log of 0")
    expected = (stats.norm.cdf(-math.log(2)) + stats.norm.cdf(-math.log(2) - math.log(1.5))) / 2
    assert abs(found.value - expected) < 5 * found.mcse
    assert found.mcse < 0.005


@pytest.mark.parametrize(
    "instrument", ["{rounding: 0.01 nmol/L, detection_limit: 0.01 nmol/L, below: missing}", "{assay_cv: 5 %}"]
)
def test_nothing_is_counted_where_nothing_can_be_rounded_to_0(instrument: str) -> None:
    scenario = loads(changed("{rounding: 1 nmol/L}", instrument))
    assert logged_pairs(scenario) == {}
    assert warnings_of(scenario) == ()
    columns = [one.contrast for one in studies.evaluate(scenario, replicates=100).measures]
    assert not [name for name in columns if "log of 0" in name]


def test_they_are_warned_of_when_likely() -> None:
    (told,) = warnings_of(loads(TEXT))
    assert "about 24 % of the values of y at post are rounded to 0" in told
    assert told in [line for part in explain(studies.prepare(loads(TEXT))) for line in part.lines]
    assert warnings_of(loads(changed("rounding: 1 nmol/L", "rounding: 0.01 nmol/L"))) == ()  # Phi(-5.3)


@pytest.mark.parametrize(
    ("analysis", "visits"),
    [
        ("visit: post, transform: log, test: ancova, baseline: pre", ("post", "pre")),
        ("change: {from: pre, to: post}, transform: log, test: t", ("pre", "post")),
        ("change: {from: pre, to: post}, transform: percent, test: t", ("pre",)),
        ("change: {from: pre, to: post}, test: t, subset: {percent_change: {below: -10 %}}", ("pre",)),
        ("visit: post, test: t", ()),
    ],
)
def test_every_visit_that_is_logged_or_divided_by_is_known(analysis: str, visits: tuple[str, ...]) -> None:
    scenario = loads(changed("visit: post, transform: log, test: t", analysis))
    assert logged(scenario.analyses["main"]) == visits
    assert set(logged_pairs(scenario)) == {("y", visit) for visit in visits}
