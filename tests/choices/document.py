"""Write the tables of docs/choosing-an-analysis.md: the analyses of three studies side by side, and tests that reject too often.

``python -m tests.choices.document`` simulates 10,000 trials of each study and more of one (half an hour on one core), keeps the
numbers in ``numbers.json`` and writes the tables between their marks on the page. ``--quick``: 1,000 trials; ``cases`` or the
name of a study: that part alone; ``--tables``: the page alone, of the numbers that are kept. A test compares page, numbers and
studies, so that none is changed alone.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trialsim as ts
from trialsim.compare.choices import SharedQuestion, only
from trialsim.compare.play_choices import AnalysisComparison
from trialsim.prepared import prepare
from trialsim.report.choices_words import between, group_name, shown
from trialsim.report.digits import percent, points_with_error, with_minus
from trialsim.scenario.further import with_analyses
from trialsim.study import evaluate

HERE = Path(__file__).parent
KEPT = HERE / "numbers.json"
PAGE = HERE.parents[1] / "docs" / "choosing-an-analysis.md"

TRIALS, QUICK = 10_000, 1_000

#: What there is to find: as declared, without effects, and with a flat clock too.
TRUTHS = ("truth", "truth_null_twin", "truth_no_change_twin")


@dataclass(frozen=True)
class Study:
    """A study whose analyses are compared.

    Attributes
    ----------
    analyses : of the scenario, by name
    further : a file of further ones beside this program
    contrasts : the arms shown
    trials : simulated trials, or the number of all studies
    """

    scenario: str
    analyses: tuple[str, ...]
    further: str
    contrasts: tuple[str, ...]
    trials: int = TRIALS

    @property
    def choices(self) -> list[str]:
        """What follows --analyses."""
        return [*self.analyses, *([str(HERE / self.further)] if self.further else [])]


MOTHERS = ("all_mothers_log", "all_mothers", "all_mothers_wilcoxon", "those_who_fell", "those_who_moved")

#: The studies of the page, by the names of their tables.
STUDIES: Mapping[str, Study] = {
    "picu arms": Study("picu-blood-draw", (), "picu-fear.yaml", ("all arms", "music - control"), 20_000),
    "picu music": Study("picu-blood-draw", (), "picu-music.yaml", ("music - control",)),
    "nicu": Study("nicu-parent-massage", MOTHERS, "nicu-cortisol.yaml", ("post - pre",)),
    "two arms": Study("choosing-an-analysis", (), "", ("massage - usual",)),
}


@dataclass(frozen=True)
class Case:
    """An analysis that is known to go wrong, why, and the one in its place in the same study (``better``, ``instead``)."""

    name: str
    scenario: str
    wrong: str
    better: str
    instead: str
    why: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    further: Mapping[str, Any] = field(default_factory=dict)


_FEW = {"design.enroll": {"each arm": 12}}
_BY_THERAPIST = {"outcome": "anxiety", "visit": "after", "clusters": "practitioner"}

CASES = (
    Case("Only mothers whose cortisol fell", "nicu-parent-massage", "those_who_fell", "all_mothers_log", "every mother, on logs",
         "who is analyzed is chosen by the result"),
    Case("Last value carried forward", "last-value", "last value", "complete cases", "the values that were measured",
         "more values are missing in one arm while everyone changes"),
    Case("t-test of patients, each arm with its own therapists", "own-therapists", "patients", "therapists",
         "t-test of the therapists' means",
         "patients of one therapist resemble each other"),
    Case("Estimating equations (GEE), four therapists in each arm", "own-therapists", "equations", "therapists",
         "t-test of the therapists' means",
         "few clusters; trialsim corrects for them (Mancl and DeRouen, a t distribution), most programs do not by default",
         further={"equations": {**_BY_THERAPIST, "test": "gee"}}),
    Case("Poisson regression", "ratios-at-equal-age", "rates, by Poisson", "rates", "negative binomial regression",
         "counts vary more than Poisson's"),
    Case("Logistic regression by Wald, few events", "ratios-at-equal-age", "hurt, by Wald", "hurt",
         "likelihood ratio with Firth's penalty", "its standard error grows faster than the effect: it misses effects"),
    Case("Proportional odds by the likelihood ratio, 12 in each arm", "fear-scores", "at equal age and fear before", "by score",
         "the score test",          "the chi-square distribution is that of large samples", changes=_FEW,
         further={"by score": {"outcome": "fear", "visit": "during", "test": "proportional-odds", "baseline": "pre",
                               "covariates": ["age"], "contrast": "music - control", "by": "score"}}),
    Case("Ordinal mixed model by z, 12 in each arm", "fear-at-three-visits", "within a child", "ranks",
         "Mann and Whitney's test at one visit",
         "z is the distribution of large samples", changes=_FEW,
         further={"ranks": {"outcome": "fear", "visit": "during", "test": "mann-whitney"}}),
)  # fmt: skip


# ---------------------------------------------------------------- numbers


def compared(study: Study, trials: int) -> AnalysisComparison:
    """The analyses of a study on the same trials."""
    return ts.compare_analyses(study.scenario, study.choices, replicates=trials, workers=1).found


def rows_of(found: AnalysisComparison, contrast: str) -> list[dict[str, Any]]:
    """The rows of the table of one contrast."""
    (question,) = [one for one in found.questions if one.contrast == contrast]
    return [_row(found, question, group, place) for group in question.groups for place in group]


def _row(found: AnalysisComparison, question: SharedQuestion, group: Sequence[int], place: int) -> dict[str, Any]:
    choice = question.choices[place]
    known, verdict = found.measures(choice), found.verdict(choice)
    gap, first = between(found, question, 0, place) if place else None, found.measures(question.choices[group[0]])
    assert verdict is not None
    width = known["interval_width"].value / first["interval_width"].value if "interval_width" in known else None
    coverage = known.get("coverage")
    return {
        "analysis": shown(found, choice),
        "group": group_name(found, question, group),
        "unit": found.row(choice).unit,
        "power": known["power"].value,
        "difference": None if gap is None else gap.difference,
        "mcse": None if gap is None else gap.mcse,
        "level": verdict.rate,
        "verdict": verdict.words,
        "too often": verdict.too_often,
        "coverage": None if coverage is None else coverage.value,
        "truths": [known[name].value if name in known else None for name in TRUTHS],
        "participants": None if width is None or math.isnan(width) else width**2,
        "trials": found.result.replicates,
    }


def of_case(case: Case, trials: int) -> dict[str, Any]:
    """How often an analysis and the one to use instead reject without effects."""
    scenario = ts.change(case.scenario, case.changes) if case.changes else ts.load(case.scenario)
    further = {name: dict(what) for name, what in case.further.items() if name not in scenario.analyses}
    scenario = with_analyses(scenario, further)[0] if further else scenario
    study = only(prepare(scenario), [*scenario.primary, case.wrong, case.better])
    levels = {one.analysis: one for one in evaluate(study, replicates=trials, workers=1).verdicts}
    wrong, better = levels[case.wrong], levels[case.better]
    return {
        "wrong": wrong.rate, "verdict": wrong.words, "better": better.rate, "better verdict": better.words, "trials": trials,
    }  # fmt: skip


def of_study(study: Study, trials: int) -> dict[str, Any]:
    """The rows of the tables of a study."""
    found = compared(study, min(trials, study.trials) if trials < TRIALS else study.trials)
    return {contrast: rows_of(found, contrast) for contrast in study.contrasts}


def measured(names: Sequence[str], trials: int) -> dict[str, Any]:
    """The numbers of some parts of the page."""
    return {
        name: {case.name: of_case(case, trials) for case in CASES}
        if name == "cases"
        else of_study(STUDIES[name], trials)
        for name in names
    }


# ---------------------------------------------------------------- tables


def tables(numbers: Mapping[str, Any]) -> dict[str, str]:
    """The text of each table by its mark."""
    made = {f"{name}: {contrast}": _table(rows) for name in STUDIES for contrast, rows in numbers[name].items()}
    return {**made, "nothing": _nothing(numbers["nicu"]["post - pre"]), "cases": _cases(numbers["cases"])}


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| analysis | power | from the first row | rejects without effects | intervals with the truth | participants |",
        "|---|---|---|---|---|---|",
    ]
    group = ""
    alike = {row["group"] for row in rows if row["participants"] not in (None, 1.0)}
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            lines.append(f"| *{group.removesuffix('; level 5 % for this test alone')}* | | | | | |")
        power = percent(row["power"])
        gap = "" if row["difference"] is None or row["too often"] else points_with_error(row["difference"], row["mcse"])
        coverage = "" if row["coverage"] is None else percent(row["coverage"])
        people = "" if row["group"] not in alike else f"{100 * row['participants']:.0f}"
        level = f"{percent(row['level'])}, {row['verdict'].partition(';')[0]}"
        shown_power = f"({power})" if row["too often"] else power
        lines.append(f"| {row['analysis']} | {shown_power} | {gap} | {level} | {coverage} | {people} |")
    return "\n".join(lines)


def _nothing(rows: Sequence[Mapping[str, Any]]) -> str:
    """What there is to find: as declared, with the clock alone, and where nothing changes."""
    lines = [
        "| analysis | with massage | without massage | without massage, at one hour of the day |",
        "|---|---|---|---|",
    ]
    for row in rows:
        if row["truths"][0] is not None:
            cells = " | ".join(with_minus(f"{value:+.3g}") for value in row["truths"])
            lines.append(f"| {row['analysis']} ({row['unit'] or 'logarithm'}) | {cells} |")
    return "\n".join(lines)


def _cases(numbers: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        "| analysis | study | rejects without effects | why | in its place | rejects without effects |",
        "|---|---|---|---|---|---|",
    ]
    for case in CASES:
        one = numbers[case.name]
        lines.append(
            f"| {case.name} | `{case.scenario}` | {_rate(one['wrong'], one['trials'])}, {_short(one['verdict'])} | {case.why} | "
            f"{case.instead} | {_rate(one['better'], one['trials'])}, {_short(one['better verdict'])} |"
        )
    return "\n".join(lines)


def _rate(rate: float, trials: int) -> str:
    return f"{percent(rate)} ± {100 * math.sqrt(rate * (1 - rate) / trials):.1f}"


def _short(words: str) -> str:
    return words.partition(";")[0]


def with_tables(text: str, made: Mapping[str, str]) -> str:
    """The page with its tables between their marks."""
    for name, table in made.items():
        pattern = re.compile(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = pattern.sub(lambda one, table=table: f"{one[1]}\n{table}\n\n{one[2]}", text)  # type: ignore[misc]
    return text


def marks(text: str) -> list[str]:
    """The names of the tables of a page."""
    return re.findall(r"<!-- table: (.*?) -->", text)


def main() -> None:
    """Measure all parts, or those that are named, and write numbers and page."""
    every = [*STUDIES, "cases"]
    names = [name for name in sys.argv[1:] if not name.startswith("--")] or every
    found = measured([] if "--tables" in sys.argv else names, QUICK if "--quick" in sys.argv else TRIALS)
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    numbers = {name: {**kept, **found}[name] for name in every if name in {**kept, **found}}
    KEPT.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    if len(numbers) == len(every):
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables(numbers)), encoding="utf-8")


if __name__ == "__main__":
    main()
