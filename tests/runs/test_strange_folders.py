"""Folders whose files are not what they should be: nothing blocks, nothing outside is read, and what is wrong is named."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs.conftest import chunk_names, store
from trialsim.cli import main
from trialsim.errors import RunError
from trialsim.regular import inside, open_regular
from trialsim.runs.listing import find_runs
from trialsim.runs.manifest import changed_outputs
from trialsim.runs.record import read_manifest
from trialsim.scenario.shipped import shipped_scenarios

ANCOVA = str(shipped_scenarios()["textbook-ancova"].path)
PLAIN = ["--no-figures", "--no-truth"]
#: Beyond this a test counts as blocked [s]; it takes one or two on a quiet machine.
pytestmark = pytest.mark.timeout(120)

unix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
Captured = pytest.CaptureFixture[str]
Words = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "made"
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "1200", *PLAIN]) == 0
    return out


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def tell(out: Path, **changes: object) -> None:
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    (out / "run.json").write_text(json.dumps({**told, **changes}), encoding="utf-8")


@pytest.fixture
def words(capsys: Captured) -> Callable[..., tuple[int, str]]:
    """Gives the exit code of a command and all that it says."""

    def said(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(list(arguments))
        told = capsys.readouterr()
        return code, told.out + told.err

    return said


# ---------------------------------------------------------------- names in run.json


def test_a_whole_run_has_no_fault(out: Path) -> None:
    (one,) = find_runs(out, check=True)
    assert one.faults == ()


@pytest.mark.parametrize(
    "name", ["/dev/zero", "../made.txt", "a/../../b", "C:/x", "C:x", "\\\\host\\x", "\\x", "", "..\\x"]
)
def test_names_that_lead_out_are_changed_and_not_read(out: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from trialsim.runs import manifest as manifests

    (out.parent / "made.txt").write_text("outside", encoding="utf-8")
    known = "8" * 64
    tell(out, outputs={**(read_manifest(out) or {})["outputs"], name: known})
    real = manifests.file_hash
    monkeypatch.setattr(manifests, "file_hash", lambda path: known if not path.is_relative_to(out) else real(path))
    assert changed_outputs(out) == [name]
    assert inside(out, name) is None


@unix
def test_a_link_that_leads_out_is_changed_and_one_inside_is_not(out: Path, words: Words) -> None:
    file, outside = out / "operating_characteristics.csv", out.parent / "outside.csv"
    file.rename(outside)
    file.symlink_to(outside)
    assert changed_outputs(out) == [file.name]
    code, told = words("verify", str(out), "--sample", "2")
    assert (code, f"{file.name} is gone or is not what the run wrote." in told) == (1, True)
    file.unlink()
    outside.rename(out / "elsewhere.csv")
    file.symlink_to("elsewhere.csv")
    assert changed_outputs(out) == []


@unix
@pytest.mark.parametrize("place", ["pipe", "device", "folder", "too large"])
@pytest.mark.parametrize(
    "name", ["operating_characteristics.csv", "estimates.parquet", "scenario.resolved.yaml", "run.json"]
)
def test_what_is_no_file_is_named_and_never_blocks(out: Path, name: str, place: str, words: Words) -> None:
    file = out / name
    file.unlink()
    if place == "pipe":
        os.mkfifo(file)
    elif place == "device":
        file.symlink_to("/dev/zero")
    elif place == "folder":
        file.mkdir()
    else:
        with file.open("wb") as opened:
            opened.truncate(2**35)  # a hole, which takes no room
    for command in (["runs", str(out), "--verify"], ["verify", str(out), "--sample", "2"]):
        code, told = words(*command)
        assert code in (1, 3, 4), command
        assert name in told, command


@unix
def test_pipes_in_place_of_chunks_manifests_and_scenarios_block_no_command(out: Path, words: Words) -> None:
    chunk = sorted(store(out).glob("*.parquet"))[0]
    chunk.unlink()
    os.mkfifo(chunk)
    code, told = words("run", ANCOVA, "--out", str(out), "--replicates", "1200", *PLAIN)
    assert code == 0, told
    assert chunk.is_file(), "it was played again"
    (out / "scenario.resolved.yaml").unlink()
    os.mkfifo(out / "scenario.resolved.yaml")
    code, told = words("compare", str(out), str(out))
    assert code in (2, 4)
    resolved = store(out) / "scenario.resolved.yaml"
    resolved.unlink()
    os.mkfifo(resolved)
    code, told = words("merge", str(out), *PLAIN)
    assert (code, "TS-R033" in told) == (4, True)
    code, told = words("compare", str(out), ANCOVA)
    assert code in (2, 4)


def test_a_regular_file_is_opened_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    with open_regular(tmp_path / "file", most=5) as opened:
        assert opened.read() == b"12345"
    with pytest.raises(OSError, match="more than 4"):
        open_regular(tmp_path / "file", most=4)
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        open_regular(tmp_path)


# ---------------------------------------------------------------- what is gone


def test_a_deleted_chunk_is_named(out: Path, capsys: Captured) -> None:
    chunks = store(out)
    (chunks / "000000500-000001000.parquet").unlink()
    (one,) = find_runs(out, check=True)
    assert one.faults == (f"the chunk of replicates 500 to 999 is gone from chunks/{chunks.name}",)
    assert main(["verify", str(out), "--sample", "2"]) == 1
    assert f"the chunk of replicates 500 to 999 is gone from chunks/{chunks.name}" in capsys.readouterr().out
    shutil.rmtree(out / "chunks")
    (one,) = find_runs(out, check=True)
    assert one.faults == (f"the chunk of replicates 0 to 1,199 is gone from chunks/{chunks.name}",)


def test_a_store_that_was_cleaned_away_is_no_fault(out: Path) -> None:
    assert main(["runs", str(out), "--clean", "--chunks"]) == 0
    (one,) = find_runs(out, check=True)
    assert one.faults == ()
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "1200", *PLAIN]) == 0
    shutil.rmtree(out / "chunks")
    assert find_runs(out, check=True)[0].faults


def test_a_deleted_chunk_of_a_shard_is_named(tmp_path: Path) -> None:
    assert main(["run", ANCOVA, "--out", str(tmp_path), "--replicates", "2600", *PLAIN, "--shard", "2/3"]) == 0
    (shard,) = tmp_path.glob("shard-*")
    assert find_runs(tmp_path, check=True)[0].faults == ()
    chunks = store(shard)
    (chunks / "000000500-000001000.parquet").unlink()
    assert find_runs(tmp_path, check=True)[0].faults == (
        f"the chunk of replicates 500 to 999 is gone from chunks/{chunks.name}",
    )


def test_a_deleted_manifest_is_named(out: Path, capsys: Captured) -> None:
    (out / "run.json").unlink()
    assert main(["runs", str(out.parent), "--verify"]) == 1
    assert "run.json is gone" in capsys.readouterr().err
    assert main(["verify", str(out)]) == 4
    assert "run.json is missing" in capsys.readouterr().err
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "1200", *PLAIN]) == 0, "the same command mends it"
    assert (read_manifest(out) or {})["found"] == 1200


# ---------------------------------------------------------------- what run.json claims


def test_each_engine_plays_its_own_trials(tmp_path: Path, capsys: Captured) -> None:
    """The other engine finds none of the trials there and plays all; what the first one played stays."""
    out = tmp_path / "out"
    asked = ["run", ANCOVA, "--out", str(out), "--replicates", "100", *PLAIN]
    assert main(asked) == 0
    table = (out / "operating_characteristics.csv").read_bytes()
    assert main([*asked, "--engine", "simpy"]) == 0
    told = read_manifest(out) or {}
    assert (told["engine"], told["found"]) == ("simpy", 0)
    assert (out / "operating_characteristics.csv").read_bytes() == table
    (earlier,) = (out / "earlier").iterdir()
    assert (read_manifest(earlier) or {})["engine"] == "fast"
    assert main(asked) == 0
    told = read_manifest(out) or {}
    assert (told["engine"], told["found"]) == ("fast", 100)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"engine": "simpy"}, "the chunk of replicates 0 to 1,199 is gone"),
        ({"replicates": 5000}, "the chunk of replicates 1,200 to 4,999 is gone"),
        ({"outputs": {}}, "estimates.parquet is not listed in run.json"),
    ],
)
def test_a_manifest_that_claims_what_is_not_true_is_found_out(
    out: Path, changes: dict[str, object], named: str
) -> None:
    tell(out, **changes)
    one, *_ = find_runs(out, check=True)
    assert any(named in fault for fault in one.faults), one.faults


def test_another_seed_than_that_of_the_scenario_is_found_out(out: Path, capsys: Captured) -> None:
    tell(out, seed=5)
    assert main(["verify", str(out)]) == 4
    assert "TS-R016" in capsys.readouterr().err


def test_versions_are_those_that_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trialsim.runs import players, store

    out = tmp_path / "out"
    here = store.versions()
    for module in (players, store):
        monkeypatch.setattr(module, "versions", lambda: {**here, "numpy": "1.0"})
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "500", *PLAIN]) == 0
    for module in (players, store):
        monkeypatch.setattr(module, "versions", lambda: here)
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "1000", *PLAIN]) == 0
    told = (read_manifest(out) or {})["versions"]
    assert (told["numpy"], told["scipy"]) == (f"1.0 and {here['numpy']}", here["scipy"])


def test_a_command_that_plays_nothing_claims_no_time_and_no_workers(out: Path) -> None:
    before = read_manifest(out) or {}
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "1200", *PLAIN, "--workers", "7"]) == 0
    after = read_manifest(out) or {}
    assert (after["found"], after["workers"], after["seconds"]) == (1200, before["workers"], before["seconds"])


# ---------------------------------------------------------------- something lies in place of a file of the run


@pytest.mark.parametrize("name", ["estimates.parquet", "operating_characteristics.csv", "report.html", ".lock"])
def test_a_folder_in_place_of_a_file_is_named_before_anything_is_played(out: Path, name: str, capsys: Captured) -> None:
    (out / name).unlink(missing_ok=True)
    (out / name).mkdir()
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "2000", *PLAIN]) == 4
    told = capsys.readouterr().err
    assert "TS-R030" in told
    assert str(out / name) in told
    assert "Remove it" in told
    assert len(chunk_names(out)) == 3, "nothing was played"
    (out / name).rmdir()
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "2000", *PLAIN]) == 0


@pytest.mark.parametrize("name", ["cohort", "chunks", "figures", "earlier", "chunks/KEY", "chunks/KEY/truth"])
def test_a_file_in_place_of_a_folder(out: Path, name: str, capsys: Captured) -> None:
    name = name.replace("KEY", store(out).name)
    if (out / name).is_dir():
        shutil.rmtree(out / name)
    (out / name).write_text("", encoding="utf-8")
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "2000", *PLAIN]) == 4
    told = capsys.readouterr().err
    assert "TS-R031" in told
    assert str(out / name) in told


def test_a_link_in_place_of_the_lock_is_not_written_through(out: Path, capsys: Captured) -> None:
    precious = out.parent / "precious.txt"
    precious.write_text("precious", encoding="utf-8")
    (out / ".lock").unlink(missing_ok=True)
    (out / ".lock").symlink_to(precious)
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "2000", *PLAIN]) == 4
    assert "TS-R030" in capsys.readouterr().err
    assert precious.read_text(encoding="utf-8") == "precious"


def test_a_manifest_cannot_have_files_removed_outside(out: Path) -> None:
    precious = out.parent / "precious.txt"
    precious.write_text("precious", encoding="utf-8")
    tell(out, outputs={**(read_manifest(out) or {})["outputs"], "../precious.txt": "0", "cohort": "0"})
    assert main(["run", ANCOVA, "--out", str(out), "--replicates", "1200", *PLAIN]) == 0
    assert precious.read_text(encoding="utf-8") == "precious"
    assert (out / "cohort" / "participants.csv").is_file()


def test_a_pipe_is_refused_by_what_reads_a_manifest(out: Path) -> None:
    (out / "run.json").unlink()
    (out / "run.json").mkdir()
    with pytest.raises(RunError, match="it is a folder"):
        read_manifest(out)
