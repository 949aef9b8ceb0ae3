"""Estimands: two right answers to two questions."""

from __future__ import annotations

import numpy as np

from trialsim.api.play import simulate as simulate_cohort
from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import interval_picture
from trialsim.lessons.trials import many_trials, mean, one_trial, p_value, revealed, share, single, study, trace_of
from trialsim.protocol.columns import GAVE_UP

ALWAYS = ("protocol.massage.give_up_after=null",)
LABEL = "Stress, massage minus usual care [points]"


def missed(scenario: str, replicates: int, *, seed: int | None = None) -> np.ndarray:
    """The share of the massage arm that got no massage, by trial."""
    cohort = simulate_cohort(study(scenario), range(replicates), seed=seed)
    here = cohort.entries.arm == 1
    found: np.ndarray = ((trace_of(cohort).hold_state[:, :, 0] == GAVE_UP) & here).sum(axis=1) / here.sum(axis=1)
    return found


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own trial as it happens; the same people with every massage given afterwards."""
    trial, full = one_trial(lesson.scenario, seed), one_trial(lesson.scenario, seed, changes=ALWAYS)
    p = p_value("p", "p of the trial", trial.p("assigned"))
    estimate, low, high = trial.estimate("assigned")
    lost = 100 * float(missed(lesson.scenario, 1, seed=seed)[0])
    numbers = (
        single("missed", "Massages that were missed [%]", lost),
        single("difference", "Massage minus usual care, as assigned [points]", estimate),
        single("low", "Interval of 95 %, from [points]", low),
        single("high", "Interval of 95 %, to [points]", high),
        p,
    )
    canvas = interval_picture(
        "estimands-own", p.brief, (estimate, low, high), x=(-24, 10), ticks=(-20, -10, 0), label=LABEL
    )
    values = {"missed": numbers[0], "difference": numbers[1], "full": single("full", "", full.estimate("assigned")[0])}
    return TrialShown(
        seed, numbers, estimate, canvas.svg(), lesson.say("seen", **values), ("c",), lesson.say("full", **values)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """The effect of being assigned, and that of massage that is always given, in the same people."""
    assigned = many_trials(lesson.scenario, replicates)
    full = many_trials(lesson.scenario, replicates, changes=ALWAYS)
    numbers = (
        mean("missed", "Massages that were missed [%]", 100 * missed(lesson.scenario, min(replicates, 1000))),
        mean("assigned", "Effect of being assigned to massage [points]", assigned["estimate"][:, 0]),
        mean("full", "Effect of massage that is always given [points]", full["estimate"][:, 0]),
        share("power", "Trials with p < 0.05, as assigned", assigned["p"][:, 0] < 0.05),
        share("power_full", "Trials with p < 0.05, if always given", full["p"][:, 0] < 0.05),
    )
    canvas = Canvas(
        "estimands-reveal", "One massage, two questions, two right answers",
        f"Effects over {replicates} trials: {numbers[1].brief} points as assigned, {numbers[2].brief} if massage "
        f"is always given.",
        x=(-22, 6), y=(0, 2), left=190, top=84,
    )  # fmt: skip
    canvas.x_axis(LABEL, (-20, -15, -10, -5, 0, 5))
    canvas.line((0, 0), (0, 2), GREY, dashed=True)
    rows = ((1.5, "as assigned", assigned, numbers[1], ORANGE), (0.5, "if always given", full, numbers[2], BLUE))
    for level, words, found, number, color in rows:
        low, high = np.quantile(found["estimate"][:, 0], (0.025, 0.975))
        canvas.line((float(low), level), (float(high), level), color, width=5)
        canvas.dot(number.value, level, color, radius=11, hollow=level < 1)
        canvas.text(number.value, level, number.brief, anchor="middle", down=-20, size=20, bold=True)
        canvas.text(-22, level, words, anchor="end", across=-12, down=6, size=18)
    if own is not None:
        canvas.ring(one_trial(lesson.scenario, own).estimate("assigned")[0], 1.5, 16)
    key = [("dot", GREY, "mean, and 95 % of trials")]
    canvas.key([*key, ("ring", "", "your trial")] if own is not None else key, top=54)
    apart = abs(numbers[1].value - numbers[2].value) > 1
    return revealed(lesson, replicates, numbers, "c" if apart else "a", canvas.svg())
