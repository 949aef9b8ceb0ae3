"""A margin fits its test, and one or two limits are on the sides of no effect that they should be on."""

from __future__ import annotations

from trialsim.kinds.designs import ALTERNATIVE, COMPOSITE, STRATEGY
from trialsim.kinds.estimands import MARGIN_SCALE, MEANT, MarginScale
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import MARGIN
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Analysis
from trialsim.scenario.text import Finding, Path


def scale_of(analysis: Analysis) -> MarginScale | None:
    """How a margin of two arms is written; None if the test has no estimate that a margin could be of."""
    meant = MEANT.get((TEST[analysis.test].effect, analysis.transform, "arms"))
    return None if meant is None else MARGIN_SCALE[meant.scale]


def check_margin(analysis: Analysis, path: Path, report: Report) -> None:
    """The margins of an analysis whose amounts are in their unit."""
    if not analysis.margin or MARGIN not in TEST[analysis.test].options:
        return
    here, scale = (*path, "margin"), scale_of(analysis)
    if scale is None or analysis.contrast is None:
        message = "a margin is of a difference between two arms."
        report(Finding("TS-E069", here, message, "Write contrast: with two arms, or remove margin:.", on_key=True))
        return
    everyone, replaced = "a margin is judged for everyone", analysis.composite is not None
    estimand = not replaced and not STRATEGY[analysis.estimand.strategy].as_it_happens
    clashes = (
        (ALTERNATIVE[analysis.alternative].way != 0, "alternative", "the side of the margin says the direction"),
        (analysis.subset is not None, "subset", everyone),
        (replaced, COMPOSITE.name, "no twin has its margin where values after events are replaced"),
        (estimand, "estimand", everyone),
    )
    for clash, key, why in clashes:
        if clash:
            report(Finding("TS-E069", (*path, key), f"{why}.", f"Remove {key}:.", on_key=True))
    values = sorted(one.value for one in analysis.margin)
    if len(values) > 2 or any(not scale.low < value < scale.high or value == scale.none for value in values):
        report(Finding("TS-E069", here, f"a margin is {scale.says}.", "Write one limit, or two around no effect."))
    elif len(values) == 2 and not values[0] < scale.none < values[1]:
        message = f"two margins lie on both sides of no effect ({scale.none:g})."
        report(Finding("TS-E069", here, message, "Write the lower one, then the upper one."))
