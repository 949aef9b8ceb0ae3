"""Reading values other than quantities: times of day, names, lines of text, counts and the categories of a scale."""

from __future__ import annotations

import re
from datetime import date

from trialsim.quantities.letters import is_usable, odd_letter, usable_name
from trialsim.quantities.marks import without_marks
from trialsim.quantities.refuse import refuse


def read_clock(value: object) -> int:
    """``"10:00"`` -> 36000 seconds after midnight."""
    found = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*", value) if isinstance(value, str) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 86400:
        return value
    if not found or int(found.group(2)) > 59 or int(found.group(1)) * 60 + int(found.group(2)) > 1440:
        refuse("TS-E011", "'{value}' is not a time of day.", value=value, remedy='Write it like this: "10:00".')
    return int(found.group(1)) * 3600 + int(found.group(2)) * 60


def read_clock_window(value: object) -> tuple[int, int]:
    """``08:00-20:00`` -> (28800, 72000)."""
    if isinstance(value, tuple) and len(value) == 2:
        return value
    ends = re.split(r"\s*(?:-|–|to)\s*", value) if isinstance(value, str) else []
    if len(ends) != 2:
        refuse(
            "TS-E011", "'{value}' is not a window of the day.", value=value, remedy="Write it like this: 08:00-20:00."
        )
    low, high = read_clock(ends[0]), read_clock(ends[1])
    if low >= high:
        refuse(
            "TS-E013",
            "'{value}' runs backwards.",
            value=value,
            remedy="Write the earlier time first; a window ends by 24:00.",
        )
    return low, high


def read_days(value: object) -> str:
    """``2026-12-20..2027-01-06``, or a single day, as text; checked.

    >>> read_days("2026-12-20 .. 2027-01-06"), read_days(date(2026, 5, 1))
    ('2026-12-20..2027-01-06', '2026-05-01')
    """
    if isinstance(value, date):
        return value.isoformat()
    ends = [one.strip() for one in value.split("..")] if isinstance(value, str) else []
    try:
        days = [date.fromisoformat(one) for one in ends]
    except ValueError:
        days = []
    if not 1 <= len(days) <= 2:
        remedy = "Write a day, 2026-12-24, or the first and the last one: 2026-12-20..2027-01-06."
        refuse("TS-E348", "'{value}' is not a day, or two of them.", value=value, remedy=remedy)
    if days[0] > days[-1]:
        refuse("TS-E348", "'{value}' runs backwards.", value=value, remedy="Write the earlier day first.")
    return "..".join(one.isoformat() for one in days)


def read_name(value: object) -> str:
    """The name of an arm, visit, step, ...: a line of text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > 80 or not value.isprintable():
        refuse("TS-E018", "a name is one line of 1 to 80 characters.", remedy="Choose a short name.")
    name = " ".join(value.split())
    if " - " in name or set(name) & set("{}[]=@/"):
        refuse(
            "TS-E018",
            "'{value}' cannot be a name.",
            value=name,
            remedy="Leave out ' - ' and the characters { } [ ] = @ /.",
        )
    if name[0] == "_":
        refuse(
            "TS-E018",
            "'{value}' would be missing from figures.",
            value=name,
            remedy="Begin a name with a letter or a digit.",
        )
    refuse_formula(name)
    return name


def refuse_formula(text: str) -> None:
    """Refuse text that a spreadsheet would run as a formula: tables are opened there."""
    if text[0] in "+-=@" and not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        refuse(
            "TS-E018",
            "'{value}' would be a formula in a spreadsheet.",
            value=text,
            remedy="Begin a name with a letter or a digit.",
        )


LONGEST_LINE = 200


def read_line(value: str) -> str:
    """A title, a label or a description: at most :data:`LONGEST_LINE` characters, no formula."""
    if len(value) > LONGEST_LINE:
        refuse(
            "TS-E131",
            f"this text has {len(value):,} characters.",
            remedy=f"A title or label has at most {LONGEST_LINE}.",
        )
    if odd_letter(value) is not None:
        message = f"this text holds the character {odd_letter(value)}, which is invisible."
        refuse("TS-E130", message, remedy="Remove it, or type the text anew.")
    if value.strip():
        refuse_formula(value.strip())
    return value


def read_study_name(value: object) -> str:
    """The name of a study, which names its folders, scripts and jobs: usable unchanged on every system."""
    name = read_name(value)
    if not is_usable(name):
        other = usable_name(name)
        hint = f"Write name: {other}." if other else "Write name: my-study."
        refuse(
            "TS-E132",
            "'{value}' cannot be a folder name on every system.",
            value=name,
            remedy=f"Use letters, digits, '-', '_' and '.' only, and begin with a letter or a digit. {hint}",
        )
    return name


def read_count(value: object) -> object:
    """A whole number, also ``10_000``; yes or no, other text and fractions are refused."""
    if isinstance(value, str) and without_marks(value.strip()).isdecimal() and "_" in value:
        return int(without_marks(value.strip()))
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, float) or not value.is_integer():
        grouped = isinstance(value, str) and re.fullmatch(r"\d{1,3}([,. ]\d{3})+", value.strip())
        remedy = f"Write {re.sub(r'[,. ]', '', str(value))}." if grouped else "Write a whole number without a unit."
        refuse("TS-E011", "'{value}' is not a whole number.", value=value, wants="whole number", remedy=remedy)
    return int(value)


#: The most categories of a range.
MOST_CATEGORIES = 1001

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_SCALE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s+by\s+({_NUMBER}))?\s*")


def read_categories(value: object) -> object:
    """``0..10`` and ``0..100 by 5`` as numbers; anything else unchanged.

    >>> read_categories("20..80 by 20")
    (20.0, 40.0, 60.0, 80.0)
    """
    if not isinstance(value, str):
        return value
    found = _SCALE.fullmatch(without_marks(value))
    example = "Write [0, 1, 2, 3, 4], 0..10 or 0..100 by 5."
    if found is None:
        refuse("TS-E113", "'{value}' is neither a list of numbers nor a range.", value=value, remedy=example)
    low, high, step = float(found[1]), float(found[2]), float(found[3] or 1)
    if not low < high or not step > 0:
        refuse("TS-E113", "'{value}' does not rise.", value=value, remedy=example)
    steps = (high - low) / step
    if abs(steps - round(steps)) > 1e-9 * max(steps, 1):
        refuse("TS-E113", f"steps of {step:g} from {low:g} do not meet {high:g}.", remedy=example)
    if steps + 1 > MOST_CATEGORIES:
        remedy = f"A scale has at most {MOST_CATEGORIES:,} points: take larger steps, or distribution: normal."
        refuse("TS-E113", f"'{value}' are {steps + 1:,.0f} categories.", remedy=remedy)
    return tuple(float(f"{low + i * step:.12g}") for i in range(round(steps) + 1))
