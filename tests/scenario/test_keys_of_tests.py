"""Keys that one test takes: a share to compare with, a decision and a prior, which test of repeated measures."""

from __future__ import annotations

import re

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis.endpoints import Extraction
from trialsim.errors import ScenarioError
from trialsim.scenario import Scenario, loads
from trialsim.scenario.dump import dump
from trialsim.scenario.notation import split_decision

TEXT = """
trialsim: 1
name: keys
title: Keys
design: {{arms: {{{arms}}}, enroll: {{each arm: 20}}}}
visits: {{pre: 0 d, post: 1 d}}
outcomes:
  level: {{distribution: lognormal, unit: nmol/L, visits: [pre, post], level: {{median: 6 nmol/L, sd_log: 0.4}},
    correlation: {{between_sessions: 0.5}}}}
  cured: {{distribution: binary, visits: [pre, post], level: {{chance: 30 %}}, correlation: {{between_sessions: 0.5}}}}
analyses:
  main: {{{analysis}}}
primary: main
simulation: {{replicates: 20, seed: 1}}
"""


def scenario(analysis: str, arms: str = "a: A, b: B") -> Scenario:
    return loads(TEXT.format(arms=arms, analysis=analysis))


def call_of(one: Scenario):  # type: ignore[no-untyped-def]  # a planned analysis
    return studies.prepare(one).analysis.calls[0]


@pytest.mark.parametrize("written", ["30 %", "0.3"])
def test_a_share_to_compare_with_may_be_written_in_percent(written: str) -> None:
    one = scenario(f"outcome: cured, visit: post, test: binomial, null: {written}, within: each arm")
    assert call_of(one).null == pytest.approx(0.3, rel=1e-15)
    assert studies.prepare(one).analysis.rows[1].no_effect == pytest.approx(0.3, rel=1e-15)
    assert loads(dump(one)) == one


def test_a_share_of_a_number_is_a_share_whatever_its_unit() -> None:
    cut = "dichotomize: {at_least: 7 nmol/L}"
    one = scenario(f"outcome: level, visit: post, {cut}, test: binomial, null: 40 %, within: each arm")
    assert call_of(one).null == pytest.approx(0.4, rel=1e-15)


def test_mcnemar_asks_each_visit_not_the_change() -> None:
    one = scenario(
        "outcome: level, change: {from: pre, to: post}, dichotomize: {at_least: 6 nmol/L}, test: mcnemar, within: each arm"
    )
    study = studies.prepare(one)
    data = studies.trial_arrays(studies.simulate(study, range(20)))
    call = study.analysis.calls[0]
    changes = Extraction(data, arms=2).endpoint(call.endpoint)
    yes = data.values >= 6.0
    expected = yes[..., call.endpoint.visit].astype(float) - yes[..., call.endpoint.start]
    there = np.isfinite(changes)
    assert there.any()
    assert (changes[there] == expected.reshape(changes.shape)[there]).all()
    assert set(np.unique(changes[there])) == {-1.0, 0.0, 1.0}
    found = studies.play(study, range(20)).estimates
    by_arm = np.where(data.arm[:, None, :] == np.arange(2)[:, None], changes[:20, None, :], np.nan)
    np.testing.assert_allclose(found.estimate[0], np.nanmean(by_arm, axis=2), atol=1e-12)


@pytest.mark.parametrize(
    ("text", "side", "limit", "probability"),
    [
        ("P(effect > 0) > 97.5 %", "greater", 0.0, 0.975),
        ("P( effect < -2 ) > 0.9", "less", -2.0, 0.9),
        ("P(effect>1.5 nmol/L)>50 %", "greater", 1.5, 0.5),
    ],
)
def test_a_decision_is_read_and_written(text: str, side: str, limit: float, probability: float) -> None:
    found = split_decision(text)
    assert found is not None
    assert (found.alternative, found.limit.value, found.probability) == (side, limit, pytest.approx(probability))
    assert split_decision(found.text) == found


@pytest.mark.parametrize("text", ["effect > 0", "P(effect = 0) > 90 %", "P(effect > x) > 90 %", "P(effect > 0) > 30 %"])
def test_what_is_not_a_decision(text: str) -> None:
    assert split_decision(text) is None


def test_prior_and_decision_are_in_the_unit_of_the_endpoint() -> None:
    bayes = "outcome: level, visit: post, test: bayes, prior: {mean: 0.1 ug/dL, sd: 2 nmol/L}"
    one = scenario(f"{bayes}, decide: P(effect > 0.5 ug/dL) > 95 %")
    call = call_of(one)
    assert call.prior == pytest.approx((2.759, 2.0))
    assert (call.null, call.alternative, call.alpha) == (
        pytest.approx(13.795, rel=1e-15),
        "greater",
        pytest.approx(0.05),
    )
    assert loads(dump(one)) == one


def test_one_arm_has_a_test_of_its_visits_only() -> None:
    repeated = "outcome: level, visits: [pre, post], transform: log, test: rm-anova"
    one = studies.prepare(scenario(f"{repeated}, at: visit", arms="a: A"))
    assert [row.contrast for row in one.analysis.rows] == ["visits"]
    paired = studies.prepare(
        scenario("outcome: level, change: {from: pre, to: post}, transform: log, test: paired-t", arms="a: A")
    )
    p, judge = (studies.play(study, range(20)).estimates.p for study in (one, paired))
    np.testing.assert_allclose(p, judge, rtol=1e-9)
    with pytest.raises(ScenarioError, match="can only test the visits"):
        scenario(repeated, arms="a: A")


CHANGE = "outcome: level, change: {from: pre, to: post}"
BAYES = "outcome: level, visit: post, test: bayes"


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        ("outcome: cured, visit: post, test: binomial, null: 150 %, within: each arm", "1.5 is not between 0 and 1"),
        ("outcome: cured, visit: post, test: binomial, within: each arm", "needs a share to compare with"),
        ("outcome: cured, visit: post, test: mcnemar, within: each arm", "needs a change"),
        (f"{CHANGE}, test: mcnemar, within: each arm", "'level' is lognormal"),
        (
            f"{CHANGE}, dichotomize: {{at_least: 2}}, transform: log, test: mcnemar, within: each arm",
            "asks yes or no at each visit",
        ),
        ("outcome: level, visits: [pre, post], test: rm-anova, contrast: b - a", "Remove contrast:"),
        ("outcome: level, visit: post, test: t, sphericity: assumed", "does not assume sphericity"),
        (BAYES, "needs a prior"),
        (
            f"{BAYES}, prior: {{mean: 0 nmol/L, sd: 1 nmol/L}}, decide: P(effect > 0 nmol/L) > 90 %, alpha: 5 %",
            "the decision says the level",
        ),
    ],
)
def test_what_does_not_fit_is_refused(analysis: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(message)):
        scenario(analysis)
