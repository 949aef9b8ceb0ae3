"""The numbers of a replicate that the analyses contribute, and how they are computed from its estimates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.analysis.labels import labels_of, plain_words
from trialsim.analysis.plan import AnalysisPlan, RowPlan
from trialsim.analysis.planning.margins import margin_twins
from trialsim.evaluate.table import Kind, MeasureColumn

if TYPE_CHECKING:
    from trialsim.scenario.model import Draft

Floats = NDArray[np.float64]

DECLARED, NULL, NO_CHANGE = "declared", "null", "no change"

POWER, REJECTION_NULL, REJECTION_NO_CHANGE = "power", "rejection_null_twin", "rejection_no_change_twin"

#: The name of several primary analyses together in the table.
FAMILY = "primary"

#: The numbers of each row of the plan.
OF_EACH_ROW: tuple[tuple[str, Kind], ...] = (
    (POWER, "decision"),
    (REJECTION_NULL, "decision"),
    ("mean_estimate", "estimate"),
    ("mean_estimate_null_twin", "mean"),
    ("model_se", "variance"),
    ("interval_width", "mean"),
    ("n_analyzed", "mean"),
)


#: What people read in place of several primary analyses together, and of the rows of these.
FAMILY_LABEL = "primary analyses"
FAMILY_ROWS = {"any": "at least one primary analysis", "all": "all primary analyses together"}

#: The rows of a family of hypotheses, and what people read in place of them.
ANY_MEMBER, ALL_MEMBERS = "any member", "all members"
MEMBER_ROWS = {ANY_MEMBER: "at least one of", ALL_MEMBERS: "all of"}


def shown_names(rows: Iterable[RowPlan]) -> dict[str, str]:
    """What people read in place of the name of each analysis, of each family, and of several primary ones together."""
    every = list(rows)
    families = {row.family: family_label(row.family) for row in every if row.family}
    return {row.analysis: row.shown for row in every} | families | {FAMILY: FAMILY_LABEL}


def labels_with_family(scenario: Draft) -> dict[str, str]:
    """The same from a scenario, for results that do not hold its plan."""
    families = {name: family_label(name) for name in scenario.families}
    return labels_of(scenario.analyses) | families | {FAMILY: FAMILY_LABEL}


def family_label(name: str) -> str:
    """What people read in place of the name of a family.

    >>> family_label("key_outcomes")
    'family key outcomes'
    """
    return f"family {plain_words(name)}"


def shown_row(labels: Mapping[str, str], analysis: str, contrast: str) -> str:
    """What people read in place of an analysis with its contrast, if there is one.

    >>> shown_row({"fear_during": "Fear during the needle"}, "fear_during", "music - control")
    'Fear during the needle (music - control)'
    >>> shown_row({}, "primary", "any"), shown_row({}, "fear_during", "")
    ('at least one primary analysis', 'fear during')
    """
    if analysis == FAMILY and contrast in FAMILY_ROWS:
        return FAMILY_ROWS[contrast]
    shown = labels.get(analysis) or plain_words(analysis)
    if contrast in MEMBER_ROWS:
        return f"{MEMBER_ROWS[contrast]} {shown}"
    return f"{shown} ({contrast})" if contrast else shown


@dataclass(frozen=True)
class HypothesisFamily:
    """Rows of the plan that are evaluated together: any of them, all of them."""

    analysis: str
    rows: tuple[int, ...]
    any_label: str
    all_label: str


def families(plan: AnalysisPlan) -> tuple[HypothesisFamily, ...]:
    """The primary analyses if there are several, each declared family, and the pairs of each analysis that has none in them."""
    found: list[HypothesisFamily] = []
    if len(plan.primary) > 1:
        found.append(HypothesisFamily(FAMILY, plan.primary, "any", "all"))
    found.extend(HypothesisFamily(one.name, one.rows, ANY_MEMBER, ALL_MEMBERS) for one in plan.families)
    found.extend(
        HypothesisFamily(call.name, tuple(call.rows[1:]), "any pair", "all pairs")
        for call in plan.calls
        if call.pairs is not None
        and len(call.pairs.arms) > 1
        and not any(plan.rows[row].family for row in call.rows[1:])
    )
    return tuple(found)


def at_margins(row: RowPlan) -> tuple[tuple[str, str], ...]:
    """For each margin of a row the twin in which it is true, and the measure of the rejections there."""
    names = {0: (), 1: ("",), 2: ("_lower", "_upper")}[len(row.margins)]
    twins = margin_twins(row.analysis, row.margins)
    return tuple((twin, f"rejection_at{name}_margin") for twin, name in zip(twins, names, strict=True))


def analysis_columns(plan: AnalysisPlan, twins: Sequence[str] = (DECLARED, NULL)) -> list[MeasureColumn]:
    """The columns of :func:`analysis_values`: row by row of the plan, the families, the twin without change."""
    columns = [
        MeasureColumn(row.analysis, row.contrast, measure, kind) for row in plan.rows for measure, kind in OF_EACH_ROW
    ]
    for family in families(plan):
        for label in (family.any_label, family.all_label):
            columns.append(MeasureColumn(family.analysis, label, POWER, "decision"))
            columns.append(MeasureColumn(family.analysis, label, REJECTION_NULL, "decision"))
    for row in plan.rows:
        for twin, measure in at_margins(row):
            if twin in twins:
                columns.append(MeasureColumn(row.analysis, row.contrast, measure, "decision"))
    if NO_CHANGE in twins:
        places = [(row.analysis, row.contrast) for row in plan.rows]
        places += [(one.analysis, label) for one in families(plan) for label in (one.any_label, one.all_label)]
        columns.extend(MeasureColumn(*place, REJECTION_NO_CHANGE, "decision") for place in places)
    return columns


def analysis_values(plan: AnalysisPlan, estimates: Estimates) -> Floats:
    """(R, M) the numbers of each replicate, in the order of :func:`analysis_columns`."""
    declared, null = estimates.twins.index(DECLARED), estimates.twins.index(NULL)
    rejected = estimates.rejected
    width = estimates.high[declared] - estimates.low[declared]
    by_row = np.stack(
        [
            rejected[declared],
            rejected[null],
            estimates.estimate[declared],
            estimates.estimate[null],
            estimates.se[declared] ** 2,
            np.where(np.isfinite(width), width, np.nan),
            estimates.n[declared].astype(np.float64),
        ],
        axis=2,
    )
    parts = [by_row.reshape(len(estimates.replicates), -1)]
    for family in families(plan):
        parts.extend(_family_values(family.rows, rejected[declared], rejected[null]))
    for index, row in enumerate(plan.rows):
        for twin, _ in at_margins(row):
            if twin in estimates.twins:
                parts.append(rejected[estimates.twins.index(twin), :, [index]].T)
    if NO_CHANGE in estimates.twins:
        unchanged = rejected[estimates.twins.index(NO_CHANGE)]
        parts.append(unchanged)
        for family in families(plan):
            parts.extend(_family_values(family.rows, unchanged))
    return np.concatenate(parts, axis=1)


def _family_values(rows: Sequence[int], *twins: Floats) -> Iterator[Floats]:
    """Any of the family under each twin, then all of it; a failed member makes the answer unknown unless others decide it."""
    some = [any_rejected(rejected[:, list(rows)]) for rejected in twins]
    every = [1.0 - any_rejected(1.0 - rejected[:, list(rows)]) for rejected in twins]
    for values in (*some, *every):
        yield values[:, None]


def any_rejected(rejected: Floats) -> Floats:
    """(R,) from rejections (R, rows): 1 where any is 1; else NaN where any is missing; else 0."""
    found = (rejected == 1.0).any(axis=1)
    return np.where(found, 1.0, np.where(np.isnan(rejected).any(axis=1), np.nan, 0.0))
