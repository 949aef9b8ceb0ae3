"""Three arms, many outcomes: how one of many tests is nearly always near to being significant."""

from __future__ import annotations

import itertools

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import nearest_choice
from trialsim.lessons.trials import many_trials, one_trial, p_text, p_value, revealed, rows_of, share

OUTCOMES = ("fear", "pain", "stress", "pulse")
PAIRS = ("music - usual care", "massage - usual care", "massage - music")
TESTS = tuple(itertools.product(OUTCOMES, PAIRS))


def show(lesson: Lesson, seed: int) -> TrialShown:
    """Twelve p-values of one trial."""
    trial = one_trial(lesson.scenario, seed)
    p = {test: trial.p(*test) for test in TESTS}
    (outcome, pair), least = min(p.items(), key=lambda one: one[1])
    below = sum(value < 0.05 for value in p.values())
    canvas = Canvas(
        "many-own", "Your trial: 12 tests",
        "A table of twelve p-values, four outcomes by three pairs of arms: "
        + ", ".join(f"{a}, {b}: {p_text(value)}" for (a, b), value in p.items()) + ".",
        x=(0, 3), y=(4, 0), left=110, top=110, bottom=20,
    )  # fmt: skip
    for column, words in enumerate(PAIRS):
        first, second = words.split(" - ")
        canvas.text(column + 0.5, 0, f"{first} against", anchor="middle", down=-32)
        canvas.text(column + 0.5, 0, second, anchor="middle", down=-12)
    for row, name in enumerate(OUTCOMES):
        canvas.text(0, row + 0.5, name, anchor="end", across=-12, down=6, size=17)
        for column, words in enumerate(PAIRS):
            value = p[name, words]
            canvas.bar(
                (column + 0.04, column + 0.96), (row + 0.06, row + 0.94), ORANGE if value < 0.05 else GREY, hollow=True
            )
            mark = " *" if value < 0.05 else ""
            canvas.text(
                column + 0.5, row + 0.5, p_text(value) + mark, anchor="middle", down=6, bold=value < 0.05, size=18
            )
    numbers = tuple(p_value(f"{a}_{b}", f"p: {a}, {b}", value) for (a, b), value in p.items())
    values = {"below": below, "outcome": outcome, "pair": pair, "p": p_text(least)}
    after = "none" if below == 0 else "one" if below == 1 else "several"
    return TrialShown(
        seed, numbers, least, canvas.svg(), lesson.say("seen", **values), ("c",), lesson.say(after, **values)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """The chance of at least one p < 0.05 by the number of tests."""
    rows = rows_of(lesson.scenario)
    p = many_trials(lesson.scenario, replicates)["p"][:, [rows[test] for test in TESTS]] < 0.05
    any_of = np.logical_or.accumulate(p, axis=1)
    numbers = (
        share("any", "Trials with at least one p < 0.05 of 12", any_of[:, -1]),
        share("one", "Trials with p < 0.05 in the first test alone", any_of[:, 0]),
        share("three", "Trials with at least one p < 0.05 in one outcome (3 tests)", any_of[:, 2]),
        share(
            "adjusted",
            "Trials with at least one p below 0.05 / 12 (Bonferroni)",
            _least(lesson, replicates) < 0.05 / 12,
        ),
    )
    canvas = Canvas(
        "many-reveal", "No effect anywhere, and more and more \"findings\"",
        "The chance of at least one p below 0.05 rises with the number of tests "
        f"from {numbers[1].brief} to {numbers[0].brief} for 12. "
        "If the tests were independent it would rise to 46 percent.", x=(0, 12.4), y=(0, 60),
    )  # fmt: skip
    canvas.x_axis("Number of tests", (1, 3, 6, 9, 12))
    canvas.y_axis("Trials with at least one p < 0.05 [%]", (0, 5, 20, 40, 60))
    canvas.line((0, 5), (12.4, 5), GREY, dashed=True)
    canvas.path([(n, 100 * (1 - 0.95**n)) for n in range(1, 13)], GREY, dashed=True)
    shares = 100 * any_of.mean(axis=0)
    canvas.path([(n + 1, float(value)) for n, value in enumerate(shares)], BLUE, width=4)
    for n, value in enumerate(shares):
        canvas.dot(n + 1, float(value), BLUE)
    canvas.text(12, float(shares[-1]), numbers[0].brief, anchor="end", down=34, size=20, bold=True)
    canvas.text(12, 46, "if independent: 46 %", anchor="end", down=-16)
    canvas.text(12, 5, "5 %", anchor="end", down=-8)
    answer = nearest_choice({"a": 0.05, "b": 0.60, "c": 0.46, "d": 0.37}, numbers[0].value)
    return revealed(lesson, replicates, numbers, answer, canvas.svg())


def _least(lesson: Lesson, replicates: int) -> np.ndarray:
    """The smallest p of each trial."""
    rows = rows_of(lesson.scenario)
    found: np.ndarray = many_trials(lesson.scenario, replicates)["p"][:, [rows[test] for test in TESTS]].min(axis=1)
    return found
