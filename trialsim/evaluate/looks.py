"""Operating characteristics of looks: when trials stop and why, whom they need until then, and what their estimates are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.evaluate.columns import DECLARED, NULL
from trialsim.evaluate.summaries import DAY
from trialsim.evaluate.table import MeasureColumn
from trialsim.evaluate.trial import trial_columns
from trialsim.looks.decisions import FUTILE, SHOWN, Decisions
from trialsim.looks.results import LookResults

if TYPE_CHECKING:
    from trialsim.evaluate.truth import Truth
    from trialsim.prepared import Study

Floats = NDArray[np.float64]

#: The analysis column of what belongs to the looks.
LOOKS = "looks"

#: How the names of measures under the null twin end.
UNDER_NULL = "_null_twin"

#: Numbers of a trial that depend on when its enrollment closes, and what they are called of a trial that stops.
CLOSED = {"trial_days": "days", "study_hours": "hours"}

TWIN_ENDS = ((DECLARED, ""), (NULL, UNDER_NULL))


def look_name(k: int, interim: int) -> str:
    """The contrast of a look in tables.

    >>> look_name(0, 2), look_name(2, 2)
    ('look 1', 'end')
    """
    return f"look {k + 1}" if k < interim else "end"


def look_columns(study: Study) -> list[MeasureColumn]:
    """The columns of :func:`look_values`; none for a design without looks."""
    plan = study.looks
    if plan is None:
        return []
    columns = []
    ward, whole = study.program is not None, trial_columns(study)
    for k in range(plan.interim + 1):
        here = (LOOKS, look_name(k, plan.interim))
        columns.append(MeasureColumn(*here, "look_comes", "share"))
        columns.append(MeasureColumn(*here, "look_known", "mean", conditional=True))
        if ward:
            columns.append(MeasureColumn(*here, "look_days", "mean", conditional=True))
        for _, end in TWIN_ENDS:
            columns.append(MeasureColumn(*here, f"look_stops{end}", "share"))
            columns.append(MeasureColumn(*here, f"look_shown{end}", "share"))
            columns.append(MeasureColumn(*here, f"look_futile{end}", "share"))
    for _, end in TWIN_ENDS:
        columns.append(MeasureColumn(LOOKS, "", f"stops_early{end}", "share"))
        columns.append(MeasureColumn(LOOKS, "", f"enrolled_by_stop{end}", "mean"))
        columns.append(MeasureColumn(LOOKS, "", f"known_at_stop{end}", "mean"))
        if ward:
            columns.append(MeasureColumn(LOOKS, "", f"overrun{end}", "mean"))
            columns.append(MeasureColumn(LOOKS, "", f"decision_days{end}", "mean"))
        columns.append(MeasureColumn(LOOKS, "", f"median_unbiased_estimate{end}", "mean"))
        columns.append(MeasureColumn(LOOKS, "", f"estimate_with_overrun{end}", "mean"))
        columns.extend(
            MeasureColumn(
                LOOKS, whole[m].contrast, f"stop_{CLOSED.get(whole[m].measure, whole[m].measure)}{end}", "mean"
            )
            for m in closed_columns(study)
        )
    columns.append(MeasureColumn(LOOKS, "", "power_without_looks", "decision"))
    return columns


def closed_columns(study: Study) -> list[int]:
    """Positions of those numbers of a trial that depend on who enrolls after a decision: its length, hours of staff, its cost."""
    return [
        place
        for place, one in enumerate(trial_columns(study))
        if one.measure in CLOSED or (one.measure.startswith("cost_") and not one.contrast)
    ]


def look_values(study: Study, decisions: Decisions, looks: LookResults, estimates: Estimates, trial: Floats) -> Floats:
    """(R, M) the numbers of each replicate, in the order of :func:`look_columns`.

    ``estimates`` are those at the stop, ``trial`` (R, numbers) those of trials that go on to their end.
    """
    plan = study.looks
    assert plan is not None
    ward = study.program is not None
    places = [estimates.twins.index(twin) for twin, _ in TWIN_ENDS]
    closed = np.concatenate([looks.closed, trial[:, None, closed_columns(study)]], axis=1)
    days = np.where(looks.tick >= 0, looks.tick / DAY, np.nan)
    decided = days + np.where(np.arange(plan.interim + 1) < plan.interim, plan.lag / DAY, 0.0)
    parts: list[Floats] = []
    for k in range(plan.interim + 1):
        comes = looks.known[:, k] > 0
        parts += [comes.astype(np.float64), np.where(comes, looks.known[:, k], np.nan)]
        if ward:
            parts.append(days[:, k])
        for twin in places:
            here = decisions.look[twin] == k
            parts.append(here.astype(np.float64))
            parts += [(here & (decisions.outcome[twin] == why)).astype(np.float64) for why in (SHOWN, FUTILE)]
    for twin in places:
        stop = decisions.look[twin][:, None]
        at_stop = (looks.enrolled, looks.known, looks.overrun, decided)
        enrolled, known, overrun, when = (np.take_along_axis(one, stop, axis=1)[:, 0] for one in at_stop)
        parts += [(decisions.look[twin] < plan.interim).astype(np.float64), enrolled, known]
        if ward:
            parts += [overrun, when]
        parts.append(decisions.estimate[twin])
        all_in = np.concatenate([looks.with_overrun[twin], estimates.estimate[twin, :, plan.row, None]], axis=1)
        early = decisions.look[twin] < plan.interim
        at_stop_too = np.take_along_axis(all_in, stop, axis=1)[:, 0]
        parts.append(np.where(early & np.isnan(at_stop_too), estimates.estimate[twin, :, plan.row], at_stop_too))
        parts.extend(np.take_along_axis(closed, stop[:, :, None], axis=1)[:, 0].T)
    parts.append(decisions.rejected_at_end[places[0]])
    return np.stack([np.asarray(part, dtype=np.float64) for part in parts], axis=1)


def look_bias_columns(study: Study, truth: Truth | None) -> list[MeasureColumn]:
    """The columns of :func:`look_bias_values`; none without a true effect."""
    if study.looks is None or truth is None or not np.isfinite(truth.declared(study.looks.row)[0]):
        return []
    blur = np.nan_to_num(truth.declared(study.looks.row)[1])
    return [
        MeasureColumn(LOOKS, "", "median_unbiased_bias", "mean", float(blur)),
        MeasureColumn(LOOKS, "", "median_unbiased_above", "share"),
        MeasureColumn(LOOKS, "", "stagewise_coverage", "share"),
    ]


def look_bias_values(study: Study, decisions: Decisions, twins: Sequence[str], truth: Truth) -> Floats:
    """(R, M) the numbers of each replicate, in the order of :func:`look_bias_columns`."""
    assert study.looks is not None
    value, _ = truth.declared(study.looks.row)
    twin = twins.index(DECLARED)
    estimate, low, high = decisions.estimate[twin], decisions.low[twin], decisions.high[twin]
    above = np.where(np.isnan(estimate), np.nan, estimate > value)
    covers = np.where(np.isnan(low) | np.isnan(high), np.nan, (low <= value) & (value <= high))
    return np.stack([estimate - value, above, covers], axis=1)
