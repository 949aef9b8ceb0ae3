"""One nurse fewer: where a loss is seen, and where it is not."""

from __future__ import annotations

import math

import numpy as np

from trialsim.api.play import analyze
from trialsim.api.play import simulate as simulate_cohort
from trialsim.lessons.canvas import BLUE, ORANGE, Canvas
from trialsim.lessons.records import LabeledNumber, Lesson, Reveal, TrialShown
from trialsim.lessons.trials import (
    estimated,
    mean,
    p_value,
    ratio,
    revealed,
    rows_of,
    share,
    single,
    study,
    trace_of,
    whole,
)
from trialsim.protocol.columns import GAVE_UP, GRANTED
from trialsim.report.digits import share_with_error

ONE = ("setting.resources.nurse.units=1",)
CALM, BUSY = "picu-blood-draw", "busy-ward"
ANALYSIS = ("fear_during", "all arms")
TOGETHER = 250


def ward(
    scenario: str, replicates: int, changes: tuple[str, ...], *, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By trial: sessions that were missed, sessions that were due, and p of the primary analysis."""
    row = rows_of(scenario, changes)[ANALYSIS]
    missed, due, p = [], [], []
    for start in range(0, replicates, TOGETHER):
        cohort = simulate_cohort(study(scenario, changes), range(start, min(start + TOGETHER, replicates)), seed=seed)
        state = trace_of(cohort).hold_state[:, :, 0]
        missed.append((state == GAVE_UP).sum(axis=1))
        due.append(((state == GAVE_UP) | (state == GRANTED)).sum(axis=1))
        p.append(analyze(cohort).p[0, :, row])
    return np.concatenate(missed), np.concatenate(due), np.concatenate(p)


def show(lesson: Lesson, seed: int) -> TrialShown:
    """The same trial with two nurses and with one."""
    found = [ward(lesson.scenario, 1, changes, seed=seed) for changes in ((), ONE)]
    (two, one), (p_two, p_one) = ([int(part[0][0]) for part in found], [float(part[2][0]) for part in found])
    due = int(found[1][1][0])
    numbers = (
        single("two", "Missed sessions, two nurses", two),
        single("one", "Missed sessions, one nurse", one),
        p_value("p_two", "p of fear during the needle, two nurses", p_two),
        p_value("p_one", "p of fear during the needle, one nurse", p_one),
    )
    canvas = Canvas(
        "onenurse-own", "Your trial, with two nurses and with one",
        f"Missed sessions of {due}: {two} with two nurses, {one} with one.",
        x=(0, 2), y=(0, max(8, one + 1)), left=66, top=80,
    )  # fmt: skip
    canvas.x_axis(f"of {due} sessions", (0.5, 1.5), ("two nurses", "one nurse"))
    canvas.y_axis("Missed sessions", (0, max(8, one + 1)))
    for place, (count, color) in enumerate(((two, BLUE), (one, ORANGE))):
        canvas.bar((place + 0.25, place + 0.75), (0, count), color)
        canvas.text(place + 0.5, count, str(count), anchor="middle", down=-8, size=20, bold=True)
    values = {"two": two, "one": one, "p_two": numbers[2], "p_one": numbers[3], "due": due}
    return TrialShown(
        seed, numbers, float(one), canvas.svg(), lesson.say("seen", **values), ("c",), lesson.say("power", **values)
    )


def _missed(name: str, label: str, found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> LabeledNumber:
    """The share of sessions that were missed, with the error over trials."""
    missed, due = found[0].astype(float), found[1].astype(float)
    part = missed.sum() / due.sum()
    error = float(np.std(missed - part * due, ddof=1)) / float(due.mean()) / math.sqrt(len(due))
    return LabeledNumber(name, label, share_with_error(float(part), error), whole(float(part)), float(part), error)


def _loss(name: str, label: str, before: np.ndarray, after: np.ndarray) -> LabeledNumber:
    """Points of power lost, of the same trials."""
    lost = (before < 0.05).astype(float) - (after < 0.05).astype(float)
    return estimated(name, label, 100 * float(lost.mean()), 100 * float(lost.std(ddof=1)) / math.sqrt(len(lost)))


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """Missed sessions and power on a calm and on a busy ward, with two nurses and with one."""
    found = {
        (scenario, n): ward(scenario, replicates, changes)
        for scenario in (CALM, BUSY)
        for n, changes in ((2, ()), (1, ONE))
    }
    numbers = (
        _missed("two", "Missed sessions, two nurses", found[CALM, 2]),
        _missed("one", "Missed sessions, one nurse", found[CALM, 1]),
        ratio("times", "Missed sessions, one nurse to two", found[CALM, 1][0], found[CALM, 2][0]),
        share("power_two", "Power, two nurses", found[CALM, 2][2] < 0.05),
        _loss("loss", "Power lost with one nurse [points]", found[CALM, 2][2], found[CALM, 1][2]),
        _missed("busy_two", "Missed sessions on the busier ward, two nurses", found[BUSY, 2]),
        _missed("busy_one", "Missed sessions on the busier ward, one nurse", found[BUSY, 1]),
        _loss(
            "busy_loss", "Power lost on the busier ward with one nurse [points]", found[BUSY, 2][2], found[BUSY, 1][2]
        ),
        mean("lost", "Sessions missed in a trial on the busier ward, one nurse", found[BUSY, 1][0]),
    )
    times = numbers[2].value
    canvas = Canvas(
        "onenurse-reveal", "One nurse fewer: missed sessions on two wards",
        f"Missed sessions: {numbers[0].brief} with two nurses and {numbers[1].brief} with one on the ward as "
        f"planned; {numbers[5].brief} and "
        f"{numbers[6].brief} on the busier ward.", x=(0, 4), y=(0, 16), left=66,
    )  # fmt: skip
    canvas.x_axis("", (0.7, 1.3, 2.7, 3.3), ("two", "one", "two", "one"))
    for place, words in ((1, "the ward as planned (60 % busy)"), (3, "a busier ward (80 % busy)")):
        canvas.text(place, 0, words, anchor="middle", down=53)
    canvas.y_axis("Missed sessions [%]", (0, 5, 10, 15))
    bars = ((0.7, numbers[0], BLUE), (1.3, numbers[1], ORANGE), (2.7, numbers[5], BLUE), (3.3, numbers[6], ORANGE))
    for x, number, color in bars:
        canvas.bar((x - 0.22, x + 0.22), (0, 100 * number.value), color)
        canvas.text(x, 100 * number.value, number.brief, anchor="middle", down=-8, size=19, bold=True)
    canvas.text(1, 16, f"power lost: {numbers[4].text} points", anchor="middle", down=16, size=17)
    canvas.text(3, 16, f"power lost: {numbers[7].text} points", anchor="middle", down=16, size=17)
    canvas.key([("bar", BLUE, "two nurses"), ("bar", ORANGE, "one nurse")], top=54)
    answer = "c" if times > 15 else "b" if times > 1.5 else "a"
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
