"""One row of the estimates as a script sees it, and the tables of recipes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import SITE_STRATUM, PlannedAnalysis, RowPlan, RowTest
from trialsim.analysis.rows import ANALYZED, NOT_TESTED, STATUS_TEXT
from trialsim.export.build import TrialExport
from trialsim.export.layout import StudyVariables
from trialsim.export.scripts.expressions import (
    Language,
    NotWrittenError,
    adjusted_texts,
    endpoint_text,
    who_text,
)
from trialsim.kinds.designs import ALTERNATIVE, FAMILY, SITE
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import FIRTH, NEVER


@dataclass(frozen=True)
class ScriptRow:
    """A row of the estimates.

    Attributes
    ----------
    plan, asked, call : the row, its question and its analysis
    endpoint : what is compared, in the words of the language
    who : who is analyzed; empty for everyone
    adjusted : what it adjusts for
    mark, days : the columns with censoring and time at risk; empty for none
    strata, cluster : their columns; empty for none
    arms : how many arms the design has
    """

    plan: RowPlan
    asked: RowTest
    call: PlannedAnalysis
    endpoint: str
    who: str
    adjusted: tuple[str, ...]
    mark: str
    days: str
    strata: tuple[str, ...]
    cluster: str
    arms: int
    repeated: tuple[str, ...]

    @property
    def pair(self) -> tuple[int, int]:
        """The codes of the two arms that are compared."""
        return self.asked.arms[0] + 1, self.asked.arms[1] + 1


#: Lines of a script that end with ``estimate`` and ``p``.
Recipe = Callable[[ScriptRow], Sequence[str]]


@dataclass(frozen=True)
class Needs:
    """Why there is no recipe: what the analysis needs beyond the language's base; reads after its name."""

    what: str


Recipes = Mapping[tuple[str, str], Recipe | Needs]


@dataclass(frozen=True)
class WrittenRow:
    """A row with its lines, or with the reason why there are none."""

    plan: RowPlan
    lines: tuple[str, ...]
    reason: str


def written_rows(export: TrialExport, language: Language, recipes: Recipes) -> list[WrittenRow]:
    """Every row of the plan, in order."""
    return [_written(export, row, language, recipes) for row in range(len(export.study.analysis.rows))]


def _written(export: TrialExport, row: int, language: Language, recipes: Recipes) -> WrittenRow:
    plan = export.study.analysis
    asked = plan.question_of(row)
    recipe = recipes[asked.test, asked.samples]
    if isinstance(recipe, Needs):
        return WrittenRow(plan.rows[row], (), recipe.what)
    status, p = int(export.estimates.status[0, 0, row]), float(export.estimates.p_raw[0, 0, row])
    if status not in (*ANALYZED, NOT_TESTED) or np.isnan(p):
        return WrittenRow(plan.rows[row], (), f"has no result in this trial: {STATUS_TEXT[status]}")
    try:
        _refuse_penalized(export, row)
        return WrittenRow(plan.rows[row], tuple(recipe(script_row(export, row, language))), "")
    except NotWrittenError as why:
        return WrittenRow(plan.rows[row], (), str(why))


def _refuse_penalized(export: TrialExport, row: int) -> None:
    """See that Firth's likelihood was not needed in this trial: maximum likelihood has no estimate where answers are separated.

    Raises
    ------
    NotWrittenError
        if it was
    """
    plan = export.study.analysis
    call, asked = plan.call_of(row), plan.question_of(row)
    if FIRTH not in TEST[asked.test].options or call.firth == NEVER:
        return
    extraction = Extraction(export.arrays, arms=len(plan.arms))
    plainly = METHODS[asked.test, asked.samples].run(extraction, replace(call, firth=NEVER), asked.arms)
    if int(plainly.status[0]) not in ANALYZED:
        raise NotWrittenError(
            "is separated in this trial, and Firth's likelihood needs a package, such as logistf in R"
        )


def script_row(export: TrialExport, row: int, language: Language) -> ScriptRow:
    """A row in the words of a language.

    Raises
    ------
    NotWrittenError
        where the scripts have no words for it
    """
    plan, variables = export.study.analysis, export.layout
    call, asked = plan.call_of(row), plan.question_of(row)
    if call.imputation is not None:
        raise NotWrittenError("missing values are imputed many times, with draws of its own")
    if call.margins:
        raise NotWrittenError("it tests a margin")
    visit = call.endpoint.visit
    repeated = call.repeated if call.model is None else ()
    return ScriptRow(
        plan=plan.rows[row],
        asked=asked,
        call=call,
        endpoint=endpoint_text(call.endpoint, variables, language),
        who=who_text(call.choice, variables, language),
        adjusted=tuple(adjusted_texts(call, variables, language)),
        mark=_column(variables.marks.get(visit), language),
        days=_column(variables.risks.get(visit), language),
        strata=tuple(_strata(call, variables, language)),
        cluster=_cluster(call, variables, language),
        arms=len(plan.arms),
        repeated=tuple(endpoint_text(one, variables, language) for one in repeated),
    )


def _column(name: str | None, language: Language) -> str:
    return "" if name is None else language.column.format(name=name)


def _of_source(variables: StudyVariables, source: str, language: Language) -> str:
    return _column(next(one.name for one in variables.wide if one.source == source and not one.role), language)


def _strata(call: PlannedAnalysis, variables: StudyVariables, language: Language) -> Iterable[str]:
    for one in call.strata:
        if one == SITE_STRATUM:
            yield _of_source(variables, "site", language)
        else:
            yield _column(variables.covariates[one], language)


def _cluster(call: PlannedAnalysis, variables: StudyVariables, language: Language) -> str:
    if not call.clusters:
        return ""
    if call.clusters not in (SITE.name, FAMILY):
        raise NotWrittenError("its clusters are practitioners, whom the tables do not have")
    return _of_source(variables, call.clusters, language)


def two_sided_only(row: ScriptRow) -> None:
    """See that a row has no direction.

    Raises
    ------
    NotWrittenError
        if it has
    """
    if ALTERNATIVE[row.call.alternative].way:
        raise NotWrittenError(f"it is one-sided ({row.call.alternative}), which the language's own test is not")
