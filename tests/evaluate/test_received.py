"""Who received the treatment of the own arm, and who completed: what analyses per protocol go by."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from trialsim import study as studies
from trialsim.analysis.plan import AnalysisPlan
from trialsim.protocol.columns import A_DELIVERED, COMPLETED, E_REASON, LEFT_EARLY

#: Arms: usual care, which has nothing of its own; music; massage, which is given twice.
OWN = [("all", 0b111, False), ("music", 0b010, True), ("first massage", 0b100, True), ("second massage", 0b100, True)]
ARM = [0, 0, 1, 1, 1, 2, 2, 2, 2, -1]
GIVEN = [  # seconds of each activity
    (5, 0, 0, 0), (0, 0, 0, 0), (5, 9, 0, 0), (5, 0, 0, 0), (5, -1, 7, 7), (5, 0, 9, 0), (5, 0, 0, 9), (5, 9, 0, 0),
    (0, 0, 1, 1), (5, 5, 5, 5),
]  # fmt: skip
RECEIVED = [True, True, True, False, False, True, True, False, True, False]


NOWHERE = np.zeros((1, len(ARM)), dtype=np.int16)
NOTHING_ASKED = AnalysisPlan(calls=(), rows=(), primary=(), arms=("usual", "music", "massage"))


def cohort(*, ward: bool = True) -> Any:
    people = len(ARM)
    activities = np.full((1, people, len(OWN), A_DELIVERED + 3), 99, dtype=np.int64)
    activities[0, :, :, A_DELIVERED] = GIVEN
    ends = np.full((1, people, E_REASON + 3), LEFT_EARLY, dtype=np.int64)
    ends[0, ::2, E_REASON] = COMPLETED
    program = SimpleNamespace(
        arms=("usual", "music", "massage"), activities=[SimpleNamespace(own=own, arms=arms) for _, arms, own in OWN]
    )
    return SimpleNamespace(
        entries=SimpleNamespace(
            arm=np.array([ARM], dtype=np.int8), covariates={}, site=NOWHERE, stratum=NOWHERE, family=None
        ),
        trace=SimpleNamespace(activities=activities, ends=ends) if ward else None,
        program=program if ward else None,
        measurements=SimpleNamespace(
            values=np.zeros((1, 1, people, 1)), censored=None, at_risk=None, reason=np.zeros((1, 1, people, 1), np.int8)
        ),
        response_plan=None,
        conduct_plan=SimpleNamespace(strata=()),
        seed=1,
        replicates=range(1),
    )


def test_received_is_any_of_the_own_activities_and_nothing_where_there_is_none() -> None:
    told = studies.trial_arrays(cast("Any", cohort()), NOTHING_ASKED)
    assert told.received[0].tolist() == RECEIVED
    assert told.completed[0].tolist() == [index % 2 == 0 and arm >= 0 for index, arm in enumerate(ARM)]


def test_without_a_ward_everybody_enrolled_received_and_completed() -> None:
    told = studies.trial_arrays(cast("Any", cohort(ward=False)), NOTHING_ASKED)
    assert told.received[0].tolist() == told.completed[0].tolist() == [arm >= 0 for arm in ARM]
