"""What some analyses read besides values: for how long events were counted, and which values lie below a detection limit."""

from __future__ import annotations

from trialsim.kinds.designs import TRANSFORM
from trialsim.kinds.scales import CENSORED, SCALES
from trialsim.kinds.tests import TEST
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Analysis, Outcome
from trialsim.scenario.text import Finding, Path


def check_reading(analysis: Analysis, outcome: Outcome, path: Path, report: Report) -> None:
    """Models of rates need counts; models of values below a limit need such values, as censored, on a scale that is normal."""
    test, scale, tool, here = TEST[analysis.test], outcome.scale, outcome.instrument, (*path, "test")
    if test.rates and scale.follow != "over":
        names = " or ".join(one.name for one in SCALES if one.follow == "over")
        message = f"{test.name} compares rates of counted events; '{analysis.outcome}' is {scale.name}."
        report(Finding("TS-E145", here, message, f"Choose another test, or write distribution: {names}."))
    if not test.limits:
        return
    if tool.detection_limit is None or tool.below != CENSORED:
        message = f"{test.name} needs values that are known to lie below a detection limit."
        remedy = f"Write instrument: {{detection_limit: .., below: {CENSORED}}}, or use regression."
        report(Finding("TS-E145", here, message, remedy))
    elif analysis.over is not None:
        message = f"{test.name} takes the value of one visit: of several, none is known to be lower."
        report(Finding("TS-E145", (*path, "over"), message, "Write visit: post.", on_key=True))
    elif scale.log and not TRANSFORM[analysis.transform].log:
        message = f"{test.name} takes values that are normal; '{analysis.outcome}' is {scale.name}."
        report(Finding("TS-E145", here, message, "Write transform: log."))
