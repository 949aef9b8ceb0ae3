"""REDCap's rules for the files of a project, as far as public documentation states them.

Sources: the data dictionary as modelled by linkml-redcap 0.1.2 (names, order of forms, types, validations), the CSV upload
reference of the REDCap knowledge base (arms, events, mapping), and the import tool's page (first column, event names, formats).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from trialsim.export.redcap.project import COLUMNS, unique_event_name

NAME = re.compile(r"^[a-z][a-z0-9_]*$")
TYPES = (
    "text", "notes", "dropdown", "radio", "checkbox", "yesno", "truefalse", "calc", "file", "slider", "descriptive",
)  # fmt: skip
WITH_CHOICES = ("dropdown", "radio", "checkbox")
LONGEST_NAME = 100
OWN = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group")


def _parse_date(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M")
    except ValueError:
        return False
    return True


#: Which texts a validation takes.
VALIDATIONS: Mapping[str, Callable[[str], bool]] = {
    "": lambda _: True,
    "integer": lambda text: re.fullmatch(r"-?\d+", text) is not None,
    "number": lambda text: re.fullmatch(r"-?\d+(\.\d+)?", text) is not None,
    "date_ymd": lambda text: re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None,
    "datetime_ymd": _parse_date,
}

Row = Mapping[str, str]


def dictionary_faults(header: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """What REDCap would refuse in a data dictionary."""
    faults = [] if tuple(header) == COLUMNS else ["the columns are not REDCap's 18"]
    faults += [fault for row in rows for fault in _field_faults(row)]
    names = [row[COLUMNS[0]] for row in rows]
    forms = [row[COLUMNS[1]] for row in rows]
    faults += [f"{name} appears twice" for name in sorted({one for one in names if names.count(one) > 1})]
    blocks = [form for place, form in enumerate(forms) if place == 0 or forms[place - 1] != form]
    faults += [f"fields of {form} are apart" for form in sorted({one for one in blocks if blocks.count(one) > 1})]
    clash = {f"{form}_complete" for form in forms} & set(names)
    faults += [f"{name} is REDCap's own field" for name in sorted(clash | (set(OWN) & set(names)))]
    if rows and rows[0][COLUMNS[3]] != "text":
        faults.append("the record id is not a text field")
    return faults


def _field_faults(row: Row) -> Iterator[str]:
    name, form, kind, label = (row[COLUMNS[place]] for place in (0, 1, 3, 4))
    choices, validation, low, high = (row[COLUMNS[place]] for place in (5, 7, 8, 9))
    if not NAME.match(name) or len(name) > LONGEST_NAME or "__" in name or name.endswith("_"):
        yield f"{name}: not a field name"
    if not NAME.match(form):
        yield f"{form}: not a form name"
    if kind not in TYPES:
        yield f"{name}: no field type {kind}"
    if not label:
        yield f"{name}: no label"
    if "[" in label or "[" in choices:
        yield f"{name}: brackets in a label are read as piping"
    if (kind in WITH_CHOICES) != bool(choices):
        yield f"{name}: choices do not belong to {kind}, or are missing"
    codes = [one.partition(",")[0].strip() for one in choices.split("|")] if choices else []
    if len(set(codes)) < len(codes) or not all(re.fullmatch(r"-?[A-Za-z0-9_]+", one) for one in codes):
        yield f"{name}: codes of choices"
    if not all(one.partition(",")[2].strip() for one in choices.split("|") if choices):
        yield f"{name}: a choice without a label"
    if validation not in VALIDATIONS or (validation and kind != "text"):
        yield f"{name}: validation {validation}"
    elif (low or high) and not validation:
        yield f"{name}: ends without a validation"
    elif not all(VALIDATIONS[validation](end) for end in (low, high) if end):
        yield f"{name}: ends that the validation refuses"
    if row[COLUMNS[10]] not in ("", "y") or row[COLUMNS[12]] not in ("", "y"):
        yield f"{name}: identifier and required are y or empty"


def structure_faults(arms: Sequence[Row], events: Sequence[Row], mapping: Sequence[Row], forms: set[str]) -> list[str]:
    """What REDCap would refuse in arms, events and the mapping of forms to events."""
    faults = []
    numbers = [row["arm_num"] for row in arms]
    if len(set(numbers)) < len(numbers) or not all(one.isdigit() for one in numbers):
        faults.append("arms are not numbered")
    unique = [row["unique_event_name"] for row in events]
    faults += [f"{one} appears twice" for one in sorted({one for one in unique if unique.count(one) > 1})]
    for row in events:
        if row["arm_num"] not in numbers:
            faults.append(f"{row['event_name']}: no arm {row['arm_num']}")
        if unique_event_name(row["event_name"], int(row["arm_num"])) != row["unique_event_name"]:
            faults.append(f"{row['event_name']}: REDCap would not call it {row['unique_event_name']}")
    for row in mapping:
        if row["unique_event_name"] not in unique:
            faults.append(f"no event {row['unique_event_name']}")
        if row["form"] not in forms:
            faults.append(f"no form {row['form']}")
    mapped = {row["form"] for row in mapping}
    return [*faults, *(f"{form} belongs to no event" for form in sorted(forms - mapped))]


def import_faults(
    header: Sequence[str], rows: Sequence[Row], dictionary: Sequence[Row], mapping: Sequence[Row], missing: set[str]
) -> list[str]:
    """What REDCap would refuse in an import file; ``missing`` are the project's codes for missing values."""
    fields = {row[COLUMNS[0]]: row for row in dictionary}
    forms = {row[COLUMNS[1]] for row in dictionary}
    known = {*fields, "redcap_event_name", *(f"{form}_complete" for form in forms)}
    first = dictionary[0][COLUMNS[0]]
    faults = [f"no field {name}" for name in header if name not in known]
    if list(header[:2]) != [first, "redcap_event_name"]:
        faults.append("the first columns are not record id and event")
    at = {(row["unique_event_name"], row["form"]) for row in mapping}
    keys = [(row[first], row["redcap_event_name"]) for row in rows]
    if len(set(keys)) < len(keys):
        faults.append("a record has an event twice")
    for row in rows:
        where = f"{row[first]} at {row['redcap_event_name']}"
        for name, text in row.items():
            if not text or name in (first, "redcap_event_name"):
                continue
            form = name.removesuffix("_complete") if name not in fields else fields[name][COLUMNS[1]]
            if (row["redcap_event_name"], form) not in at:
                faults.append(f"{where}: {form} does not belong to this event")
            if name not in fields and text not in ("0", "1", "2"):
                faults.append(f"{where}: {name} is 0, 1 or 2")
            if name in fields and not _takes(fields[name], text, missing):
                faults.append(f"{where}: {name} cannot be {text}")
    return faults


def _takes(field: Row, text: str, missing: set[str]) -> bool:
    """Whether a field takes a text; codes for missing values pass every check."""
    if text in missing:
        return True
    kind, choices, validation = field[COLUMNS[3]], field[COLUMNS[5]], field[COLUMNS[7]]
    if kind in WITH_CHOICES:
        return text in [one.partition(",")[0].strip() for one in choices.split("|")]
    if kind in ("yesno", "truefalse"):
        return text in ("0", "1")
    if validation not in VALIDATIONS or not VALIDATIONS[validation](text):
        return False
    low, high = field[COLUMNS[8]], field[COLUMNS[9]]
    return (not low or float(text) >= float(low)) and (not high or float(text) <= float(high))
