"""The protocol of a study: its sample-size section and its checklists, filled from a run."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trialsim.api.finished import Run, open_run
from trialsim.api.keep import folder_of, run
from trialsim.api.subjects import Subject, scenario_of, study_of
from trialsim.errors import RunError
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.first_replicates import FirstReplicates
from trialsim.evaluate.table import Measure
from trialsim.report.index import write_index
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.files import FORMS, QUESTIONS, file_names, write_protocol
from trialsim.report.protocol.frame import protocol_frame
from trialsim.report.protocol.markdown import markdown
from trialsim.report.protocol.paper import ProtocolDocument, protocol_document
from trialsim.report.protocol.tools import available
from trialsim.report.run_page import sealed_text
from trialsim.result import Result
from trialsim.runs.answers import finished, taken
from trialsim.runs.owners import of_protocol
from trialsim.runs.record import MANIFEST, read_manifest
from trialsim.runs.run import MEASURES
from trialsim.scenario.identity import scenario_hash

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.prepared import Study
    from trialsim.sweep.tornado import Tornado

#: Trials at each end of a range.
RANGE_TRIALS = 2_000


@dataclass(frozen=True, repr=False)
class ProtocolResult(Result):
    """The text of a protocol.

    Attributes
    ----------
    document : its sections and the rows of its checklists
    folder, files : where it was written, if it was
    """

    document: ProtocolDocument
    folder: Path | None = None
    files: tuple[Path, ...] = ()

    def frame(self) -> pd.DataFrame:
        """One row for each row of a checklist: guideline, item, what is asked, who fills it, its text, its open questions."""
        return protocol_frame(self.document)

    def brief(self) -> pd.DataFrame:
        """For each guideline the number of its rows, and how many have an open question."""
        table = self.frame()
        return (
            table.groupby("guideline", sort=False)
            .agg(rows=("item", "size"), open=("questions", lambda one: int((one > 0).sum())))
            .reset_index()
        )

    def lines(self) -> list[str]:
        """The sample-size section, and how many questions are open for the authors."""
        return [self.document.gap_words, *self.document.paragraphs, *self.document.notes]

    def text(self) -> str:
        """The whole document as Markdown."""
        return markdown(self.document)


def protocol(
    subject: Subject | Run,
    out: str | os.PathLike[str] | None = None,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    ranges: bool = False,
    answers: Mapping[str, str] | str | os.PathLike[str] | None = None,
    forms: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
    allow_code: bool = False,
) -> ProtocolResult:
    """The sample-size section and the reporting checklists of a study, filled from its run.

    Parameters
    ----------
    subject : a run, its folder, or a study. The run of a study is looked for in ``outputs/NAME``; if it is not there, it is
        simulated into this folder first
    out : a folder for the files; by default nothing is written
    set, replicates, seed, workers, allow_code : of the run, where it is simulated
    ranges : whether each number with a plausible range is simulated at both ends, so that the text says how far the power moves;
        a study of one group and a pilot state no power
    answers : what the authors have answered, by the key of the question, or a YAML file of these; by default the file
        ``questions.yaml`` in ``out``, if it is there
    forms : of ``md``, ``html``, ``docx`` and ``pdf``; by default all that can be made here

    Raises
    ------
    RunError
        TS-R016 when a folder holds no run, TS-R321 when a form needs a package that is not installed, TS-R323 when the answers
        cannot be read
    """
    beside = None if out is None else Path(out) / QUESTIONS
    if answers is None and beside is not None and beside.is_file():
        answers = beside  # what was typed there must not be lost
    given, wanted = read_answers(answers), _forms(forms)
    made, study = _run_of(
        subject, set=set, replicates=replicates, seed=seed, workers=workers, progress=progress, allow_code=allow_code
    )
    facts = ProtocolFacts(
        study, stored_characteristics(made, study), str(made.folder), None,
        made.manifest.get("versions", {}), made.manifest.get("platform", ""), tuple(made.manifest.get("missing", ())),
    )  # fmt: skip
    if ranges and not (facts.one_group or facts.pilot):  # their sizes rest on no power
        facts = replace(facts, tornado=_tornado(study, workers=workers, progress=progress))
    document = protocol_document(facts, given)
    if out is None:
        return ProtocolResult(document)
    folder = Path(out)
    mine = of_protocol(study.scenario.name, scenario_hash(study.scenario), file_names(wanted))
    with taken(folder, mine):
        files = write_protocol(document, folder, forms=wanted, scenario=sealed_text(study), answers=given)
        finished(
            folder,
            mine,
            {"run": str(made.folder), "replicates": facts.characteristics.replicates, "gaps": len(document.gaps)},
        )
        write_index(folder)
    return ProtocolResult(document, folder, files)


def _forms(forms: Sequence[str] | None) -> tuple[str, ...]:
    if forms is None:
        return available(tuple(FORMS))
    for form in forms:
        if form not in FORMS:
            raise ValueError(f"a form is {', '.join(FORMS)}, not {form!r}.")
    return tuple(dict.fromkeys(forms))


def default_folder(subject: Subject | Run, *, set: Sequence[str] = ()) -> Path:  # noqa: A002  # the word of the command line
    """Where the command line writes: ``outputs/NAME-protocol``; of the folder of a run beside it, with this end."""
    if isinstance(subject, (str, os.PathLike)) and Path(subject).is_dir():
        return Path(subject).parent / f"{Path(subject).name}-protocol"
    name = subject.study.scenario.name if isinstance(subject, Run) else scenario_of(subject, set=set).name
    return Path("outputs") / f"{name}-protocol"


# ---------------------------------------------------------------- the run


def _run_of(
    subject: Subject | Run,
    *,
    set: Sequence[str],  # noqa: A002  # the word of the command line
    replicates: int | None,
    seed: int | None,
    workers: int | None,
    progress: Callable[[str, int, int | None], None] | None,
    allow_code: bool,
) -> tuple[Run, Study]:
    """The run: itself, of a folder, found where the study keeps it, or simulated now; and the study with its present words."""
    if isinstance(subject, Run):
        return subject, subject.study
    if isinstance(subject, (str, os.PathLike)) and "\n" not in str(subject) and Path(subject).is_dir():
        found = open_run(subject)
        return found, found.study
    study = study_of(subject, set=set, replicates=replicates, seed=seed, allow_code=allow_code)
    folder = folder_of(study, None)
    if _is_there(study, folder, replicates):
        return open_run(folder), study
    return run(study, folder, figures="page", workers=workers, progress=progress, allow_code=allow_code), study


def _is_there(study: Study, folder: Path, replicates: int | None) -> bool:
    """Whether a folder holds the finished run of this very study; with any number of trials unless one is given."""
    known = read_manifest(folder) if (folder / MANIFEST).is_file() else None
    if known is None or known.get("status") != "done":
        return False
    same = (known.get("scenario_hash"), known.get("seed")) == (
        scenario_hash(study.scenario),
        study.scenario.simulation.seed,
    )
    return same and replicates in (None, known.get("replicates"))


def stored_characteristics(made: Run, study: Study) -> OperatingCharacteristics:
    """The measures of a run that is in a folder; nothing that figures are drawn from."""
    if made.finished is not None:
        return made.characteristics
    with (made.place / MEASURES).open(encoding="utf-8", newline="") as file:
        measures = tuple(
            Measure(
                row["analysis"], row["contrast"], row["measure"], _number(row["value"]), _number(row["mcse"]),
                _number(row["conf_low"]), _number(row["conf_high"]), int(row["n_replicates"]), int(row["n_failed"]),
            )
            for row in csv.DictReader(file)
        )  # fmt: skip
    manifest = made.manifest
    none = np.zeros((0, 0))
    kept = FirstReplicates(
        (), study.twins, study.analysis.rows, np.zeros((0, 0, 0)), np.zeros((0, 0, 0)), none, none, (), none,
        np.zeros((0, 0), dtype=np.float32),
    )  # fmt: skip
    return OperatingCharacteristics(
        study.scenario.name, manifest["replicates"], manifest["seed"], manifest["engine"], manifest["workers"],
        manifest["seconds"], study.scenario.primary, measures, kept,
    )  # fmt: skip


def _number(text: str) -> float:
    return float(text or "nan")


def _tornado(
    study: Study, *, workers: int | None, progress: Callable[[str, int, int | None], None] | None
) -> Tornado | None:
    """What each plausible range does to the power; None where no range is stated."""
    from trialsim.scenario.ranges import declared_ranges
    from trialsim.sweep.tornado import play_tornado

    ranges = len(declared_ranges(study.scenario.written.data))
    if not ranges:
        return None
    say = progress or (lambda *_: None)
    return play_tornado(
        study.scenario, replicates=RANGE_TRIALS, workers=workers,
        progress=lambda done: say("Simulating plausible ranges", done, 1 + 2 * ranges),
    )  # fmt: skip


# ---------------------------------------------------------------- answers


def read_answers(answers: Mapping[str, str] | str | os.PathLike[str] | None) -> dict[str, str]:
    """The answers that are given, by the key of the question; empty ones are left out.

    Raises
    ------
    RunError
        TS-R323 when a file of answers cannot be read, or is not a list of keys with texts
    """
    if answers is None:
        return {}
    found = answers if isinstance(answers, Mapping) else _file_of_answers(Path(answers))
    texts = {str(key): str(text or "").strip() for key, text in found.items()}
    return {key: text for key, text in texts.items() if text}


def _file_of_answers(path: Path) -> Mapping[str, str]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    remedy = "Begin with the file questions.yaml that is written beside the document."
    try:
        found = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as problem:
        raise RunError(f"the answers in {path} cannot be read.", code="TS-R323", remedy=remedy) from problem
    if found is None:
        return {}
    if not isinstance(found, dict) or any(isinstance(one, (dict, list)) for one in found.values()):
        raise RunError(f"{path} is not a list of questions with their answers.", code="TS-R323", remedy=remedy)
    return found
