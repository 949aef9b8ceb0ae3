"""Every exception trialsim raises on purpose. A user sees the message, never a traceback.

``TrialsimError`` carries a short code (``TS-E012``), what is wrong, and a remedy in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


class TrialsimError(Exception):
    """Base of all errors that are reported to the user as a message.

    Parameters
    ----------
    message : what is wrong, naming the value
    code : the stable code of the fault, such as ``TS-R003``
    remedy : what the user can do about it
    """

    exit_code = 1

    def __init__(self, message: str, *, code: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy

    def __str__(self) -> str:
        parts = [self.code, self.message, self.remedy]
        return " ".join(part for part in parts if part)


class DistributionError(TrialsimError, ValueError):
    """A distribution that no parameters can give: an SD too large for its range, crossed quartiles."""

    exit_code = 3


class UnitError(TrialsimError, ValueError):
    """A quantity without a unit, with an unknown unit, or with a unit of the wrong kind."""

    exit_code = 3


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a scenario file, with its place.

    ``file``, ``line`` and ``column`` (both from 1) point at the offending text; ``path`` is the
    dotted place in the scenario (``design.allocation.ratio``).

    ``option`` is the option after which the offending value was typed (``--set``), ``change`` the path it was set at from
    outside the file. ``form`` is the message without the values it shows, ``wants`` the kind of value that belongs there.
    """

    code: str
    path: str
    message: str
    remedy: str
    file: str = "<scenario>"
    line: int = 0
    column: int = 0
    source_line: str = ""
    warning: bool = False
    option: str = ""
    change: str = ""
    form: str = ""
    wants: str = ""

    def as_data(self) -> dict[str, Any]:
        """Everything but what trialsim itself needs to sort faults, for scripts."""
        own = ("change", "form", "wants")
        return {key: value for key, value in asdict(self).items() if key not in own}


class ScenarioError(TrialsimError):
    """All faults of one scenario file, found at once."""

    exit_code = 3

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        super().__init__("1 fault" if count == 1 else f"{count} faults", code=self.faults[0].code if count else "")

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Fault, ...]]]:
        """So that the faults survive the way from another process."""
        return type(self), (self.faults,)

    def __str__(self) -> str:
        return "\n".join(
            f"{f.file}:{f.line}:{f.column} {f.code} {f.path}: {f.message} {f.remedy}".rstrip() for f in self.faults
        )


class ProtocolError(TrialsimError):
    """A protocol that cannot be simulated: a deadlock by order, a visit no pathway reaches; ``step`` is where, if it is one."""

    exit_code = 3

    def __init__(self, message: str, *, code: str = "", remedy: str = "", step: str = "") -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.step = step


class EngineError(TrialsimError):
    """The engine met a state the rules do not allow; always a defect of trialsim, never of the user."""


class AnalysisError(TrialsimError):
    """An analysis that cannot be set up for this study."""

    exit_code = 3


class RunError(TrialsimError):
    """A run that cannot start or finish: a folder of another study, a full disk."""

    exit_code = 4
