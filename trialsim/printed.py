"""A trial's tables as they are written: values as instruments print them, times to the minute, ids as text, and a README."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trialsim.codebook import WHEN, WHOLE, Entry, codebook
from trialsim.cohort import Cohort, Trial
from trialsim.kinds.designs import METHOD
from trialsim.numbers.distributions import mean, sd
from trialsim.scenario.change import change
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.model import Outcome
from trialsim.version import __version__

if TYPE_CHECKING:
    import pandas as pd

#: Tables that are written where there is a ward, and those that always are.
ON_A_WARD = ("screening", "activities", "staffing", "events")
ALWAYS = ("participants", "visits", "measurements")

MEANING = {
    "participants": "who took part: arm, covariates, when they came and how their pathway ended",
    "visits": "when each planned visit took place, or why it did not",
    "measurements": "every planned value, or why it is missing",
    "screening": "everybody who came: enrolled, declined, excluded, or gone before they were asked",
    "activities": "what was done with each participant, for how long",
    "staffing": "every call for staff: asked, granted, given back, and who came",
    "events": "everything that happened on the ward, in order, to the second",
    "codebook": "what each column means: type, unit, range, codes and labels",
}


def printed(trial: Trial, *, allocation: bool = False) -> dict[str, pd.DataFrame]:
    """The tables of a trial as text, by name, the codebook last; ``allocation`` adds stratum and block."""
    import pandas as pd

    study = trial.cohort.for_codebook
    entries = codebook(study, allocation=allocation)
    tables = {}
    for name in (*ALWAYS, *(ON_A_WARD if study.dates else ())):
        rows = [entry for entry in entries if entry.table == name]
        frame: pd.DataFrame = getattr(trial, name)()
        if name == "participants" and allocation:
            frame = frame.join(trial.allocation())
        tables[name] = pd.DataFrame(
            {column: _column(trial.cohort, frame, column, rows) for column in dict.fromkeys(row.column for row in rows)}
        )
    return tables | {"codebook": trial.codebook(allocation=allocation)}


def _column(cohort: Cohort, frame: pd.DataFrame, column: str, rows: list[Entry]) -> list[str]:
    """The cells of one column."""
    entry = next(row for row in rows if row.column == column)
    cells = frame[column].tolist()
    if column in ("participant", "patient"):
        head, width = ("SIM-", 3) if column == "participant" else ("SIM-P", 4)
        return [f"{head}{int(one):0{width}d}" if not _absent(one) and int(one) > 0 else "" for one in cells]
    if column == "value" and entry.table == "measurements":
        show = {name: _digits(cohort, name) for name in cohort.scenario.outcomes}
        return ["" if _absent(one) else show[name](one) for name, one in zip(frame["outcome"], cells, strict=True)]
    if entry.type == WHEN:
        pattern = "%Y-%m-%d %H:%M:%S" if entry.table == "events" else "%Y-%m-%d %H:%M"
        return ["" if _absent(one) else one.strftime(pattern) for one in cells]
    show_one = _shown(cohort, entry)
    return ["" if _absent(one) else show_one(one) for one in cells]


def _absent(cell: object) -> bool:
    return cell is None or cell != cell  # NaN and NaT differ from themselves


def _shown(cohort: Cohort, entry: Entry) -> Callable[[Any], str]:
    """How the cells of a column that holds neither ids nor times are written."""
    plan = {one.name: one for one in cohort.conduct_plan.covariates}
    if entry.table == "participants" and entry.column in plan and not plan[entry.column].categories:
        distribution = plan[entry.column].distribution
        places = decimals(mean(distribution), sd(distribution))
        return lambda value: f"{value:.{places}f}"
    if entry.unit == "min":
        return lambda value: f"{value:.1f}"
    if entry.unit == "d":
        return lambda value: f"{value:g}"
    if entry.type == WHOLE:
        return lambda value: f"{int(value)}"
    return str


def decimals(typical: float, spread: float) -> int:
    """So many decimals that a typical value has three digits, and a tenth of the spread can be seen.

    >>> decimals(15.0, 1.7), decimals(120.0, 15.0), decimals(2.5, 0.4), decimals(0.0, 1.0)
    (1, 0, 2, 2)
    """
    size = max(abs(typical), spread)
    if not (math.isfinite(size) and size > 0):
        return 0
    digits = 2 - math.floor(math.log10(size))
    if spread > 0:
        digits = max(digits, -math.floor(math.log10(spread / 10)))
    return min(max(digits, 0), 12)


def _digits(cohort: Cohort, name: str) -> Callable[[float], str]:
    """How an instrument prints the values of an outcome."""
    outcome: Outcome = cohort.scenario.outcomes[name]
    if outcome.scale.categories is not None or outcome.scale.follow == "over":
        return lambda value: f"{value:g}"
    if outcome.instrument.rounding is not None:
        step = Decimal(repr(outcome.instrument.rounding.value)).normalize()
        places = max(-int(step.as_tuple().exponent), 0)
        return lambda value: f"{value:.{places}f}"
    if outcome.scale.positive or outcome.scale.follow == "until":
        return significant
    points = [
        point
        for point, pair in zip(cohort.response_plan.points, cohort.response_plan.pairs, strict=True)
        if pair[0] == name
    ]
    places = decimals(
        max(abs(float(one)) for point in points for one in point.location),
        min(float(one) for point in points for one in point.sd),
    )
    return lambda value: f"{value:.{places}f}"


def significant(value: float) -> str:
    """A positive value to three digits, never as a power of ten.

    >>> significant(4.18994), significant(12.0), significant(1234.5), significant(0.01994)
    ('4.19', '12.0', '1234', '0.0199')
    """
    places = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{value:.{max(places, 0)}f}"


def readme(trial: Trial, tables: dict[str, pd.DataFrame]) -> str:
    """The README of the folder: that it is simulated, and from what."""
    scenario, seed = trial.cohort.scenario, trial.cohort.seed
    simulated = change(scenario, {"simulation.seed": seed})
    width = max(map(len, tables)) + 4
    listed = [f"  {f'{name}.csv':<{width}}  {MEANING[name]}" for name in tables]
    facts = {
        "Scenario": f"{scenario.name} ({scenario.title})",
        "Seed": str(seed),
        "Replicate": str(trial.number),
        "trialsim": __version__,
        "Hash": f"{scenario_hash(simulated)} (of the resolved scenario with this seed)",
    }
    lines = [
        "SIMULATED DATA. No person in these files exists.",
        "",
        "One trial, simulated by trialsim from the assumptions of a scenario. Every participant's id starts with SIM.",
        "",
        *(f"{key + ':':<11}{value}" for key, value in facts.items()),
        "",
        "The files:",
        *listed,
        "",
        "Times are given to the minute. Values are rounded as an instrument prints them; the analyses of trialsim use them",
        "before this rounding, so results from these files may differ in the last digit.",
    ]
    if "block" not in tables["participants"] and METHOD[trial.cohort.conduct_plan.method].blocks:
        lines += ["Strata and blocks of allocation are left out; `trialsim cohort --allocation` writes them too."]
    return "\n".join(lines) + "\n"
