"""Missing because of the outcome: a bias that more patients do not mend."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.trials import many_trials, many_values, mean, one_trial, p_value, revealed, share, single

#: The true difference of the scenario [points]; a test compares both.
TRUE = -1.5
SIZES = (20, 60, 200, 600)
ARMS = ("usual care", "music")


def size(count: int) -> tuple[str, ...]:
    """So many children in each arm."""
    return (f"design.enroll={{each arm: {count}}}",)


def show(lesson: Lesson, seed: int) -> TrialShown:
    """Who answers in one's own trial."""
    trial = one_trial(lesson.scenario, seed)
    values = {arm: trial.values("fear", "during", arm) for arm in ARMS}
    gone = {arm: int(np.isnan(found).sum()) for arm, found in values.items()}
    estimate, low, high = trial.estimate("who answers")
    numbers = (
        single("gone_usual", "Children who refuse the second score, usual care (of 60)", float(gone["usual care"])),
        single("gone_music", "Children who refuse the second score, music (of 60)", float(gone["music"])),
        single("difference", "Difference among those who answer [points]", estimate),
        single("low", "Interval of 95 %, from [points]", low),
        single("high", "Interval of 95 %, to [points]", high),
        p_value("p", "p of the trial", trial.p("who answers")),
    )
    canvas = Canvas(
        "missing-own", "Your trial: those who answer",
        f"Scores of both arms; {gone['usual care']} children with usual care and {gone['music']} with music "
        f"refuse the second score.",
        x=(0, 2), y=(0, 11), left=66, top=70,
    )  # fmt: skip
    canvas.x_axis("", (0.5, 1.5), ARMS)
    canvas.y_axis("Fear, 0 to 10", (0, 5, 10))
    for place, arm in enumerate(ARMS):
        for number, value in enumerate(found for found in values[arm] if found == found):
            canvas.dot(
                place + 0.5 + (number % 11 - 5) * 0.05, float(value), (ORANGE, BLUE)[place], radius=5, hollow=place == 0
            )
        canvas.text(place + 0.5, 10.6, f"{gone[arm]} refuse", anchor="middle", bold=True)
    counted = {"a": gone["usual care"], "b": gone["music"], "difference": numbers[2]}
    return TrialShown(
        seed, numbers, estimate, canvas.svg(), lesson.say("seen", **counted), ("c",), lesson.say("truth", **counted)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """The difference among those who answer, by the number of children."""
    found = {count: many_trials(lesson.scenario, replicates, changes=size(count)) for count in SIZES}
    (during,), arms = many_values(lesson.scenario, replicates, "fear", ("during",))
    holds = {count: (one["low"][:, 0] <= TRUE) & (one["high"][:, 0] >= TRUE) for count, one in found.items()}
    numbers = (
        mean("small", "Difference among those who answer, 60 in each arm [points]", found[60]["estimate"][:, 0]),
        mean("large", "Difference among those who answer, 600 in each arm [points]", found[600]["estimate"][:, 0]),
        mean("gone_usual", "Children who refuse, usual care [%]", 100 * _gone(during, arms, 0)),
        mean("gone_music", "Children who refuse, music [%]", 100 * _gone(during, arms, 1)),
        share("holds_small", "Intervals that hold the truth, 60 in each arm", holds[60]),
        share("holds_large", "Intervals that hold the truth, 600 in each arm", holds[600]),
    )
    canvas = Canvas(
        "missing-reveal", f"Truth −1.5, found {numbers[0].brief}: more children do not help",
        f"The difference among those who answer, by the number of children in each arm: {numbers[0].brief} with "
        f"60, {numbers[1].brief} with 600; the band of 95 percent of trials "
        "narrows around the wrong value.", x=(16, 760), y=(-2.8, 0.4), log_x=True, left=66,
    )  # fmt: skip
    canvas.x_axis("Children in each arm", SIZES)
    canvas.y_axis("Difference found [points]", (-2.5, -1.5, -0.5, 0))
    bands = [(count, *np.quantile(one["estimate"][:, 0], (0.025, 0.5, 0.975))) for count, one in found.items()]
    for pick, width in ((1, 2), (2, 4), (3, 2)):
        canvas.path([(band[0], float(band[pick])) for band in bands], ORANGE, width=width)
    canvas.line((16, TRUE), (760, TRUE), BLUE, width=3)
    for band in bands:
        canvas.dot(band[0], float(band[2]), ORANGE)
    if own is not None:
        canvas.ring(60, one_trial(lesson.scenario, own).estimate("who answers")[0])
    key = [("line", BLUE, "truth"), ("line", ORANGE, "those who answer: mean, and 95 % of trials")]
    canvas.key([*key, ("ring", "", "yours")] if own is not None else key, top=54)
    stays = abs(numbers[1].value - TRUE) > 0.1
    return revealed(lesson, replicates, numbers, "c" if stays else "b", canvas.svg())


def _gone(values: np.ndarray, arms: np.ndarray, arm: int) -> np.ndarray:
    """The share of an arm without a value, by trial."""
    here = arms == arm
    found: np.ndarray = (np.isnan(values) & here).sum(axis=1) / here.sum(axis=1)
    return found
