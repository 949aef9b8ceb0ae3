"""The schema that helps an editor: every key explained, every example sound, one form for each scale and test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from trialsim.errors import ScenarioError
from trialsim.kinds.tests import TESTS
from trialsim.quantities.records import Number, Spread
from trialsim.scenario import loads, read_file
from trialsim.scenario.fitting import no_key_of_scale, no_key_of_test
from trialsim.scenario.keys import keys_of
from trialsim.scenario.load import from_data
from trialsim.scenario.model import Draft
from trialsim.scenario.schema import described, json_schema, records_below

ROOT = Path(__file__).parent.parent.parent / "scenarios"
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def properties(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every key of the schema, at any depth."""
    if isinstance(part, dict):
        told = part.get("properties")
        for key, inner in told.items() if isinstance(told, dict) else ():
            yield (*path, key), inner
        for key, inner in part.items():
            if key != "examples":
                yield from properties(inner, (*path, key))
    elif isinstance(part, list):
        for i, inner in enumerate(part):
            yield from properties(inner, (*path, str(i)))


def test_it_is_a_schema_and_takes_every_shipped_scenario() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for file in sorted(ROOT.rglob("*.yaml")):
        assert [error.message[:200] for error in VALIDATOR.iter_errors(read_file(file).data)] == [], file


def test_every_key_has_a_description_and_an_example() -> None:
    told = list(properties(SCHEMA))
    assert len(told) > 500
    assert [path for path, key in told if not key.get("description") or not key.get("examples")] == []


def test_every_key_of_every_record_is_told_of_in_its_docstring() -> None:
    quantities = (Number, Spread)
    records = [record for record in records_below(Draft) if not issubclass(record, quantities)]
    assert len(records) > 40
    missing = [(record.__name__, key) for record in records for key in keys_of(record) if key not in described(record)]
    assert missing == []


def test_every_example_is_what_the_schema_takes() -> None:
    """So an example of a form is one that fits its scale or test."""
    wrong = [
        (path, example)
        for path, key in properties(SCHEMA)
        for example in key["examples"]
        if not Draft202012Validator({**key, "$defs": SCHEMA["$defs"]}).is_valid(example)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("design", "enrol"), 3),
        (("outcomes", "fear", "distribution"), "gaussian"),
        (("outcomes", "fear", "level", "cv"), 0.5),
        (("outcomes", "fear", "rhythm"), {"slope": "-0.1 per h", "reference_clock": "10:00"}),
        (("outcomes", "cortisol", "categories"), [1, 2, 3]),
        (("outcomes", "cortisol", "level", "chance"), "30 %"),
        (("outcomes", "cortisol", "instrument", "rater_sd"), 1),
        (("analyses", "fear_during", "test"), "z"),
        (("analyses", "fear_during", "baseline"), "baseline"),
        (("analyses", "fear_during", "null"), 0),
        (("simulation", "replicates"), 0),
    ],
)  # fmt: skip
def test_it_refuses_what_does_not_fit(path: tuple[str, ...], value: object) -> None:
    data = json.loads(json.dumps(read_file(ROOT / "picu-blood-draw.yaml").data))
    outcomes = data["outcomes"]
    outcomes["fear"]["distribution"], outcomes["cortisol"]["distribution"] = "ordinal", "lognormal"
    assert VALIDATOR.is_valid(data)
    inner = data
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
    inner[path[-1]] = value
    assert not VALIDATOR.is_valid(data)


# ---------------------------------------------------------------- the schema against the checks

SMALL: dict[str, Any] = {
    "trialsim": 1, "name": "x", "title": "x",
    "design": {"arms": {"a": "a", "b": "b"}, "enroll": 20},
    "participants": {"age": {"mean": 15, "sd": 2}, "sex": {"choice": {"girl": "50 %", "boy": "50 %"}}},
    "visits": {"pre": "0 d", "post": "28 d"},
    "outcomes": {"y": {"visits": ["pre", "post"], "correlation": {"within_session": 0.5, "between_sessions": 0.5}}},
    "analyses": {"main": {"outcome": "y", "visit": "post", "test": "t"}},
    "primary": "main",
}  # fmt: skip
SCALES: dict[str, dict[str, Any]] = {
    "normal": {"level": {"mean": 5, "sd": 1}},
    "lognormal": {"level": {"mean": 5, "sd": 1}},
    "ordinal": {"categories": [0, 1, 2, 3], "level": {"mean": 1.5, "sd": 1}},
    "binary": {"level": {"chance": "30 %"}},
}
YES = {"dichotomize": {"at_least": 5}}
ALONE = {"arms": ["a"]}
CHANGE = {"change": {"from": "pre", "to": "post"}}
FITS: dict[str, dict[str, Any]] = {  # what makes a study that an analysis by this test suits
    "one-sample-t": ALONE, "paired-t": {**ALONE, **CHANGE}, "wilcoxon": {**ALONE, **CHANGE}, "sign": {**ALONE, **CHANGE},
    "friedman": {**ALONE, "visits": ["pre", "post"]}, "binomial": {**ALONE, **YES, "null": "50 %"},
    "mcnemar": {**ALONE, **YES, **CHANGE}, "ancova": {"baseline": "pre"}, "regression": {"baseline": "pre"},
    "fisher": YES, "chi-square": YES, "risk-difference": YES, "risk-ratio": YES, "odds-ratio": YES,
    "logistic": YES, "mixed": {"visits": ["pre", "post"]},
    "mmrm": {"visits": ["pre", "post"]}, "clda": {"visits": ["pre", "post"]},
    "cmh": {**YES, "strata": ["sex"]}, "van-elteren": {"strata": ["sex"]}, "rm-anova": {"visits": ["pre", "post"]},
    "bayes": {"prior": {"mean": 0, "sd": 2}, "decide": "P(effect > 0) > 97.5 %"},
    "python": {"function": {"file": "f.py", "name": "f", "digest": "0" * 32}},
}  # fmt: skip
#: Tests that need another study: therapists, times, counts, limits, scores.
ELSEWHERE = {
    "cluster-t", "cluster-robust", "gee", "gee-logistic", "log-rank", "cox", "poisson", "negative-binomial", "tobit",
    "ordinal-mixed", "crossover-t", "crossover-mixed", "wedge-mixed",
}  # fmt: skip


def study(scale: str = "normal") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(SMALL))
    data["outcomes"]["y"] |= {"distribution": scale, **json.loads(json.dumps(SCALES[scale]))}
    if scale == "binary":
        data["analyses"]["main"]["test"] = "fisher"
    return data


def refused(data: dict[str, Any]) -> bool:
    try:
        from_data(data)
    except ScenarioError:
        return True
    return False


@pytest.mark.parametrize("scale", list(SCALES))
def test_what_the_schema_leaves_out_of_a_scale_the_checks_refuse(scale: str) -> None:
    assert not refused(study(scale))
    assert VALIDATOR.is_valid(study(scale))
    said = {record.__name__: described(record) for record in records_below(Draft)}
    for key in no_key_of_scale(scale)["Outcome"] - {"instrument"}:
        data = study(scale)
        example = loads_example(said["Outcome"][key].example)
        data["outcomes"]["y"][key] = example
        assert not VALIDATOR.is_valid(data), key
        assert refused(data), key
    for key in no_key_of_scale(scale)["Level"] - {"shares", "iqr"}:
        data = study(scale)
        data["outcomes"]["y"]["level"] = {key: loads_example(said["Level"][key].example)}
        assert not VALIDATOR.is_valid(data), key
        assert refused(data), key
    for key in no_key_of_scale(scale)["Effect"]:
        data = study(scale)
        data["outcomes"]["y"]["effects"] = {"b": {key: loads_example(said["Effect"][key].example)}}
        assert not VALIDATOR.is_valid(data), key
        assert refused(data), key


def test_what_the_schema_leaves_out_of_a_test_the_checks_refuse() -> None:
    said = next(described(record) for record in records_below(Draft) if record.__name__ == "Analysis")
    tests = SCHEMA["$defs"]["Analysis"]["oneOf"]
    forms = [SCHEMA["$defs"][one["$ref"].removeprefix("#/$defs/")] for one in tests]
    assert {form["properties"]["test"]["const"] for form in forms} == {test.name for test in TESTS}
    for test in (test.name for test in TESTS if test.name not in ELSEWHERE):
        fits = dict(FITS.get(test, {}))
        data = study()
        if arms := fits.pop("arms", None):
            data["design"]["arms"] = {arm: arm for arm in arms}
        endpoint = {} if {"change", "visits"} & set(fits) else {"visit": "post"}
        data["analyses"]["main"] = {"outcome": "y", "test": test, **endpoint, **fits}
        assert VALIDATOR.is_valid(data), test
        assert not refused(data), test
        for key in no_key_of_test(test)["Analysis"]:
            wrong = json.loads(json.dumps(data))
            wrong["analyses"]["main"][key] = {"baseline": "pre", "covariates": ["age"]}.get(
                key, loads_example(said[key].example)
            )
            assert not VALIDATOR.is_valid(wrong), (test, key)
            assert refused(wrong), (test, key)


def loads_example(text: str) -> Any:
    """An example as a file would hold it."""
    from trialsim.scenario.text import read_text

    return read_text(text, "example").data


def test_a_short_form_without_a_scale_is_taken() -> None:
    data = study("ordinal")
    del data["outcomes"]["y"]["distribution"]
    assert VALIDATOR.is_valid(data)
    assert loads(json.dumps(data)).outcomes["y"].distribution == "ordinal"
