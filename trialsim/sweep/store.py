"""The measures of one cell on disk: under the hash of what was played, written whole, and checked when read."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

import trialsim
from trialsim.errors import RunError
from trialsim.evaluate.table import TABLE_COLUMNS, Measure
from trialsim.runs.files import write_json, write_text
from trialsim.runs.folder import alone, foreign_files, writing
from trialsim.runs.manifest import versions
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.model import Scenario

#: Raised when the same scenario and seed would give other measures, or when the file holds them in another way.
FORMAT = 1

MANIFEST = "sweep.json"
CELLS = "cells"


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
        text = (folder / f"{key}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        held = json.loads(text)  # a JSONDecodeError is a ValueError, and so is text that is not UTF-8
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


@contextmanager
def taken(out: Path, *, name: str, kind: str = "sweep") -> Iterator[None]:
    """``out`` for the sweeps of one study, locked for as long as the block lasts.

    It is a new or empty folder, or one that holds such sweeps already.

    Raises
    ------
    RunError
        TS-R001 when the folder holds other files, TS-R002 when it holds another study, TS-R003 when it cannot be written,
        TS-R004 when its manifest is damaged, TS-R006 when another process holds it, TS-R007 when the disk is full
    """
    _check_owner(out, name=name, kind=kind)
    with alone(out), writing(out):
        _check_owner(out, name=name, kind=kind)
        write_json(out / MANIFEST, {"kind": kind, "scenario": name, "status": "started"})
        yield


def _check_owner(out: Path, *, name: str, kind: str) -> None:
    remedy = "Choose another folder with --out."
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
    manifest = out / MANIFEST
    if manifest.is_file():
        try:
            held = json.loads(manifest.read_text(encoding="utf-8"))
            owner = (held["kind"], held["scenario"])
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise RunError(f"{manifest} is damaged.", code="TS-R004", remedy=remedy) from problem
        if owner != (kind, name):
            told = f"{out} holds a {owner[0]} of {owner[1]}; this one is a {kind} of {name}."
            raise RunError(told, code="TS-R002", remedy=remedy)
    elif foreign_files(out):
        raise RunError(f"{out} holds files that no {kind} of trialsim made.", code="TS-R001", remedy=remedy)


def finish_sweep(out: Path, content: dict[str, Any]) -> Path:
    """Write ``sweep.json`` of a finished sweep or tornado, with the versions it was played by."""
    path = out / MANIFEST
    write_json(path, {**content, "status": "done", "versions": versions()})
    return path
