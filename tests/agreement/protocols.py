"""Protocols, participants and resources full of ties, made by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from pydantic import TypeAdapter

from trialsim.errors import ProtocolError
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.practitioners import Practitioners
from trialsim.protocol.program import Program
from trialsim.protocol.steps import Resource, Step

NEVER = 2**62
ARMS = ("control", "music", "massage")
STAFF = ("nurse", "room", "pump")
STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])

LENGTHS = st.sampled_from(
    ["1 s", "2 s", "5 s", {"choice": {"1 s": "50 %", "3 s": "50 %"}}, {"choice": {"2 s": "30 %", "4 s": "70 %"}}]
)
HOURS = st.sampled_from(
    [
        None,
        None,
        "daily 00:00-00:01,00:02-00:04",
        "daily 00:01-00:02,00:02-00:03",
        "daily 00:00-00:06",
        "daily 23:58-00:01",
    ]
)
SHIFTS = st.sampled_from(
    [
        "daily 00:00-00:01", "00:01-00:02", "daily 00:00-00:02", "daily 00:01-00:03,00:04-00:06", "23:59-00:01",
        "daily 00:02-00:06",
    ]
)  # fmt: skip
BREAKS = st.sampled_from(
    [None, None, None, "00:00-00:01", "00:01-00:02,00:02-00:03", "daily 00:01-00:05", "23:59-00:01"]
)
UNTIL = st.sampled_from(["daily 00:01-00:02", "daily 00:00-00:01,00:03-00:05", "always"])
PATIENCE = st.sampled_from(
    [
        None,
        None,
        "0 s",
        "1 s",
        "3 s",
        "20 s",
        {"choice": {"0 s": "20 %", "4 s": "80 %"}},
        {"exponential": {"mean": "8 s"}},
    ]
)


@dataclass(frozen=True)
class Trial:
    """A protocol and who takes part."""

    program: Program = field(repr=False)
    entries: Any
    seed: int
    steps: Any = None  # as written
    staff: Any = None


@dataclass
class _Names:
    """Numbers that make names differ."""

    count: int = 0

    def __call__(self, word: str) -> str:
        self.count += 1
        return f"{word} {self.count}"


@st.composite
def resources(draw: st.DrawFn, *, other_work: bool) -> dict[str, Any]:
    """One to three kinds of staff, few units each."""
    found: dict[str, Any] = {}
    for name in STAFF[: draw(st.integers(1, 3))]:
        one: dict[str, Any] = {"units": draw(st.integers(1, 2))}
        hours = draw(HOURS)
        if draw(st.integers(0, 2)) == 0:
            hours = "shifts"
            spans = draw(st.lists(SHIFTS, min_size=1, max_size=3, unique=True))
            one["units"] = {span: draw(st.integers(1, 2)) for span in spans}
        elif hours is not None:
            one["hours"] = hours
        breaks = draw(BREAKS)
        if breaks is not None:
            one["breaks"] = breaks
        if other_work and draw(st.booleans()):
            # long spells where a shift is a whole day, or the reference would play tens of thousands of them
            spell = draw(LENGTHS) if hours is not None else "15 min"
            one["other_work"] = {"share": draw(st.sampled_from(["30 %", "70 %", "95 %"])), "spell": spell}
        if draw(st.integers(0, 3)) == 0:
            one["queue_limit"] = draw(st.integers(0, 2))
        found[name] = one
    return found


@st.composite
def blocks(
    draw: st.DrawFn,
    names: _Names,
    staff: tuple[str, ...],
    priorities: Any,
    *,
    held: tuple[str, ...] = (),
    depth: int = 0,
) -> list[dict[str, Any]]:
    """Steps that follow each other."""
    kinds = ["visit", "activity", "activity", "attempt", "wait"]
    kinds += ["hold", "hold", "repeat"] if depth < 2 else []
    found: list[dict[str, Any]] = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4)):
        if kind == "visit":
            found.append({"visit": names("visit")})
        elif kind == "wait":
            rule = {"for": draw(LENGTHS), "until": draw(UNTIL)} | ({"at": "any time"} if draw(st.booleans()) else {})
            found.append({"wait": rule, "name": names("wait")})
        elif kind == "repeat":
            inside = draw(blocks(names, staff, priorities, held=held, depth=depth + 1))
            found.append({"repeat": names("course"), "times": draw(st.integers(1, 3)), "steps": inside})
        elif kind == "hold":
            asked = draw(_asked(staff, held))
            inside = draw(blocks(names, staff, priorities, held=(*held, *asked), depth=depth + 1))
            found.append({"hold": asked, "name": names("hold"), "steps": inside} | draw(_manners(priorities)))
        else:
            found.append(draw(_timed(kind, names, staff, priorities, held)))
    return found


@st.composite
def _asked(draw: st.DrawFn, staff: tuple[str, ...], held: tuple[str, ...]) -> list[str]:
    """What may be asked for: all that is held, and what stands behind it in the file."""
    last = max((staff.index(name) for name in held), default=-1)
    return draw(st.lists(st.sampled_from((*held, *staff[last + 1 :])), min_size=1, max_size=2, unique=True))


@st.composite
def _manners(draw: st.DrawFn, priorities: Any) -> dict[str, Any]:
    patience = draw(PATIENCE)
    return {"priority": draw(priorities)} | ({} if patience is None else {"give_up_after": patience})


@st.composite
def _timed(
    draw: st.DrawFn, kind: str, names: _Names, staff: tuple[str, ...], priorities: Any, held: tuple[str, ...]
) -> dict[str, Any]:
    """An activity or attempt."""
    step: dict[str, Any] = {kind: names(kind), "lasts": draw(LENGTHS)}
    if draw(st.integers(0, 2)) == 0:
        step["arms"] = draw(st.lists(st.sampled_from(ARMS), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()):
        step |= {"needs": draw(_asked(staff, held))} | draw(_manners(priorities))
    if kind == "attempt":
        step |= {"succeeds": "50 %", "at_most": draw(st.integers(1, 3))}
        if draw(st.booleans()):
            step["visit"] = names("visit")
    elif draw(st.integers(0, 2)) == 0:
        step["interrupted"] = {
            "chance": "60 %",
            "for": draw(LENGTHS),
            "stopped": draw(st.sampled_from(["0 %", "40 %"])),
        }
    return step


@st.composite
def participants(draw: st.DrawFn, *, sites: int) -> Any:
    """Up to nine participants who come close together; some leave, some never enroll."""
    enrolled, absent = draw(st.integers(1, 8)), draw(st.integers(0, 1))
    n = enrolled + absent
    entry = sorted(draw(st.lists(st.integers(0, 40), min_size=enrolled, max_size=enrolled))) + [-1] * absent
    stays = draw(st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=n, max_size=n))
    leave = [NEVER if stay is None or came < 0 else came + stay for came, stay in zip(entry, stays, strict=True)]
    whole = st.lists(st.integers(0, 2), min_size=n, max_size=n)
    return SimpleNamespace(
        entry=np.array([entry], dtype=np.int64),
        arrival=np.array([entry], dtype=np.int64),
        arm=np.array([draw(whole)], dtype=np.int8),
        site=np.array([[one % sites for one in draw(whole)]], dtype=np.int16),
        leave=np.array([leave], dtype=np.int64),
        leave_reason=np.array([[-1 if one == NEVER else 0 for one in leave]], dtype=np.int8),
    )


@st.composite
def followed(draw: st.DrawFn, staff: tuple[str, ...]) -> Practitioners:
    """Groups of practitioners: none, one resource, several, or groups that share a resource."""
    group = st.lists(st.sampled_from(staff), min_size=1, max_size=2, unique=True).map(tuple)
    groups = tuple(draw(st.lists(group, max_size=2, unique=True)))
    return Practitioners(groups, draw(st.integers(0, len(groups))))


@st.composite
def trials(draw: st.DrawFn, *, other_work: bool = True) -> Trial:
    """A whole trial. With other work priorities are 0 or more (it has 0 itself)."""
    staff = draw(resources(other_work=other_work))
    priorities = st.integers(0, 1) if other_work else st.integers(-1, 1)
    steps = draw(blocks(_Names(), tuple(staff), priorities))
    sites = draw(st.sampled_from([(), ("north", "south")]))
    starts = date(2026, 1, draw(st.integers(5, 11)))
    records = {name: Resource.model_validate(one) for name, one in staff.items()}
    who = draw(followed(tuple(staff)))
    try:
        program = compile_protocol(
            STEPS.validate_python(tuple(steps)), records, arms=ARMS, starts=starts, sites=sites, practitioners=who
        )
    except ProtocolError as error:
        assert error.code == "TS-P006", error  # staff never on duty together
        reject()
    return Trial(program, draw(participants(sites=max(len(sites), 1))), draw(st.integers(0, 2**32)), steps, staff)
