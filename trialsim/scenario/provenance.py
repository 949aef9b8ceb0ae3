"""Where the numbers of a scenario come from, as rows for the report."""

from __future__ import annotations

from typing import Literal, NamedTuple

from trialsim.protocol.steps import WaitRule
from trialsim.quantities.fields import Number, Prior, Record, Spread
from trialsim.quantities.records import PROVENANCE
from trialsim.rules import SCHEDULE, has
from trialsim.scenario.dump import plain, value_text
from trialsim.scenario.model import Analysis, AnalysisFamily, Design, PublishedFigure, Scenario, Simulation
from trialsim.scenario.text import Path

Kind = Literal["source", "computed", "assumed", "none"]
Origin = tuple[Kind, str]

WORDS: dict[str, Kind] = {"source": "source", "computed_from": "computed", "assumed": "assumed"}
CHOSEN = (
    Design,
    Analysis,
    AnalysisFamily,
    Simulation,
    PublishedFigure,
)  # choices of the trialist and quoted figures, not assumptions


class Row(NamedTuple):
    """One number or spread, its value as text, where it comes from and why, and its plausible range as text."""

    path: str
    value: str
    kind: Kind
    why: str
    range: str


def provenance(scenario: Scenario) -> list[Row]:
    """A row for each assumed number; what a record or outcome says holds for all that say nothing inside it.

    The design, the schedule (fixed waits, patience, sample windows), the analyses, the simulation and published figures are
    choices or quotations and have no rows.
    """
    rows: dict[int, Row] = {}  # by the identity of the number: a level written out for several visits appears once
    _collect(scenario, (), ("none", ""), scenario.sources, rows)
    return list(rows.values())


def _collect(value: object, path: Path, origin: Origin, sources: object, rows: dict[int, Row]) -> None:
    if isinstance(value, CHOSEN):
        return
    if isinstance(value, Record):
        origin = _own(value, sources) or origin
    if isinstance(value, (Number, Spread)):
        if value.kind != "calendar" and not _default(value):
            rows.setdefault(id(value), _row(value, path, _source_inside(value, origin, sources)))
    elif isinstance(value, Record):
        for name, info in type(value).model_fields.items():
            if has(info, SCHEDULE) or (
                isinstance(value, WaitRule) and value.lasts and set(value.lasts.given) == {"value"}
            ):
                continue
            _collect(getattr(value, name), (*path, info.alias or name), origin, sources, rows)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, (*path, key), origin, sources, rows)
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            _collect(inner, (*path, i), origin, sources, rows)


def _default(value: Number | Spread) -> bool:
    """Defaults written out (lag 0, responders 100 %, correlation 0) claim nothing."""
    plain_kind = value.kind in ("number", "share", "duration")
    return (
        plain_kind
        and isinstance(value, Number)
        and value.value in (0.0, 1.0)
        and _own(value, {}) is None
        and value.unit is None
    )


def _own(record: object, sources: object) -> Origin | None:
    for key, kind in WORDS.items():
        text = getattr(record, key, None)
        if text is not None:
            full = sources.get(text, text) if isinstance(sources, dict) and kind != "assumed" else text
            return kind, str(full)
    return None


def _source_inside(value: Number | Spread, origin: Origin, sources: object) -> Origin:
    """A spread without words of its own takes those of the numbers in it."""
    if isinstance(value, Spread) and origin[0] == "none":
        for part in value.given.values():
            if isinstance(part, Number) and (own := _own(part, sources)):
                return own
    return origin


def _row(value: Number | Spread, path: Path, origin: Origin) -> Row:
    kind = value.kind
    ends = value.range
    if isinstance(value, Spread) and ends is None:
        ends = next((part.range for part in value.given.values() if isinstance(part, Number) and part.range), None)
        kind = "duration" if value.kind == "duration" else "amount"
    span = " to ".join(str(value_text(end, kind, value.unit)) for end in ends) if ends else ""
    span = "; ".join(part for part in (span, *map(prior_in_words, _priors(value))) if part)
    return Row(".".join(str(step) for step in path if step != "number"), _in_words(value), origin[0], origin[1], span)


def _priors(value: Number | Spread) -> list[Prior]:
    numbers = (
        [value] if isinstance(value, Number) else [part for part in value.given.values() if isinstance(part, Number)]
    )
    return [number.prior for number in numbers if number.prior is not None]


def prior_in_words(prior: Prior) -> str:
    """``prior: normal mean -0.8, sd 0.4``."""
    content = plain(prior)
    shown = {key: inner for key, inner in content.items() if key not in (*PROVENANCE, "name", "n")}
    return "prior: " + ", ".join(f"{key} {_plain_text(inner)}" for key, inner in shown.items())


def _in_words(value: Number | Spread) -> str:
    content = plain(value)
    if isinstance(content, dict):
        content = {key: inner for key, inner in content.items() if key not in (*PROVENANCE, "prior", "of")}
        if set(content) == {"value"}:
            return str(content["value"])
        return ", ".join(f"{key} {_plain_text(inner)}" for key, inner in content.items())
    return str(content)


def _plain_text(value: object) -> str:
    if isinstance(value, dict):
        if "value" in value:
            return str(value["value"])
        return ", ".join(f"{key} {_plain_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        shown = value if len(value) <= 6 else [*value[:5], f"... ({len(value)} values)"]
        return " / ".join(_plain_text(inner) for inner in shown)
    return str(value)
