"""What the page of a run says first, and the rows of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialsim.evaluate.columns import ALL_MEMBERS, ANY_MEMBER, FAMILY, shown_names
from trialsim.evaluate.looks import LOOKS
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import Measure
from trialsim.evaluate.truth import TRUTH
from trialsim.evaluate.verdict import WITHOUT_EFFECTS
from trialsim.report.brief import headline_verdicts
from trialsim.report.digits import measure_with_error, percent
from trialsim.report.document import HeadlineCard
from trialsim.report.reported import ReportSource
from trialsim.report.truth import CALLED, level_rate, rate, verdict_words
from trialsim.report.words import join, number

if TYPE_CHECKING:
    from trialsim.evaluate.verdict import Verdict
    from trialsim.runs.run import FinishedRun

#: What a measure of the trial as a whole is called on the page, and how its value is written.
TRIAL_MEASURES = {
    "target_reached_in_time": ("Trials that enroll their target in time", "share"),
    "enrolled": ("Participants enrolled", "number"),
    "imbalance": ("Largest difference between arms at the end", "number"),
    "right_guesses": ("Next arm guessed by who knows the past", "share"),
    "enrollment_days": ("Days until the last enrollment", "number"),
    "trial_days": ("Days until the last visit", "number"),
    "missed_share": ("Sessions missed", "share"),
    "wait_mean_minutes": ("Mean wait [min]", "number"),
    "wait_p95_minutes": ("Wait that 95 % do not exceed [min]", "number"),
    "missing_share": ("Values missing", "share"),
    "study_hours": ("Hours of staff for the study", "number"),
    "overtime_hours": ("Hours after the end of a shift", "number"),
}


def _find(
    run: ReportSource, measure: str, *, analysis: str | None = None, contrast: str | None = None
) -> Measure | None:
    for row in run.characteristics.measures:
        if row.measure == measure and analysis in (None, row.analysis) and contrast in (None, row.contrast):
            return row
    return None


def answer(run: ReportSource) -> str:
    """The finding in a sentence, one before it when the target is not always enrolled, one after it on the level."""
    scenario, primary = run.study.scenario, run.study.scenario.primary[0]
    size = run.study.conduct.target
    power = _find(run, "power", analysis=primary)
    arms = len(scenario.design.arms)
    groups = "sequences" if scenario.design.sequences else "arms"
    who = f"{size} participants" + (f" in {arms} {groups}" if arms > 1 else "")
    result = _family_in_words(run) or _power_in_words(run, primary, power)
    return " ".join([*_shortfall(run), f"With {who} as the target, {result}", *_level_in_words(run)])


def _shown(run: ReportSource) -> dict[str, str]:
    return shown_names(run.characteristics.kept.rows)


def _family_in_words(run: ReportSource) -> str | None:
    """Of several primary analyses: how often one of them rejects, and how often all do."""
    some, every = (_find(run, "power", analysis=FAMILY, contrast=which) for which in ("any", "all"))
    if some is None or every is None:
        return None
    primary = run.study.scenario.primary
    names = f"primary analyses {join([_shown(run)[name] for name in primary])}"
    if len(primary) == 1:
        rows = [row.contrast for row in run.characteristics.kept.rows if row.analysis == primary[0] and row.main]
        names = f"comparisons of the primary analysis {_shown(run)[primary[0]]} ({join(rows)})"
    return (
        f"at least one of the {names} rejects in {_in_sentence(some)}, and all of them in "
        f"{_in_sentence(every, of='these trials')}."
    )


def has_family(run: ReportSource) -> bool:
    """Whether several primary tests are looked at together: of several analyses, or of one with several comparisons."""
    return _find(run, "power", analysis=FAMILY, contrast="any") is not None


def _in_sentence(share: Measure, of: str = "simulated trials if everything is as declared") -> str:
    """``73.5 % of simulated trials (Monte Carlo standard error 3.1 percentage points)``; or with the bound in brackets."""
    number, sign, error = measure_with_error(share, "share").partition(" ± ")
    if sign:
        return f"{number} of {of} (Monte Carlo standard error {error} percentage points)"
    number, _, bound = number.partition(" (")
    return f"{number} of {of}{' (' + bound if bound else ''}"


def _power_in_words(run: ReportSource, primary: str, power: Measure | None) -> str:
    if power is None:
        low, high = _find(run, "power_low", analysis=primary), _find(run, "power_high", analysis=primary)
        assert low is not None
        assert high is not None
        return (
            f"the primary analysis {_shown(run)[primary]} rejects in {percent(low.value)} to {percent(high.value)} of simulated "
            "trials: too many trials could not be analyzed to give one number."
        )
    return f"the primary analysis {_shown(run)[primary]} rejects in {_in_sentence(power)}."


def _level_in_words(run: ReportSource) -> list[str]:
    """What to say of a headline whose tests reject too often when there is nothing to find."""
    sentences = []
    for one in headline_verdicts(run):
        if one.too_often:
            who = {"any": "at least one rejects", "all": "all reject"} if one.analysis == FAMILY else {}
            sentences.append(
                f"This is not a power: without the declared effects ({one.twin} twin) {who.get(one.contrast, 'it rejects')} "
                f"in {percent(one.rate)} of the trials where {percent(one.alpha)} would be right{_truth_there(run, one)}."
            )
    return sentences


def _truth_there(run: ReportSource, verdict: Verdict) -> str:
    """The true effect in the twin in which there is nothing to find, where it is not none; else empty."""
    name = TRUTH[verdict.twin]
    truth = _find(run, name, analysis=verdict.analysis, contrast=verdict.contrast)
    if truth is None or verdict.measure != WITHOUT_EFFECTS:
        return ""
    return (
        f" (the true effect there is {measure_with_error(truth, 'number')}: an intended change belongs under effects)"
    )


def _shortfall(run: ReportSource) -> list[str]:
    """What to say when the target is not always reached."""
    reached, enrolled = _find(run, "target_reached_in_time"), _find(run, "enrolled", contrast="")
    within = run.study.scenario.design.within
    if reached is None or enrolled is None or reached.value == 1.0:
        return []
    limit = f" in {number(within)}" if within is not None else ""
    return [
        (
            f"On average {measure_with_error(enrolled, 'number')} of {run.study.conduct.target} participants are "
            f"enrolled{limit}; {measure_with_error(reached, 'share')} of simulated trials reach the target."
        )
    ]


def cards(run: ReportSource) -> list[HeadlineCard]:
    """The numbers to be seen first, each with its error or its bound."""
    primary = run.study.scenario.primary[0]
    what = "analysis" if len(run.study.scenario.primary) > 1 else "comparison"
    every = "analyses" if len(run.study.scenario.primary) > 1 else "comparisons"
    too_often = {(one.analysis, one.contrast) for one in headline_verdicts(run) if one.too_often}
    first: list[tuple[str | None, str | None, str, str]] = [
        (primary, None, "power", "power of the primary analysis"),
        (primary, None, "", "rejections when there is nothing to find"),
    ]
    if has_family(run):
        first = [
            (FAMILY, "any", "power", f"power of at least one primary {what}"),
            (FAMILY, "all", "power", f"power of all primary {every} together"),
            (FAMILY, "any", "", "at least one rejects when there is nothing to find"),
        ]
    wanted = [
        *first,
        (TRIAL, None, "target_reached_in_time", "of trials enroll their target in time"),
        (TRIAL, None, "trial_days", "days until the last visit, on average")
        if run.study.looks is None
        else (LOOKS, "", "stop_days", "days until the last visit, with stops, on average"),
    ]
    found = []
    for analysis, contrast, measure, label in wanted:
        names = (measure,) if measure else tuple(CALLED)
        row = next(filter(None, (_find(run, name, analysis=analysis, contrast=contrast) for name in names)), None)
        if row is not None:
            bad = (row.analysis, row.contrast) in too_often
            if bad and measure == "power":
                label = label.replace("power of", "rejections of") + ", which rejects too often"
            found.append(_card(row, label, bad=bad))
    return found


def _card(row: Measure, label: str, *, bad: bool) -> HeadlineCard:
    """A number, and in brackets its error or bound as in the tables."""
    kind = "number" if row.measure in ("trial_days", "stop_days") else "share"
    value, sign, error = measure_with_error(row, kind).partition(" ± ")
    if not sign:
        value, _, bound = value.partition(" (")
        return HeadlineCard(value, label, bound.removesuffix(")"), bad)
    return HeadlineCard(value, label, f"± {error}", bad)


def analysis_rows(run: FinishedRun) -> list[dict[str, Any]]:
    """Power, rejections when there is nothing to find, the verdict on them, estimate and interval of each analysis."""
    rows: list[dict[str, Any]] = _family_rows(run)
    for row in run.characteristics.kept.rows:
        here = {"analysis": row.analysis, "contrast": row.contrast}
        mean, spread = _find(run, "mean_estimate", **here), _find(run, "empirical_se", **here)
        width, n = _find(run, "interval_width", **here), _find(run, "n_analyzed", **here)
        scale = spread.value if spread is not None else 0.0
        rows.append(
            {
                **here,
                "shown": row.shown,
                "test": row.test,
                "primary": "primary" if row.analysis in run.study.scenario.primary and row.main else "",
                **_decided(run, row.analysis, row.contrast),
                "estimand": row.effect + (f" [{row.unit}]" if row.unit else "")
                if row.no_effect == row.no_effect
                else "",
                "estimate": measure_with_error(mean, "number", scale=scale) if mean is not None else "",
                "width": measure_with_error(width, "number", scale=scale) if width is not None else "",
                "n": measure_with_error(n, "number") if n is not None else "",
            }
        )
    return rows


def _decided(run: FinishedRun, analysis: str, contrast: str) -> dict[str, Any]:
    """What a test decides: power, rejections when there is nothing to find, the verdict, and how often it failed."""
    rows = run.characteristics.measures
    known = {one.measure: one for one in rows if (one.analysis, one.contrast) == (analysis, contrast)}
    judged = {(one.analysis, one.contrast): one for one in run.characteristics.verdicts}
    verdict = judged.get((analysis, contrast))
    power = known.get("power") or known["power_low"]
    return {
        "power": rate(known, "power"),
        "null": level_rate(known)[0],
        "verdict": verdict_words(verdict),
        "bad": verdict is not None and verdict.too_often,
        "failed": str(power.n_failed),
    }


def _family_rows(run: FinishedRun) -> list[dict[str, Any]]:
    """Several primary analyses together, and each family: any of them, all of them."""
    together = [(one.name, (ANY_MEMBER, ALL_MEMBERS), "") for one in run.study.analysis.families]
    if len(run.study.scenario.primary) > 1:
        together.insert(0, (FAMILY, ("any", "all"), "primary"))
    shown = _shown(run)
    empty = dict.fromkeys(("estimand", "estimate", "width", "n"), "")
    return [
        {
            "analysis": shown[name], "shown": shown[name], "contrast": which, "test": test, "primary": primary,
            **empty, **_decided(run, name, which),
        }
        for name, rows, primary in together
        for which, test in zip(rows, ("at least one rejects", "all reject"), strict=True)
    ]  # fmt: skip


def trial_rows(run: FinishedRun) -> list[tuple[str, str, str]]:
    """What happens to the trial: (what, of what, value with its error)."""
    rows = []
    for row in run.characteristics.measures:
        if row.analysis == "trial" and row.measure.startswith("cost_"):
            rows.append(
                (f"Cost [{row.measure.removeprefix('cost_')}]", row.contrast, measure_with_error(row, "number"))
            )
        elif row.measure in TRIAL_MEASURES and row.analysis == "trial":
            label, kind = TRIAL_MEASURES[row.measure]
            rows.append((label, row.contrast, measure_with_error(row, kind)))
    return rows
