"""Chunks end at multiples of the block, and results come back in order from any number of workers."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsim.chunks import chunk_ranges, chunk_size, in_order


@given(start=st.integers(0, 1000), length=st.integers(1, 3000), size=st.integers(1, 900))
def test_chunks_cover_everything_once_and_end_at_blocks(start: int, length: int, size: int) -> None:
    chunks = chunk_ranges(range(start, start + length), size, block=100)
    assert [r for chunk in chunks for r in chunk] == list(range(start, start + length))
    assert all(chunk.stop % 100 == 0 for chunk in chunks[:-1])
    assert all(len(chunk) <= max(100, size) for chunk in chunks)


@pytest.mark.parametrize(
    ("replicates", "largest", "workers", "expected"),
    [
        (10_000, 335, 2, 300),  # whole blocks of what memory holds
        (10_000, 2_000, 2, 1_300),  # a fair share decides
        (1_000_000, 2_000, 2, 2_000),  # the largest decides
        (50, 2_000, 2, 100),
        (10_000, 1, 2, 100),  # a chunk is a block even where one trial fills the memory
    ],
)
def test_chunk_size(replicates: int, largest: int, workers: int, expected: int) -> None:
    assert chunk_size(replicates, largest=largest, workers=workers, block=100) == expected


def test_results_come_in_order_and_not_too_many_wait() -> None:
    lock = threading.Lock()
    begun: list[int] = []

    def work(task: int) -> int:
        with lock:
            begun.append(task)
        time.sleep(0.004 if task % 3 == 0 else 0.0)
        return task

    with ThreadPoolExecutor(4) as executor:
        results = in_order(executor, work, range(40), ahead=6)
        first = next(results)
        time.sleep(0.05)
        assert len(begun) <= 7
        assert [first, *results] == list(range(40))
    assert list(in_order(None, work, range(3), ahead=2)) == [0, 1, 2]


def test_an_error_in_one_chunk_reaches_the_caller_and_stops_the_rest() -> None:
    begun: list[int] = []

    def work(task: int) -> int:
        begun.append(task)
        time.sleep(0.002)
        if task == 3:
            raise ArithmeticError("chunk 3")
        return task

    with ThreadPoolExecutor(1) as executor, pytest.raises(ArithmeticError, match="chunk 3"):
        list(in_order(executor, work, range(500), ahead=4))
    assert len(begun) < 20
