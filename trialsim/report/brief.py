"""What a terminal shows first: five lines, from the same table as the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsim.evaluate.columns import ALL_MEMBERS, ANY_MEMBER, FAMILY, shown_names
from trialsim.evaluate.looks import LOOKS, UNDER_NULL
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import Measure
from trialsim.evaluate.truth import TRUTH
from trialsim.evaluate.verdict import WITHOUT_EFFECTS, Verdict
from trialsim.report.digits import measure_with_error, percent, plain
from trialsim.report.reported import MeasuredStudy, ReportSource
from trialsim.report.truth import level_rate, rate, verdict_words
from trialsim.report.words import join, number
from trialsim.scenario.comparisons import ALL_ARMS

if TYPE_CHECKING:
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.prepared import Study

#: Losses below this share are not named one by one.
SMALL = 0.01

#: So many losses are named, the greatest first.
MOST_NAMED = 2

#: What the rows of several primary analyses together are called; every other contrast has its own words.
FAMILIES = {"any": "at least one", "all": "all of them", ANY_MEMBER: "at least one", ALL_MEMBERS: "all of them"}

Known = Mapping[str, Measure]
Place = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """One of the five lines; ``bad`` where it says that a number cannot be trusted."""

    name: str
    text: str
    bad: bool = False


def five_lines(run: ReportSource, *, where: str) -> list[Line]:
    """The answer, its verdict, what limits it, what the trial takes, and where to look."""
    return [
        _answer(run),
        level_line(run),
        *looks_lines(run),
        Line("Limits", limits(run, rest="with --all")),
        Line("Takes", _takes(run)),
        Line("Look", where),
    ]


def looks_lines(run: ReportSource) -> list[Line]:
    """When trials with looks stop, and how many participants they take; nothing without looks."""
    from trialsim.report.looks import looks_sentence

    return [] if run.study.looks is None else [Line("Looks", looks_sentence(run.study, run.characteristics))]


def se_named(text: str) -> str:
    """A number whose standard error is named.

    >>> se_named("71.5 % ± 2.3"), se_named("100 % (at least 99.6 %)")
    ('71.5 % (SE 2.3)', '100 % (at least 99.6 %)')
    """
    value, sign, error = text.partition(" ± ")
    return f"{value} (SE {error})" if sign else text


# ---------------------------------------------------------------- the answer


def _answer(run: ReportSource) -> Line:
    size = run.study.conduct.target
    who = f"target {size:,} participant{'s' if size != 1 else ''}"
    primary = run.study.scenario.primary
    of = places(run.characteristics)
    if len(primary) > 1:
        names = join([shown_names(run.characteristics.kept.rows)[name] for name in primary])
        some, every = (_power(of.get((FAMILY, which), {})) for which in ("any", "all"))
        bad = any(one.too_often for one in headline_verdicts(run))
        text = f"{_called(bad)}: {some} for at least one of {names}, {every} for all of them; {who}."
        return Line("Answer", text, bad or _unknown(of.get((FAMILY, "any"), {})))
    main = next(row for row in run.characteristics.kept.rows if row.analysis in primary and row.main)
    known = of.get((main.analysis, main.contrast), {})
    what = main.shown if main.contrast == ALL_ARMS else f"{main.shown} ({main.contrast})"
    if _unknown(known):
        return Line("Answer", f"{_no_answer(known, run.characteristics.replicates)}: {what}; {who}.", bad=True)
    bad = any(one.too_often for one in headline_verdicts(run))
    failed = known["power"].n_failed
    lost = f" ({failed:,} of {run.characteristics.replicates:,} trials could not be analyzed)" if failed else ""
    return Line("Answer", f"{_called(bad)} {_power(known)}: {what}; {who}{lost}.", bad)


def _called(bad: bool) -> str:
    """What a share of rejections is: a power only where the test does not reject too often."""
    return "Not a power, but a rejection rate of" if bad else "Power"


def _power(known: Known) -> str:
    if _unknown(known):
        low, high = known.get("power_low"), known.get("power_high")
        return "unknown" if low is None or high is None else f"{percent(low.value)} to {percent(high.value)}"
    return se_named(measure_with_error(known["power"], "share"))


def _unknown(known: Known) -> bool:
    """Whether too many trials failed for one number."""
    return "power" not in known or math.isnan(known["power"].value)


def _no_answer(known: Known, replicates: int) -> str:
    low, high = known.get("power_low"), known.get("power_high")
    if low is None or high is None or low.n_failed >= low.n_replicates:
        return f"No answer: not one of {replicates:,} trials could be analyzed"
    failed = f"{low.n_failed:,} of {low.n_replicates:,} trials could not be analyzed"
    return f"No single power, only {percent(low.value)} to {percent(high.value)} ({failed})"


# ---------------------------------------------------------------- its level


def headline_verdicts(run: MeasuredStudy) -> list[Verdict]:
    """The verdicts on what the headline shows: of the first primary analysis, or of several together.

    Where one of several has a margin, no twin makes all their null hypotheses true, and each is judged by itself.
    """
    primary, found = run.study.scenario.primary, run.characteristics.verdicts
    if len(primary) == 1:
        return [one for one in found if one.analysis == primary[0]][:1]
    main = {
        (row.analysis, row.contrast) for row in run.characteristics.kept.rows if row.main and row.analysis in primary
    }
    together = [one for one in found if one.analysis == FAMILY]
    return together or [one for one in found if (one.analysis, one.contrast) in main]


def level_line(run: ReportSource) -> Line:
    """Whether the primary analysis keeps its level."""
    verdicts = headline_verdicts(run)
    if not verdicts:
        return Line("Level", "Cannot be judged: the primary analysis has no rejection rate without effects.", bad=True)
    worst = max(verdicts, key=lambda one: (one.too_often, one.ruling == "open", one.contrast == "any"))
    known = places(run.characteristics).get((worst.analysis, worst.contrast), {})
    rate, called = level_rate(known)
    which = {"any": " by at least one", "all": " by all"}.get(worst.contrast, "") if worst.analysis == FAMILY else ""
    truth = known.get(TRUTH[worst.twin])
    there = ""
    if worst.measure == WITHOUT_EFFECTS and truth is not None:
        there = f"; the true effect there is {se_named(measure_with_error(truth, 'number'))}"
    if any(row.margins for row in run.characteristics.kept.rows if row.analysis == worst.analysis):
        which = " where the margin is true" + which
    if len(run.study.scenario.primary) > 1 and worst.analysis != FAMILY:
        which = f" of {shown_names(run.characteristics.kept.rows)[worst.analysis]}{which}"
    text = f"{called[0].upper()}{called[1:]}{which} {se_named(rate)} at a level of {plain(100 * worst.alpha)} %"
    return Line("Level", f"{text}: {worst.words}{there}.", worst.too_often)


# ---------------------------------------------------------------- what limits it


def _leaving_cuts(run: ReportSource) -> bool:
    """Whether participants may leave while events are counted or awaited."""
    scenario = run.study.scenario
    leave = scenario.attrition or (scenario.setting.patients.leave if scenario.setting else ())
    return bool(leave) and any(outcome.scale.follow for outcome in scenario.outcomes.values())


def limits(run: ReportSource, *, rest: str) -> str:
    """What is lost, the greatest first; ``rest`` names the place of the losses that are not named."""
    found = losses(run)
    if not found and _leaving_cuts(run):
        return "No value is missing; who leaves is followed until then."
    if not found:
        return "Nothing is lost: everyone takes part and is measured."
    named = [text for share, text in found if share >= SMALL]
    if not named:
        return "Little is lost: below 1 % of participants, sessions and values each."
    more = "" if len(named) <= MOST_NAMED else f"; {len(named) - MOST_NAMED} more {rest}"
    text = f"{'; '.join(named[:MOST_NAMED])}{more}."
    return text[0].upper() + text[1:]


def losses(run: ReportSource) -> list[tuple[float, str]]:
    """What is lost of the target, of sessions and of values that primary analyses need: (share, words), the greatest first."""
    found: list[tuple[float, str]] = []
    wanted, worst = primary_points(run.study), dict[str, Measure]()
    for row in run.characteristics.measures:
        if row.analysis != TRIAL or math.isnan(row.value):
            continue
        if row.measure == "target_reached_in_time" and row.value < 1:
            found.append((1 - row.value, f"only {_share(row)} of trials reach their target{_in_time(run)}"))
        elif row.measure == "missed_share" and row.value > 0:
            who = row.contrast.removeprefix("hold ")
            found.append((row.value, f"{_share(row)} of sessions missed ({who})"))
        elif row.measure == "missing_share" and row.value > 0 and row.contrast in wanted:
            outcome = wanted[row.contrast][0]
            if outcome not in worst or row.value > worst[outcome].value:
                worst[outcome] = row
    for row in worst.values():
        outcome, visit = wanted[row.contrast]
        found.append((row.value, f"{_share(row)} of values missing ({outcome} at {visit})"))
    return sorted(found, key=lambda one: -one[0])


def _share(row: Measure) -> str:
    return se_named(measure_with_error(row, "share"))


def _in_time(run: ReportSource) -> str:
    within = run.study.scenario.design.within
    return "" if within is None else f" in {number(within)}"


def primary_points(study: Study) -> dict[str, tuple[str, str]]:
    """Outcomes at visits that primary analyses look at: as the table calls them, and the outcome as people call it."""
    from trialsim.sizing.formula_gaps import points_of

    calls = [call for call in study.analysis.calls if call.name in study.scenario.primary]
    pairs = dict.fromkeys(study.response.pairs[point] for call in calls for point in points_of(call))
    labels = {name: outcome.label or name for name, outcome in study.scenario.outcomes.items()}
    return {f"{outcome} at {visit}": (labels[outcome], visit) for outcome, visit in pairs}


# ---------------------------------------------------------------- what it takes


def _takes(run: ReportSource) -> str:
    whole, prefix, days_name = (TRIAL, "", "trial_days") if run.study.looks is None else (LOOKS, "stop_", "stop_days")
    rows = [row for row in run.characteristics.measures if row.analysis == whole and not row.contrast]
    parts = [f"{_days(row)} until the last visit" for row in rows if row.measure == days_name]
    costs = [row for row in rows if row.measure.startswith(f"{prefix}cost_") and not row.measure.endswith(UNDER_NULL)]
    for row in costs:
        currency = row.measure.removeprefix(f"{prefix}cost_")
        parts.append(f"{currency} {se_named(measure_with_error(row, 'number'))}")
    if not parts:
        return "Neither a ward nor costs are declared: no duration and no cost is simulated."
    return f"{', '.join(parts)}{'' if costs else '; no costs are declared'}."


def _days(days: Measure) -> str:
    value, sign, error = measure_with_error(days, "number").partition(" ± ")
    return f"{value} days (SE {error})" if sign else f"{value} days"


def places(result: OperatingCharacteristics) -> dict[tuple[str, str], dict[str, Measure]]:
    """The measures of each analysis and contrast, by their names."""
    found: dict[tuple[str, str], dict[str, Measure]] = {}
    for row in result.measures:
        found.setdefault((row.analysis, row.contrast), {})[row.measure] = row
    return found


# ---------------------------------------------------------------- the compact table


@dataclass(frozen=True)
class TableRow:
    """A row of the compact table; a heading has nothing but its name. ``bad`` where the test rejects too often."""

    name: str
    power: str = ""
    without_effects: str = ""
    verdict: str = ""
    primary: bool = False
    bad: bool = False


def table_rows(result: OperatingCharacteristics) -> tuple[list[TableRow], int]:
    """Every row of the primary analyses and of families, and the main row of each other one; how many are left out."""
    of, names = places(result), shown_names(result.kept.rows)
    judged = {(one.analysis, one.contrast): one for one in result.verdicts}
    decided = [place for place, known in of.items() if "power" in known or "power_low" in known]
    groups = _groups(result, decided)
    one_contrast = len({rows[0][1] for rows in groups.values() if len(rows) == 1}) == 1
    found: list[TableRow] = []
    for analysis, rows in groups.items():
        primary = analysis in (FAMILY, *result.primary)
        if len(rows) > 1:
            found.append(TableRow(names[analysis], primary=primary))
        for place in rows:
            alone = names[analysis] if one_contrast or place[1] == ALL_ARMS else f"{names[analysis]} ({place[1]})"
            name = alone if len(rows) == 1 else f"  {FAMILIES.get(place[1], place[1])}"
            power, without, verdict = rate(of[place], "power"), level_rate(of[place])[0], judged.get(place)
            brief = verdict_words(verdict).partition(";")[0]  # the five lines hold how many replicates would decide
            found.append(TableRow(name, power, without, brief, primary, verdict is not None and verdict.too_often))
    return found, len(decided) - sum(len(rows) for rows in groups.values())


def _groups(result: OperatingCharacteristics, decided: Sequence[Place]) -> dict[str, list[Place]]:
    """The rows shown, by analysis: the primary ones first."""
    main = {(row.analysis, row.contrast) for row in result.kept.rows if row.main or row.family}
    first = (FAMILY, *result.primary, *dict.fromkeys(row.family for row in result.kept.rows if row.family))
    rows = [place for place in decided if place[0] in first or place in main]
    known = dict.fromkeys(name for name, _ in rows)
    order = dict.fromkeys([*(name for name in first if name in known), *known])
    return {name: [place for place in rows if place[0] == name] for name in order}
