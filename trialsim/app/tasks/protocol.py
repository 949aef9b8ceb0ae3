"""The text of a protocol for a scenario of the workbench, made in a folder that is gone afterwards."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import trialsim as ts
from trialsim.app.tasks import Plain, Report
from trialsim.app.tasks.play import study_asked


def protocol(asked: Plain, report: Report) -> Plain:
    """The sample-size section and the checklists of a study, filled from a run: as text and as a page."""
    study = study_asked(asked)
    total = asked["replicates"]

    def far(_stage: str, done: int, _total: int | None) -> None:
        report(min(0.9 * done / total, 0.9), f"{min(done, total):,} of {total:,} trials")

    with TemporaryDirectory(prefix="trialsim-") as folder:
        run = ts.run(study, Path(folder) / "run", workers=1, figures=False, progress=far)
        made = ts.protocol(run, Path(folder) / "protocol", forms=["md", "html"], workers=1)
        texts = {file.suffix: file.read_text(encoding="utf-8") for file in made.files}
    return {
        "title": study.scenario.title,
        "sentences": ["Text for a protocol, an ethics application and a paper. Read every sentence before you use it.",
                      "What only the authors know is in square brackets."],
        "pictures": [],
        "text": texts[".md"],
        "page": texts[".html"],
        "csv": made.frame().to_csv(index=False),
    }  # fmt: skip
