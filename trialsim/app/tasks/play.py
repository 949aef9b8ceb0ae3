"""Play a scenario of the workbench: operating characteristics, a sample size, two designs, one value from low to high."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import trialsim as ts
from trialsim.api.play import Evaluation
from trialsim.app import pictures
from trialsim.app.tasks import Plain, Report
from trialsim.app.tasks.budget import refuse_too_much
from trialsim.app.tasks.pages import page_of
from trialsim.prepared import Study
from trialsim.report.brief import five_lines
from trialsim.report.digits import measure_with_error
from trialsim.report.page import answer, cards, trial_rows
from trialsim.report.truth import CALLED
from trialsim.scenario.closed import loads_closed
from trialsim.scenario.dump import dump

#: Trials drawn one by one.
DRAWN = 40

#: Points of a sweep, and rows of a picture, at most.
MOST_POINTS, MOST_ROWS = 9, 8


def study_asked(asked: Plain, *changes: str) -> Study:
    """The study of a question, within its share of this computer."""
    count = f"simulation.replicates={asked['replicates']}"
    scenario = loads_closed(asked["text"], file=asked["file"], set=[*asked.get("set", ()), *changes, count])
    study = ts.prepare(scenario)
    refuse_too_much(study, asked["replicates"], seconds=asked["seconds"])
    return study


def _evaluate(study: Study, asked: Plain, report: Report, *, part: tuple[int, int] = (0, 1)) -> Evaluation:
    """The operating characteristics; this process uses one core, and says how far it is."""
    total, (at, parts) = asked["replicates"], part

    def far(done: int) -> None:
        report((at + done / total) / parts, f"{at * total + done:,} of {parts * total:,} trials")

    report(at / parts, f"{at * total:,} of {parts * total:,} trials")
    found: Evaluation = ts.evaluate(study, truth=False, workers=1, progress=far)
    return found


# ---------------------------------------------------------------- run


def run(asked: Plain, report: Report) -> Plain:
    """Operating characteristics of a design: lines, cards, tables, pictures, a page and the data."""
    study = study_asked(asked)
    found = _evaluate(study, asked, report)
    lines = [one for one in five_lines(found, where="") if one.name != "Look"]
    shown: Plain = {
        "title": study.scenario.title,
        "answer": answer(found),
        "lines": [asdict(one) for one in lines],
        "cards": [asdict(one) for one in cards(found)],
        "pictures": _pictures(found),
        "table": _table(found),
        "trial": [list(row) for row in trial_rows(found)],  # type: ignore[arg-type]  # what it reads, an evaluation has too
        "replicates": asked["replicates"],
        "seed": found.characteristics.seed,
        "resolved": dump(study.scenario),
        "csv": found.frame().to_csv(index=False),
    }
    return {**shown, "page": page_of(shown)}


def _known(found: Evaluation) -> dict[tuple[str, str], dict[str, Any]]:
    known: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found.characteristics.measures:
        known.setdefault((one.analysis, one.contrast), {})[one.measure] = one
    return known


def _table(found: Evaluation) -> Plain:
    """Power, rejections without effects and mean estimate of each row."""
    known, rows = _known(found), []
    for row in found.characteristics.kept.rows:
        here = known.get((row.analysis, row.contrast), {})
        null = next((here[name] for name in CALLED if name in here), None)
        mean = here.get("mean_estimate")
        rows.append([
            row.shown, row.contrast,
            measure_with_error(here["power"], "share") if "power" in here else "bounds only",
            measure_with_error(null, "share") if null is not None else "",
            measure_with_error(mean, "number") if mean is not None else "",
        ])  # fmt: skip
    return {
        "header": ["Analysis", "Contrast", "Rejects", "Rejects when there is nothing to find", "Mean estimate"],
        "rows": rows,
    }


def _pictures(found: Evaluation) -> list[dict[str, str]]:
    return [*_powers(found), *_trials(found)]


def _powers(found: Evaluation) -> list[dict[str, str]]:
    """Rejections of the main row of each analysis, as declared and without effects."""
    known, rows = _known(found), []
    bad = {(one.analysis, one.contrast) for one in found.characteristics.verdicts if one.too_often}
    for row in [one for one in found.characteristics.kept.rows if one.main][:MOST_ROWS]:
        here = known.get((row.analysis, row.contrast), {})
        null = next((here[name] for name in CALLED if name in here), None)
        kind = "red" if (row.analysis, row.contrast) in bad else "blue"
        marks = [
            {
                "value": one.value,
                "low": one.conf_low,
                "high": one.conf_high,
                "kind": color,
                "text": measure_with_error(one, "share"),
            }
            for one, color in ((here.get("power"), kind), (null, "grey"))
            if one is not None and math.isfinite(one.value)
        ]
        if marks:
            rows.append({"label": f"{row.shown}, {row.contrast}", "marks": marks})
    if not rows:
        return []
    text = (
        "Shares of simulated trials with their 95 % Monte Carlo intervals: with the declared effects (blue), and when there is "
        "nothing to find (grey). Red: rejects too often when there is nothing to find, so not a power."
    )
    svg = pictures.intervals(rows, pictures.share_axis("Simulated trials that reject"))
    return [{"heading": "How often each analysis rejects", "text": text, "svg": svg}]


def _trials(found: Evaluation) -> list[dict[str, str]]:
    """The first trials of the primary analysis one by one."""
    kept = found.characteristics.kept
    primary = found.study.scenario.primary
    at = next((j for j, row in enumerate(kept.rows) if row.analysis in primary and row.main), None)
    if at is None or not found.study.analysis.rows[at].effect:
        return []
    row = found.study.analysis.rows[at]
    declared = kept.twins.index("declared")
    values = zip(
        kept.estimate[declared, :, at], kept.low[:, at], kept.high[:, at], kept.p[declared, :, at], strict=True
    )
    rows = [(float(e), float(low), float(high), bool(p < row.alpha)) for e, low, high, p in values
            if all(map(math.isfinite, (e, low, high, p)))][:DRAWN]  # fmt: skip
    if len(rows) < DRAWN // 2:
        return []
    none = row.no_effect if math.isfinite(row.no_effect) else None
    label = f"{row.shown}: {row.effect}" + (f" [{row.unit}]" if row.unit else "")
    text = f"The first {len(rows)} simulated trials, by their estimate: blue where p is below {row.alpha:g}, else grey."
    return [{"heading": "One line is one trial", "text": text, "svg": pictures.trials(rows, label, none=none)}]


# ---------------------------------------------------------------- size


def size(asked: Plain, report: Report) -> Plain:
    """The smallest size with a power."""
    study = study_asked(asked)
    stages = iter(range(1, 100))

    def stage(name: str, _done: int, _total: int | None) -> None:
        report(1 - 0.8 ** next(stages), name)

    found = ts.find_size(study, power=asked["power"], replicates=asked["replicates"], confirm=asked["replicates"], workers=1,
                         progress=stage)  # fmt: skip
    frame = found.frame()
    points = [{key: float(row[key]) for key in ("at", "value", "low", "high")} for row in frame.to_dict("records")]
    points = [one for one in points if all(map(math.isfinite, one.values()))]
    shown: Plain = {
        "title": study.scenario.title,
        "sentences": list(found.lines()),
        "csv": frame.to_csv(index=False),
        "pictures": [],
    }
    if len(points) > 1:
        axis = pictures.Axis("Participants", points[0]["at"], points[-1]["at"], (), text=lambda value: f"{value:,.0f}")
        svg = pictures.curve(points, axis, chosen=None, label="Power")
        text = "Power by the number of participants, with its 95 % Monte Carlo interval."
        shown["pictures"] = [{"heading": "Power by size", "text": text, "svg": svg}]
    return {**shown, "page": page_of(shown)}


# ---------------------------------------------------------------- two designs


def compare(asked: Plain, report: Report) -> Plain:
    """Two designs under the same draws."""
    first = study_asked(asked)
    second = study_asked({**asked, "text": asked["other"], "set": asked.get("other_set", [])})
    total = asked["replicates"]

    def started(_count: int, _stored: bool) -> Any:
        return lambda done: report(done / total, f"{done:,} of {total:,} trials of each")

    found = ts.compare([first, second], replicates=total, workers=1, started=started)
    frame = found.frame()
    primary = [*first.scenario.primary, "", "trial"]
    wanted = frame[frame["measure"].isin(COMPARED) & frame["analysis"].isin(primary)]
    rows = [_compared(row) for row in wanted.to_dict("records")]
    shown: Plain = {
        "title": f"{first.scenario.title} (A) and {second.scenario.title} (B)",
        "sentences": list(found.lines()),
        "table": {
            "header": ["Measure", "Of", "A", "B", "B minus A, with its Monte Carlo standard error"],
            "rows": rows,
        },
        "pictures": [],
        "csv": frame.to_csv(index=False),
    }
    return {**shown, "page": page_of(shown)}


#: Measures of the table of a comparison, their words, and whether they are shares.
COMPARED = {
    "power": ("Rejects", True),
    **dict.fromkeys(CALLED, ("Rejects when there is nothing to find", True)),
    "mean_estimate": ("Mean estimate", False),
    "enrolled": ("Participants enrolled", False),
    "trial_days": ("Days until the last visit", False),
    "missed_share": ("Sessions missed", True),
    "missing_share": ("Values missing", True),
}


def _compared(row: Any) -> list[str]:
    """A row of the table of a comparison."""
    words, share = COMPARED[row["measure"]]
    of = " ".join(filter(None, (str(row["analysis"]).replace("trial", ""), str(row["contrast"])))).strip()
    if share:
        return [
            words,
            of,
            f"{100 * row['a']:.4g} %",
            f"{100 * row['b']:.4g} %",
            f"{100 * row['difference']:+.3g} ± {100 * row['mcse']:.2g} points",
        ]
    return [words, of, f"{row['a']:,.5g}", f"{row['b']:,.5g}", f"{row['difference']:+.3g} ± {row['mcse']:.2g}"]


# ---------------------------------------------------------------- one value


def sweep(asked: Plain, report: Report) -> Plain:
    """One value from low to high: the answer at each point, and a curve."""
    values, path = asked["values"][:MOST_POINTS], asked["path"]
    points, rows = [], []
    for at, value in enumerate(values):
        found = _evaluate(study_asked(asked, f"{path}={value}"), asked, report, part=(at, len(values)))
        lines = [asdict(one) for one in five_lines(found, where="") if one.name != "Look"]
        primary = found.study.scenario.primary[0]
        power = next(
            (one for one in found.characteristics.measures if one.measure == "power" and one.analysis == primary), None
        )
        bad = any(one["bad"] for one in lines)
        points.append(
            {"value": value, "lines": lines, "cards": [asdict(one) for one in cards(found)], "answer": answer(found)}
        )
        if power is not None and math.isfinite(power.value):
            rows.append(
                {
                    "at": _leading(value),
                    "value": power.value,
                    "low": power.conf_low,
                    "high": power.conf_high,
                    "bad": bad,
                }
            )
    shown: Plain = {"title": study_asked(asked).scenario.title, "path": path, "points": points, "pictures": [],
                    "csv": _csv(path, values, rows)}  # fmt: skip
    if len(rows) == len(values) > 1:
        axis = pictures.Axis(path, rows[0]["at"], rows[-1]["at"], ())
        for at, point in enumerate(points):
            point["svg"] = pictures.curve(rows, axis, chosen=at, label="Rejections of the primary analysis")
        text = "Share of trials in which the primary analysis rejects, with 95 % Monte Carlo intervals; the same draws at each."
        shown["pictures"] = [
            {
                "heading": f"Rejections by {path}",
                "text": text,
                "svg": pictures.curve(rows, axis, chosen=None, label="Rejections"),
            }
        ]
    return {**shown, "page": page_of(shown)}


def _leading(value: str) -> float:
    """The number at the beginning of a value such as ``12 min``."""
    return float(str(value).split()[0].rstrip("%"))


def _csv(path: str, values: list[str], rows: list[dict[str, Any]]) -> str:
    lines = [f"{path},rejects,conf_low,conf_high"]
    lines += [f"{value},{row['value']},{row['low']},{row['high']}" for value, row in zip(values, rows, strict=False)]
    return "\n".join(lines) + "\n"
