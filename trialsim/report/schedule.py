"""The schedule of enrollment, interventions and assessments (SPIRIT 2025, item 18) from the protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step
from trialsim.report.document import DataTable
from trialsim.report.words import join, number, spans

if TYPE_CHECKING:
    from trialsim.prepared import Study

DONE = "\N{BLACK CIRCLE}"

#: A schedule with more visits is shown the other way round: visits in rows.
WIDE = 8


def schedule(study: Study) -> DataTable:
    """Who is asked, what is done in which arm, and what is measured when; equal visits share a column."""
    scenario = study.scenario
    columns = _columns(study)
    rows: list[tuple[str, ...]] = [
        ("Eligibility, consent", DONE, "", *("" for _ in columns)),
        *([("Allocation", "", DONE, *("" for _ in columns))] if len(scenario.design.arms) > 1 else []),
    ]
    for name, arms, at in _done(study):
        where = [DONE if any(visit == at for visit in visits) else "" for _, visits in columns]
        rows.append((f"{name}{f' (only {arms})' if arms else ''}", "", "", *where))
    for name, outcome in scenario.outcomes.items():
        marks = [DONE if set(visits) & set(outcome.visits) else "" for _, visits in columns]
        rows.append((outcome.label or name, "", "", *marks))
    header = ("", "enrollment", "allocation", *(title for title, _ in columns))
    if len(columns) > WIDE:
        turned = tuple(zip(header, *rows, strict=True))
        return DataTable(CAPTION, turned[0], turned[1:])
    return DataTable(CAPTION, header, tuple(rows))


CAPTION = "Schedule of enrollment, interventions and assessments (SPIRIT 2025, item 18); a dot: done at or just before this visit"


def _columns(study: Study) -> list[tuple[str, list[str]]]:
    """Visits that follow one another and measure and do the same, as one column."""
    from trialsim.report.figures import in_time

    scenario = study.scenario
    visits = in_time(study, list(dict.fromkeys(v for one in scenario.outcomes.values() for v in one.visits)))
    done: dict[str, list[tuple[str, str]]] = {}
    for name, arms, at in _done(study):
        done.setdefault(at, []).append((name, arms))
    groups: list[tuple[tuple[object, ...], list[str]]] = []
    for visit in visits:
        key = (*(visit in one.visits for one in scenario.outcomes.values()), *done.get(visit, []))
        if groups and groups[-1][0] == key and visit[-1:].isdigit() and study.program is not None:
            groups[-1][1].append(visit)
        else:
            groups.append((key, [visit]))
    times = scenario.visits
    return [
        (spans(names) + (f" ({number(times[names[0]])})" if len(names) == 1 and names[0] in times else ""), names)
        for _, names in groups
    ]


def _done(study: Study) -> Iterator[tuple[str, str, str]]:
    """Each activity and attempt with its arms, and the next visit after it began."""
    if study.program is None:
        return
    waiting: list[tuple[str, str]] = []
    for kind, name, arms in _in_order(study.scenario.protocol, study):
        if kind == "visit":
            yield from ((*one, name) for one in dict.fromkeys(waiting))
            waiting = []
        else:
            waiting.append((name, arms))


def _in_order(steps: Sequence[Step], study: Study, suffix: str = "") -> Iterator[tuple[str, str, str]]:
    """Visits, activities and attempts as they follow one another; visits of a repeat have their numbers."""
    for step in steps:
        if isinstance(step, (Activity, Attempt)):
            name = step.activity if isinstance(step, Activity) else step.attempt
            own = [arm for arm in study.scenario.design.arms if arm in (name, getattr(step, "name", None))]
            levels = [f"{factor} {level}" for factor, level in step.when.items()]
            yield "done", name, join(levels or list(step.arms) or own)
            if isinstance(step, Attempt) and step.visit is not None:
                yield "visit", f"{step.visit}{suffix}", ""
        elif isinstance(step, (Repeat, Period)):
            for place in range(step.times):
                yield from _in_order(step.played(place + 1), study, f"{suffix} {place + 1}")
        elif isinstance(step, Hold):
            yield from _in_order(step.steps, study, suffix)
        elif (visit := getattr(step, "visit", None)) is not None:
            yield "visit", f"{visit}{suffix}", ""
