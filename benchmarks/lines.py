"""A line of a table of speeds, and how long something takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One figure: what was timed, our value, its limit, the yardstick, and their ratio."""

    what: str
    ours: float
    unit: str
    aim: float | None = None
    yardstick: str = ""
    theirs: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times faster we are."""
        return None if self.theirs is None else self.theirs / self.ours


def best(action: Callable[[], object], *, times: int = 3) -> float:
    """Shortest of several timings [s]."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        found.append(time.perf_counter() - began)
    return min(found)


def processor_seconds(action: Callable[[], object], *, times: int = 3) -> float:
    """Shortest of several timings of this process [s of one core]: what others do on the machine counts less."""
    found = []
    for _ in range(times):
        began = time.process_time()
        action()
        found.append(time.process_time() - began)
    return min(found)


def printed(lines: list[Line]) -> str:
    """The table."""
    rows = [f"{'':<62}{'ours':>10}  {'unit':<16}{'aim':>8}{'yardstick':>12}{'times':>8}"]
    for line in lines:
        theirs = "" if line.theirs is None else f"{line.theirs:,.0f}"
        ratio = "" if line.ratio is None else f"{line.ratio:,.0f}"
        aim = "" if line.aim is None else f"{line.aim:,g}"
        rows.append(
            f"{line.what:<62}{line.ours:>10,.2f}  {line.unit:<16}{aim:>8}{theirs:>12}{ratio:>8}  {line.yardstick}"
        )
    return "\n".join(rows)
