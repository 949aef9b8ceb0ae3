"""The page of a scenario that was made from a pilot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.report.document import BulletList, Code, DataTable, Page, PageSection, write_page
from trialsim.runs.answers import finished, taken
from trialsim.runs.owners import of_fit

if TYPE_CHECKING:
    from trialsim.pilot import Fragment


def fit_page(name: str, fragment: Fragment, columns: Sequence[tuple[str, str]]) -> Page:
    """What was read of a pilot, and the scenario made from it."""
    from trialsim.runs.versions import versions

    outcomes = ", ".join(fragment.data.get("outcomes", {}))
    first = (
        f"The numbers of this scenario come from the pilot {name}; the design is only a start.",
        f"Fitted outcomes: {outcomes}. The prior of each number says how uncertain the pilot leaves it.",
        "Next: assurance averages the power over these priors; a power at the pilot's own effect would be too optimistic.",
    )
    read = (
        [PageSection("What each column was read as", (DataTable("Columns", ("column", "read as"), tuple(columns)),))]
        if columns
        else []
    )
    notes = [PageSection("What to know about these numbers", (BulletList(fragment.notes),))] if fragment.notes else []
    return Page(
        title=f"A scenario from the pilot {name}",
        what="Numbers from a pilot, with what is uncertain about each.",
        answer=first,
        sections=(*read, *notes, PageSection("The scenario", (Code(fragment.text),))),
        versions=versions(),
    )


def write_fit(name: str, pilot: str, fragment: Fragment) -> Path:
    """Write the page into ``outputs/NAME-fit``.

    Raises
    ------
    RunError
        as :func:`trialsim.runs.answers.taken`
    """
    from trialsim.report.index import write_index

    folder, mine = Path("outputs") / f"{name}-fit", of_fit(name)
    with taken(folder, mine):
        columns = [(one.name, f"{one.role}: {one.why}") for one in fragment.columns]
        page = write_page(fit_page(pilot, fragment, columns), folder / "report.html")
        finished(folder, mine, {"notes": list(fragment.notes)})
    write_index(folder)
    return page
