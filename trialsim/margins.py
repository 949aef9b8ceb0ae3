"""Twins in which the effect of an analysis is its margin: how far one arm has to be moved without effects.

A test of a margin is judged where the margin is true. The arm that is compared is moved on the predictor, at the visits of the
endpoint, by the one number for which the true effect (everyone in each arm in turn, as :mod:`trialsim.truth`) equals the margin.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.effects import two_arms
from trialsim.analysis.endpoints import TrialArrays, endpoint_values
from trialsim.analysis.fitted import fitted_effect, potential
from trialsim.analysis.plan import AnalysisPlan, PlannedAnalysis
from trialsim.analysis.planning.margins import margin_twins
from trialsim.analysis.substitution import NOTHING
from trialsim.errors import AnalysisError
from trialsim.kinds.designs import TRANSFORM
from trialsim.kinds.estimands import ESTIMAND
from trialsim.response import Measurements, respond
from trialsim.response.plan import MarginTwin, ResponsePlan
from trialsim.response.predictor import PredictorInputs
from trialsim.response.visit_times import visit_hours

Floats = NDArray[np.float64]

#: The participants and their events with everyone in an arm: (entries, trace).
Everyone = Callable[[int], tuple[Any, Any]]

#: The most steps of the search, and how near it comes [share of the margin's distance from no effect].
STEPS, CLOSE = 200, 1e-10

#: The farthest shift that is tried [SDs of the predictor].
FARTHEST = 64.0


def margin_shifts(
    plan: AnalysisPlan, response: ResponsePlan, everyone: Everyone, *, seed: int, replicates: range
) -> tuple[MarginTwin, ...]:
    """One twin for each margin of each analysis.

    Raises
    ------
    AnalysisError
        TS-A012 if no shift makes the effect the margin
    """
    found = []
    for call in plan.calls:
        for name, margin in zip(margin_twins(call.name, call.margins), call.margins, strict=True):
            effect = _Effect(plan, response, call, everyone, seed=seed, replicates=replicates)
            found.append(MarginTwin(name, effect.unit_shift * _solved(effect, margin, call.name)))
    return tuple(found)


class _Effect:
    """The true effect of an analysis as a function of how far arm a is moved [SDs of the predictor]."""

    def __init__(
        self,
        plan: AnalysisPlan,
        response: ResponsePlan,
        call: PlannedAnalysis,
        everyone: Everyone,
        *,
        seed: int,
        replicates: range,
    ) -> None:
        self._response, self._call, self._replicates, self._seed = response, call, replicates, seed
        row = plan.rows[call.first_row]
        self._estimand = row.estimand
        a, b = call.main.arms
        self._entries, self._trace = everyone(a)
        self._other_world = everyone(b)
        self._other = self._measured(response, *self._other_world, "null")
        self._who = self._entries.arm >= 0
        for covariate, category in call.choice.exclude:
            self._who = self._who & (self._entries.covariates[:, :, covariate] != category)
        ends = call.endpoint.points if call.endpoint.over is not None else (call.endpoint.visit,)
        if call.endpoint.over is not None and len(ends) > 1 and _from_the_first(call):
            ends = ends[1:]
        self.unit_shift = np.zeros((len(response.points), len(response.arms)))
        for d, share in _of_model(call).items() or dict.fromkeys(ends, 1.0).items():
            self.unit_shift[d, a] = share * (response.points[d].sd[a] if response.points[d].follow is None else 1.0)

    def _measured(self, response: ResponsePlan, entries: Any, trace: Any, twin: str) -> Measurements:
        """The complete values of everyone."""
        keeps = TRANSFORM[self._call.endpoint.transform].keeps
        return respond(
            response, entries, trace, seed=self._seed, replicates=self._replicates, twins=(twin,), complete=True,
            rounded=keeps,
        )  # fmt: skip

    def _endpoint(self, measured: Measurements, trace: Any) -> Floats:
        """(R, N) the endpoint of everyone."""
        times = None if trace is None else visit_hours(self._response, trace.visits)
        endpoint = replace(self._call.endpoint, instead=NOTHING)  # no value is missing, and a composite has no margin
        return endpoint_values(measured.values, endpoint, times=times)

    def _arrays(self, measured: Measurements, entries: Any, trace: Any, arm: int) -> TrialArrays:
        inputs = PredictorInputs(self._response, entries, trace, self._seed, self._replicates)
        return potential(
            self._call, inputs, self._response, values=measured.values[0], censored=measured.censored[0],
            at_risk=measured.at_risk, arm=arm, who=self._who,
        )  # fmt: skip

    def __call__(self, shift: float) -> float:
        moved = replace(self._response, margins=(MarginTwin("moved", self.unit_shift * shift),))
        measured = self._measured(moved, self._entries, self._trace, "moved")
        if ESTIMAND[self._estimand].by_fit:
            asked, (a, b) = self._call.main, self._call.main.arms
            own = self._arrays(measured, self._entries, self._trace, a)
            other = self._arrays(self._other, *self._other_world, b)
            return float(
                np.nanmean(
                    fitted_effect(
                        replace(self._call, endpoint=replace(self._call.endpoint, instead=NOTHING)), asked, own, other
                    )
                )
            )
        values, against = self._endpoint(measured, self._trace), self._endpoint(self._other, self._other_world[1])
        categories = self._call.endpoint.categories
        each = two_arms(self._estimand, values, against, who_a=self._who, who_b=self._who, categories=categories)
        return float(np.nanmean(each))


def _of_model(call: PlannedAnalysis) -> dict[int, float]:
    """How much each visit is shifted so that the means of a model of repeated values lie on a line; empty for other means."""
    model = call.model
    if model is None or not (model.linear or _from_the_first(call)):
        return {}
    first, last = model.hours[0], model.hours[-1]
    rising = _from_the_first(call)
    return {
        end.visit: (hour - first) / (last - first) if rising else 1.0
        for end, hour in zip(call.repeated, model.hours, strict=True)
    }


def _from_the_first(call: PlannedAnalysis) -> bool:
    """Whether an endpoint over visits measures from the first of them, which no treatment moves."""
    from trialsim.kinds.designs import VISIT_SUMMARY

    return call.endpoint.over is not None and VISIT_SUMMARY[call.endpoint.over.by].signed


def _solved(effect: Callable[[float], float], margin: float, name: str) -> float:
    """The shift at which a rising effect equals the margin, by the false position method (Illinois)."""
    low = high = 0.0
    f_low = f_high = effect(0.0) - margin
    step = math.copysign(0.25, -f_low)
    goal = CLOSE * abs(f_low)
    if f_low == 0.0:
        return 0.0
    while f_low * f_high > 0.0:
        low, f_low = high, f_high
        high += step
        step *= 2
        if abs(high) > FARTHEST:
            raise AnalysisError(
                f"no level of the compared arm gives '{name}' an effect of its margin ({margin:g} on the scale of the estimate).",
                code="TS-A012",
                remedy="Write a margin that the outcome can reach.",
            )
        f_high = effect(high) - margin
    for _ in range(STEPS):
        middle = high - f_high * (high - low) / (f_high - f_low)
        if not min(low, high) < middle < max(low, high):
            break
        f_middle = effect(middle) - margin
        if f_middle * f_high < 0.0:
            low, f_low = high, f_high
        else:
            f_low /= 2
        high, f_high = middle, f_middle
        if abs(f_high) <= goal or abs(high - low) <= 1e-13 * max(abs(high), 1.0):
            break
    return high
