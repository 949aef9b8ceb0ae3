"""The familywise error rate of families of hypotheses, in configurations in which some effects are switched off.

A family that keeps its level rejects a true null hypothesis with a probability of alpha at most, whichever of its hypotheses
are true. So every set of effects, an arm's on an outcome, is switched off in turn, and it is counted how often a true one is
rejected.
"""

from __future__ import annotations

from trialsim.familywise.configurations import check_families
from trialsim.familywise.rates import familywise
from trialsim.familywise.records import FamilywiseError, FamilywiseErrors

__all__ = ["FamilywiseError", "FamilywiseErrors", "check_families", "familywise"]
