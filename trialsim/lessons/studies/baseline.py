"""Baseline: the score afterwards, the change, or both."""

from __future__ import annotations

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas
from trialsim.lessons.records import Lesson, Reveal, TrialShown
from trialsim.lessons.trials import many_trials, one_trial, p_value, ratio, revealed, rows_of, share, single

ANALYSES = {"afterwards": "score afterwards", "change": "change", "at equal baseline": "both (ANCOVA)"}
COLORS = {"afterwards": GREY, "change": ORANGE, "at equal baseline": BLUE}
GRID = (0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
CONTRAST = "music - usual care"


def show(lesson: Lesson, seed: int) -> TrialShown:
    """Three analyses of one's own trial."""
    trial = one_trial(lesson.scenario, seed)
    canvas = Canvas(
        "baseline-own", "Your trial, analyzed in three ways",
        "; ".join(f"{words}: {trial.estimate(name)[0]:.1f}, p "
        f"{trial.p(name):.3f}" for name, words in ANALYSES.items()) + ".",
        x=(-28, 10), y=(0, 3), left=156, top=60,
    )  # fmt: skip
    canvas.x_axis("Anxiety, music minus usual care [points]", (-20, -10, 0, 10))
    canvas.line((0, 0), (0, 3), dashed=True)
    numbers = []
    for place, (name, words) in enumerate(ANALYSES.items()):
        estimate, low, high = trial.estimate(name)
        p = p_value(f"p_{name}", f"p: {words}", trial.p(name))
        numbers += [single(f"estimate_{name}", f"Difference: {words} [points]", estimate), p]
        canvas.line((low, 2.5 - place), (high, 2.5 - place), COLORS[name], width=5)
        canvas.dot(estimate, 2.5 - place, COLORS[name], radius=9)
        canvas.text(-28, 2.5 - place, words, anchor="end", across=-10, down=6)
        canvas.text(estimate, 2.5 - place, p.brief, anchor="middle", down=-16)
    values = {name.replace(" ", "_"): trial.p(name) for name in ANALYSES}
    least = min(ANALYSES, key=trial.p)
    return TrialShown(
        seed, tuple(numbers), values["at_equal_baseline"], canvas.svg(), lesson.say("seen"), ("b",),
        lesson.say("least", words=ANALYSES[least]),
    )  # fmt: skip


def simulate(lesson: Lesson, replicates: int, own: int | None) -> Reveal:  # noqa: ARG001  # no own trial in this picture
    """The power of three analyses of the same trials, and what that means in patients."""
    rows = rows_of(lesson.scenario)
    found = many_trials(lesson.scenario, replicates)
    se2 = {name: found["se"][:, rows[name, CONTRAST]] ** 2 for name in ANALYSES}
    numbers = (
        *(share(f"power_{n}", f"Power: {words}", found["p"][:, rows[name, CONTRAST]] < 0.05)
          for n, (name, words) in zip(("after", "change", "both"), ANALYSES.items(), strict=True)),
        ratio("need_change", "Patients needed with the change, for each one with the score "
        "afterwards", se2["change"], se2["afterwards"]),
        ratio("need_both", "Patients needed with both, for each one with the score "
        "afterwards", se2["at equal baseline"], se2["afterwards"]),
    )  # fmt: skip
    canvas = Canvas(
        "baseline-reveal", "Both scores together are never worse",
        "Power of three analyses by the correlation of both scores. The change is worse than the score "
        "afterwards below 0.5 and better above; "
        "the analysis of both is at least as good as either everywhere.", x=(0, 0.95), y=(20, 100), left=60,
    )  # fmt: skip
    canvas.x_axis("Correlation of the scores before and after", (0, 0.25, 0.5, 0.75))
    canvas.y_axis("Power [%]", (20, 40, 60, 80, 100))
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in ANALYSES}
    for r in GRID:
        p = many_trials(
            lesson.scenario, max(replicates // 4, 400), changes=(f"outcomes.anxiety.correlation.between_sessions={r}",)
        )["p"]
        for name, curve in curves.items():
            curve.append((r, 100 * float((p[:, rows[name, CONTRAST]] < 0.05).mean())))
    for name, curve in curves.items():
        canvas.path(curve, COLORS[name], width=4, dashed=name == "change")
    canvas.line((0.6, 20), (0.6, 100), width=1, dashed=True)
    canvas.text(0.6, 22, "this study", across=6, down=-4)
    canvas.key(
        [("line", BLUE, "both (ANCOVA)"), ("dashed", ORANGE, "change"), ("line", GREY, "score afterwards")], top=54
    )
    sizes = {"a": 1.0, "b": numbers[3].value, "c": numbers[4].value}
    answer = min(sizes, key=lambda key: sizes[key])
    hundred = {f"{name}_of_100": f"{100 * sizes[key]:.0f}" for name, key in (("change", "b"), ("both", "c"))}
    return revealed(lesson, replicates, numbers, answer, canvas.svg(), **hundred)
