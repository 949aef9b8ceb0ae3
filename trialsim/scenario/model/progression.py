"""Records of a pilot's progression criteria."""

from __future__ import annotations

from typing import Annotated

from trialsim.kinds.progression import MEASURE
from trialsim.quantities.fields import Limit, Name, ProvenanceRecord
from trialsim.rules import SCHEDULE
from trialsim.scenario.oneof import OneOf


class Criterion(ProvenanceRecord):
    """When a pilot says go, and when stop; between both it says that the study must be amended.

    Attributes
    ----------
    measure : what is measured in the pilot. Example: consent
    of : the activity that is delivered, or the need for staff that is missed or waited for. Example: massage
    outcome : the outcome that is measured. Example: anxiety
    at : the visit at which it is measured. Example: end
    go : the study goes ahead from here on: at or above it, or at or below it where less is better. Example: 80 %
    stop : the study stops on the other side of it. Example: 60 %
    by : the input that trialsim size --progression moves to reach both limits, as --set names it. Example:
        attrition.0.chance
    """

    measure: Annotated[str, OneOf(MEASURE)]
    of: Name | None = None
    outcome: Name | None = None
    at: Name | None = None
    go: Annotated[Limit, SCHEDULE]
    stop: Annotated[Limit, SCHEDULE]
    by: str | None = None
