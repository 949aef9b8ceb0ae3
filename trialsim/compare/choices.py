"""Which analyses of one scenario compare the same arms, and which of these are after the same number at the same level."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from trialsim.analysis.effects import TRIMMED, WITHIN_STRATA
from trialsim.analysis.plan import Endpoint, PlannedAnalysis, RowPlan, RowTest
from trialsim.compare.sides import CompareError
from trialsim.kinds.designs import ADJUSTMENT, STRATEGY, TRANSFORM
from trialsim.kinds.estimands import ESTIMAND, MEAN_DIFFERENCE, NO_ESTIMAND, SAME_NUMBER
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.pairs import PAIR
from trialsim.prepared import Study
from trialsim.quantities.refuse import did_you_mean

#: What arms a row compares, whichever way round: one, two or all, and each arm with its weight.
Arms = tuple[str, frozenset[tuple[int, float]]]


@dataclass(frozen=True)
class Choice:
    """One row of an analysis.

    Attributes
    ----------
    row : its place in the plan
    target : what it estimates; equal for rows that are after the same number
    control : what its level holds for; equal for rows whose powers may be ranked
    """

    row: int
    target: Hashable
    control: Hashable

    def alike(self, other: Choice) -> bool:
        """Whether the powers of two rows may be ranked."""
        return (self.target, self.control) == (other.target, other.control)


@dataclass(frozen=True)
class SharedQuestion:
    """Rows that compare the same arms; the others are compared with the first of them.

    Attributes
    ----------
    contrast : the arms that are compared, as the first row has them
    """

    contrast: str
    choices: tuple[Choice, ...]

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Places of the choices whose powers may be ranked, by groups in the order of their first."""
        found: list[list[int]] = []
        for place, one in enumerate(self.choices):
            group = next((group for group in found if self.choices[group[0]].alike(one)), None)
            if group is None:
                found.append([place])
            else:
                group.append(place)
        return tuple(tuple(group) for group in found)


def same_question(study: Study) -> tuple[str, ...]:
    """The analyses of the outcome, the visit and the arms of a primary analysis; the primary ones first."""
    plan, primary = study.analysis, study.scenario.primary
    wanted = {(call.endpoint.visit, arms) for call in plan.calls if call.name in primary for arms in _arms_of(call)}
    others = [
        call.name
        for call in plan.calls
        if call.name not in primary and any((call.endpoint.visit, arms) in wanted for arms in _arms_of(call))
    ]
    return (*primary, *others)


def other_visits(study: Study, names: Sequence[str]) -> tuple[str, ...]:
    """What people read in place of the analyses of the same outcome and arms that are not among ``names``."""
    plan, pairs = study.analysis, study.response.pairs
    chosen = [call for call in plan.calls if call.name in names]
    wanted = {(pairs[call.endpoint.visit][0], arms) for call in chosen for arms in _arms_of(call)}
    found = [
        call
        for call in plan.calls
        if call.name not in names and any((pairs[call.endpoint.visit][0], arms) in wanted for arms in _arms_of(call))
    ]
    return tuple(plan.rows[call.first_row].shown for call in found)


def named(study: Study, names: Sequence[str]) -> tuple[str, ...]:
    """The primary analyses and the named ones.

    Raises
    ------
    CompareError
        TS-R280 for a name that is not an analysis of the scenario
    """
    known = list(study.scenario.analyses)
    labels = {row.label: row.analysis for row in study.analysis.rows}
    found = [name if name in known else labels.get(name, "") for name in names]
    for name, one in zip(names, found, strict=True):
        if not one:
            remedy = _as_further(study, name) if name in TEST else did_you_mean(name, known, what="Its analyses are")
            raise CompareError(f"{study.scenario.name} has no analysis '{name}'.", code="TS-R280", remedy=remedy)
    return tuple(dict.fromkeys((*study.scenario.primary, *found)))


def _as_further(study: Study, test: str) -> str:
    """How to write a test, which is not an analysis, as a further analysis of the primary question."""
    plan, first = study.analysis, study.scenario.analyses[study.scenario.primary[0]]
    pair = next((row.contrast for row in plan.rows if row.analysis == study.scenario.primary[0] and not row.main), None)
    where = (
        f"change: {{from: {first.change.start}, to: {first.change.end}}}" if first.change else f"visit: {first.visit}"
    )
    two = f", contrast: {pair}" if pair and "two" in TEST[test].samples else ""
    line = f"analyses: {{by {test}: {{outcome: {first.outcome}, {where}, test: {test}{two}}}}}"
    return f"It is a test. Write a file choices.yaml with {line}, and --analyses choices.yaml."


def only(study: Study, names: Sequence[str]) -> Study:
    """The study with these analyses alone, so that nothing else is computed.

    Where hypotheses are tested together, or one is looked at while the trial goes on, all stay.
    """
    plan = study.analysis
    if plan.families or study.looks is not None:
        return study
    calls: list[PlannedAnalysis] = []
    rows: list[RowPlan] = []
    for call in plan.calls:
        if call.name in names:
            calls.append(replace(call, first_row=len(rows)))
            rows += [plan.rows[row] for row in call.rows]
    first = tuple(rows.index(plan.rows[row]) for row in plan.primary if plan.rows[row] in rows)
    kept = replace(plan, calls=tuple(calls), rows=tuple(rows), primary=first)
    return replace(study, analysis=kept)


def questions(study: Study, names: Sequence[str]) -> tuple[SharedQuestion, ...]:
    """The arms that at least two of the named analyses compare, those of a primary analysis first.

    Raises
    ------
    CompareError
        TS-R281 if no two of them compare the same arms
    """
    plan = study.analysis
    found: dict[Arms, list[int]] = {}
    for call in sorted((call for call in plan.calls if call.name in names), key=lambda one: names.index(one.name)):
        for row, arms in zip(call.rows, _arms_of(call), strict=True):
            found.setdefault(arms, []).append(row)
    made = tuple(
        SharedQuestion(plan.rows[rows[0]].contrast, tuple(choice_of(study, row) for row in rows))
        for rows in found.values()
        if len({plan.rows[row].analysis for row in rows}) > 1
    )
    if not made:
        shown = ", ".join(names)
        raise CompareError(
            f"there are no two analyses that compare the same arms: {shown}.",
            code="TS-R281",
            remedy="Name analyses of the same arms, or a file with further ones: --analyses choices.yaml.",
        )
    return made


def left_out(study: Study, names: Sequence[str], asked: Sequence[SharedQuestion]) -> tuple[str, ...]:
    """Chosen analyses that nothing is compared with, as no other one compares their arms."""
    there = {study.analysis.rows[choice.row].analysis for one in asked for choice in one.choices}
    return tuple(name for name in names if name not in there)


def _arms_of(call: PlannedAnalysis) -> Iterator[Arms]:
    """The arms that each row compares."""
    for asked in call.questions:
        yield asked.samples, _weighed(asked)


def _weighed(asked: RowTest) -> frozenset[tuple[int, float]]:
    """Each arm with its weight, the first positive; with 0 where arms have no weights."""
    weights = dict.fromkeys(asked.arms, 0.0)
    for arm, weight in zip(asked.arms, asked.weights, strict=False):
        weights[arm] += weight
    first = next((weight for _, weight in sorted(weights.items()) if weight), 0.0)
    return frozenset((arm, -weight if first < 0 else weight) for arm, weight in weights.items())


# ---------------------------------------------------------------- what may be ranked


def choice_of(study: Study, row: int) -> Choice:
    """A row with what it estimates and what its level holds for."""
    plan = study.analysis
    call, asked = plan.call_of(row), plan.question_of(row)
    return Choice(row, _target(study, call, asked, row), _control(study, call, asked, row))


def _target(study: Study, call: PlannedAnalysis, asked: RowTest, row: int) -> Hashable:
    """What a row estimates. A test of all arms estimates nothing, but is after means, or ranks, or shares."""
    estimand = study.analysis.rows[row].estimand
    chosen = call.choice.percent_change is not None and not STRATEGY[call.strategy].stratum
    if estimand == NO_ESTIMAND:
        several = asked.samples == "all" and not chosen and not call.repeated
        return (TEST[asked.test].effect, _endpoint(call.endpoint)) if several else ("alone", row)
    given = (call.baselines, frozenset(call.covariates), frozenset(call.visit_covariates), call.repeated, call.at_visit)
    return (
        SAME_NUMBER.get(estimand, estimand),
        _compared(study, call, estimand),
        call.choice.exclude,
        call.strategy,
        call.responders,
        call.strata if estimand in WITHIN_STRATA else (),
        call.trim if estimand in TRIMMED else None,
        given if ESTIMAND[estimand].by_fit else (),
    )


def _endpoint(endpoint: Endpoint) -> Endpoint:
    """An endpoint, whatever is done about its missing values."""
    return replace(endpoint, categories=(), instead=replace(endpoint.instead, last=()))


def _compared(study: Study, call: PlannedAnalysis, estimand: str) -> Endpoint:
    """The endpoint of a row. Arms that are randomized differ in a change since the first visit as they differ in the value."""
    endpoint, plan = _endpoint(call.endpoint), study.response
    means = ESTIMAND[estimand].effect == MEAN_DIFFERENCE.effect and not TRANSFORM[endpoint.transform].percent
    first = plan.in_order(plan.pairs[endpoint.visit][0])[0]
    if means and call.main.samples != "one" and endpoint.start == first:
        return replace(endpoint, start=None)
    return endpoint


def _control(study: Study, call: PlannedAnalysis, asked: RowTest, row: int) -> Hashable:
    """What the level of a row holds for: its test alone, or all pairs of arms together, or a family, or all looks."""
    one = study.analysis.rows[row]
    rule = (one.alpha, call.alternative, call.null, one.margins)
    if looked_at(study, row):
        return (*rule, "all looks")
    if one.family:
        return (*rule, one.family)
    if asked.main or call.pairs is None:
        return (*rule, "alone")
    if adjusted(call):
        return (*rule, frozenset(frozenset(pair) for pair in call.pairs.arms))
    return (*rule, "after all arms" if call.pairs.gate else "alone")


def looked_at(study: Study, row: int) -> bool:
    """Whether a row is tested while the trial goes on."""
    return study.looks is not None and study.looks.row == row


def adjusted(call: PlannedAnalysis) -> bool:
    """Whether the p-values of pairs after a test of all arms hold for all of them together."""
    pairs = call.pairs
    return pairs is not None and len(pairs.arms) > 1 and (ADJUSTMENT[pairs.adjust].adjusts or PAIR[pairs.test].together)
