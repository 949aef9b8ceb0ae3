"""The published figures among the simulated ones, in a sentence and in rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trialsim.analysis.labels import labels_of
from trialsim.report.brief import Line
from trialsim.report.digits import SIGN, plain, share_with_error
from trialsim.report.document import Block, DataTable, Page, PageSection, Text
from trialsim.report.study_page import study_page

if TYPE_CHECKING:
    from trialsim.prepared import Study
    from trialsim.reproduce import Placement

#: Kinds of figures that have no word of their own.
WORDS = {"sd": "SD"}

#: The middle of the simulated trials: a figure outside of it is rarely simulated.
MIDDLE = (0.025, 0.975)


def fitting(placements: Sequence[Placement]) -> str:
    """How many published figures lie in the middle 95 % of the simulated ones, and how many are found as often."""
    figures = [one for one in placements if not one.same and not math.isnan(one.share)]
    inside = sum(MIDDLE[0] <= one.share <= MIDDLE[1] for one in figures)
    same = [one for one in placements if one.same and not math.isnan(one.share)]
    often = sum(one.share >= MIDDLE[0] for one in same)
    unknown = len(placements) - len(figures) - len(same)
    parts = []
    if figures:
        parts.append(f"{_of(inside, len(figures), 'published figure')} in the middle 95 % of the simulated trials")
    if same:
        parts.append(f"{often} of {len(same)} published findings and bounds come up in at least 2.5 % of them")
    if unknown:
        parts.append(f"{unknown} could not be simulated")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _of(some: int, many: int, what: str) -> str:
    """``2 of 3 published figures lie``."""
    return f"{some} of {many} {what}{'s' if many != 1 else ''} {'lies' if some == 1 else 'lie'}"


def placement_rows(study: Study, placements: Sequence[Placement]) -> list[tuple[str, str, str, str]]:
    """The analysis as people call it and its source, then each published figure, the simulated ones, and where it lies."""
    labels = labels_of(study.scenario.analyses)
    rows = []
    for one in placements:
        reading = f", {one.reading}" if one.reading else ""
        group = f"{labels[one.analysis]} ({one.contrast}), published by {one.source}{reading}"
        share = share_with_error(one.share, one.mcse, low=one.conf_low, high=one.conf_high)
        if one.same:
            simulated, where = "", f"{share} {'find' if one.kind == 'finding' else 'have'} the same"
        else:
            simulated = f"{plain(one.median, 3)} ({plain(one.low, 3)} to {plain(one.high, 3)})"
            where = f"{share} lie below"
        rows.append((group, f"{WORDS.get(one.kind, one.kind)} {one.published}", simulated, where))
    return rows


def reproduction_page(study: Study, lines: Sequence[Line], placements: Sequence[Placement]) -> Page:
    """The published figures among the simulated ones."""
    groups: dict[str, list[tuple[str, ...]]] = {}
    for group, *cells in placement_rows(study, placements):
        groups.setdefault(group, []).append(tuple(cells))
    header = ("published", "simulated: median (95 % of trials)", "simulated trials")
    tables: list[Block] = [DataTable(group, header, tuple(rows)) for group, rows in groups.items()]
    tables.append(Text(f"Lie below: the share of simulated trials with a smaller value. {SIGN}", quiet=True))
    what = "A published study simulated again, and where what it reported falls among the simulated trials."
    return study_page(
        "against what was published", what, study, lines, [PageSection("Published and simulated", tuple(tables))]
    )
