"""Several analyses of the same trials in sentences: what each estimates, which has the most power, which are not ranked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialsim.analysis.plan import RowPlan
from trialsim.compare.choices import Choice, SharedQuestion, adjusted, looked_at
from trialsim.compare.play_choices import AnalysisComparison, ChoiceDifference, ChoiceRanking
from trialsim.evaluate.columns import POWER
from trialsim.evaluate.verdict import Verdict, more_should
from trialsim.kinds import estimands
from trialsim.kinds.designs import STRATEGY
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.records import Samples
from trialsim.report import kinds
from trialsim.report.brief import Line, se_named
from trialsim.report.digits import percent, points_with_error
from trialsim.report.truth import rate
from trialsim.report.words import join
from trialsim.scenario.model import Analysis

#: What a test of all arms at once compares; reads after "compares the".
OF_ALL_ARMS = {
    estimands.MEAN.effect: "means",
    estimands.PROBABILITY.effect: "ranks",
    estimands.SHARE.effect: "shares of yes",
    estimands.ODDS_OF_HIGHER.effect: "odds of a higher score",
    estimands.LOG_HAZARD_RATIO.effect: "hazards",
}

#: A difference of means, by what it is the difference of.
OF_MEANS: dict[tuple[str, Samples], str] = {
    (estimands.MEAN_DIFFERENCE.name, "two"): "the difference of two means",
    (estimands.MEAN_DIFFERENCE.name, "one"): "the mean change",
}


def shown(found: AnalysisComparison, choice: Choice) -> str:
    """What people read in place of the name of an analysis."""
    return found.row(choice).shown


def listed(names: Sequence[str]) -> str:
    """Names of analyses in a sentence, between quotation marks where a comma in one of them would part it.

    >>> listed(["t", "ranks"]), listed(["All, on logs", "All"])
    ('t and ranks', "'All, on logs' and 'All'")
    """
    return join([f"'{name}'" for name in names] if any("," in name for name in names) else list(names))


# ---------------------------------------------------------------- what is estimated


def estimates(found: AnalysisComparison, choice: Choice) -> str:
    """What a row is after, in words; reads after "estimates", or, of all arms at once, in place of it."""
    row, plan = found.row(choice), found.study.analysis
    what = found.study.scenario.analyses[row.analysis]
    asked, where = plan.question_of(choice.row), _endpoint(what)
    if row.estimand == NO_ESTIMAND:
        if isinstance(choice.target, tuple) and choice.target[0] == "alone":
            return f"nothing that has a true value{_chosen(what)}{where}"
        return f"no single number: compares the {OF_ALL_ARMS[TEST[asked.test].effect]} of all arms{where}"
    unit = f" [{row.unit}]" if row.unit else ""
    strategy = "" if STRATEGY[row.strategy].as_it_happens else f", by the strategy '{row.strategy}'"
    without = "".join(f", without {covariate} {category}" for covariate, category in what.exclude.items())
    return f"{_number(row, asked.samples)}{unit}{where}{strategy}{without}"


def _number(row: RowPlan, samples: Samples) -> str:
    """The name of what is estimated: of ratios at equal covariates with these covariates."""
    if estimands.ESTIMAND[row.estimand].by_fit:
        return f"the {row.effect}"
    return OF_MEANS.get((row.estimand, samples), kinds.ESTIMANDS[row.estimand])


def _chosen(what: Analysis) -> str:
    return "" if what.subset is None else " (who is analyzed is chosen by the outcome itself)"


def _endpoint(what: Analysis) -> str:
    """Where an endpoint is measured; reads after what is estimated."""
    scale = kinds.TRANSFORMS[what.transform]
    if what.change is not None:
        return f"{scale}, at {what.change.end} since {what.change.start}"
    if what.over is not None:
        return f"{scale}, of {kinds.VISIT_SUMMARIES[what.over.by]} {join(what.over.visits)}"
    if what.visits:
        at = what.at if what.at in what.visits else None
        last = what.at is None and TEST[what.test].at_visits
        return f"{scale}, at {at or what.visits[-1]}" if at or last else f"{scale}, over {join(what.visits)}"
    return f"{scale}, at {what.visit}"


def level_holds_for(found: AnalysisComparison, choice: Choice) -> str:
    """What the level of a row holds for: one test, or several together."""
    row, plan = found.row(choice), found.study.analysis
    call, asked = plan.call_of(choice.row), plan.question_of(choice.row)
    level = f"level {100 * row.two_sided_alpha:g} %"
    if looked_at(found.study, choice.row):
        return f"{level} over all looks"
    if row.family:
        return f"{level} for the family {row.family}"
    if asked.main or call.pairs is None:
        return f"{level} for this test alone{kinds.ALTERNATIVES[call.alternative]}"
    gate = ", once the test of all arms rejects" if call.pairs.gate else ""
    if adjusted(call):
        return f"{level} for {len(call.pairs.arms)} pairs together{gate}"
    return f"{level} for this pair{gate}"


def group_name(found: AnalysisComparison, question: SharedQuestion, group: Sequence[int]) -> str:
    """What the rows of a group are after, and at which level; with a capital letter."""
    choice = question.choices[group[0]]
    what = estimates(found, choice)
    text = f"estimates {what}" if not what.startswith("no single") else what
    return f"{text[0].upper()}{text[1:]}; {level_holds_for(found, choice)}"


# ---------------------------------------------------------------- the answer


def answer(found: AnalysisComparison) -> list[str]:
    """A sentence for each group of analyses that may be ranked, the question of the primary analysis first."""
    sentences = []
    for question, rankings in zip(found.questions, found.rankings, strict=True):
        sentences += [_ranked(found, question, ranking) for ranking in rankings]
    if sentences:
        return sentences
    names = listed([shown(found, choice) for choice in found.questions[0].choices])
    text = "they answer different questions, and their powers are not ranked."
    return [f"No two of {names} estimate the same number at the same level: {text}"]


def _ranked(found: AnalysisComparison, question: SharedQuestion, ranking: ChoiceRanking) -> str:
    best = ranking.best
    names = [shown(found, question.choices[place]) for place in ranking.choices]
    where = f"{question.contrast}: of {listed(names)}, "
    aside = _aside(found, question, ranking)
    if best is None:
        fit = [place for place in ranking.choices if place not in (*ranking.too_often, *ranking.failed)]
        only = [question.choices[place] for place in fit]
        which = f"only {shown(found, only[0])} has a power, {_power(found, only[0])}" if only else "none has a power"
        return f"{where}{which}.{aside}"
    top = question.choices[best.index]
    if not best.clear:
        rivals = listed([shown(found, question.choices[place]) for place in sorted([best.index, *best.rivals])])
        return f"{where}it is undecided which of {rivals} has the most power{more_should(best.more)}.{aside}"
    lead = _lead(found, question, best.index)
    verdict = found.verdict(top)
    if verdict is not None and not verdict.keeps:
        aside = f" Whether it keeps its level is {verdict.words}.{aside}"
    return f"{where}{shown(found, top)} has the most power, {_power(found, top)}{lead}.{aside}"


def _lead(found: AnalysisComparison, question: SharedQuestion, place: int) -> str:
    """How far the best is above the first, where both may be ranked."""
    first, top = question.choices[0], question.choices[place]
    if place == 0 or not first.alike(top):
        return ""
    gap = between(found, question, 0, place)
    verdict = found.verdict(first)
    if gap is None or (verdict is not None and verdict.too_often):
        return ""
    text = se_named(points_with_error(gap.difference, gap.mcse)).removeprefix("+")
    return f", {text} percentage points more than {shown(found, first)}"


def _aside(found: AnalysisComparison, question: SharedQuestion, ranking: ChoiceRanking) -> str:
    """Those that are left out, and why."""
    parts = []
    for places, one, several in (
        (ranking.too_often, "rejects too often", "reject too often"),
        (ranking.failed, "could often not be computed", "could often not be computed"),
    ):
        if places:
            names = [shown(found, question.choices[place]) for place in places]
            parts.append(f" Left out: {listed(names)}, which {one if len(names) == 1 else several}.")
    return "".join(parts)


def _power(found: AnalysisComparison, choice: Choice) -> str:
    return se_named(rate(found.measures(choice), POWER))


def between(
    found: AnalysisComparison, question: SharedQuestion, i: int, j: int, measure: str = POWER
) -> ChoiceDifference | None:
    """The difference of the later of two rows of a question from the earlier one."""
    first, second = (found.row(question.choices[place]).analysis for place in (i, j))
    return found.difference(question.contrast, first, second, measure)


def different(found: AnalysisComparison) -> list[str]:
    """For each question with several groups, that these answer different questions; equal texts once."""
    sentences: dict[str, list[str]] = {}
    for question in found.questions if any(found.rankings) else ():
        groups = question.groups
        if len(groups) > 1:
            names = [listed([shown(found, question.choices[place]) for place in group]) for group in groups]
            sentences.setdefault("; ".join(names), []).append(question.contrast)
    return [
        f"{join(contrasts)}: these answer different questions, or hold their level for other tests, and are not ranked: {names}."
        for names, contrasts in sentences.items()
    ]


def too_often(found: AnalysisComparison) -> list[str]:
    """The analyses whose rejections are not a power."""
    bad: dict[str, list[str]] = {}
    for question in found.questions:
        for choice in question.choices:
            verdict = found.verdict(choice)
            if verdict is not None and verdict.too_often:
                bad.setdefault(shown(found, choice), []).append(f"{question.contrast}: {_times(verdict)}")
    listed = "; ".join(f"{name} ({', '.join(words)})" for name, words in bad.items())
    return [f"Not a power, because the test rejects too often without effects: {listed}."] if bad else []


def _times(verdict: Verdict) -> str:
    return f"{percent(verdict.rate)} at a level of {100 * verdict.alpha:g} %"


def lost(found: AnalysisComparison) -> list[str]:
    """The analyses that could not be computed in some trials."""
    texts: dict[str, None] = {}
    for question in found.questions:
        for choice in question.choices:
            known = found.measures(choice)
            one = known.get(POWER) or known.get(f"{POWER}_low")
            if one is not None and one.n_failed:
                share = percent(one.n_failed / one.n_replicates, 2)
                texts[
                    f"{shown(found, choice)} ({question.contrast}) could not be computed in {share} of the trials."
                ] = None
    return list(texts)


def notes(found: AnalysisComparison) -> list[str]:
    """What is not ranked, what failed, and what is not compared."""
    labels = {row.analysis: row.shown for row in found.study.analysis.rows}
    alone = (
        [f"Nothing is compared with {listed([labels[name] for name in found.alone])}: other arms."]
        if found.alone
        else []
    )
    others = (
        [f"Of the same outcome, but not chosen: {listed(found.others)}. Name them behind --analyses."]
        if found.others
        else []
    )
    return [*different(found), *lost(found), *alone, *others]


def named_lines(found: AnalysisComparison) -> list[Line]:
    """The answer first, then what is not a power, what may not be ranked, and what is not compared."""
    first, *more = answer(found)
    return [
        Line("Answer", first),
        *(Line("", text) for text in more),
        *(Line("Level", text, bad=True) for text in too_often(found)),
        *(Line("Note", text) for text in notes(found)),
    ]


def definitions(found: AnalysisComparison) -> Iterator[str]:
    """Each analysis in one line."""
    from trialsim.report.words import analyses

    lines = analyses(found.study.scenario)
    for call in found.study.analysis.calls:
        if any(found.row(choice).analysis == call.name for question in found.questions for choice in question.choices):
            yield lines[call.name]
