"""The looks of a scenario, as numbers: which row is looked at, when, and by which bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from trialsim.analysis.plan import AnalysisPlan, PlannedAnalysis, RowPlan
from trialsim.boundaries.bounds import BoundRule, Bounds, SequentialDesign, planned_bounds
from trialsim.errors import TrialsimError
from trialsim.heavy import special
from trialsim.kinds.designs import WAY
from trialsim.kinds.looks import SPEND_HSD
from trialsim.quantities.fields import Number
from trialsim.scenario.checks.looks import good_way, planned_count
from trialsim.scenario.model import BoundForm, Looks, Scenario, SpendingRule

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How exactly the power is 1 - beta at the drift at which planned bounds meet.
MEET = 1e-6

#: Ticks in a day.
DAY = 86_400


class LooksError(TrialsimError, ValueError):
    """Looks at which nothing can be decided."""

    exit_code = 3


@dataclass(frozen=True)
class LookPlan:
    """The looks of a study at one row of its analyses.

    Attributes
    ----------
    row : the row's position in the analysis plan
    alone : a plan of this analysis alone
    planned : participants of the arms compared, as planned
    counts : at how many known endpoints each interim look comes; empty where looks come at dates
    ticks : at which tick each interim look comes; empty where they come at numbers
    lag : ticks from a look to its decision
    design : by which rules bounds are found; its times end with 1 and are equally spaced where looks come at dates
    way : 1 where a larger estimate is the alternative or the better one, else -1
    one_sided : whether p-values are one-sided
    maximum : the information 1 / SE^2 planned for the end; NaN where information is the number of participants
    """

    row: int
    alone: AnalysisPlan
    planned: int
    counts: tuple[int, ...]
    ticks: tuple[int, ...]
    lag: int
    design: SequentialDesign
    way: int
    one_sided: bool
    maximum: float = math.nan

    @property
    def call(self) -> PlannedAnalysis:
        """The analysis."""
        return self.alone.calls[0]

    @property
    def looked_at(self) -> RowPlan:
        """The row."""
        return self.alone.rows[0]

    @property
    def arms(self) -> tuple[int, ...]:
        """The arms compared; empty for all."""
        return self.call.main.arms

    @property
    def interim(self) -> int:
        """The number of interim looks."""
        return len(self.counts) or len(self.ticks)

    def within(self, plan: AnalysisPlan) -> LookPlan | None:
        """The same looks with the row's position in another plan; None where the row is not in it."""
        row = self.looked_at
        places = [i for i, one in enumerate(plan.rows) if (one.analysis, one.contrast) == (row.analysis, row.contrast)]
        return replace(self, row=places[0]) if places else None

    @cached_property
    def bounds(self) -> Bounds:
        """The planned bounds.

        Raises
        ------
        LooksError
            TS-E328 when a bound for futility is above that for efficacy
        """
        found, rule = planned_bounds(self.design), self.design.futility
        remedy = "Spend less beta early, such as futility: {spending: {hsd: -4}, beta: 10 %}, or drop a look."
        for k, (low, high) in enumerate(zip(found.futility, found.efficacy, strict=True)):
            if low >= high:
                text = f"at look {k + 1} the bound for futility (z {low:.3f}) is not below that for efficacy (z {high:.3f})."
                raise LooksError(text, code="TS-E328", remedy=remedy)
        by_spending = rule is not None and not rule.scores
        if by_spending and abs(1.0 - sum(found.crossing(found.drift)[0]) - self.design.beta) > MEET:
            text = "no drift makes the bounds for futility and efficacy meet at the end."
            raise LooksError(text, code="TS-E328", remedy=remedy)
        return found


def plan_looks(scenario: Scenario, analysis: AnalysisPlan) -> LookPlan | None:
    """The looks of a resolved scenario; None where it has none."""
    looks = scenario.design.looks
    if looks is None:
        return None
    call = next(one for one in analysis.calls if one.name == looks.analysis)
    row = analysis.rows[call.first_row]
    planned = planned_count(scenario.design, call.main.arms)
    counts, ticks = _when(scenario, looks, planned)
    written = scenario.analyses[looks.analysis]
    way = WAY[call.alternative] or good_way(scenario, written)
    one_sided = bool(WAY[call.alternative])
    shares = tuple(count / planned for count in counts) if counts else _even(len(ticks))
    return LookPlan(
        row=call.first_row,
        alone=AnalysisPlan((replace(call, first_row=0),), (replace(row, family=""),), (0,), analysis.arms),
        planned=planned,
        counts=counts,
        ticks=ticks,
        lag=0 if looks.lag is None else round(looks.lag.value),
        design=sequential_design(looks, (*shares, 1.0), row, one_sided=one_sided),
        way=way or 1,
        one_sided=one_sided,
        maximum=math.nan if looks.maximum_information is None else looks.maximum_information.value,
    )


def _even(looks: int) -> tuple[float, ...]:
    return tuple((k + 1) / (looks + 1) for k in range(looks))


def _when(scenario: Scenario, looks: Looks, planned: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of known endpoints, or ticks, of the interim looks."""
    if isinstance(looks.at[0], date):
        assert scenario.setting is not None  # checked when the scenario was resolved
        first = scenario.setting.starts
        return (), tuple((one - first).days * DAY for one in looks.at if isinstance(one, date))
    return tuple(count for count in look_counts(looks, planned) if count < planned), ()


def look_counts(looks: Looks, planned: int) -> tuple[int, ...]:
    """The numbers at which looks come that are written as shares of the planned number (rounded up) or as numbers."""
    return tuple(
        math.ceil(one.value * planned - 1e-9) if isinstance(one, Number) else one
        for one in looks.at
        if not isinstance(one, date)
    )


def sequential_design(looks: Looks, times: Sequence[float], row: RowPlan, *, one_sided: bool) -> SequentialDesign:
    """The design of bounds that a scenario declares for a row. Levels are written like alpha, p-values like those of the test."""
    alpha = row.alpha if one_sided else row.alpha / 2
    futility = looks.futility
    written = alpha / row.two_sided_alpha
    return SequentialDesign(
        times=tuple(times),
        alpha=alpha,
        two_sided=not one_sided,
        efficacy=_rule(looks.efficacy.spending, looks.efficacy.bounds, level=written, p=1.0 if one_sided else 0.5),
        futility=None if futility is None else _rule(futility.spending, futility.bounds, level=1.0, p=1.0),
        beta=0.0 if futility is None or futility.beta is None else futility.beta.value,
        binding=futility is not None and futility.binding,
    )


def _rule(spending: SpendingRule | None, form: BoundForm | None, *, level: float, p: float) -> BoundRule:
    """How bounds are found; ``level`` and ``p`` are the shares of levels and p-values that are of one side."""
    if spending is not None and spending.levels:
        return BoundRule(listed=tuple(one.value * level for one in spending.levels))
    if spending is not None and spending.hsd is not None:
        return BoundRule(spending=SPEND_HSD.name, parameter=spending.hsd.value)
    if spending is not None:
        return BoundRule(spending=spending.function or "")
    assert form is not None  # checked when the scenario was resolved
    if form.shape is not None:
        return BoundRule(shape=form.shape)
    scores = [one.value for one in form.z] or [-float(special.ndtri(one.value * p)) for one in form.p]
    return BoundRule(scores=tuple(scores))
