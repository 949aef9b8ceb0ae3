"""What ``--json`` prints: one document on stdout, of the form that the schema in the docs says, faults included."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from trialsim.cli import COMMANDS, main
from trialsim.cli.documents import COMMANDS as FORMS
from trialsim.cli.documents import documents_schema
from trialsim.scenario.shipped import shipped_scenarios

DOCS = Path(__file__).parents[2] / "docs" / "results.schema.json"
FEW = ["--replicates", "40", "--no-figures"]

#: Every command with every form of its document, as typed; the exit code where it is not 0.
CALLS: dict[str, list[str]] = {
    "init": ["init", "textbook-t-test"],
    "init: list": ["init"],
    "check": ["check", "textbook-t-test"],
    "check: faults": ["check", "textbook-t-test", "--set", "design.enrol=60"],
    "explain": ["explain", "picu-blood-draw"],
    "explain: resolved": ["explain", "textbook-t-test", "--resolved"],
    "run": ["run", "textbook-t-test", "--out", "r", *FEW],
    "run: precision": ["run", "textbook-t-test", "--out", "p", "--precision", "20%", *FEW],
    "run: shard": ["run", "textbook-t-test", "--out", "s", "--shard", "1/1", "--replicates", "40"],
    "merge": ["merge", "s", "--no-figures"],
    "size": ["size", "textbook-t-test", "--replicates", "400", "--confirm", "200", "--no-figures"],
    "size: none": [
        "size",
        "textbook-t-test",
        "--between",
        "4..8",
        "--replicates",
        "400",
        "--confirm",
        "0",
        "--no-figures",
    ],
    "fit": ["fit", "pilot.csv"],
    "fit: plan": ["fit", "pilot.csv", "--plan"],
    "fit: statistics": [
        "fit",
        "--given",
        "a: mean 5, sd 1, n 14",
        "--given",
        "b: mean 6, sd 1, n 14",
        "--distribution",
        "normal",
    ],
    "assurance": ["assurance", "assurance", "--replicates", "200", "--points", "20", "--no-figures"],
    "compare": ["compare", "textbook-t-test", "--with", "design.enroll=80", *FEW],
    "compare: analyses": ["compare", "last-value", "--analyses", *FEW],
    "sweep": ["sweep", "textbook-t-test", "--over", "design.enroll=[40, 60]", *FEW],
    "tornado": ["tornado", "sweep-staffing", *FEW],
    "runs": ["runs", "r"],
    "verify": ["verify", "r", "--sample", "2"],
    "slurm": ["slurm", "textbook-t-test"],
    "cohort": ["cohort", "textbook-t-test", "--out", "c"],
    "template": ["template", "textbook-t-test", "--out", "t"],
    "export": ["export", "textbook-t-test", "csv", "--out", "e"],
    "replay": ["replay", "picu-blood-draw", "--replicate", "1"],
    "replay: events": ["replay", "picu-blood-draw", "--replicate", "1", "--events"],
    "reproduce": ["reproduce", "picu-blood-draw", "--replicates", "40"],
    "protocol": ["protocol", "textbook-t-test", "--replicates", "40", "--format", "md"],
    "lesson": ["lesson", "again", "--seed", "3", "--replicates", "400"],
    "lesson: list": ["lesson"],
    "lesson: notebook": ["lesson", "again", "--notebook", "again.py"],
    "app": ["app", "--remove", "--folder", "no-app"],
    "schema": ["schema"],
    "schema: results": ["schema", "--of", "results"],
}
CODES = {"check: faults": 3, "size: none": 4}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that all commands of a test share: some read what others wrote."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("documents")
        patch.chdir(folder)
        yield folder


def errors_of(document: dict[str, Any], name: str) -> list[str]:
    """What does not fit the form; the schema as a whole would only say that no form fits."""
    form = documents_schema()["$defs"][name]
    return [error.message for error in jsonschema.Draft202012Validator(form).iter_errors(document)]


def test_every_command_is_called_here_and_has_a_form() -> None:
    assert {name.partition(":")[0] for name in CALLS} == set(COMMANDS) == set(FORMS)
    assert sum(map(len, FORMS.values())) <= len(CALLS)
    jsonschema.Draft202012Validator.check_schema(documents_schema())


@pytest.mark.parametrize("name", list(CALLS))
def test_every_document_has_its_form(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.is_dir()
    words = [*CALLS[name], "--json"]
    capsys.readouterr()
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(str(ended.code))
    told = capsys.readouterr().out
    document = json.loads(told)
    assert errors_of(document, words[0]) == []
    assert (document["format"], document["command"], document["exit_code"]) == (1, words[0], code)
    assert code == CODES.get(name, 0)
    jsonschema.validate(document, documents_schema())


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"new": 1}, {"lines": None}, {"command": "size"}, {"replicates": "40"}]
)
def test_a_document_of_another_form_is_seen(
    change: dict[str, Any], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Planted: another version, a new key, one of another kind, the name of another command."""
    shutil.rmtree(place / "planted", ignore_errors=True)
    assert main(["run", "textbook-t-test", "--out", "planted", *FEW, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert errors_of(document, "run") == []
    assert errors_of(document | change, "run") != []
    assert errors_of({key: one for key, one in document.items() if key != "verdicts"}, "run") != []


WRONG = {
    "plya": ["plya"],
    **{name: [name, "--no-such-option"] for name in COMMANDS},
    "no scenario": ["run"],
    "no file": ["explain", "no-such-study"],
    "faults": ["run", "textbook-t-test", "--set", "design.enrol=60"],
    "a folder": ["verify", "nowhere"],
    "a number": ["run", "textbook-t-test", "--replicates", "x"],
    "two places": ["run", "textbook-t-test", "--executor", "threads", "--cluster", "local"],
    "an answer": ["size", "textbook-t-test", "--for", "mian"],
    "letters": ["check", "a\x1b[31m"],
}


@pytest.mark.parametrize("name", list(WRONG))
def test_every_fault_is_a_document(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.is_dir()
    code = main([*WRONG[name], "--json"])
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert errors_of(document, "faults") == []
    assert document["exit_code"] == code > 0
    assert all(fault["code"].startswith("TS-") and fault["message"] for fault in document["faults"])
    assert main(WRONG[name]) == code, "the same code in words"
    assert document["faults"][0]["code"] in capsys.readouterr().err


def test_a_stop_is_a_document(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import trialsim as ts

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ts, "explain", stopped)
    assert main(["explain", "textbook-t-test", "--json"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert errors_of(document, "faults") == []
    assert document["faults"][0]["code"] == "TS-U025"


def test_the_schema_in_the_docs_is_this_one() -> None:
    assert json.loads(DOCS.read_text(encoding="utf-8")) == documents_schema()


def test_the_scenarios_that_are_called_are_shipped() -> None:
    assert {"textbook-t-test", "picu-blood-draw", "sweep-staffing", "assurance"} <= set(shipped_scenarios())
