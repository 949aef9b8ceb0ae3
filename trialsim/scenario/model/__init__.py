"""The scenario: every key a study file may have, as frozen records.

The same records serve a :class:`Draft`, in which most keys have defaults, and the :class:`Scenario`, in which nothing
is left out. Values are canonical: durations in seconds, shares in 0..1, clock times in seconds after midnight,
levels of an outcome in the unit of that outcome. Only :func:`trialsim.scenario.resolve.resolve` makes a scenario, and only
a scenario may run.
"""

from __future__ import annotations

from trialsim.scenario.model.analyses import (
    Analysis,
    AnalysisFamily,
    Change,
    Composite,
    Dichotomy,
    EstimandChoice,
    Limits,
    Subset,
    Then,
)
from trialsim.scenario.model.design import (
    MOST_PARTICIPANTS,
    Allocation,
    Clusters,
    Covariate,
    Design,
    Enroll,
    Family,
    SteppedWedge,
)
from trialsim.scenario.model.draft import Costs, Draft, PublishedFigure, Simulation
from trialsim.scenario.model.lists import Names, OneOrMany
from trialsim.scenario.model.looks import BoundForm, Looks, SpendingRule
from trialsim.scenario.model.outcomes import (
    AnyLevel,
    ArmLevels,
    Correlation,
    CovariateEffect,
    Driver,
    Effect,
    Icc,
    Instrument,
    Level,
    MissingValues,
    Outcome,
    Response,
    Rhythm,
    Window,
)
from trialsim.scenario.model.progression import Criterion
from trialsim.scenario.model.resolved import Scenario
from trialsim.scenario.model.ward import ArrivalPeriod, Arrivals, Leave, Patients, Setting

__all__ = [
    "MOST_PARTICIPANTS",
    "Allocation",
    "Analysis",
    "AnalysisFamily",
    "AnyLevel",
    "ArmLevels",
    "ArrivalPeriod",
    "Arrivals",
    "BoundForm",
    "Change",
    "Clusters",
    "Composite",
    "Correlation",
    "Costs",
    "Covariate",
    "CovariateEffect",
    "Criterion",
    "Design",
    "Dichotomy",
    "Draft",
    "Driver",
    "Effect",
    "Enroll",
    "EstimandChoice",
    "Family",
    "Icc",
    "Instrument",
    "Leave",
    "Level",
    "Limits",
    "Looks",
    "MissingValues",
    "Names",
    "OneOrMany",
    "Outcome",
    "Patients",
    "PublishedFigure",
    "Response",
    "Rhythm",
    "Scenario",
    "Setting",
    "Simulation",
    "SpendingRule",
    "SteppedWedge",
    "Subset",
    "Then",
    "Window",
]
