"""The study of each lesson: ``show`` is one trial, ``simulate`` the answer from many."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.studies import (
    again,
    baseline,
    busy,
    carryover,
    clock,
    contest,
    estimands,
    halflife,
    limit,
    many,
    missing,
    notsignificant,
    onenurse,
    ordinal,
    peeking,
    pilot,
    rater,
    regression,
    replicates,
    responders,
    therapist,
    within,
)


class LessonStudy(NamedTuple):
    """What the module of a lesson can do."""

    show: Callable[[Lesson, int], TrialShown]
    simulate: Callable[[Lesson, int, int | None], Reveal]


#: By the name of the lesson.
STUDIES = {
    module.__name__.rpartition(".")[2]: LessonStudy(module.show, module.simulate)
    for module in (
        again,
        notsignificant,
        many,
        peeking,
        pilot,
        clock,
        regression,
        within,
        baseline,
        responders,
        rater,
        halflife,
        limit,
        ordinal,
        busy,
        onenurse,
        missing,
        estimands,
        therapist,
        replicates,
        carryover,
        contest,
    )
}
