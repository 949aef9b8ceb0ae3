"""Carryover: a test that decides which test is made."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import nearest_choice
from trialsim.lessons.trials import many_trials, one_trial, p_value, revealed, rows_of, share

ANALYSES = ("carried over", "first period", "differences")
#: Level of the test for carryover.
FIRST_TEST = 0.10


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The three p-values of one's own trial."""
    trial = one_trial(lesson.scenario, seed)
    p = {name: p_value(f"p_{name.replace(' ', '_')}", f"p: {name}", trial.p(name)) for name in ANALYSES}
    found = p["carried over"].value < FIRST_TEST
    used = p["first period"] if found else p["differences"]
    canvas = Canvas(
        "carryover-own", "Your trial: which way does the recipe go?",
        f"Test for carryover: {p['carried over'].brief}. So the recipe uses the "
        f"{'first period' if found else 'differences'}: {used.brief}.",
        x=(0, 10), y=(0, 6), top=50, bottom=20, left=20,
    )  # fmt: skip
    boxes = (
        (3, 7, 4.6, f"carryover, at 10 %: {p['carried over'].brief}", True),
        (0.2, 4.6, 1.6, f"first period: {p['first period'].brief}", found),
        (5.4, 9.8, 1.6, f"differences: {p['differences'].brief}", not found),
    )
    canvas.line((5, 4.6), (2.4, 3), ORANGE if found else GREY, width=4 if found else 1.5)
    canvas.line((5, 4.6), (7.6, 3), GREY if found else BLUE, width=1.5 if found else 4)
    canvas.text(3.2, 3.9, "p < 0.10", anchor="end")
    canvas.text(6.8, 3.9, "p of 0.10 or more")
    for left, right, low, words, taken in boxes:
        canvas.bar((left, right), (low, low + 1.3), BLUE if taken else GREY, hollow=True)
        canvas.text((left + right) / 2, low + 0.5, words, anchor="middle", bold=taken)
    values = {"carry": p["carried over"], "used": used, "first": p["first period"], "differences": p["differences"]}
    way = "first" if found else "differences"
    return TrialShown(
        seed,
        tuple(p.values()),
        used.value,
        canvas.svg(),
        lesson.say("seen", **values),
        ("c",),
        lesson.say(way, **values),
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """How often each way rejects, without any effect and without carryover."""
    rows = {analysis: number for (analysis, _), number in rows_of(lesson.scenario).items()}
    p = many_trials(lesson.scenario, replicates)["p"]
    carry, first, differences = (p[:, rows[name]] for name in ANALYSES)
    found = carry < FIRST_TEST
    recipe = np.where(found, first, differences) < 0.05
    numbers = (
        share("recipe", "Trials with p < 0.05 by the recipe of two tests", recipe),
        share("differences", "Trials with p < 0.05 by the differences, always", differences < 0.05),
        share("found", "Trials in which the first test finds carryover (there is none)", found),
        share("first", "Of these, with p < 0.05 in the first period", first[found] < 0.05),
    )
    canvas = Canvas(
        "carryover-reveal", f"A test that chooses the test: {numbers[0].brief} in place of 5 %",
        f"Rejections without any effect: the recipe {numbers[0].brief}, the differences alone {numbers[1].brief}; "
        f"where carryover was found the first "
        f"period rejects in {numbers[3].brief}.", x=(0, 50), y=(0, 3), left=230, top=70,
    )  # fmt: skip
    canvas.x_axis("Trials with p < 0.05, without any effect [%]", (0, 5, 20, 40))
    canvas.line((5, 0), (5, 3), dashed=True)
    rows_shown = (
        ("differences, always", numbers[1], BLUE), ("the recipe of two tests", numbers[0], ORANGE),
        ("first period, if chosen", numbers[3], GREY),
    )  # fmt: skip
    for place, (words, number, color) in enumerate(rows_shown):
        level = 2.5 - place
        canvas.bar((0, 100 * number.value), (level - 0.28, level + 0.28), color)
        canvas.text(100 * number.value, level, number.brief, across=10, down=7, size=20, bold=True)
        canvas.text(0, level, words, anchor="end", across=-10, down=6, size=17)
    answer = nearest_choice({"a": 0.05, "b": 0.025, "c": 0.085, "d": 0.15}, numbers[0].value)
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
