"""What every column of a trial's tables means: its type, unit, range, codes and labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from trialsim.conduct import ConductPlan
from trialsim.conduct.entries import COUNTS
from trialsim.engine.trace import KIND_NAMES
from trialsim.numbers.distributions import Distribution, cdf, quantile
from trialsim.protocol.columns import HOLD_STATES, VISIT_REASONS
from trialsim.protocol.program import Program
from trialsim.quantities.fields import Number
from trialsim.quantities.units import format_value
from trialsim.response import ResponsePlan
from trialsim.scenario.model import Design, Outcome, Scenario

TEXT, WHOLE, NUMBER, WHEN, TRUTH, CODE = "text", "whole number", "number", "date and time", "true or false", "code"

#: Behind a practitioner's column.
WHO_SERVED = "the person who had served last at a visit that took place, by resource and number; empty before the first"
PARTICIPANT = "number in the order of enrollment, from 1 (SIM-001 in files)"


@dataclass(frozen=True)
class Entry:
    """A column of a table. ``outcome`` tells the values of one outcome from those of another in the same column."""

    table: str
    column: str
    meaning: str
    type: str
    outcome: str = ""
    unit: str = ""
    range: str = ""
    codes: str = ""


#: The columns of the codebook.
COLUMNS = ("table", "column", "outcome", "meaning", "type", "unit", "range", "codes")


@dataclass(frozen=True)
class DescribedStudy:
    """What the codebook is made from."""

    scenario: Scenario
    conduct: ConductPlan
    response: ResponsePlan
    program: Program | None
    served_by: tuple[str, ...] = field(default=())  # columns of the table of visits

    @property
    def dates(self) -> bool:
        """Whether times are dates of a calendar, and not days since enrollment."""
        return self.program is not None


def codebook(study: DescribedStudy, *, allocation: bool = False) -> list[Entry]:
    """Every column of every table, in order; with ``allocation`` the lists by which participants were allocated too."""
    rows = [*_participants(study, allocation=allocation), *_visits(study), *_measurements(study)]
    return [*rows, *_ward(study)] if study.dates else rows


def columns(study: DescribedStudy, table: str) -> list[str]:
    """The columns of a table, each once."""
    return list(dict.fromkeys(row.column for row in codebook(study) if row.table == table))


def _time(study: DescribedStudy, table: str, column: str, meaning: str) -> Entry:
    what, semicolon, empty = meaning.partition(";")
    if study.dates:
        return Entry(table, column, f"{what}, by the study's calendar{semicolon}{empty}", WHEN)
    return Entry(table, column, f"{what}, since enrollment{semicolon}{empty}", NUMBER, unit="d", range="0 or more")


def _listed(words: tuple[str, ...] | list[str]) -> str:
    return "; ".join(words)


def _participants(study: DescribedStudy, *, allocation: bool) -> Iterator[Entry]:
    table, conduct = "participants", study.conduct
    arms = _listed([f"{name} = {text}" for name, text in study.scenario.design.arms.items()])
    yield Entry(table, "participant", PARTICIPANT, TEXT)
    column = allocated(study.scenario.design)
    yield Entry(table, column, f"{column} of allocation", CODE, codes=arms)
    if allocation:
        strata = [", ".join(stratum) or "all" for stratum in conduct.strata]
        yield Entry(table, "stratum", "stratum of allocation", CODE, codes=_listed(strata))
        yield Entry(
            table, "block", "number of the block in the stratum; empty without blocks", WHOLE, range="1 or more"
        )
    if conduct.family is not None:
        yield Entry(table, "family", "mother, in the order of enrollment; children of one mother have one", TEXT)
    if conduct.sites:
        yield Entry(table, "site", "site of enrollment", CODE, codes=_listed(conduct.sites))
    if conduct.wedge is not None:
        last = f"1 to {conduct.wedge.periods}"
        yield Entry(table, "period", "calendar period of enrollment in the stepped wedge", WHOLE, range=last)
        if not study.dates:
            yield Entry(
                table, "enrolled", "enrollment, since the start of the study", NUMBER, unit="d", range="0 or more"
            )
    for covariate, declared in zip(conduct.covariates, study.scenario.participants.values(), strict=True):
        if covariate.categories:
            yield Entry(table, covariate.name, "covariate", CODE, codes=_listed(covariate.categories))
        else:
            unit = declared.number.unit if declared.number else None
            yield Entry(
                table, covariate.name, "covariate", NUMBER, unit=unit or "", range=_range(covariate.distribution)
            )
    if study.dates:
        reasons = _listed(["completed", *conduct.leave_reasons])
        yield _time(study, table, "arrived", "arrival on the ward")
        yield _time(study, table, "enrolled", "consent and allocation")
        yield _time(study, table, "ended", "end of the pathway")
        yield Entry(table, "end_reason", "how the pathway ended", CODE, codes=reasons)


def _range(distribution: Distribution) -> str:
    """The values a covariate can have, as far as its distribution bounds them."""
    lowest, low, high, highest = quantile(distribution, np.array([1e-12, 1e-6, 1 - 1e-6, 1 - 1e-12])).tolist()
    if max(low - lowest, highest - high) <= 0.01 * (high - low):  # it ends there, and does not only become rare
        return f"{lowest:.5g} to {highest:.5g}"
    return "above 0" if cdf(distribution, 0.0) <= 0.0 else ""


def allocated(design: Design) -> str:
    """The column of what participants are allocated to: the arm, in a crossover the sequence."""
    return "sequence" if design.sequences else "arm"


def _of_periods(study: DescribedStudy, table: str) -> Iterator[Entry]:
    """Of a crossover the sequence, and the arm of the period that a visit is in."""
    arms = _listed([f"{name} = {text}" for name, text in study.scenario.design.treatments.items()])
    yield Entry(table, "sequence", "as in participants", CODE)
    yield Entry(table, "arm", "arm of the period; empty for visits outside the periods", CODE, codes=arms)


def _visits(study: DescribedStudy) -> Iterator[Entry]:
    table = "visits"
    yield Entry(table, "participant", PARTICIPANT, TEXT)
    if study.scenario.design.sequences:
        yield from _of_periods(study, table)
    yield Entry(table, "visit", "planned measuring point", CODE, codes=_listed(_visit_names(study)))
    yield _time(study, table, "time", "when it took place; empty if it did not")
    yield Entry(table, "status", "whether it took place, or why not", CODE, codes=_listed(VISIT_REASONS))
    for column in study.served_by:
        yield Entry(table, column, WHO_SERVED, TEXT)


def _visit_names(study: DescribedStudy) -> list[str]:
    return list(study.program.visits if study.program is not None else study.scenario.visits)


def _measurements(study: DescribedStudy) -> Iterator[Entry]:
    table, outcomes = "measurements", study.scenario.outcomes
    labels = [f"{name} = {outcome.label}" if outcome.label else name for name, outcome in outcomes.items()]
    yield Entry(table, "participant", PARTICIPANT, TEXT)
    if study.scenario.design.sequences:
        yield from _of_periods(study, table)
    else:
        yield Entry(table, "arm", "as in participants", CODE)
    yield Entry(table, "outcome", "what was measured", CODE, codes=_listed(labels))
    yield Entry(table, "visit", "as in visits", CODE)
    for name, outcome in outcomes.items():
        yield _value(name, outcome)
    yield Entry(table, "unit", "unit of the value; empty for scores", TEXT)
    yield Entry(table, "status", "measured, or why it is missing", CODE, codes=_listed(study.response.reasons))
    yield Entry(table, "censored", "whether a value is only known to lie on one side", CODE, codes=_listed(_sides()))
    yield Entry(table, "plate", "number of the assay's plate; empty where there are none", WHOLE, range="1 or more")
    if any(outcome.scale.follow == "over" for outcome in outcomes.values()):
        meaning = "for how long events were counted; empty for other outcomes, and where nobody counted"
        yield Entry(table, "time_at_risk", meaning, NUMBER, unit="d", range="above 0")


def event_logs(study: DescribedStudy) -> Iterator[Entry]:
    """Every column of the event logs for other programs, which are written where there is a ward."""
    arms = _listed(list(study.scenario.design.arms))
    run = "number of the simulated trial, from 0"
    table = "vidigi"
    yield Entry(table, "entity_id", PARTICIPANT, TEXT)
    yield Entry(table, "event_type", "what the event is for vidigi", CODE,
                codes=_listed([f"{word} = {meaning}" for word, meaning in EVENT_TYPES.items()]))  # fmt: skip
    yield Entry(table, "event", "arrival, depart, or the step: where somebody is from now on", TEXT)
    yield Entry(table, "time", "when, counted from 00:00 of the first day", NUMBER, unit="min", range="0 or more")
    meaning = "number of the unit within its resource, from 1; empty for other events"
    yield Entry(table, "resource_id", meaning, WHOLE, range="1 or more")
    yield Entry(table, "pathway", "arm of allocation", CODE, codes=arms)
    yield Entry(table, "run_number", run, WHOLE, range="0 or more")
    table = "activities"
    yield Entry(table, "case_id", "trial and participant, as 0-SIM-001", TEXT)
    yield Entry(table, "activity", "step of the protocol, visit, enrolled, completed or left", TEXT)
    yield Entry(table, "activity_instance", "number that the states of one activity share", WHOLE, range="1 or more")
    yield Entry(table, "lifecycle", "state that the activity reaches", CODE,
                codes=_listed([f"{word} = {meaning}" for word, meaning in LIFECYCLE.items()]))  # fmt: skip
    yield _time(study, table, "timestamp", "when it happened, to the second")
    yield Entry(table, "resource", "unit that serves, by resource and number; empty for none", TEXT)
    yield Entry(table, "kind", "what the activity is", CODE,
                codes=_listed([f"{word} = {meaning}" for word, meaning in ACTIVITY_KINDS.items()]))  # fmt: skip
    yield Entry(
        table, "detail", "how it ended: succeeded, failed, gave up, turned away, left, or why; else empty", TEXT
    )
    yield Entry(table, "arm", "arm of allocation", CODE, codes=arms)
    yield Entry(table, "run_number", run, WHOLE, range="0 or more")


#: Types of events in the log for vidigi.
EVENT_TYPES = {
    "arrival_departure": "enrollment or end of the pathway",
    "queue": "waits, or is in an activity without staff",
    "resource_use": "a unit comes",
    "resource_use_end": "the unit is free again",
}

#: States of an activity in the log for bupaR; XES calls the last one ate_abort.
LIFECYCLE = {
    "schedule": "staff is requested",
    "start": "begins",
    "suspend": "is interrupted",
    "resume": "goes on",
    "complete": "ends",
    "abort_activity": "ends before its time, or nobody came",
}

#: Kinds of activities in the log for bupaR.
ACTIVITY_KINDS = {
    "pathway": "enrolled, completed, left",
    "wait": "a wait of the protocol",
    "staff": "a need for staff, from the request to the end; it contains activities",
    "activity": "an activity or a try of an attempt",
    "visit": "a measuring point",
}


#: The word for each mark of a value.
CENSORED = {0: "no", -1: "left", 1: "right"}


def _sides() -> list[str]:
    meaning = {-1: "the assay read it below its detection limit", 1: "nothing had happened until then"}
    return [f"{word} = {meaning[side]}" if side else word for side, word in CENSORED.items()]


def _value(name: str, outcome: Outcome) -> Entry:
    """The values of one outcome."""
    scale, unit = outcome.scale, outcome.unit or ""
    meaning = f"{outcome.label or name}; empty if missing"
    if outcome.instrument.detection_limit is not None:
        meaning += f" (detection limit {outcome.instrument.detection_limit.value:g} {unit})".replace(" )", ")")
    if scale.yes_or_no:
        codes = _listed([f"{value:g} = {word}" for value, word in ((1.0, "yes"), (0.0, "no"))])
        return Entry("measurements", "value", meaning, CODE, outcome=name, range="0 to 1", codes=codes)
    if scale.categories is not None:
        values = outcome.categories
        labels = {str(key): word for key, word in outcome.labels.items()}
        codes = _listed(
            [f"{value:g} = {labels[f'{value:g}']}" if f"{value:g}" in labels else f"{value:g}" for value in values]
        )
        whole = all(value == int(value) for value in values)
        kind, ends = WHOLE if whole else NUMBER, f"{min(values):g} to {max(values):g}"
        return Entry("measurements", "value", meaning, kind, outcome=name, unit=unit, range=ends, codes=codes)
    if scale.follow == "over":
        meaning = f"{outcome.label or name}, events from {outcome.over[0]} to {outcome.over[1]}; empty if missing"
        return Entry("measurements", "value", meaning, WHOLE, outcome=name, unit=unit, range="0 or more")
    if outcome.until is not None:
        until = outcome.until
        end = f"{format_value(until.value, 'duration')} later" if isinstance(until, Number) else until
        start = outcome.since or "enrollment"
        meaning = f"{outcome.label or name}, the time from {start} until {end} at most; empty if missing"
        return Entry("measurements", "value", meaning, NUMBER, outcome=name, unit=unit, range="above 0")
    ends = "above 0" if scale.positive else ""
    if outcome.limits is not None:
        ends = f"{outcome.limits[0].value:g} to {outcome.limits[1].value:g} intended, not enforced"
    return Entry("measurements", "value", meaning, NUMBER, outcome=name, unit=unit, range=ends)


def _ward(study: DescribedStudy) -> Iterator[Entry]:
    conduct = study.conduct
    resources = _listed([resource.name for resource in study.program.resources] if study.program else [])
    table = "screening"
    yield Entry(table, "patient", "number in the order of arrival, from 1 (SIM-P0001 in files)", TEXT)
    if conduct.sites:
        yield Entry(table, "site", "site of arrival", CODE, codes=_listed(conduct.sites))
    yield _time(study, table, "arrived", "arrival on the ward")
    yield _time(study, table, "asked", "when consent was requested; empty if it was not")
    yield Entry(table, "became", "what became of the patient; reasons of exclusion among them", CODE,
                codes=_listed([*COUNTS[1:], *conduct.exclusions]))  # fmt: skip
    yield Entry(table, "participant", f"{PARTICIPANT}; empty if not enrolled", TEXT)
    table = "activities"
    yield Entry(table, "participant", PARTICIPANT, TEXT)
    yield Entry(table, "activity", "activity or attempt of the protocol that began", TEXT)
    yield _time(study, table, "start", "when it began")
    yield _time(study, table, "end", "when it ended")
    yield Entry(table, "planned_minutes", "length as drawn, without interruption", NUMBER, unit="min", range="above 0")
    yield Entry(table, "delivered_minutes", "what was given of it", NUMBER, unit="min", range="0 or more")
    yield Entry(table, "failed_tries", "tries of an attempt that failed", WHOLE, range="0 or more")
    table = "staffing"
    yield Entry(table, "participant", PARTICIPANT, TEXT)
    yield Entry(table, "need", "need for staff of the protocol that arose", TEXT)
    yield Entry(table, "resource", "first resource requested", CODE, codes=resources)
    yield _time(study, table, "asked", "when it was requested")
    yield _time(study, table, "granted", "when it was granted; empty if it was not")
    yield _time(study, table, "given_back", "when it was given back; empty if it was not granted")
    yield Entry(table, "state", "what became of it", CODE, codes=_listed(HOLD_STATES))
    yield Entry(table, "unit", "number of the unit that came, from 1; 0 for none", WHOLE, range="0 or more")
    yield Entry(table, "practitioner", "the person who came, by resource and number; empty for none", TEXT)
    table = "events"
    yield _time(study, table, "time", "when it happened, to the second")
    yield Entry(table, "participant", PARTICIPANT, TEXT)
    yield Entry(table, "event", "what happened", CODE, codes=_listed(KIND_NAMES))
    yield Entry(table, "step", "step of the protocol", TEXT)
    yield Entry(
        table, "value", "length in seconds (waits, starts, ends), visit, need for staff or arm, by the event", WHOLE
    )
