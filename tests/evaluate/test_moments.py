"""Blocks are aligned to the absolute replicate number, so no cut into chunks changes a digit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from trialsim.evaluate.moments import BLOCK, ColumnMoments, block_edges, block_moments, merge


@pytest.fixture
def values() -> np.ndarray:
    rng = np.random.default_rng(7)
    table = rng.lognormal(3.0, 2.0, (1234, 5))
    table[rng.random(table.shape) < 0.07] = np.nan
    table[:, 4] = np.nan
    return table


def chunked(values: np.ndarray, cuts: list[int]) -> ColumnMoments:
    blocks: list[ColumnMoments] = []
    for low, high in pairwise(cuts):
        blocks += block_moments(values[low:high], range(low, high))
    return merge(blocks)


def test_moments_equal_numpy(values: np.ndarray) -> None:
    total = merge(block_moments(values, range(1234)))
    filled = values[:, :4]
    np.testing.assert_allclose(total.mean[:4], np.nanmean(filled, axis=0), rtol=1e-12)
    np.testing.assert_allclose(total.sd[:4], np.nanstd(filled, axis=0, ddof=1), rtol=1e-12)
    assert total.n.tolist() == np.isfinite(values).sum(axis=0).tolist()
    assert total.failed[4] == 1234
    assert np.isnan(total.sd[4])


def test_aligned_chunks_give_the_same_bytes(values: np.ndarray) -> None:
    whole = merge(block_moments(values, range(1234)))
    parts = chunked(values, [0, 100, 400, 1100, 1200, 1234])
    for name in ("n", "mean", "squares"):
        assert getattr(whole, name).tobytes() == getattr(parts, name).tobytes()


def test_a_cut_inside_a_block_is_seen(values: np.ndarray) -> None:
    """The planted fault: chunks that are not aligned add up in another order, and the comparison above would see it."""
    whole = merge(block_moments(values, range(1234)))
    parts = chunked(values, [0, 50, 430, 1234])
    assert whole.squares.tobytes() != parts.squares.tobytes()
    np.testing.assert_allclose(whole.squares, parts.squares, rtol=1e-10)


def test_blocks_start_at_multiples_of_the_absolute_number() -> None:
    assert block_edges(range(250, 520)).tolist() == [0, 50, 150, 250, 270]
    assert block_edges(range(BLOCK)).tolist() == [0, BLOCK]
    assert block_edges(range(30, 31)).tolist() == [0, 1]


def test_nothing_to_merge_is_an_error() -> None:
    with pytest.raises(ValueError, match="no block"):
        merge([])
