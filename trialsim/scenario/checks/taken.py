"""Names that columns and rows of the tables bear already, so that nothing of a scenario may bear them.

Tests compare each list with the columns of the tables themselves: a column that is added there is added here.
"""

from __future__ import annotations

from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Draft
from trialsim.scenario.priors import priors_of
from trialsim.scenario.text import Finding, Path

#: Columns of the participants of a cohort, beside which each covariate is a column of its own.
PARTICIPANT_COLUMNS = (
    "participant",
    "arm",
    "stratum",
    "block",
    "site",
    "family",
    "period",
    "arrived",
    "enrolled",
    "ended",
    "end_reason",
)

#: Columns of the points of an assurance, beside which each prior is a column of its own.
POINT_COLUMNS = ("point", "replicates", "reached", "failed", "fault")

#: Under ``analysis`` these rows are about the whole trial and about all primary analyses together.
ROWS = ("trial", "primary")


def check_taken(scenario: Draft, report: Report) -> None:
    """Refuse names under which a table would lose a column, or mix two things in its rows."""
    for name in scenario.participants:
        _free(name, PARTICIPANT_COLUMNS, ("participants", name), "a column of the participants' table", report)
    for name in scenario.analyses:
        _free(name, ROWS, ("analyses", name), "a row of every result", report)
    for name in scenario.families:
        _free(name, ROWS, ("families", name), "a row of every result", report)
        _free(name, tuple(one.casefold() for one in scenario.analyses), ("families", name), "an analysis", report)
    for name, numbers in priors_of(scenario).items():
        place: Path = (*numbers[0][0], "prior", "name")
        _free(name, POINT_COLUMNS, place, "a column of the table of points", report, on_key=False)


def _free(name: str, taken: tuple[str, ...], path: Path, what: str, report: Report, *, on_key: bool = True) -> None:
    """Capitals make no difference: spreadsheets and databases do not tell ``Arm`` from ``arm``."""
    if name.casefold() in taken:
        message = f"'{name}' is the name of {what}."
        report(Finding("TS-E110", path, message, f"Choose another name, such as 'own {name}'.", on_key=on_key))
