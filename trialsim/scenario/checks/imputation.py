"""Multiple imputation fits its test, its outcome and its design, and a delta is added to something."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.kinds.designs import MISSING_METHOD, MULTIPLE_IMPUTATION, TRANSFORM
from trialsim.kinds.pooling import POOLED, not_pooled
from trialsim.kinds.tests import TEST
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.missing import ends, imputed_visits, imputes, visits_in_order
from trialsim.scenario.model import Analysis, Draft, Outcome
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

#: More visits than these are not imputed together: each adds a coefficient to the regressions after it.
MOST_VISITS = 20


def check_imputation(analysis: Analysis, scenario: Draft, path: Path, points: Outline, report: Report) -> None:
    """What imputes can be pooled, has other visits to draw from, and a reference arm where it is compared with one."""
    if not imputes(analysis):
        for key in ("imputations", "delta"):
            if getattr(analysis, key):
                message = "only imputed values have it."
                remedy = f"Write missing: {MULTIPLE_IMPUTATION.name}, or remove {key}:."
                report(Finding("TS-E261", (*path, key), message, remedy, on_key=True))
        return
    for finding in (*_test(analysis, path), *_beside(analysis, scenario, path), *_arms(analysis, scenario, path)):
        report(finding)
    for finding in (*_visits(analysis, scenario, path, points), *_deltas(analysis, path)):
        report(finding)


def _test(analysis: Analysis, path: Path) -> Iterator[Finding]:
    """The test has an estimate, a standard error and degrees of freedom to pool."""
    test = TEST[analysis.test]
    reason = not_pooled(test)
    if not reason and "two" in test.samples and analysis.contrast is None and analysis.then is not None:
        reason = "of all arms tests several means together: nothing is estimated that Rubin's rules could pool"
    if reason:
        alike = [one.name for one in POOLED if one.samples == test.samples and set(one.takes) & set(test.takes)]
        names = " or ".join(alike) or "ancova"
        remedy = f"Remove missing:, or write test: {names}."
        yield Finding("TS-E260", (*path, "missing"), f"{analysis.test} {reason}.", remedy)


def _arms(analysis: Analysis, scenario: Draft, path: Path) -> Iterator[Finding]:
    """Two arms are compared, and a reference is another arm."""
    assert analysis.missing is not None
    method, arms = MISSING_METHOD[analysis.missing], list(scenario.design.arms)
    all_arms = analysis.contrast is None and analysis.then is None and not analysis.factors
    if "two" in TEST[analysis.test].samples and len(arms) > 2 and all_arms:
        message = (
            f"{analysis.test} of {len(arms)} arms tests several means together, and Rubin's rules pool one estimate."
        )
        yield Finding("TS-E260", (*path, "missing"), message, f"Write contrast: {arms[1]} - {arms[0]}.")
    for there, key in ((method.refers, "missing"), (bool(analysis.delta), "delta")):
        if there and len(arms) == 1:
            message = "with one arm there is no other arm than the reference."
            yield Finding(
                "TS-E262", (*path, key), message, f"Write missing: {MULTIPLE_IMPUTATION.name}, without delta:."
            )


def _beside(analysis: Analysis, scenario: Draft, path: Path) -> Iterator[Finding]:
    """Keys that do not go with imputed values, and looks at the trial."""
    looks = scenario.design.looks
    clashes = (
        ("subset", analysis.subset is not None, "who belongs to it would change with each imputation"),
        ("composite", analysis.composite is not None, "a value after an event is not that of a normal distribution"),
        (
            "factors",
            bool(analysis.factors),
            "values are imputed arm by arm, and the effects of factors are of several arms",
        ),
    )
    for key, there, why in clashes:
        if there:
            yield Finding("TS-E263", (*path, key), f"{why}.", f"Remove {key}:, or missing:.", on_key=True)
    if looks is not None and looks.analysis == path[-1]:
        message = "each look imputes anew, and the increments of the estimate from look to look are not independent."
        yield Finding("TS-E263", (*path, "missing"), message, "Write missing: complete, or look at another analysis.")


def _visits(analysis: Analysis, scenario: Draft, path: Path, points: Outline) -> Iterator[Finding]:
    """There is a visit beside that of the endpoint, or a covariate, from which a value can be drawn."""
    order = visits_in_order(scenario.outcomes[analysis.outcome], scenario, points)
    wanted = [one for visit in ends(analysis) for one in points.expand(visit)]
    named = [one for one in (analysis.baseline, analysis.change.start if analysis.change else None) if one is not None]
    if not order or not wanted or any(visit not in order for visit in (*wanted, *named)):
        return  # a visit that is not there is the fault
    over = None if analysis.over is None else analysis.over.model_copy(update={"visits": tuple(wanted)})
    visits, _ = imputed_visits(analysis.model_copy(update={"over": over}), order)
    if len(visits) < 2 and not analysis.covariates:
        message = (
            f"'{analysis.outcome}' has no visit before {visits[-1]}, and no covariate, from which it could be imputed."
        )
        yield Finding("TS-E262", (*path, "missing"), message, "Write missing: complete, or covariates:.")
    if len(visits) > MOST_VISITS:
        message = f"{len(visits)} visits up to {visits[-1]} are too many to be imputed together."
        yield Finding("TS-E262", (*path, "missing"), message, f"At most {MOST_VISITS}: write missing: complete.")


def _deltas(analysis: Analysis, path: Path) -> Iterator[Finding]:
    """Deltas of a tipping-point analysis differ, and those of logarithms are ratios."""
    values = [one.value for one in analysis.delta]
    for i, value in enumerate(values):
        if value in values[:i]:
            yield Finding("TS-E261", (*path, "delta", i), f"{value:g} is in the list twice.", "Write each delta once.")
        if TRANSFORM[analysis.transform].log and value <= 0:
            message = f"with logarithms a delta is a ratio, and {value:g} is not a ratio."
            yield Finding("TS-E261", (*path, "delta", i), message, "Write a number above 0, such as 1.2.")


def check_imputed_outcome(analysis: Analysis, outcome: Outcome, path: Path, report: Report) -> None:
    """Values of the (resolved) outcome can be those of a normal distribution."""
    if not imputes(analysis):
        return
    if outcome.scale.follow is not None:
        message = f"'{analysis.outcome}' is a {outcome.scale.name} and belongs to no single visit."
    elif outcome.scale.yes_or_no:
        message = f"'{analysis.outcome}' is yes or no, and imputed values are numbers of a normal distribution."
    elif outcome.instrument.below == "missing":
        message = "values below the detection limit are missing because they are low, and would be imputed as if they were not."
        remedy = "Write below: limit/2 in the instrument, or missing: complete."
        report(Finding("TS-E262", (*path, "missing"), message, remedy))
        return
    else:
        return
    report(Finding("TS-E262", (*path, "missing"), message, "Write missing: complete."))
