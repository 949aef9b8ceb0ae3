"""A question of the workbench, read from its form: everything that decides the answer, within limits."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException

from trialsim.app.desk import Document
from trialsim.app.tasks import Plain
from trialsim.app.web import SentForm

#: Points of a sweep, at least and at most.
FEWEST_POINTS, MOST_POINTS = 2, 9

#: A number with its unit behind it.
NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)\s*([^\d\s].*)?\Z")

#: A change of a scenario.
CHANGE = re.compile(r"[^=\n]{1,120}=[^\n]{1,200}\Z")


def question_of(
    form: SentForm, one: Document, other: Document | None, *, most: int, seconds: float
) -> tuple[str, Plain]:
    """The kind of a question, and what it asks."""
    kind = form.text("kind", longest=20)
    asked: Plain = {"text": one.text, "file": one.file, "replicates": whole(form.text("replicates", longest=20), 1, most),
                    "seconds": seconds}  # fmt: skip
    if kind in ("run", "protocol"):
        return kind, asked
    if kind == "size":
        return kind, {**asked, "power": whole(form.text("power", longest=20), 1, 99) / 100}
    if kind == "compare":
        return kind, {**asked, **_second(form, one, other)}
    if kind == "sweep":
        return kind, {**asked, **_values(form)}
    raise HTTPException(422, "This cannot be asked.")


def whole(text: str, low: int, high: int) -> int:
    """A whole number between two others."""
    plain = text.replace(",", "").replace("%", "").strip()
    if not plain.isdecimal() or not low <= int(plain) <= high:
        raise HTTPException(422, f"'{text}' is not a whole number from {low:,} to {high:,}.")
    return int(plain)


def _second(form: SentForm, one: Document, other: Document | None) -> Plain:
    """The second design: another scenario, or this one with a change."""
    change = " ".join(form.text("change", longest=400).split())
    if other is not None and not change:
        return {"other": other.text, "other_file": other.file, "other_set": []}
    if not CHANGE.match(change):
        raise HTTPException(422, "Choose another scenario, or write a change such as design.enroll=60.")
    return {"other": one.text, "other_file": one.file, "other_set": [change]}


def _values(form: SentForm) -> Plain:
    """The value that is varied, from low to high."""
    path = form.text("path", longest=200)
    ends = [NUMBER.match(" ".join(form.text(name, longest=60).split())) for name in ("low", "high")]
    points = whole(form.text("points", longest=10), FEWEST_POINTS, MOST_POINTS)
    if not path or ends[0] is None or ends[1] is None or (ends[0][2] or "") != (ends[1][2] or ""):
        raise HTTPException(
            422, "Choose a value, and write two numbers with the same unit, such as 40 and 120, or 10 min and 30 min."
        )
    low, high, unit = float(ends[0][1]), float(ends[1][1]), f" {ends[0][2]}" if ends[0][2] else ""
    if not low < high:
        raise HTTPException(422, "The first number must be below the second.")
    counts = "." not in ends[0][1] + ends[1][1] and high - low >= points - 1
    steps = [low + (high - low) * at / (points - 1) for at in range(points)]
    numbers = [f"{round(one)}" if counts else f"{one:.6g}" for one in steps]
    return {"path": path, "values": [f"{one}{unit}" for one in numbers]}
