"""Which lessons fit into the time there is."""

from __future__ import annotations

from typing import NamedTuple


class Timetable(NamedTuple):
    """Lessons for a time.

    Attributes
    ----------
    name : for programs
    title : the time, for people
    lessons : names of lessons in order
    steps : minute by minute, what happens
    """

    name: str
    title: str
    lessons: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]


def _lesson_steps(start: int, title: str) -> tuple[tuple[str, str], ...]:
    """The minutes of one lesson from its first on."""
    return (
        (f"{start} to {start + 4}", f"{title}: the study, and the prediction with its reason (everybody alone)"),
        (f"{start + 4} to {start + 8}", "Own trial, and the decision"),
        (f"{start + 8} to {start + 11}", "Talk with a neighbor: why did you choose this?"),
        (f"{start + 11} to {start + 15}", "Reveal: the picture, the predictions of the class beside it"),
        (f"{start + 15} to {start + 18}", "The same question in another study, and its answer"),
        (f"{start + 18} to {start + 20}", "One sentence to remember; reserve"),
    )


TIMETABLES = (
    Timetable(
        "60", "60 minutes: three lessons", ("again", "many", "clock"),
        (*_lesson_steps(0, "Run it again"), *_lesson_steps(20, "Three arms, many outcomes"), *_lesson_steps(40, "The clock")),
    ),
    Timetable(
        "90", "90 minutes: four lessons with a pause", ("again", "pilot", "clock", "responders"),
        (
            *_lesson_steps(0, "Run it again"), *_lesson_steps(20, "The pilot that shrinks"), ("40 to 50", "Pause"),
            *_lesson_steps(50, "The clock"), *_lesson_steps(70, "Responders"),
        ),
    ),
    Timetable(
        "week-1", "Five weeks, week 1: chance", ("again", "notsignificant", "many", "peeking", "pilot"), (),
    ),
    Timetable(
        "week-2", "Week 2: fair comparison", ("clock", "regression", "within", "baseline", "responders", "rater"), (),
    ),
    Timetable("week-3", "Week 3: measurement", ("halflife", "limit", "ordinal"), ()),
    Timetable("week-4", "Week 4: the ward", ("busy", "onenurse", "missing", "estimands", "therapist"), ()),
    Timetable("week-5", "Week 5: design", ("replicates", "carryover", "contest"), ()),
)  # fmt: skip
