"""Runs that go on where an earlier one stopped: only what is missing is played, and no byte differs."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import trialsim as ts
from tests.runs.conftest import SCENARIOS, chunk_names, results, store
from tests.runs.test_place import KilledError, steps
from trialsim import study as studies
from trialsim.compare import compare
from trialsim.errors import RunError
from trialsim.runs import players
from trialsim.runs import run as runs
from trialsim.runs.listing import clean, find_runs
from trialsim.runs.lock import alone
from trialsim.runs.record import read_manifest
from trialsim.runs.run import run
from trialsim.runs.shards import gather, merge
from trialsim.runs.store import ChunkStore
from trialsim.runs.verify import verify


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[range]:
    """The chunks that are really played, not read."""
    chunks: list[range] = []
    play = studies.play

    def noting(study: studies.Study, replicates: range, **how: object) -> studies.ReplicateResults:
        chunks.append(replicates)
        return play(study, replicates, **how)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(players.studies, "play", noting)
    return chunks


def test_more_replicates_play_only_the_new_ones(ancova: studies.Study, tmp_path: Path, played: list[range]) -> None:
    run(ancova, tmp_path / "out", replicates=1000)
    assert sum(map(len, played)) == 1000
    played.clear()
    more = run(ancova, tmp_path / "out", replicates=10_000)
    assert sum(map(len, played)) == 9000
    assert more.found == 1000
    assert results(more.folder.path) == results(run(ancova, tmp_path / "other", replicates=10_000).folder.path)


def test_fewer_replicates_play_none(ancova: studies.Study, tmp_path: Path, played: list[range]) -> None:
    run(ancova, tmp_path / "out", replicates=2000)
    played.clear()
    fewer = run(ancova, tmp_path / "out", replicates=750)
    assert (played, fewer.found) == ([], 750)
    assert results(fewer.folder.path) == results(run(ancova, tmp_path / "other", replicates=750).folder.path)


def test_a_part_of_a_chunk_is_played_again_whole(ancova: studies.Study, tmp_path: Path, played: list[range]) -> None:
    run(ancova, tmp_path / "out", replicates=730)
    played.clear()
    more = run(ancova, tmp_path / "out", replicates=1500)
    assert sorted(played, key=lambda part: part.start) == [range(500, 1000), range(1000, 1500)]
    assert len(chunk_names(tmp_path / "out")) == 3
    assert results(more.folder.path) == results(run(ancova, tmp_path / "other", replicates=1500).folder.path)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "gone"])
def test_a_damaged_chunk_is_played_again(
    ancova: studies.Study, tmp_path: Path, damage: str, played: list[range]
) -> None:
    out = tmp_path / "out"
    before = results(run(ancova, out, replicates=2000).folder.path)
    chunk = store(out) / chunk_names(out)[1]
    whole = bytearray(chunk.read_bytes())
    whole[len(whole) // 2] ^= 1
    chunk.write_bytes({"truncated": bytes(whole[: len(whole) // 3]), "flipped": bytes(whole), "gone": b""}[damage])
    if damage == "gone":
        chunk.unlink()
    told: list[str] = []
    played.clear()
    again = run(ancova, out, replicates=2000, tell=told.append)
    assert played == [range(500, 1000)]
    assert results(again.folder.path) == before
    assert [str(chunk) in text for text in told] == ([] if damage == "gone" else [True])


def test_a_full_disk_is_said_and_nothing_is_lost(
    ancova: studies.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, played: list[range]
) -> None:
    save, saved = ChunkStore.save, []

    def filling(store: ChunkStore, chunk: studies.ReplicateResults) -> Path:
        if len(saved) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        saved.append(chunk)
        return save(store, chunk)

    with monkeypatch.context() as full:
        full.setattr(ChunkStore, "save", filling)
        with pytest.raises(RunError, match="is full") as refused:
            run(ancova, tmp_path / "out", replicates=3000, workers=1)
    assert (refused.value.code, refused.value.exit_code) == ("TS-R007", 4)
    assert len(chunk_names(tmp_path / "out")) == 2
    assert not (tmp_path / "out" / "run.json").exists()
    assert [(one.status, one.kept) for one in find_runs(tmp_path)] == [("started", 1000)]
    played.clear()
    assert run(ancova, tmp_path / "out", replicates=3000).found == 1000
    assert sum(map(len, played)) == 2000


def test_a_run_stays_finished_when_a_longer_one_is_stopped(
    ancova: studies.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are those of the shorter run until the longer one rewrites them: still whole, verifiable, comparable."""
    out = tmp_path / "out"
    before = results(run(ancova, out, replicates=700).folder.path)
    save = ChunkStore.save

    def stopped(store: ChunkStore, chunk: studies.ReplicateResults) -> Path:
        if chunk.estimates.replicates.start >= 1500:
            raise KeyboardInterrupt
        return save(store, chunk)

    with monkeypatch.context() as stop:
        stop.setattr(ChunkStore, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(ancova, out, replicates=3000, workers=1)
    told = json.loads((out / "run.json").read_text())
    assert (told["status"], told["replicates"]) == ("done", 700)
    assert results(out) == before
    assert verify(out, sample=50).word == "equal"
    assert compare([out, out]).sides[0].replicates == 700
    merged = merge(gather(out))
    assert merged.missing == (range(1500, 3000),)
    assert results(run(ancova, out, replicates=3000).folder.path) == results(
        run(ancova, tmp_path / "other", replicates=3000).folder.path
    )


def test_a_run_that_is_stopped_before_its_files_take_their_place_changes_nothing(
    ancova: studies.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    before = results(run(ancova, out, replicates=700).folder.path)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stop:
        stop.setattr(runs, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            run(ancova, out, replicates=1400)
    assert json.loads((out / "run.json").read_text())["replicates"] == 700
    assert results(out) == before
    assert compare([out, out]).sides[0].replicates == 700
    assert results(run(ancova, out, replicates=1400).folder.path) == results(
        run(ancova, tmp_path / "other", replicates=1400).folder.path
    )


@pytest.fixture(scope="module")
def half_placed(ancova: studies.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a process leaves it that is killed when some of its new files are in their place."""
    out = tmp_path_factory.mktemp("half") / "out"
    run(ancova, out, replicates=100, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        steps(patch, stop_after=15)
        with pytest.raises(KilledError):
            run(ancova, out, replicates=100, seed=2)
    assert not (out / "run.json").exists()
    assert (out / "cohort" / "codebook.csv").is_file()
    assert (out / ".new" / "run.json").is_file()
    return out


@pytest.mark.parametrize("command", ["verify", "compare", "runs", "merge", "open", "run", "clean"])
def test_who_opens_a_folder_first_finishes_what_was_begun(
    half_placed: Path, ancova: studies.Study, tmp_path: Path, command: str
) -> None:
    out = Path(shutil.copytree(half_placed, tmp_path / "out"))
    commands: dict[str, Callable[[], object]] = {
        "verify": lambda: verify(out, sample=1),
        "compare": lambda: compare([out, out]),
        "runs": lambda: find_runs(tmp_path),
        "merge": lambda: merge(gather(out)),
        "open": lambda: ts.open_run(out),
        "run": lambda: run(ancova, out, replicates=100, seed=2),
        "clean": lambda: clean(out),
    }
    commands[command]()
    (earlier,) = (out / "earlier").iterdir()
    assert [(read_manifest(path) or {})["seed"] for path in (out, earlier)] == [2, 1]
    assert [verify(path, sample=1).word for path in (out, earlier)] == ["equal", "equal"]
    assert not (out / ".new").exists()
    assert not (out / ".old").exists()


def test_a_really_full_disk(tmp_path: Path) -> None:
    """Files of at most 200 kB, as on a full disk: the error is in words, and the chunks before it are whole."""
    resource = pytest.importorskip("resource")
    assert resource is not None
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from trialsim.cli import main;"
        "sys.exit(main(['run', sys.argv[1], '--replicates', '5000', '--out', sys.argv[2], '--no-figures']))"
    )
    command = [sys.executable, "-c", code, str(SCENARIOS / "textbook-ancova.yaml"), str(tmp_path / "out")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 4, ended.stderr
    assert "TS-R003" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(chunk_names(tmp_path / "out")) >= 1


def test_a_folder_is_played_into_by_one_process(ancova: studies.Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(ancova, out, replicates=100)
    before = results(out)
    code = (
        "import sys; from pathlib import Path; from trialsim.scenario import load; from trialsim.runs.run import run;"
        "from trialsim.errors import RunError\n"
        "try:\n    run(load(sys.argv[1]), Path(sys.argv[2]), replicates=200)\n"
        "except RunError as error:\n    print(error.code)"
    )
    command = [sys.executable, "-c", code, str(SCENARIOS / "textbook-ancova.yaml"), str(out)]
    with alone(out):
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        assert ended.stdout.strip() == "TS-R006"
        assert results(out) == before
        run(ancova, out, replicates=100)  # this process holds the lock itself
    assert run(ancova, out, replicates=200).characteristics.replicates == 200


def test_a_lock_does_not_outlive_its_process(ancova: studies.Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import os, sys; from pathlib import Path; from trialsim.runs.lock import alone\n"
        "with alone(Path(sys.argv[1])):\n    os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(out)], check=False).returncode == 9
    assert (out / ".lock").exists()
    assert run(ancova, out, replicates=100).characteristics.replicates == 100


def test_what_was_half_written_is_removed(ancova: studies.Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(ancova, out, replicates=100)
    left = [out / ".estimates.parquet.123.partial", store(out) / ".000000500-000001000.parquet.9.partial"]
    for path in left:
        path.write_bytes(b"half")
    run(ancova, out, replicates=100)
    assert not any(path.exists() for path in left)
