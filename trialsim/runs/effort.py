"""What a run will take: time, memory and disk, from a few replicates simulated first."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from trialsim import study as studies
from trialsim.analysis.estimates import NUMBERS
from trialsim.chunks import usable_cores
from trialsim.errors import RunError
from trialsim.evaluate.moments import BLOCK
from trialsim.memory import BUDGET, trial_bytes, truth_bytes
from trialsim.prepared import Study

#: Participants at visits, over all replicates, above which a run is asked about first.
LARGE = 1_000_000_000

#: Memory of the program itself with everything it has loaded [bytes].
BASE = 200 * 2**20

#: A run of more replicates would have millions of files; play it in parts with several seeds.
MOST_REPLICATES = 10**9


@dataclass(frozen=True)
class Effort:
    """What a run takes: seconds on ``workers``, bytes of memory and of disk."""

    size: int
    workers: int
    seconds: float
    memory: int
    disk: int

    def words(self) -> str:
        """In a sentence."""
        return (
            f"about {span(self.seconds)} on {self.workers} worker{'s' if self.workers > 1 else ''}, "
            f"{volume(self.memory)} of memory and {volume(self.disk)} on disk"
        )


def size(study: Study, replicates: int) -> int:
    """Participants at visits over all replicates."""
    return replicates * study.conduct.target * max(len(study.scenario.visits) or len(study.response.pairs), 1)


def effort(study: Study, replicates: int, *, workers: int | None = None) -> Effort:
    """Time, memory and disk of ``replicates``; one block is simulated to know."""
    studies.play(study, range(1))  # compiled, if it was not
    began = time.perf_counter()
    played = studies.play(study, range(BLOCK))
    each = (time.perf_counter() - began) / BLOCK
    workers = workers or usable_cores()
    twins, _, rows = played.estimates.estimate.shape
    stored = twins * rows * (8 * len(NUMBERS) + 5) + played.trial.shape[1] * 8 + played.entry_days.shape[1] * 4
    stored += played.waits[0].nbytes
    chunk = len(studies.stored_chunks(study, range(replicates), engine="fast")[0])
    working = max(BUDGET, trial_bytes(study), truth_bytes(study))
    return Effort(
        size=size(study, replicates),
        workers=workers,
        seconds=each * replicates / workers,
        memory=BASE + workers * working + (workers + 2) * chunk * stored * 4,
        disk=replicates * stored,
    )


def check_replicates(replicates: int) -> None:
    """Refuse a number of replicates that no run can hold.

    Raises
    ------
    RunError
        TS-R018 above :data:`MOST_REPLICATES`
    """
    if replicates > MOST_REPLICATES:
        raise RunError(
            f"{replicates:,} replicates are more than a run can hold.", code="TS-R018", remedy="Give a smaller number."
        )


def effort_words(study: Study, *, workers: int | None = None) -> str | None:
    """What a very large run takes, in words; None where it is not worth a word."""
    replicates = study.scenario.simulation.replicates
    if size(study, replicates) <= LARGE:
        return None
    return f"{replicates:,} simulated trials take {effort(study, replicates, workers=workers).words()}"


def check_effort(study: Study, *, workers: int | None = None, large: bool = False) -> None:
    """Refuse a very large run, unless ``large`` says that it is meant.

    Raises
    ------
    RunError
        TS-R017 with what it will take
    """
    if large:
        return
    words = effort_words(study, workers=workers)
    if words is not None:
        raise RunError(f"{words}.", code="TS-R017", remedy="Add --yes to simulate them (in Python: large=True).")


def span(seconds: float) -> str:
    """A time in the unit people would say.

    >>> span(40), span(4000), span(400_000)
    ('40 s', '67 min', '4.6 days')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 3 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} hours" if seconds < 2 * 86400 else f"{seconds / 86400:,.1f} days"


def volume(count: float) -> str:
    """Bytes in the unit people would say.

    >>> volume(2e9), volume(3e5)
    ('2.0 GB', '300 kB')
    """
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6)):
        if count >= 10**power:
            value = count / 10**power
            return f"{value:,.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
    return f"{math.ceil(count / 1000)} kB"
