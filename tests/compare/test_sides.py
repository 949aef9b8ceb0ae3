"""Files, names, folders and variants as designs; finished runs read from their folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from trialsim.compare import CompareError, compare, read_sides
from trialsim.errors import RunError
from trialsim.runs.manifest import file_hash
from trialsim.runs.run import run
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios

NICU = shipped_scenarios()["nicu-parent-massage"].path
THERAPIST = "setting.resources.therapist.units=2"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Finished runs of 1,300 trials: as shipped, with one therapist more, and that under another seed."""
    root = tmp_path_factory.mktemp("runs")
    for name, changes, seed in (("one", [], 4), ("two", [THERAPIST], 4), ("other seed", [THERAPIST], 5)):
        run(load(NICU, set=changes), root / name, replicates=1300, seed=seed, truth=False)
    return {name: root / name for name in ("one", "two", "other seed")}


def test_designs_are_read_by_file_name_and_folder(finished: dict[str, Path]) -> None:
    sides = read_sides(["nicu-parent-massage", NICU, finished["two"]], variants=[THERAPIST])
    assert [side.label for side in sides] == ["A", "B", "C", "D"]
    assert sides[0].identity == sides[1].identity != sides[2].identity == sides[3].identity
    assert [side.folder for side in sides] == [None, None, finished["two"], None]
    assert "two" in sides[2].name
    assert sides[3].name.endswith(", therapist.units = 2")


@pytest.mark.parametrize(
    ("inputs", "variants", "code"),
    [([], [], "TS-C001"), (["picu-blood-draw"], [], "TS-C001"), ([], [THERAPIST, THERAPIST], "TS-C001"),
     (["picu-blood-draw"] * 9, [], "TS-C001"), (["picu-blood-draw", "no such study"], [], "TS-C002")],
)  # fmt: skip
def test_what_cannot_be_compared(inputs: list[str], variants: list[str], code: str) -> None:
    with pytest.raises(CompareError) as caught:
        read_sides(inputs, variants=variants)
    assert caught.value.code == code
    assert caught.value.remedy


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path, finished: dict[str, Path]) -> None:
    with pytest.raises(RunError, match="does not contain a finished run"):
        read_sides([NICU, tmp_path])
    half = tmp_path / "half"
    shutil.copytree(finished["one"], half)
    (half / "estimates.parquet").unlink()
    with pytest.raises(RunError, match="does not contain a finished run"):
        read_sides([NICU, half])


def test_finished_runs_are_paired_as_if_played_again(finished: dict[str, Path]) -> None:
    """Every row of the analyses has the same digits, read or played; numbers of the trial are unpaired when read."""
    read = compare([finished["one"], finished["two"]])
    played = compare([finished["one"], finished["two"]], play=True, replicates=1300)
    assert (read.replicates, played.replicates, read.seed) == (1300, 1300, 4)
    assert any("Read from finished runs" in note for note in read.notes)
    known = {(row.analysis, row.contrast, row.measure): row for row in played.rows}
    analyses = [row for row in read.rows if row.analysis != "trial"]
    assert len(analyses) > 40
    for row in analyses:
        assert row == known[row.analysis, row.contrast, row.measure]
    trial = [row for row in read.rows if row.analysis == "trial"]
    assert len(trial) > 20
    for row in trial:
        twin = known.get(("trial", row.contrast, row.measure))
        assert row.mcse == row.mcse_unpaired
        if twin is not None:
            assert row.difference == pytest.approx(twin.difference, rel=1e-6, abs=1e-9)
            assert row.mcse_unpaired == pytest.approx(twin.mcse_unpaired, rel=0.01, abs=1e-6)


def test_runs_of_different_seeds_are_unpaired_and_said_to_be(finished: dict[str, Path]) -> None:
    found = compare([finished["one"], finished["other seed"]])
    assert found.seed is None
    assert found.notes[0].startswith("Unpaired: the runs have different seeds (A 4, B 5)")
    for row in found.rows:
        assert row.mcse == row.mcse_unpaired
    played = compare([finished["one"], finished["other seed"]], play=True)
    assert played.seed == 4
    assert played.value("power", analysis="all_mothers_log").saved > 0.5


def test_a_folder_with_a_file_is_played_under_the_folders_seed(finished: dict[str, Path]) -> None:
    found = compare([finished["one"], NICU], replicates=200)
    assert found.seed == 4
    assert all(row.difference == 0.0 for row in found.rows), "the same study"


def test_a_run_of_other_analyses_is_refused(tmp_path: Path, finished: dict[str, Path]) -> None:
    """A planted fault: estimates of another scenario under this one's name."""
    mixed = tmp_path / "mixed"
    shutil.copytree(finished["two"], mixed)
    other = tmp_path / "other"
    run(load(shipped_scenarios()["textbook-t-test"].path), other, replicates=1300, truth=False)
    shutil.copy(other / "estimates.parquet", mixed / "estimates.parquet")
    with pytest.raises(RunError, match=r"estimates\.parquet is not what the run wrote"):
        compare([finished["one"], mixed])
    seal(mixed)
    with pytest.raises(RunError, match="does not contain the analyses"):
        compare([finished["one"], mixed])


def seal(folder: Path) -> None:
    """Give a tampered folder hashes that fit."""
    told = json.loads((folder / "run.json").read_text())
    told["outputs"] = {name: file_hash(folder / name) for name in told["outputs"]}
    (folder / "run.json").write_text(json.dumps(told))


@pytest.mark.parametrize("name", ["scenario.resolved.yaml", "estimates.parquet", "operating_characteristics.csv"])
def test_a_file_changed_since_the_run_is_refused(tmp_path: Path, finished: dict[str, Path], name: str) -> None:
    changed = Path(shutil.copytree(finished["two"], tmp_path / "changed"))
    whole = (changed / name).read_bytes()
    (changed / name).write_bytes(whole[: len(whole) // 2] + whole[len(whole) // 2 + 1 :])
    with pytest.raises(RunError, match="is not what the run wrote") as refused:
        compare([finished["one"], changed])
    assert refused.value.code == "TS-C004"


def test_tampering_with_fitting_hashes_is_refused(tmp_path: Path, finished: dict[str, Path]) -> None:
    def changed(name: str, old: str, new: str) -> Path:
        folder = Path(shutil.copytree(finished["two"], tmp_path / str(len(list(tmp_path.iterdir())))))
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))
        seal(folder)
        return folder

    told = json.loads((finished["two"] / "run.json").read_text())
    identity, replicates = told["scenario_hash"], told["replicates"]
    for folder in (
        changed("scenario.resolved.yaml", "in all: ", "in all: 1"),
        changed("scenario.resolved.yaml", "enroll: ", "enroll: 1"),
        changed("run.json", identity, identity[::-1]),
        changed("run.json", f'"replicates": {replicates}', f'"replicates": {replicates - 1}'),
        changed("operating_characteristics.csv", "power,0", "power,zero"),
        changed("operating_characteristics.csv", "mcse", "error"),
    ):
        with pytest.raises(RunError) as refused:
            compare([finished["one"], folder])
        assert refused.value.code == "TS-C004"
