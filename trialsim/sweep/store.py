"""The measures of one cell on disk: under the hash of its content, written completely or not at all, and checked when read."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.table import TABLE_COLUMNS, Measure
from trialsim.evaluate.verdict import Verdict
from trialsim.regular import read_regular
from trialsim.runs.files import write_text
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.model import Scenario
from trialsim.version import __version__

#: Increased when the same scenario and seed would give other measures, or when the format of the file changes.
FORMAT = 2

CELLS = "cells"

#: The largest file of a cell [bytes].
MOST_BYTES = 2**26

Floats = NDArray[np.float64]

#: The code of a replicate without a decision, because it could not be analyzed.
GONE = 2


def cell_key(scenario: Scenario, *, replicates: int) -> str:
    """The name of a cell: 32 hexadecimal digits of everything that determines its measures (the seed is part of the scenario)."""
    content = json.dumps([scenario_hash(scenario), scenario.simulation.seed, replicates, FORMAT, __version__])
    return hashlib.blake2b(content.encode("ascii"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class CellResults:
    """The stored results of a cell.

    Attributes
    ----------
    measures : its operating characteristics
    verdicts : whether each test keeps its level
    decided : the decision of each replicate by measure, analysis and contrast, packed by :func:`packed`
    """

    measures: tuple[Measure, ...]
    verdicts: tuple[Verdict, ...]
    decided: dict[tuple[str, str, str], bytes]


def packed(values: Floats) -> bytes:
    """(R,) numbers 0, 1 or NaN in few bytes.

    >>> unpacked(packed(np.array([1.0, 0.0, np.nan])))
    array([ 1.,  0., nan])
    """
    return zlib.compress(np.where(np.isnan(values), GONE, values).astype(np.uint8).tobytes(), 9)


def unpacked(data: bytes) -> Floats:
    """(R,) the numbers that :func:`packed` packed."""
    codes = np.frombuffer(zlib.decompress(data), dtype=np.uint8)
    return np.where(codes == GONE, np.nan, codes.astype(np.float64))


def write_cell(folder: Path, key: str, kept: CellResults) -> Path:
    """Write the results of a cell, completely or not at all."""
    held = {
        "measures": [[_number(one) for one in astuple(row)] for row in kept.measures],
        "verdicts": [list(astuple(one)) for one in kept.verdicts],
        "decided": [[*place, base64.b64encode(data).decode("ascii")] for place, data in kept.decided.items()],
    }
    path = folder / f"{key}.json"
    write_text(path, json.dumps({"key": key, "checksum": _checksum(held), **held}, ensure_ascii=False) + "\n")
    return path


def _number(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


def read_cell(folder: Path, key: str) -> CellResults | None:
    """The stored results of a cell, None if there are none.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    try:
        text = read_regular(folder / f"{key}.json", most=MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as problem:  # a folder, a pipe: simulated again, and writing the new file reports the problem
        raise ValueError(key) from problem
    try:
        held = json.loads(text.decode("utf-8"))  # a JSONDecodeError is a ValueError, and so is text that is not UTF-8
    except RecursionError as problem:
        raise ValueError(key) from problem
    if not isinstance(held, dict) or held.get("key") != key:
        raise ValueError(key)
    if held.get("checksum") != _checksum({name: held.get(name) for name in ("measures", "verdicts", "decided")}):
        raise ValueError(key)
    return CellResults(
        tuple(_measure(row) for row in held["measures"]),
        tuple(Verdict(*row) for row in held["verdicts"]),
        {
            (measure, analysis, contrast): base64.b64decode(data)
            for measure, analysis, contrast, data in held["decided"]
        },
    )


def _measure(row: Sequence[Any]) -> Measure:
    fields = dict(zip(TABLE_COLUMNS, row, strict=True))
    absent = {name: math.nan for name in ("value", "mcse", "conf_low", "conf_high") if fields[name] is None}
    return Measure(**{**fields, **absent})


def _checksum(rows: object) -> str:
    text = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
