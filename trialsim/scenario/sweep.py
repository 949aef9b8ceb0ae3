"""The ``sweep:`` key: which values of a scenario are varied, and the points that follow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from trialsim.quantities.fields import Count, Record
from trialsim.quantities.marks import without_marks
from trialsim.quantities.refuse import refuse

#: One point of a sweep: the path of each value varied, and the value as a file would hold it.
Point = Mapping[str, Any]

MOST_VALUES = 10_000

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_RANGE = re.compile(
    rf"\s*(?P<low>{_NUMBER})\s*(?P<low_unit>[^\d.\s].*?)?\s*\.\.\s*(?P<high>{_NUMBER})\s*(?P<unit>(?!by\s|in\s)[^\d.\s].*?)?"
    rf"(?:\s+by\s+(?P<step>{_NUMBER})\s*(?P<step_unit>[^\d.\s].*?)?|\s+in\s+(?P<count>\d+))?\s*"
)
_EXAMPLE = "Write [60, 99, 150], 20..100 by 20, or 0.5..2 in 5."


class Interval(Record):
    """``low..high`` with its unit, and how it is cut: by a step, or into a number of values, or not at all."""

    low: float
    high: float
    unit: str = ""
    step: float | None = None
    count: int | None = None

    def values(self) -> tuple[str | int | float, ...]:
        """The values of an interval that is cut, both ends included where the step meets them."""
        width = self.high - self.low
        if self.step is not None:
            steps = math.floor(width / self.step + 1e-9) + 1
            return tuple(self.parts(self.low + i * self.step) for i in range(steps))
        count = self.count or 2
        return tuple(self.parts(self.low + width * i / (count - 1)) for i in range(count))

    def at(self, share: float) -> str | int | float:
        """The value at a share of the width; on the grid of the step where there is one."""
        width = self.high - self.low
        if self.step is not None:
            steps = math.floor(width / self.step + 1e-9) + 1
            return self.parts(self.low + min(math.floor(share * steps), steps - 1) * self.step)
        return self.parts(float(f"{self.low + share * width:.6g}"))

    def parts(self, value: float) -> str | int | float:
        """A value with the unit of the interval, as a file holds it."""
        value = float(f"{value:.12g}")
        bare = int(value) if value == int(value) and abs(value) < 1e15 else value
        return f"{bare} {self.unit}" if self.unit else bare


def read_interval(text: str) -> Interval:
    """``20..100 by 20``, ``15 h..80 h in 5``, ``0.5..2``; a unit may be written at both ends or at the last one."""
    match = _RANGE.fullmatch(without_marks(text))
    if match is None:
        refuse("TS-E090", "'{value}' is neither a list nor a range.", value=text, remedy=_EXAMPLE)
    parts = match.groupdict()
    low, high = float(parts["low"]), float(parts["high"])
    units = {unit.strip() for unit in (parts["low_unit"], parts["unit"], parts["step_unit"]) if unit}
    if len(units) > 1:
        refuse(
            "TS-E090",
            "'{value}' has more than one unit.",
            value=text,
            remedy="Write one unit, such as 15 h..80 h in 5.",
        )
    if not (low < high and math.isfinite(low) and math.isfinite(high)):
        refuse("TS-E090", "'{value}' does not rise.", value=text, remedy="Write the smaller number first.")
    step = float(parts["step"]) if parts["step"] else None
    count = int(parts["count"]) if parts["count"] else None
    if step is not None and not 0 < step <= high - low:
        refuse("TS-E090", f"the step of '{text}' is not between 0 and the width.", remedy=_EXAMPLE)
    if count is not None and count < 2:
        refuse("TS-E090", f"'{text}' asks for {count} values.", remedy="Ask for 2 or more.")
    if max(count or 0, (high - low) / step if step else 0) > MOST_VALUES:
        refuse("TS-E090", f"'{text}' has more than {MOST_VALUES:,} values.", remedy="Take a larger step.")
    return Interval(low=low, high=high, unit=units.pop() if units else "", step=step, count=count)


class _Values:
    """An annotation: a list of values, or a range in words that is checked and kept as written."""

    def __init__(self, *, cut: bool) -> None:
        self.cut = cut

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "array", "minItems": 1}, {"type": "string"}]}

    def read(self, value: object) -> object:
        """The list as a tuple; a range as its text."""
        if isinstance(value, str):
            interval = read_interval(value)
            if self.cut and interval.step is None and interval.count is None:
                refuse("TS-E090", "'{value}' does not say which values.", value=value, remedy="Add by 20, or in 5.")
            return value
        if isinstance(value, (list, tuple)) and not value:
            refuse("TS-E090", "the list is empty: there would be no design.", remedy=_EXAMPLE)
        if not isinstance(value, (list, tuple)):
            refuse("TS-E090", "'{value}' is neither a list nor a range.", value=value, remedy=_EXAMPLE)
        return tuple(_kept(one) for one in value)


class _Value:
    """An annotation: any value a file may hold, but not nothing."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_kept)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {}


def _kept(value: Any) -> Any:
    """A value with its lists frozen."""
    if value is None:
        refuse("TS-E090", "there is nothing where a value belongs.", remedy="Write a value, or leave the key out.")
    if isinstance(value, Mapping):
        return {str(key): _kept(inner) for key, inner in value.items()}
    return tuple(_kept(inner) for inner in value) if isinstance(value, (list, tuple)) else value


Cut = Annotated[Any, _Values(cut=True)]
Uncut = Annotated[Any, _Values(cut=False)]
AnyValue = Annotated[Any, _Value()]


class Sweep(Record):
    """Values to vary. The parts are crossed: every point of ``matrix`` with every one of ``zip``, ``list`` and ``latin``.

    Attributes
    ----------
    matrix : values by path, of which every combination is a design. Example: {design.enroll: [60, 99, 150]}
    zip : values by path, of which the first ones belong together, then the second ones. Example: {design.enroll: [60,
        99]}
    list : designs one by one, each a value by path. Example: [{design.enroll: 60}]
    latin : ranges by path, of which a Latin hypercube is drawn. Example: {design.enroll: 20..100 by 1}
    points : how many designs the hypercube has, a whole number. Example: 40
    """

    matrix: Mapping[str, Cut] = {}  # every combination
    zip_: Mapping[str, Cut] = Field(default={}, alias="zip")  # the first values together, then the second, ...
    list_: tuple[Mapping[str, AnyValue], ...] = Field(default=(), alias="list")  # points one by one
    latin: Mapping[str, Uncut] = {}  # a Latin hypercube
    points: Count | None = Field(default=None, ge=2, le=MOST_VALUES)  # how many points it has

    def paths(self) -> tuple[str, ...]:
        """Every path varied, in the order of the file."""
        listed = [path for point in self.list_ for path in point]
        return tuple(dict.fromkeys([*self.matrix, *self.zip_, *listed, *self.latin]))


def twice(sweep: Sweep) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a sweep has the same twice, so that a design would be simulated twice: the place, and what is repeated."""
    for part, lists in (("matrix", sweep.matrix), ("latin", sweep.latin)):
        for path, values in lists.items():
            if not isinstance(values, str):
                yield from (((part, path), words) for _, words in _again(shown(value) for value in values))
    rows = zip(*(_cut(values) for values in sweep.zip_.values()), strict=False)
    yield from ((("zip",), words) for _, words in _again(", ".join(map(shown, row)) for row in rows))
    points = (json.dumps(point, sort_keys=True, default=str) for point in sweep.list_)
    yield from ((("list", i), "this point") for i, _ in _again(points))


def _again(words: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Words that came before, with their places."""
    seen: set[str] = set()
    for i, one in enumerate(words):
        if one in seen:
            yield i, one
        seen.add(one)


def size_of(sweep: Sweep) -> int:
    """How many points a sweep has, without making them."""
    zipped = [len(_cut(values)) for values in sweep.zip_.values()]
    parts = [len(_cut(values)) for values in sweep.matrix.values()]
    parts += [*zipped[:1], len(sweep.list_) or 1, (sweep.points or 1) if sweep.latin else 1]
    return math.prod(parts)


def points_of(sweep: Sweep, *, seed: int = 1) -> list[Point]:
    """Every point of a sweep. The Latin hypercube is drawn from ``seed``; the first keys change slowest."""
    return list(_points(sweep, seed=seed))


def _points(sweep: Sweep, *, seed: int) -> Iterator[Point]:
    matrix = [[(path, value) for value in _cut(values)] for path, values in sweep.matrix.items()]
    zipped = list(zip(*([(path, value) for value in _cut(values)] for path, values in sweep.zip_.items()), strict=True))
    latin = _latin(sweep, seed=seed) if sweep.latin else [{}]
    for chosen in product(*matrix):
        for together in zipped or [()]:
            for listed in sweep.list_ or ({},):
                for drawn in latin:
                    yield {**dict(chosen), **dict(together), **listed, **drawn}


def _cut(values: Any) -> tuple[Any, ...]:
    return read_interval(values).values() if isinstance(values, str) else tuple(values)


def _latin(sweep: Sweep, *, seed: int) -> list[dict[str, Any]]:
    """One value from each of ``points`` strata of every path, in an order of its own, jittered inside its stratum.

    References
    ----------
    McKay, Beckman and Conover 1979, doi:10.1080/00401706.1979.10489755
    """
    from trialsim.numbers.draws import stream, uniforms

    count = sweep.points or 2
    drawn: list[dict[str, Any]] = [{} for _ in range(count)]
    for path, values in sweep.latin.items():
        keys, jitter = uniforms(seed, stream("sweep/{path}", path=path), replicates=range(2), participants=count)
        for stratum, i in enumerate(keys.argsort(kind="stable")):
            share = (stratum + float(jitter[i])) / count
            if isinstance(values, str):
                drawn[i][path] = read_interval(values).at(share)
            else:
                drawn[i][path] = values[min(int(share * len(values)), len(values) - 1)]
    return drawn


def shown(value: object) -> str:
    """A value in a table: words as they are, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def setting(path: str, value: object) -> str:
    """The ``--set`` that brings a value about."""
    return f"{path}={json.dumps(value, ensure_ascii=False, default=str)}"
