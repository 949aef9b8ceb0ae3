"""Requests to end: Ctrl-C, the signal of a queue or a system (TERM), a terminal that was closed (HUP)."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click


def stopping_signals(*names: str) -> list[signal.Signals]:
    """The signals of these names that ask for an end here; HUP is left out where `nohup` has the process ignore it."""
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [one for one in known if one.name != "SIGHUP" or signal.getsignal(one) is not signal.SIG_IGN]


def answer_all() -> None:
    """Have TERM and HUP do what Ctrl-C does, in whatever command is under way.

    Python drops an exception that meets it while it clears an object away; such a request is made again.
    """
    ordinary = sys.unraisablehook

    def again(dropped: sys.UnraisableHookArgs) -> None:
        if isinstance(dropped.exc_value, KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        else:
            ordinary(dropped)

    sys.unraisablehook = again
    for number in stopping_signals("SIGTERM", "SIGHUP"):
        signal.signal(number, _stop)


def _stop(number: int, frame: object) -> None:  # noqa: ARG001  # the signature of signal handlers
    speak_to_nobody_who_left()
    raise KeyboardInterrupt


def speak_to_nobody_who_left() -> None:
    """After the terminal was closed, words go nowhere instead of failing."""
    for stream in (1, 2):
        try:
            os.write(stream, b"")
            hung_up = sys.platform != "win32" and _terminal_is_gone(stream)
        except OSError:
            hung_up = True
        if hung_up:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream)
            os.close(nowhere)


def _terminal_is_gone(stream: int) -> bool:
    """Whether a stream is a terminal that no longer answers; a file or a pipe never is."""
    import errno
    import termios

    try:
        termios.tcgetattr(stream)
    except termios.error as problem:
        return bool(problem.args[0] == errno.EIO)
    return False


# ---------------------------------------------------------------- what is printed then


@contextmanager
def stoppable(ctx: click.Context, folder: Path, store: Path, replicates: int) -> Iterator[None]:
    """Ctrl-C, or a request to end, stops the block with what is done saved in ``store``, and shows how to continue (exit code 4).

    A second request, by an impatient user or a queue, ends the process at once with the same words: files are whole or not there.
    """
    from trialsim.cli.console import stderr
    from trialsim.runs.sealed import chunk_files
    from trialsim.runs.store import covered
    from trialsim.runs.truths import TRUTHS

    asked = 0

    def words() -> str:
        kept, true = (covered((part for part, _ in chunk_files(one)), replicates) for one in (store, store / TRUTHS))
        effects = f", and the true effects of {true:,}," if true else ""
        there = f"{kept:,} of {replicates:,} simulated trials{effects} are kept in {folder}."
        return f"\nStopped: {there}\nTo continue: {command_again()}"

    def deaf() -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)

    def stop(number: int, frame: object) -> None:  # noqa: ARG001  # the signature of signal handlers
        nonlocal asked
        asked += 1
        speak_to_nobody_who_left()
        if asked == 1:
            raise KeyboardInterrupt
        deaf()
        # Past rich and Python's buffers: the signal may have come in the midst of a write of theirs.
        os.write(2, f"{words()}\n".encode(errors="replace"))
        os._exit(4)

    before = {number: signal.signal(number, stop) for number in stopping_signals("SIGINT", "SIGTERM", "SIGHUP")}
    try:
        yield
    except KeyboardInterrupt:
        deaf()
        stderr.print(words(), markup=False)
        ctx.exit(4)
    finally:
        if not asked:
            for number, handler in before.items():
                signal.signal(number, handler)


def command_again() -> str:
    """The command that was typed."""
    words = ["trialsim", *sys.argv[1:]]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
