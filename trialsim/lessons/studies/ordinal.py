"""Ordinal: equal means, different distributions."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.trials import many_trials, many_values, mean, one_trial, p_value, revealed, rows_of, share, single

TESTS = {"means": "means", "ranks": "ranks", "odds": "odds of a higher score", "no fear": "share without fear"}
ARMS = ("usual care", "massage")


def _bars(canvas: Canvas, shares: list[np.ndarray]) -> None:
    """Shares of each score in both arms, beside one another."""
    canvas.x_axis("Fear, 0 to 4", (0, 1, 2, 3, 4))
    canvas.y_axis("Children [%]", (0, 50, 100))
    for place, color in enumerate((GREY, BLUE)):
        for score in range(5):
            height = float(shares[place][score])
            if height:
                start = score - 0.36 + 0.37 * place
                canvas.bar((start, start + 0.35), (0, height), color)
                canvas.text(start + 0.175, height, f"{height:.0f}", anchor="middle", down=-5)
    canvas.key([("bar", GREY, ARMS[0]), ("bar", BLUE, ARMS[1])], top=54)


def _shares(values: np.ndarray) -> np.ndarray:
    counts: np.ndarray = 100 * np.array([(values == score).mean() for score in range(5)])
    return counts


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The scores of one's own trial, and the test of means."""
    trial = one_trial(lesson.scenario, seed)
    shares = [_shares(trial.values("fear", "needle", arm)) for arm in ARMS]
    p = {name: p_value(f"p_{name}", f"p: {words}", trial.p(name)) for name, words in TESTS.items()}
    numbers = (single("difference", "Difference of the means [points]", trial.estimate("means")[0]), *p.values())
    canvas = Canvas(
        "ordinal-own", "Your trial: fear of 80 children",
        "Children with each score, in percent. " + "; ".join(
            f"{arm}: " + ", ".join(f"{score} {value:.0f} %" for score, value in enumerate(one))
            for arm, one in zip(ARMS, shares, strict=True)
        ) + ".",
        x=(-0.6, 4.6), y=(0, 108), left=60,
    )  # fmt: skip
    _bars(canvas, shares)
    values = {name.replace(" ", "_"): number for name, number in p.items()} | {"difference": numbers[0]}
    return TrialShown(
        seed,
        numbers,
        p["means"].value,
        canvas.svg(),
        lesson.say("seen", **values),
        ("c",),
        lesson.say("others", **values),
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """How often each test rejects."""
    rows = {analysis: number for (analysis, _), number in rows_of(lesson.scenario).items()}
    p = many_trials(lesson.scenario, replicates)["p"]
    (fear,), arms = many_values(lesson.scenario, min(replicates, 1000), "fear", ("needle",))
    difference = [np.nanmean(np.where(arms == arm, fear, np.nan), axis=1) for arm in (0, 1)]
    numbers = (
        *(share(name.replace(" ", "_"), f"Trials with p < 0.05: {words}", p[:, rows[name]] < 0.05)
          for name, words in TESTS.items()),
        mean("difference", "Difference of the means [points]", difference[1] - difference[0]),
    )  # fmt: skip
    canvas = Canvas(
        "ordinal-reveal", "Equal means, and nobody with massage is in the middle",
        f"With usual care all children have 2; with massage half have 0 and half have 4. Tests of the means "
        f"reject in {numbers[0].brief} of trials, of "
        f"ranks in {numbers[1].brief}, of the share without fear in {numbers[3].brief}.",
        x=(-0.6, 4.6), y=(0, 108), left=60, right=240,
    )  # fmt: skip
    _bars(canvas, [_shares(fear[arms == arm]) for arm in (0, 1)])
    left = canvas.box[2] + 26
    canvas.note("p < 0.05 by", left=left, top=130)
    for place, (name, number) in enumerate(zip(TESTS, numbers, strict=False)):
        words = "odds" if name == "odds" else "no fear" if name == "no fear" else name
        canvas.note(f"{words}: {number.brief}", left=left, top=164 + 32 * place, size=19)
    blind = max(one.value for one in numbers[:3]) < 0.3 and numbers[3].value > 0.9
    return revealed(lesson, replicates, numbers, "d" if blind else "a", canvas.svg())
