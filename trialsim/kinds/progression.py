"""What a pilot's progression criteria may measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["", "activity", "need", "outcome"]


@dataclass(frozen=True)
class ProgressMeasure:
    """A number of one trial that decides whether a pilot goes on.

    Attributes
    ----------
    name : the word in the file
    kind : the kind of its limits: share, number, duration or money
    more : whether more of it is better; else a trial goes at or below ``go`` and stops above ``stop``
    of : what ``of:`` names, "" if it names nothing
    ward : whether only a ward has it
    counted : whether it is a count out of a count, so that a binomial chance is its exact judge
    moved_by : the path of the input that moves it, where a study has one; else "" and the user names it
    """

    name: str
    kind: str
    more: bool
    of: Part
    ward: bool
    counted: bool
    moved_by: str


ENROLLED: Final = ProgressMeasure(
    "enrolled a month", "number", more=True, of="", ward=True, counted=False,
    moved_by="setting.patients.arrive.every",
)  # fmt: skip
CONSENT: Final = ProgressMeasure(
    "consent", "share", more=True, of="", ward=True, counted=True, moved_by="setting.patients.consent"
)
ELIGIBLE: Final = ProgressMeasure("eligible", "share", more=True, of="", ward=True, counted=True, moved_by="")
DELIVERED: Final = ProgressMeasure(
    "delivered", "share", more=True, of="activity", ward=True, counted=False, moved_by=""
)
MEASURED: Final = ProgressMeasure(
    "measured", "share", more=True, of="outcome", ward=False, counted=True, moved_by="attrition.0.chance"
)
MISSED: Final = ProgressMeasure(
    "missed sessions", "share", more=False, of="need", ward=True, counted=False, moved_by=""
)
WAIT: Final = ProgressMeasure("wait", "duration", more=False, of="need", ward=True, counted=False, moved_by="")
COST: Final = ProgressMeasure("cost a participant", "money", more=False, of="", ward=False, counted=False, moved_by="")
MEASURES: Final = (ENROLLED, CONSENT, ELIGIBLE, DELIVERED, MEASURED, MISSED, WAIT, COST)
MEASURE: Final = {measure.name: measure for measure in MEASURES}
