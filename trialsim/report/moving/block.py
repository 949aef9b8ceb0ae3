"""The block of a page that shows the moving ward: its data, and a still of it in each form."""

from __future__ import annotations

from datetime import date, timedelta

from trialsim.cohort import Cohort
from trialsim.prepared import Study
from trialsim.protocol.calendar import DAY
from trialsim.report.document import MovingPicture
from trialsim.report.moving.data import MOST_EVENTS, MovingWard, first_trials
from trialsim.report.moving.embedded import as_text, strip_of
from trialsim.report.moving.layout import FORMS, layout_of, shown_units
from trialsim.report.moving.moment import TrialCourse, course_of, summary, typical_moment
from trialsim.report.moving.still import clock, still

#: Trials in the picture, and letters of its data: as many trials as stay below.
MOST_TRIALS, MOST_LETTERS = 3, 150_000


def moving_ward(study: Study, first: Cohort) -> MovingWard | None:
    """The picture of a study from its first trials, as many as it can hold; None without staff or participants.

    ``first`` is the cohort of replicate 0, with its events.
    """
    program = study.program
    if program is None or not program.resources or first.trace is None or not len(first.trace.events[0]):
        return None
    for count in range(MOST_TRIALS, 0, -1):
        made = first_trials(study, program, first, count, until=None)
        if made is not None and len(as_text(made)) <= MOST_LETTERS:
            return made
    until = int(first.trace.events[0][min(MOST_EVENTS, len(first.trace.events[0])) - 1, 0]) + 1
    while until > 1:
        made = first_trials(study, program, first, 1, until=until)
        if made is not None and len(as_text(made)) <= MOST_LETTERS:
            return made
        until //= 2
    return None


#: What the marks of the picture mean.
LEGEND = (
    ("", "a participant, in the color of the arm"),
    ("waits", "waits for staff"),
    ("missed", "a session was missed"),
    ("left", "left early"),
    ("other", "staff at other work"),
)


def moving_picture(study: Study, first: Cohort) -> MovingPicture | None:
    """The moving ward as a block of a page; None without staff or participants. ``first`` is the cohort of replicate 0."""
    ward = moving_ward(study, first)
    if ward is None:
        return None
    trial = ward.trials[0]
    course = course_of(ward, trial)
    tick = typical_moment(ward, trial, course)
    layouts = [layout_of(ward, form) for form in FORMS]
    setting = study.scenario.setting
    assert setting is not None
    today = setting.starts + timedelta(days=tick // DAY)
    day, hour = clock(tick)
    return MovingPicture(
        heading="One simulated trial, hour by hour",
        text=_text(ward),
        data=as_text(ward, typical=tick, layouts=[layout.as_data() for layout in layouts]),
        stills=tuple(still(ward, layout, trial, course, tick) for layout in layouts),
        summary=summary(ward, trial, course, tick),
        clock=(day, f"{today:%a} {_day(today)}", hour),
        counts=_counts(ward, course, tick),
        strip=tuple(strip_of(ward, trial, course).items()),
        share=tick / max(trial.end, 1),
        ends=(_full(setting.starts), _full(setting.starts + timedelta(days=trial.end // DAY))),
        trials=len(ward.trials),
        outcomes=tuple(outcome.label for outcome in ward.outcomes),
        legend=LEGEND,
    )


def _day(one: date) -> str:
    return f"{one.day} {one:%b}"


def _full(one: date) -> str:
    return f"{_day(one)} {one.year}"


def _text(ward: MovingWard) -> str:
    count = len(ward.trials)
    which = "replicate 0" if count == 1 else f"replicates 0 to {count - 1}"
    cut = (
        f" It ends on day {ward.trials[0].end // DAY + 1}: the whole trial is too long for a page."
        if ward.trials[0].cut
        else ""
    )
    few = len(shown_units(ward)) < len(ward.units)
    drawn = " Of staff the first units of each kind are drawn." if few else ""
    return (
        "Every dot is a participant on the way through the protocol. Above is the staff, below what is measured, as it comes in. "
        "Time slows down where somebody waits or is served, and only there it is shown what else staff do. "
        f"Shown: {which} of this run.{drawn}{cut}"
    )


def _counts(ward: MovingWard, course: TrialCourse, tick: int) -> tuple[tuple[str, str, str], ...]:
    """Who is enrolled, done, and gone at a tick, and the sessions missed."""
    ended = [completed for _, at, completed in course.ends if at <= tick]
    enrolled = sum(way.entry <= tick for way in ward.trials[0].ways)
    return (
        ("enrolled", str(enrolled), f"of {ward.study.conduct.target} enrolled"),
        ("done", str(sum(ended)), "completed"),
        ("missed", str(sum(at <= tick for _, at in course.missed)), "sessions missed"),
        ("left", str(len(ended) - sum(ended)), "left early"),
    )
