"""How many replicates: how sure a simulated power is."""

from __future__ import annotations

import math

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.trials import estimated, many_trials, revealed, share, single

#: Trials of one simulation, and their numbers in the picture.
HUNDRED = 100
SIZES = (100, 400, 1600, 6400)


def _half(power: float, count: int) -> float:
    """Half of the width of an interval of 95 %, in points."""
    return 196 * math.sqrt(power * (1 - power) / count)


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own simulation of a hundred trials; another one afterwards."""
    p = many_trials(lesson.scenario, 2 * HUNDRED, seed=seed)["p"][:, 0] < 0.05
    first, second = int(p[:HUNDRED].sum()), int(p[HUNDRED:].sum())
    numbers = (single("found", "Of 100 simulated trials, with p < 0.05", float(first)),)
    canvas = Canvas(
        "replicates-own", f"Your simulation: {first} of 100 trials find the effect",
        f"A hundred squares, one for each simulated trial; {first} are "
        f"filled.", x=(0, 20), y=(0, 5), left=40, right=40, top=70, bottom=30,
    )  # fmt: skip
    for number in range(HUNDRED):
        column, row = number % 20, 4 - number // 20
        canvas.bar(
            (column + 0.1, column + 0.9), (row + 0.12, row + 0.88), BLUE if p[number] else ORANGE, hollow=not p[number]
        )
    canvas.key([("bar", BLUE, "p < 0.05"), ("bar", ORANGE, "p of 0.05 or more (hollow)")], top=54)
    values = {"first": first, "second": second}
    return TrialShown(
        seed, numbers, float(first), canvas.svg(), lesson.say("seen", **values), ("b",), lesson.say("again", **values)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """Simulations of 100 trials each: how far they scatter around the power."""
    blocks = max(replicates // HUNDRED, 20)
    found = many_trials(lesson.scenario, blocks * HUNDRED)["p"][:, 0] < 0.05
    powers = 100 * found.reshape(blocks, HUNDRED).mean(axis=1)
    sd = float(powers.std(ddof=1))
    half = 1.96 * sd
    numbers = (
        share("power", "Power, all trials together", found),
        estimated("sd", "Scatter (SD) of simulations of 100 trials [points]", sd, sd / math.sqrt(2 * (blocks - 1))),
        estimated(
            "half", "Half of an interval of 95 % from 100 trials [points]", half, half / math.sqrt(2 * (blocks - 1))
        ),
        share(
            "far",
            "Simulations of 100 trials that are off by more than 4 points",
            np.abs(powers - 100 * found.mean()) > 4,
        ),
    )
    power = numbers[0].value
    canvas = Canvas(
        "replicates-reveal", f"100 trials: ±{half:.0f} points; four times as many halve it",
        "The interval around a power of about 80 percent by the number of simulated trials: "
        + ", ".join(f"{n:,} trials plus or minus {_half(power, n):.1f} points" for n in SIZES) + ".",
        x=(70, 9000), y=(68, 92), log_x=True, left=66,
    )  # fmt: skip
    canvas.x_axis("Simulated trials", SIZES)
    canvas.y_axis("Power found [%]", (70, 75, 80, 85, 90))
    canvas.line((70, 100 * power), (9000, 100 * power), GREY, dashed=True)
    for number, value in enumerate(powers[:30]):
        canvas.dot(100 * (1 + 0.018 * (number % 11 - 5)), float(value), GREY, radius=3.5, hollow=True)
    for n in SIZES:
        width = _half(power, n)
        canvas.line((n * 1.16, 100 * power - width), (n * 1.16, 100 * power + width), BLUE, width=6)
        canvas.text(n * 1.16, 100 * power + width, f"±{width:.1f}", anchor="middle", down=-10, bold=True)
    if own is not None:
        canvas.ring(100, 100 * float((many_trials(lesson.scenario, HUNDRED, seed=own)["p"][:, 0] < 0.05).mean()))
    key = [("hollow", GREY, "30 simulations of 100"), ("line", BLUE, "interval of 95 %")]
    canvas.key([*key, ("ring", "", "yours")] if own is not None else key, top=54)
    widths = {"a": 0.2, "b": 1.0, "c": 8.0, "d": 30.0}
    answer = min(widths, key=lambda key: abs(math.log(widths[key] / half)))
    return revealed(lesson, blocks * HUNDRED, numbers, answer, canvas.svg())
