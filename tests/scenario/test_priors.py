"""Priors of a scenario: read, named, kept, and left out of what decides a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.quantities.records import Number
from trialsim.scenario import load, loads, resolve
from trialsim.scenario.change import with_numbers
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.model import Scenario
from trialsim.scenario.priors import priors_of
from trialsim.scenario.provenance import provenance

ROOT = Path(__file__).parent.parent.parent / "scenarios"
EFFECT = "outcomes.score.effects.treated.difference"
BELIEF = f"{EFFECT}={{value: -0.2, prior: {{normal: {{mean: -0.2, sd: 0.1}}, n: 12}}, assumed: taught}}"
SPREAD = "outcomes.score.level.sd={value: 0.4, prior: {gamma: {mean: 0.4, sd: 0.05}}, assumed: taught}"


def uncertain() -> Scenario:
    return load(ROOT / "textbook-ancova.yaml", set=[BELIEF, SPREAD])


def test_a_prior_bears_the_place_of_its_number_as_name() -> None:
    found = priors_of(uncertain())
    assert list(found) == ["outcomes.score.level.sd", EFFECT]
    assert [path[3] for path, _ in found["outcomes.score.level.sd"]] == ["baseline", "post"]  # one belief, used twice
    prior = found[EFFECT][0][1].prior
    assert prior is not None
    assert prior.n == 12
    assert prior.distribution.params == (-0.2, 0.1)


def test_the_resolved_form_keeps_priors_and_their_names() -> None:
    scenario = uncertain()
    assert resolve(scenario.written) == scenario
    assert loads(dump(scenario)) == scenario
    assert list(priors_of(loads(dump(scenario)))) == list(priors_of(scenario))


def test_a_prior_changes_no_result_so_it_is_not_in_the_hash() -> None:
    plain = load(ROOT / "textbook-ancova.yaml")
    assert scenario_hash(uncertain()) == scenario_hash(plain)
    assert priors_of(plain) == {}


def test_a_prior_of_a_concentration_is_turned_into_the_unit_of_its_outcome() -> None:
    text = (
        "outcomes.root.level.iqr=[{value: 0.07 ug/dL, prior: {uniform: {low: 0.06 ug/dL, high: 0.08 ug/dL}}}, 2 ng/mL]"
    )
    scenario = load(ROOT / "lessons/detection-limit.yaml", set=[text])
    ((_, number),) = priors_of(scenario)["outcomes.root.level.iqr.0"]
    assert (number.value, number.unit) == (0.7, "ng/mL")
    assert number.prior is not None
    assert number.prior.unit == "ng/mL"
    assert number.prior.distribution.params == pytest.approx((0.6, 0.8), rel=1e-12)


def test_a_spread_that_is_one_number_may_have_a_prior() -> None:
    text = "attrition={reason: x, after: {value: 9 d, prior: {mean: 9 d, sd: 2 d}, assumed: taught}}"
    scenario = load(ROOT / "lessons/detection-limit.yaml", set=[text])
    ((path, number),) = priors_of(scenario)["attrition.after"]
    assert path == ("attrition", 0, "after", "value")
    assert number.prior is not None
    assert number.prior.distribution.family == "lognormal"


def test_a_scenario_at_other_values_is_the_file_with_these_values() -> None:
    scenario = uncertain()
    values = {path: 0.3 for path, _ in priors_of(scenario)["outcomes.score.level.sd"]}
    assert scenario_hash(with_numbers(scenario, values)) == scenario_hash(
        load(ROOT / "textbook-ancova.yaml", set=["outcomes.score.level.sd=0.3"])
    )
    assert with_numbers(scenario, {}) == scenario


def test_impossible_values_are_refused_as_in_a_file() -> None:
    scenario = uncertain()
    values = {path: -0.3 for path, _ in priors_of(scenario)["outcomes.score.level.sd"]}
    with pytest.raises(ScenarioError) as caught:
        with_numbers(scenario, values)
    assert {fault.code for fault in caught.value.faults} == {"TS-E013"}


def test_priors_of_one_name_move_together() -> None:
    together = "{value: 2.5, prior: {normal: {mean: 2.5, sd: 0.2}, name: scale}}"
    scenario = load(ROOT / "textbook-ancova.yaml", set=[f"outcomes.score.level.mean={together}", SPREAD])
    assert list(priors_of(scenario)) == ["scale", "outcomes.score.level.sd"]


def test_the_list_of_numbers_tells_priors_beside_values() -> None:
    row = next(row for row in provenance(uncertain()) if row.path == EFFECT)
    assert row.value == "-0.2"
    assert row.range == "prior: normal mean -0.2, sd 0.1"


def test_the_value_with_a_prior_is_a_number_like_any_other() -> None:
    sd = uncertain().outcomes["score"].by_visit["post"]
    assert isinstance(getattr(sd, "sd", None), Number)
