"""The operating characteristics as people read them on the screen, and as scripts do."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.cli.console import stdout
from trialsim.cli.grid import grouped
from trialsim.cli.text import print_rows, print_text, style_of
from trialsim.evaluate.columns import FAMILY, NO_CHANGE, shown_names
from trialsim.evaluate.summaries import TRIAL as TRIAL_NAME
from trialsim.evaluate.truth import TRUTH
from trialsim.evaluate.verdict import WITHOUT_EFFECTS, judged_twin
from trialsim.report.digits import SIGN, measure_with_error
from trialsim.report.kinds import back
from trialsim.report.truth import NOT_DETERMINED, level_rate, rate, verdict_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.evaluate.table import Measure

#: Measures of the trial under the table of analyses, and their names there.
TRIAL = {
    "enrolled": "participants enrolled",
    "imbalance": "largest difference between arms",
    "right_guesses": "next arm guessed from the past",
    "target_reached_in_time": "chance to enroll the target in time",
    "trial_days": "days until the last visit",
    "cost": "cost",
    "study_hours": "hours of staff",
    "missed_share": "sessions missed",
    "wait_mean_minutes": "mean wait [min]",
    "missing_share": "values missing",
}
SHARES = ("right_guesses", "target_reached_in_time", "missed_share", "missing_share")


def print_measures(result: OperatingCharacteristics) -> None:
    """What each test decides and whether it keeps its level, what its estimates are worth, then the trial."""
    of: dict[tuple[str, str], dict[str, Measure]] = {}
    for row in result.measures:
        of.setdefault((row.analysis, row.contrast), {})[row.measure] = row
    order = list(dict.fromkeys(analysis for analysis, _ in of))
    places = sorted((place for place in of if place[0] != TRIAL_NAME), key=lambda place: order.index(place[0]))
    _decisions(result, {place: of[place] for place in places})
    stdout.print()
    print_text(_without_effect(result, of))
    stdout.print()
    known = {place: of[place] for place in places if "truth" in of[place]}
    if known:
        _estimates(result, known)
        stdout.print()
    trial = []
    for row in _trial_rows(result):
        text = measure_with_error(row, "share" if row.measure in SHARES else "number")
        unit = f" [{row.measure.removeprefix('cost_')}]" if _key(row.measure) == "cost" else ""
        trial.append((TRIAL[_key(row.measure)] + unit, row.contrast, text))
    print_rows(("the trial", "", ">mean"), trial, wide=True)
    stdout.print()
    print_text(SIGN)


def _decisions(result: OperatingCharacteristics, of: dict[tuple[str, str], dict[str, Measure]]) -> None:
    """Power, rejections when there is nothing to find and the verdict on them; red where a test rejects too often."""
    failed = any(row.n_failed for known in of.values() for name, row in known.items() if name.startswith("power"))
    judged, shown = {(one.analysis, one.contrast): one for one in result.verdicts}, shown_names(result.kept.rows)
    rows: list[tuple[str, ...]] = []
    styles: list[str] = []
    for (analysis, contrast), known in of.items():
        power, verdict = known.get("power") or known.get("power_low"), judged.get((analysis, contrast))
        if power is None:
            continue
        bad = verdict is not None and verdict.too_often
        styles.append(style_of(primary=analysis in (*result.primary, FAMILY), bad=bad))
        rows.append((
            shown[analysis], contrast, rate(known, "power"), level_rate(known)[0], verdict_words(verdict),
            *([str(power.n_failed or "")] if failed else []),
        ))  # fmt: skip
    names = ("analysis", ">power", ">without effects", "level", *([">failed"] if failed else []))
    rows, styles = grouped(rows, styles)
    print_rows(names, rows, wide=True, styles=styles)


def _estimates(result: OperatingCharacteristics, of: dict[tuple[str, str], dict[str, Measure]]) -> None:
    """Truth, bias and coverage of every row that has a truth."""
    rows: list[tuple[str, ...]] = []
    shown = shown_names(result.kept.rows)
    estimands = {(row.analysis, row.contrast): row.estimand for row in result.kept.rows}
    for (analysis, contrast), known in of.items():
        scale = known["empirical_se"].value if "empirical_se" in known else 0.0
        numbers = [
            measure_with_error(known[name], "number", scale=scale) if name in known else ""
            for name in ("truth", "bias")
        ]
        if "truth" in known and "bias" not in known:
            numbers[1] = NOT_DETERMINED
        ratio = back(estimands[analysis, contrast], known["truth"].value) if "truth" in known else ""
        rows.append((shown[analysis], contrast, *numbers, rate(known, "coverage"), ratio))
    with_ratio = any(row[-1] for row in rows)
    rows = rows if with_ratio else [row[:-1] for row in rows]
    styles = [style_of(primary=analysis in result.primary, bad=False) for analysis, _ in of]
    rows, styles = grouped(rows, styles)
    names = ("estimates", ">truth", ">bias", ">coverage", *(["the truth is a"] if with_ratio else []))
    print_rows(names, rows, wide=True, styles=styles)


def _without_effect(result: OperatingCharacteristics, of: dict[tuple[str, str], dict[str, Measure]]) -> str:
    """What the column "without effects" counts, and which of its shares are not type I errors."""
    twin = judged_twin(result.kept.twins)
    still = "and with the clock stopped " if twin == NO_CHANGE else ""
    text = f"Without effects: the same trials without the declared effects {still}({twin} twin)."
    margins = [row.title for row in result.kept.rows if row.margins]
    if margins:
        text += f" With a margin ({', '.join(margins)}): where the margin is true."
    rows = [(row.analysis, row.contrast) for row in result.kept.rows]
    others = [place for place in rows if any(name.startswith(WITHOUT_EFFECTS) for name in of[place])]
    if not others:
        return f"{text} Its shares are type I errors."
    shown, its = shown_names(result.kept.rows), "Its"
    of_visits = {(row.analysis, row.contrast) for row in result.kept.rows if not row.estimates}
    named = [f"{shown[name]} ({contrast})" for name, contrast in others if (name, contrast) in of_visits]
    if named:
        text += f" Visits may differ without effects, so these shares are not type I errors: {'; '.join(named)}."
        others, its = [place for place in others if place not in of_visits], "Other"
    if not others:
        return f"{text} {its} shares are type I errors."
    if not any(TRUTH[twin] in of[place] for place in rows):
        return f"{text} True effects were not computed, so {its.lower()} shares are not called type I errors."
    named = [
        f"{shown[analysis]} ({contrast}), {_truth_there(of[analysis, contrast], twin)}" for analysis, contrast in others
    ]
    return f"{text} {its} shares are type I errors, except where there is a true effect: {'; '.join(named)}."


def _truth_there(known: dict[str, Measure], twin: str) -> str:
    truth, spread = known.get(TRUTH[twin]), known.get("empirical_se")
    if truth is None:
        return "unknown"
    return measure_with_error(truth, "number", scale=spread.value if spread is not None else 0.0)


def _trial_rows(result: OperatingCharacteristics) -> Iterator[Measure]:
    """Rows of the trial as a whole; of values missing only those at which some are."""
    for row in result.measures:
        if row.analysis != "trial" or _key(row.measure) not in TRIAL or (row.measure == "enrolled" and row.contrast):
            continue
        if row.measure != "missing_share" or row.value > 0:
            yield row


def _key(measure: str) -> str:
    """The key of :data:`TRIAL`: a cost has its currency in its name."""
    return "cost" if measure.startswith("cost_") else measure


def summary(result: OperatingCharacteristics, folder: Path) -> dict[str, object]:
    """The result for scripts; a number that is not there is null."""
    rows = [
        {name: None if isinstance(cell, float) and math.isnan(cell) else cell for name, cell in asdict(row).items()}
        for row in result.measures
    ]
    return {
        "scenario": result.scenario,
        "replicates": result.replicates,
        "seed": result.seed,
        "engine": result.engine,
        "seconds": round(result.seconds, 3),
        "folder": str(folder),
        "operating_characteristics": rows,
        "verdicts": [{**asdict(one), "times": one.times, "words": one.words} for one in result.verdicts],
    }
