"""Beside the odds ratio within strata stands that of everyone, which is the truth of the unadjusted odds ratio."""

from __future__ import annotations

import math

import pytest

from trialsim import study as studies
from trialsim.report.truth import truth_rows
from trialsim.scenario import loads
from trialsim.truth import find_truth

TEXT = """
trialsim: 1
name: strata
title: Two wards
design: {arms: {control: C, music: M}, reference: control, enroll: {each arm: 100}}
visits: {post: 0 d}
participants: {ward: {choice: {surgery: 50 %, medicine: 50 %}}}
outcomes:
  crying:
    distribution: binary
    visits: [post]
    level: {chance: 30 %}
    covariates: [{covariate: ward, category: medicine, odds_ratio: 12}]
    effects: {music: {odds_ratio: 0.25}}
analyses:
  within: {outcome: crying, visit: post, test: cmh, strata: [ward]}
  all: {outcome: crying, visit: post, test: odds-ratio}
primary: within
simulation: {replicates: 200, seed: 3}
"""


def test_the_odds_ratio_of_everyone_is_the_truth_of_the_unadjusted_one() -> None:
    """Within wards it is the declared .25; of everyone, by the shares of the four groups, .37."""
    truth = find_truth(loads(TEXT), replicates=200, workers=1)
    within, unadjusted = truth.value[truth.twins.index("declared")]
    assert within == pytest.approx(math.log(0.25), abs=0.1)
    surgery, medicine = 0.3 / 0.7, 12 * 0.3 / 0.7
    share = [sum(factor * odds / (1 + factor * odds) for odds in (surgery, medicine)) / 2 for factor in (0.25, 1.0)]
    expected = math.log(share[0] / (1 - share[0])) - math.log(share[1] / (1 - share[1]))
    assert unadjusted == pytest.approx(expected, abs=0.07)
    value, mcse = truth.of_everyone[0]
    assert (value, mcse) == (unadjusted, truth.mcse[truth.twins.index("declared"), 1])
    assert set(truth.of_everyone) == {0}
    assert unadjusted - within > 0.3


def test_it_is_on_the_page_and_in_the_table() -> None:
    scenario = loads(TEXT)
    result = studies.evaluate(scenario, truth=find_truth(scenario, workers=1), workers=1)
    within, unadjusted = truth_rows(result, ("within",))
    assert "of everyone -0.98" in within["truth"].below  # type: ignore[attr-defined]  # a cell
    assert "of everyone" not in unadjusted["truth"].below  # type: ignore[attr-defined]  # a cell
    assert {one.analysis for one in result.measures if one.measure == "truth_of_everyone"} == {"within"}
