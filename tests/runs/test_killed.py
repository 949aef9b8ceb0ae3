"""A run that is killed at any moment goes on where it stopped, and ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.runs.conftest import SCENARIOS, chunk_names, results
from trialsim import study as studies
from trialsim.runs.run import run
from trialsim.scenario import load

KILLS = 20
REPLICATES = 2600  # five whole chunks and a part of one
SMALL = "design.enroll={each arm: 5}"

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


@posix
def test_killed_at_twenty_random_moments(tmp_path: Path) -> None:
    """No replicate twice, none missing, no byte different, killed while the truth or the trials are played or files written.

    The moments are new each time, over as long as a whole run takes here; the seed of them is printed.
    """
    seed = random.SystemRandom().randrange(2**32)
    moments = random.Random(seed)
    sys.stdout.write(f"moments of seed {seed}\n")  # shown when the test fails
    small = studies.prepare(load(SCENARIOS / "picu-blood-draw.yaml", set=[SMALL]))
    untouched = run(small, tmp_path / "untouched", replicates=REPLICATES)
    here = Path(__file__).with_name("killed.py")
    command = [sys.executable, str(here), str(SCENARIOS / "picu-blood-draw.yaml"), str(tmp_path / "warm"), SMALL]
    kills, rounds, seen = 0, 0, set()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:

        def begin(out: Path) -> int:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(f"{out} {REPLICATES}\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        def end() -> int:
            assert server.stdout is not None
            return int(server.stdout.readline())

        begin(tmp_path / "first")
        began = time.perf_counter()
        assert end() == 0
        whole = time.perf_counter() - began
        while kills < KILLS:
            rounds += 1
            out = tmp_path / f"round {rounds}"
            ended = -signal.SIGKILL
            while ended == -signal.SIGKILL:
                child = begin(out)
                if kills < KILLS:
                    time.sleep(moments.uniform(0, 0.7 * whole))
                    with suppress(ProcessLookupError):  # it has ended by itself
                        os.kill(child, signal.SIGKILL)
                ended = end()
                kills += ended == -signal.SIGKILL
                seen.add((len(list(out.glob("chunks/*/truth/*.parquet"))), len(chunk_names(out))))
            assert ended == 0
            assert results(out) == results(untouched.folder.path)
            replicates = pq.read_table(out / "estimates.parquet")["replicate"].to_numpy()
            rows = len(replicates) // REPLICATES
            assert (replicates == [one for one in range(REPLICATES) for _ in range(rows)]).all()
            assert not list(out.rglob("*.partial"))
        assert server.stdin is not None
        server.stdin.close()
    assert len(seen) > 2  # it was killed at different stages, not always before the first chunk


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
