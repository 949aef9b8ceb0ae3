"""One trial for one student, and the answer from many trials."""

from __future__ import annotations

from trialsim.lessons.records import Lesson, Reveal, TrialShown


def own_trial(lesson: Lesson, seed: int) -> TrialShown:
    """One simulated trial of a lesson; the same seed is the same trial."""
    from trialsim.lessons.table import STUDIES

    return STUDIES[lesson.name].show(lesson, seed)


def reveal(lesson: Lesson, *, replicates: int | None = None, own: int | None = None) -> Reveal:
    """The answer of a lesson from simulated trials; the trial of a student's seed is marked in the picture, if one is given."""
    from trialsim.lessons.table import STUDIES

    return STUDIES[lesson.name].simulate(lesson, lesson.replicates if replicates is None else replicates, own)
