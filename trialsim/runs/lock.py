"""One process at a time writes into an output folder; one with another study waits for it."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from trialsim.errors import RunError
from trialsim.regular import read_regular
from trialsim.runs.files import write_text

LOCK = ".lock"

#: Names what the process that holds the lock simulates.
PLAYING = ".playing"

#: What systems call a full disk, and a full share of it.
FULL = (errno.ENOSPC, errno.EDQUOT)

#: How often a lock is tried again, and how long its holder may take to say what it simulates [s].
AGAIN = 0.25
UNKNOWN = 2.0

MOST_BYTES = 2**12


@dataclass(frozen=True)
class Subject:
    """What a process simulates into a folder: the ``key`` of its content, and what people call it."""

    key: str
    scenario: str
    replicates: int

    @property
    def words(self) -> str:
        """In words."""
        return f"{self.replicates:,} simulated trials of {self.scenario}"


@contextmanager
def alone(out: Path, subject: Subject | None = None, *, tell: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the lock of an output folder; the system frees it when the process ends, however it ends.

    A process that simulates a ``subject`` waits for one that simulates another, and says so to ``tell``. Two of the same are not
    simulated side by side, and a process that only cleans a folder does not wait.

    Raises
    ------
    RunError
        TS-R006 when another process holds it, TS-R003 when the folder cannot be written
    """
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / LOCK, timeout=0, thread_local=False, is_singleton=True)
        again = lock.is_locked  # this process holds it already
        _acquire(lock, out, subject, tell)
    try:
        if not again:
            _say(out, subject)
        yield
    finally:
        if not again:
            with suppress(OSError):
                (out / PLAYING).unlink(missing_ok=True)
        lock.release()


def _say(out: Path, subject: Subject | None) -> None:
    """Leave word of what is simulated, in place of that of a process that was killed."""
    with writing(out):
        if subject is None:
            (out / PLAYING).unlink(missing_ok=True)
        else:
            write_text(out / PLAYING, json.dumps(asdict(subject)) + "\n")


def _acquire(lock: BaseFileLock, out: Path, subject: Subject | None, tell: Callable[[str], None]) -> None:
    """Take the lock, at once or after those who play something else."""
    unknown, announced = 0.0, ""
    while not _acquired(lock, out):
        holder = playing(out)
        unknown += AGAIN if holder is None else 0
        if subject is None or unknown > UNKNOWN or (holder is not None and holder.key == subject.key):
            raise RunError(
                f"another process is simulating into {out}.",
                code="TS-R006",
                remedy="Wait for it, or choose another folder with --out.",
            )
        if holder is not None and holder.key != announced:
            announced = holder.key
            tell(f"Another run is simulating {holder.words} into {out}. This one waits for it (Ctrl-C ends the wait).")
        time.sleep(AGAIN)


def _acquired(lock: BaseFileLock, out: Path) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    except RuntimeError as problem:
        raise RunError(
            f"the file system of {out} does not support locks.",
            code="TS-R006",
            remedy="Choose a folder on another disk with --out.",
        ) from problem
    return True


def playing(out: Path) -> Subject | None:
    """What the process simulates that holds the lock of a folder, where it says so."""
    try:
        value = json.loads(read_regular(out / PLAYING, most=MOST_BYTES, folder=out))
        return Subject(str(value["key"]), str(value["scenario"]), int(value["replicates"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Errors of the disk in words.

    Raises
    ------
    RunError
        TS-R003 when ``out`` cannot be written, TS-R007 when the disk is full
    """
    try:
        yield
    except OSError as problem:
        if problem.errno in FULL or "No space left" in str(problem):
            raise RunError(
                f"the disk of {out} is full. What was finished is kept.",
                code="TS-R007",
                remedy="Make room; the same command then continues where it stopped.",
            ) from problem
        raise RunError(
            f"{problem.filename2 or problem.filename or out} cannot be written: {problem.strerror or problem}.",
            code="TS-R003",
            remedy="Close it where it is open, check your permissions, or choose another folder with --out.",
        ) from problem
