"""Describe a scenario for the workbench: shipped ones, faults, what is understood, and a form."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import trialsim as ts
from trialsim.app.tasks import Plain, Report
from trialsim.app.tasks.budget import seconds_of
from trialsim.app.tasks.editing import data_of, with_values, written_values
from trialsim.app.tasks.form import form_of
from trialsim.errors import RunError, ScenarioError
from trialsim.report.gist import effect_rows, explain_lines
from trialsim.scenario.closed import loads_closed
from trialsim.scenario.dump import dump

#: Replicates for which the time of a play is shown.
PER = 1_000


def shipped(_: Plain, __: Report) -> Plain:
    """Names and titles of the shipped scenarios."""
    return {"scenarios": [{"name": name, "title": card.title} for name, card in ts.shipped().items()]}


def whole(asked: Plain, _: Report) -> Plain:
    """The text of a shipped scenario; one that needs other files is written out whole."""
    cards = ts.shipped()
    if asked["name"] not in cards:
        raise RunError(f"there is no shipped scenario '{asked['name']}'.", code="TS-R010")
    text = cards[asked["name"]].path.read_text(encoding="utf-8")
    try:
        loads_closed(text)
    except ScenarioError:
        text = dump(ts.load(asked["name"]))
    return {"text": text, "title": cards[asked["name"]].title}


def check(asked: Plain, _: Report) -> Plain:
    """Faults and warnings of a text, what is understood of it, and its form."""
    text, file = asked["text"], asked["file"]
    found: Plain = {
        "faults": [],
        "warnings": [],
        "title": "",
        "lines": [],
        "effects": None,
        "sections": [],
        "form": [],
        "numbers": [],
    }
    try:
        found["form"] = form_of(text, data_of(text, file))
        found["numbers"] = _numbers(text)
        scenario = loads_closed(text, file=file)
    except ScenarioError as error:
        return {**found, "faults": [one.as_data() for one in error.faults]}
    study = ts.prepare(scenario)
    header, rows = effect_rows(study)
    lines = [one for one in explain_lines(study, name=file) if one.name != "Look"]
    return {
        **found,
        "title": scenario.title,
        "warnings": list(ts.check(scenario).warnings),
        "lines": [asdict(one) for one in lines],
        "effects": {"header": list(header), "rows": [list(row) for row in rows]} if rows else None,
        "sections": [asdict(one) for one in ts.explain(study).sections] if asked.get("everything") else [],
        "participants": study.conduct.target,
        "replicates": scenario.simulation.replicates,
        "seconds": round(seconds_of(study, PER), 2),
    }


def edit(asked: Plain, _: Report) -> Plain:
    """The text with other values, by their numbers in the form."""
    try:
        return {"text": with_values(asked["text"], {int(number): value for number, value in asked["values"].items()})}
    except (IndexError, ValueError):
        raise RunError(
            "the text was changed in another window.", code="TS-W005", remedy="Load the page again; nothing was lost."
        ) from None


def _numbers(text: str) -> list[dict[str, Any]]:
    """Values that begin with a number, for a sweep: path and value."""
    return [
        {"path": ".".join(map(str, one.path)), "value": one.text}
        for one in written_values(text)
        if one.text[:1].isdigit() or one.text[:2].lstrip("-")[:1].isdigit()
        if "sources" not in one.path[:1] and "trialsim" not in one.path[:1]
    ]
