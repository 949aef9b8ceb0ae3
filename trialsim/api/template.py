"""An empty set to collect the data of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim import study as studies
from trialsim.api.arguments import checked
from trialsim.api.subjects import Folder, Subject, study_of
from trialsim.export.build import facts_of
from trialsim.export.folder import check_empty
from trialsim.export.template.folder import TemplateFiles, write_template
from trialsim.result import Result

if TYPE_CHECKING:
    import pandas as pd

#: Simulated trials from which times of visits and hours of staff are taken.
TRIALS = range(20)


@dataclass(frozen=True, repr=False)
class Template(Result):
    """An empty data-collection set in its ``folder``: ``made`` has its files and the SHA-256 of the randomization list."""

    folder: Path
    made: TemplateFiles

    def frame(self) -> pd.DataFrame:
        """One row a file."""
        import pandas as pd

        return pd.DataFrame([str(path) for path in self.made.files], columns=["file"])

    def lines(self) -> list[str]:
        """What was written, and what to do with the list."""
        found = [
            f"{len(self.made.files)} files in {self.folder}; README.txt says what they are. There are no data in them."
        ]
        if self.made.no_list:
            return [*found, f"There is no randomization list. {self.made.no_list}"]
        return [
            *found,
            "The randomization list is new: no seed makes it again. Only you can read it. Give it to the person who keeps it.",
            f"SHA-256 of the list, for the protocol: {self.made.sha256}",
        ]


@checked
def template(
    subject: Subject,
    out: Folder | None = None,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    enrolled: datetime | None = None,
) -> Template:
    """Write an empty data-collection set: dictionary, REDCap project, visit calendar, staffing plan, randomization list.

    The list is drawn from the entropy of the operating system and never from the scenario's seed; only the owner of the file can
    read it, and its SHA-256 is for the protocol.

    Parameters
    ----------
    out : by default ``template-NAME``
    enrolled : when the participant of the calendar is enrolled; by default 9:00 of the study's first day

    Raises
    ------
    RunError
        TS-R012 when the folder is not empty, TS-R338 when the list would be too long
    """
    study = study_of(subject, set=set)
    folder = Path(out) if out is not None else Path(f"template-{study.scenario.name}")
    check_empty(folder)
    starts = facts_of(study, seed=study.scenario.simulation.seed, replicate=0).starts
    cohort = studies.simulate(study, TRIALS, twins=("declared",))
    made = write_template(study, cohort, folder, enrolled=enrolled or starts.replace(hour=9))
    return Template(folder, made)
