"""What a study asks of participants and staff, as tables of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialsim.burden import TRIALS, ArmBurden, SimulatedMean, blood_warnings, draws_blood
from trialsim.prepared import burdens
from trialsim.report import page as rows_of
from trialsim.report.digits import with_error
from trialsim.report.document import Block, DataTable, TableCell, Text
from trialsim.report.words import join

if TYPE_CHECKING:
    from trialsim.runs.run import FinishedRun


def burden_blocks(run: FinishedRun) -> Iterator[Block]:
    """For each participant by arm, and for the whole trial; a limit of blood that is passed comes first."""
    study = run.study
    each = burdens(study)
    for warning in blood_warnings(study.scenario, each):
        yield Text(f"Limit of blood passed: {warning}")
    limit = study.scenario.setting.blood_limit if study.scenario.setting is not None else None
    rows: list[tuple[TableCell | str, ...]] = [("Planned measurements", *(f"{one.values}" for one in each))]
    if any(one.samples for one in each):
        rows.append(("of them samples for a laboratory", *(f"{one.samples}" for one in each)))
    if draws_blood(study.scenario):
        in_all = f", limit {limit.in_all.value:g}" if limit is not None and limit.in_all is not None else ""
        a_day = f", limit {limit.a_day.value:g}" if limit is not None and limit.a_day is not None else ""
        rows.append((f"Blood in all [ml{in_all}]", *(f"{one.blood:g}" for one in each)))
        rows.append((f"Most blood in 24 hours [ml{a_day}]", *(f"{one.blood_day:g}" for one in each)))
    rows += _ward_burden(each)
    numbers = tuple(range(1, len(each) + 1))
    group = "sequence" if study.scenario.design.sequences else "arm"
    yield DataTable(f"For each participant, by {group}", ("", *(one.arm for one in each)), tuple(rows), numbers)
    simulated = [
        *(["tries"] if any(one.tries for one in each) else []),
        *(["minutes"] if any(one.minutes.value for one in each) else []),
        *(["the most blood in 24 hours"] if draws_blood(study.scenario) else []),
    ]
    if study.program is not None and simulated:
        words = join(simulated)
        yield Text(
            f"{words[0].upper()}{words[1:]} {'is' if words.startswith('the most') else 'are'} from the first {TRIALS} simulated "
            "trials; after ± is the Monte Carlo standard error of a mean.",
            quiet=True,
        )
    costs = [row for row in rows_of.trial_rows(run) if row[0].startswith("Cost") or row[0].startswith("Hours of staff")]
    if costs:
        cells = tuple((what, of or "in all", value) for what, of, value in costs)
        yield DataTable("For the whole trial", ("what", "of what", "mean over trials"), cells, (2,))


def _ward_burden(each: Sequence[ArmBurden]) -> Iterator[tuple[TableCell | str, ...]]:
    for name in dict.fromkeys(name for one in each for name in one.tries):
        yield f"Tries of {name}, mean", *(_written(one.tries.get(name)) for one in each)
    if any(one.minutes.value for one in each):
        yield "Minutes of what is done with the participant, mean", *(_written(one.minutes) for one in each)
    for name in dict.fromkeys(name for one in each for name in one.staff_minutes):
        yield f"Minutes of {name}, mean", *(_written(one.staff_minutes.get(name)) for one in each)


def _written(mean: SimulatedMean | None) -> TableCell | str:
    """A mean with its error below it."""
    if mean is None:
        return "0"
    value, sign, error = with_error(*mean).partition(" ± ")
    return TableCell(value, f"± {error}" if sign else "")
