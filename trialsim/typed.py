"""The command that was typed, for the pages that say how they were made."""

from __future__ import annotations

from contextvars import ContextVar

#: Empty where trialsim is used from Python.
COMMAND: ContextVar[str] = ContextVar("command", default="")
