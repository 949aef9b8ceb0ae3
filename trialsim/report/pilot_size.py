"""The size of a pilot in words, as a table, a file and a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.prepared import Study
from trialsim.report.brief import Line
from trialsim.report.digits import percent, plain
from trialsim.report.document import DataTable, PageSection, TableCell, Text, write_page
from trialsim.report.progression import limit_words
from trialsim.report.study_page import study_page
from trialsim.report.words import join
from trialsim.runs.answers import finished, taken
from trialsim.runs.owners import of_size
from trialsim.sizing.progression import PilotSize, PilotSizes

if TYPE_CHECKING:
    import pandas as pd

#: The file of the sizes.
FILE = "pilot_sizes.csv"


def pilot_lines(found: PilotSizes) -> list[Line]:
    """The size that all criteria need, the criterion that needs it, and why some criteria have no size."""
    sizes = {one.name: one.size for one in found.criteria if one.size is not None}
    without = [one for one in found.criteria if one.size is None]
    lines = []
    if sizes:
        most = max(sizes, key=lambda name: sizes[name])
        of = (
            "its criterion"
            if len(found.criteria) == 1
            else f"each criterion alone{' that has a size' if without else ''}"
        )
        lines.append(
            Line(
                "Answer",
                f"{sizes[most]} participants decide {of}: the pilot stops a truth at go in at most "
                f"{percent(found.accepted[0], 0)}, and lets go ahead a truth at stop in at most "
                f"{percent(found.accepted[1], 0)}. {most} needs most.",
            )
        )
    else:
        lines.append(Line("Answer", "No criterion has a size.", bad=True))
    lines += [Line("None", f"{one.name}: {one.why_not}.", bad=True) for one in without]
    apart = [one for one in found.criteria if one.size is not None and one.exact not in (None, one.size)]
    if apart:
        sizes_apart = join([f"{one.exact} for {one.name} (simulated {one.size})" for one in apart])
        lines.append(Line("Check", f"By formula {sizes_apart}. {WHY_APART}"))
    return lines


WHY_APART = (
    "The formula knows no limit of time, no working hours, no queue and no second reason to leave; the mean rate of small "
    "pilots lies above the true rate; and a chance close to what is accepted may pass in the simulation."
)

HEADER = ("criterion", "input moved", "at go", "at stop", "participants", "stops at go", "goes at stop", "by formula")


def pilot_rows(found: PilotSizes) -> list[tuple[str, ...]]:
    """One row for each criterion; a number that is not there is empty."""
    return [_row(one) for one in found.criteria]


def _row(one: PilotSize) -> tuple[str, ...]:
    moved = ("", "", "") if one.moved is None else (one.moved.path, one.moved.at_go, one.moved.at_stop)
    wrong = ("", "") if one.size is None else tuple(percent(chance) for chance in one.wrong)
    size = "" if one.size is None else str(one.size)
    return (one.name, *moved, size, *wrong, "" if one.exact is None else str(one.exact))


def pilot_frame(found: PilotSizes) -> pd.DataFrame:
    """The rows with numbers in full: one for each criterion."""
    import pandas as pd

    columns = (
        "criterion", "input", "at_go", "at_stop", "mean_at_go", "mean_at_stop", "size", "stops_at_go", "goes_at_stop",
        "size_by_formula", "why_not",
    )  # fmt: skip
    rows = []
    for one in found.criteria:
        moved = one.moved
        named = (None,) * 5 if moved is None else (moved.path, moved.at_go, moved.at_stop, *moved.means)
        rows.append((one.name, *named, one.size, *one.wrong, one.exact, one.why_not))
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({"size": "Int64", "size_by_formula": "Int64"})


def how(found: PilotSizes) -> str:
    """How the sizes were found."""
    return (
        "Each criterion alone: the input was moved, with the ward as it is, until the criterion's mean was at go, and again "
        "at stop. The size is the smallest from which on all sizes up to twice it keep both chances. They are shares of "
        f"{found.replicates:,} simulated pilots: the standard error of 5 % is "
        f"{plain(100 * (0.05 * 0.95 / found.replicates) ** 0.5, 2)} percentage points, of 10 % "
        f"{plain(100 * (0.1 * 0.9 / found.replicates) ** 0.5, 2)}."
    )


def write_pilot_sizes(study: Study, found: PilotSizes, folder: Path) -> tuple[Path, ...]:
    """Write ``pilot_sizes.csv``, ``report.html`` and ``size.json`` into ``folder``."""
    from trialsim.runs.files import whole_file

    mine = of_size(study.scenario.name)
    with taken(folder, mine):
        path = folder / FILE
        with whole_file(path) as temporary:
            pilot_frame(found).to_csv(temporary, index=False, lineterminator="\n")
        page = write_page(
            study_page(
                "how many participants a pilot needs", f"Search over {found.spent:,} simulated pilots.", study,
                pilot_lines(found), _sections(study, found),
            ),
            folder / "report.html",
        )  # fmt: skip
        answer = [line.text for line in pilot_lines(found)]
        return (path, page, finished(folder, mine, {"answer": answer, "spent": found.spent}))


def _sections(study: Study, found: PilotSizes) -> Sequence[PageSection]:
    limits = study.scenario.progression
    cells: tuple[tuple[str | TableCell, ...], ...] = tuple(
        (TableCell(row[0], limit_words(limits[row[0]])), TableCell(row[1]), *row[2:]) for row in pilot_rows(found)
    )
    table = DataTable("Sizes by criterion", HEADER, cells, (2, 3, 4, 5, 6, 7))
    return [PageSection("The criteria", (table, Text(how(found))))]
