"""What people type as options: shares, ranges, positive numbers."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import rich_click as click

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType


#: As numbers of a scenario (:mod:`trialsim.quantities.read`, which takes longer to import than a command line may).
SMALLEST, LARGEST = 1e-12, 1e12


class Share(ParamType):
    """``90%``, ``90 %`` or ``0.9``; a bare number above 1 is a percentage that lacks its sign."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share, strictly between 0 and 1."""
        text = str(value).strip()
        percent = text.endswith("%")
        try:
            share = float(text.removesuffix("%")) / (100 if percent else 1)
        except ValueError:
            self.fail(f"'{text}' is no share. Write 90% or 0.9.", param, ctx)
        if not percent and share > 1:
            self.fail(f"'{text}' lies above 1. Did you mean {text}%?", param, ctx)
        if not SMALLEST <= share < 1:
            self.fail(f"'{text}' must lie between 0 and 100 %.", param, ctx)
        return share


class Range(ParamType):
    """``20..400``."""

    name = "range"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """The two ends, rising and positive."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"\s*([\d.]+?)\s*(?:\.\.|-|:|to)\s*([\d.]+)\s*", str(value))
        try:
            low, high = (float(part) for part in match.groups()) if match else (math.nan, math.nan)
        except ValueError:
            low, high = math.nan, math.nan
        if not SMALLEST <= low < high <= LARGEST:
            self.fail(f"'{value}' is no range. Write 20..400.", param, ctx)
        return low, high


class Positive(ParamType):
    """A number above 0."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not (number > 0 and math.isfinite(number)):
            self.fail(f"'{value}' is no number above 0.", param, ctx)
        if not SMALLEST <= number <= LARGEST:
            self.fail(f"'{value}' is beyond every study. Write a number from 1e-12 to 1e12.", param, ctx)
        return number


class ShardType(ParamType):
    """``3/20``."""

    name = "shard"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Which of how many."""
        match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", str(value))
        index, count = (int(part) for part in match.groups()) if match else (0, 0)
        if not 1 <= index <= count:
            self.fail(f"'{value}' is no shard. Write 3/20 for the third of twenty.", param, ctx)
        return index, count


class Address(ParamType):
    """``local``, or where a Dask scheduler listens: ``tcp://10.0.0.1:8786``."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """What :func:`trialsim.runs.players.open_player` is to be told."""
        text = str(value).strip()
        if text.lower() == "local":
            return "dask"
        if re.fullmatch(r"((tcp|tls|ws|wss|ucx)://)?([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}", text) is None:
            self.fail(f"'{value}' is no address of a Dask scheduler. Write tcp://10.0.0.1:8786, or local.", param, ctx)
        return text


SHARE, RANGE, POSITIVE, SHARD, ADDRESS = Share(), Range(), Positive(), ShardType(), Address()

#: Counts that people may say: 63 bits of seed, as many replicates as a run can hold, more threads than a machine has cores.
SEED = click.IntRange(0, 2**63 - 1)
REPLICATES = click.IntRange(1, 10**9)
REPLICATE = click.IntRange(0, 10**9 - 1)
WORKERS = click.IntRange(1, 10_000)
