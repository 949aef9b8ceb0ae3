"""What figures and sentences are made of."""

from __future__ import annotations

from typing import Protocol

from trialsim.cohort import Cohort
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.prepared import Study


class MeasuredStudy(Protocol):
    """A study and its operating characteristics."""

    @property
    def study(self) -> Study:
        """The study."""

    @property
    def characteristics(self) -> OperatingCharacteristics:
        """Its measures."""


class ReportSource(MeasuredStudy, Protocol):
    """A study, its operating characteristics, and the trial that is shown (replicate 0)."""

    @property
    def cohort(self) -> Cohort:
        """The trial that is shown."""
