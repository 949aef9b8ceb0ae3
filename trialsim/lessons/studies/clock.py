"""The clock: what falls by itself over the morning."""

from __future__ import annotations

import math

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import nearest_choice
from trialsim.lessons.trials import (
    fall_of,
    many_trials,
    many_values,
    one_trial,
    p_value,
    revealed,
    rows_of,
    share,
    single,
    whole,
)

VISITS = ("at ten", "at noon")


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The massage group of one's own trial; the waiting group afterwards."""
    trial = one_trial(lesson.scenario, seed)
    ten, noon = (trial.values("cortisol", visit, "massage") for visit in VISITS)
    falls = {
        arm: 1
        - math.exp(
            float(np.median(np.log(trial.values("cortisol", "at noon", arm) / trial.values("cortisol", "at ten", arm))))
        )
        for arm in ("massage", "waiting")
    }
    numbers = (
        single("ten", "Median cortisol at 10:00 [nmol/L]", float(np.median(ten))),
        single("noon", "Median cortisol at 12:00 [nmol/L]", float(np.median(noon))),
        single("fall", "Median fall of a mother [%]", 100 * falls["massage"]),
        p_value("p", "p, massage group, 10:00 against 12:00", trial.p("massage alone")),
    )
    lower = int((noon < ten).sum())
    canvas = Canvas(
        "clock-own", f"Your trial: {lower} of {len(ten)} mothers are lower at noon",
        f"A line for each of {len(ten)} mothers of the massage group, from 10:00 to 12:00; {lower} of them go down. "
        f"The median goes from {numbers[0].text} to {numbers[1].text} nmol/L.",
        x=(9.7, 12.3), y=(0.8, 32), log_y=True, left=60,
    )  # fmt: skip
    canvas.x_axis("Time of the sample", (10, 12), ("10:00", "12:00"))
    canvas.y_axis("Cortisol [nmol/L]", (1, 2, 4, 8, 16, 32))
    for before, after in zip(ten, noon, strict=True):
        canvas.line((10, float(before)), (12, float(after)), GREY, width=1.5)
    canvas.line((10, float(np.median(ten))), (12, float(np.median(noon))), BLUE, width=5)
    values = {"fall": whole(falls["massage"]), "waiting": whole(falls["waiting"]), "p": numbers[3]}
    return TrialShown(
        seed,
        numbers,
        100 * falls["massage"],
        canvas.svg(),
        lesson.say("seen", **values),
        ("c",),
        lesson.say("waiting", **values),
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """The fall of both groups, and what each test makes of it."""
    rows = rows_of(lesson.scenario)
    found = many_trials(lesson.scenario, replicates)
    (ten, noon), arms = many_values(lesson.scenario, replicates, "cortisol", VISITS)
    logs = np.log(noon / ten)
    by_arm = {
        name: logs[arms == number].reshape(replicates, -1).mean(axis=1)
        for number, name in enumerate(("waiting", "massage"))
    }
    numbers = (
        fall_of("massage", "Fall of the median in two hours, massage", by_arm["massage"]),
        fall_of("waiting", "Fall of the median in two hours, waiting", by_arm["waiting"]),
        share(
            "alone",
            "Trials with p < 0.05 in the massage group alone",
            found["p"][:, rows["massage alone", "at noon - at ten in massage"]] < 0.05,
        ),
        share(
            "between",
            "Trials with p < 0.05 between massage and waiting",
            found["p"][:, rows["against waiting", "massage - waiting"]] < 0.05,
        ),
    )
    canvas = Canvas(
        "clock-reveal", f"Both groups fall by {numbers[0].brief}: it is the clock",
        f"Median cortisol over the morning falls from 5.9 nmol/L at 10:00 by {numbers[0].brief} until 12:00, with "
        f"massage and with waiting alike.",
        x=(8, 14), y=(3, 9), left=60,
    )  # fmt: skip
    canvas.x_axis("Time of day", (8, 10, 12, 14), ("8:00", "10:00", "12:00", "14:00"))
    canvas.y_axis("Median cortisol [nmol/L]", (3, 5, 7, 9))
    canvas.path([(8 + n / 10, 5.9 * math.exp(-0.132 * (n / 10 - 2))) for n in range(61)], GREY, width=3)
    for place, (arm, color) in enumerate((("massage", BLUE), ("waiting", ORANGE))):
        for hour, values in ((10, ten), (12, noon)):
            middle = float(np.median(values[arms == ("waiting", "massage").index(arm)]))
            canvas.dot(hour + 0.12 * place - 0.06, middle, color, radius=10, hollow=arm == "waiting")
    canvas.line((10, 3), (10, 9), dashed=True, width=1)
    canvas.line((12, 3), (12, 9), dashed=True, width=1)
    canvas.key([("dot", BLUE, "massage"), ("hollow", ORANGE, "waiting"), ("line", GREY, "the clock alone")], top=52)
    answer = nearest_choice({"a": 0.0, "b": 0.01, "c": 0.23, "d": 0.6}, numbers[0].value)
    del own
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
