"""The user's own function does everything itself: keys by which other tests prepare the values do not reach it."""

from __future__ import annotations

from trialsim.kinds.designs import STRATEGY, TRANSFORM
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import FUNCTION
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Analysis
from trialsim.scenario.text import Finding, Path


def check_function(analysis: Analysis, path: Path, report: Report) -> None:
    """Refuse what an analysis by a function would ignore."""
    if FUNCTION not in TEST[analysis.test].options:
        return
    ignored = {
        "over": analysis.over,
        "transform": not TRANSFORM[analysis.transform].keeps,
        "subset": analysis.subset,
        "missing": analysis.missing,
        "composite": analysis.composite,
        "within": analysis.within,
    }
    for key in (key for key, used in ignored.items() if used):
        message = "the function gets the values as they were measured, and this would be ignored."
        report(Finding("TS-E177", (*path, key), message, f"Do it in the function, and remove {key}:.", on_key=True))
    if not STRATEGY[analysis.estimand.strategy].as_it_happens:
        message = "it is not known which effect a function estimates, so it has no true effect."
        report(Finding("TS-E177", (*path, "estimand"), message, "Remove estimand:.", on_key=True))
