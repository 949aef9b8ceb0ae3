"""Progression criteria as people read them: the rules, the chances of each verdict, and what limits a pilot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsim.evaluate.progression import VALUE, VERDICTS
from trialsim.evaluate.progression_exact import TrueValue, go_and_stop
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import Measure
from trialsim.kinds.progression import (
    CONSENT,
    COST,
    DELIVERED,
    ELIGIBLE,
    ENROLLED,
    MEASURE,
    MEASURED,
    MISSED,
    WAIT,
    ProgressMeasure,
)
from trialsim.report.brief import Line, five_lines, se_named
from trialsim.report.digits import measure_with_error, percent
from trialsim.report.document import Block, DataTable, TableCell, Text
from trialsim.report.reported import ReportSource
from trialsim.report.words import join, number
from trialsim.scenario.checks.progression import OVERALL
from trialsim.scenario.clusters import target_of
from trialsim.scenario.model import Criterion, Scenario

if TYPE_CHECKING:
    from trialsim.evaluate.characteristics import OperatingCharacteristics

#: What each measure is called, of what.
WORDS: dict[ProgressMeasure, str] = {
    ENROLLED: "participants enrolled a month",
    CONSENT: "consent of those asked",
    ELIGIBLE: "eligible of those screened",
    DELIVERED: "share given of the planned {of}",
    MEASURED: "with a value of {outcome} at {at}",
    MISSED: "sessions missed of {of}",
    WAIT: "mean wait for {of} [min]",
    COST: "cost a participant",
}


@dataclass(frozen=True)
class ProgressionRow:
    """One criterion, or all together: what it measures, its limits, the mean value, and the chance of each verdict.

    ``at_go`` is the chance to go by formula if the true value were exactly at ``go``; empty where no formula gives it.
    """

    name: str
    measured: str
    limits: str
    short: str
    value: str
    go: str
    amend: str
    stop: str
    at_go: str


def measured_words(criterion: Criterion, scenario: Scenario) -> str:
    """What a criterion measures, in the labels of the study."""
    outcome = scenario.outcomes[criterion.outcome].label or criterion.outcome if criterion.outcome else ""
    return WORDS[MEASURE[criterion.measure]].format(of=criterion.of, outcome=outcome, at=criterion.at)


def limit_words(criterion: Criterion) -> str:
    """The rule of a criterion: go from here on, stop beyond there."""
    from_go, beyond = ("at least", "below") if MEASURE[criterion.measure].more else ("at most", "above")
    return f"go {from_go} {number(criterion.go)}, stop {beyond} {number(criterion.stop)}"


def progression_lines(scenario: Scenario) -> Iterator[str]:
    """The rules in sentences, for a scenario in plain words."""
    for name, criterion in scenario.progression.items():
        yield f"{name}: {measured_words(criterion, scenario)}; {limit_words(criterion)}, otherwise amend."
    if len(scenario.progression) > 1:
        yield "All together: the worst verdict of all criteria."


def progression_rows(scenario: Scenario, result: OperatingCharacteristics) -> list[ProgressionRow]:
    """A row for each criterion, then all together; empty without criteria."""
    known = {(row.contrast, row.measure): row for row in result.measures if row.analysis == TRIAL}
    rows = []
    for name, criterion in scenario.progression.items():
        kind = "share" if MEASURE[criterion.measure].kind == "share" else "number"
        chance = chance_at_go(criterion, scenario)
        go, amend, stop = (_shown(known.get((name, verdict)), "share") for verdict in VERDICTS)
        rows.append(
            ProgressionRow(
                name,
                measured_words(criterion, scenario),
                limit_words(criterion),
                f"{number(criterion.go)} / {number(criterion.stop)}",
                _shown(known.get((name, VALUE)), kind),
                go,
                amend,
                stop,
                "" if chance is None else percent(chance, 0),
            )
        )
    if len(scenario.progression) > 1:
        go, amend, stop = (_shown(known.get((OVERALL, verdict)), "share") for verdict in VERDICTS)
        rows.append(ProgressionRow("all together", "the worst verdict of all", "", "", "", go, amend, stop, ""))
    return rows


def _shown(row: Measure | None, kind: str) -> str:
    return "no trial has one" if row is None or math.isnan(row.value) else measure_with_error(row, kind)


def chance_at_go(criterion: Criterion, scenario: Scenario) -> float | None:
    """The chance to go by formula if the criterion were exactly at its limit for going ahead."""
    consent = scenario.setting.patients.consent.value if scenario.setting is not None else 1.0
    n = enrolled_at_most(scenario)
    found = go_and_stop(criterion, TrueValue(criterion.go.value, n, consent))
    return None if found is None else found[0]


def enrolled_at_most(scenario: Scenario) -> int:
    """The target of enrollment in all arms together."""
    return target_of(scenario)


def progression_line(run: ReportSource) -> Line:
    """The chance that the pilot goes ahead, and the criterion that says go most rarely."""
    known = {(row.contrast, row.measure): row for row in run.characteristics.measures if row.analysis == TRIAL}
    criteria = run.study.scenario.progression
    whole = OVERALL if len(criteria) > 1 else next(iter(criteria))
    there = [name for name in criteria if (name, VERDICTS[0]) in known]
    if not there or (whole, VERDICTS[0]) not in known:
        return Line("Pilot", "No trial has a value of its progression criteria.", bad=True)
    go, amend, stop = (se_named(measure_with_error(known[whole, verdict], "share")) for verdict in VERDICTS)
    text = f"Go in {go} of pilots, amend in {amend}, stop in {stop}"
    if len(criteria) > 1:
        rarest = min(there, key=lambda name: known[name, VERDICTS[0]].value)
        text += f"; go most rarely by {rarest}, in {percent(known[rarest, VERDICTS[0]].value)}"
    return Line("Pilot", f"{text}.")


def lines_of(run: ReportSource, *, where: str) -> list[Line]:
    """The lines of a terminal: of a pilot with criteria, its verdict comes first."""
    lines = five_lines(run, where=where)
    return [progression_line(run), *lines] if run.study.scenario.progression else lines


def all_at_go(scenario: Scenario) -> str:
    """How often a pilot goes ahead in which every criterion is exactly at its limit, by formula; empty for one."""
    chances = {name: chance_at_go(one, scenario) for name, one in scenario.progression.items()}
    known = [chance for chance in chances.values() if chance is not None]
    if len(chances) < 2 or not known:
        return ""
    unknown = [name for name, chance in chances.items() if chance is None]
    together = math.prod(known) * 0.5 ** len(unknown)
    halves = f", with one half for {join(unknown)}, which no formula gives," if unknown else ""
    return (
        f"A pilot in which every criterion is truly at its limit for going ahead says go in about {percent(together, 0)}: "
        f"the product of the single chances{halves} as if criteria were independent. A study that deserves to go on needs "
        "values that lie clearly above these limits, or limits that lie lower."
    )


def progression_blocks(run: ReportSource) -> Iterator[Block]:
    """The section of a page."""
    scenario = run.study.scenario
    yield Text(
        "Each criterion compares a number of the pilot with two limits. The verdict is go, amend or stop; that of the pilot "
        "is the worst of all. The chances are shares of simulated pilots, with their Monte Carlo errors."
    )
    rows = progression_rows(scenario, run.characteristics)
    cells = tuple(_cells(row) for row in rows)
    header = ("criterion", "limits", "mean value", "go", "amend", "stop", "go if the truth is at go")
    yield DataTable("Progression criteria", header, cells, (2, 3, 4, 5, 6))
    text = all_at_go(scenario)
    if text:
        yield Text(text)
    yield Text(EXPLAINED)


EXPLAINED = (
    "The last column is a formula for a ward where nothing else limits the criterion (a binomial for values that are measured; "
    "for consent and eligibility a negative binomial, as the pilot ends with its last enrollment; for enrollment a gamma "
    "distribution). A criterion without a number there depends on the ward alone, and only the simulation gives it."
)


def _cells(row: ProgressionRow) -> tuple[str | TableCell, ...]:
    numbers = (_both(text) for text in (row.value, row.go, row.amend, row.stop))
    return (TableCell(row.name, row.measured), row.limits, *numbers, row.at_go)


def _both(text: str) -> TableCell:
    value, sign, error = text.partition(" ± ")
    return TableCell(value, f"± {error}" if sign else "")
