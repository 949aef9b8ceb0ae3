"""The pilot that shrinks: an estimate that was chosen because it was significant."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import draw_histogram, histogram, interval_picture, nearest_choice, nice_top
from trialsim.lessons.trials import estimated, many_trials, mean, one_trial, p_value, revealed, share, single

ANALYSIS = "stress"
#: The true difference [points], as the scenario declares it; a test compares both.
TRUE = -8.0
LABEL = "Stress, massage minus usual care [points]"


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own pilot."""
    trial = one_trial(lesson.scenario, seed)
    p = p_value("p", "p of the pilot", trial.p(ANALYSIS))
    estimate, low, high = trial.estimate(ANALYSIS)
    numbers = (
        single("difference", "Massage minus usual care [points]", estimate),
        single("low", "Interval of 95 %, from [points]", low),
        single("high", "Interval of 95 %, to [points]", high),
        p,
    )
    canvas = interval_picture(
        "pilot-own",
        p.brief,
        (estimate, low, high),
        x=(-55, 35),
        ticks=(-40, -20, 0, 20),
        label=LABEL,
        title="Your pilot",
    )
    after = "significant" if p.value < 0.05 else "not significant"
    values = {"estimate": numbers[0], "p": p, "low": numbers[1], "high": numbers[2]}
    return TrialShown(
        seed, numbers, estimate, canvas.svg(), lesson.say("seen", **values), ("c",), lesson.say(after, **values)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """The size of significant estimates, against the truth."""
    found = many_trials(lesson.scenario, replicates)
    estimate, p = found["estimate"][:, 0], found["p"][:, 0]
    chosen = p < 0.05
    times = np.abs(estimate[chosen] / TRUE)
    numbers = (
        estimated("times", "Significant estimates: how many times the true effect in size",
                  float(times.mean()), float(times.std(ddof=1)) / len(times) ** 0.5),
        share("power", "Pilots with p < 0.05", chosen),
        share("wrong", "Of these, with the wrong sign", estimate[chosen] > 0),
        mean("all", "Mean estimate of all pilots [points]", estimate),
    )  # fmt: skip
    edges = [float(edge) for edge in range(-40, 25, 4)]
    top = nice_top(max(100 * count / len(estimate) for count in histogram(estimate, edges)))
    canvas = Canvas(
        "pilot-reveal", f"Only {numbers[1].brief} are significant, and those are {numbers[0].brief} times too large",
        f"Estimates of {replicates} pilots. The significant ones lie far out, on average {numbers[0].brief} times "
        f"as far "
        "from zero as the true "
        "effect of -8 points.", x=(-40, 24), y=(0, top),
    )  # fmt: skip
    canvas.x_axis(LABEL, (-40, -24, -8, 0, 8, 24))
    canvas.y_axis("Pilots [%]", [0, top / 2, top])
    draw_histogram(canvas, estimate, edges, colors=[GREY] * (len(edges) - 1))
    shares = histogram(estimate[chosen], edges)
    for number, count in enumerate(shares):
        if count:
            canvas.bar((edges[number] + 0.24, edges[number + 1] - 0.24), (0, 100 * count / len(estimate)), ORANGE)
    canvas.line((TRUE, 0), (TRUE, top), BLUE, width=3)
    canvas.text(TRUE, top, "truth", across=8, down=16)
    if own is not None:
        mine = one_trial(lesson.scenario, own).estimate(ANALYSIS)[0]
        canvas.ring(mine, 0, 10)
    key = [("bar", GREY, "all pilots"), ("bar", ORANGE, "those with p < 0.05")]
    canvas.key([*key, ("ring", "", "yours")] if own is not None else key, top=52)
    answer = nearest_choice({"a": 1.0, "b": 0.6, "c": 1.3, "d": 2.7}, numbers[0].value)
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
