"""The study of each lesson: ``show`` is one trial, ``simulate`` the answer from many."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.studies import again


class LessonStudy(NamedTuple):
    """What the module of a lesson can do."""

    show: Callable[[Lesson, int], TrialShown]
    simulate: Callable[[Lesson, int, int | None], Reveal]


#: By the name of the lesson.
STUDIES = {
    "again": LessonStudy(again.show, again.simulate),
}
