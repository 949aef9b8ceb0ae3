"""A small ward for tests: a protocol as written in a file, and participants as lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from trialsim.engine import EventTrace, play
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.program import Program
from trialsim.protocol.steps import Resource, Step
from trialsim.protocol.tapes import draw_tapes

NEVER = 2**62
STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


def program_of(
    steps: Sequence[Mapping[str, Any]],
    staff: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    arms: Sequence[str] = ("control", "massage"),
    sites: Sequence[str] = (),
) -> Program:
    records = {name: Resource.model_validate(one) for name, one in (staff or {}).items()}
    return compile_protocol(
        STEPS.validate_python(tuple(steps)), records, arms=arms, starts=date(2026, 1, 5), sites=sites
    )


def entries_of(
    entry: Any, *, leave: Mapping[int, int] | None = None, arm: Sequence[int] = (), site: Sequence[int] = ()
) -> Any:
    """Participants of one replicate (a list of ticks) or of several (R, N)."""
    entry = np.atleast_2d(np.asarray(entry, dtype=np.int64))
    goes = np.full(entry.shape, NEVER, dtype=np.int64)
    for n, tick in (leave or {}).items():
        goes[:, n] = tick
    return SimpleNamespace(
        entry=entry,
        arrival=entry,
        arm=np.zeros(entry.shape, dtype=np.int8) + np.array(arm or [0], dtype=np.int8),
        site=np.zeros(entry.shape, dtype=np.int16) + np.array(site or [0], dtype=np.int16),
        leave=goes,
        leave_reason=np.where(goes < NEVER, 0, -1).astype(np.int8),
    )


@pytest.fixture(params=["fast", "simpy"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ward(engine: str) -> Callable[..., EventTrace]:
    """Play steps with an engine: ``ward(steps, staff, entry, leave=.., arm=.., site=.., sites=.., seed=..)``."""

    def played(
        steps: Any, staff: Any, entry: Any, *, sites: Sequence[str] = (), seed: int = 1, **who: Any
    ) -> EventTrace:
        program, entries = program_of(steps, staff, sites=sites), entries_of(entry, **who)
        replicates = range(entries.entry.shape[0])
        tapes = draw_tapes(program, seed=seed, replicates=replicates, participants=entries.entry.shape[1])
        return play(program, entries, tapes, seed=seed, replicates=replicates, engine=engine, record=True)  # type: ignore[arg-type]  # a parameter

    return played


@pytest.fixture
def make_program() -> Callable[..., Program]:
    return program_of


@pytest.fixture
def make_entries() -> Callable[..., Any]:
    return entries_of
