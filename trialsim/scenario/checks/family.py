"""Several children of one mother: how many, how they are allocated, and what is hers."""

from __future__ import annotations

from trialsim.kinds.designs import METHOD
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Draft, Family
from trialsim.scenario.text import Finding

PLACE = ("family",)

#: No mother has more children in a study.
MOST = 10


def check_family(scenario: Draft, report: Report) -> None:
    """Sizes are whole numbers of children, the allocation can keep families together, and a mother's outcome has mothers."""
    family = scenario.family
    for name, outcome in scenario.outcomes.items():
        here = ("outcomes", name, "per")
        if outcome.per is not None and family is None:
            message = "without a family every participant has a mother of their own."
            report(Finding("TS-E353", here, message, "Write family: at the top, or remove per:.", on_key=True))
        elif outcome.per is not None and family is not None and family.allocated == "apart":
            message = "a mother has no arm if her children may be in different ones."
            report(Finding("TS-E353", here, message, "Write allocated: together, or remove per:.", on_key=True))
    if family is None:
        return
    _sizes(family, report)
    if family.icc.value >= 1.0:
        message = "children who are alike in everything are one."
        report(Finding("TS-E351", (*PLACE, "icc"), message, "Write a share below 100 %."))
    design = scenario.design
    method = METHOD.get(design.allocation.method or "")
    if family.allocated == "together" and (design.enroll.each_arm is not None or design.enroll.by_arm):
        message = "an arm that closes at a number of children would divide a family."
        report(Finding("TS-E352", ("design", "enroll"), message, "Write one target: enroll: 60, or allocated: apart."))
    elif family.allocated == "together" and method is not None and method.balances:
        message = f"'{method.name}' allocation looks at children one by one."
        report(
            Finding("TS-E352", ("design", "allocation", "method"), message, "Use permuted blocks, or allocated: apart.")
        )


def _sizes(family: Family, report: Report) -> None:
    size = family.size.distribution
    values = size.values if size.family == "choice" else size.params if size.family == "fixed" else ()
    if not values or any(value != round(value) or not 1 <= value <= MOST for value in values):
        message = f"a number of children is a whole number from 1 to {MOST}."
        report(Finding("TS-E351", (*PLACE, "size"), message, "Write size: {choice: {1: 75 %, 2: 22 %, 3: 3 %}}."))
