"""Mean and variance of many columns over replicates, in fixed blocks, so that chunks and workers change no digit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel

#: Replicates in one block. Blocks start at multiples of this number, counted over the whole simulation.
BLOCK = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ColumnMoments:
    """Count, mean and sum of squared deviations of M columns; NaN entries of a column are not counted.

    Attributes
    ----------
    replicates : number of replicates seen, failed ones included
    n : (M,) replicates counted in each column
    mean : (M,)
    squares : (M,) sum of squared deviations from the mean
    """

    replicates: int
    n: Floats
    mean: Floats
    squares: Floats

    @cached_property
    def sd(self) -> Floats:
        """(M,) standard deviation over replicates, NaN below two."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.n > 1, np.sqrt(self.squares / (self.n - 1)), np.nan)

    @property
    def failed(self) -> Floats:
        """(M,) replicates that were not counted."""
        return self.replicates - self.n


def block_edges(replicates: range) -> NDArray[np.int64]:
    """Where blocks begin and end inside ``replicates``, counted from its first one: (blocks + 1,)."""
    cuts = range(replicates.start - replicates.start % BLOCK + BLOCK, replicates.stop, BLOCK)
    return np.array([replicates.start, *cuts, replicates.stop], dtype=np.int64) - replicates.start


def block_moments(values: Floats, replicates: range) -> list[ColumnMoments]:
    """Moments of each block of ``values`` (R, M), in order."""
    if len(values) != len(replicates):
        raise ValueError(f"{len(values)} rows are not those of {replicates}")
    edges = block_edges(replicates)
    blocks, columns = len(edges) - 1, values.shape[1]
    n, mean, squares = (np.zeros((blocks, columns)) for _ in range(3))
    _block_moments(np.ascontiguousarray(values), edges, n, mean, squares)
    return [ColumnMoments(int(edges[b + 1] - edges[b]), n[b], mean[b], squares[b]) for b in range(blocks)]


def merge(blocks: Iterable[ColumnMoments]) -> ColumnMoments:
    """Moments of all blocks together, joined one after another in the order given.

    References
    ----------
    Chan, Golub and LeVeque 1983, doi:10.1080/00031305.1983.10483115, equations 1.5
    """
    total: ColumnMoments | None = None
    for block in blocks:
        total = block if total is None else _join(total, block)
    if total is None:
        raise ValueError("no block to merge")
    return total


def _join(a: ColumnMoments, b: ColumnMoments) -> ColumnMoments:
    n = a.n + b.n
    weight = b.n / np.maximum(n, 1.0)
    gap = b.mean - a.mean
    return ColumnMoments(
        replicates=a.replicates + b.replicates,
        n=n,
        mean=a.mean + gap * weight,
        squares=a.squares + b.squares + gap * gap * a.n * weight,
    )


@kernel
def _block_moments(values: Floats, edges: NDArray[np.int64], n: Floats, mean: Floats, squares: Floats) -> None:
    """Two passes over each block: the mean, then the squared deviations."""
    columns = values.shape[1]
    for b in range(edges.shape[0] - 1):
        for r in range(edges[b], edges[b + 1]):
            for m in range(columns):
                x = values[r, m]
                if x == x:
                    n[b, m] += 1.0
                    mean[b, m] += x
        for m in range(columns):
            if n[b, m] > 0.0:
                mean[b, m] /= n[b, m]
        for r in range(edges[b], edges[b + 1]):
            for m in range(columns):
                x = values[r, m]
                if x == x:
                    gap = x - mean[b, m]
                    squares[b, m] += gap * gap
