"""Both engines play the same protocol to the same last event, and to the same arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.agreement.protocols import Trial, trials
from trialsim.engine import EventTrace, play
from trialsim.engine.summarize import summarize
from trialsim.engine.trace import first_difference
from trialsim.errors import ProtocolError
from trialsim.protocol.tapes import Tapes, draw_tapes

ARRAYS = ("visits", "activities", "holds", "ends", "staff", "trial_end")
MANY = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def tapes_of(trial: Trial) -> Tapes:
    participants = trial.entries.entry.shape[1]
    return draw_tapes(trial.program, seed=trial.seed, replicates=range(1), participants=participants)


def played(trial: Trial, engine: str, tapes: Tapes) -> EventTrace:
    return play(
        trial.program, trial.entries, tapes, seed=trial.seed, replicates=range(1), engine=engine, record=True  # type: ignore[arg-type]
    )


def difference(a: EventTrace, b: EventTrace, trial: Trial) -> str | None:
    """The first event that differs, else the first array."""
    found = first_difference(a.events[0], b.events[0], trial.program)
    if found is not None:
        return found
    return next((name for name in ARRAYS if not np.array_equal(getattr(a, name), getattr(b, name))), None)


@MANY
@given(trials())
def test_engines_agree(trial: Trial) -> None:
    tapes = tapes_of(trial)
    assert difference(played(trial, "fast", tapes), played(trial, "simpy", tapes), trial) is None


@MANY
@given(trials(other_work=False))
def test_engines_agree_under_any_priority(trial: Trial) -> None:
    tapes = tapes_of(trial)
    assert difference(played(trial, "fast", tapes), played(trial, "simpy", tapes), trial) is None
