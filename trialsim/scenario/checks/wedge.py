"""A stepped wedge: its sites and steps, its calendar, what outcomes and analyses say of calendar time."""

from __future__ import annotations

from trialsim.kinds.designs import PERIOD
from trialsim.kinds.scales import NO_EFFECT, SCALE
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import RANDOM_EFFECTS, RANDOM_OF_WEDGE
from trialsim.protocol.calendar import DAY
from trialsim.scenario.amounts import Report
from trialsim.scenario.clusters import site_names, target_of
from trialsim.scenario.model import Analysis, Draft, Outcome, SteppedWedge
from trialsim.scenario.text import Finding, Path
from trialsim.scenario.wedge import (
    MONTH,
    PER_MONTH,
    expected_enrolled,
    period_ends,
    steps_of,
    ticks_after,
    transition_ticks,
)

PLACE = ("design", "stepped_wedge")
EXAMPLE = "stepped_wedge: {every: 3 months, sites_per_step: 2}"


def check_wedge(scenario: Draft, report: Report) -> None:
    """Everything about calendar time fits the design."""
    wedge = scenario.design.stepped_wedge
    if wedge is not None:
        _arms(scenario, report)
        _keys(scenario, report)
        if _steps(scenario, wedge, report) and _spans(wedge, report):
            _enrollment(scenario, wedge, report)
    for name, outcome in scenario.outcomes.items():
        _cac(outcome, scenario, ("outcomes", name), report)
        _secular(outcome, scenario, ("outcomes", name), report)
    for name, analysis in scenario.analyses.items():
        _analysis(analysis, scenario, ("analyses", name), report)


def _arms(scenario: Draft, report: Report) -> None:
    design = scenario.design
    if design.sequences:
        message = "the sequences of a crossover belong to participants, and the steps of a stepped wedge to sites."
        report(Finding("TS-E395", PLACE, message, "Remove stepped_wedge:, or sequences:.", on_key=True))
    elif len(design.arms) != 2:
        message = f"a stepped wedge goes from one arm to another, and there {_are(len(design.arms), 'arm')}."
        report(Finding("TS-E395", PLACE, message, "Declare two arms, the control first.", on_key=True))


def _are(count: int, what: str) -> str:
    return f"is {count} {what}" if count == 1 else f"are {count} {what}s"


def _keys(scenario: Draft, report: Report) -> None:
    allocation = scenario.design.allocation
    for key, given in (("ratio", allocation.ratio), ("stratify", allocation.stratify)):
        if given:
            message = f"{key}: does not fit a stepped wedge: every site has both arms, in an order that is drawn."
            report(Finding("TS-E396", ("design", "allocation", key), message, f"Remove {key}:.", on_key=True))


def _steps(scenario: Draft, wedge: SteppedWedge, report: Report) -> bool:
    """Whether the sites make at least two steps."""
    sites = len(site_names(scenario))
    if not sites:
        message = "there are no sites that could go over."
        remedy = "Write clusters: {number: 12} in design, or declare setting.sites."
        report(Finding("TS-E395", PLACE, message, remedy, on_key=True))
        return False
    if steps_of(scenario) < 2:
        message = (
            f"{sites} site{'' if sites == 1 else 's'} with {wedge.sites_per_step} at a step make one step: then no site is "
            "control while another has gone over."
        )
        most = sites - 1
        remedy = f"Write sites_per_step: {most} or fewer." if most else "Declare more sites."
        report(Finding("TS-E395", (*PLACE, "sites_per_step"), message, remedy))
        return False
    return True


def _spans(wedge: SteppedWedge, report: Report) -> bool:
    """Whether a period has a length, and a transition is shorter."""
    if not wedge.every.value > 0:
        return False  # reported by its rule
    if wedge.every.unit != "months" and wedge.every.value < DAY:
        message = "a period is shorter than a day."
        report(Finding("TS-E397", (*PLACE, "every"), message, "Write every: 3 months."))
        return False
    if transition_ticks(wedge) >= ticks_after(wedge.every, None):
        message = "a site would enroll nobody in the whole period of its step."
        report(Finding("TS-E397", (*PLACE, "transition"), message, "Write a transition that is shorter than every:."))
        return False
    return True


def _enrollment(scenario: Draft, wedge: SteppedWedge, report: Report) -> None:
    """Enrollment goes on until the last sites have gone over."""
    ends, design, steps = period_ends(scenario, wedge), scenario.design, steps_of(scenario)
    last = ends[-2] + transition_ticks(wedge)
    if scenario.setting is None:
        if design.within is not None:
            message = "without a ward participants are spread over all periods of a stepped wedge."
            report(Finding("TS-E397", ("design", "within"), message, "Remove within:.", on_key=True))
        cells = len(site_names(scenario)) * (steps + 1)
        if not design.enroll.of_arms(()) and 0 < target_of(scenario) < cells:
            message = f"{target_of(scenario)} participants cannot fill {cells} cells, one for each site and period."
            report(Finding("TS-E398", ("design", "enroll"), message, f"Enroll at least {cells}."))
        return
    if design.within is not None and 0 < ticks_after(design.within, scenario.setting.starts) <= last:
        message = f"enrollment closes before the last sites have gone over, {_months(last)} after the start."
        report(
            Finding(
                "TS-E397",
                ("design", "within"),
                message,
                f"Write a longer time, or remove within: (all periods last {_months(ends[-1])}).",
            )
        )
        return
    target, by_then = target_of(scenario), expected_enrolled(scenario, last)
    if 0 < target <= by_then:
        message = (
            f"{target} participants are enrolled, on average, before the last sites have gone over: by the declared arrivals "
            f"{by_then:.0f} are within {_months(last)}."
        )
        report(
            Finding("TS-E398", ("design", "enroll"), message, "Enroll more, or let the sites go over sooner (every:).")
        )


def _months(ticks: int) -> str:
    return f"{ticks / MONTH:.3g} months" if ticks >= 2 * MONTH else f"{ticks / DAY:.3g} days"


def _cac(outcome: Outcome, scenario: Draft, path: Path, report: Report) -> None:
    here = (*path, "cac")
    if outcome.cac is None:
        return
    if scenario.design.stepped_wedge is None:
        message = "cac: is a correlation over the periods of a stepped wedge, and this design has none."
        report(Finding("TS-E399", here, message, f"Remove it, or write {EXAMPLE} in design.", on_key=True))
    elif not 0.0 <= outcome.cac.value <= 1.0:
        report(Finding("TS-E399", here, "cac: is a number from 0 to 1.", "Write cac: 0.8."))
    elif outcome.icc.site is None:
        message = "without an ICC sites do not differ, so that nothing can be correlated over time."
        report(Finding("TS-E399", here, message, "Write icc: {site: 5 %}, or remove cac:.", on_key=True))


def _secular(outcome: Outcome, scenario: Draft, path: Path, report: Report) -> None:
    secular, here = outcome.secular, (*path, "secular")
    if secular is None:
        return
    units = {PER_MONTH, f"{outcome.unit} {PER_MONTH}"}
    if secular.unit not in units:
        unit = "no unit" if secular.unit is None else f"'{secular.unit}'"
        message = f"a calendar trend is a change in a month, and {unit} is written."
        report(Finding("TS-E400", here, message, f"Write secular: {secular.value:g} {PER_MONTH}."))
    elif scenario.setting is None and scenario.design.stepped_wedge is None:
        message = "without a ward everybody enrolls at once, so that nobody can feel a calendar trend."
        report(Finding("TS-E400", here, message, f"Remove it, or write {EXAMPLE} in design.", on_key=True))
    elif scenario.design.sequences:
        message = "in a crossover trends are those of its periods."
        report(Finding("TS-E400", here, message, "Write period_effects:.", on_key=True))
    elif outcome.distribution in SCALE:
        key = SCALE[outcome.distribution].effects[0]
        if NO_EFFECT[key] == 1.0 and not secular.value > 0:
            message = (
                f"on the {outcome.distribution} scale a calendar trend is a {key.replace('_', ' ')}, which is above 0."
            )
            report(Finding("TS-E400", here, message, f"Write secular: 1.02 {PER_MONTH}."))


def _analysis(analysis: Analysis, scenario: Draft, path: Path, report: Report) -> None:
    test = TEST[analysis.test]
    if test.calendar and scenario.design.stepped_wedge is None:
        message = f"{test.name} takes the periods of a stepped wedge, and this design has none."
        report(Finding("TS-E401", (*path, "test"), message, f"Choose another test, or write {EXAMPLE} in design."))
    if test.calendar and PERIOD.name in analysis.visit_covariates:
        message = f"{test.name} has the periods already."
        report(Finding("TS-E401", (*path, "visit_covariates"), message, "Remove period."))
    allowed = RANDOM_OF_WEDGE if test.calendar else RANDOM_EFFECTS
    if analysis.random is not None and analysis.random not in allowed:
        message = f"{test.name} has no random effect '{analysis.random}'."
        report(Finding("TS-E401", (*path, "random"), message, f"Write random: {' or '.join(allowed)}."))
