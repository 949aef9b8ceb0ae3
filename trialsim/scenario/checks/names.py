"""Names that are used are names that are declared; and every record of a scenario by its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from trialsim.quantities.fields import Record
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Draft
from trialsim.scenario.text import Finding, Path

WHAT = {
    "TS-E030": "visit",
    "TS-E031": "arm",
    "TS-E032": "outcome",
    "TS-E033": "resource",
    "TS-E034": "activity",
    "TS-E035": "covariate",
    "TS-E036": "source",
    "TS-E037": "analysis",
    "TS-E038": "category",
}


def known(name: str, names: Collection[str], code: str, path: Path, report: Report, *, on_key: bool = False) -> bool:
    """Whether a name is known; reports it, with the nearest known one, when not."""
    if name in names or (code == "TS-E031" and not names):  # without arms, the missing arms are the fault
        return True
    what = WHAT[code]
    plural = {"activity": "activities", "category": "categories", "analysis": "analyses"}.get(what, f"{what}s")
    remedy = did_you_mean(name, list(names), what=f"Known {plural}") or f"No {plural} are declared."
    report(Finding(code, path, f"there is no {what} '{name}'.", remedy, on_key=on_key))
    return False


def records(record: Record, path: Path = ()) -> Iterator[tuple[Path, Record]]:
    """Every record inside a record, with its path in the file."""
    yield path, record
    for name, info in type(record).model_fields.items():
        yield from _records_in(getattr(record, name), (*path, info.alias or name))


def _records_in(value: object, path: Path) -> Iterator[tuple[Path, Record]]:
    if isinstance(value, Record):
        yield from records(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _records_in(inner, (*path, key))
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _records_in(inner, (*path, i))


def check_sources(scenario: Draft, report: Report) -> None:
    """Every source that a number names is declared."""
    for path, record in records(scenario):
        for key in ("source", "computed_from"):
            source = getattr(record, key, None)
            if isinstance(source, str):
                known(source, scenario.sources, "TS-E036", (*path, key), report)
