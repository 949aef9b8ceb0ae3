"""What a process can be asked: each task takes plain data and a way to report how far it is, and gives plain data."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

Plain = dict[str, Any]
Report = Callable[..., None]
Task = Callable[[Plain, Report], Plain]


def _task(room: str, name: str) -> Task:
    """A task that is imported at its first use."""

    def do(asked: Plain, report: Report) -> Plain:
        found: Task = getattr(import_module(f"trialsim.app.tasks.{room}"), name)
        return found(asked, report)

    return do


#: Every task by its name.
TASKS: dict[str, Task] = {
    "warm": _task("warm", "warm"),
    "lessons": _task("lessons", "texts"),
    "trial": _task("lessons", "trial"),
    "reveal": _task("lessons", "reveal"),
    "shipped": _task("describe", "shipped"),
    "whole": _task("describe", "whole"),
    "check": _task("describe", "check"),
    "edit": _task("describe", "edit"),
    "run": _task("play", "run"),
    "size": _task("play", "size"),
    "compare": _task("play", "compare"),
    "sweep": _task("play", "sweep"),
    "protocol": _task("protocol", "protocol"),
}
