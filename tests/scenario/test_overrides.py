"""Values set from outside, and files that inherit from a parent."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.protocol.steps import Attempt, Hold
from trialsim.scenario import load, render_faults

ROOT = Path(__file__).parent.parent.parent / "scenarios"
PICU = ROOT / "picu-blood-draw.yaml"


def needle(*sets: str) -> Attempt:
    hold = load(PICU, set=sets).protocol[2]
    assert isinstance(hold, Hold)
    step = hold.steps[3]
    assert isinstance(step, Attempt)
    return step


def test_a_value_is_set_by_its_path() -> None:
    scenario = load(PICU, set=["design.enroll=60", "design.within=6 months", "simulation.seed=9"])
    assert scenario.design.enroll.in_all == 60
    assert scenario.design.within is not None
    assert scenario.design.within.value == 6
    assert scenario.simulation.seed == 9


def test_names_with_spaces_and_steps_by_name_or_number() -> None:
    scenario = load(PICU, set=["outcomes.cortisol.responds_to.hand massage.secretion=-10 %"])
    response = scenario.outcomes["cortisol"].responds_to["hand massage"].secretion
    assert response is not None
    assert response.value == -0.1
    assert needle("protocol.needle.at_most=2").at_most == 2
    assert needle("protocol.2.steps.3.at_most=1").at_most == 1


def test_a_map_can_be_set() -> None:
    consent = load(PICU, set=["setting.patients.consent={value: 50 %, assumed: half}"]).setting
    assert consent is not None
    assert (consent.patients.consent.value, consent.patients.consent.assumed) == (0.5, "half")


def test_a_number_that_is_set_loses_its_source() -> None:
    for text in ("setting.patients.consent=50 %", "setting.patients.consent.value=50 %"):
        setting = load(PICU, set=[text]).setting
        assert setting is not None
        assert setting.patients.consent.value == 0.5
        assert setting.patients.consent.source is None


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("design.enrol=60", "TS-E003", "Did you mean 'enroll'?"),
        ("desing.enroll=60", "TS-E008", "Did you mean 'design'?"),
        ("protocol.neddle.at_most=2", "TS-E008", "there is no 'neddle.at_most'"),
        ("protocol.needle.succeeds=90", "TS-E012", "Did you mean '90 %'?"),
        ("design.enroll", "TS-E008", "is not path=value"),
        ("title=[", "TS-E008", "not valid YAML"),
        ("name.first=x", "TS-E008", "there is no 'name.first' to set"),
        ("protocol.99.visit=x", "TS-E008", "there is no"),
    ],
)
def test_a_wrong_override_is_a_fault_with_the_text_typed(text: str, code: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(PICU, set=[text])
    assert [fault.code for fault in caught.value.faults] == [code]
    shown = render_faults(caught.value)
    assert shown.startswith(f"--set {text} {code}")
    assert words in shown


def test_a_child_goes_over_its_parent() -> None:
    parent, child = load(PICU), load(ROOT / "lessons/busy-ward.yaml")
    assert parent.setting is not None
    assert child.setting is not None
    ours, theirs = child.setting.resources["nurse"], parent.setting.resources["nurse"]
    assert ours.other_work is not None
    assert theirs.other_work is not None
    assert (theirs.other_work.share.value, ours.other_work.share.value) == (0.6, 0.8)
    assert (ours.units, ours.hours, ours.other_work.spell) == (theirs.units, theirs.hours, theirs.other_work.spell)
    assert child.outcomes == parent.outcomes


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "child.yaml"


def test_a_quantity_is_replaced_whole_and_null_removes(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(PICU.read_text(encoding="utf-8"), encoding="utf-8")
    text = "extends: parent.yaml\nsetting: {patients: {consent: {value: 50 %, assumed: half}, leave: null}}\n"
    setting = load(write(tmp_path, child=text)).setting
    assert setting is not None
    assert (setting.patients.consent.source, setting.patients.consent.assumed) == (None, "half")
    assert setting.patients.leave == ()


def test_faults_in_parent_and_child_name_their_own_file(tmp_path: Path) -> None:
    parent = PICU.read_text(encoding="utf-8").replace("units: 2", "units: two")
    child = "extends: parent.yaml\ndesign:\n  enroll: many\n"
    with pytest.raises(ScenarioError) as caught:
        load(write(tmp_path, parent=parent, child=child))
    places = {(Path(fault.file).name, fault.line) for fault in caught.value.faults}
    assert ("child.yaml", 3) in places
    assert ("parent.yaml", next(i for i, line in enumerate(parent.split("\n"), 1) if "units: two" in line)) in places


def test_grandparents_are_read_and_circles_refused(tmp_path: Path) -> None:
    grand = PICU.read_text(encoding="utf-8")
    file = write(
        tmp_path, grand=grand, parent="extends: grand.yaml\nname: p\n", child="extends: parent.yaml\ntitle: c\n"
    )
    assert (load(file).name, load(file).title) == ("p", "c")
    file = write(tmp_path, parent="extends: child.yaml\n", child="extends: parent.yaml\n")
    with pytest.raises(ScenarioError, match="leads back"):
        load(file)


def test_maps_on_the_way_are_made() -> None:
    scenario = load(
        ROOT / "lessons/textbook-t-test.yaml",
        set=["design.allocation.method=permuted blocks", "design.allocation.block=6"],
    )
    assert (scenario.design.allocation.method, scenario.design.allocation.block) == ("permuted blocks", 6)
