"""A second opinion: the nearest closed form of the power of an analysis, and why the simulated power differs from it.

The closed forms are beside the tests (:mod:`trialsim.analysis.methods`); here they are applied to a study: the distributions its
levels declare, the sizes of its arms, its alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.methods.case import Case
from trialsim.analysis.methods.method import ClosedForm
from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisPlan, PlannedAnalysis, RowPlan, RowTest, first_share
from trialsim.kinds.designs import ADJUSTMENT
from trialsim.kinds.tests import TEST
from trialsim.prepared import Study
from trialsim.sizing import bounds
from trialsim.sizing.clusters import cluster_sizes, wedge_variance
from trialsim.sizing.expected import covariance, endpoint_distributions
from trialsim.sizing.formula_gaps import reasons
from trialsim.sizing.random_sizes import arm_sizes, averaged, eligible, offsets

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SecondOpinion:
    """A power by formula.

    Attributes
    ----------
    power : by the formula, at full delivery with nothing lost
    formula : its name
    source : the publication of the formula
    n : participants in each arm, as used by the formula
    reasons : in words, features of this study that the formula ignores; the last one is the error of the formula itself
    """

    power: float
    formula: str
    source: str
    n: tuple[float, ...]
    reasons: tuple[str, ...]


def second_opinion(study: Study, row: RowPlan, n: float | None = None) -> SecondOpinion | None:
    """The nearest closed form for a row of the plan of a study with ``n`` participants in total (by default its own number).

    None if no formula is close: subsets selected by the outcome, percent changes of a normal outcome, arms too
    small for the degrees of freedom.
    """
    plan = study.analysis
    place = plan.rows.index(row)
    call, asked = plan.call_of(place), plan.question_of(place)
    form = METHODS[asked.test, asked.samples].closed_form
    if call.choice.percent_change is not None or not isinstance(form, ClosedForm):
        return None
    if call.model is not None and call.model.joint:
        return None
    if len(call.margins) > 1 and not form.equivalence:
        return None
    if _alpha(plan, place) <= 0.0:
        return None  # tested only after others, so that no formula of it alone is near
    randomized = arm_sizes(study, n)
    case = _case(study, call, asked, randomized * eligible(study, call), _alpha(plan, place))
    if case is not None:
        case = replace(case, clusters=cluster_sizes(study, call, n), wedge=wedge_variance(study, call, n))
    found = None if case is None else form.power(case)
    if case is None or found is None or not math.isfinite(found.power):
        return None
    sizes, power = case.sizes, found.power
    if not form.whole_sizes:
        columns = offsets(study, call, randomized)
        columns = columns[list(asked.arms)] if len(case.arms) < len(columns) else columns
        power = averaged(lambda at: _power_at(form, case, at), sizes, columns)
    why = reasons(study, call, TEST[asked.test], asked.pair, row=place, whole_sizes=form.whole_sizes)
    if found.measured is not None:
        smallest = min(sizes[list(asked.pair)] if asked.pair is not None else sizes)
        why = (*why, bounds.in_words(found.measured, float(smallest)))
    return SecondOpinion(power, found.formula, found.source, tuple(sizes.tolist()), why)


def _alpha(plan: AnalysisPlan, row: int) -> float:
    """The level of a row: of adjusted pairs, divided by their number; of a margin, half; in a family, the share it has."""
    call, asked = plan.call_of(row), plan.question_of(row)
    family = next((one for one in plan.families if row in one.rows), None)
    if family is not None:
        return plan.rows[row].alpha * first_share(family, family.rows.index(row))
    if call.margins:
        return call.alpha / 2
    if asked.main or call.pairs is None or not ADJUSTMENT[call.pairs.adjust].adjusts:
        return call.alpha
    return call.alpha / len(call.pairs.arms)


def _case(study: Study, call: PlannedAnalysis, asked: RowTest, sizes: Floats, alpha: float) -> Case | None:
    """The input of a closed form; None if the levels do not determine the distribution of the endpoint."""
    arms = endpoint_distributions(study.response, call.endpoint)
    if arms is None:
        return None
    baselines, covariances = None, np.zeros(0)
    if call.baselines:
        baselines = endpoint_distributions(study.response, call.baselines[0])
        assert baselines is not None  # a baseline is a plain value
        own = [covariance(study.response, call.endpoint, call.baselines[0], k) for k in range(len(arms))]
        covariances = np.array(own)
    if asked.samples == "one" and asked.arms:
        arms, sizes = [arms[asked.arms[0]]], sizes[list(asked.arms)]
    return Case(
        arms,
        sizes,
        asked.pair,
        alpha,
        call.alternative,
        call.null,
        baselines,
        covariances,
        len(call.baselines) + len(call.covariates),
        call.margins if len(call.margins) > 1 else (),
        _columns(call, asked),
    )


def _columns(call: PlannedAnalysis, asked: RowTest) -> Floats:
    """(K, P) the columns of a model by factors, coded by 1 and -1 over 2^order, which is twice the size of a term."""
    terms = sorted(call.terms, key=lambda one: one.sides != asked.arms)
    each = [np.sign(one.weights) / (2.0 * one.size) for one in terms]
    return np.stack([*each, np.ones(len(each[0]))], axis=1) if each else np.zeros((0, 0))


def _power_at(form: ClosedForm, case: Case, sizes: Floats) -> float:
    found = form.power(replace(case, sizes=sizes))
    return math.nan if found is None else found.power
