"""The numbers of several analyses of the same trials as text, a row for each analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialsim.compare.choices import SharedQuestion
from trialsim.compare.play_choices import WIDTH, AnalysisComparison
from trialsim.evaluate.columns import POWER
from trialsim.evaluate.table import Measure
from trialsim.report import kinds
from trialsim.report.choices_words import between, group_name, shown
from trialsim.report.digits import measure_with_error, percent, points_with_error, with_minus
from trialsim.report.truth import level_rate, rate, verdict_words


@dataclass(frozen=True)
class ChoiceLine:
    """An analysis as text, its numbers with their errors.

    Attributes
    ----------
    group : what it estimates, and what its level holds for
    difference : of its power from that of the first row, if both are powers; ``clear`` if its interval leaves out 0
    ranked : whether the two may be ranked
    level : the rejections without effects; ``verdict`` says whether it keeps its level
    width : the mean width of the interval; ``failed`` the share of trials in which it could not be computed
    """

    name: str
    group: str
    power: str
    difference: str
    clear: bool
    ranked: bool
    level: str
    verdict: str
    truth: str
    bias: str
    coverage: str
    width: str
    failed: str
    primary: bool
    bad: bool


def lines(found: AnalysisComparison, question: SharedQuestion) -> list[ChoiceLine]:
    """The rows of a question, those that may be ranked together."""
    order = [(group, place) for group in question.groups for place in group]
    return [_line(found, question, group, place) for group, place in order]


def _line(found: AnalysisComparison, question: SharedQuestion, group: Sequence[int], place: int) -> ChoiceLine:
    choice = question.choices[place]
    row, known, verdict = found.row(choice), found.measures(choice), found.verdict(choice)
    first = found.verdict(question.choices[0])
    bad = [one is not None and one.too_often for one in (first, verdict)]
    gap = between(found, question, 0, place) if place and not any(bad) else None
    spread = known["empirical_se"].value if "empirical_se" in known else 0.0
    truth = known.get("truth")
    ratio = "" if truth is None else kinds.back(row.estimand, truth.value)
    return ChoiceLine(
        name=shown(found, choice),
        group=group_name(found, question, group),
        power=rate(known, POWER),
        difference="" if gap is None else points_with_error(gap.difference, gap.mcse),
        clear=gap is not None and (gap.conf_low > 0 or gap.conf_high < 0),
        ranked=choice.alike(question.choices[0]),
        level=level_rate(known)[0],
        verdict=verdict_words(verdict),
        truth=f"{_number(truth, spread)}{f' ({ratio})' if ratio else ''}",
        bias=_number(known.get("bias"), spread),
        coverage=rate(known, "coverage"),
        width=_number(known.get(WIDTH), spread),
        failed=_failed(known.get(POWER) or known.get(f"{POWER}_low")),
        primary=row.analysis in found.study.scenario.primary,
        bad=bad[1],
    )


def _number(one: Measure | None, spread: float) -> str:
    return "" if one is None else with_minus(measure_with_error(one, "number", scale=spread))


def _failed(one: Measure | None) -> str:
    return "" if one is None else "none" if not one.n_failed else percent(one.n_failed / one.n_replicates, 2)


def pair_rows(found: AnalysisComparison, question: SharedQuestion) -> list[tuple[str, str, str, bool]]:
    """Two analyses whose powers may be ranked, the second minus the first with its error, and whether that is clear."""
    labels = {row.analysis: row.shown for row in found.study.analysis.rows}
    return [
        (labels[one.first], labels[one.second], points_with_error(one.difference, one.mcse),
         one.conf_low > 0 or one.conf_high < 0)
        for one in found.differences
        if one.contrast == question.contrast and one.measure == POWER and one.alike
    ]  # fmt: skip
