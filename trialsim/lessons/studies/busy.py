"""Waits at 85 % busy."""

from __future__ import annotations

import numpy as np

from trialsim.api.play import simulate as simulate_cohort
from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.trials import mean, revealed, single, study, trace_of

#: Minutes of a massage, and the shares of time that are drawn.
MASSAGE = 20.0
SHARES = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
#: Patients of the first day or so, in the picture of one's own trial.
DRAWN = 60
#: Replicates behind each point of the curve.
POINT = 60


def busy(part: float) -> tuple[str, ...]:
    """Patients come so often that the nurse is busy for this share of the time."""
    return (f"setting.patients.arrive.every={60 * MASSAGE / part:.0f} s",)


def waits(scenario: str, replicates: int, *, part: float | None = None, seed: int | None = None) -> np.ndarray:
    """Waits (R, N) in minutes."""
    which = study(scenario, () if part is None else busy(part))
    found = [
        trace_of(simulate_cohort(which, range(start, min(start + 100, replicates)), seed=seed)).hold_wait[:, :, 0] / 60
        for start in range(0, replicates, 100)
    ]
    return np.concatenate(found)


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The waits of one's own trial, patient by patient."""
    wait = waits(lesson.scenario, 1, seed=seed)[0]
    numbers = (
        single("mean", "Mean wait [min]", float(wait.mean())),
        single("longest", "Longest wait [min]", float(wait.max())),
        single("at_once", "Patients who did not wait [%]", 100 * float((wait == 0).mean())),
    )
    top = 60 * max(1.0, float(np.ceil(wait[:DRAWN].max() / 60)))
    canvas = Canvas(
        "busy-own", f"Your ward: the waits of the first {DRAWN} patients",
        f"Waits of the first {DRAWN} patients in the order in which they came, up to {wait[:DRAWN].max():.0f} minutes.",
        x=(0, DRAWN), y=(0, top), left=66, top=70,
    )  # fmt: skip
    canvas.x_axis("Patients in the order in which they came", (1, 20, 40, 60))
    canvas.y_axis("Wait [min]", (0, top / 2, top))
    for place, value in enumerate(wait[:DRAWN]):
        canvas.bar((place + 0.1, place + 0.9), (0, float(value)), ORANGE if value > 60 else BLUE)
    values = {"mean": numbers[0], "longest": numbers[1], "at_once": numbers[2]}
    return TrialShown(
        seed,
        numbers,
        float(wait.mean()),
        canvas.svg(),
        lesson.say("seen", **values),
        ("b",),
        lesson.say("all", **values),
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """Waits at 85 %, and the curve over the share of time."""
    wait = waits(lesson.scenario, replicates)
    numbers = (
        mean("mean", "Mean wait [min]", wait.mean(axis=1)),
        mean("some", "Patients who wait [%]", 100 * (wait > 0).mean(axis=1)),
        mean("hour", "Patients who wait for more than an hour [%]", 100 * (wait > 60).mean(axis=1)),
        mean(
            "half",
            "Mean wait if she is busy half of the time [min]",
            waits(lesson.scenario, replicates, part=0.5).mean(axis=1),
        ),
    )
    curve = [(100 * part, float(waits(lesson.scenario, POINT, part=part).mean())) for part in SHARES]
    canvas = Canvas(
        "busy-reveal", f"85 % busy: {numbers[0].brief} minutes, and the curve has only begun",
        "Mean wait by the share of time in which the nurse is busy: "
        "" + ", ".join(f"{x:.0f} %: {y:.0f} min" for x, y in curve) + ".",
        x=(0, 100), y=(0, 260), left=66,
    )  # fmt: skip
    canvas.x_axis("Share of time in which the nurse is busy [%]", (0, 20, 40, 60, 85, 100))
    canvas.y_axis("Mean wait [min]", (0, 60, 120, 180, 240))
    canvas.path([(0, 0), *curve], BLUE, width=4)
    for x, y in curve:
        canvas.dot(x, y, ORANGE if x == 85 else BLUE, radius=9 if x == 85 else 5)
    canvas.line((85, 0), (85, 260), dashed=True, width=1)
    canvas.text(85, numbers[0].value, f"{numbers[0].brief} min", anchor="end", across=-16, down=-6, size=20, bold=True)
    canvas.line((0, 0), (100, 30), GREY, dashed=True)
    canvas.text(40, 30, "what one expects", anchor="middle", down=-4)
    if own is not None:
        canvas.ring(85, float(waits(lesson.scenario, 1, seed=own).mean()), 14)
        canvas.key([("ring", "", "your ward")], top=54)
    long = numbers[1].value > 50 and numbers[0].value > 60
    return revealed(lesson, replicates, numbers, "c" if long else "b", canvas.svg())
