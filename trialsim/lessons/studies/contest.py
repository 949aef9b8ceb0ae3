"""A design contest: the least cost for a power of 80 %."""

from __future__ import annotations

from typing import NamedTuple

from trialsim.api.play import evaluate
from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import LabeledNumber, Lesson, Reveal, TrialShown
from trialsim.lessons.trials import one_trial, p_value, revealed, whole
from trialsim.report.digits import share_with_error

GOAL = 0.80


class ContestDesign(NamedTuple):
    """A design of the contest: the key of its answer, its scenario, what is changed, and its analysis."""

    key: str
    words: str
    scenario: str
    changes: tuple[str, ...]
    analysis: str


DESIGNS = (
    ContestDesign("a", "64 an arm, score afterwards", "design-contest-one-score", (), "score afterwards"),
    ContestDesign("b", "52 an arm, change", "design-contest", ("design.enroll={each arm: 52}",), "change"),
    ContestDesign("c", "44 an arm, both scores", "design-contest", (), "both scores"),
    ContestDesign(
        "d",
        "50 an arm, score afterwards",
        "design-contest-one-score",
        ("design.enroll={each arm: 50}",),
        "score afterwards",
    ),
)


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One trial of each design, with the same draws."""
    p = {
        one.key: p_value(
            f"p_{one.key}", f"p: {one.words}", one_trial(one.scenario, seed, changes=one.changes).p(one.analysis)
        )
        for one in DESIGNS
    }
    canvas = Canvas(
        "contest-own", "Your trial, by each of four designs",
        "; ".join(f"{one.words}: {p[one.key].brief}" for one in DESIGNS) + ".",
        x=(0.0005, 1), y=(0, 4), log_x=True, left=286, top=60,
    )  # fmt: skip
    canvas.x_axis("p of one trial", (0.001, 0.01, 0.05, 0.2, 1))
    canvas.line((0.05, 0), (0.05, 4), dashed=True)
    for place, one in enumerate(DESIGNS):
        level = 3.5 - place
        low = p[one.key].value < 0.05
        canvas.dot(max(p[one.key].value, 0.0005), level, BLUE if low else ORANGE, radius=10, hollow=not low)
        canvas.text(0.0005, level, f"{one.key}: {one.words}", anchor="end", across=-12, down=6)
    least = min(DESIGNS, key=lambda one: p[one.key].value)
    numbers = tuple(p.values())
    return TrialShown(
        seed, numbers, p["c"].value, canvas.svg(), lesson.say("seen", words=least.words), ("c",), lesson.say("after")
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """Power and cost of each design."""
    powers, costs = {}, {}
    for one in DESIGNS:
        table = evaluate(one.scenario, set=one.changes, replicates=replicates, truth=False).frame()
        power = table[(table["analysis"] == one.analysis) & (table["measure"] == "power")].iloc[0]
        value, error = float(power["value"]), float(power["mcse"])
        text = share_with_error(value, error)
        powers[one.key] = LabeledNumber(f"power_{one.key}", f"Power: {one.words}", text, whole(value), value, error)
        cost = float(table[table["measure"] == "cost_EUR"].iloc[0]["value"])
        costs[one.key] = LabeledNumber(
            f"cost_{one.key}", f"Cost: {one.words} [EUR]", f"{cost:,.0f}", f"EUR {cost:,.0f}", cost
        )
    # Two points are left to the Monte Carlo error.
    enough = [one.key for one in DESIGNS if powers[one.key].value >= GOAL - 0.02]
    answer = min(enough, key=lambda key: costs[key].value) if enough else "a"
    canvas = Canvas(
        "contest-reveal", f"80 % for {costs[answer].brief}: the score before pays for itself",
        "Power against cost: " + "; ".join(f"{one.words}: {powers[one.key].brief} for "
        f"{costs[one.key].brief}" for one in DESIGNS) + ".",
        x=(12000, 18000), y=(60, 92), left=66, right=44,
    )  # fmt: skip
    canvas.x_axis("Cost of the study [EUR]", (12000, 14000, 16000, 18000))
    canvas.y_axis("Power [%]", (60, 70, 80, 90))
    canvas.bar((12000, 18000), (80, 92), GREY, opacity=0.15)
    canvas.line((12000, 80), (18000, 80), dashed=True)
    for one in DESIGNS:
        x, y = costs[one.key].value, 100 * powers[one.key].value
        best = one.key == answer
        canvas.dot(x, y, ORANGE if best else BLUE, radius=12 if best else 8, hollow=not best)
        across, down = {"a": (-16, 26), "b": (-16, -14), "c": (2, -22), "d": (18, 24)}[one.key]
        canvas.text(x, y, one.words, anchor="end" if across < 0 else "start", across=across, down=down)
    return revealed(lesson, replicates, (*powers.values(), *costs.values()), answer, canvas.svg())
