"""Numbers that must be positive, and shares that must sum to 100 %."""

from __future__ import annotations

from trialsim.quantities.fields import Number
from trialsim.rules import ABOVE_ZERO, NOT_NEGATIVE, has
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import records
from trialsim.scenario.model import Draft
from trialsim.scenario.text import Finding, Path


def check_signs(scenario: Draft, report: Report) -> None:
    """Numbers of fields that must be positive are."""
    for path, record in records(scenario):
        for name, info in type(record).model_fields.items():
            value = getattr(record, name)
            if isinstance(value, Number):
                here, values = (*path, info.alias or name), (("value", f"{value.value:g}"),)
                if has(info, ABOVE_ZERO) and value.value <= 0:
                    message, remedy = "{value} is not above zero.", "It must be positive."
                    report(Finding("TS-E013", here, message, remedy, values=values))
                elif has(info, NOT_NEGATIVE) and value.value < 0:
                    report(Finding("TS-E013", here, "{value} is negative.", "It must be 0 or more.", values=values))


def sum_to_one(shares: dict[str, Number] | object, path: Path, report: Report) -> None:
    """Shares of a whole sum to 100 %."""
    assert isinstance(shares, dict)
    total = sum(share.value for share in shares.values())
    if abs(total - 1) > 1e-6:
        message, values = "the shares sum to {total} %.", (("total", f"{100 * total:.6g}"),)
        report(Finding("TS-E014", path, message, "They must sum to 100 %.", values=values))
