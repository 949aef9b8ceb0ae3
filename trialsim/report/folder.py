"""Figures and report of a finished run, into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialsim.figures.render import FigureFiles
    from trialsim.runs.run import FinishedRun


def write_pages(finished: FinishedRun, files: FigureFiles = "all") -> None:
    """Figures and report, beside the tables of a run that is not yet in its place."""
    from trialsim.report.document import write_page
    from trialsim.report.figures import write_figures
    from trialsim.report.run_page import run_page
    from trialsim.runs.folder import writing

    folder = finished.folder.new
    with writing(finished.folder.path):
        drawn = write_figures(finished, folder / "figures", files)
        write_page(run_page(finished, drawn), folder / "report.html")
