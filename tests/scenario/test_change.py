"""Two types of a scenario, one way to make another of one, and nothing done twice."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialsim.assurance import find_assurance
from trialsim.compare.sides import read_sides
from trialsim.errors import EngineError, ScenarioError
from trialsim.prepared import prepare
from trialsim.protocol import compile as compiling
from trialsim.scenario import Scenario, change, checks, draft, load, loads, read_file, render_faults, resolve
from trialsim.scenario.change import with_numbers
from trialsim.scenario.dump import dump, to_yaml
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.load import from_data
from trialsim.scenario.model import Draft
from trialsim.scenario.priors import numbers_in, priors_of
from trialsim.scenario.text import MOST_BYTES
from trialsim.scenario.variants import variants
from trialsim.scenario.written import WrittenScenario

ROOT = Path(__file__).parent.parent.parent / "scenarios"
PICU = ROOT / "picu-blood-draw.yaml"
BELIEF = "outcomes.score.level.sd={value: 0.4, prior: {gamma: {mean: 0.4, sd: 0.05}}, assumed: taught}"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a text is parsed, keys are read, a scenario is checked and written out, a protocol compiled."""
    count: Counter[str] = Counter()

    def count_calls(module: Any, name: str) -> None:
        function: Callable[..., object] = getattr(module, name)

        def counting(*arguments: object, **named: object) -> object:
            count[name] += 1
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    loading, resolving = sys.modules["trialsim.scenario.load"], sys.modules["trialsim.scenario.resolve"]
    for module, name in (
        (loading, "read_text"), (draft, "draft_of"), (checks, "check_written"), (checks, "check_resolved"),
        (resolving, "_write_out"), (compiling, "compile_protocol"),
    ):  # fmt: skip
        count_calls(module, name)
    return count


ONCE = {"read_text": 1, "draft_of": 1, "check_written": 1, "check_resolved": 1, "_write_out": 1, "compile_protocol": 1}


def test_one_load_parses_checks_resolves_and_compiles_once(counted: Counter[str]) -> None:
    scenario = load(PICU)
    assert counted == ONCE
    study = prepare(prepare(scenario))
    assert counted == ONCE, "prepare takes a resolved scenario as it is"
    assert study.program is scenario.program
    load(ROOT / "lessons/busy-ward.yaml")
    assert counted == {**dict.fromkeys(ONCE, 2), "read_text": 3}, "one text more: its parent"


def test_a_change_is_resolved_once_and_reads_no_text(counted: Counter[str]) -> None:
    scenario = load(PICU)
    counted.clear()
    assert change(scenario, {"design.enroll": 60, "simulation.seed": 9}).design.enroll.in_all == 60
    assert counted == {name: 1 for name in ONCE if name != "read_text"}


def test_an_assurance_of_200_points_reads_its_file_once(counted: Counter[str]) -> None:
    scenario = load(ROOT / "textbook-ancova.yaml", set=[BELIEF])
    found = find_assurance(scenario, points=200, replicates=200, workers=1)
    assert found.played.usable.sum() > 190
    assert counted["read_text"] == 1
    assert counted["check_written"] == counted["check_resolved"] == counted["_write_out"] == 201, (
        "each point is checked"
    )


# ---------------------------------------------------------------- two types


def test_only_resolve_makes_a_scenario() -> None:
    scenario = load(PICU)
    assert isinstance(scenario, Scenario)
    assert isinstance(scenario, Draft)
    for wrong in (
        lambda: scenario.model_copy(update={"title": "x"}),
        lambda: Scenario.model_validate(scenario.written.data),
        lambda: Scenario(**scenario.written.data),
    ):
        with pytest.raises(TypeError, match="change"):
            wrong()


def test_a_resolved_scenario_keeps_its_written_one_which_is_no_part_of_its_equality() -> None:
    scenario, other = load(PICU), loads(dump(load(PICU)))
    assert scenario.written.data["design"]["enroll"] == read_file(PICU).data["design"]["enroll"]
    assert scenario.written.data != other.written.data
    assert scenario == other
    assert scenario_hash(scenario) == scenario_hash(other)
    assert scenario != change(scenario, {"design.enroll": 60})


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.yaml")), ids=lambda file: file.stem)
def test_the_resolved_file_is_a_written_one_of_an_equal_scenario(file: Path) -> None:
    scenario = load(file)
    again = loads(dump(scenario), folder=file.parent)
    assert again == scenario
    assert resolve(again.written) == scenario
    assert len(dump(scenario)) < MOST_BYTES


def test_a_change_leaves_the_first_scenario_as_it_was() -> None:
    scenario = load(PICU)
    before = to_yaml(scenario.written.data)
    changed = change(scenario, {"protocol.needle.at_most": 1, "setting.patients.consent.value": "50 %"})
    assert to_yaml(scenario.written.data) == before
    assert resolve(scenario.written) == scenario
    assert changed.setting is not None
    assert changed.setting.patients.consent.assumed == "set on the command line"


# ---------------------------------------------------------------- numbers of a prior

ROOM = {
    "trialsim": 1,
    "name": "x",
    "title": "x",
    "setting": {
        "starts": "2026-01-05",
        "patients": {
            "arrive": {"every": {"value": "6 h", "prior": {"lognormal": {"mean": "6 h", "sd": "1 h"}}}},
            "consent": "80 %",
            "leave": {"reason": "home", "after": {"value": "9 d", "prior": {"mean": "9 d", "sd": "2 d"}, "assumed": "x"}},
        },
        "resources": {"nurse": {"units": 1, "people": 5}},
    },
    "design": {"arms": {"control": "a", "massage": "b"}, "enroll": 20},
    "participants": {
        "age": {"normal": {"mean": {"value": "15 y", "prior": {"mean": "15 y", "sd": "1 y"}}, "sd": "2 y"}},
        "height": {"median": 150, "iqr": [{"value": 140, "prior": {"normal": {"mean": 140, "sd": 2}}}, 160]},
    },
    "protocol": [
        {"repeat": "day", "times": 2, "steps": [
            {"visit": "pre"},
            {"activity": "massage", "needs": ["nurse"], "lasts": {"uniform": {
                "low": {"value": "5 min", "prior": {"uniform": {"low": "4 min", "high": "6 min"}}}, "high": "20 min"}}},
            {"visit": "post"},
            {"wait": {"for": "20 h"}},
        ]},
    ],
    "outcomes": {
        "cortisol": {
            "unit": "ug/dL",
            "visits": ["pre", "post"],
            "level": {"mean": {"value": "300 nmol/L", "prior": {"lognormal": {"mean": "300 nmol/L", "sd": "30 nmol/L"}}},
                      "cv": 0.4},
            "by_visit": {"post": {"mean": {"value": "9 ug/dL", "prior": {"normal": {"mean": "9 ug/dL", "sd": "1 ug/dL"}}}}},
            "correlation": {"within_session": {"value": 0.5, "prior": {"uniform": {"low": 0.3, "high": 0.7}}}},
            "icc": {"practitioner": {"value": "10 %", "of": "nurse",
                                     "prior": {"beta": {"mean": "10 %", "sd": "2 %", "low": "0 %", "high": "50 %"}}}},
        }
    },
    "analyses": {"main": {"outcome": "cortisol", "visit": "post 2", "test": "t"}},
    "primary": "main",
}  # fmt: skip


def test_every_number_with_a_prior_is_set_wherever_it_is_written() -> None:
    """In a family, in a quartile, in a short form, at a general visit, in another unit, behind one that it follows."""
    scenario = from_data(ROOM)
    beliefs = priors_of(scenario)
    assert len(beliefs) == 9
    assert sum(len(numbers) for numbers in beliefs.values()) == 12, (
        "two visits of 'pre', two of 'post', two correlations"
    )
    before = numbers_in(scenario)
    for numbers in beliefs.values():
        values = {path: number.value * 1.0123456789 for path, number in numbers}
        after = numbers_in(with_numbers(scenario, values))
        moved = {path for path, number in before.items() if after[path].value != number.value}
        assert moved == set(values)
        assert {path: after[path].value for path in values} == values, "to the last digit"
        assert all(after[path].unit == number.unit for path, number in numbers)


def test_a_number_that_is_not_set_is_an_error_and_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a place that is not found."""
    scenario = from_data(ROOM)
    values = {path: 6.0 for path, _ in priors_of(scenario)["participants.height.iqr.0"]}
    monkeypatch.setattr(WrittenScenario, "quantity", lambda *_: None)
    with pytest.raises(EngineError, match="was not set"):
        with_numbers(scenario, values)


# ---------------------------------------------------------------- faults name what was typed


def test_a_fault_names_the_option_that_was_typed() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_sides([PICU], variants=["setting.patients.consent=150 %"])
    (fault,) = caught.value.faults
    assert (fault.option, fault.change) == ("--with", "setting.patients.consent")
    head, line, caret = render_faults(caught.value).split("\n")
    assert head.startswith("--with setting.patients.consent=150 % TS-E013 ")
    assert line[caret.index("^") :] == "150 %"
    with pytest.raises(ScenarioError) as caught:
        read_sides([PICU], variants=["design.enrol"])
    assert "Write --with design.enroll=60." in render_faults(caught.value)


def test_a_fault_of_the_sweep_of_a_file_has_its_place_there() -> None:
    text = PICU.read_text(encoding="utf-8") + "\nsweep:\n  matrix:\n    setting.patients.consent: [50 %, 150 %]\n"
    scenario = loads(text, file="mine.yaml")
    with pytest.raises(ScenarioError) as caught:
        list(variants(scenario, [{"setting.patients.consent": one} for one in ("50 %", "150 %")]))
    (fault,) = caught.value.faults
    assert (fault.file, fault.source_line.strip()) == ("mine.yaml", "setting.patients.consent: [50 %, 150 %]")
    assert "This is so with setting.patients.consent = 150 %." in fault.message


def test_the_same_fault_with_other_values_is_told_once() -> None:
    points = [{"setting.patients.consent": one} for one in ("150 %", "160 %", "50 %")]
    with pytest.raises(ScenarioError) as caught:
        list(variants(load(PICU), points, options={"setting.patients.consent": "--over"}))
    (fault,) = caught.value.faults
    assert fault.message == "'150 %' is too large. (2 of 3 points)"
    assert fault.form == "'{value}' is too large."


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("design.enroll={each arm: 1,000}", "'1,000' has a comma."),
        ("design.enroll={in all: 1,200}", "'1,200' has a comma."),
        ("outcomes.score.level={mean: 50,5, sd: 10}", "'50,5' has a comma as its decimal point."),
        ("design.enroll={each arm: 3, each arm: 4}", "'each arm' appears twice; first in line 1."),
    ],
)
def test_what_is_wrong_in_a_typed_map_is_a_fault(text: str, number: str) -> None:
    """A comma in a number made two keys of one, and the study another one in silence: {each arm: 1,000} enrolled 2."""
    with pytest.raises(ScenarioError) as caught:
        load(ROOT / "lessons/textbook-t-test.yaml", set=[text])
    assert number in [fault.message for fault in caught.value.faults]
