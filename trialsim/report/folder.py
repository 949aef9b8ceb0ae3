"""Figures and report of a finished run, into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialsim.runs.run import Run


def write_pages(finished: Run) -> None:
    """Figures and report, entered into the manifest."""
    from trialsim.report.figures import write_figures
    from trialsim.report.page import write_report
    from trialsim.runs.folder import writing
    from trialsim.runs.manifest import add_outputs

    folder = finished.folder.path
    with writing(folder):
        files = write_figures(finished, folder / "figures")
        add_outputs(finished.folder, [folder / "report.html"])
        add_outputs(finished.folder, [write_report(finished, files, folder / "report.html")])
