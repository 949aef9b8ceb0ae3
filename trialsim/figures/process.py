"""A second process that draws figures while the first one simulates, and is ready to draw when the first one begins to.

It is an ordinary Python that is given what to draw on its input and gives files back on its output: nothing of a program that
uses trialsim runs twice, on no system, and it ends when its input does, also where the first process is killed. What it cannot
draw, and everything where it cannot be started, is drawn by the first process; the bytes are the same.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trialsim.figures.render import FigureBytes, FigureFiles

#: What the other process runs: it looks for modules where this one does.
CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from trialsim.figures.process import serve; serve()"

#: A process that was begun early, before it was known what is to be drawn.
_early: list[Artist] = []


class Artist:
    """A process that draws."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", CODE, json.dumps(sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._one_by_one = ThreadPoolExecutor(1, thread_name_prefix="figures")

    def draw(self, name: str, draw: Callable[..., Figure], files: FigureFiles) -> Future[FigureBytes | None]:
        """Have a figure drawn (:func:`trialsim.figures.render.render`); nothing where that did not succeed."""
        return self._one_by_one.submit(self._ask, (name, draw, files))

    def _ask(self, task: tuple[Any, ...]) -> FigureBytes | None:
        given, taken = self._process.stdin, self._process.stdout
        assert given is not None
        assert taken is not None
        try:
            pickle.dump(task, given, protocol=pickle.HIGHEST_PROTOCOL)
            given.flush()
            found: FigureBytes | None = pickle.load(taken)  # of a process of our own
        except (OSError, EOFError, ValueError, pickle.PickleError, AttributeError, TypeError):
            self._process.kill()  # half a message would be taken for the beginning of the next one
            return None
        return found

    def close(self) -> None:
        """End the process; what it has not begun to draw is left."""
        self._process.kill()
        self._one_by_one.shutdown(wait=True, cancel_futures=True)
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert stream is not None
                stream.close()
        self._process.wait()


def serve() -> None:
    """Draw what comes in until nothing more comes: what the other process does."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is answered by the first process
    given, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed goes nowhere
    _answer(given, out)


def _answer(given: BinaryIO, out: BinaryIO) -> None:
    import pandas  # noqa: F401, ICN001  # what every figure needs is loaded before the first one comes

    from trialsim.figures.render import render

    gc.freeze()
    gc.set_threshold(
        50_000
    )  # figures are full of circles; to look for them after each hundred of objects takes a tenth of the time
    with suppress(EOFError, OSError):
        while True:
            task = pickle.load(given)  # of the first process
            try:
                found = render(*task)
            except Exception:  # the first process draws it again, and its error is shown
                found = None
            pickle.dump(found, out, protocol=pickle.HIGHEST_PROTOCOL)
            out.flush()


def worthwhile() -> bool:
    """Whether a second process gains time: there is a second core, and this process has not loaded matplotlib anyway."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    python = Path(sys.executable or "").stem.casefold().startswith(("python", "pypy"))
    return python and not getattr(sys, "frozen", False) and "matplotlib.figure" not in sys.modules and cores > 1


def begin_early() -> None:
    """Start the process now, where it is worthwhile, for the next :func:`second_process`: it loads what it needs meanwhile."""
    if not _early and worthwhile():
        with suppress(OSError):
            _early.append(Artist())


@contextmanager
def second_process(*, wanted: bool = True) -> Iterator[Artist | None]:
    """A process that draws, for as long as the block lasts; None where there is none."""
    if wanted:
        begin_early()
    artist = _early.pop() if _early else None
    try:
        yield artist if wanted else None
    finally:
        if artist is not None:
            artist.close()
