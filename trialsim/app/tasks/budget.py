"""What a play would take, estimated before it is queued."""

from __future__ import annotations

from trialsim.errors import RunError
from trialsim.memory import trial_bytes
from trialsim.prepared import Study

#: CPU seconds of one trial per byte of its arrays: the shipped scenarios take between 1e-9 and 17e-9.
SECONDS_PER_BYTE = 8e-9

#: The largest trial [bytes of its arrays].
LARGEST_TRIAL = 2**26


def seconds_of(study: Study, replicates: int) -> float:
    """CPU seconds of a play, roughly."""
    return SECONDS_PER_BYTE * trial_bytes(study) * replicates


def refuse_too_much(study: Study, replicates: int, *, seconds: float) -> None:
    """See that a play is within its share of this computer.

    Raises
    ------
    RunError
        TS-W004 if it is not
    """
    wanted = seconds_of(study, replicates)
    if trial_bytes(study) > LARGEST_TRIAL or wanted > seconds:
        raise RunError(
            f"{replicates:,} trials of {study.conduct.target:,} participants would take some {wanted:,.0f} seconds of this "
            f"computer, and one play may take {seconds:g}.",
            code="TS-W004",
            remedy="Ask for fewer trials, or run it from a terminal with `trialsim run`.",
        )
