"""The commands that keep, spread, put together and check runs, as a user types them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runs.conftest import chunk_names, store
from tests.runs.test_lock import held
from trialsim.cli import main
from trialsim.scenario.shipped import shipped_scenarios

ANCOVA = str(shipped_scenarios()["textbook-ancova"].path)
PICU = str(shipped_scenarios()["picu-blood-draw"].path)
PLAIN = ["--no-figures", "--no-truth"]
Captured = pytest.CaptureFixture[str]


def run(out: Path, replicates: int, *more: str, scenario: str = ANCOVA) -> int:
    return main(["run", scenario, "--out", str(out), "--replicates", str(replicates), *PLAIN, *more])


def table(out: Path) -> bytes:
    return (out / "operating_characteristics.csv").read_bytes()


def test_more_replicates_go_on_from_those_there(tmp_path: Path, capsys: Captured) -> None:
    once, twice = tmp_path / "once", tmp_path / "two words, ü"
    assert run(once, 2500) == 0
    assert run(twice, 1000) == 0
    chunks = {file: file.stat().st_mtime_ns for file in store(twice).glob("*.parquet")}
    assert run(twice, 2500) == 0
    assert all(file.stat().st_mtime_ns == before for file, before in chunks.items()), "a chunk was played twice"
    assert len(chunk_names(twice)) == 5
    assert table(once) == table(twice)
    capsys.readouterr()


def test_a_damaged_chunk_is_named_and_played_again(tmp_path: Path, capsys: Captured) -> None:
    assert run(tmp_path / "out", 1500) == 0
    before = table(tmp_path / "out")
    chunk = sorted(store(tmp_path / "out").glob("*.parquet"))[1]
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    capsys.readouterr()
    assert main(["runs", str(tmp_path), "--verify"]) == 1
    assert chunk.name in capsys.readouterr().err
    assert run(tmp_path / "out", 1500) == 0
    assert chunk.name in capsys.readouterr().err
    assert table(tmp_path / "out") == before
    aside = list((store(tmp_path / "out") / "damaged").iterdir())
    assert [file.read_bytes() for file in aside] == [bytes(content)]
    assert main(["runs", str(tmp_path), "--clean"]) == 0
    assert not any(file.exists() for file in aside)
    assert main(["runs", str(tmp_path), "--verify"]) == 0
    assert "is what was written" in capsys.readouterr().out


def test_another_study_and_another_seed_take_the_place(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out"
    assert run(out, 600) == 0
    before = table(out)
    for more in (["--seed", "77"], ["--set", "design.enroll.each arm=31"]):
        assert run(out, 600, *more) == 0
        assert table(out) != before
    assert len(list((out / "earlier").iterdir())) == 2
    assert run(out, 600) == 0
    assert table(out) == before
    capsys.readouterr()


def test_the_same_run_twice_at_a_time_is_refused(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out"
    assert run(out, 600) == 0
    capsys.readouterr()
    from trialsim.runs.lock import alone

    with alone(out):
        command = [sys.executable, "-m", "trialsim", "run", ANCOVA, "--out", str(out), "--replicates", "600", *PLAIN]
        other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert other.returncode == 4
    assert "TS-R006" in other.stderr


def test_a_run_of_another_study_waits(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(out, 600) == 0
    words = [
        sys.executable,
        "-m",
        "trialsim",
        "run",
        ANCOVA,
        "--out",
        str(out),
        "--replicates",
        "600",
        "--seed",
        "9",
        *PLAIN,
    ]
    with held(out, "0" * 32) as busy, subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as second:
        assert second.stderr is not None
        said = next(line for line in second.stderr if "This one waits for it" in line)
        assert "Another run is simulating 1,000 simulated trials of mine" in said
        assert json.loads((out / "run.json").read_text())["seed"] == 1
        assert busy.stdin is not None
        busy.stdin.write("\n")
        busy.stdin.flush()
        assert second.wait(timeout=120) == 0
    assert json.loads((out / "run.json").read_text())["seed"] == 9


def test_shards_merge_to_the_run_and_a_missing_one_is_named(tmp_path: Path, capsys: Captured) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert run(whole, 3000) == 0
    for shard in ("1/3", "3/3"):
        assert run(cut, 3000, "--shard", shard) == 0
    capsys.readouterr()
    assert main(["merge", str(cut), *PLAIN]) == 4
    told = capsys.readouterr().err
    assert "1,000 simulated trials are missing: replicates 500 to 999, 2,000 to 2,499." in told
    assert run(cut, 3000, "--shard", "2/3") == 0
    assert main(["merge", str(cut), *PLAIN]) == 0
    assert table(cut) == table(whole)
    assert run(tmp_path / "foreign", 3000, "--shard", "2/3", "--seed", "9") == 0
    capsys.readouterr()
    (foreign,) = (tmp_path / "foreign").glob("shard-*")
    assert main(["merge", str(cut), str(foreign), *PLAIN]) == 4
    assert "TS-R015" in capsys.readouterr().err
    assert main(["merge", str(tmp_path / "nothing"), *PLAIN]) == 4
    assert "TS-R014" in capsys.readouterr().err
    for wrong in ("0/3", "4/3", "3", "a/b", "1/0"):
        assert run(cut, 3000, "--shard", wrong) == 2


def test_runs_lists_and_cleans(tmp_path: Path, capsys: Captured) -> None:
    assert run(tmp_path / "one", 600) == 0
    capsys.readouterr()
    assert main(["runs", str(tmp_path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    assert (told["status"], told["scenario"], told["replicates"], told["kept"]) == ("done", "textbook-ancova", 600, 600)
    assert main(["runs", str(tmp_path), "--clean", "--chunks"]) == 0
    assert not chunk_names(tmp_path / "one")
    assert main(["verify", str(tmp_path / "one"), "--sample", "3"]) == 0, "what is left can be verified"
    assert main(["runs", str(tmp_path), "--chunks"]) == 2
    (tmp_path / "empty").mkdir()
    capsys.readouterr()
    assert main(["runs", str(tmp_path / "empty")]) == 0
    assert "There are no runs" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="needs bash")
def test_the_slurm_script_is_bash_and_keeps_its_lines(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / ("a folder with a long name " * 8) / "out"
    changes = ["--set", "design.enroll.each arm=31"]
    assert main(["slurm", ANCOVA, "--shards", "7", "--replicates", "7000", "--out", str(out), *changes]) == 0
    script = capsys.readouterr().out
    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    (line,) = [line for line in script.splitlines() if "trialsim run" in line]
    assert f"--out '{out}' --set 'design.enroll.each arm=31' --shard \"${{SLURM_ARRAY_TASK_ID}}/7\"" in line
    assert "#SBATCH --array=1-7" in script
    # what a task of the array does
    task = line.replace("trialsim run", f"{sys.executable} -m trialsim run").rstrip("& ")
    task = task.replace("--replicates 7000", "--replicates 700") + " --no-figures --no-truth"
    done = subprocess.run(["bash", "-c", task], env=os.environ | {"SLURM_ARRAY_TASK_ID": "1"}, check=False)
    assert done.returncode == 0
    assert [file.name for file in out.glob("shard-*")] == ["shard-1-of-7"]


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_keeps_what_is_done_and_says_how_to_go_on(tmp_path: Path, sent: signal.Signals) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "trialsim",
        "run",
        PICU,
        "--out",
        str(out),
        "--replicates",
        "200000",
        *PLAIN,
        "--yes",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        ready = time.monotonic() + 120
        while time.monotonic() < ready and process.poll() is None and not chunk_names(out):
            time.sleep(0.05)
        process.send_signal(sent)
        began = time.monotonic()
        _, told = process.communicate(timeout=60)
    assert process.returncode == 4
    assert time.monotonic() - began < 10, "far beyond the second or two it takes on a quiet machine"
    assert "Traceback" not in told
    (again,) = re.findall(r"trialsim run .*", told)
    assert str(out) in again
    assert chunk_names(out)


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    assert run(tmp_path / "shut" / "out", 500) == 4
    assert "TS-R003" in capsys.readouterr().err


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert run(tmp_path / "whole", 2000) == 0
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    capsys.readouterr()
    assert run(tmp_path / "full", 2000) == 4
    assert "TS-R007" in capsys.readouterr().err
    monkeypatch.setattr(os, "fsync", real)
    assert run(tmp_path / "full", 2000) == 0
    assert table(tmp_path / "full") == table(tmp_path / "whole")
