"""Tests within arms: significant here, not significant there, and no difference."""

from __future__ import annotations

import numpy as np

from trialsim.lessons.canvas import BLUE, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.trials import many_trials, one_trial, p_value, revealed, rows_of, share, single

ARMS = {"usual care": "after - before in usual care", "massage": "after - before in massage"}
BETWEEN = ("between", "massage - usual care")
NO_EFFECT = ("outcomes.stress.effects.massage.difference=0",)
DRAWN = 40


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The tests within the arms of one's own trial; that between them afterwards."""
    trial = one_trial(lesson.scenario, seed)
    found = {arm: (trial.estimate("each arm", row), trial.p("each arm", row)) for arm, row in ARMS.items()}
    numbers = tuple(
        number
        for arm, (estimate, p) in found.items()
        for number in (
            single(f"change_{arm}", f"Change with {arm} [points]", estimate[0]),
            p_value(f"p_{arm}", f"p of the change with {arm}", p),
        )
    )
    canvas = Canvas(
        "within-own", "Your trial: a test in each arm",
        "Changes with intervals: " + "; ".join(f"{arm} {e[0]:.1f}, from {e[1]:.1f} to "
        f"{e[2]:.1f}" for arm, (e, _) in found.items()) + ".",
        x=(-18, 8), y=(0, 2), left=110, top=60,
    )  # fmt: skip
    canvas.x_axis("Stress, after minus before [points]", (-15, -10, -5, 0, 5))
    canvas.line((0, 0), (0, 2), dashed=True)
    for place, (arm, (estimate, p)) in enumerate(found.items()):
        color = BLUE if p < 0.05 else ORANGE
        canvas.line((estimate[1], place + 0.5), (estimate[2], place + 0.5), color, width=5)
        canvas.dot(estimate[0], place + 0.5, color, radius=9, hollow=p >= 0.05)
        canvas.text(-18, place + 0.5, arm, anchor="end", across=-10, down=6)
        canvas.text(estimate[0], place + 0.5, p_value("", "", p).brief, anchor="middle", down=-18, size=18)
    between = p_value("between", "", trial.p(*BETWEEN))
    difference = single("difference", "", trial.estimate(*BETWEEN)[0])
    return TrialShown(
        seed, numbers, between.value, canvas.svg(), lesson.say("seen", massage=numbers[3], control=numbers[1]), ("c",),
        lesson.say("between", p=between, difference=difference),
    )  # fmt: skip


def _p(scenario: str, replicates: int, changes: tuple[str, ...] = ()) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P with massage, with usual care, and between."""
    rows = rows_of(scenario, changes)
    p = many_trials(scenario, replicates, changes=changes)["p"]
    return (p[:, rows["each arm", ARMS["massage"]]], p[:, rows["each arm", ARMS["usual care"]]], p[:, rows[BETWEEN]])


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:
    """Trials with massage significant and usual care not: what the test between says."""
    massage, control, between = _p(lesson.scenario, replicates)
    proof = (massage < 0.05) & (control >= 0.05)
    massage_0, control_0, _ = _p(lesson.scenario, replicates, NO_EFFECT)
    numbers = (
        share("pattern", "Trials with massage significant and usual care not", proof),
        share("silent", "Of these, with p of 0.05 or more between the arms", between[proof] >= 0.05),
        share("null", "If massage does nothing more: trials with one arm significant and the other not",
              (massage_0 < 0.05) != (control_0 < 0.05)),
    )  # fmt: skip
    if own is not None:
        trial = one_trial(lesson.scenario, own)
        mine = (trial.p("each arm", ARMS["massage"]), trial.p("each arm", ARMS["usual care"]), trial.p(*BETWEEN))
        massage, control, between = (
            np.concatenate([[a], b]) for a, b in zip(mine, (massage, control, between), strict=True)
        )
    looks = ((massage < 0.05) & (control >= 0.05))[:DRAWN]
    found, nothing = int(looks.sum()), int((looks & (between[:DRAWN] >= 0.05)).sum())
    canvas = Canvas(
        "within-reveal", f"{found} \"proofs\" in {DRAWN} trials; {nothing} fail between the arms",
        f"{DRAWN} trials by their p with usual care and with massage. In {found} of them massage is below 0.05 "
        f"and usual care is not.",
        x=(0.0008, 1), y=(1, 0.0008), log_x=True, log_y=True, left=74, top=104,
    )  # fmt: skip
    ticks = (0.001, 0.01, 0.05, 0.2, 1)
    canvas.bar((0.05, 1), (0.0008, 0.05), ORANGE, opacity=0.15)
    canvas.x_axis("p within usual care", ticks)
    canvas.y_axis("p within massage", ticks)
    for number in range(DRAWN):
        x, y = max(float(control[number]), 0.0008), max(float(massage[number]), 0.0008)
        canvas.dot(x, y, BLUE, hollow=bool(between[number] >= 0.05))
        if number == 0 and own is not None:
            canvas.ring(x, y)
    key = [("dot", BLUE, "p < 0.05 between the arms"), ("hollow", BLUE, "not"), ("bar", "#f3d3bd", '"proof"')]
    canvas.key([*key, ("ring", "", "yours")] if own is not None else key, top=54)
    answer = "c" if numbers[1].value > 0.5 else "a"
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
