"""Files are whole or absent, and no folder is taken that no run made."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from trialsim.errors import RunError
from trialsim.evaluate.table import TABLE_COLUMNS, Measure
from trialsim.runs.files import whole_file, write_measures, write_text
from trialsim.runs.folder import RunFolder, check
from trialsim.runs.lock import alone
from trialsim.runs.manifest import RunFacts, changed_outputs
from trialsim.runs.place import NEW
from trialsim.runs.record import read_manifest
from trialsim.runs.run import put_in_place
from trialsim.runs.store import store_key
from trialsim.runs.stores import store_folder

PLAYING = RunFacts(scenario="study", scenario_hash="abc", seed=1, replicates=100, engine="fast", workers=2, seconds=1.5)
KEY = store_key("abc")


def a_run(out: Path, *files: str) -> None:
    """What a run leaves in a folder, without its trials."""
    check(out, KEY)
    with alone(out):
        for name in files:
            write_text(out / NEW / name, f"contents of {name}\n")
        put_in_place(RunFolder(out, store_folder(out, KEY)), PLAYING)


def test_a_file_that_fails_halfway_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    write_text(target, "old\n")

    def write_and_fail() -> None:
        with whole_file(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    assert target.read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_the_table_has_exactly_the_declared_columns(tmp_path: Path) -> None:
    row = Measure("main", "a - b", "power", 0.1 + 0.2, 0.01, float("nan"), 0.4, 100, 3)
    write_measures(tmp_path / "oc.csv", [row])
    with (tmp_path / "oc.csv").open(newline="") as opened:
        header, cells = list(csv.reader(opened))
    assert header == [
        "analysis",
        "contrast",
        "measure",
        "value",
        "mcse",
        "conf_low",
        "conf_high",
        "n_replicates",
        "n_failed",
    ]
    assert tuple(header) == TABLE_COLUMNS
    assert cells == ["main", "a - b", "power", "0.30000000000000004", "0.01", "", "0.4", "100", "3"]


def test_a_rerun_replaces_only_what_it_made(tmp_path: Path) -> None:
    a_run(tmp_path, "one.csv", "figures/two.png")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "figures" / "mine.png").write_text("mine")
    a_run(tmp_path, "one.csv")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["mine.png"]
    assert (tmp_path / "one.csv").exists()
    assert list(json.loads((tmp_path / "run.json").read_text())["outputs"]) == ["one.csv"]
    assert (tmp_path / "earlier" / KEY[:8] / "figures" / "two.png").is_file(), "the page that had it can still be read"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(RunError, match="not made by a run of trialsim") as refused:
        check(tmp_path, KEY)
    assert refused.value.code == "TS-R001"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(RunError, match="is a file"):
        check(tmp_path / "out", KEY)


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_damaged_manifest_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match="damaged") as refused:
        check(tmp_path, KEY)
    assert refused.value.code == "TS-R004"


def test_stale_names_outside_the_folder_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "precious.csv"
    outside.write_text("precious")
    out = tmp_path / "out"
    a_run(out, "one.csv")
    manifest = json.loads((out / "run.json").read_text())
    manifest["outputs"]["../precious.csv"] = "0"
    (out / "run.json").write_text(json.dumps(manifest))
    a_run(out, "one.csv")
    assert outside.read_text() == "precious"


def test_hashes_tell_a_changed_file(tmp_path: Path) -> None:
    a_run(tmp_path, "one.csv", "two.csv", "report.html")
    assert changed_outputs(tmp_path) == []
    (tmp_path / "two.csv").write_text("edited")
    (tmp_path / "report.html").unlink()
    assert changed_outputs(tmp_path) == ["report.html", "two.csv"]


def test_the_manifest_says_what_was_played(tmp_path: Path) -> None:
    a_run(tmp_path, "one.csv")
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert {key: manifest[key] for key in ("status", "scenario", "scenario_hash", "seed", "replicates", "engine")} == {
        "status": "done", "scenario": "study", "scenario_hash": "abc", "seed": 1, "replicates": 100, "engine": "fast",
    }  # fmt: skip
    assert {"trialsim", "python", "numpy", "numba", "scipy"} <= set(manifest["versions"])
