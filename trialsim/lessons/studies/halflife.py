"""Half-life and the next morning: what cannot fall faster, and what is gone."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import nearest_choice
from trialsim.lessons.trials import fall_of, many_values, one_trial, p_value, revealed, share, single

VISITS = ("before", "after 15 min", "after 30 min", "after 60 min", "next morning")
MINUTES = (15, 30, 60)
#: Half-life of the scenario [min]; a test compares both.
HALF_LIFE = 65.0
DRAWN = 40


def left(minutes: float) -> float:
    """The share that is left when secretion has stopped for so long."""
    return float(2 ** (-minutes / HALF_LIFE))


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The falls of the mothers of one's own study in a quarter of an hour."""
    trial = one_trial(lesson.scenario, seed)
    before, after = (trial.values("cortisol", visit) for visit in VISITS[:2])
    falls = np.sort(100 * (1 - after / before))[::-1]
    numbers = (
        single("median", "Median fall in 15 minutes [%]", float(np.median(falls))),
        single("largest", "Largest fall [%]", float(falls[0])),
        single("rose", "Mothers who rose", float((falls < 0).sum())),
        p_value("p", "p, before against after 15 minutes", trial.p("fifteen")),
    )
    canvas = Canvas(
        "halflife-own", "Your study: the fall of each mother in 15 minutes",
        f"Falls of {len(falls)} mothers in percent, sorted, from {falls[0]:.0f} to {falls[-1]:.0f}.",
        x=(0, len(falls)), y=(-120, 80), left=66, top=70,
    )  # fmt: skip
    canvas.y_axis("Fall [%]; below zero: a rise", (-120, -80, -40, 0, 40, 80))
    canvas.line((0, 0), (len(falls), 0), width=1)
    for place, fall in enumerate(falls):
        color = BLUE if fall > 0 else GREY
        canvas.bar((place + 0.12, place + 0.88), (0, max(float(fall), -120)), color, hollow=fall <= 0)
    values = {"median": numbers[0], "largest": numbers[1], "n": int((falls > 100 * (1 - left(15))).sum())}
    return TrialShown(
        seed,
        numbers,
        float(np.median(falls)),
        canvas.svg(),
        lesson.say("seen", **values),
        ("b",),
        lesson.say("beyond", **values),
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """The fall of the median after each time, and the next morning."""
    values, _ = many_values(lesson.scenario, replicates, "cortisol", VISITS)
    logs = [np.log(after / values[0]).mean(axis=1) for after in values[1:]]
    numbers = (
        *(fall_of(f"fall{minutes}", f"Fall of the median after {minutes} "
        f"minutes", one) for minutes, one in zip(MINUTES, logs, strict=False)),
        fall_of("morning", "Fall of the median the next morning", logs[3]),
        share("beyond", "Mothers who fell by more than the largest possible 15 % in 15 minutes",
              (values[1] / values[0] < left(15)).ravel()),
    )  # fmt: skip
    canvas = Canvas(
        "halflife-reveal", f"Secretion stops: {numbers[0].brief} in 15 minutes, and not more",
        f"What is left of the cortisol falls by half in 65 minutes: {numbers[0].brief} are gone after 15 minutes, "
        f"{numbers[1].brief} after 30, "
        f"{numbers[2].brief} after 60. Single mothers are far above and below the curve, by noise.",
        x=(-3, 78), y=(20, 180), left=66,
    )  # fmt: skip
    canvas.x_axis("Minutes since secretion stopped", (0, 15, 30, 60))
    canvas.y_axis("Cortisol, in percent of before", (20, 50, 100, 150))
    canvas.line((-3, 100), (78, 100), width=1, dashed=True)
    for minutes, after in zip(MINUTES, values[1:], strict=False):
        percent = 100 * (after / values[0]).ravel()[:DRAWN]
        for place, value in enumerate(percent):
            canvas.dot(minutes + (place % 9 - 4) * 0.55, float(value), GREY, radius=3.5, hollow=True)
    canvas.path([(m, 100 * left(m)) for m in range(0, 76, 3)], BLUE, width=4)
    for minutes, number in zip(MINUTES, numbers, strict=False):
        canvas.dot(minutes, 100 * (1 - number.value), ORANGE, radius=9)
        canvas.text(minutes, 100 * (1 - number.value), f"−{number.brief}", across=13, down=24, bold=True)
    canvas.key(
        [("line", BLUE, "largest fall possible"), ("dot", ORANGE, "median found"), ("hollow", GREY, "single mothers")],
        top=54,
    )
    answer = nearest_choice({"a": 0.5, "b": 1.0, "c": 0.15, "d": 0.30}, numbers[0].value)
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
