"""Several analyses of the same trials as files: the tables, figures, and a page that puts them side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.compare.choices import SharedQuestion
from trialsim.compare.play_choices import AnalysisComparison
from trialsim.evaluate.columns import POWER
from trialsim.evaluate.verdict import TYPE_1, WITHOUT_EFFECTS
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.quantities.letters import file_names
from trialsim.report.choices_table import ChoiceLine, lines, pair_rows
from trialsim.report.choices_words import answer, definitions, named_lines, notes, too_often
from trialsim.report.compare import ComparisonPicture
from trialsim.report.digits import SIGN
from trialsim.report.document import (
    Block,
    DataTable,
    Fold,
    Graphic,
    Page,
    PageSection,
    TableCell,
    Text,
    graphic,
    points,
)
from trialsim.report.run_page import assumed_effect
from trialsim.report.study_page import WHAT, of_study
from trialsim.runs.answers import finished, taken
from trialsim.runs.owners import of_analyses
from trialsim.scenario.identity import scenario_hash

if TYPE_CHECKING:
    import pandas as pd

CSV, DIFFERENCES, PAGE = "analyses.csv", "differences.csv", "compare.html"

#: What the tables say, once.
HOW = (
    "All analyses look at the same simulated trials, so a difference of power has a small error: it is that of the paired "
    "difference, in percentage points, from the first analysis of the table. Rows under one heading estimate the same number "
    "and hold their level for the same tests: there more power is better, if the test keeps its level and its intervals hold "
    "the truth. Rows under different headings answer different questions; choose between them by what you want to know, not "
    f"by power. {SIGN}"
)


def choice_frame(found: AnalysisComparison, question: SharedQuestion) -> pd.DataFrame:
    """What the figure of a question shows, in the order of its table."""
    import pandas as pd

    records: list[dict[str, object]] = []
    for number, group in enumerate(question.groups):
        for place in group:
            choice = question.choices[place]
            row, known, verdict = found.row(choice), found.measures(choice), found.verdict(choice)
            record: dict[str, object] = {
                "row": row.shown, "group": number, "primary": row.analysis in found.study.scenario.primary,
                "too_often": verdict is not None and verdict.too_often, "alpha": row.two_sided_alpha,
            }  # fmt: skip
            rates = next(
                (name for name in (TYPE_1, WITHOUT_EFFECTS) if name in known or f"{name}_low" in known), TYPE_1
            )
            for name, measure in (("power", POWER), ("level", rates), ("coverage", "coverage")):
                one, low, high = (known.get(measure + end) for end in ("", "_low", "_high"))
                if one is not None:
                    ends = (one.value, one.conf_low, one.conf_high)
                else:
                    ends = (math.nan, low.value if low else math.nan, high.value if high else math.nan)
                record |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
            records.append(record)
    return pd.DataFrame.from_records(records)


def pictures(found: AnalysisComparison) -> Iterator[ComparisonPicture]:
    """A figure for each question."""
    from trialsim.figures.choices import choices_side_by_side

    note = f"{counted(found.result.replicates, 'simulated trial')}, the same for all; seed {found.result.seed}."
    several = len(found.questions) > 1
    names = file_names([f"analyses-{question.contrast}" for question in found.questions])
    for question in found.questions:
        name = names[f"analyses-{question.contrast}"] if several else "analyses"
        yield ComparisonPicture(
            name, f"Power, level and coverage: {question.contrast}",
            "Each row is one analysis of the same trials; those between two lines estimate the same number.",
            choices_side_by_side(choice_frame(found, question), note=note),
        )  # fmt: skip


# ---------------------------------------------------------------- files


def write_choices(found: AnalysisComparison, folder: Path, *, figures: bool = True) -> tuple[Path, ...]:
    """Write both tables, and with ``figures`` the figures and the page, into ``folder``.

    Raises
    ------
    RunError
        as :func:`trialsim.runs.answers.taken`
    """
    from trialsim.figures.style import save
    from trialsim.runs.files import whole_file

    mine = of_analyses(found.study.scenario.name, identity_of(found.study, names_of(found)), found.result.seed)
    with taken(folder, mine):
        made = []
        for name, table in ((CSV, found.frame()), (DIFFERENCES, found.difference_frame())):
            with whole_file(folder / name) as temporary:
                table.to_csv(temporary, index=False, lineterminator="\n")
            made.append(folder / name)
        if figures:
            made += _write_page(found, folder, save)
        return (*made, finished(folder, mine, summary(found)))


def _write_page(found: AnalysisComparison, folder: Path, save: Any) -> list[Path]:
    """The figures, and the page that shows them."""
    from trialsim.report.document import write_page

    made: list[Path] = []
    drawn: list[Graphic] = []
    for picture in pictures(found):
        (folder / "figures").mkdir(exist_ok=True)
        files = save(picture.figure, folder / "figures", picture.name)
        made += files
        drawn.append(graphic(picture.heading, picture.text, files[1]))
    return [*made, write_page(choices_page(found, drawn), folder / PAGE)]


def identity_of(study: Study, names: Sequence[str]) -> list[str]:
    """What decides the numbers of a comparison, besides its seed."""
    return [scenario_hash(study.scenario, seed=False), *names]


def names_of(found: AnalysisComparison) -> list[str]:
    """The analyses that are compared."""
    return list(
        dict.fromkeys(found.row(choice).analysis for question in found.questions for choice in question.choices)
    )


def summary(found: AnalysisComparison) -> dict[str, Any]:
    """The comparison for scripts; a number that is not there is null."""

    def plain(value: object) -> object:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {
        "study": found.study.scenario.name,
        "seed": found.result.seed,
        "replicates": found.result.replicates,
        "analyses": names_of(found),
        "answer": answer(found),
        "level": too_often(found),
        "notes": notes(found),
        "questions": [
            {"contrast": question.contrast, "rows": [asdict(line) for line in lines(found, question)]}
            for question in found.questions
        ],
        "differences": [
            {name: plain(getattr(row, name)) for name in row.__dataclass_fields__} for row in found.differences
        ],
    }


# ---------------------------------------------------------------- the page


def choices_page(found: AnalysisComparison, drawn: Sequence[Graphic]) -> Page:
    """Several analyses of one study side by side."""
    from trialsim.runs.versions import versions

    study = found.study
    several = len(names_of(found))
    trials = f"{found.result.replicates:,} simulated trials, the same for all, seed {found.result.seed}."
    blocks: list[Block] = [Text(HOW)]
    for question in found.questions:
        blocks += _tables(found, question)
    sentences = [line.text for line in named_lines(found)]
    know = (*notes(found),)
    return Page(
        title=f"{study.scenario.title}: {several} analyses compared",
        what=f"{trials} {WHAT}",
        answer=(assumed_effect(study), *sentences[: len(answer(found))], *too_often(found)),
        sections=(
            PageSection("Side by side", (*drawn,)),
            PageSection("Number by number", tuple(blocks)),
            PageSection("The analyses", points(tuple(definitions(found)))),
            *([PageSection("What to know about these numbers", points(know))] if know else []),
            *of_study(study),
        ),
        versions=versions(),
    )


def _tables(found: AnalysisComparison, question: SharedQuestion) -> Iterator[Block]:
    """The analyses of a question; and every two that may be ranked."""
    header = (
        "analysis", "power", "from the first", "rejects without effects", "level", "truth", "bias", "coverage",
        "interval width", "failed",
    )  # fmt: skip
    rows = lines(found, question)
    for group in dict.fromkeys(line.group for line in rows):
        mine = [line for line in rows if line.group == group]
        strong = tuple(place for place, line in enumerate(mine) if line.primary)
        cells = tuple(_cells(line) for line in mine)
        yield DataTable(f"{question.contrast}. {group}", header, cells, (1, 2, 3, 5, 6, 7, 8, 9), strong)
    pairs = pair_rows(found, question)
    if len(pairs) > 1:
        both = tuple(
            (first, second, TableCell(gap, mark="far" if clear else "")) for first, second, gap, clear in pairs
        )
        head = ("analysis", "against", "difference of power [percentage points]")
        table = DataTable(f"{question.contrast}: the second minus the first; bold where the 95 % interval leaves out 0",
                          head, both, (2,))  # fmt: skip
        yield Fold(f"Every two that may be ranked, {question.contrast}", (table,), printed=True)


def _cells(line: ChoiceLine) -> tuple[str | TableCell, ...]:
    bad = "bad" if line.bad else ""
    far = "far" if line.clear and line.ranked else ""
    return (
        TableCell(line.name), _apart(line.power, bad), _apart(line.difference, far), _apart(line.level, bad),
        TableCell(line.verdict, mark=bad), _apart(line.truth), _apart(line.bias), _apart(line.coverage),
        _apart(line.width), line.failed,
    )  # fmt: skip


def _apart(text: str, mark: str = "") -> TableCell:
    """A number with its error below it."""
    value, sign, error = text.partition(" ± ")
    return TableCell(value, f"± {error}" if sign else "", mark)
