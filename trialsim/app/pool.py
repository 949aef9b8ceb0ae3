"""Processes that simulate, and the queue before them: fair, shared by content, each play canceled when nobody waits for it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from trialsim.version import __version__

#: Long simulations have processes of their own, so that a short question never waits for one.
Lane = Literal["long", "quick"]

#: The longest a short question may take, and what a process is given to start [s].
QUICK_SECONDS, START_SECONDS = 30.0, 300.0

#: A canceled play must end within this time, else its process is replaced [s].
CANCEL_SECONDS = 2.0

#: What a process runs.
PROGRAM = (sys.executable, "-m", "trialsim.app.worker")

#: The longest answer of a process [bytes].
LONGEST = 2**26

Asked = dict[str, Any]


class PlayError(Exception):
    """A play that gave no result, in words; ``faults`` are those of its scenario."""

    def __init__(self, words: str, faults: list[dict[str, Any]] | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.faults = faults or []


class NobodyWaitsError(PlayError):
    """A play that was canceled, because its only student asked for another one."""


def key_of(kind: str, asked: Asked) -> str:
    """The content of a question: who asks the same has the same result.

    >>> key_of("run", {"a": 1, "b": 2}) == key_of("run", {"b": 2, "a": 1})
    True
    """
    text = json.dumps([__version__, kind, asked], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(eq=False)
class Job:
    """A play that is waiting or under way; ``people`` are those who wait for it."""

    key: str
    kind: str
    asked: Asked
    people: set[int]
    done: asyncio.Future[dict[str, Any]]
    limit: float
    began: float = 0.0
    canceled: bool = False


@dataclass(eq=False)
class Worker:
    """A process and the play that it does."""

    lane: Lane
    program: tuple[str, ...] = PROGRAM
    process: asyncio.subprocess.Process | None = None
    job: Job | None = None

    async def start(self) -> None:
        """Start the process and let it load and compile what simulations need."""
        flags = ["--long"] if self.lane == "long" else []
        self.process = await asyncio.create_subprocess_exec(
            *self.program, *flags,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST, env={**os.environ, **ONE_CORE},
        )  # fmt: skip
        await self.ask("warm", {"lessons": self.lane == "quick"}, START_SECONDS, lambda *_: None)

    async def ask(self, kind: str, asked: Asked, limit: float, report: Callable[[float, str], None]) -> Asked:
        """The answer to a task.

        Raises
        ------
        TimeoutError, EOFError
            if the process takes too long, or ends
        """
        process = self.process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"kind": kind, "asked": asked}).encode() + b"\n")
        await process.stdin.drain()
        async with asyncio.timeout(limit):
            while True:
                line = await process.stdout.readline()
                if not line:
                    raise EOFError
                message: dict[str, Any] = json.loads(line)
                if "progress" not in message:
                    return message
                report(message["progress"], message["words"])

    def cancel(self) -> None:
        """Let the process stop its play."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.write(b'{"cancel": true}\n')

    async def stop(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


#: Each process uses one core: several of them share the machine.
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


@dataclass(eq=False)
class Pool:
    """Processes for long simulations, and others for short questions.

    Parameters
    ----------
    long : processes for long simulations
    quick : processes for short questions
    seconds : the time limit of a long play; its process is replaced after it
    progress : called with a key, a share from 0 to 1 and words
    program : what a process runs
    """

    long: int
    seconds: float
    progress: Callable[[str, float, str], None] = lambda *_: None
    program: tuple[str, ...] = PROGRAM
    quick: int = 1
    jobs: dict[str, Job] = field(default_factory=dict)
    _queues: dict[Lane, asyncio.Queue[Job]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _workers: list[Worker] = field(default_factory=list)

    async def start(self) -> None:
        """Start every process; returns when all are warm."""
        self._queues = {"long": asyncio.Queue(), "quick": asyncio.Queue()}
        lanes: list[Lane] = [*["quick"] * self.quick, *["long"] * self.long]  # type: ignore[list-item]
        self._workers = [Worker(lane, self.program) for lane in lanes]
        await self._workers[0].start()  # the first one compiles, the others read what it has compiled
        await asyncio.gather(*(one.start() for one in self._workers[1:]))
        for one in self._workers:
            self._go(self._serve(one))

    def _go(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End every process."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(one.stop() for one in self._workers))
        for job in self.jobs.values():
            if not job.done.done():
                job.done.cancel()
        self.jobs.clear()

    @property
    def processes(self) -> list[int]:
        """Numbers of the processes."""
        return [one.process.pid for one in self._workers if one.process is not None]

    @property
    def waiting(self) -> int:
        """Long simulations that wait or are under way."""
        return sum(1 for one in self.jobs.values() if one.limit == self.seconds)

    # ------------------------------------------------------------ asking

    def ask(self, person: int, kind: str, asked: Asked, *, lane: Lane = "quick") -> Job:
        """A play for a person: one of the same content if there is one, else one at the end of the queue.

        A long play that the person waits for is given up: it is canceled if nobody else waits for it.
        """
        key = key_of(kind, asked)
        if lane == "long":
            self.give_up(person, but=key)
        if key in self.jobs:
            self.jobs[key].people.add(person)
            return self.jobs[key]
        limit = self.seconds if lane == "long" else QUICK_SECONDS
        job = Job(key, kind, asked, {person}, asyncio.get_running_loop().create_future(), limit)
        job.done.add_done_callback(looked_at)
        self.jobs[key] = job
        self._queues[lane].put_nowait(job)
        return job

    def give_up(self, person: int, *, but: str = "") -> None:
        """A person waits for no long play any more, or only for one."""
        for job in list(self.jobs.values()):
            if person in job.people and job.limit == self.seconds and job.key != but:
                job.people.discard(person)
                if not job.people:
                    self._cancel(job)

    def _cancel(self, job: Job) -> None:
        job.canceled = True
        self.jobs.pop(job.key, None)
        if not job.done.done():
            job.done.set_exception(NobodyWaitsError("It was canceled by a newer question."))
        for worker in self._workers:
            if worker.job is job:
                worker.cancel()
                self._go(self._insist(worker, job))

    async def _insist(self, worker: Worker, job: Job) -> None:
        """Replace a process that does not stop a play that was canceled."""
        await asyncio.sleep(CANCEL_SECONDS)
        if worker.job is job:
            await worker.stop()

    # ------------------------------------------------------------ doing

    async def _serve(self, worker: Worker) -> None:
        """Let a process do one play after the other; one that hangs or ends is replaced."""
        while True:
            job = await self._queues[worker.lane].get()
            if job.canceled:
                continue
            job.began, worker.job = time.monotonic(), job
            try:
                found = await worker.ask(
                    job.kind, job.asked, job.limit, lambda *far, key=job.key: self.progress(key, *far)
                )
                self._finish(job, found)
            except TimeoutError:
                self._finish(
                    job, {"trouble": f"It took longer than {job.limit:g} seconds and was stopped. Ask for less."}
                )
                await self._replace(worker)
            except (EOFError, OSError, ValueError):
                self._finish(
                    job, {"trouble": "Its process ended: it needed more memory than a play may use, or was stopped."}
                )
                await self._replace(worker)
            finally:
                worker.job = None

    async def _replace(self, worker: Worker) -> None:
        await worker.stop()
        while worker.process is None:
            try:
                await worker.start()
            except (EOFError, TimeoutError, OSError):
                await worker.stop()
                await asyncio.sleep(1.0)

    def _finish(self, job: Job, found: Asked) -> None:
        if self.jobs.get(job.key) is job:
            del self.jobs[job.key]
        if job.done.done():
            return
        if "result" in found:
            job.done.set_result(found["result"])
        elif found.get("canceled"):
            job.done.set_exception(NobodyWaitsError("It was canceled by a newer question."))
        else:
            job.done.set_exception(PlayError(found["trouble"], found.get("faults")))


def looked_at(done: asyncio.Future[Any]) -> None:
    """What went wrong is known, also where nobody waits any more."""
    if not done.cancelled():
        done.exception()
