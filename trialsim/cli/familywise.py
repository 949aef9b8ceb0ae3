"""Familywise error rates on the screen, and for scripts."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from trialsim.cli.console import stdout
from trialsim.cli.text import print_rows, print_text, style_of

if TYPE_CHECKING:
    from trialsim.familywise import FamilywiseErrors

#: Configurations of a family that are shown: those with the highest rates.
SHOWN = 5


def print_familywise(found: FamilywiseErrors, *, everything: bool) -> None:
    """The configurations of each family with the highest rates, or all of them; which null hypotheses none makes true."""
    from trialsim.report.familywise import EXPLAINED, familywise_rows, unreachable_text, worst_text

    rows, hidden = familywise_rows(found, most=None if everything else SHOWN)
    stdout.print()
    print_rows(
        ("family, and effects switched off", ">true nulls", ">familywise error", "level"),
        [(row.name, row.true_nulls, row.rate, row.verdict) for row in rows],
        styles=[style_of(primary=row.head, bad=row.bad) for row in rows],
    )
    stdout.print()
    more = f" {hidden} more rows with --all and in familywise.csv." if hidden else ""
    for text in (*worst_text(found), *unreachable_text(found), EXPLAINED + more):
        print_text(text)


def familywise_as_data(found: FamilywiseErrors) -> dict[str, object]:
    """The rates for scripts; a number that is not there is null."""
    rows = [
        {
            "family": one.family, "configuration": one.configuration, "off": [list(pair) for pair in one.off],
            "true_nulls": list(one.true_nulls), "alpha": one.alpha, "ruling": one.ruling, "more": one.more,
            "words": one.words,
            "rates": [
                {key: None if isinstance(cell, float) and math.isnan(cell) else cell for key, cell in asdict(rate).items()}
                for rate in one.rates
            ],
        }
        for one in found.rows
    ]  # fmt: skip
    return {"rows": rows, "unreachable": {name: list(members) for name, members in found.unreachable.items()}}
