"""What the trialist chooses: arms, allocation, target; who takes part; what it costs."""

from __future__ import annotations

from trialsim.kinds.designs import METHOD
from trialsim.quantities.fields import Number
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.balancing import check_balancing
from trialsim.scenario.checks.clusters import check_clusters
from trialsim.scenario.checks.names import known, records
from trialsim.scenario.checks.shares import sum_to_one
from trialsim.scenario.clusters import site_names, strata_of
from trialsim.scenario.model import Draft
from trialsim.scenario.notation import parse_ratio
from trialsim.scenario.text import Finding, Path

#: The engine keeps the arms of a step as bits of a number.
MOST_ARMS = 60


def check_design(scenario: Draft, report: Report) -> None:
    """Arms, their ratio and blocks, the target."""
    design, path = scenario.design, ("design",)
    arms = list(design.arms)
    if not arms and design.factors:
        return  # check_factors says what is wrong with them
    if not arms:
        report(
            Finding("TS-E042", (*path, "arms"), "there is no arm.", "Write arms: {control: usual care, treated: ..}.")
        )
        return
    if len(arms) > MOST_ARMS:
        report(
            Finding("TS-E042", (*path, "arms"), f"{len(arms)} arms are too many.", f"At most {MOST_ARMS} are possible.")
        )
        return
    if design.reference is not None:
        known(design.reference, arms, "TS-E031", (*path, "reference"), report)
    allocation, place = design.allocation, (*path, "allocation")
    parts = (1,) * len(arms)
    if allocation.ratio is not None:
        parts = parse_ratio(allocation.ratio)
        if not parts:
            report(
                Finding(
                    "TS-E040", (*place, "ratio"), f"'{allocation.ratio}' is not a ratio.", 'Write whole numbers: "2:1".'
                )
            )
        elif len(parts) != len(arms):
            numbers = f"{len(parts)} number{'s' if len(parts) > 1 else ''}"
            message = f"'{allocation.ratio}' has {numbers}, design.arms has {len(arms)} ({', '.join(arms)})."
            report(Finding("TS-E040", (*place, "ratio"), message, f"Write {':'.join('1' * len(arms))}."))
    _blocks(scenario, sum(parts), report)
    for i, name in enumerate(strata_of(scenario)):
        _stratum(scenario, name, (*place, "stratify", i), report)
    check_balancing(scenario, report)
    check_clusters(scenario, parts, report)
    _target(scenario, report)


def _blocks(scenario: Draft, total: int, report: Report) -> None:
    allocation, path = scenario.design.allocation, ("design", "allocation")
    method = None if allocation.method is None else METHOD[allocation.method]
    if allocation.block is not None:
        if allocation.block < 1 or (total and allocation.block % total):
            message, values = (
                "a block of {block} cannot hold the ratio, which sums to {total}.",
                (("block", str(allocation.block)), ("total", str(total))),
            )
            remedy = f"Write a multiple of {total}, such as {2 * total}."
            report(Finding("TS-E041", (*path, "block"), message, remedy, values=values))
        if method is not None and not method.blocks:
            message = f"'{allocation.method}' allocation has no blocks."
            report(Finding("TS-E045", (*path, "block"), message, "Write method: permuted blocks, or remove block:."))
    if strata_of(scenario) and method is not None and not method.blocks:
        message = f"'{allocation.method}' allocation has no strata."
        report(Finding("TS-E045", (*path, "stratify"), message, "Write method: permuted blocks, or remove stratify:."))
    if strata_of(scenario) and allocation.method is None and allocation.block is None:
        report(
            Finding(
                "TS-E045", (*path, "stratify"), "strata need blocks.", "Write method: permuted blocks.", on_key=True
            )
        )


def _stratum(scenario: Draft, name: str, path: Path, report: Report) -> None:
    if name == "site":
        if not site_names(scenario):
            report(Finding("TS-E044", path, "there are no sites to stratify by.", "Declare setting.sites."))
        return
    if known(name, scenario.participants, "TS-E035", path, report) and not scenario.participants[name].choice:
        report(Finding("TS-E044", path, f"'{name}' is a number.", "Stratify by a covariate by choice, or by site."))


def _target(scenario: Draft, report: Report) -> None:
    enroll, path = scenario.design.enroll, ("design", "enroll")
    arms = len(scenario.design.arms)
    one = (enroll.in_all, enroll.each_arm, enroll.each_cluster)
    if sum(target is not None for target in one) + bool(enroll.by_arm) != 1:
        report(Finding("TS-E043", path, "say one target.", "Write enroll: 60, or enroll: {each arm: 30}."))
    elif enroll.in_all is not None and enroll.in_all < arms:
        message, values = (
            "{count} in all cannot fill {arms} arms.",
            (("count", str(enroll.in_all)), ("arms", str(arms))),
        )
        report(Finding("TS-E043", path, message, f"Enroll at least {arms}.", values=values))
    if scenario.design.within is not None and scenario.design.within.value <= 0:
        report(Finding("TS-E043", ("design", "within"), "no time to enroll.", "Write within: 18 months."))


def check_covariates(scenario: Draft, report: Report) -> None:
    """A covariate is a number that varies, or one of several categories."""
    for name, covariate in scenario.participants.items():
        path = ("participants", name)
        if (covariate.number is None) == (not covariate.choice):
            report(
                Finding(
                    "TS-E011",
                    path,
                    "say how it is distributed.",
                    "Write {mean: 15 y, sd: 2 y}, or choice: {girl: 50 %, boy: 50 %}.",
                )
            )
        elif covariate.choice:
            sum_to_one(covariate.choice, (*path, "choice"), report)


def check_costs(scenario: Draft, report: Report) -> None:
    """Costs are of declared things, in one currency."""
    costs = scenario.costs
    if costs is None:
        return
    resources = scenario.setting.resources if scenario.setting else {}
    for name in costs.sample:
        known(name, scenario.outcomes, "TS-E032", ("costs", "sample", name), report, on_key=True)
    for name in costs.staff_hour:
        known(name, resources, "TS-E033", ("costs", "staff_hour", name), report, on_key=True)
    for path, record in records(costs, ("costs",)):
        if isinstance(record, Number) and record.unit != costs.currency:
            message = f"the currency is {costs.currency}, not {record.unit}."
            report(Finding("TS-E076", path, message, f"Write {record.value:g} {costs.currency}."))
