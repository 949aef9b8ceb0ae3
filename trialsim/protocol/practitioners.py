"""Which practitioners an engine follows. This module imports nothing, because scenarios are read without the engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Practitioners:
    """Groups of resources whose people are followed. The first ``givers`` of them are recorded for activities too."""

    groups: tuple[tuple[str, ...], ...] = ()
    givers: int = 0


NOBODY = Practitioners()
