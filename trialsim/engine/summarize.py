"""From events to arrays, in plain Python: what the compiled engine writes is checked against this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.engine import trace as e
from trialsim.engine.trace import NEVER, EventTrace, empty_trace
from trialsim.protocol.calendar import shift_number, windows_from
from trialsim.protocol.program import Program

Ints = NDArray[np.int64]


#: Units that came in a replicate: tick, participant, resource and unit of each.
Given = Sequence[tuple[int, int, int, int]]


def summarize(logs: Sequence[Ints], program: Program, *, participants: int, given: Sequence[Given]) -> EventTrace:
    """The trace of R replicates from their events, (E, 6) each, and the units that came."""
    trace = empty_trace(program, replicates=len(logs), participants=participants)
    for array in (trace.visits, trace.activities, trace.holds, trace.ends):
        array[:] = -1
    trace.visits[..., e.V_REASON] = e.NOT_ENROLLED
    trace.activities[..., [e.A_FAILED, e.A_TRIES]] = 0
    trace.holds[..., e.H_STATE] = e.NOT_REACHED
    trace.ends[..., e.E_REASON] = e.NEVER_ENROLLED
    trace.staff[:], trace.trial_end[:] = 0, 0
    for r, log in enumerate(logs):
        units = {(tick, n, resource): unit for tick, n, resource, unit in given[r]}
        for n in range(participants):
            events = log[log[:, 2] == n]
            if len(events):
                _Pathway(program, trace, r, n, units).read(events)
        if len(log):
            trace.trial_end[r] = log[np.isin(log[:, 1], (e.LEAVE, e.COMPLETE)), 0].max(initial=0)
    return EventTrace(**{**vars(trace), "events": tuple(logs)})


class _Pathway:
    """One participant's events."""

    def __init__(
        self, program: Program, trace: EventTrace, r: int, n: int, units: Mapping[tuple[int, int, int], int]
    ) -> None:
        self.program, self.number, self.units = program, n, units
        self.visits, self.activities, self.holds = trace.visits[r, n], trace.activities[r, n], trace.holds[r, n]
        self.ends, self.staff = trace.ends[r, n], trace.staff[r]
        self.arm = self.site = 0
        self.kept: list[int] = []  # holds, the innermost last
        self.running = -1  # activity under way
        self.missed: list[tuple[int, int, list[int]]] = []  # steps of holds that were given up, and who had served
        self.served = [-1] * len(program.serving)  # who of each group of practitioners served last
        self.readers: dict[int, Callable[[int, int, int, int], None]] = {
            e.ENTER: self.enter, e.REQUEST: self.request, e.GRANT: self.grant, e.GIVE_UP: self.miss,
            e.TURNED_AWAY: self.miss, e.RELEASE: self.release, e.START: self.start, e.PAUSE: self.pause,
            e.RESUME: self.resume, e.END: self.end, e.TRIED: self.tried, e.VISIT: self.visit, e.LEAVE: self.leave,
            e.SERVED: self.serve,
        }  # fmt: skip

    def read(self, events: Ints) -> None:
        """Read the events in order, then record why visits are missing."""
        last = e.COMPLETE
        for tick, kind, _, step, value, unit in events.tolist():
            if kind in (e.GIVE_UP, e.TURNED_AWAY):
                self.holds[value, e.H_STATE] = e.GAVE_UP if kind == e.GIVE_UP else e.REFUSED
                if kind == e.GIVE_UP and self.program.patience_varies:
                    self.holds[value, e.H_GAVE_UP] = tick
            if kind in self.readers:
                self.readers[kind](tick, step, value, unit)
            last = kind
        tick, step = int(events[-1, 0]), int(events[-1, 3])
        if last in (e.LEAVE, e.COMPLETE):
            self.ends[:] = tick, e.LEFT_EARLY if last == e.LEAVE else e.COMPLETED
        for visit, place in enumerate(self.program.visit_step):
            if self.visits[visit, e.V_TIME] < 0:
                self.visits[visit, e.V_REASON :] = self._why_missing(place, step if last == e.LEAVE else NEVER)

    def _why_missing(self, place: int, reached: int) -> list[int]:
        """Why the visit at step ``place`` has no time, for one who came as far as step ``reached``, and who had served."""
        for first, end, served in self.missed:
            if first < place < end:
                return [e.SESSION_MISSED, *served]
        return [e.OTHER_ARM, *[-1] * len(self.served)] if place < reached else [e.LEFT, *self.served]

    def serve(self, tick: int, _step: int, value: int, unit: int) -> None:
        """A person serves, and counts until another of the same group does."""
        person = (value << e.SHIFT_BITS) | (self._shift(value, unit, tick)[0] << e.UNIT_BITS) | unit
        number = value % self.program.resources_per_site
        self.served = [
            person if number in group else last for group, last in zip(self.program.serving, self.served, strict=True)
        ]

    def enter(self, _tick: int, _step: int, value: int, unit: int) -> None:
        self.arm, self.site = value, unit
        self.visits[:, e.V_REASON] = e.LEFT

    def request(self, tick: int, _step: int, value: int, _unit: int) -> None:
        self.holds[value, e.H_REQUEST] = tick

    def grant(self, tick: int, _step: int, value: int, unit: int) -> None:
        self.holds[value, [e.H_GRANT, e.H_STATE, e.H_UNIT]] = tick, e.GRANTED, unit
        self.kept.append(value)
        for need in self.program.holds[value].resources:
            self.staff[self._instance(need), e.S_GRANTS] += 1

    def miss(self, _tick: int, step: int, _value: int, _unit: int) -> None:
        self.missed.append((step, int(self.program.ops[step, 2]), self.served))

    def release(self, tick: int, _step: int, value: int, _unit: int) -> None:
        self.kept.remove(value)
        self._give_back(value, tick)

    def _give_back(self, hold: int, tick: int) -> None:
        self.holds[hold, e.H_RELEASE] = tick
        granted = int(self.holds[hold, e.H_GRANT])
        for need in self.program.holds[hold].resources:
            instance = self._instance(need)
            unit = self.units[granted, self.number, instance]
            self.staff[instance, e.S_STUDY] += tick - granted
            self.staff[instance, e.S_OVERTIME] += max(tick - self._shift(instance, unit, granted)[1], 0)

    def start(self, tick: int, step: int, value: int, _unit: int) -> None:
        row = self.activities[int(self.program.ops[step, 1])]
        if self.running < 0:
            self.running = int(self.program.ops[step, 1])
            row[[e.A_START, e.A_PLANNED]] = tick, value
            row[e.A_SERVED :] = self.served[: self.program.practitioners.givers]
        else:
            row[e.A_PLANNED] += value  # the next try

    def pause(self, tick: int, _step: int, _value: int, _unit: int) -> None:
        self.activities[self.running, e.A_PAUSE_START] = tick

    def resume(self, tick: int, _step: int, _value: int, _unit: int) -> None:
        self.activities[self.running, e.A_PAUSE_END] = tick

    def end(self, tick: int, _step: int, value: int, _unit: int) -> None:
        row = self.activities[self.running]
        row[[e.A_END, e.A_DELIVERED]] = tick, value
        if row[e.A_PAUSE_START] >= 0 and row[e.A_PAUSE_END] < 0:
            row[e.A_PAUSE_END] = tick
        self.running = -1

    def tried(self, tick: int, step: int, value: int, unit: int) -> None:
        row = self.activities[self.running]
        row[e.A_TRIES] += 1
        row[e.A_FAILED] += 1 - value
        if value or unit + 1 == self.program.ops[step, 3]:
            row[[e.A_END, e.A_DELIVERED, e.A_SUCCESS]] = tick, tick - row[e.A_START], value
            self.running = -1

    def visit(self, tick: int, _step: int, value: int, _unit: int) -> None:
        self.visits[value] = tick, e.VISITED, *self.served

    def leave(self, tick: int, _step: int, _value: int, _unit: int) -> None:
        waiting = (self.holds[:, e.H_REQUEST] >= 0) & (self.holds[:, e.H_STATE] == e.NOT_REACHED)
        self.holds[waiting, e.H_STATE] = e.LEFT_WAITING
        if self.running >= 0:
            self._break_off(tick)
        for hold in self.kept:
            self._give_back(hold, tick)

    def _break_off(self, tick: int) -> None:
        """An activity under way ends; the part given until now counts."""
        row = self.activities[self.running]
        row[[e.A_END, e.A_DELIVERED]] = tick, tick - row[e.A_START]
        if row[e.A_PAUSE_START] >= 0:
            if row[e.A_PAUSE_END] < 0:
                row[e.A_PAUSE_END] = tick
            row[e.A_DELIVERED] -= row[e.A_PAUSE_END] - row[e.A_PAUSE_START]

    def _instance(self, need: int) -> int:
        return self.site * self.program.resources_per_site + need

    def _shift(self, instance: int, unit: int, tick: int) -> tuple[int, int]:
        """Number and close of the shift of a unit of a resource at ``tick``."""
        shift = self.program.resources[instance].shift_of(unit)
        if shift.calendar < 0:
            return 0, NEVER
        calendar = self.program.calendars[shift.calendar]
        opens, closes = next(windows_from(calendar, tick, weekday=self.program.weekday))
        return shift_number(calendar, opens, self.program.weekday), closes
