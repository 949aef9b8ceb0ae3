"""What the timeline of a ward week shows: who was with whom, who waited, who was off duty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from trialsim.conduct import conduct
from trialsim.protocol.calendar import DAY, Calendar, windows_from
from trialsim.protocol.columns import H_GAVE_UP, H_REQUEST

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.cohort import Trial
    from trialsim.prepared import Study
    from trialsim.protocol.program import Program, ResourceInfo, ShiftInfo


#: Columns of the spells of a timeline.
SPELLS = ["lane", "start", "end", "kind", "arm", "participant"]


def lanes_of(study: Study) -> list[str]:
    """A lane for each unit of staff, and one for those who wait."""
    assert study.program is not None
    return [_lane(one.name, unit, one.units) for one in study.program.resources for unit in range(one.units)] + [
        "waiting"
    ]


def _lane(resource: str, unit: int, units: int) -> str:
    return f"{resource} {unit + 1}" if units > 1 else resource


def ward_spells(trial: Trial) -> pd.DataFrame:
    """Columns lane, start, end, kind, arm, participant: time with staff, waits, missed sessions."""
    import pandas as pd

    program = trial.cohort.program
    assert program is not None
    units = {resource.name: resource.units for resource in program.resources}
    arms = trial.participants().set_index("participant")[trial.allocated]
    ends = trial.participants().set_index("participant")["ended"]
    rows: list[tuple[object, ...]] = []
    shared = _SharedStaff(trial)
    for one in trial.staffing().sort_values("granted", kind="stable").to_dict("records"):
        who = one["participant"]
        if one["state"] == "granted":
            if one["granted"] > one["asked"]:
                rows.append(("waiting", one["asked"], one["granted"], "waiting", arms[who], who))
            lane = _lane(one["resource"], one["unit"] - 1, units[one["resource"]])
            lanes = [lane, *shared.lanes(one)]
            rows += [(lane, one["granted"], one["given_back"], "study", arms[who], who) for lane in lanes]
        else:
            until = one["asked"] + timedelta(seconds=_waited(trial, who, one["need"]))
            kind = "left" if one["state"] == "left while waiting" else "missed"
            rows.append(("waiting", one["asked"], ends[who] if kind == "left" else until, kind, arms[who], who))
    return pd.DataFrame(rows, columns=SPELLS)


def _waited(trial: Trial, participant: int, need: str) -> int:
    """How long somebody waited whose patience ran out [s]; those turned away waited for as long as they would have at most."""
    program, trace = trial.cohort.program, trial.cohort.trace
    assert program is not None
    assert trace is not None
    place, hold = next((place, hold) for place, hold in enumerate(program.holds) if hold.name == need)
    row = trace.holds[trial.index, participant - 1, place]
    if hold.slot >= 0 and row[H_GAVE_UP] >= 0:
        return int(row[H_GAVE_UP] - row[H_REQUEST])
    return max(hold.patience, 0)


class _SharedStaff:
    """Lanes for the further resources of a hold, of whose units the trace keeps no number: the first one that is free."""

    def __init__(self, trial: Trial) -> None:
        program = trial.cohort.program
        assert program is not None
        per_site = program.resources_per_site
        first = {resource.name: place for place, resource in enumerate(program.resources)}
        setting = trial.cohort.scenario.setting
        assert setting is not None
        self.program, self.resources = program, program.resources
        self.midnight = datetime.combine(setting.starts, time())
        self.further = {
            (resource, hold.name): [place - place % per_site + other for other in hold.resources[1:]]
            for resource, place in first.items()
            for hold in program.holds
            if place % per_site == hold.resources[0]
        }
        self.until: dict[tuple[int, int], datetime] = {}

    def on_duty(self, place: int, now: datetime) -> Iterator[int]:
        """Units of a resource in the order in which they are given: those of the shift that began first, by number."""
        found = []
        for shift in self.resources[place].shifts:
            opens = 0
            if shift.calendar >= 0:
                tick = int((now - self.midnight).total_seconds())
                windows = windows_from(self.program.calendars[shift.calendar], tick, weekday=self.program.weekday)
                opens, closes = next(windows)
                if not opens <= tick < closes:
                    continue
            found += [(opens, unit) for unit in range(shift.first, shift.first + shift.units)]
        return (unit for _, unit in sorted(found))

    def lanes(self, one: Mapping[Any, Any]) -> Iterator[str]:
        """The lanes of one row of the staffing, which come in the order of their grants."""
        for place in self.further[one["resource"], one["need"]]:
            resource = self.resources[place]
            unit = next(
                u
                for u in self.on_duty(place, one["granted"])
                if self.until.get((place, u), one["granted"]) <= one["granted"]
            )
            self.until[place, unit] = one["given_back"]
            yield _lane(resource.name, unit, resource.units)


def other_spells(trial: Trial, first: date) -> pd.DataFrame:
    """Spells as :func:`ward_spells` has them, of what staff did besides the study in the week from ``first``."""
    import pandas as pd

    from trialsim.engine.reference import other_work
    from trialsim.protocol.tapes import draw_tapes

    cohort, starts = trial.cohort, trial.cohort.scenario.setting
    program = cohort.program
    assert program is not None
    assert starts is not None
    one = cohort.replicates[trial.index]
    alone = range(one, one + 1)
    begin = (first - starts.starts).days * DAY
    entries = conduct(cohort.conduct_plan, seed=cohort.seed, replicates=alone)
    tapes = draw_tapes(program, seed=cohort.seed, replicates=alone, participants=entries.entry.shape[1])
    rows = []
    for resource, unit, start, end in other_work(
        program, entries, tapes, seed=cohort.seed, replicate=one, begin=begin, end=begin + 7 * DAY
    ):
        staff = program.resources[resource]
        rows.append((_lane(staff.name, unit, staff.units), trial.when(start), trial.when(end), "other work", "", 0))
    return pd.DataFrame(rows, columns=SPELLS)


def busiest_week(spells: pd.DataFrame) -> date:
    """Monday of the week in which most was asked of the staff, a missed session counting three times."""
    weight = spells["kind"].map({"study": 1, "waiting": 1, "missed": 3, "left": 3})
    monday = spells["start"].dt.normalize() - spells["start"].dt.day_of_week.map(lambda days: timedelta(days=days))
    total = weight.groupby(monday).sum()
    found = datetime.fromisoformat(str(total.index[int(total.to_numpy().argmax())]))
    return found.date()


def in_week(spells: pd.DataFrame, first: date) -> pd.DataFrame:
    """The spells that begin in the seven days from ``first``."""
    begin = datetime.combine(first, time())
    return spells[(spells["start"] >= begin) & (spells["start"] < begin + timedelta(days=7))]


def _gaps(program: Program, resource: ResourceInfo, shift: ShiftInfo, begin: int) -> list[tuple[int, int]]:
    """When a shift is off duty or has a break in the seven days from ``begin``."""
    hours = Calendar(program.at_work(resource, shift))
    if hours.always:
        return []
    at, gaps = begin, []
    for opens, closes in windows_from(hours, begin, weekday=program.weekday):
        if opens > at:
            gaps.append((at, min(opens, begin + 7 * DAY)))
        at = closes
        if opens >= begin + 7 * DAY:
            break
    return [(a, b) for a, b in gaps if b > a]


def closed_hours(study: Study, first: date) -> pd.DataFrame:
    """Columns lane, start, end: when each unit is off duty in the week that begins on ``first``."""
    import pandas as pd

    program, setting = study.program, study.scenario.setting
    assert program is not None
    assert setting is not None
    midnight = datetime.combine(setting.starts, time())
    begin = (first - setting.starts).days * DAY
    rows: list[tuple[object, ...]] = []
    for one in program.resources:
        for shift in one.shifts:
            gaps = _gaps(program, one, shift, begin)
            for unit in range(shift.first, shift.first + shift.units):
                lane = _lane(one.name, unit, one.units)
                rows += [(lane, midnight + timedelta(seconds=a), midnight + timedelta(seconds=b)) for a, b in gaps]
    return pd.DataFrame(rows, columns=["lane", "start", "end"])
