"""One trial for one student, and the answer from many trials."""

from __future__ import annotations

from trialsim.lessons.records import Lesson, Reveal, TrialShown

#: With fewer trials the answer of a lesson would be luck.
FEWEST = 400


def own_trial(lesson: Lesson, seed: int) -> TrialShown:
    """One simulated trial of a lesson; the same seed is the same trial."""
    from trialsim.lessons.table import STUDIES

    return STUDIES[lesson.name].show(lesson, seed)


def reveal(lesson: Lesson, *, replicates: int | None = None, own: int | None = None) -> Reveal:
    """The answer of a lesson from simulated trials, at least :data:`FEWEST`; the trial of a seed is marked in the picture."""
    from trialsim.lessons.table import STUDIES

    return STUDIES[lesson.name].simulate(
        lesson, max(lesson.replicates if replicates is None else replicates, FEWEST), own
    )
