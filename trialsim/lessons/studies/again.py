"""Run it again: what a p-value does not say about the next trial."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import interval_picture, nearest_choice, p_strip
from trialsim.lessons.trials import many_trials, one_trial, p_value, revealed, share, single

ANALYSIS = "anxiety"
DRAWN = 40


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own trial; its repetition is shown afterwards."""
    trial, again = one_trial(lesson.scenario, seed), one_trial(lesson.scenario, seed, replicate=1)
    p, p_again = (p_value("p", "p of the trial", one.p(ANALYSIS)) for one in (trial, again))
    estimate, low, high = trial.estimate(ANALYSIS)
    numbers = (
        single("difference", "Music minus usual care [points]", estimate),
        single("low", "Interval of 95 %, from [points]", low),
        single("high", "Interval of 95 %, to [points]", high),
        p,
    )
    canvas = interval_picture(
        "again-own", p.brief, (estimate, low, high), x=(-25, 15), ticks=(-20, -10, 0, 10),
        label="Anxiety, music minus usual care [points]",
    )  # fmt: skip
    significant = p.value < 0.05
    same = significant == (p_again.value < 0.05)
    afterwards = lesson.say("again", p=p_again) + ("" if same else " " + lesson.say("two answers"))
    return TrialShown(
        seed, numbers, p.value, canvas.svg(), lesson.say("yes" if significant else "no", p=p), ("a",), afterwards
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """Pairs of a trial and its repetition."""
    count = replicates + replicates % 2
    p = many_trials(lesson.scenario, count)["p"][:, 0]
    first, second = p[0::2], p[1::2]
    near = (first > 0.01) & (first < 0.05)
    numbers = (
        share("power", "Trials with p < 0.05", p < 0.05),
        share("again", "Repetitions with p < 0.05, if the first trial had p < 0.05", second[first < 0.05] < 0.05),
        share("near", "The same, if the first trial had p between 0.01 and 0.05", second[near] < 0.05),
        share("after", "The same, if the first trial had p of 0.05 or more", second[first >= 0.05] < 0.05),
    )
    shown = [] if own is None else [one_trial(lesson.scenario, own).p(ANALYSIS)]
    drawn = np.concatenate([shown, p])[:DRAWN]
    canvas: Canvas = p_strip(
        "again-reveal",
        f"The same study {len(drawn)} times: {int((drawn >= 0.05).sum())} trials miss the effect",
        drawn,
        ringed=own is not None,
        color=BLUE,
    )
    answer = nearest_choice({"a": 0.97, "b": 0.95, "c": 0.50, "d": 0.70}, numbers[1].value)
    return revealed(lesson, count, numbers, answer, canvas.svg())
