"""Several analyses of one study on the same trials."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.api.arguments import checked
from trialsim.api.subjects import Subject, permitted, scenario_of
from trialsim.compare.choices import left_out, named, only, other_visits, questions, same_question
from trialsim.compare.play_choices import AnalysisComparison, play_choices
from trialsim.compare.sides import CompareError
from trialsim.engine import Engine
from trialsim.prepared import Study, prepare
from trialsim.report.index import write_index
from trialsim.result import Result
from trialsim.runs.owners import of_analyses
from trialsim.scenario import Scenario
from trialsim.scenario.further import with_analyses, with_further

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.report.compare import ComparisonPicture

#: How the name of a file of further analyses ends.
FILES = (".yaml", ".yml")

#: Names of analyses and of files that hold further ones, or further ones themselves by their names.
Choices = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, repr=False)
class AnalysesResult(Result):
    """Analyses side by side: ``found`` has every measure of each, and the paired differences of every two."""

    found: AnalysisComparison
    seconds: float

    def frame(self) -> pd.DataFrame:
        """One row for each analysis, the arms it compares, and each measure with its error."""
        return self.found.frame()

    def differences(self) -> pd.DataFrame:
        """One row for each two analyses that compare the same arms: the paired difference of each measure and its error."""
        return self.found.difference_frame()

    def brief(self) -> pd.DataFrame:
        """A row for each analysis: power, its difference from the first, rejections without effects, coverage."""
        import pandas as pd

        from trialsim.report.choices_table import lines

        return pd.DataFrame(
            [
                {"arms": question.contrast, "analysis": line.name, "power": line.power, "from the first": line.difference,
                 "without effects": line.level, "coverage": line.coverage}
                for question in self.found.questions
                for line in lines(self.found, question)
            ]
        )  # fmt: skip

    def lines(self) -> list[str]:
        """Which analysis has the most power, which reject too often, and which answer different questions."""
        from trialsim.report.choices_words import named_lines

        return [line.text for line in named_lines(self.found)]

    def pictures(self) -> Iterator[ComparisonPicture]:
        """The figures of the page."""
        from trialsim.report.choices import pictures

        return pictures(self.found)


@checked
def compare_analyses(
    subject: Subject,
    analyses: Choices = (),
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    figures: bool = True,
    started: Callable[[int], Callable[[int], None] | None] | None = None,
    allow_code: bool = False,
) -> AnalysesResult:
    """Compare several analyses of one study on the same simulated trials; the primary analysis is always one of them.

    Parameters
    ----------
    analyses : names of analyses, files of further ones (``choices.yaml``), or further ones as a map from name to keys; by default
        every analysis of the outcome, the visit and the arms of the primary one
    replicates : simulated trials; by default the scenario's own number
    out, figures : a folder for the tables, and whether figures and page go with it; by default nothing is written
    started : called with the number of trials; may return a function for progress
    allow_code : whether the study's own Python functions may run (``test: python``); read them first

    Raises
    ------
    CompareError
        TS-R280 for a name that is not an analysis, TS-R281 if no two analyses compare the same arms
    ScenarioError
        with every fault of the scenario or of a file of further analyses
    """
    scenario, names = _with_choices(scenario_of(subject, set=set), analyses)
    study = prepare(permitted(scenario, allow_code=allow_code))
    chosen = named(study, names) if names else same_question(study)
    others = () if names else other_visits(study, chosen)
    asked = only(study, chosen)
    asked_questions = questions(asked, chosen)
    total = study.scenario.simulation.replicates if replicates is None else replicates
    if out is not None:
        from trialsim.report.choices import identity_of

        used = study.scenario.simulation.seed if seed is None else seed
        kept = [name for name in chosen if name not in left_out(asked, chosen, asked_questions)]
        of_analyses(study.scenario.name, identity_of(asked, kept), used).check(Path(out))
    progress = started(total) if started is not None else None
    began = time.perf_counter()
    found = play_choices(
        asked, asked_questions, replicates=total, seed=seed, engine=engine, workers=workers,
        alone=left_out(asked, chosen, asked_questions), others=others, progress=progress,
    )  # fmt: skip
    made = AnalysesResult(found, time.perf_counter() - began)
    if out is not None:
        from trialsim.report.choices import write_choices

        write_choices(found, Path(out), figures=figures)
        write_index(Path(out))
    return made


def _with_choices(scenario: Scenario, analyses: Choices) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario with further analyses, and the names of all that were asked of."""
    if isinstance(analyses, Mapping):
        return with_analyses(scenario, {name: dict(what) for name, what in analyses.items()})
    texts = [analyses] if isinstance(analyses, (str, os.PathLike)) else list(analyses)
    names: list[str] = []
    for one in texts:
        path = Path(one)
        if path.suffix.lower() in FILES and one not in scenario.analyses:
            if not path.is_file():
                raise CompareError(
                    f"there is no file '{one}' of further analyses.", code="TS-R280",
                    remedy="Name a file with analyses:, or analyses of the scenario.",
                )  # fmt: skip
            scenario, more = with_further(scenario, path)
            names += more
        else:
            names.append(str(one))
    return scenario, tuple(names)


def choice_words(text: str, study: Study | Scenario) -> list[str]:
    """Names and files as they are typed, between commas; a name that has a comma is one name.

    >>> import trialsim as ts
    >>> choice_words("fear_during, choices.yaml", ts.load("picu-blood-draw"))
    ['fear_during', 'choices.yaml']
    """
    known = (study.scenario if isinstance(study, Study) else study).analyses
    return [text] if text in known else [part.strip() for part in text.split(",") if part.strip()]
