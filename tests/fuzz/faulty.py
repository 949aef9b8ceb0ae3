"""A worker with planted faults, to see that :mod:`tests.fuzz.test_fuzz` finds them."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.fuzz import worker
from tests.fuzz.mutate import mutant
from trialsim.scenario import loads


def _planted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    number = next(n for n in range(5) if mutant(1, n)[0] == text)
    if number == 0:
        raise KeyError("planted")
    if number == 1:
        time.sleep(60)
    if number == 2:
        os._exit(9)
    if number == 4:
        loads("")


if __name__ == "__main__":
    worker.shipped = lambda: ()  # type: ignore[assignment]  # nothing to compile
    worker.played = _planted
    worker.main()
