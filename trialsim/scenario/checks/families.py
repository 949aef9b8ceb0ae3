"""Families of hypotheses: every member is a row with a p-value, in one family only, and fits the method."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trialsim.kinds.designs import FAMILY_METHOD, FamilyMethod
from trialsim.kinds.tests.pairs import PAIR
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.comparisons import ComparedArms, comparisons, family_of_main, split_member
from trialsim.scenario.model import AnalysisFamily, Draft
from trialsim.scenario.text import Finding, Path

#: How far weights may stay below 100 % in sum, as three times 33.3 % do; above it the family would not keep its level.
SHORT, OVER = 1e-3 + 1e-9, 1e-9


def check_families(scenario: Draft, report: Report) -> None:
    """Families as people write them: known analyses, one level, shares that fit."""
    for name, family in scenario.families.items():
        path = ("families", name)
        if not family.members:
            report(Finding("TS-E160", (*path, "analyses"), "the family has no member.", "Name analyses, or remove it."))
        for i, text in enumerate(family.members):
            _member(text, scenario, _place(path, family, i), report)
        _alpha(family, path, report)
        _shares(family, path, report)
    of_main = family_of_main(scenario)
    for analysis, family_name in of_main.items():
        given, whole = scenario.analyses[analysis].alpha, scenario.families[family_name].alpha
        if given is not None and not math.isclose(given.value, 0.05 if whole is None else whole.value, rel_tol=1e-12):
            message = f"'{analysis}' is tested at the level of the family '{family_name}'."
            here = ("analyses", analysis, "alpha")
            report(Finding("TS-E166", here, message, "Remove alpha: here, or write the same in both.", on_key=True))


def _place(path: Path, family: AnalysisFamily, i: int) -> Path:
    return (*path, "analyses", i) if len(family.members) > 1 else (*path, "analyses")


def _member(text: str, scenario: Draft, here: Path, report: Report) -> None:
    name, _ = split_member(text)
    if known(name, scenario.analyses, "TS-E037", here, report) and scenario.analyses[name].decide is not None:
        message = f"'{name}' decides by a posterior probability and has no p-value to adjust."
        report(Finding("TS-E160", here, message, "Remove it from the family."))


def _alpha(family: AnalysisFamily, path: Path, report: Report) -> None:
    if family.alpha is not None and not 0 < family.alpha.value < 1:
        rejects = "never" if family.alpha.value == 0 else "always"
        message = f"a level of {100 * family.alpha.value:g} % rejects {rejects}."
        report(Finding("TS-E013", (*path, "alpha"), message, "Write a level above 0 % and below 100 %, such as 5 %."))


def _shares(family: AnalysisFamily, path: Path, report: Report) -> None:
    """The weights and transitions of a graph, which no other method has."""
    count = len(family.members)
    if not FAMILY_METHOD[family.method].graph:
        for key in (key for key in ("weights", "transitions") if getattr(family, key)):
            message = f"{family.method} has no {key}."
            report(Finding("TS-E162", (*path, key), message, f"Remove {key}:, or write method: graph.", on_key=True))
        return
    if len(family.weights) != count:
        message = f"a graph of {count} hypotheses needs {count} weights."
        remedy = "Write weights: one share of alpha for each member, in their order; together 100 %."
        report(Finding("TS-E162", (*path, "weights") if family.weights else path, message, remedy, on_key=True))
    elif not -SHORT <= sum(one.value for one in family.weights) - 1.0 <= OVER:
        total = 100 * sum(one.value for one in family.weights)
        report(Finding("TS-E163", (*path, "weights"), f"the weights sum to {total:g} %.", "Make them sum to 100 %."))
    if len(family.transitions) != count or any(len(row) != count for row in family.transitions):
        message = f"the transitions of {count} hypotheses are {count} rows of {count} shares."
        remedy = "Write transitions: for each member a row with what goes to each member; 0 % to itself."
        report(Finding("TS-E162", (*path, "transitions") if family.transitions else path, message, remedy, on_key=True))
        return
    for i, row in enumerate(family.transitions):
        total = sum(one.value for one in row)
        if row[i].value > 0:
            message = f"'{family.members[i]}' passes alpha to itself."
            report(Finding("TS-E164", (*path, "transitions", i, i), message, "Write 0 % there."))
        elif total > 1.0 + OVER:
            message = f"'{family.members[i]}' passes on {100 * total:g} % of its alpha."
            report(Finding("TS-E164", (*path, "transitions", i), message, "Make each row sum to 100 % at most."))


def check_members(scenario: Draft, report: Report) -> None:
    """Each member, once the analyses are written out, is one row, in one place only, and fits the method."""
    seen: dict[tuple[str, str], str] = {}
    for name, family in scenario.families.items():
        path = ("families", name)
        rows: list[tuple[str, ComparedArms]] = []
        for i, text in enumerate(family.members):
            here, (analysis, _) = _place(path, family, i), split_member(text)
            row = _row(text, scenario, here, report)
            if row is None:
                continue
            before = seen.setdefault((analysis, row.contrast), name)
            if (analysis, row.contrast) in [(one, other.contrast) for one, other in rows] or before != name:
                where = "twice in this family" if before == name else f"in the family '{before}' too"
                report(Finding("TS-E161", here, f"'{text}' is {where}.", "Name each hypothesis once."))
            rows.append((analysis, row))
        if rows and len(rows) == len(family.members):
            _joint(scenario, FAMILY_METHOD[family.method], rows, path, report)


def _row(text: str, scenario: Draft, here: Path, report: Report) -> ComparedArms | None:
    """The row that a member names."""
    name, contrast = split_member(text)
    rows = comparisons(scenario.analyses[name], scenario.design)
    if not contrast:
        if sum(row.main for row in rows) == 1:
            return rows[0]
        message = f"'{name}' has {len(rows)} rows."
        report(Finding("TS-E160", here, message, f"Name one of them: {name}/{rows[0].contrast}."))
        return None
    then = scenario.analyses[name].then
    for row in rows:
        if row.contrast == contrast:
            if not row.main and then is not None and PAIR[then.pairs].together:
                message = f"the p-value of {then.pairs} is that of all pairs together already."
                report(Finding("TS-E160", here, message, "Choose other pairs for a family, such as t or welch."))
                return None
            return row
    remedy = did_you_mean(contrast, [row.contrast for row in rows], what="Its rows")
    report(Finding("TS-E160", here, f"'{name}' has no row '{contrast}'.", remedy))
    return None


def _joint(
    scenario: Draft, method: FamilyMethod, rows: Sequence[tuple[str, ComparedArms]], path: Path, report: Report
) -> None:
    """Members whose joint distribution a method needs."""
    if not method.against_one:
        return
    names = {name for name, _ in rows}
    then = scenario.analyses[rows[0][0]].then
    pairs = len(names) == 1 and all(not row.main for _, row in rows)
    if not pairs or then is None or then.against is None or not PAIR[then.pairs].of_model:
        message = "Dunnett compares t pairs of one analysis with one arm."
        remedy = "Name pairs of one analysis with then: {pairs: t, against: ..}, or write method: holm."
        report(Finding("TS-E165", (*path, "method"), message, remedy))
