"""Figures and report of a finished run, into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialsim.report.figures import Drawings
    from trialsim.runs.run import FinishedRun


def write_pages(finished: FinishedRun, drawings: Drawings) -> None:
    """Figures and report, beside the tables of a run that is not yet in its place."""
    from trialsim.report.figures import write_figures
    from trialsim.runs.folder import writing

    folder = finished.folder.new
    begun = drawings.pictures(finished)
    from trialsim.report.document import write_page  # loaded while figures are drawn
    from trialsim.report.run_page import run_page

    with writing(finished.folder.path):
        drawn = write_figures(begun, folder / "figures", drawings)
        write_page(run_page(finished, drawn), folder / "report.html")
