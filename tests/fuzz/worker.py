"""Reads, explains and plays mutated scenario files, one after another, and says of each what came of it.

``python -m tests.fuzz.worker SEED START STOP`` writes one line of JSON a file: its number, what came of it, and the seconds it
took. It is a process of its own, so that a hang or a file that takes all the memory ends nothing else.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import deque
from contextlib import redirect_stdout
from pathlib import Path

from tests.fuzz.mutate import SCENARIOS, mutant, shipped
from trialsim.cli.tables import print_measures
from trialsim.evaluate.frames import note
from trialsim.quantities.letters import ODD

#: Words that stand where a number should.
NO_NUMBER = re.compile(r"(?<![\w])([-+]?(?:inf|infinity|nan|NaN|NaT|<NA>))(?![\w])", re.IGNORECASE)

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
    from trialsim.prepared import warnings_of
    from trialsim.report.explain import explain
    from trialsim.scenario import load
    from trialsim.scenario.sweep import points_of
    from trialsim.scenario.variants import variants

    study = studies.prepare(load(path))
    shown(path, str(explain(study)), str(warnings_of(study)))
    if study.scenario.sweep is not None:
        deque(variants(study.scenario, points_of(study.scenario.sweep)[:20]), maxlen=0)
    steps = len(study.program.ops) if study.program else 1
    if study.conduct.target * max(steps, len(study.response.pairs)) <= LARGEST:
        found = studies.evaluate(study, replicates=2, workers=1)
        assert found.replicates == 2
        screen = io.StringIO()
        with redirect_stdout(screen):
            print_measures(found)
        shown(path, screen.getvalue(), note(found))


class NoNumber(Exception):  # noqa: N818  # one of the outcomes of a file
    """What is no number was shown as if it were one."""


def shown(path: Path, *texts: str) -> None:
    """Refuse texts that show inf or nan where the file has no such word, or that would steer a terminal."""
    own = path.read_text(encoding="utf-8", errors="replace").lower()
    for text in texts:
        for found in NO_NUMBER.finditer(text):
            if found[1].lower() not in own:
                raise NoNumber(text[max(found.start() - 100, 0) : found.end() + 40])
        steering = ODD.search(text)
        if steering is not None:
            raise NoNumber(f"{steering[0]!r} is shown: {text[max(steering.start() - 100, 0) : steering.end() + 40]!r}")


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
