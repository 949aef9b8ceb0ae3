"""Who simulates the chunks of a run: this process, other processes, a Dask cluster, or any executor of the user's."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from trialsim import study as studies
from trialsim.chunks import usable_cores
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.prepared import Study, prepare
from trialsim.runs.store import CONTRACT, ChunkStore
from trialsim.runs.versions import versions
from trialsim.scenario.code import with_code
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.load import loads

Player = Callable[[range], studies.ReplicateResults]

#: How often a chunk is given out again when the worker that simulated it was lost.
ATTEMPTS = 4

#: How long a Dask scheduler has to answer [s].
WAITS = 10.0


@dataclass
class ChunkSource:
    """Takes a chunk from the store, or has it simulated and keeps it."""

    store: ChunkStore
    player: Player
    found: list[range] = field(default_factory=list)
    by: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, replicates: range) -> studies.ReplicateResults:
        """The chunk, from now on in the store."""
        kept = self.store.load(replicates)
        if kept is not None:
            self.found.append(replicates)
            self._note(kept)
            return kept
        played = self.player(replicates)
        self.store.save(played)
        self._note(played)
        return played

    def _note(self, played: studies.ReplicateResults) -> None:
        """Remember by which versions replicates were simulated."""
        by = played.by or versions()
        if by not in self.by:
            self.by.append(by)


# ---------------------------------------------------------------- other processes and machines


@dataclass(frozen=True)
class Task:
    """All that a worker elsewhere must know: plain words and numbers."""

    scenario: str
    scenario_hash: str
    engine: Engine
    contract: int = CONTRACT
    code: tuple[tuple[str, str], ...] | None = None


def task_of(study: Study, *, engine: Engine) -> Task:
    """The task of a study."""
    code = study.scenario.written.code
    allowed = None if code is None else tuple(code.items())
    return Task(dump(study.scenario), scenario_hash(study.scenario), engine, code=allowed)


def play_task(task: Task, start: int, stop: int) -> studies.ReplicateResults:
    """Play the replicates ``start`` to ``stop - 1``; what a worker elsewhere is asked to do.

    Raises
    ------
    RunError
        TS-R019 when the worker has another version of trialsim
    """
    study = _prepared(task.scenario, task.code)
    if task.contract != CONTRACT or scenario_hash(study.scenario) != task.scenario_hash:
        raise RunError(
            "a worker has another version of trialsim.",
            code="TS-R019",
            remedy="Install the same version on every machine of the cluster.",
        )
    return replace(studies.play(study, range(start, stop), engine=task.engine), by=versions())


@lru_cache(maxsize=4)
def _prepared(text: str, code: tuple[tuple[str, str], ...] | None) -> Study:
    return prepare(with_code(loads(text), None if code is None else dict(code)))


class Elsewhere:
    """Has chunks simulated by an executor; called by as many threads as there are to be chunks under way.

    Parameters
    ----------
    start : gives an executor; called again when the executor is broken
    task : what its workers play
    lost : errors that mean that a worker was lost, after which the chunk is given out again
    """

    def __init__(
        self, start: Callable[[], Executor], task: Task, *, lost: tuple[type[BaseException], ...] = (BrokenExecutor,)
    ) -> None:
        self._start, self._task, self._lost = start, task, lost
        self._lock = threading.Lock()
        self._executor = start()

    def __call__(self, replicates: range) -> studies.ReplicateResults:
        """Play a chunk.

        Raises
        ------
        RunError
            TS-R024 when its workers were lost again and again
        """
        for _ in range(ATTEMPTS):
            executor = self._executor
            try:
                return executor.submit(play_task, self._task, replicates.start, replicates.stop).result()
            except self._lost:
                self._replace(executor)
        raise RunError(
            f"{ATTEMPTS} workers were lost while they simulated replicates {replicates.start} to {replicates.stop - 1}.",
            code="TS-R024",
            remedy="Their memory may be too small: see their logs. What was finished is kept.",
        )

    def _replace(self, broken: Executor) -> None:
        """Another executor, unless another thread has seen to it."""
        with self._lock:
            if self._executor is broken:
                broken.shutdown(wait=False, cancel_futures=True)
                self._executor = self._start()

    def close(self) -> None:
        """End the executor, without the chunks that have not begun."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Fresh processes, on every system the same way; they end with this one, even when it is killed."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_follow_parent)


def _follow_parent() -> None:
    """Leave Ctrl-C and a closed terminal to the parent process, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


# ---------------------------------------------------------------- choosing one


@contextmanager
def open_player(
    study: Study,
    *,
    engine: Engine = "fast",
    workers: int | None = None,
    executor: Executor | str = "threads",
) -> Iterator[tuple[Player, int]]:
    """A player, and how many chunks it can have under way.

    Parameters
    ----------
    executor : ``threads``, ``processes``, ``dask`` (a cluster on this machine), the address of a Dask scheduler such as
        ``tcp://10.0.0.1:8786``, or any executor that can be given functions by name
    workers : threads or processes; one a core by default. Of another executor: chunks under way

    Raises
    ------
    RunError
        TS-R013 when the cluster cannot be reached or Dask is not installed
    """
    cores = workers or usable_cores()
    if executor == "threads":
        yield partial(studies.play, study, engine=engine), cores
        return
    task = task_of(study, engine=engine)
    if executor == "processes":
        player = Elsewhere(partial(process_pool, cores), task)
        try:
            yield player, cores
        finally:
            player.close()
        return
    if isinstance(executor, Executor):
        yield Elsewhere(lambda: executor, task), workers or 2 * cores
        return
    with _dask(executor, workers) as (cluster, lost, slots):
        yield Elsewhere(lambda: cluster, task, lost=lost), slots


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes begun in the block do not hear Ctrl-C, so that only this one answers it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _dask(address: str, workers: int | None) -> Iterator[tuple[Executor, tuple[type[BaseException], ...], int]]:
    """An executor on a Dask cluster, what a lost worker looks like, and how many chunks to have under way."""
    try:
        from distributed import Client, KilledWorker, LocalCluster
        from distributed.comm.core import CommClosedError
    except ImportError as problem:
        raise RunError(
            "Dask is not installed.", code="TS-R013", remedy='Install it with: pip install "trialsim[cluster]"'
        ) from problem
    local = address == "dask"
    try:
        with _deaf_children():
            cluster = (
                LocalCluster(workers or usable_cores(), threads_per_worker=1, dashboard_address="127.0.0.1:0")
                if local
                else None
            )
        client = Client(cluster if cluster is not None else address, timeout=WAITS, set_as_default=False)
    except (OSError, ValueError, TypeError) as problem:
        raise RunError(
            f"no Dask scheduler answers at {address}: {problem}.",
            code="TS-R013",
            remedy="Give its address as `dask scheduler` prints it, such as tcp://10.0.0.1:8786, or local.",
        ) from problem
    try:
        slots = workers or 2 * max(sum(client.nthreads().values()), 1)
        yield client.get_executor(pure=False), (BrokenExecutor, KilledWorker, CommClosedError), slots
    finally:
        client.close()
        if cluster is not None:
            cluster.close()
