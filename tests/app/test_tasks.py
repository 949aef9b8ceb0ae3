"""What a process can be asked: whole scenarios, forms from the schema, values in a text, limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

import trialsim as ts
from trialsim.app.tasks import TASKS
from trialsim.app.tasks.budget import refuse_too_much
from trialsim.app.tasks.editing import with_values, written_values
from trialsim.app.tasks.form import form_of
from trialsim.errors import RunError, ScenarioError
from trialsim.scenario.closed import loads_closed


def done(kind: str, **asked: Any) -> Any:
    return TASKS[kind](asked, lambda *_: None)


#: With a ward, over a parent, with a file of data, with looks.
SOME = ("picu-blood-draw", "busy-ward", "massage-course", "looks-own-bounds", "textbook-t-test")


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[] if one in SOME else [pytest.mark.verify]) for one in ts.shipped()]
)
def test_every_shipped_scenario_opens_whole_and_means_the_same(name: str) -> None:
    """Also one that extends another or reads a file: it is written out."""
    found = loads_closed(done("whole", name=name)["text"])
    assert found == ts.load(name)


def test_a_scenario_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RunError):
        done("whole", name="../../etc/passwd")


def test_a_form_has_every_value_with_its_meaning_and_its_limits() -> None:
    text = done("whole", name="picu-blood-draw")["text"]
    found = done("check", text=text, file="x.yaml")
    fields = [one for section in found["form"] for group in section["groups"] for one in group["fields"]]
    assert len(fields) == len(written_values(text))
    by = {one["path"]: one for one in fields}
    assert by["design.enroll.each arm"]["low"] == 1
    assert by["design.enroll.each arm"]["high"] == 100_000
    assert "lower" in by["outcomes.fear.better"]["choices"]
    assert by["setting.patients.consent.source"]["of"] == "origin"
    without = [one["path"] for one in fields if not one["help"]]
    assert len(without) < 0.03 * len(fields), without
    assert json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("name", list(ts.shipped()))
def test_values_written_back_unchanged_change_no_letter(name: str) -> None:
    text = ts.shipped()[name].path.read_text()
    assert with_values(text, {number: one.text for number, one in enumerate(written_values(text))}) == text


@pytest.mark.parametrize(
    "value", ["x: y", "a # b", "", "- 1", "'", '"', "{", "[1, 2]", "*a", "&b", "no", "% 5", "a\\b", "é", "x:"]
)
def test_whatever_is_typed_into_a_field_is_one_value(value: str) -> None:
    from ruamel.yaml import YAML

    text = with_values("a: {b: old, c: 1}  # kept\n", {0: value})
    found = YAML(typ="safe", pure=True).load(text)
    assert str(found["a"]["b"]) == value or value == "no"
    assert found["a"]["c"] == 1
    assert text.endswith("# kept\n")


def test_where_a_number_comes_from_is_marked_so() -> None:
    text = "a: {value: 1, source: x, range: [0, 2], assumed: y}\n"
    fields = form_of(text, {"a": {"value": 1}})[0]["groups"][0]["fields"]
    assert {one["label"] for one in fields if one["of"]} == {"source", "assumed"}


def test_too_much_is_refused_in_words() -> None:
    study = ts.prepare("picu-blood-draw")
    refuse_too_much(study, 1_000, seconds=60)
    with pytest.raises(RunError, match=r"TS-W004 .* some \d+ seconds"):
        refuse_too_much(study, 100_000, seconds=60)


def test_spending_functions_are_not_code_and_functions_are() -> None:
    text = done("whole", name="looks-own-bounds")["text"]
    assert "function: pocock" in text
    assert loads_closed(text)
    with pytest.raises(ScenarioError, match="TS-W001"):
        loads_closed("analyses: {main: {test: python, function: {file: a.py, name: b}}}")


def test_the_same_words_reach_no_file_by_another_way(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In flow style, in quotes, deep in a list, after --set, and for a file that is there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("a\n1\n")
    for text in (
        '"extends": x.yaml',
        "{'file': x.csv}",
        "a: [[{file: x.csv}]]",
        "protocol: [{activity: a, lasts: {empirical: {file: x.csv, column: a}}}]",
    ):
        with pytest.raises(ScenarioError, match="TS-W001"):
            loads_closed(text)
    with pytest.raises(ScenarioError, match="TS-W001"):
        loads_closed(ts.shipped()["textbook-t-test"].path.read_text(), set=["outcomes.score.level={file: x.csv}"])
