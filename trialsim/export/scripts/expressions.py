"""What an analysis compares, written in the words of a language: the endpoint, and who is analyzed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialsim.analysis.plan import AnalysisSet, CovariateColumn, Endpoint, PercentRule, PlannedAnalysis
from trialsim.analysis.substitution import NOTHING
from trialsim.export.layout import StudyVariables
from trialsim.kinds.designs import POPULATION, TRANSFORM


class NotWrittenError(Exception):
    """An analysis that a script cannot have, and why; reads after its name."""


@dataclass(frozen=True)
class Language:
    """How a language writes what every analysis needs.

    Attributes
    ----------
    column : a column of the data, by ``{name}``
    log : the logarithm of ``{x}``, missing where it is not positive
    within : 1 where ``{x}`` lies from ``{low}`` to ``{high}``, otherwise 0, missing where it is
    both : two conditions that must both hold
    equal, differs, below, above : conditions on ``{x}`` and a number
    size : the absolute value of ``{x}``
    infinite : the largest number
    """

    column: str
    log: str
    within: str
    both: str
    equal: str
    differs: str
    below: str
    above: str
    size: str
    infinite: str

    def number(self, value: float) -> str:
        """A number; an infinite one in the words of the language."""
        if math.isinf(value):
            return self.infinite if value > 0 else f"-{self.infinite}"
        return repr(float(value)) if value != int(value) or abs(value) > 1e15 else str(int(value))


def endpoint_text(endpoint: Endpoint, plan: StudyVariables, language: Language) -> str:
    """The endpoint of everyone.

    Raises
    ------
    NotWrittenError
        where the scripts have no words for it
    """
    if endpoint.over is not None:
        raise NotWrittenError("its endpoint sums up several visits")
    if endpoint.instead != NOTHING:
        raise NotWrittenError("values take the place of missing ones, or of values after an event")
    value = language.column.format(name=plan.values[endpoint.visit])
    before = None if endpoint.start is None else language.column.format(name=plan.values[endpoint.start])
    cut = endpoint.at_least is not None or endpoint.at_most is not None
    if endpoint.each and before is not None and cut:
        return f"{_cut(value, endpoint, language)} - {_cut(before, endpoint, language)}"
    transform = TRANSFORM[endpoint.transform]
    if transform.log:
        logs = language.log.format(x=value)
        found = logs if before is None else f"{logs} - {language.log.format(x=before)}"
    elif transform.percent:
        found = f"100 * ({value} - {before}) / {before}"
    else:
        found = value if before is None else f"{value} - {before}"
    return _cut(found, endpoint, language) if cut else found


def _cut(text: str, endpoint: Endpoint, language: Language) -> str:
    low = -math.inf if endpoint.at_least is None else endpoint.at_least
    high = math.inf if endpoint.at_most is None else endpoint.at_most
    return language.within.format(x=text, low=language.number(low), high=language.number(high))


def who_text(choice: AnalysisSet, plan: StudyVariables, language: Language) -> str:
    """The condition on who is analyzed; empty for everyone."""
    conditions = []
    population = POPULATION[choice.population]
    roles = {one.role: one.name for one in plan.wide}
    for role, needed in (("received", population.received), ("completed", population.completed)):
        if needed and role in roles:  # without a ward everyone has received and completed
            conditions.append(language.equal.format(x=language.column.format(name=roles[role]), value=1))
    for covariate, category in choice.exclude:
        name = language.column.format(name=plan.covariates[covariate])
        conditions.append(language.differs.format(x=name, value=category + 1))
    if choice.percent_change is not None:
        change = endpoint_text(choice.percent_change, plan, language)
        conditions += _limits(change, choice.rule, language)
    found = ""
    for one in conditions:
        found = language.both.format(a=found, b=one) if found else one
    return found


def _limits(change: str, rule: PercentRule, language: Language) -> list[str]:
    found = []
    if rule.below is not None:
        found.append(language.below.format(x=change, value=language.number(rule.below)))
    if rule.above is not None:
        found.append(language.above.format(x=change, value=language.number(rule.above)))
    if rule.beyond is not None:
        found.append(language.above.format(x=language.size.format(x=change), value=language.number(rule.beyond)))
    return found


def covariate_text(column: CovariateColumn, plan: StudyVariables, language: Language) -> str:
    """A column of covariates: a number, or whether it is a category."""
    name = language.column.format(name=plan.covariates[column.covariate])
    if column.category is None:
        return name
    code = column.category + 1
    return language.within.format(x=name, low=code, high=code)


def adjusted_texts(call: PlannedAnalysis, plan: StudyVariables, language: Language) -> list[str]:
    """Everything that an analysis adjusts for."""
    if call.visit_covariates:
        raise NotWrittenError("it adjusts for what happened at the visit, which the tables do not have")
    baselines = [endpoint_text(one, plan, language) for one in call.baselines]
    return [*baselines, *(covariate_text(one, plan, language) for one in call.covariates)]
