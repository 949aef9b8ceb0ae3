"""Distribute replicates over workers, and return the results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

import numpy as np

Task = TypeVar("Task")
Result = TypeVar("Result")


def usable_cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def chunk_ranges(replicates: range, size: int, *, block: int) -> list[range]:
    """Cut ``replicates`` into ranges of about ``size`` that end at multiples of ``block``.

    >>> chunk_ranges(range(30, 450), 200, block=100)
    [range(30, 200), range(200, 400), range(400, 450)]
    """
    step = max(block, size - size % block)
    first = replicates.start - replicates.start % block + step
    cuts = [replicates.start, *range(first, replicates.stop, step), replicates.stop]
    return [range(low, high) for low, high in pairwise(cuts) if high > low]


def chunk_size(replicates: int, *, largest: int, workers: int, block: int) -> int:
    """Replicates in a chunk: whole blocks, at most ``largest`` but at least one block, and about four chunks for each worker."""
    fair = -(-replicates // (4 * workers * block)) * block
    return max(block, min(largest, fair) // block * block)


def keep_freed_memory() -> None:
    """Make the C library keep freed arrays of up to 32 MiB for the next ones, if it is glibc.

    Otherwise it returns them to the system, and getting them again page by page took up to half of the time of a chunk. The
    block freed here is never touched, so it costs nothing; its size sets the threshold above which glibc returns memory
    (mallopt(3), M_MMAP_THRESHOLD).
    """
    np.empty(31 * 2**20, dtype=np.uint8)


@contextmanager
def threads_until_done(workers: int) -> Iterator[ThreadPoolExecutor | None]:
    """Threads for ``workers`` above 1, otherwise None; if the block fails, running tasks are not waited for."""
    keep_freed_memory()
    if workers == 1:
        yield None
        return
    threads = ThreadPoolExecutor(workers, thread_name_prefix="trialsim")
    try:
        yield threads
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        raise
    threads.shutdown()


def in_order(
    executor: Executor | None, work: Callable[[Task], Result], tasks: Iterable[Task], *, ahead: int
) -> Iterator[Result]:
    """Results of ``work`` in the order of ``tasks``; at most ``ahead`` are under way or waiting.

    Without an executor each task runs when its result is needed. If the caller stops early, tasks that have not
    begun are canceled.
    """
    if executor is None:
        yield from map(work, tasks)
        return
    waiting: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            waiting.append(executor.submit(work, task))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
