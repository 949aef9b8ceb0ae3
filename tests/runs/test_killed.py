"""A run that is killed at any moment goes on where it stopped, and ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.runs.conftest import SCENARIOS, chunk_names, results
from trialsim import study as studies
from trialsim.runs.earlier import earlier_folders
from trialsim.runs.manifest import changed_outputs
from trialsim.runs.place import settle
from trialsim.runs.record import read_manifest
from trialsim.runs.run import run
from trialsim.runs.verify import verify
from trialsim.scenario import load

#: How often each is killed, and how often by ``make verify``.
FEW, MANY = 8, 20
KILLS = [FEW, pytest.param(MANY, marks=pytest.mark.verify)]
REPLICATES = 2600  # five whole chunks and a part of one
FEWER = 600
SMALL = "design.enroll={each arm: 5}"

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


class Server:
    """Runs that can be killed, forked from one process so that Python starts once."""

    def __init__(self, process: subprocess.Popen[str], replicates: int) -> None:
        self._process, self._replicates = process, replicates

    def begin(self, out: Path, seed: int) -> int:
        """Have a run begin; its process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{out} {self._replicates} {seed}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> int:
        """How the run ended."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def whole(self, out: Path, seed: int) -> float:
        """How long a run takes that is not killed [s]."""
        self.begin(out, seed)
        began = time.perf_counter()
        assert self.end() == 0
        return time.perf_counter() - began

    def kill_at(self, out: Path, seed: int, moment: float) -> int:
        """Kill a run after so many seconds; how it ended."""
        child = self.begin(out, seed)
        time.sleep(moment)
        with suppress(ProcessLookupError):  # it has ended by itself
            os.kill(child, signal.SIGKILL)
        return self.end()


@contextmanager
def serving(warm: Path, replicates: int) -> Iterator[Server]:
    here = Path(__file__).with_name("killed.py")
    command = [sys.executable, str(here), str(SCENARIOS / "picu-blood-draw.yaml"), str(warm), SMALL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process, replicates)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def moments() -> random.Random:
    """New moments each time; their seed is shown when the test fails."""
    seed = random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"moments of seed {seed}\n")
    return random.Random(seed)


@posix
@pytest.mark.parametrize("times", KILLS)
def test_killed_at_random_moments(tmp_path: Path, moments: random.Random, times: int) -> None:
    """No replicate twice, none missing, no byte different, killed while the truth or the trials are played or files written."""
    untouched = run(small(), tmp_path / "untouched", replicates=REPLICATES, seed=1)
    kills, rounds, seen = 0, 0, set()
    with serving(tmp_path / "warm", REPLICATES) as server:
        whole = server.whole(tmp_path / "first", 1)
        while kills < times:
            rounds += 1
            out = tmp_path / f"round {rounds}"
            ended = -signal.SIGKILL
            while ended == -signal.SIGKILL:
                ended = 0 if kills >= times else server.kill_at(out, 1, moments.uniform(0, 0.7 * whole))
                kills += ended == -signal.SIGKILL
                seen.add((len(list(out.glob("chunks/*/truth/*.parquet"))), len(chunk_names(out))))
            server.whole(out, 1)
            assert results(out) == results(untouched.folder.path)
            replicates = pq.read_table(out / "estimates.parquet")["replicate"].to_numpy()
            rows = len(replicates) // REPLICATES
            assert (replicates == [one for one in range(REPLICATES) for _ in range(rows)]).all()
            assert not list(out.rglob("*.partial"))
    assert len(seen) > 2 or times < MANY  # it was killed at different stages, not always before the first chunk


@posix
@pytest.mark.parametrize("times", KILLS)
def test_killed_while_one_result_takes_the_place_of_another(tmp_path: Path, moments: random.Random, times: int) -> None:
    """Either the old or the new one is whole, whoever opens the folder next; nothing is lost and nothing mixed.

    In the first half of the rounds all trials are in the store, so that most moments lie where files are written and moved.
    """
    out = tmp_path / "out"
    known = {
        seed: results(run(small(), tmp_path / f"{seed}", replicates=FEWER, seed=seed).folder.path) for seed in (1, 2)
    }
    stands, kills, seen = 1, 0, set()
    with serving(tmp_path / "warm", FEWER) as server:
        played = server.whole(out, 1)
        found = server.whole(out, 2)
        found = min(found, server.whole(out, 1))
        while kills < times:
            if kills >= times // 2:  # from now on no trial of the next one is there
                for path in (out / "chunks").iterdir():
                    if path.name != (read_manifest(out) or {})["key"][:8]:
                        shutil.rmtree(path)
            follows = 3 - stands
            most = played if kills >= times // 2 else found
            if server.kill_at(out, follows, moments.uniform(0, most)) == -signal.SIGKILL:
                kills += 1
                seen.add(tuple(sorted(path.name for path in out.iterdir() if path.name.startswith("."))))
            settle(out)  # what every command does that opens a folder
            stands = (read_manifest(out) or {})["seed"]
            assert results(out) == known[stands]
            assert changed_outputs(out) == []
            for path in earlier_folders(out):
                assert results(path) == known[(read_manifest(path) or {})["seed"]]
            other = {(read_manifest(path) or {})["seed"] for path in earlier_folders(out)}
            assert other | {stands} == {1, 2}
        server.whole(out, stands)
    assert verify(out, sample=2).word == "equal"
    assert len(seen) > 1 or times < MANY, "it was killed at different stages"


def small() -> studies.Study:
    return studies.prepare(load(SCENARIOS / "picu-blood-draw.yaml", set=[SMALL]))


@posix
def test_killed_while_threads_play(picu: studies.Study, tmp_path: Path) -> None:
    untouched = run(picu, tmp_path / "untouched", replicates=1500, truth=False)
    out = tmp_path / "out"
    code = (
        "import sys; from pathlib import Path; from trialsim.scenario import load; from trialsim.runs.run import run;"
        "run(load(sys.argv[1]), Path(sys.argv[2]), replicates=1500, truth=False, workers=2)"
    )
    command = [sys.executable, "-c", code, str(SCENARIOS / "picu-blood-draw.yaml"), str(out)]
    with subprocess.Popen(command) as process:
        while not chunk_names(out) and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert chunk_names(out)
    again = run(picu, out, replicates=1500, truth=False)
    assert again.found >= 500
    assert results(out) == results(untouched.folder.path)
