"""Not significant: an interval says what p does not."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import draw_intervals, interval_picture
from trialsim.lessons.trials import many_trials, one_trial, p_value, revealed, share, single

ANALYSIS = "fear"
#: A difference that matters [points].
MARGIN = -0.5
DRAWN = 40
LABEL = "Fear, massage minus usual care [points]"


def _verdict(low: float, high: float) -> str:
    """The key of the decision that fits an interval."""
    if high < 0:
        return "a"
    return "b" if low > MARGIN else "c"


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own trial, its interval against zero and the difference that matters."""
    trial = one_trial(lesson.scenario, seed)
    p = p_value("p", "p of the trial", trial.p(ANALYSIS))
    estimate, low, high = trial.estimate(ANALYSIS)
    numbers = (
        single("difference", "Massage minus usual care [points]", estimate),
        single("low", "Interval of 95 %, from [points]", low),
        single("high", "Interval of 95 %, to [points]", high),
        p,
    )
    canvas = interval_picture(
        "notsignificant-own",
        p.brief,
        (estimate, low, high),
        x=(-2.2, 1.4),
        ticks=(-2, -1.5, -1, -0.5, 0, 0.5, 1),
        label=LABEL,
    )
    canvas.line((MARGIN, 0), (MARGIN, 1))
    canvas.text(MARGIN, 1, "this would matter", anchor="end", across=-6, down=14)
    canvas.text(0, 1, "no difference", across=6, down=14)
    verdict = _verdict(low, high)
    values = {"low": numbers[1], "high": numbers[2], "p": p}
    return TrialShown(
        seed, numbers, estimate, canvas.svg(), lesson.say("seen", **values), (verdict,), lesson.say(verdict, **values)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """How many trials are not significant, and what their intervals hold."""
    found = many_trials(lesson.scenario, replicates)
    p, low, high, estimate = (found[name][:, 0] for name in ("p", "low", "high", "estimate"))
    silent = p >= 0.05
    open_ones = (low <= MARGIN) & (high >= 0)
    numbers = (
        share("silent", "Trials that are not significant", silent),
        share("open", "Of these, intervals that hold both no difference and one that matters", open_ones[silent]),
        share("closed", "Of these, intervals without a difference that matters", (low > MARGIN)[silent]),
    )
    if own is not None:
        mine = one_trial(lesson.scenario, own)
        middle, below, above = mine.estimate(ANALYSIS)
        estimate, low, high = (np.concatenate([[a], b]) for a, b in ((middle, estimate), (below, low), (above, high)))
    shown = slice(0, DRAWN)
    covers = high[shown] >= 0
    canvas = Canvas(
        "notsignificant-reveal", f"{int(covers.sum())} of {DRAWN} trials are not significant, and massage works",
        f"{DRAWN} intervals of 95 percent, sorted. {int(covers.sum())} of them hold zero, "
        f"{int((low[shown] <= MARGIN).sum())} hold -0.5, "
        "a difference that matters and is true.", x=(-2.2, 1.4), y=(0, DRAWN), left=24,
    )  # fmt: skip
    canvas.x_axis(LABEL, (-2, -1.5, -1, -0.5, 0, 0.5, 1))
    canvas.bar((-2.2, MARGIN), (0, DRAWN), GREY, opacity=0.15)
    canvas.line((0, 0), (0, DRAWN), GREY, dashed=True)
    canvas.line((MARGIN, 0), (MARGIN, DRAWN))
    draw_intervals(canvas, low[shown], estimate[shown], high[shown], marked=covers, own=own is not None)
    canvas.key(
        [
            ("dot", BLUE, "significant"),
            ("hollow", ORANGE, "not significant"),
            ("bar", "#c4c4c4", "would matter"),
        ]
    )
    answer = "d" if numbers[1].value > 0.5 else "a"
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
