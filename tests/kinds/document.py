"""Write docs/analyses.md: every test with what is measured of it.

``python -m tests.kinds.document`` measures tests that ``analyses.json`` does not know yet, or from fewer trials than it is
to have (``--all``: every test; ``--quick``: 20,000 trials are enough), and writes the page. A test compares the page with the
numbers, so that neither is changed alone.
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.kinds import missing_values
from tests.kinds.judges import JUDGES
from tests.kinds.test_parts import FILES, asked, looked_at, prepared
from tests.kinds.test_parts import JUDGED as TESTS
from trialsim import study as studies
from trialsim.analysis.estimates import analyze
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.kinds.tests import WITHIN
from trialsim.report import kinds as words
from trialsim.report.conventions import CONVENTIONS
from trialsim.truth import find_truth

KEPT = Path(__file__).with_name("analyses.json")
PAGE = Path(__file__).parents[2] / "docs" / "analyses.md"

#: Random data sets compared with the other program, replicates of level and coverage, and those that are timed.
JUDGED, LEVELS, QUICK, TIMED = 200, 100_000, 20_000, 10_000
CHUNK = 2_000

#: Tests of which one fit takes a millisecond or more, with fewer trials.
LONG = frozenset({"ordinal-mixed"})

#: The smallest p of which a relative difference is taken: integrals of other programs have absolute errors of 1e-14.
SMALLEST = 1e-5


def first_rows() -> dict[str, tuple[str, int]]:
    """For each test and what it compares, the first row that does so."""
    found: dict[str, tuple[str, int]] = {}
    for name in FILES:
        for row in range(len(prepared(name).analysis.rows)):
            _, test, samples, _ = asked(name, row)
            found.setdefault(f"{test}/{samples}", (name, row))
    return found


def judged(name: str, row: int) -> float:
    """The largest relative difference of p from the other program's; of a smaller p than `SMALLEST`, as a share of that."""
    call, test, samples, pair = asked(name, row)
    study = prepared(name)
    worst = 0.0
    data = studies.trial_arrays(studies.simulate(study, range(JUDGED)))
    p = studies.play(study, range(JUDGED)).estimates.p
    y, x = looked_at(data, call)
    for r in range(JUDGED):
        by_arm = [[one[r][data.arm[r] == k] for k in range(len(study.analysis.arms))] for one in (y, x)]
        other = JUDGES[test, samples](*by_arm, pair, call.null)  # type: ignore[index]
        if np.isnan(other):  # the other program has no number
            continue
        worst = max(worst, abs(p[0, r, row] - other) / max(other, SMALLEST))
    return worst


def measured(name: str, rows: list[int], *, trials: int) -> dict[int, dict[str, float]]:
    """Level, coverage and time of some rows of a scenario."""
    study = prepared(name)
    plan = study.analysis
    calls = tuple(dict.fromkeys(plan.call_of(row) for row in rows))
    truth = find_truth(study, replicates=1000)
    rejected, covered = {row: [0, 0] for row in rows}, {row: [0, 0] for row in rows}
    seconds = dict.fromkeys(rows, 0.0)
    declared, null = study.twins.index("declared"), study.twins.index("null")
    for start in range(0, trials, CHUNK):
        part = range(start, start + CHUNK)
        cohort = studies.simulate(study, part)
        data = studies.trial_arrays(cohort, plan)
        for call in calls:
            began = time.process_time()
            alone = replace(plan, calls=(replace(call, first_row=0),), rows=tuple(plan.rows[r] for r in call.rows))
            found = analyze(alone, data, twins=study.twins, replicates=part)
            took = time.process_time() - began
            for row in call.rows:
                if row not in rows:
                    continue
                here = row - call.first_row
                if start > 0:  # in the first part kernels are compiled
                    seconds[row] += took / 2 / len(call.rows)  # two twins
                decided = found.rejected[null, :, here]
                rejected[row][0] += int(np.nansum(decided))
                rejected[row][1] += int(np.isfinite(decided).sum())
                low, high = found.low[declared, :, here], found.high[declared, :, here]
                there = np.isfinite(low) & np.isfinite(high)
                value = truth.declared(row)[0]
                covered[row][0] += int(((low <= value) & (value <= high) & there).sum())
                covered[row][1] += int(there.sum())
    return {
        row: {
            "level": rejected[row][0] / rejected[row][1],
            "coverage": covered[row][0] / covered[row][1] if covered[row][1] else float("nan"),
            "seconds": seconds[row] * TIMED / (trials - CHUNK),
            "trials": trials,
        }
        for row in rows
    }


def wanted(key: str) -> int:
    """From how many trials a test is to be measured."""
    return QUICK if "--quick" in sys.argv or key.split("/", maxsplit=1)[0] in LONG else LEVELS


def remade(known: dict[str, Any]) -> dict[str, Any]:
    """The numbers of every test, measured where they are not known; kept after each scenario."""
    where = first_rows()
    missing = {key: place for key, place in where.items() if known.get(key, {"trials": 0})["trials"] < wanted(key)}
    for name, trials in sorted({(file, wanted(key)) for key, (file, _) in missing.items()}):
        rows = {key: row for key, (file, row) in missing.items() if (file, wanted(key)) == (name, trials)}
        numbers = measured(name, list(rows.values()), trials=trials)
        known |= {key: {"difference": judged(name, row), **numbers[row]} for key, row in rows.items()}
        KEPT.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return {key: known[key] for key in where}


def page(known: dict[str, Any]) -> str:
    """The text of the page."""
    where = first_rows()
    lines = [
        "# Analyses",
        "",
        "Every test that a scenario may name, made by a program from the tables of the package",
        "(`python -m tests.kinds.document`). *Difference* is the largest difference of p from that of the judge, as a share of p",
        "(of p below 1e-5, as a share of 1e-5), in",
        f"{JUDGED} random trials. *Level* is the share of trials without an effect in which the test rejects at 5 %",
        "(with its Monte Carlo error), *coverage* the share of 95 % intervals that hold the truth with an effect. *Time* is of",
        "10,000 trials on one core, once they are simulated. All are those of the studies in `tests/kinds`, with about 40",
        "participants in each arm; other studies differ.",
        "",
    ]
    for test in (*TESTS, *WITHIN):
        convention = CONVENTIONS[test.name]
        lines += [f"## {test.name}", "", _sentence(words.TESTS[test.name]), ""]
        lines += [
            f"- Convention: {convention.how}.",
            f"- Source: {convention.source}.",
            f"- Judge: {convention.judge}.",
        ]
        lines += [f"- Known to be off: {convention.off or 'nothing'}."]
        lines += [
            "",
            "| compares | estimates | difference | trials | level | coverage | time |",
            "|---|---|---|---|---|---|---|",
        ]
        for samples in test.samples:
            key = f"{test.name}/{samples}"
            name, row = where[key]
            lines.append(_line(samples, prepared(name).analysis.rows[row].estimand, known[key]))
        lines.append("")
    return "\n".join([*lines, *missing_values.section(json.loads(missing_values.KEPT.read_text(encoding="utf-8")))])


def _sentence(text: str) -> str:
    """A text with a capital letter and an end."""
    return text[0].upper() + text[1:] + ("" if text.endswith("?") else ".")


def _line(samples: str, estimand: str, numbers: dict[str, float]) -> str:
    compares = {"one": "one sample", "two": "two arms", "all": "all arms", "factor": "the arms of a factor"}[samples]
    effect = "nothing" if estimand == NO_ESTIMAND else words.ESTIMANDS[estimand]
    difference = numbers["difference"]
    shown = "0" if difference == 0 else f"{difference:.0e}"
    coverage = "" if np.isnan(numbers["coverage"]) else f"{100 * numbers['coverage']:.2f} %"
    seconds = numbers["seconds"]
    timed = f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
    error = 100 * math.sqrt(numbers["level"] * (1 - numbers["level"]) / numbers["trials"])
    level = f"{100 * numbers['level']:.2f} % ± {error:.2f}"
    return f"| {compares} | {effect} | {shown} | {numbers['trials']:,} | {level} | {coverage} | {timed} |"


def main() -> None:
    """Measure what is not known, and write numbers and page."""
    known = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() and "--all" not in sys.argv else {}
    numbers = remade(known)
    KEPT.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(numbers), encoding="utf-8")


if __name__ == "__main__":
    main()
