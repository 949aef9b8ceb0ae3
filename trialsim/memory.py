"""The number of trials in memory at once: as many as a budget allows, and at least one."""

from __future__ import annotations

from trialsim.analysis.substitution import NOTHING
from trialsim.prepared import Study

#: Memory that one worker may use for the arrays of the trials it simulates at a time.
BUDGET = 2**25

#: Days of enrollment that are kept for figures, over all participants and replicates.
MOST_DAYS = 2**23

#: Bytes of one number.
NUMBER = 8


def trial_bytes(study: Study, *, twins: int | None = None) -> int:
    """Memory of the arrays of one trial while it is simulated and analyzed: an upper estimate [bytes].

    By ``tracemalloc`` the shipped scenarios take between .4 and 1.0 of it.

    Parameters
    ----------
    twins : how many are simulated; by default those of the study
    """
    twins = len(study.twins) if twins is None else twins
    calls = study.analysis.calls
    arrays = 4 + any(call.endpoint.instead != NOTHING for call in calls) + (study.looks is not None)
    arrays += 5 * any(call.imputation is not None for call in calls)  # measured, drawn, filled, moved, completed
    numbers = 20 + arrays * twins * len(study.response.pairs)  # of one participant
    program = study.program
    if program is not None:
        numbers += len(program.slots) + 3 * len(program.visits) + 10 * len(program.activities) + 5 * len(program.holds)
    return NUMBER * numbers * study.conduct.target


def truth_bytes(study: Study) -> int:
    """Memory of the arrays of one trial while its truth is computed: an upper estimate [bytes].

    It is simulated with everyone in each arm, once more on an undisturbed ward, and in its own arms. By ``tracemalloc`` the
    shipped scenarios take between .1 and .4 of this.
    """
    numbers = 20 + 2 * len(study.twins) * len(study.response.pairs)
    program = study.program
    if program is not None:
        numbers += len(program.slots) + 6 * len(program.visits) + 10 * len(program.activities) + 5 * len(program.holds)
    return NUMBER * numbers * study.conduct.target * (2 * len(study.analysis.arms) + 1)


def at_once(bytes_each: int, *, largest: int) -> int:
    """Trials of ``bytes_each`` in memory at a time: what :data:`BUDGET` allows, from 1 to ``largest``.

    >>> at_once(2**20, largest=500), at_once(2**10, largest=500), at_once(2**30, largest=500)
    (32, 500, 1)
    """
    return max(1, min(BUDGET // max(bytes_each, 1), largest))


def most_with_days(participants: int) -> int:
    """Replicates whose days of enrollment are kept for figures: :data:`MOST_DAYS` in all, and at least one replicate's."""
    return max(1, MOST_DAYS // max(participants, 1))
