"""Runs in the hands of people: two terminals, half-copied folders, disks that fail, terminals that know no umlaut."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.runs.conftest import chunk_names, store
from trialsim.cli import main
from trialsim.runs import files
from trialsim.runs import run as runs
from trialsim.runs.lock import alone
from trialsim.runs.store import ChunkStore, store_key
from trialsim.scenario.shipped import shipped_scenarios

ANCOVA = str(shipped_scenarios()["textbook-ancova"].path)
PICU = str(shipped_scenarios()["picu-blood-draw"].path)
PLAIN = ["--no-figures", "--no-truth"]
Captured = pytest.CaptureFixture[str]


def run(out: Path, replicates: int, *more: str, scenario: str = ANCOVA) -> int:
    return main(["run", scenario, "--out", str(out), "--replicates", str(replicates), *PLAIN, *more])


def results(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in ("operating_characteristics.csv", "estimates.parquet")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 1,200 replicates; tests work on copies."""
    out = tmp_path_factory.mktemp("made") / "out"
    assert run(out, 1200) == 0
    return out


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy of a run, ü"))


# ---------------------------------------------------------------- going on


def test_the_same_command_again_plays_nothing(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = results(copied)
    kept = {file: file.stat().st_mtime_ns for file in store(copied).glob("*.parquet")}

    def played(*_: object, **__: object) -> None:
        raise AssertionError("a chunk was played")

    monkeypatch.setattr("trialsim.study.play", played)
    monkeypatch.setattr(ChunkStore, "save", played)
    assert run(copied, 1200) == 0
    assert results(copied) == before
    assert {file: file.stat().st_mtime_ns for file in store(copied).glob("*.parquet")} == kept
    assert json.loads((copied / "run.json").read_text())["found"] == 1200


def test_a_last_chunk_cut_short_grows(made: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "out", 200) == 0
    assert run(tmp_path / "out", 1200) == 0
    assert results(tmp_path / "out") == results(made)
    assert chunk_names(tmp_path / "out") == chunk_names(made)


@pytest.mark.parametrize("harm", ["gone", "empty", "zeros", "cut", "list"])
def test_a_manifest_lost_with_the_power_costs_no_chunk(copied: Path, harm: str, capsys: Captured) -> None:
    before = results(copied)
    manifest = copied / "run.json"
    whole = manifest.read_bytes()
    harmed = {"empty": b"", "zeros": bytes(len(whole)), "cut": whole[:80], "list": b"[1, 2]"}
    if harm == "gone":
        manifest.unlink()
    else:
        manifest.write_bytes(harmed[harm])
    (copied / "notes.txt").write_text("mine")
    capsys.readouterr()
    assert run(copied, 1200) == 0
    assert results(copied) == before
    assert json.loads(manifest.read_text())["found"] == 1200
    assert (copied / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", [".DS_Store", "desktop.ini", "Thumbs.db", "._x", ".nfs0000000012"])
def test_what_a_file_manager_leaves_is_no_file_of_the_user(tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_bytes(b"\0")
    assert run(tmp_path / "out", 100) == 0
    assert (tmp_path / "out" / name).is_file()


def test_a_folder_deleted_while_a_run_plays_can_be_played_into_again(made: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "chunks" / "damaged").mkdir(parents=True)
    assert run(tmp_path / "out", 1200) == 0
    assert results(tmp_path / "out") == results(made)


def test_a_copy_that_a_cloud_made_of_a_chunk_is_not_read(copied: Path) -> None:
    before = results(copied)
    for chunk in sorted(store(copied).glob("*.parquet")):
        chunk.with_name(f"{chunk.stem}-LAPTOP{chunk.suffix}").write_bytes(b"conflict")
        chunk.with_name(f"{chunk.stem} (1){chunk.suffix}").write_bytes(b"conflict")
    assert run(copied, 1200) == 0
    assert results(copied) == before


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_after_a_stop_the_same_bytes_however_impatient(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "trialsim", "run", PICU, "--out", str(out), *PLAIN, "--yes", "--replicates"]
    with subprocess.Popen([*words, "200000"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        ready = time.monotonic() + 120
        while time.monotonic() < ready and process.poll() is None and not chunk_names(out):
            time.sleep(0.02)
        for _ in range(4):
            process.send_signal(signal.SIGINT)
            time.sleep(0.004)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "Traceback" not in told
    assert told.count("To continue:") == 1
    kept = len(chunk_names(out))
    assert run(out, 600, scenario=PICU) == 0
    assert kept
    assert not list(out.rglob("*.partial"))
    assert run(tmp_path / "once", 600, scenario=PICU) == 0
    assert results(out) == results(tmp_path / "once")


# ---------------------------------------------------------------- two terminals


def test_a_merge_leaves_shards_alone_that_are_playing(made: Path, tmp_path: Path, capsys: Captured) -> None:
    for shard in ("1/3", "2/3"):
        assert run(tmp_path, 1200, "--shard", shard) == 0
    (chunk,) = store(tmp_path / "shard-2-of-3").glob("*.parquet")
    chunk.unlink()
    half = chunk.with_name(f".{chunk.name}.99.partial")
    half.write_bytes(b"half")
    (tmp_path / ".run.json.99.partial").write_bytes(b"of a merge that was killed")
    capsys.readouterr()
    with alone(chunk.parents[2]), alone(tmp_path / "shard-3-of-3"):
        assert main(["merge", str(tmp_path), *PLAIN]) == 4
    told = capsys.readouterr().err
    assert "shard-3-of-3 is empty" in told
    assert "700 simulated trials are missing: replicates 500 to 1,199." in told
    assert half.read_bytes() == b"half", "the file another process was writing was removed"
    assert [file.name for file in tmp_path.rglob("*.partial")] == [half.name]
    for shard in ("2/3", "3/3"):
        assert run(tmp_path, 1200, "--shard", shard) == 0
    assert main(["merge", str(tmp_path), *PLAIN]) == 0
    assert results(tmp_path) == results(made)
    assert not list(tmp_path.rglob("*.partial"))


def test_cleaning_goes_round_a_run_that_is_playing(copied: Path, made: Path, tmp_path: Path, capsys: Captured) -> None:
    other = Path(shutil.copytree(made, tmp_path / "z"))
    for folder in (copied, other):
        (folder / ".x.csv.1.partial").write_bytes(b"half")
    code = (
        "import sys, pathlib; from trialsim.runs.lock import alone\n"
        "with alone(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(copied)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == "held\n"
        assert main(["runs", str(tmp_path), "--clean"]) == 0
        assert "Left alone: another process" in capsys.readouterr().err
        assert (copied / ".x.csv.1.partial").exists()
        assert not (other / ".x.csv.1.partial").exists()
        busy.communicate()


def test_a_file_that_vanishes_while_runs_are_listed(
    copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (copied / ".x.csv.1.partial").write_bytes(b"half")
    real = Path.stat
    asked: list[Path] = []

    def stat(self: Path, **how: bool) -> os.stat_result:
        if self.name.endswith(".partial"):
            asked.append(self)
            if len(asked) > 1:
                raise FileNotFoundError(2, "No such file or directory", str(self))
        return real(self, **how)

    monkeypatch.setattr(Path, "stat", stat)
    capsys.readouterr()
    assert main(["runs", str(copied), "--json"]) == 0
    assert len(asked) > 1
    assert [one["kept"] for one in json.loads(capsys.readouterr().out)["runs"]] == [1200]


# ---------------------------------------------------------------- half-copied and changed


def test_verify_names_what_a_half_copied_run_lacks(copied: Path, capsys: Captured) -> None:
    estimates = copied / "estimates.parquet"
    whole = estimates.read_bytes()
    for half in (b"", whole[: len(whole) // 2], b"PAR1" + bytes(100)):
        estimates.write_bytes(half)
        capsys.readouterr()
        assert main(["verify", str(copied)]) == 4
        told = capsys.readouterr().err
        assert "TS-R016" in told
        assert "estimates.parquet" in told
    for name in ("estimates.parquet", "scenario.resolved.yaml"):
        (copied / name).unlink()
        capsys.readouterr()
        assert main(["verify", str(copied)]) == 4
        assert f"{name} is missing" in capsys.readouterr().err
        if name == "estimates.parquet":
            estimates.write_bytes(whole)


@pytest.mark.parametrize("value", [float("nan"), 0.123])
def test_verify_names_replicate_and_column(copied: Path, value: float, capsys: Captured) -> None:
    file = copied / "estimates.parquet"
    kept = pq.read_table(file)
    values = kept["conf_low"].to_numpy().copy()
    row = int(kept["replicate"].to_pylist().index(1199))
    values[row] = value
    place = kept.column_names.index("conf_low")
    pq.write_table(kept.set_column(place, kept.schema.field("conf_low"), [values]), file)
    capsys.readouterr()
    assert main(["verify", str(copied), "--sample", "5"]) == 1
    told = capsys.readouterr().out
    assert "replicate 1199, twin " in told
    assert "conf_low is " in told
    assert "estimates.parquet is gone or is not what the run wrote" in told
    assert told.count("conf_low is") == told.count("replicate 1199") == 1
    assert main(["verify", str(copied), "--sample", "5", "--json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["differences"]
    assert (one["replicate"], one["column"]) == (1199, "conf_low")
    assert one["stored"] == (None if value != value else value)


@pytest.mark.parametrize(
    "change",
    [
        {"replicates": "many"},
        {"outputs": [1]},
        {"seed": None},
        {"scenario_hash": "ü"},
        {"missing": 3},
        {"versions": 1},
        {"replicates": 10**30},
        {"seed": 10**40},
        {"missing": [[0, 10**12]]},
        {"outputs": {"a\0b": ""}},
        {"status": "fine"},
        {"engine": "bogus"},
        {"asked": -1},
    ],
)
def test_a_manifest_that_was_edited_is_said_to_be_damaged(
    copied: Path, change: dict[str, object], capsys: Captured
) -> None:
    told = json.loads((copied / "run.json").read_text())
    (copied / "run.json").write_text(json.dumps(told | change))
    assert main(["runs", str(copied), "--json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["runs"]
    assert one["status"] == "damaged"
    for words in (["runs", str(copied), "--verify"], ["verify", str(copied)]):
        assert main(words) == (1 if words[0] == "runs" else 4)
        assert "run.json is damaged" in capsys.readouterr().err
    assert main(["merge", str(copied), *PLAIN]) == 0, "the store knows what it is of"
    assert main(["verify", str(copied), "--sample", "2"]) == 0


def test_a_shard_of_an_older_trialsim_is_refused_wherever_it_stands(tmp_path: Path, capsys: Captured) -> None:
    for index in (1, 2):
        assert run(tmp_path, 1200, "--shard", f"{index}/2") == 0
    for index in (1, 2):
        newer = store(tmp_path / f"shard-{index}-of-2")
        words = json.loads((newer / "store.json").read_text())
        older = newer.rename(newer.with_name(store_key(words["scenario_hash"], "fast", 0)[:8]))
        (older / "store.json").write_text(json.dumps({**words, "contract": 0}))
        capsys.readouterr()
        assert main(["merge", str(tmp_path), *PLAIN]) == 4
        assert "TS-R015" in (told := capsys.readouterr().err)
        assert f"shard-{index}-of-2" in told
        assert "another version of trialsim" in told
        (older.rename(newer) / "store.json").write_text(json.dumps(words))
    assert main(["merge", str(tmp_path), *PLAIN]) == 0


def test_a_half_copied_shard_is_told_of_and_the_run_plays_the_rest(
    made: Path, tmp_path: Path, capsys: Captured
) -> None:
    for index in (1, 2):
        assert run(tmp_path, 1200, "--shard", f"{index}/2") == 0
    chunk = store(tmp_path / "shard-2-of-2") / "000000500-000001000.parquet"
    content = chunk.read_bytes()
    chunk.write_bytes(content[:-2000])
    capsys.readouterr()
    assert main(["merge", str(tmp_path), *PLAIN]) == 4
    told = capsys.readouterr().err
    assert chunk.name in told
    assert "replicates 500 to 999" in told
    chunk.write_bytes(content)
    assert main(["verify", str(tmp_path), "--sample", "7"]) == 0, "what is there can be checked"
    assert run(tmp_path, 1200) == 0
    assert results(tmp_path) == results(made)


def test_a_merge_takes_a_whole_chunk_in_place_of_a_damaged_one(made: Path, tmp_path: Path, capsys: Captured) -> None:
    for index in (1, 2):
        assert run(tmp_path, 1200, "--shard", f"{index}/2") == 0
    assert main(["merge", str(tmp_path), *PLAIN]) == 0
    chunk = store(tmp_path) / "000000500-000001000.parquet"
    content = chunk.read_bytes()
    chunk.unlink()  # it may be the same file as that of the shard
    chunk.write_bytes(content[:-2000])
    capsys.readouterr()
    assert main(["merge", str(tmp_path), *PLAIN]) == 0
    assert chunk.name in capsys.readouterr().err
    assert results(tmp_path) == results(made)


def test_shards_may_lie_anywhere_and_what_is_in_the_way_is_named(made: Path, tmp_path: Path, capsys: Captured) -> None:
    for index in (1, 2):
        assert run(tmp_path / f"machine {index}", 1200, "--shard", f"{index}/2") == 0
    out = tmp_path / "whole"
    assert main(["merge", str(out), *(str(tmp_path / f"machine {index}") for index in (1, 2)), *PLAIN]) == 0
    assert results(out) == results(made)
    shard = tmp_path / "machine 1" / "shard-1-of-2"
    shutil.copytree(shard, shard.with_name("shard-1-of-2 - Copy"))
    capsys.readouterr()
    assert main(["merge", str(shard.parent), *PLAIN]) == 4
    assert "made by a run of trialsim: shard-1-of-2 - Copy." in capsys.readouterr().err


def test_a_mistyped_folder_is_not_made(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["merge", str(tmp_path / "typo"), *PLAIN]) == 4
    assert "TS-R014" in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()
    monkeypatch.chdir(tmp_path)
    assert main(["runs"]) == 0
    assert "There are no runs below outputs" in capsys.readouterr().out


# ---------------------------------------------------------------- disks and terminals


def test_a_file_held_open_for_a_moment_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    real = Path.replace
    held = {"operating_characteristics.csv": 2}

    def replace(self: Path, target: Path) -> Path:
        if held.get(target.name, 0):
            held[target.name] -= 1
            raise PermissionError(13, "Permission denied", str(self), None, str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert run(tmp_path / "out", 100) == 0
    held["operating_characteristics.csv"] = 10**6
    monkeypatch.setattr(files, "WAITS", (0.0,))
    capsys.readouterr()
    assert run(tmp_path / "out", 100) == 4
    told = capsys.readouterr().err
    assert "TS-R003" in told
    assert "operating_characteristics.csv cannot be written" in told
    assert ".partial" not in told
    assert "Close it where it is open" in told


@pytest.mark.parametrize(("number", "code"), [(22, 0), (95, 0), (5, 4)])
def test_a_network_disk_that_cannot_flush_is_good_enough_one_that_fails_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert run(tmp_path / "out", 100) == code


def test_a_disk_that_is_full_when_figures_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trialsim.report.figures.write_figures", full)
    assert main(["run", ANCOVA, "--out", str(tmp_path / "out"), "--replicates", "100", "--no-truth"]) == 4
    assert "TS-R007" in capsys.readouterr().err


def test_figures_of_a_run_that_was_killed_while_drawing_go_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as stop:
        stop.setattr("trialsim.report.document.write_page", killed)
        with pytest.raises(RuntimeError, match="killed"):
            main(["run", ANCOVA, "--out", str(out), "--replicates", "100", "--no-truth"])
    assert list((out / ".new" / "figures").iterdir())
    (out / "figures").mkdir()
    (out / "figures" / "mine.png").write_bytes(b"mine")
    assert run(out, 200) == 0
    assert not (out / ".new").exists()
    assert [path.name for path in (out / "figures").iterdir()] == ["mine.png"]


@pytest.mark.parametrize(("number", "code"), [(28, "TS-R007"), (5, "TS-R025")])
def test_what_a_disk_refuses_is_said_wherever_it_is_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured, number: int, code: str
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "/somewhere/participants.csv")

    monkeypatch.setattr(runs, "write_cohort", refused)
    assert main(["cohort", ANCOVA, "--out", str(tmp_path / "out")]) == 4
    told = capsys.readouterr().err
    assert code in told
    assert "participants.csv" in told


def test_words_that_are_no_text_are_refused(tmp_path: Path, capsys: Captured) -> None:
    """A file name of another encoding reaches Python with its bytes as lone surrogates, which no file of results can hold."""
    assert run(tmp_path / "b\udcff", 100) == 2
    assert "is not readable text" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_one_may_not_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    real = Path.exists

    def exists(self: Path) -> bool:
        if self.name == "out":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "exists", exists)
    assert run(tmp_path / "out", 100) == 4
    assert "TS-R003" in capsys.readouterr().err
    monkeypatch.undo()
    assert run(tmp_path / ("x" * 300), 100) == 4
    assert "TS-R003" in capsys.readouterr().err


def test_a_name_like_markup_is_shown_as_it_is(copied: Path, capsys: Captured) -> None:
    copied.with_name("b [final] [").mkdir()
    out = copied.rename(copied.parent / "b [final] [" / "x]")
    capsys.readouterr()
    assert main(["runs", str(out)]) == 0
    told = capsys.readouterr().out  # where the line is broken depends on the length of the path
    assert "[final]" in told
    assert "[/x]" in told


def test_more_shards_than_chunks_are_told_of(tmp_path: Path, capsys: Captured) -> None:
    for replicates, shards, told in (
        ("1200", "20", "1,200 simulated trials are 3 chunks: 17 shards get none. Ask for 3."), ("10000", "20", ""),
        ("1", "2", "1 simulated trial is 1 chunk: 1 shard gets none. Ask for 1."),
    ):  # fmt: skip
        capsys.readouterr()
        assert main(["slurm", ANCOVA, "--shards", shards, "--replicates", replicates, "--out", str(tmp_path)]) == 0
        said = capsys.readouterr().err
        assert told in said
        assert bool(said) == bool(told)


def test_where_no_cache_can_be_written_every_start_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core.caching import CompileResultCacheImpl

    from trialsim.compiled import is_cached, kernel

    def twice(x: float) -> float:
        return 2 * x

    assert hasattr(kernel(twice), "_cache")
    monkeypatch.setattr(CompileResultCacheImpl, "_locator_classes", [])
    compiled = kernel(twice)
    assert compiled(1.5) == 3.0
    assert not is_cached(compiled)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_lacks_letters(copied: Path, encoding: str) -> None:
    out = copied.rename(copied.with_name("Ω ü"))
    env = os.environ | {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    words = [sys.executable, "-m", "trialsim"]
    command = [*words, "run", ANCOVA, "--out", str(out), "--replicates", "1200", *PLAIN]
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(b"Traceback") == 0
    command = [*words, "slurm", ANCOVA, "--out", str(out)]
    script = subprocess.run(command, capture_output=True, env=env, check=True).stdout
    assert str(out).encode() in script
    assert b"\r" not in script


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_to_a_full_disk_is_said_in_words(copied: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "trialsim", "runs", str(copied)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 4
    assert b"TS-R007" in done.stderr
    assert b"Traceback" not in done.stderr
