"""Requests to end: Ctrl-C, the signal of a queue or a system (TERM), a terminal that was closed (HUP)."""

from __future__ import annotations

import os
import signal
import sys


def stopping_signals(*names: str) -> list[signal.Signals]:
    """The signals of these names that ask for an end here; HUP is left out where `nohup` told the process not to hear it."""
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [one for one in known if one.name != "SIGHUP" or signal.getsignal(one) is not signal.SIG_IGN]


def answer_all() -> None:
    """Have TERM and HUP do what Ctrl-C does, in whatever command is under way."""
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
