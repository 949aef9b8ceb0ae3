"""``report.html``: one self-contained page that a principal investigator would read."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.evaluate.columns import FAMILY
from trialsim.evaluate.table import Measure
from trialsim.report.digits import percent, share_with_error
from trialsim.report.digits import with_error as number_with_error
from trialsim.report.explain import explain
from trialsim.report.opinions import opinion_table, reasons_told, second_opinions
from trialsim.report.truth import has_clock, has_interference, truth_rows, twin_rows
from trialsim.scenario.provenance import provenance

if TYPE_CHECKING:
    from jinja2 import Environment

    from trialsim.report.figures import Picture
    from trialsim.runs.run import Run

#: What a measure of the trial as a whole is called on the page, and how its value is written.
TRIAL_MEASURES = {
    "target_reached_in_time": ("Trials that enroll their target in time", "share"),
    "enrolled": ("Participants enrolled", "number"),
    "enrollment_days": ("Days until the last enrollment", "number"),
    "trial_days": ("Days until the last visit", "number"),
    "missed_share": ("Sessions missed", "share"),
    "wait_mean_minutes": ("Mean wait [min]", "number"),
    "wait_p95_minutes": ("Wait that 95 % do not exceed [min]", "number"),
    "missing_share": ("Values missing", "share"),
    "study_hours": ("Hours of staff for the study", "number"),
    "overtime_hours": ("Hours after the end of a shift", "number"),
}


@dataclass(frozen=True)
class Figure:
    """A figure on the page: heading, text and the picture itself as a data address."""

    heading: str
    text: str
    source: str
    width: int


#: Pixels on a page for a pixel of a picture file (200 dpi).
SHOWN = 0.51


@dataclass(frozen=True)
class Card:
    """A number to be seen first."""

    value: str
    label: str
    error: str


def with_error(measure: Measure, kind: str) -> str:
    """A value with its Monte Carlo standard error, to the digits the error allows."""
    written = share_with_error if kind == "share" else number_with_error
    return written(measure.value, measure.mcse)


def write_report(run: Run, figures: Sequence[tuple[Picture, Path, Path]], path: Path) -> Path:
    """Write the page."""
    from trialsim.runs.files import write_text

    write_text(path, render(run, figures))
    return path


def _unbroken(value: object) -> object:
    """Text in which a number stays on one line with its sign."""
    return (
        value.replace(" %", "\N{NO-BREAK SPACE}%").replace("± ", "±\N{NO-BREAK SPACE}") if type(value) is str else value
    )


def pages() -> Environment:
    """The templates of the pages."""
    from jinja2 import Environment, PackageLoader

    return Environment(
        loader=PackageLoader("trialsim.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )


def render(run: Run, figures: Sequence[tuple[Picture, Path, Path]]) -> str:
    """The page as text, with every figure inside."""
    from trialsim.runs.manifest import versions

    result, scenario = run.characteristics, run.study.scenario
    opinions = second_opinions(run.study, result)
    context: dict[str, Any] = {
        "scenario": scenario,
        "answer": answer(run),
        "cards": cards(run),
        "analyses": analysis_rows(run),
        "truth": truth_rows(result, scenario.primary),
        "twins": twin_rows(result, scenario.primary),
        "clock": has_clock(result),
        "shared": has_interference(result),
        "opinions": opinion_table(opinions),
        "why": reasons_told(opinions),
        "trial": trial_rows(run),
        "figures": [_figure(picture, png) for picture, png, _ in figures],
        "sections": explain(run.study),
        "numbers": provenance(scenario),
        "sources": scenario.sources,
        "replicates": f"{result.replicates:,}",
        "seed": result.seed,
        "engine": result.engine,
        "versions": versions(),
        "hash": _hash(run),
        "alpha": percent(result.kept.rows[0].alpha),
    }
    return pages().get_template("report.html").render(**context)


def _hash(run: Run) -> str:
    from trialsim.scenario.identity import scenario_hash

    return scenario_hash(run.study.scenario)[:16]


def _figure(picture: Picture, png: Path) -> Figure:
    return Figure(picture.heading, picture.text, *embedded(png))


def embedded(png: Path) -> tuple[str, int]:
    """A picture as the source of an image on a page, and its width there [px], so that letters have one size on all pictures."""
    data = png.read_bytes()
    width = int.from_bytes(data[16:20], "big")  # of a PNG file
    return f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}", round(SHOWN * width)


def _find(run: Run, measure: str, *, analysis: str | None = None, contrast: str | None = None) -> Measure | None:
    for row in run.characteristics.measures:
        if row.measure == measure and analysis in (None, row.analysis) and contrast in (None, row.contrast):
            return row
    return None


def answer(run: Run) -> str:
    """The finding in a sentence, and a second one when the target is not always enrolled."""
    scenario, primary = run.study.scenario, run.study.scenario.primary[0]
    size = run.study.conduct.target
    power = _find(run, "power", analysis=primary)
    arms = len(scenario.design.arms)
    who = f"{size} participants" + (f" in {arms} arms" if arms > 1 else "")
    told = _family_in_words(run) or _power_in_words(run, primary, power)
    return " ".join([*_shortfall(run), f"With {who} as the target, {told}"])


def _family_in_words(run: Run) -> str | None:
    """Of several primary analyses: how often one of them rejects, and how often all do."""
    from trialsim.report.words import join

    some, every = (_find(run, "power", analysis=FAMILY, contrast=which) for which in ("any", "all"))
    if some is None or every is None:
        return None
    return (
        f"at least one of the primary analyses {join(list(run.study.scenario.primary))} rejects in {percent(some.value)} of "
        f"simulated trials if everything is as declared, and all of them in {percent(every.value)} (Monte Carlo standard "
        f"errors {100 * some.mcse:.1f} and {100 * every.mcse:.1f} percentage points)."
    )


def _power_in_words(run: Run, primary: str, power: Measure | None) -> str:
    if power is None:
        low, high = _find(run, "power_low", analysis=primary), _find(run, "power_high", analysis=primary)
        assert low is not None
        assert high is not None
        return (
            f"the primary analysis {primary} rejects in {percent(low.value)} to {percent(high.value)} of simulated trials: "
            "too many trials could not be analyzed for one number."
        )
    return (
        f"the primary analysis {primary} rejects in {percent(power.value)} of simulated trials if everything is as "
        f"declared (Monte Carlo standard error {100 * power.mcse:.1f} percentage points)."
    )


def _shortfall(run: Run) -> list[str]:
    """What to say when the target is not always reached."""
    from trialsim.report.words import number

    reached, enrolled = _find(run, "target_reached_in_time"), _find(run, "enrolled", contrast="")
    within = run.study.scenario.design.within
    if reached is None or enrolled is None or reached.value == 1.0:
        return []
    limit = f" in {number(within)}" if within is not None else ""
    return [
        (
            f"On average {enrolled.value:.1f} of {run.study.conduct.target} participants are enrolled{limit}; "
            f"{percent(reached.value)} of simulated trials reach the target."
        )
    ]


def cards(run: Run) -> list[Card]:
    """The numbers to be seen first."""
    primary = run.study.scenario.primary[0]
    first: list[tuple[str, str | None, str | None, str, str]] = [
        ("power", primary, None, "power of the primary analysis", "share"),
        ("rejection_null_twin", primary, None, "rejections when the arms do nothing", "share"),
    ]
    if len(run.study.scenario.primary) > 1:
        first = [
            ("power", FAMILY, "any", "power of at least one primary analysis", "share"),
            ("power", FAMILY, "all", "power of all primary analyses together", "share"),
            ("rejection_null_twin", FAMILY, "any", "at least one rejects when the arms do nothing", "share"),
        ]
    wanted = [
        *first,
        ("target_reached_in_time", None, None, "of trials enroll their target in time", "share"),
        ("trial_days", None, None, "days until the last visit, on average", "number"),
    ]
    found = []
    for measure, analysis, contrast, label, kind in wanted:
        row = _find(run, measure, analysis=analysis, contrast=contrast)
        if row is not None:
            value = percent(row.value) if kind == "share" else f"{row.value:.0f}"
            error = f"± {100 * row.mcse:.1f}" if kind == "share" else f"± {row.mcse:.1g}"
            found.append(Card(value, label, error))
    return found


def analysis_rows(run: Run) -> list[dict[str, str]]:
    """Power, rejection under the null twin, estimate and interval of each analysis and contrast."""
    rows = _family_rows(run)
    for row in run.characteristics.kept.rows:
        here = {"analysis": row.analysis, "contrast": row.contrast}
        power = _find(run, "power", **here)
        low, high = _find(run, "power_low", **here), _find(run, "power_high", **here)
        null, mean = _find(run, "rejection_null_twin", **here), _find(run, "mean_estimate", **here)
        width, n = _find(run, "interval_width", **here), _find(run, "n_analyzed", **here)
        failed = next((one.n_failed for one in (power, low) if one is not None), 0)
        bounds = f"{percent(low.value)} to {percent(high.value)}" if low is not None and high is not None else ""
        rows.append(
            {
                **here,
                "test": row.test,
                "primary": "primary" if row.analysis in run.study.scenario.primary and row.main else "",
                "power": with_error(power, "share") if power is not None else bounds,
                "null": with_error(null, "share") if null is not None else "",
                "estimand": row.estimand + (f" [{row.unit}]" if row.unit else "")
                if row.no_effect == row.no_effect
                else "",
                "estimate": f"{mean.value:.3g} ± {mean.mcse:.1g}" if mean is not None else "",
                "width": f"{width.value:.3g}" if width is not None else "",
                "n": f"{n.value:.1f}" if n is not None else "",
                "failed": str(failed) if failed else "0",
            }
        )
    return rows


def _family_rows(run: Run) -> list[dict[str, str]]:
    """Several primary analyses together: any of them, all of them."""
    rows = []
    for which, test in (("any", "at least one rejects"), ("all", "all reject")):
        power = _find(run, "power", analysis=FAMILY, contrast=which)
        null = _find(run, "rejection_null_twin", analysis=FAMILY, contrast=which)
        if power is not None and null is not None and len(run.study.scenario.primary) > 1:
            told = {
                "power": with_error(power, "share"),
                "null": with_error(null, "share"),
                "failed": str(power.n_failed),
            }
            empty = dict.fromkeys(("estimand", "estimate", "width", "n"), "")
            rows.append(
                {"analysis": "primary analyses", "contrast": which, "test": test, "primary": "primary", **empty, **told}
            )
    return rows


def trial_rows(run: Run) -> list[tuple[str, str, str]]:
    """What happens to the trial: (what, of what, value with its error)."""
    rows = []
    for row in run.characteristics.measures:
        if row.analysis == "trial" and row.measure.startswith("cost_"):
            rows.append((f"Cost [{row.measure.removeprefix('cost_')}]", row.contrast, with_error(row, "number")))
        elif row.measure in TRIAL_MEASURES and row.analysis == "trial":
            label, kind = TRIAL_MEASURES[row.measure]
            rows.append((label, row.contrast, with_error(row, kind)))
    return rows
