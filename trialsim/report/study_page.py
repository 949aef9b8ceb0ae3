"""What the page of every answer about a study has besides the answer: what is assumed, the design, the scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialsim.prepared import Study, warnings_of
from trialsim.report.assumed import assumptions
from trialsim.report.brief import Line
from trialsim.report.document import Code, Fold, Page, PageSection, Text, points
from trialsim.report.estimand_table import estimand_tables
from trialsim.report.run_page import assumed_effect, sealed_text
from trialsim.report.schedule import schedule

#: Names of lines that belong to the answer; the others follow it.
FIRST = ("Answer", "Prior", "Curve", "Length", "Cost", "Level", "Pareto", "")

WHAT = "Everything on this page follows from assumptions; it is not the result of a study."


def study_page(title: str, what: str, study: Study, lines: Sequence[Line], sections: Sequence[PageSection]) -> Page:
    """A page on a study: what is assumed and the answer, then ``sections``, then what every page ends with."""
    from trialsim.runs.versions import versions

    first = [line.text for line in lines if line.name in FIRST]
    rest = [line.text for line in lines if line.name not in (*FIRST, "Look")]
    more = [PageSection("What to know about these numbers", points(rest))] if rest else []
    return Page(
        title=f"{study.scenario.title}: {title}",
        what=f"{what} {WHAT}",
        answer=(assumed_effect(study), *first),
        sections=(*(one for one in sections if one.blocks), *more, *of_study(study)),
        versions=versions(),
    )


def of_study(study: Study) -> Iterator[PageSection]:
    """What every page says of a study."""
    doubts = warnings_of(study)
    if doubts:
        yield PageSection("What could go wrong", points(doubts))
    yield PageSection("Design", (schedule(study),))
    yield PageSection("What is estimated", tuple(estimand_tables(study)))
    yield PageSection("Assumptions and where they come from", tuple(assumptions(study.scenario)))
    again = Text(
        "Save the scenario below as study.yaml, install trialsim, and type the command at the end of this page."
    )
    yield PageSection("How to do it again", (again, Fold("The scenario", (Code(sealed_text(study)),))))
