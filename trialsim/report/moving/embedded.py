"""The moving ward as the data that a page holds for its script."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from trialsim.protocol.calendar import WEEK
from trialsim.protocol.program import Program, ResourceInfo
from trialsim.report.moving.data import MovingTrial, MovingWard, hue, several
from trialsim.report.moving.moment import TrialCourse, course_of


def as_data(ward: MovingWard) -> dict[str, Any]:
    """The picture as plain data: times in seconds from the start of the study, lengths and gaps in seconds."""
    program, setting = ward.program, ward.study.scenario.setting
    assert setting is not None
    return {
        "starts": f"{setting.starts:%Y-%m-%d}",
        "weekday": program.weekday,
        "week": WEEK,
        "target": ward.study.conduct.target,
        "arms": list(program.arms),
        "hues": [hue(ward, arm) for arm in range(len(program.arms))],
        "visits": list(program.visits),
        "reasons": list(ward.study.conduct.leave_reasons),
        "columns": [
            {"kind": one.kind, "label": one.label, "patience": one.patience} for one in ward.pathway.columns
        ],
        "resources": [_resource(program, one) for one in program.resources],
        "units": [
            [name, number, program.resources[number].shifts.index(shift)]
            for name, number, shift in zip(ward.units, ward.resource_of_unit, ward.shift_of_unit, strict=True)
        ],
        "outcomes": [
            {
                "label": one.label, "visits": list(one.visits), "log": one.log, "low": one.low, "high": one.high,
                "jitter": one.jitter,
            }
            for one in ward.outcomes
        ],
        "trials": [_trial_as_data(ward, trial) for trial in ward.trials],
    }  # fmt: skip


def _resource(program: Program, one: ResourceInfo) -> dict[str, Any]:
    windows = [[list(window) for window in program.at_work(one, shift)] for shift in one.shifts]
    return {"many": several(one), "units": one.units, "open": windows}


def _flat(pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Begins and ends as gaps and lengths, one after the other."""
    found, last = [], 0
    for begin, end in pairs:
        found += [begin - last, end - begin]
        last = end
    return found


def _trial_as_data(ward: MovingWard, trial: MovingTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "end": trial.end,
        "cut": trial.cut,
        "strip": list(strip_of(ward, trial, course_of(ward, trial)).values()),
        "ways": [[way.participant, way.arm, way.entry, list(way.codes)] for way in trial.ways],
        "spells": [_flat(one) for one in trial.spells],
        "windows": [_flat(one) for one in trial.windows],
        "values": [[[_short(value) for value in row] for row in values.tolist()] for values in trial.values],
    }


def strip_of(ward: MovingWard, trial: MovingTrial, course: TrialCourse) -> dict[str, str]:
    """The trial at a glance, as paths 1,000 wide and 50 high, by class.

    The number enrolled; when sessions were in each arm; when somebody waited for staff at least a minute, and missed a session.
    """
    entries = sorted(way.entry for way in trial.ways)
    wide, high = 1000 / max(trial.end, 1), 44 / max(len(entries), 1)
    steps = "".join(f"H{tick * wide:.1f}v{-high:.3f}" for tick in entries)
    arms: list[list[str]] = [[] for _ in ward.program.arms]
    tall = 20 / len(arms)
    for session in course.sessions:
        low = 50 - (len(arms) - 1 - session.way.arm) * tall
        arms[session.way.arm].append(f"M{session.begin * wide:.1f} {low:.1f}v{0.8 - tall:.1f}")
    queues = [stay for stay in course.stays if ward.pathway.columns[stay.column].kind == "queue"]
    return {
        "enrolled": f"M0 50{steps}H1000V50z",
        **{f"session arm{hue(ward, arm)} of{arm}": "".join(found) for arm, found in enumerate(arms)},
        "waited": "".join(f"M{stay.begin * wide:.1f} 27V22" for stay in queues if stay.end - stay.begin >= 60),
        "lost": "".join(f"M{tick * wide:.1f} 50V8" for _, tick in course.missed),
    }


def _short(value: float) -> float | int | None:
    """A value to four digits; None where it is missing."""
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded


def as_text(ward: MovingWard, **more: object) -> str:
    """The data as JSON that no page reads as a tag."""
    text = json.dumps({**as_data(ward), **more}, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
