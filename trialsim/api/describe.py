"""Describe a study: read it, change it, check it, explain it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from trialsim.api.arguments import checked
from trialsim.api.subjects import Subject, changed, scenario_of, study_of
from trialsim.burden import planned_warnings
from trialsim.cautions import cautions_of
from trialsim.errors import Fault, ScenarioError
from trialsim.prepared import Study, warnings_of
from trialsim.result import Result, as_html
from trialsim.scenario.shipped import ShippedScenario, shipped_scenarios

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.report.explain import Section
    from trialsim.scenario import Scenario


@checked
def load(subject: Subject, *, set: Sequence[str] = ()) -> Scenario:  # noqa: A002  # the word of the command line
    """The scenario of a file, a shipped name or a text, checked and resolved.

    Parameters
    ----------
    subject : a path, the name of a shipped scenario, the text of one, a Scenario or a Study
    set : changes, as after ``--set`` on the command line: ``["design.enroll=60"]``

    Raises
    ------
    ScenarioError
        with every fault found, each with file, line and column
    """
    return scenario_of(subject, set=set)


@checked
def change(subject: Subject, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with other values, checked and resolved like any other.

    Parameters
    ----------
    changes : the values, as in a file, by their paths: ``{"design.enroll": 60}``

    Raises
    ------
    ScenarioError
        with every fault found
    """
    return changed(subject, changes)


@checked
def prepare(subject: Subject, *, set: Sequence[str] = ()) -> Study:  # noqa: A002  # the word of the command line
    """The study: a scenario with everything decided before the first draw. Prepare once what is simulated often."""
    return study_of(subject, set=set)


@dataclass(frozen=True, repr=False)
class Check(Result):
    """The faults and warnings of a scenario.

    Attributes
    ----------
    faults : each with its place, its rule and its remedy; empty if the scenario can run
    warnings : possible but unlikely settings
    title : of the study; empty if it cannot run
    """

    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    title: str

    @property
    def ok(self) -> bool:
        """Whether the scenario can run."""
        return not self.faults

    def frame(self) -> pd.DataFrame:
        """One row for each fault."""
        import pandas as pd

        return pd.DataFrame([asdict(fault) for fault in self.faults], columns=list(Fault.__dataclass_fields__))

    def lines(self) -> list[str]:
        """Whether it is sound, or its faults one by one; then the warnings."""
        found = [f"{f.file}:{f.line}:{f.column} {f.code} {f.message} {f.remedy}".rstrip() for f in self.faults]
        return [*(found or [f"It is sound: {self.title}."]), *(f"Warning: {text}" for text in self.warnings)]

    def brief(self) -> pd.DataFrame:
        """Empty: the lines have everything."""
        return self.frame().iloc[:0]


@checked
def check(subject: Subject, *, set: Sequence[str] = ()) -> Check:  # noqa: A002  # the word of the command line
    """Every fault and warning of a scenario; faults of the scenario raise no exception."""
    try:
        scenario = scenario_of(subject, set=set)
    except ScenarioError as error:
        return Check(error.faults, (), "")
    found = cautions_of(scenario)  # None where only a pilot on the ward can say it
    return Check((), warnings_of(scenario) if found is None else (*found, *planned_warnings(scenario)), scenario.title)


@dataclass(frozen=True, repr=False)
class Explanation(Result):
    """What a scenario means, in words: ``sections`` with lines and tables. It shows all of itself."""

    most_lines: ClassVar[int] = 10_000

    sections: tuple[Section, ...]

    def frame(self) -> pd.DataFrame:
        """One row for each line: section, line; the rows of tables with their cells joined."""
        import pandas as pd

        rows = [
            (section.title, line)
            for section in self.sections
            for line in (*section.lines, *(" | ".join(row) for row in section.rows))
        ]
        return pd.DataFrame(rows, columns=["section", "line"])

    def lines(self) -> list[str]:
        """Titles, each with its lines or its table below."""
        return [
            line
            for section in self.sections
            if section.lines or section.rows
            for line in (section.title, *(f"  {one}" for one in (*section.lines, *_aligned(section))))
        ]

    def _repr_html_(self) -> str:
        """The same for a notebook, every word escaped."""
        import pandas as pd

        return "\n".join(
            f"<h4>{escape(section.title)}</h4>"
            + "".join(f"<p>{escape(line)}</p>" for line in section.lines)
            + (as_html(pd.DataFrame(section.rows, columns=list(section.header))) if section.rows else "")
            for section in self.sections
            if section.lines or section.rows
        )

    def brief(self) -> pd.DataFrame:
        """Empty: the lines have everything."""
        return self.frame().iloc[:0]


def _aligned(section: Section) -> list[str]:
    """The table of a section in columns of letters."""
    rows = [section.header, *section.rows] if section.rows else []
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip() for row in rows]


@checked
def explain(subject: Subject, *, set: Sequence[str] = ()) -> Explanation:  # noqa: A002  # the word of the command line
    """In plain words what a scenario means, and what it implies."""
    from trialsim.report.explain import explain as sections

    return Explanation(tuple(sections(study_of(subject, set=set))))


def schema() -> dict[str, Any]:
    """The JSON Schema of scenario files, for editors."""
    from trialsim.scenario.schema import json_schema

    return json_schema()


@dataclass(frozen=True, repr=False)
class ShippedScenarios(Result, Mapping[str, ShippedScenario]):
    """The shipped scenarios by name."""

    cards: Mapping[str, ShippedScenario]

    def __getitem__(self, name: str) -> ShippedScenario:
        return self.cards[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def frame(self) -> pd.DataFrame:
        """One row for each scenario: name, title, file."""
        import pandas as pd

        rows = [(name, card.title, card.path.name) for name, card in self.cards.items()]
        return pd.DataFrame(rows, columns=["name", "title", "file"])

    def lines(self) -> list[str]:
        """The number of shipped scenarios, and how to use one."""
        return [f"{len(self.cards)} shipped scenarios; ts.load(NAME) reads one."]


def shipped() -> ShippedScenarios:
    """The scenarios that come with trialsim."""
    return ShippedScenarios(shipped_scenarios())


@dataclass(frozen=True, repr=False)
class Fit(Result):
    """A scenario made of pilot data or printed statistics, every number with a prior.

    Attributes
    ----------
    text : the scenario file
    notes : decisions made during the fit
    data : the same as plain data
    """

    text: str
    notes: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def scenario(self) -> Scenario:
        """The scenario, checked and resolved."""
        return scenario_of(self.text)

    def frame(self) -> pd.DataFrame:
        """One row for each number: its place, its value, its source and reason, its range."""
        return study_of(self.text).frame()

    def lines(self) -> list[str]:
        """The decisions made during the fit."""
        return ["A scenario from the data:", *self.notes]


def fit(
    pilot: str | os.PathLike[str] | None = None,
    *,
    given: Sequence[str] = (),
    **choices: str | Sequence[str] | float | None,
) -> Fit:
    """A scenario from pilot data or from printed statistics, with a prior for each number.

    Parameters
    ----------
    pilot : a table of pilot data (CSV, tab-separated text or .xlsx), or a YAML file of printed statistics
    given : printed statistics instead of a file, one text for each arm: ``["music: mean 5, sd 1, n 14", ...]``
    choices : choices about the columns, by the names of :class:`trialsim.pilot.data.Choices`: ``arm="group"``,
        ``participant=["site", "id"]``, ``missing=["999"]``, ``scales=["0..10"]``, ``unit="nmol/L"``

    Raises
    ------
    FitError
        if the data or statistics are not enough, or a question must be answered that would change the study
    TypeError
        a choice that does not exist
    """
    from trialsim.pilot import Choices, FitError, fit_pilot, read_pilot
    from trialsim.pilot.data import listed
    from trialsim.pilot.statistics import fit_given

    known = Choices(**listed(choices))
    path = None if pilot is None else Path(pilot)
    if (path is None) == (not given):
        raise FitError(
            "a file or printed statistics are needed, and not both.",
            code="TS-F007",
            remedy="Give a file, or printed statistics.",
        )
    if path is not None and path.suffix.lower() not in (".yaml", ".yml"):
        found = fit_pilot(read_pilot(path, known))
    else:
        found = fit_given(path, given, known)
    return Fit(found.text, tuple(found.notes), found.data)
