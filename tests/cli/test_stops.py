"""Requests to end, at any stage of a run: what is done is kept, a word is said, and the next run ends as if nothing had been."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs.conftest import results, store
from trialsim.cli import main
from trialsim.runs.run import run
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of Unix")

PICU = str(shipped_scenarios()["picu-blood-draw"].path)
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """So that a process that is begun plays at once."""
    run(load(PICU, set=["design.enroll={each arm: 5}"]), tmp_path_factory.mktemp("warm") / "out", replicates=2)


def begin(out: Path, replicates: int, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "trialsim", "run", PICU, "--out", str(out), "--replicates", str(replicates)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | more
    return subprocess.Popen([*command, "--no-figures", "--yes"], **streams)  # type: ignore[call-overload,no-any-return]


def wait_for(process: subprocess.Popen[str], there: Callable[[], bool]) -> None:
    ready = time.monotonic() + 120
    while time.monotonic() < ready and process.poll() is None and not there():
        time.sleep(0.01)


@pytest.mark.parametrize("sent", SIGNALS)
def test_a_stop_in_the_truth_pass_keeps_it(tmp_path: Path, sent: signal.Signals) -> None:
    out, untouched = tmp_path / "out", tmp_path / "untouched"
    with begin(out, 1000) as process:
        wait_for(process, lambda: bool(list(out.glob("chunks/*/truth/*.parquet"))))
        process.send_signal(sent)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 4
    assert "Traceback" not in told
    assert re.search(r"Stopped: [\d,]+ of 1,000 simulated trials, and the true effects of [\d,]+, are kept in ", told)
    assert f"trialsim run {PICU} --out {out}" in told
    kept = {path: path.stat().st_mtime_ns for path in out.glob("chunks/*/truth/*.parquet")}
    assert kept
    run(load(PICU), out, replicates=1000)
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items()), "it was played again"
    run(load(PICU), untouched, replicates=1000)
    assert results(out) == results(untouched)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP")
def test_a_closed_terminal(tmp_path: Path) -> None:
    """The terminal goes, so nobody can be told; the run ends with the code of a stop and not with a traceback."""
    import pty

    out, (ours, theirs) = tmp_path / "out", pty.openpty()
    with begin(out, 200_000, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        os.set_blocking(ours, False)
        wait_for(process, lambda: bool(list(out.glob("chunks/*/truth/*.parquet"))))
        os.close(ours)
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=120) == 4


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP")
def test_nohup_is_honored(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with begin(out, 200, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        wait_for(process, lambda: bool(list(out.glob("chunks/*/truth/*.parquet"))))
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=120)
    assert process.returncode == 0


@pytest.mark.parametrize("sent", [one for one in SIGNALS if one != signal.SIGINT])
def test_other_commands_end_with_a_word(tmp_path: Path, sent: signal.Signals) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "trialsim", "sweep", PICU, "--over", "design.enroll=60..99 by 3"]
    command += ["--replicates", "100000", "--out", str(out), "--yes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for(process, (out / "sweep.json").is_file)
        process.send_signal(sent)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 4
    assert "Stopped: 0 designs kept in" in told
    assert "Traceback" not in told


def test_the_truth_is_played_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer run plays only the truth of the replicates it adds, and a damaged file is named and played again."""
    import trialsim.truth as truths

    played: list[range] = []
    real = truths._effects_of

    def counting(study, wanted, ideal, replicates, **told):  # type: ignore[no-untyped-def]
        played.append(replicates)
        return real(study, wanted, ideal, replicates, **told)

    monkeypatch.setattr(truths, "_effects_of", counting)
    out, small = tmp_path / "out", ["--set", "design.enroll={each arm: 5}", "--no-figures"]
    assert main(["run", PICU, "--out", str(out), "--replicates", "150", *small]) == 0
    assert sum(map(len, played)) == 150
    played.clear()
    assert main(["run", PICU, "--out", str(out), "--replicates", "150", *small]) == 0
    assert played == []
    assert main(["run", PICU, "--out", str(out), "--replicates", "300", *small]) == 0
    assert sum(map(len, played)) == 200, "the block that was cut is played whole, and one more"
    table = (out / "operating_characteristics.csv").read_bytes()
    first = store(out) / "truth" / "000000000-000000100.parquet"
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    played.clear()
    assert main(["run", PICU, "--out", str(out), "--replicates", "300", *small]) == 0
    assert played == [range(100)]
    assert (out / "operating_characteristics.csv").read_bytes() == table
    assert len(list((store(out) / "truth" / "damaged").iterdir())) == 1


def test_a_thread_that_was_cut_off_at_its_start_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop may come in the midst of starting a worker: it is listed then, and joining it is an error."""
    from trialsim import cli

    left: list[int] = []
    monkeypatch.setattr("trialsim.cli.stops.answer_all", lambda: None)
    monkeypatch.setattr(cli, "main", lambda: cli.STOPPED)
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.current_thread(), threading.Thread(target=print)])
    monkeypatch.setattr(os, "_exit", left.append)
    with pytest.raises(SystemExit):
        cli.entry()
    assert left == [cli.STOPPED]
