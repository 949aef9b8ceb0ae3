"""Responders: choosing patients by their own change."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, GREY, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import nearest_choice, p_strip
from trialsim.lessons.trials import many_trials, mean, one_trial, p_value, revealed, rows_of, share, single

ROW = "post - pre"


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The changes of the mothers of one's own study."""
    trial = one_trial(lesson.scenario, seed)
    pre, post = (trial.values("maternal_cortisol", visit) for visit in ("pre", "post"))
    percent = np.sort(100 * (post / pre - 1))
    fell = percent < -10
    everybody, chosen = (p_value(name, "", trial.p(name)) for name in ("everybody", "those_who_fell"))
    numbers = (
        single("mothers", "Mothers", float(len(percent))),
        single("fell", "Mothers who fell by more than 10 %", float(fell.sum())),
        p_value("p_everybody", "p, all mothers", everybody.value),
        p_value("p_fell", "p, only mothers who fell by more than 10 %", chosen.value),
    )
    canvas = Canvas(
        "responders-own", f"Your study: {int(fell.sum())} of {len(percent)} mothers fell by more than 10 %",
        f"The change of each of {len(percent)} mothers in percent, sorted; {int(fell.sum())} of them fell by more "
        f"than 10 percent.",
        x=(0, len(percent)), y=(-80, 120), left=66,
    )  # fmt: skip
    canvas.y_axis("Change [%]", (-80, -40, 0, 40, 80, 120))
    canvas.line((0, 0), (len(percent), 0), width=1)
    canvas.line((0, -10), (len(percent), -10), dashed=True, width=1)
    for place, change in enumerate(percent):
        canvas.bar(
            (place + 0.12, place + 0.88),
            (0, min(float(change), 120)),
            BLUE if fell[place] else GREY,
            hollow=not fell[place],
        )
    canvas.key([("bar", BLUE, "fell by more than 10 %"), ("bar", GREY, "all others")], top=54)
    values = {"n": int(fell.sum()), "all": everybody, "fell": chosen}
    return TrialShown(
        seed, numbers, chosen.value, canvas.svg(), lesson.say("seen", **values), ("a",), lesson.say("both", **values)
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """How often the test of those who fell is significant, without any effect."""
    rows = rows_of(lesson.scenario)
    column = {analysis: number for (analysis, _), number in rows.items()}
    found = many_trials(lesson.scenario, replicates)["p"]
    fell = found[:, column["those_who_fell"]]
    numbers = (
        share("fell", "Studies with p < 0.05, only mothers who fell by more than 10 %", fell < 0.05),
        share("moved", "Studies with p < 0.05, only mothers who moved by more than 15.5 % either way",
              found[:, column["those_who_moved"]] < 0.05),
        share("everybody", "Studies with p < 0.05, all mothers", found[:, column["everybody"]] < 0.05),
        mean("count", "Mothers who fell by more than 10 %, of 22", _counts(lesson, min(replicates, 1000))),
    )  # fmt: skip
    mine = [] if own is None else [one_trial(lesson.scenario, own).p("those_who_fell")]
    drawn = np.concatenate([mine, fell])[:40]
    canvas = p_strip(
        "responders-reveal", f"No effect at all: {int((drawn < 0.05).sum())} of {len(drawn)} studies are "
        f"significant", drawn,
        ringed=own is not None,
    )  # fmt: skip
    answer = nearest_choice({"a": 0.05, "b": 0.10, "c": 0.50, "d": 0.88}, numbers[0].value)
    return revealed(lesson, replicates, numbers, answer, canvas.svg())


def _counts(lesson: Lesson, replicates: int) -> np.ndarray:
    """How many mothers fell, in each study."""
    from trialsim.lessons.trials import many_values

    (pre, post), _ = many_values(lesson.scenario, replicates, "maternal_cortisol", ("pre", "post"))
    found: np.ndarray = (post < 0.9 * pre).sum(axis=1)
    return found
