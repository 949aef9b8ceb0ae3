"""The measures of one cell on disk: under the hash of what was played, written whole, and checked when read."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import trialsim
from trialsim.evaluate.table import TABLE_COLUMNS, Measure
from trialsim.regular import read_regular
from trialsim.runs.answers import Owner
from trialsim.runs.files import write_text
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.model import Scenario

#: Raised when the same scenario and seed would give other measures, or when the file holds them in another way.
FORMAT = 1

CELLS = "cells"

#: A cell is never longer [bytes].
MOST_BYTES = 2**26


def owner(scenario: str, *, kind: str = "sweep") -> Owner:
    """Whose folder the sweeps of one study share; a ``tornado`` has one of its own."""
    return Owner(kind, scenario, "sweep.json")


def cell_key(scenario: Scenario, *, replicates: int) -> str:
    """The name of a cell: 32 hexadecimal digits of all that decides its measures (the seed is part of the scenario)."""
    told = json.dumps([scenario_hash(scenario), scenario.simulation.seed, replicates, FORMAT, trialsim.__version__])
    return hashlib.blake2b(told.encode("ascii"), digest_size=16).hexdigest()


def write_cell(folder: Path, key: str, measures: Sequence[Measure]) -> Path:
    """Write the measures of a cell, whole or not at all."""
    rows = [[None if isinstance(one, float) and math.isnan(one) else one for one in astuple(row)] for row in measures]
    path = folder / f"{key}.json"
    write_text(path, json.dumps({"key": key, "checksum": _checksum(rows), "measures": rows}, ensure_ascii=False) + "\n")
    return path


def read_cell(folder: Path, key: str) -> tuple[Measure, ...] | None:
    """The measures of a cell, None where there are none.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    try:
        text = read_regular(folder / f"{key}.json", most=MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as problem:  # a folder, a pipe: played again, and the new file says what is in its way
        raise ValueError(key) from problem
    try:
        held = json.loads(text.decode("utf-8"))  # a JSONDecodeError is a ValueError, and so is text that is not UTF-8
    except RecursionError as problem:
        raise ValueError(key) from problem
    if not isinstance(held, dict) or held.get("key") != key or held.get("checksum") != _checksum(held.get("measures")):
        raise ValueError(key)
    return tuple(_measure(row) for row in held["measures"])


def _measure(row: Sequence[Any]) -> Measure:
    told = dict(zip(TABLE_COLUMNS, row, strict=True))
    absent = {name: math.nan for name in ("value", "mcse", "conf_low", "conf_high") if told[name] is None}
    return Measure(**{**told, **absent})


def _checksum(rows: object) -> str:
    text = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
