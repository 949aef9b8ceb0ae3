"""Detection limit: what becomes of values that are too low to be measured."""

from __future__ import annotations

import math

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import LabeledNumber, Lesson, Reveal, TrialShown
from trialsim.lessons.trials import estimated, many_trials, many_values, one_trial, revealed, rows_of, share, single

ANALYSES = {"left out": "left out", "half": "half the limit", "model": "a model of the limit"}
#: The true ratio and the limit [nmol/L] of the scenario; a test compares them.
TRUE, LIMIT = 0.65, 1.1
ARMS = ("usual care", "massage")


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The values of one's own trial, and the ratio without those below the limit."""
    trial = one_trial(lesson.scenario, seed)
    values = {arm: trial.values("half the limit", "evening", arm) for arm in ARMS}
    low = {arm: int((found < LIMIT).sum()) for arm, found in values.items()}
    ratios = {name: math.exp(trial.estimate(name)[0]) for name in ANALYSES}
    numbers = (
        single("low_usual", "Values below the limit, usual care (of 40)", float(low["usual care"])),
        single("low_massage", "Values below the limit, massage (of 40)", float(low["massage"])),
        single("ratio", "Ratio massage to usual care, without these values", ratios["left out"]),
    )
    canvas = Canvas(
        "limit-own", "Your trial: what the laboratory reports",
        f"Values of both arms; {low['usual care']} with usual care and {low['massage']} with massage are below "
        f"the limit of {LIMIT} nmol/L.",
        x=(0, 2), y=(0.7, 14), log_y=True, left=66, top=70,
    )  # fmt: skip
    canvas.x_axis("", (0.5, 1.5), ARMS)
    canvas.y_axis("Cortisol [nmol/L]", (1.1, 2, 4, 8))
    canvas.line((0, LIMIT), (2, LIMIT), dashed=True)
    for place, arm in enumerate(ARMS):
        for number, value in enumerate(values[arm]):
            if value >= LIMIT:
                canvas.dot(place + 0.5 + (number % 9 - 4) * 0.06, float(value), (GREY, BLUE)[place], radius=5)
        canvas.text(place + 0.5, 0.85, f"{low[arm]} below the limit", anchor="middle")
    others = {name.replace(" ", "_"): single(name, "", value, digits=2) for name, value in ratios.items()}
    counted = {"a": low["usual care"], "b": low["massage"], **others}
    return TrialShown(
        seed,
        numbers,
        ratios["left out"],
        canvas.svg(),
        lesson.say("seen", **counted),
        ("c",),
        lesson.say("others", **counted),
    )


def _ratio(name: str, label: str, logs: np.ndarray) -> LabeledNumber:
    """A mean ratio (geometric) with its error."""
    found = math.exp(float(logs.mean()))
    return estimated(name, label, found, found * float(logs.std(ddof=1)) / len(logs) ** 0.5)


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """Mean ratios of three ways, against the truth."""
    rows = {analysis: number for (analysis, _), number in rows_of(lesson.scenario).items()}
    found = many_trials(lesson.scenario, replicates)
    logs = {name: found["estimate"][:, rows[name]] for name in ANALYSES}
    covers = (found["low"] <= math.log(TRUE)) & (found["high"] >= math.log(TRUE))
    (kept,), arms = many_values(lesson.scenario, min(replicates, 1000), "left out", ("evening",))
    medians = [np.nanmedian(np.where(arms == arm, kept, np.nan), axis=1) for arm in (0, 1)]
    numbers = (
        *(_ratio(name.replace(" ", "_"), f"Mean ratio, low values: {words}", logs[name]) for name, words in ANALYSES.items()),
        *(share(f"covers_{name.replace(' ', '_')}", f"Intervals that hold the true ratio, low values: "
        f"{words}", covers[:, rows[name]])
          for name, words in ANALYSES.items() if name != "half"),
        estimated("median_usual", "Median without low values, usual care (truth 2.0) "
        "[nmol/L]", float(medians[0].mean()),
                  float(medians[0].std(ddof=1)) / len(medians[0]) ** 0.5),
        estimated("median_massage", "Median without low values, massage (truth 1.3) [nmol/L]", float(medians[1].mean()),
                  float(medians[1].std(ddof=1)) / len(medians[1]) ** 0.5),
    )  # fmt: skip
    canvas = Canvas(
        "limit-reveal", f"Left out: a ratio of {numbers[0].brief} in place of {TRUE}",
        f"Ratios found in {replicates} trials. Leaving low values out gives {numbers[0].brief} on average, half "
        f"the limit {numbers[1].brief}, "
        f"a model of the limit {numbers[2].brief}; the truth is {TRUE}.",
        x=(0.4, 1.15), y=(0, 3), log_x=True, left=190, top=84,
    )  # fmt: skip
    canvas.x_axis("Ratio massage to usual care", (0.4, 0.5, 0.65, 0.8, 1))
    canvas.line((TRUE, 0), (TRUE, 3), BLUE, width=3)
    canvas.line((1, 0), (1, 3), dashed=True, width=1)
    for place, ((name, words), number) in enumerate(zip(ANALYSES.items(), numbers, strict=False)):
        level = 2.5 - place
        low, high = np.exp(np.quantile(logs[name], (0.025, 0.975)))
        color = ORANGE if name == "left out" else GREY
        canvas.line((float(low), level), (float(high), level), color, width=5)
        canvas.dot(number.value, level, color, radius=10)
        canvas.text(number.value, level, number.brief, anchor="middle", down=-18, size=18, bold=True)
        canvas.text(0.4, level, words, anchor="end", across=-12, down=6)
    if own is not None:
        canvas.ring(math.exp(one_trial(lesson.scenario, own).estimate("left out")[0]), 2.5, 15)
    key = [("line", BLUE, "truth"), ("dot", GREY, "mean, and 95 % of trials")]
    canvas.key([*key, ("ring", "", "your trial, left out")] if own is not None else key, top=54)
    near_one = numbers[0].value - TRUE
    return revealed(
        lesson, replicates, numbers, "c" if near_one > 0.05 else "b" if near_one < -0.05 else "a", canvas.svg()
    )
