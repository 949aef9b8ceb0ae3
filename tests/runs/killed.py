"""A process that forks a run for each line it reads, so that a test can kill runs without starting Python each time.

Its arguments are a scenario, a folder to warm up in, and changes of the scenario. It reads ``OUT REPLICATES SEED``, answers with
the process that plays (the truth first, then the trials), then with how that process ended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from trialsim import study as studies
from trialsim.runs.run import run
from trialsim.scenario import load


def main() -> None:
    study = studies.prepare(load(sys.argv[1], set=sys.argv[3:]))
    run(study, Path(sys.argv[2]), replicates=100, workers=1)  # compiled before the first fork
    for line in sys.stdin:
        out, replicates, seed = line.rsplit(maxsplit=2)
        child = os.fork()
        if child == 0:
            run(study, Path(out), replicates=int(replicates), seed=int(seed), workers=1)
            os._exit(0)
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
