"""The rater who knows: an error that more patients make surer."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import interval_picture
from trialsim.lessons.trials import many_trials, mean, one_trial, p_value, revealed, share, single

SIZES = (10, 30, 100, 300)
LABEL = "Distress, massage minus usual care [points]"


def _size(count: int) -> tuple[str, ...]:
    return (f"design.enroll={{each arm: {count}}}",)


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own trial of 30 in each arm, and of 300 afterwards."""
    trial, large = one_trial(lesson.scenario, seed), one_trial(lesson.scenario, seed, changes=_size(300))
    p, p_large = (p_value("p", "p of the trial", one.p("distress")) for one in (trial, large))
    estimate, low, high = trial.estimate("distress")
    numbers = (
        single("difference", "Massage minus usual care [points]", estimate),
        single("low", "Interval of 95 %, from [points]", low),
        single("high", "Interval of 95 %, to [points]", high),
        p,
    )
    canvas = interval_picture(
        "rater-own", p.brief, (estimate, low, high), x=(-1.4, 1), ticks=(-1, -0.5, 0, 0.5), label=LABEL
    )
    after = lesson.say("large", difference=single("d", "", large.estimate("distress")[0]), p=p_large)
    return TrialShown(
        seed, numbers, estimate, canvas.svg(), lesson.say("seen", difference=numbers[0], p=p), ("c",), after
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """The wrong finding by the number of children."""
    found = {count: many_trials(lesson.scenario, replicates, changes=_size(count)) for count in SIZES}
    numbers = (
        *(
            share(f"n{count}", f"Trials with p < 0.05, {count} children in each arm", one["p"][:, 0] < 0.05)
            for count, one in found.items()
        ),
        mean("small", "Mean difference found with 30 in each arm [points]", found[30]["estimate"][:, 0]),
        mean("large", "Mean difference found with 300 in each arm [points]", found[300]["estimate"][:, 0]),
    )
    canvas = Canvas(
        "rater-reveal", "More children: the same error, and surer of itself",
        "The estimates of trials by the number of children: the band of 95 percent of them narrows around -0.3 "
        "points, and not around 0, "
        "where the truth is.", x=(8, 380), y=(-1.7, 0.9), log_x=True, left=66,
    )  # fmt: skip
    canvas.x_axis("Children in each arm", SIZES)
    canvas.y_axis("Difference found [points]", (-1, -0.5, 0, 0.5))
    bands = [(count, *np.quantile(one["estimate"][:, 0], (0.025, 0.5, 0.975))) for count, one in found.items()]
    canvas.path([(n, float(low)) for n, low, _, _ in bands], ORANGE, width=2)
    canvas.path([(n, float(high)) for n, _, _, high in bands], ORANGE, width=2)
    canvas.path([(n, float(middle)) for n, _, middle, _ in bands], ORANGE, width=4)
    for (n, _, middle, _), number in zip(bands, numbers, strict=False):
        canvas.dot(n, float(middle), ORANGE)
        canvas.text(n, -1.7, number.brief, anchor="middle", down=-12, bold=True)
    canvas.text(8, -1.7, "significant:", across=8, down=-32, size=15)
    canvas.line((8, 0), (380, 0), BLUE, width=3)
    canvas.text(380, 0, "truth: massage does nothing", anchor="end", down=-10)
    canvas.key([("line", ORANGE, "mean, and 95 % of trials"), ("line", BLUE, "truth")], top=54)
    rising = numbers[3].value > numbers[1].value
    return revealed(lesson, replicates, numbers, "c" if rising else "a", canvas.svg())
