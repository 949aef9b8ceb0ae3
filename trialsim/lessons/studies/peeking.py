"""Peeking: a look after every 20 patients."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import nearest_choice
from trialsim.lessons.trials import many_trials, one_trial, p_value, revealed, share

LOOKS = (20, 40, 60, 80, 100)
DRAWN = 40
TICKS = (0.001, 0.01, 0.05, 0.2, 1)


def _first(count: int) -> tuple[str, ...]:
    """The trial of its first patients, without looks: the same draws, so the same patients."""
    return ("design.looks=null", f"design.enroll={{each arm: {count // 2}}}")


def paths(scenario: str, replicates: int) -> np.ndarray:
    """p-values (R, looks) of the patients known at each look."""
    return np.stack([many_trials(scenario, replicates, changes=_first(n))["p"][:, 0] for n in LOOKS], axis=1)


def own_path(scenario: str, seed: int) -> np.ndarray:
    """p-values of one trial at each look."""
    return np.array([one_trial(scenario, seed, changes=_first(n)).p("anxiety") for n in LOOKS])


def _axes(name: str, title: str, words: str) -> Canvas:
    canvas = Canvas(name, title, words, x=(15, 105), y=(0.001, 1), log_y=True)
    canvas.x_axis("Patients so far", LOOKS)
    canvas.y_axis("p at the look", TICKS)
    canvas.line((15, 0.05), (105, 0.05), dashed=True)
    return canvas


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The p of one's own trial at the first three looks, and the others afterwards."""
    p = own_path(lesson.scenario, seed)
    numbers = tuple(p_value(f"p{n}", f"p after {n} patients", float(value)) for n, value in zip(LOOKS, p, strict=True))
    least = int(p.argmin())
    canvas = _axes(
        "peeking-own",
        "Your trial, after 60 of 100 patients",
        "p at three looks: " + ", ".join(one.brief for one in numbers[:3]) + ".",
    )
    canvas.path([(n, float(value)) for n, value in zip(LOOKS[:3], p[:3], strict=True)])
    for n, value, one in zip(LOOKS[:3], p[:3], numbers[:3], strict=True):
        canvas.dot(n, float(value), ORANGE if value < 0.05 else BLUE, hollow=bool(value < 0.05))
        canvas.text(n, float(value), one.brief, across=10, down=-12)
    path = ", ".join(one.text for one in numbers)
    after = lesson.say("stopped" if p[least] < 0.05 else "not stopped", path=path, n=LOOKS[int((p < 0.05).argmax())])
    return TrialShown(seed, numbers[:3], float(p.min()), canvas.svg(), lesson.say("seen", p=numbers[2]), ("c",), after)


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """How often p is below 0.05 at any of the looks."""
    p = paths(lesson.scenario, replicates)
    any_of = np.asarray(np.logical_or.accumulate(p < 0.05, axis=1))
    numbers = (
        share("any", "Trials with p < 0.05 at one of five looks", any_of[:, -1]),
        share("two", "Trials with p < 0.05 at one of the first two looks", any_of[:, 1]),
        share("end", "Trials with p < 0.05 at the end alone", p[:, -1] < 0.05),
        share(
            "gone",
            "Of trials with p < 0.05 at some look, those with p of 0.05 or more at the end",
            p[any_of[:, -1], -1] >= 0.05,
        ),
    )
    drawn = p[:DRAWN] if own is None else np.concatenate([[own_path(lesson.scenario, own)], p])[:DRAWN]
    crossed = drawn.min(axis=1) < 0.05
    canvas = _axes(
        "peeking-reveal", f"No effect, five looks: {int(crossed.sum())} of {DRAWN} trials would stop",
        f"The p-values of {DRAWN} trials at five looks; {int(crossed.sum())} of them go below 0.05 at some look.",
    )  # fmt: skip
    for number in np.argsort(crossed):
        color = ORANGE if crossed[number] else GREY
        canvas.path(
            [(n, float(v)) for n, v in zip(LOOKS, drawn[number], strict=True)],
            color,
            width=2.5 if crossed[number] else 1,
        )
        for n, value in zip(LOOKS, drawn[number], strict=True):
            if value < 0.05:
                canvas.dot(n, float(value), ORANGE, radius=5)
    if own is not None:
        canvas.path([(n, float(v)) for n, v in zip(LOOKS, drawn[0], strict=True)], "currentColor", width=3, dashed=True)
    key = [("line", GREY, "never below 0.05"), ("line", ORANGE, "below 0.05 at a look")]
    canvas.key([*key, ("dashed", "currentColor", "your trial")] if own is not None else key, top=52)
    answer = nearest_choice({"a": 0.05, "b": 0.25, "c": 0.14, "d": 0.01}, numbers[0].value)
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
