"""The cost of runs: the store, workers, other processes, a Dask cluster on this machine, a million replicates.

``python benchmarks/scale.py`` prints the table of docs/scale.md (some minutes); ``--million`` adds a million replicates.
Each line runs in its own process, so that its peak memory is its own; up to 10,000
replicates the shortest of three times is shown. Nothing here passes or fails: machines differ.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from trialsim import study as studies
from trialsim.runs.run import run
from trialsim.runs.store import ChunkStore
from trialsim.scenario import load

PICU = Path(__file__).resolve().parent.parent / "scenarios" / "picu-blood-draw.yaml"


@dataclass(frozen=True)
class Case:
    """How a run is simulated."""

    what: str
    replicates: int
    executor: str = "threads"
    workers: int = 2
    files: bool = True
    store: bool = True


CASES = (
    Case("in memory, 2 threads", 10_000, files=False),
    Case("run without its store, 2 threads", 10_000, store=False),
    Case("run, 2 threads", 10_000),
    Case("in memory, 1 thread", 10_000, workers=1, files=False),
    Case("run without its store, 1 thread", 10_000, workers=1, store=False),
    Case("run, 1 thread", 10_000, workers=1),
    Case("run, 2 processes", 10_000, executor="processes"),
    Case("run, Dask, 1 worker process", 10_000, executor="dask", workers=1),
    Case("run, Dask, 2 worker processes", 10_000, executor="dask"),
    Case("run, Dask, 3 worker processes", 10_000, executor="dask", workers=3),
    Case("run, 2 threads", 100_000),
)
MILLION = Case("run, 2 threads", 1_000_000)


def measure(case: Case) -> dict[str, float]:
    """Seconds of a run whose code is compiled and loaded, bytes on disk, and peak memory of this process."""
    study = studies.prepare(load(PICU))
    if not case.store:
        ChunkStore.save = lambda self, played: self.path(played.estimates.replicates)  # type: ignore[method-assign]  # not kept
    studies.evaluate(study, replicates=400)
    seconds, disk = [], 0
    with tempfile.TemporaryDirectory() as folder:
        run(study, Path(folder) / "warm", replicates=100, truth=False)
        for again in range(3 if case.replicates <= 10_000 else 1):
            out = Path(folder) / f"out {again}"
            began = time.perf_counter()
            if case.files:
                run(study, out, replicates=case.replicates, truth=False, executor=case.executor, workers=case.workers)
            else:
                studies.evaluate(study, replicates=case.replicates, workers=case.workers)
            seconds.append(time.perf_counter() - began)
            disk = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) if out.exists() else 0
    status = Path("/proc/self/status")
    peak = int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 if status.exists() else 0
    return {"seconds": min(seconds), "disk": disk, "peak": peak}


def main() -> None:
    """Measure every case in its own process and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    cases = (*CASES, MILLION)
    if asked.case is not None:
        print(json.dumps(measure(cases[asked.case])))
        return
    print("| how | replicates | seconds | replicates a second | against the first line | peak memory | on disk |")
    print("|---|---|---|---|---|---|---|")
    first = None
    for index, case in enumerate(cases if asked.million else CASES):
        command = [sys.executable, __file__, "--case", str(index)]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        pace = case.replicates / report["seconds"]
        first = first or pace
        print(
            f"| {case.what} | {case.replicates:,} | {report['seconds']:.2f} | {pace:,.0f} | {pace / first:.2f} "
            f"| {report['peak'] / 2**20:.0f} MiB | {report['disk'] / 1e6:,.0f} MB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
