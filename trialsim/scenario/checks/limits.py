"""How large a study may be: beyond what any user needs, a clear error replaces minutes of waiting."""

from __future__ import annotations

from trialsim.scenario.amounts import Report
from trialsim.scenario.clusters import site_names
from trialsim.scenario.model import Analysis, Draft
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

MOST_PAIRS = 1_000  # outcomes at visits
MOST_ROWS = 1_000  # rows of results: analyses, and their pairs of arms
MOST_CATEGORIES = 200  # of an ordinal outcome or a covariate
MOST_COVARIATES = 100
MOST_RESOURCES = 100  # at all sites together
MOST_LISTED = 100  # drivers, covariates, ways to be missing, reasons to leave: each list of such parts


def check_limits(scenario: Draft, points: Outline, report: Report) -> None:
    """Refuse what is too large, before anything that takes longer the larger it is."""
    _limit(_pairs(scenario, points), MOST_PAIRS, "outcomes at visits", ("outcomes",), report)
    rows = sum(_rows(analysis, len(scenario.design.arms)) for analysis in scenario.analyses.values())
    _limit(rows, MOST_ROWS, "rows of results (analyses, and pairs of arms after them)", ("analyses",), report)
    _limit(len(scenario.participants), MOST_COVARIATES, "covariates", ("participants",), report)
    for name, covariate in scenario.participants.items():
        _limit(len(covariate.choice), MOST_CATEGORIES, "categories", ("participants", name), report)
    for name, outcome in scenario.outcomes.items():
        path: Path = ("outcomes", name)
        _limit(len(outcome.categories), MOST_CATEGORIES, "categories", (*path, "categories"), report)
        for key in ("drivers", "covariates", "missing", "responds_to"):
            _limit(len(getattr(outcome, key)), MOST_LISTED, f"entries in '{key}'", (*path, key), report)
    _limit(len(scenario.attrition), MOST_LISTED, "reasons to leave", ("attrition",), report)
    setting = scenario.setting
    if setting is not None:
        count = len(setting.resources) * max(1, len(site_names(scenario)))
        _limit(count, MOST_RESOURCES, "resources at sites", ("setting", "resources"), report)
        for part, key in ((setting.patients.leave, "leave"), (setting.patients.exclusions, "exclusions")):
            _limit(len(part), MOST_LISTED, "reasons", ("setting", "patients", key), report)


def _limit(count: int, most: int, what: str, path: Path, report: Report) -> None:
    if count > most:
        report(Finding("TS-E134", path, f"{count:,} {what} are too many.", f"At most {most:,} are possible."))


def _pairs(scenario: Draft, points: Outline) -> int:
    """Outcomes at visits once the repeats of a visit are written out."""
    repeats: dict[str, int] = {}
    for point in points.visits.values():
        repeats[point.base] = repeats.get(point.base, 0) + (point.base != point.name)
    return sum(max(1, repeats.get(visit, 0)) for outcome in scenario.outcomes.values() for visit in outcome.visits)


def _rows(analysis: Analysis, arms: int) -> int:
    if analysis.then is None:
        return 1
    return 1 + (arms - 1 if analysis.then.against is not None else arms * (arms - 1) // 2)
