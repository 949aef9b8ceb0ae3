"""A simulated trial in the formats of other programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim import study as studies
from trialsim.api.arguments import checked
from trialsim.api.finished import Run, open_run
from trialsim.api.subjects import Folder, Subject, study_of
from trialsim.engine import Engine
from trialsim.export.build import TrialExport, build
from trialsim.export.folder import check_empty, write_folder
from trialsim.export.formats.table import formats_of
from trialsim.prepared import Study
from trialsim.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Export(Result):
    """A trial that was written in the formats of other programs.

    Attributes
    ----------
    folder : where its files are
    trial : its tables and estimates
    files : each file with what it is
    """

    folder: Path
    trial: TrialExport
    files: tuple[tuple[Path, str], ...]

    def frame(self) -> pd.DataFrame:
        """One row a file."""
        import pandas as pd

        return pd.DataFrame([(str(path), what) for path, what in self.files], columns=["file", "what"])

    def lines(self) -> list[str]:
        """What was written."""
        facts = self.trial.facts
        return [
            f"{facts.name}: replicate {facts.replicate}, seed {facts.seed}, {len(self.trial.wide.rows)} participants. SIMULATED.",
            f"{len(self.files)} files in {self.folder}; README.txt says what they are.",
        ]


@checked
def export(
    subject: Subject | Run,
    *formats: str,
    out: Folder | None = None,
    replicate: int = 0,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    seed: int | None = None,
    engine: Engine = "fast",
    allocation: bool = False,
    truth: bool = False,
    allow_code: bool = False,
) -> Export:
    """Write one simulated trial for other programs: SPSS, Stata, SAS, Excel, REDCap, ...; every file says that it is simulated.

    Parameters
    ----------
    subject : a scenario, or a finished run or its folder, of which a replicate is simulated again
    formats : their names, or ``"all"``
    out : by default ``export-NAME-REPLICATE``
    replicate : which simulated trial
    allocation : whether stratum and block are written, which can unblind a trial
    truth : whether what nobody can know is written too, in files of its own: values in every arm, and who responds
    allow_code : whether the study's own Python functions may run (``test: python``); read them first

    Raises
    ------
    RunError
        TS-R012 when the folder is not empty, TS-R016 for a folder without a finished run, TS-R336 when a package is missing,
        TS-R337 for an unknown format
    """
    wanted = formats_of(formats)
    study, used, with_engine = _subject(subject, set=set, seed=seed, engine=engine, allow_code=allow_code)
    folder = Path(out) if out is not None else Path(f"export-{study.scenario.name}-{replicate}")
    check_empty(folder)
    cohort = studies.cohort_of(study, replicate, seed=used, engine=with_engine)
    trial = build(study, cohort, allocation=allocation)
    return Export(folder, trial, tuple(write_folder(trial, folder, wanted, truth=truth)))


def _subject(
    subject: Subject | Run,
    *,
    set: Sequence[str],  # noqa: A002  # the word of the command line
    seed: int | None,
    engine: Engine,
    allow_code: bool,
) -> tuple[Study, int | None, Engine]:
    """The study, the seed and the engine: of a run those of the run."""
    if isinstance(subject, (str, os.PathLike)) and _is_folder(subject):
        subject = open_run(subject)
    if isinstance(subject, Run):
        of_run: Engine = "simpy" if subject.manifest.get("engine") == "simpy" else "fast"
        study = study_of(subject.study, set=set, allow_code=allow_code)
        return study, subject.manifest["seed"] if seed is None else seed, of_run
    return study_of(subject, set=set, allow_code=allow_code), seed, engine


def _is_folder(subject: str | os.PathLike[str]) -> bool:
    """Whether a subject is a folder; the text of a scenario is none."""
    try:
        return Path(subject).is_dir()
    except (OSError, ValueError):  # a text that is too long for a name
        return False
