"""Regression to the mean: only the most stressed mothers."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import draw_histogram, histogram, nice_top
from trialsim.lessons.trials import many_values, mean, one_trial, revealed, share, single

VISITS = ("first", "second")
#: The 75th percentile of the first score: 50 + 0.6745 x 15.
CUT = 60.1


def _scatter(name: str, title: str, first: np.ndarray, second: np.ndarray) -> Canvas:
    high = first > CUT
    canvas = Canvas(
        name, title,
        f"Second score against first score of {len(first)} mothers. Of {int(high.sum())} with a first score above "
        f"{CUT:.0f}, "
        f"{int((second < first)[high].sum())} are lower the second time.",
        x=(0, 100), y=(0, 100), left=60,
    )  # fmt: skip
    canvas.x_axis("First score", (0, 25, 50, 75, 100))
    canvas.y_axis("Second score, an hour later", (0, 50, 100))
    canvas.line((0, 0), (100, 100), GREY)
    canvas.text(98, 98, "no change", anchor="end", down=34)
    canvas.line((CUT, 0), (CUT, 100), dashed=True)
    for before, after, chosen in zip(first, second, high, strict=True):
        canvas.dot(float(before), float(after), ORANGE if chosen else GREY, radius=5, hollow=not chosen)
    canvas.key([("dot", ORANGE, "chosen: first score above the line"), ("hollow", GREY, "not chosen")], top=52)
    return canvas


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own study: the chosen mothers, before and an hour later."""
    trial = one_trial(lesson.scenario, seed)
    first, second = (trial.values("stress", visit) for visit in VISITS)
    high = first > CUT
    change = float((second - first)[high].mean())
    rest = float((second - first)[~high].mean())
    numbers = (
        single("chosen", "Mothers with a first score above 60", float(high.sum())),
        single("before", "Their mean first score [points]", float(first[high].mean())),
        single("after", "Their mean second score [points]", float(second[high].mean())),
        single("change", "Mean change [points]", change),
    )
    canvas = _scatter("regression-own", "Your study: all mothers who were asked", first, second)
    values = {"n": int(high.sum()), "before": numbers[1], "after": numbers[2], "rest": single("rest", "", rest)}
    return TrialShown(
        seed, numbers, change, canvas.svg(), lesson.say("seen", **values), ("c",), lesson.say("rest", **values)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """The change of those who were chosen by their first score, and of all."""
    (first, second), _ = many_values(lesson.scenario, replicates, "stress", VISITS)
    change = second - first
    high = first > CUT
    chosen = (change * high).sum(axis=1) / np.maximum(high.sum(axis=1), 1)
    low = first < 100 - CUT
    others = (change * low).sum(axis=1) / np.maximum(low.sum(axis=1), 1)
    numbers = (
        share("lower", "Studies in which the chosen mothers are lower the second time", chosen < 0),
        mean("change", "Their mean change [points]", chosen),
        mean("all", "Mean change of all mothers [points]", change.mean(axis=1)),
        mean("calm", "Mean change of the calmest quarter [points]", others),
    )
    edges = [float(edge) for edge in range(-18, 9, 2)]
    top = nice_top(100 * max(histogram(chosen, edges)) / replicates)
    canvas = Canvas(
        "regression-reveal", f"Nothing happened, and {numbers[0].brief} of studies see a fall",
        f"The mean change of the chosen mothers in {replicates} studies: {numbers[1].brief} points on average, "
        f"below zero in {numbers[0].brief}.",
        x=(-18, 8), y=(0, top), left=60,
    )  # fmt: skip
    canvas.x_axis("Mean change of the most stressed quarter [points]", (-18, -12, -6, 0, 6))
    canvas.y_axis("Studies [%]", (0, top / 2, top))
    draw_histogram(canvas, chosen, edges, colors=[BLUE if edge < 0 else ORANGE for edge in edges[:-1]])
    canvas.line((0, 0), (0, top), dashed=True)
    canvas.text(0, top, "no change", across=6, down=14)
    if own is not None:
        trial = one_trial(lesson.scenario, own)
        mine, then = (trial.values("stress", visit) for visit in VISITS)
        canvas.ring(float((then - mine)[mine > CUT].mean()), 0, 10)
        canvas.key([("ring", "", "your study")], top=52)
    answer = "b" if numbers[0].value > 0.75 else "c" if numbers[0].value < 0.25 else "a"
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
