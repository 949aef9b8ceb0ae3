"""Whatever stands in a scenario file, it is played or refused with a code, a place and a remedy; it never hangs.

The everyday test takes 150 mutated files, ``make verify`` 20,000: none may end in a traceback, take over 10 seconds or
ask for more than 2 GiB, show inf or nan, or print what steers a terminal. No chance is at work: file ``number`` of a
seed is always the same.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EVERYDAY, SLOWEST = 80, 10.0
START = 240.0  # seconds until the first file, when the kernels are still to be compiled


def played(
    seed: int, start: int, stop: int, *, patience: float = SLOWEST, module: str = "tests.fuzz.worker"
) -> dict[int, str]:
    """What came of each file; those after a hang are played by a new process."""
    found: dict[int, str] = {}
    while start < stop:
        command = [sys.executable, "-m", module, str(seed), str(start), str(stop)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
            lines: queue.Queue[str] = queue.Queue()
            reader = threading.Thread(target=_forward, args=(worker, lines), daemon=True)
            reader.start()
            wait = START
            while start < stop:
                try:
                    line = lines.get(timeout=wait)
                except queue.Empty:
                    worker.kill()
                    found[start], start = f"no answer in {wait:.0f} s", start + 1
                    break
                if not line:
                    assert worker.stderr is not None
                    found[start], start = f"the process ended: {worker.stderr.read()[-2000:]}", start + 1
                    break
                told = json.loads(line)
                found[told["number"]] = told["outcome"]
                start, wait = told["number"] + 1, patience
    return found


def _forward(worker: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        lines.put(line)
    lines.put("")


def judged(found: dict[int, str], count: int) -> None:
    """Every file has its answer, some were played, and none fell through."""
    bad = {number: what for number, what in found.items() if what not in ("result", "refused")}
    assert not bad, "\n".join(f"--- {number}\n{what}" for number, what in list(bad.items())[:5])
    assert len(found) == count
    assert sum(what == "result" for what in found.values()) > count / 10
    assert sum(what == "refused" for what in found.values()) > count / 10


def test_eighty_mutated_files() -> None:
    judged(played(1, 0, EVERYDAY), EVERYDAY)


@pytest.mark.verify
@pytest.mark.timeout(7200)
def test_twenty_thousand_mutated_files() -> None:
    judged(played(2, 0, 20_000), 20_000)


def test_a_crash_and_a_hang_and_a_death_are_seen() -> None:
    """The planted faults: tests.fuzz.faulty ends its files 0, 1 and 2 in a traceback, a long sleep and a sudden end."""
    found = played(1, 0, 5, patience=1.5, module="tests.fuzz.faulty")
    assert "KeyError: 'planted'" in found[0]
    assert found[1].startswith("no answer in ") or os.name == "nt"
    assert found[2].startswith("the process ended")
    assert (found[3], found[4]) == ("result", "refused")
    with pytest.raises(AssertionError, match="planted"):
        judged(found, 5)
