"""A longitudinal REDCap project with one arm: the schedule is the same for all, and allocation is in a form of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialsim.export.layout import ALLOCATION, END, ENROLLMENT, FEW, PERIOD_ARM, VISIT, StudyVariables
from trialsim.export.model import Variable, number_text
from trialsim.export.names import Namer
from trialsim.prepared import Study

#: The columns of a data dictionary, in REDCap's order.
COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)

RECORD_ID = "record_id"

#: The event before the first visit and the one after the last.
FIRST, LAST = "Enrollment", "End of study"

#: Letters of an event's label that its unique name keeps.
UNIQUE = 18


@dataclass(frozen=True)
class Event:
    """An event: its label, the unique name that REDCap gives it, the visit that it is (empty for none), and its forms."""

    label: str
    unique: str
    visit: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """A field: the variable of the long table that it holds, in which form, and its row of the dictionary."""

    variable: Variable
    name: str
    form: str
    row: tuple[str, ...]


@dataclass(frozen=True)
class RedcapProject:
    """A project: its fields in order, its events, and the codes for missing values."""

    title: str
    fields: tuple[Field, ...]
    events: tuple[Event, ...]
    missing: tuple[tuple[str, str], ...]

    def dictionary(self) -> list[tuple[str, ...]]:
        """The rows of the data dictionary."""
        return [one.row for one in self.fields]

    def arms(self) -> list[tuple[str, str]]:
        """The one arm."""
        return [("1", "All participants")]

    def event_rows(self) -> list[tuple[str, str, str]]:
        """The rows of the events."""
        return [(one.label, "1", one.unique) for one in self.events]

    def mapping(self) -> list[tuple[str, str, str]]:
        """Which form belongs to which event."""
        return [("1", one.unique, form) for one in self.events for form in one.forms]


def unique_event_name(label: str, arm: int = 1) -> str:
    """The unique name that REDCap makes of an event's label.

    Small letters, digits and underscores for blanks, cut after 18, and the arm.

    >>> unique_event_name("Day 1"), unique_event_name("After the needle, in bed")
    ('day_1_arm_1', 'after_the_needle_i_arm_1')
    """
    kept = re.sub(r"[^0-9a-z_ ]", "", label.strip().lower()).replace(" ", "_")
    return f"{kept[:UNIQUE].strip('_')}_arm_{arm}"


def project(study: Study, plan: StudyVariables) -> RedcapProject:
    """The project of a study."""
    forms = Namer(("enrollment", "allocation", "visit", "end_of_study"))
    of_outcome = {name: forms.name(name, fallback="outcome") for name in study.scenario.outcomes}
    fields = tuple(_fields(plan, of_outcome))
    present = {one.form for one in fields}
    missing = {str(code.number): code.label for one in fields for code in one.variable.missing}
    return RedcapProject(
        title=study.scenario.title,
        fields=fields,
        events=tuple(_events(study, plan, of_outcome, present)),
        missing=tuple(missing.items()),
    )


def _fields(plan: StudyVariables, of_outcome: dict[str, str]) -> Iterator[Field]:
    names = {ENROLLMENT: "enrollment", ALLOCATION: "allocation", VISIT: "visit", END: "end_of_study"}
    order = ["enrollment", "visit", *of_outcome.values(), "end_of_study", "allocation"]
    found: dict[str, list[Field]] = {form: [] for form in order}
    for variable in plan.long:
        if variable.role in ("visit", PERIOD_ARM):
            continue  # the event says it; the arm of a period would show the allocation
        form = of_outcome[variable.outcome] if variable.outcome else names[variable.part]
        name = RECORD_ID if variable.role == "id" else variable.name
        found[form].append(Field(variable, name, form, _row(variable, name, form)))
    for form in order:
        yield from found[form]


def _row(variable: Variable, name: str, form: str) -> tuple[str, ...]:
    kind, choices, validation, low, high = _entry(variable)
    unit = f" ({variable.unit})" if variable.unit else ""
    label = plain_label(variable.label) + plain_label(unit, strip=False)
    note = ""
    if variable.low is not None and variable.high is not None and not low and kind == "text" and not choices:
        note = f"Intended range: {number_text(variable.low)} to {number_text(variable.high)}"
    identifier = "y" if variable.kind == "when" else ""
    return (
        name, form, "", kind, label, choices, note, validation, low, high, identifier, "", "", "", "", "", "", "",
    )  # fmt: skip


def plain_label(text: str, *, strip: bool = True) -> str:
    """A label in which REDCap finds no piping, no markup and no next choice.

    >>> plain_label("Pain [0-10] | <b>now</b>")
    'Pain (0-10) / < b>now< /b>'
    """
    kept = text.replace("[", "(").replace("]", ")").replace("|", "/")
    kept = re.sub(r"<(?=[A-Za-z/!])", "< ", kept)
    return " ".join(kept.split()) if strip else kept


def _entry(variable: Variable) -> tuple[str, str, str, str, str]:
    """Field type, choices, validation and its ends."""
    if variable.kind == "text":
        return "text", "", "", "", ""
    if variable.kind == "when":
        return "text", "", "datetime_ymd", "", ""
    whole = all(code.value == int(code.value) for code in variable.codes)
    if variable.codes and whole and (variable.kind == "code" or len(variable.codes) <= FEW):
        if {code.value for code in variable.codes} == {0, 1} and variable.kind == "code":
            return "yesno", "", "", "", ""
        kind = "radio" if len(variable.codes) <= FEW else "dropdown"
        return kind, choices_text([(number_text(one.value), one.label) for one in variable.codes]), "", "", ""
    low, high = _ends(variable)
    validation = "integer" if variable.kind == "whole" else "number"
    return "text", "", validation, low, high


def choices_text(choices: Sequence[tuple[str, str]]) -> str:
    """Choices as REDCap writes them."""
    return " | ".join(f"{value}, {plain_label(label)}" for value, label in choices)


def _ends(variable: Variable) -> tuple[str, str]:
    """The ends that can be entered, rounded outward; those of an instrument without categories are only intended."""
    if variable.role == "value" and not variable.codes and variable.high is not None:
        return "", ""
    low = "" if variable.low is None else number_text(math.floor(variable.low))
    high = "" if variable.high is None or variable.high > 1e9 else number_text(math.ceil(variable.high))
    return low, high


def _events(study: Study, plan: StudyVariables, of_outcome: dict[str, str], present: set[str]) -> Iterator[Event]:
    taken: set[str] = set()

    def event(wanted: str, fallback: str, visit: str, forms: Sequence[str]) -> Event:
        plain = plain_label(wanted)
        safe = plain.isascii() and unique_event_name(plain) not in (*taken, "_arm_1") and len(plain) <= UNIQUE
        label = plain if safe and re.fullmatch(r"[A-Za-z0-9 ]+", plain) else fallback
        taken.add(unique_event_name(label))
        return Event(label, unique_event_name(label), visit, tuple(one for one in forms if one in present))

    yield event(FIRST, FIRST, "", ["enrollment", "allocation"])
    for visit, number in plan.visits.items():
        measured = [of_outcome[name] for name, at in study.response.pairs if at == visit]
        yield event(visit, f"Visit {number}", visit, ["visit", *dict.fromkeys(measured)])
    if "end_of_study" in present:
        yield event(LAST, LAST, "", ["end_of_study"])
