"""The therapist is a cluster: sixty children, and two therapists."""

from __future__ import annotations

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.strips import interval_picture, nearest_choice
from trialsim.lessons.trials import many_trials, one_trial, p_value, revealed, share, single

SIZES = (5, 10, 20, 30, 60)


def size(count: int) -> tuple[str, ...]:
    """So many children for each therapist."""
    return (f"design.enroll={{each arm: {count}}}",)


def show(lesson: Lesson, seed: int) -> TrialShown:
    """One's own trial."""
    trial = one_trial(lesson.scenario, seed)
    p = p_value("p", "p of the trial", trial.p("children"))
    estimate, low, high = trial.estimate("children")
    numbers = (
        single("difference", "Massage by Bert minus talk with Anna [points]", estimate),
        single("low", "Interval of 95 %, from [points]", low),
        single("high", "Interval of 95 %, to [points]", high),
        p,
    )
    canvas = interval_picture(
        "therapist-own", p.brief, (estimate, low, high), x=(-35, 35), ticks=(-30, -15, 0, 15, 30),
        label="Anxiety, massage minus talk [points]",
    )  # fmt: skip
    after = lesson.say("significant" if p.value < 0.05 else "not significant", p=p)
    return TrialShown(
        seed, numbers, p.value, canvas.svg(), lesson.say("seen", difference=numbers[0], p=p), ("c",), after
    )


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """How often the t-test of children rejects, by the number of children of a therapist."""
    rejects = {
        count: many_trials(lesson.scenario, replicates, changes=size(count))["p"][:, 0] < 0.05 for count in SIZES
    }
    numbers = (
        share("rejects", "Trials with p < 0.05, 30 children for each therapist", rejects[30]),
        share("few", "Trials with p < 0.05, 10 children for each therapist", rejects[10]),
        share("many", "Trials with p < 0.05, 60 children for each therapist", rejects[60]),
    )
    canvas = Canvas(
        "therapist-reveal", f"No effect, and {numbers[0].brief} of trials \"find\" one",
        "Trials with p below 0.05 by the number of children of each therapist: "
        + ", ".join(f"{n}: {100 * float(found.mean()):.0f} %" for n, found in rejects.items()) + ". It should be 5 percent.",
        x=(0, 65), y=(0, 40), left=66,
    )  # fmt: skip
    canvas.x_axis("Children of each therapist", (5, 10, 20, 30, 60))
    canvas.y_axis("Trials with p < 0.05 [%]", (0, 5, 10, 20, 30, 40))
    canvas.line((0, 5), (65, 5), GREY, dashed=True)
    canvas.text(64, 5, "as promised: 5 %", anchor="end", down=-8)
    points = [(float(n), 100 * float(found.mean())) for n, found in rejects.items()]
    canvas.path(points, BLUE, width=4)
    for n, value in points:
        canvas.dot(n, value, ORANGE if n == 30 else BLUE, radius=9 if n == 30 else 6)
        canvas.text(n, value, f"{value:.0f} %", anchor="middle", down=-14, bold=True)
    answer = nearest_choice({"a": 0.05, "b": 0.07, "c": 0.22, "d": 0.50}, numbers[0].value)
    return revealed(lesson, replicates, numbers, answer, canvas.svg())
