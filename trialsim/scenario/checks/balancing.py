"""Minimization and the big stick: keys that belong to them, and factors that can be balanced."""

from __future__ import annotations

from trialsim.kinds.designs import BIG_STICK, METHOD, METHODS, MINIMIZATION, SITE
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.clusters import site_names
from trialsim.scenario.model import Draft
from trialsim.scenario.notation import parse_ratio
from trialsim.scenario.text import Finding

PLACE = ("design", "allocation")

#: Keys of each method, which no other has.
OF_FACTORS = ("factors", "cut", "weights", "p", "imbalance")
OF_STICK = ("tolerate",)


def check_balancing(scenario: Draft, report: Report) -> None:
    """The keys of an allocation that looks at who is in already fit its method."""
    allocation = scenario.design.allocation
    method = METHOD.get(allocation.method or "")
    for keys, name, has in (
        (OF_FACTORS, MINIMIZATION.name, method is not None and method.by_factors),
        (OF_STICK, BIG_STICK.name, method is not None and method.tolerates),
    ):
        for key in keys if not has else ():
            if getattr(allocation, key) not in (None, (), {}):
                message = f"{key}: belongs to '{name}' allocation."
                report(Finding("TS-E346", (*PLACE, key), message, f"Write method: {name}.", on_key=True))
    if method is not None and method.by_factors:
        _factors(scenario, report)
        _chance(scenario, report)
    if method is not None and method.tolerates:
        _stick(scenario, report)


def _factors(scenario: Draft, report: Report) -> None:
    allocation, covariates = scenario.design.allocation, scenario.participants
    if not allocation.factors:
        message = "minimization needs the factors in which it makes the arms alike."
        report(Finding("TS-E346", (*PLACE, "method"), message, "Write factors: and covariates, or site."))
    for i, name in enumerate(allocation.factors):
        here = (*PLACE, "factors", i)
        if name == SITE.name:
            if not site_names(scenario):
                report(Finding("TS-E347", here, "there are no sites.", "Declare setting.sites."))
        elif name not in covariates:
            remedy = did_you_mean(name, [*covariates, SITE.name], what="Covariates")
            report(Finding("TS-E347", here, f"there is no covariate '{name}'.", remedy))
        elif not covariates[name].choice and name not in allocation.cut:
            message = f"'{name}' is a number, and no two participants may have the same one."
            report(Finding("TS-E347", here, message, f"Write cut: {{{name}: ..}} and where to cut it."))
        if name in allocation.factors[:i]:
            report(Finding("TS-E347", here, f"'{name}' is named twice.", "Name each factor once."))
    for key in ("cut", "weights"):
        for name in getattr(allocation, key):
            here = (*PLACE, key, name)
            if name not in allocation.factors:
                remedy = did_you_mean(name, list(allocation.factors), what="Factors")
                report(Finding("TS-E347", here, f"'{name}' is not one of the factors.", remedy, on_key=True))
            elif key == "cut" and (name not in covariates or covariates[name].choice):
                message = f"'{name}' has categories, which nobody needs to cut."
                report(Finding("TS-E347", here, message, f"Remove {name} from cut:.", on_key=True))


def _chance(scenario: Draft, report: Report) -> None:
    """The best arm is likelier than by chance."""
    allocation, arms = scenario.design.allocation, len(scenario.design.arms)
    if allocation.p is None:
        return
    parts = parse_ratio(allocation.ratio or "") or (1,) * arms
    least = min(parts) / sum(parts)
    if not least < allocation.p.value <= 1.0:
        message = f"without a look at the factors the chance is {100 * least:.3g} % already."
        if allocation.p.value > 1.0:
            message = "a chance is at most 100 %."
        report(Finding("TS-E346", (*PLACE, "p"), message, "Write p: 80 %."))


def _stick(scenario: Draft, report: Report) -> None:
    allocation = scenario.design.allocation
    if allocation.tolerate is None:
        message = "the big stick needs the difference between arms from which on it strikes."
        report(Finding("TS-E346", (*PLACE, "method"), message, "Write tolerate: 3."))
    if len(set(parse_ratio(allocation.ratio or ""))) > 1:
        others = " or ".join(one.name for one in METHODS if one.by_factors or one.blocks)
        message = "the big stick is defined for arms of equal size."
        report(Finding("TS-E346", (*PLACE, "ratio"), message, f"Remove ratio:, or write method: {others}."))
