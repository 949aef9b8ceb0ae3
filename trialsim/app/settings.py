"""The settings that the app was started with."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

#: Letters of a join code: none that is read as another one.
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

#: The folder of the state, below the one in which the app was started.
FOLDER = Path("outputs/.app")

#: The largest number of replicates that a student may ask for, and that a lecturer may.
MOST_OF_A_STUDENT, MOST_OF_A_LECTURER = 2_000, 20_000

#: The largest request [bytes]: a scenario of 1 MB and the form around it.
MOST_BYTES = 1_200_000

#: Simulated students of ``--solo``.
SIMULATED = 40


def cores() -> int:
    """Cores that this process may use, found without the NumPy that :mod:`trialsim.chunks` loads."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def new_code(length: int = 6) -> str:
    """A code that is easily typed from a screen far away.

    >>> len(new_code())
    6
    """
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))


@dataclass(frozen=True)
class Settings:
    """How the app was started.

    Attributes
    ----------
    folder : where its state is
    host, port : where it listens
    names : names of this computer under which a browser may ask for it, without port
    classroom : whether it is open to the local network
    solo : whether simulated students take part
    limit : the largest number of students
    workers : processes for long simulations
    seconds : the time limit of a long play [s]
    """

    folder: Path = FOLDER
    host: str = "127.0.0.1"
    port: int = 8765
    names: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    classroom: bool = False
    solo: bool = False
    limit: int = 60
    workers: int = field(default_factory=cores)
    seconds: float = 120.0
    started: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def address(self) -> str:
        """Where a browser on this computer finds it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def join_address(self) -> str:
        """Where students find it."""
        return f"http://{self.names[-1] if self.classroom else '127.0.0.1'}:{self.port}"
