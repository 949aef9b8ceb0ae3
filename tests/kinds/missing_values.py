"""What is measured of the ways to deal with missing values: a section of docs/analyses.md.

``nice python -m tests.kinds.missing_values`` simulates the lesson and keeps its numbers; ``python -m tests.kinds.document``
writes the page.
"""

from __future__ import annotations

import json
import math
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np

import trialsim as ts
from trialsim import study as studies
from trialsim.analysis.estimates import analyze
from trialsim.report.conventions import MISSING
from trialsim.truth import find_truth

KEPT = Path(__file__).with_name("missing-values.json")
LESSON = Path(__file__).parents[2] / "scenarios" / "lessons" / "leaving-when-stressed.yaml"
TRIALS, CHUNK = 20_000, 500

ABOUT = (
    "The ways to deal with missing values, in the trials of the lesson `leaving-when-stressed`: mothers who are more stressed in "
    "week 1 leave more often, most of them in the control group. *Level* and *coverage* as above. *Bias* is that of the estimate "
    "against the effect of everyone (-7). *SE / SD* is the standard error of an analysis (root mean square) by the standard "
    "deviation of its estimates over trials: above 1 the error is taken for larger than it is. Last values and complete cases "
    "are biased here, and so is every row with a delta, on purpose: it asks what would be found if those who leave had fared "
    "worse. Jump to reference and copy reference estimate less than the effect of everyone, and Rubin's variance is larger than "
    "that over trials, because the imputed values draw the arms together."
)


def measured(trials: int = TRIALS) -> dict[str, dict[str, float]]:
    """Level, bias, coverage and the mean standard error beside the standard deviation of the estimates, by row."""
    study = ts.prepare(ts.load(LESSON))
    plan, truth = study.analysis, find_truth(study, replicates=1000)
    declared, null = study.twins.index("declared"), study.twins.index("null")
    parts, seconds = [], 0.0
    for start in range(0, trials, CHUNK):
        part = range(start, start + CHUNK)
        data = studies.trial_arrays(studies.simulate(study, part), plan)
        began = time.thread_time()
        found = analyze(plan, data, twins=study.twins, replicates=part)
        seconds += time.thread_time() - began
        low, high = found.low[declared], found.high[declared]
        there = np.array([truth.declared(row)[0] for row in range(len(plan.rows))])
        covered = np.where(np.isnan(low), np.nan, (low <= there) & (there <= high))
        parts.append([found.rejected[null], covered, found.estimate[declared] - there, found.se[declared]])
    level, covered, away, error = (np.concatenate(one) for one in zip(*parts, strict=True))
    return {
        "all": {"seconds": seconds * 10_000 / trials, "trials": trials},
        **{
            f"{row.analysis}/{row.contrast}": {
                "level": float(np.nanmean(level[:, r])),
                "coverage": float(np.nanmean(covered[:, r])),
                "bias": float(np.nanmean(away[:, r])),
                "bias error": float(np.nanstd(away[:, r], ddof=1) / math.sqrt(trials)),
                "ratio": float(np.sqrt(np.nanmean(error[:, r] ** 2)) / np.nanstd(away[:, r], ddof=1)),
                "failed": int(np.isnan(away[:, r]).sum()),
            }
            for r, row in enumerate(plan.rows)
        },
    }


def methods() -> set[str]:
    """The ways to deal with missing values whose numbers are kept."""
    known = json.loads(KEPT.read_text(encoding="utf-8"))
    analyses = ts.load(LESSON).analyses
    return {str(analyses[name.partition("/")[0]].missing) for name in known if name != "all"} - {"None"}


def section(known: dict[str, Any]) -> list[str]:
    """The lines of the section."""
    of_all = known["all"]
    lines = [
        "## Missing values",
        "",
        *textwrap.wrap(ABOUT, 130),
        "",
        f"{of_all['trials']:,} trials; all analyses of 10,000 trials take {of_all['seconds']:.0f} s of one core.",
        "",
        *(
            f"- `{name}`: {one.how}. Source: {one.source}. Judge: {one.judge}. Known to be off: {one.off}."
            for name, one in MISSING.items()
        ),
        "",
        "| analysis | level | coverage | bias | SE / SD |",
        "|---|---|---|---|---|",
    ]
    for name, one in known.items():
        if name == "all":
            continue
        error = 100 * math.sqrt(one["level"] * (1 - one["level"]) / of_all["trials"])
        analysis, _, contrast = name.partition("/")
        delta = contrast.partition(", ")[2]
        cells = (
            f"{analysis}{f', {delta}' if delta else ''}",
            f"{100 * one['level']:.2f} % ± {error:.2f}",
            f"{100 * one['coverage']:.2f} %",
            f"{one['bias']:.3f} ± {one['bias error']:.3f}",
            f"{one['ratio']:.3f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def main() -> None:
    """Simulate, and keep the numbers."""
    KEPT.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
