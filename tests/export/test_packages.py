"""Dataset-JSON, Frictionless, Psych-DS and RO-Crate: each is checked by its published rules and counted against the trial."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import pandas as pd
import pytest

from tests.export.dataset_json import DATASET, MOMENT
from trialsim.export.build import TrialExport
from trialsim.export.formats import cdisc, psychds, rocrate
from trialsim.export.formats import frictionless as package
from trialsim.export.model import SIMULATED, Absent


def documents(trial: TrialExport, folder: Path) -> dict[str, dict[str, Any]]:
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in cdisc.write(trial, folder)
        if path.suffix == ".json"
    }


def frame(document: dict[str, Any]) -> pd.DataFrame:
    """By the types that the columns declare; a cell of another type is a fault."""
    types = {"string": str, "integer": int, "float": (int, float), "datetime": str}
    for place, column in enumerate(document["columns"]):
        cells = [row[place] for row in document["rows"] if row[place] is not None]
        assert all(isinstance(cell, types[column["dataType"]]) for cell in cells), column["name"]  # type: ignore[arg-type]
        if column["dataType"] == "datetime":
            assert all(re.match(MOMENT, cell) for cell in cells)
        assert column["length"] >= max(map(len, cells), default=1) if column["dataType"] == "string" else True
    return pd.DataFrame(document["rows"], columns=[one["name"] for one in document["columns"]])


def test_dataset_json_has_its_published_form(trial: TrialExport, tmp_path: Path) -> None:
    found = documents(trial, tmp_path)
    assert set(found) == {"dm", "sv", "lb", "qs", "adsl", "adlb", "adqs"}
    for name, document in found.items():
        jsonschema.Draft202012Validator(DATASET).validate(document)
        assert document["records"] == len(document["rows"])
        assert all(len(row) == len(document["columns"]) for row in document["rows"])
        assert all(SIMULATED in document[key] for key in ("label", "originator", "fileOID"))
        names = [one["name"] for one in document["columns"]]
        assert all(re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", one) for one in names), name
        assert len(set(names)) == len(names)
        table = frame(document)
        key = sorted((c for c in document["columns"] if "keySequence" in c), key=lambda c: c["keySequence"])
        assert not table.duplicated([one["name"] for one in key]).any()


def test_dataset_json_holds_the_trial(trial: TrialExport, tmp_path: Path) -> None:
    found = {name: frame(one) for name, one in documents(trial, tmp_path).items()}
    people = len(trial.wide.rows)
    assert len(found["dm"]) == len(found["adsl"]) == people
    assert len(found["sv"]) == len(trial.long.rows)
    pairs = trial.study.response.pairs
    assert len(found["lb"]) + len(found["qs"]) == people * len(pairs) == len(found["adlb"]) + len(found["adqs"])
    numbers = Counter(
        float(cell)
        for name in trial.layout.values.values()
        for cell in trial.wide.column(name)
        if isinstance(cell, (int, float))
    )
    analyzed = pd.concat([found["adlb"]["AVAL"], found["adqs"]["AVAL"]]).dropna()
    assert Counter(analyzed.astype(float)) == numbers
    reasons = Counter(
        one.missing[cell.index].label
        for one, cells in trial.wide.columns()
        for cell in cells
        if isinstance(cell, Absent)
    )
    told = [found[d][f"{d.upper()}REASND"].dropna() for d in ("lb", "qs") if f"{d.upper()}REASND" in found[d]]
    assert Counter(pd.concat(told)) == reasons
    change = found["adlb"].dropna(subset=["CHG"])
    assert ((change["AVAL"] - change["BASE"] - change["CHG"]).abs() < 1e-9).all()


def test_what_is_censored_is_no_number(odd: TrialExport, tmp_path: Path) -> None:
    qs = frame(documents(odd, tmp_path)["qs"])
    healed = qs[qs["QSTESTCD"] == "HEALED"]
    marks = [cell for cell in odd.wide.column(odd.layout.marks[len(odd.layout.values) - 1]) if cell == 1]
    assert healed["QSORRES"].str.startswith(">").sum() == len(marks) > 0
    assert healed.loc[healed["QSORRES"].str.startswith(">"), "QSSTRESN"].isna().all()


@pytest.mark.parametrize("change", [{"extra": 1}, {"records": -1}, {"datasetJSONVersion": "1.0.0"}, {"label": None}])
def test_another_form_is_seen(change: dict[str, Any], odd: TrialExport, tmp_path: Path) -> None:
    """Planted."""
    document = documents(odd, tmp_path)["dm"] | change
    assert not jsonschema.Draft202012Validator(DATASET).is_valid(document)


def test_frictionless(trial: TrialExport, tmp_path: Path) -> None:
    package.write(trial, tmp_path)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])
    described = frictionless.Package(str(tmp_path / "datapackage.json"))
    assert SIMULATED in (described.title or "")
    for dataset in trial.datasets:
        rows = described.get_resource(dataset.name).read_rows()
        assert len(rows) == len(dataset.rows)
        for name in [one.name for one in dataset.variables if one.numeric]:
            read = [None if row[name] is None else float(row[name]) for row in rows]
            assert read == [float(cell) if isinstance(cell, (int, float)) else None for cell in dataset.column(name)]


def test_frictionless_sees_a_wrong_cell(odd: TrialExport, tmp_path: Path) -> None:
    """Planted."""
    package.write(odd, tmp_path)
    path = tmp_path / "data" / "wide.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\nP001,SIMULATED,", "\nP001,SIMULATED,9", 1), encoding="utf-8"
    )
    assert not frictionless.validate(str(tmp_path / "datapackage.json")).valid


def test_psychds(trial: TrialExport, tmp_path: Path) -> None:
    psychds.write(trial, tmp_path)
    described = json.loads((tmp_path / "dataset_description.json").read_text(encoding="utf-8"))
    assert (described["@type"], described["@context"]) == ("Dataset", "https://schema.org/")
    assert SIMULATED in described["name"]
    files = sorted((tmp_path / "data").iterdir())
    assert len(files) == 3
    assert all(re.fullmatch(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv", path.name) for path in files)
    heads = {name for path in files for name in path.read_text(encoding="utf-8").partition("\n")[0].split(",")}
    assert {one["name"] for one in described["variableMeasured"]} == heads


def test_rocrate(odd: TrialExport, tmp_path: Path) -> None:
    psychds.write(odd, tmp_path / "psychds")
    rocrate.write(odd, tmp_path)
    crate = json.loads((tmp_path / rocrate.METADATA).read_text(encoding="utf-8"))
    entities = {one["@id"]: one for one in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    assert entities[rocrate.METADATA]["about"] == {"@id": "./"}
    listed = {one["@id"] for one in entities["./"]["hasPart"]}
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert listed == there - {rocrate.METADATA}
    assert all(entities[name]["contentSize"] == str((tmp_path / name).stat().st_size) for name in listed)
    root = entities["./"]
    assert all(key in root for key in ("name", "description", "datePublished", "license"))
    assert all(SIMULATED in one["name"] for one in entities.values() if one["@type"] in ("File", "Dataset"))
