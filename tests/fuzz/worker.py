"""Reads, explains and plays mutated scenario files, one after another, and says of each what came of it.

``python -m tests.fuzz.worker SEED START STOP`` writes one line of JSON a file: its number, what came of it, and the seconds it
took. It is a process of its own, so that a hang or a file that takes all the memory ends nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import deque
from pathlib import Path

from tests.fuzz.mutate import SCENARIOS, mutant, shipped

#: Bytes of memory beyond which asking for more fails.
MEMORY = 2 * 2**30
#: Participants at visits and steps above which a trial is prepared but not played.
LARGEST = 100_000


def outcome(text: str, path: Path) -> str:
    """``result``, ``refused``, or what was not meant to be, of a scenario written to ``path``."""
    from trialsim.errors import ScenarioError, TrialsimError

    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        played(path)
    except ScenarioError as refused:
        poor = [fault for fault in refused.faults if not fault.code or fault.line < 1 or not fault.message]
        return f"a fault without a place: {poor}" if poor or not refused.faults else "refused"
    except TrialsimError as refused:
        return "refused" if refused.code and refused.remedy else f"no code or remedy: {refused!r}"
    except RecursionError:
        return "".join(["recursion\n", *traceback.format_exc().splitlines(keepends=True)[-6:]])
    except Exception:  # this is what is looked for
        return traceback.format_exc()
    return "result"


def played(path: Path) -> None:
    """Everything that is done with a small scenario: read, explained, its sweep made, two trials of it summed up."""
    from trialsim import study as studies
    from trialsim.report.explain import explain
    from trialsim.scenario import load
    from trialsim.scenario.cells import family
    from trialsim.scenario.sweep import points_of

    study = studies.prepare(load(path))
    explain(study)
    if study.scenario.sweep is not None:
        deque(family(path).each(points_of(study.scenario.sweep)[:20]), maxlen=0)
    steps = len(study.program.ops) if study.program else 1
    if study.conduct.target * max(steps, len(study.response.pairs)) <= LARGEST:
        found = studies.evaluate(study, replicates=2, workers=1)
        assert found.replicates == 2


def main() -> None:
    """The files from START to STOP."""
    seed, start, stop = (int(text) for text in sys.argv[1:4])
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(shutil.copytree(SCENARIOS, Path(folder) / "scenarios"))
        for file, _ in shipped():  # compiled before the clock runs
            played(copied / file.relative_to(SCENARIOS))
        if sys.platform == "linux":
            import resource

            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        for number in range(start, stop):
            began = time.perf_counter()
            text, file = mutant(seed, number)
            told = outcome(text, copied / file.relative_to(SCENARIOS).with_name("mutant.yaml"))
            line = {"number": number, "outcome": told, "seconds": time.perf_counter() - began}
            os.write(1, (json.dumps(line) + "\n").encode())


if __name__ == "__main__":
    main()
