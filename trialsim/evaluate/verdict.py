"""Whether a test keeps its level: its rejection rate without effects, the name of that rate, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from trialsim.analysis.plan import AnalysisPlan, RowPlan
from trialsim.evaluate.columns import (
    FAMILY,
    NO_CHANGE,
    NULL,
    REJECTION_NO_CHANGE,
    REJECTION_NULL,
    HypothesisFamily,
    at_margins,
    families,
)
from trialsim.evaluate.table import Measure, wilson
from trialsim.evaluate.truth import APART, Truth
from trialsim.kinds.designs import WAY
from trialsim.kinds.estimands import NO_ESTIMAND

#: The names of the rejection rate without declared effects: a type I error, or a rejection if the truth is not none.
TYPE_1, WITHOUT_EFFECTS = "type_1_error", "rejection_without_effects"

#: The ends of the names of a rate: itself, or its bounds where many trials failed.
ENDS = ("", "_low", "_high")

#: The rejection rate under each twin without declared effects; the last one that a study has is judged.
RATES = {NULL: REJECTION_NULL, NO_CHANGE: REJECTION_NO_CHANGE}

#: A truth this far from no effect, in empirical standard errors of the estimate, changes a rejection rate by little: a
#: two-sided test at 5 % rejects 5.1 % then, a one-sided one 5.5 %.
MARGIN, MARGIN_ONE_SIDED = 0.1, 0.05

#: A test rejects too often above this many times its level.
LIMIT = 1.2

#: Two-sided 99.7 % point of the normal distribution.
Z997 = 2.9677379253417944

#: The most replicates that a message suggests.
MOST = 1e9

Ruling = Literal["keeps", "too often", "open", "moved"]


@dataclass(frozen=True)
class Verdict:
    """The verdict on the level of one row, from its rejections.

    Attributes
    ----------
    measure : the name of the rejection rate in the table
    twin : the twin it was counted under
    alpha, rate : the level, and the share that rejects (the lower bound where many trials failed)
    ruling : whether the level is kept, by the 99.7 % interval of the rate; "moved" where a later delta moves the estimate itself
    more : replicates that would decide, if the ruling is open; None if no number would
    """

    analysis: str
    contrast: str
    measure: str
    twin: str
    alpha: float
    rate: float
    ruling: Ruling
    more: int | None = None

    @property
    def times(self) -> float:
        """The rejection rate as a multiple of the level."""
        return self.rate / self.alpha

    @property
    def too_often(self) -> bool:
        """Whether the test clearly rejects too often; such a test is never shown as the best."""
        return self.ruling == "too often"

    @property
    def words(self) -> str:
        """``keeps its level``, ``rejects too often (17 times)``, ``undecided; about 3,000 more replicates should decide``."""
        return words_of(self.ruling, self.times, self.more)


def words_of(ruling: Ruling, times: float, more: int | None) -> str:
    """A ruling in words; ``times`` is the rejection rate as a multiple of the level."""
    if ruling == "keeps":
        return "keeps its level"
    if ruling == "moved":
        return "moved by its delta"
    if ruling == "too often":
        return f"rejects too often ({_times(times)} times)"
    return f"undecided{more_should(more)}"


def _times(times: float) -> str:
    return f"{times:.1f}" if times < 9.95 else f"{times:.0f}"


def more_should(more: int | None) -> str:
    """``; about 2,900 more replicates should decide``, or empty if no number is known: chance may still need more."""
    return "" if more is None else f"; about {more:,} more replicates should decide"


def judge(low: float, high: float, n: float, alpha: float) -> tuple[Ruling, int | None]:
    """Whether a share of n replicates between ``low`` and ``high`` keeps the level ``alpha``, and how many more would decide.

    The ends are equal unless replicates failed. The share differs clearly from the limit L if
    Wilson's 99.7 % interval does not contain L, that is if n (share - L)^2 > z^2 L (1 - L).

    >>> judge(0.05, 0.05, 10_000, 0.05), judge(0.05, 0.05, 2000, 0.05), judge(0.83, 0.83, 200, 0.05)
    (('keeps', None), ('open', 3000), ('too often', None))
    """
    limit = min(LIMIT * alpha, 1.0)
    if not n > 0:
        return "open", None
    if wilson(high * n, n, z=Z997)[1] <= limit:
        return "keeps", None
    if wilson(low * n, n, z=Z997)[0] > limit:
        return "too often", None
    gap = limit - high if high < limit else low - limit
    needed = Z997**2 * limit * (1 - limit) / gap**2 if gap > 0 else math.inf
    return "open", two_digits_up(needed - n) if needed < MOST else None


def two_digits_up(number: float) -> int:
    """A number rounded up to two digits, as a count of replicates; at least 1.

    >>> two_digits_up(2966.2), two_digits_up(0.2), two_digits_up(99.1)
    (3000, 1, 100)
    """
    whole = max(math.ceil(number), 1)
    step = int(10 ** max(len(str(whole)) - 2, 0))
    return -(-whole // step) * step


def judged_twin(twins: Sequence[str]) -> str:
    """The twin without effects: the one without change if there is one."""
    return NO_CHANGE if NO_CHANGE in twins else NULL


def level_rows(plan: AnalysisPlan, twins: Sequence[str], truth: Truth | None, rows: Sequence[Measure]) -> list[Measure]:
    """The rejection rate of every row without declared effects, under its correct name.

    It is a type I error if the true effect there is zero: closer to it than :data:`MARGIN`, or not clearly different from
    it; and if the row has no truth by definition, unless its null is that the visits do not differ. A family has one if each
    of its rows has.
    """
    twin = judged_twin(twins)
    spread = {(row.analysis, row.contrast): row.value for row in rows if row.measure == "empirical_se"}
    named = [
        _is_type_1(plan, index, truth, twin, spread.get((row.analysis, row.contrast), math.nan))
        for index, row in enumerate(plan.rows)
    ]
    by_place = {(row.analysis, row.contrast): one for row, one in zip(plan.rows, named, strict=True)}
    for family in families(plan):
        for label in (family.any_label, family.all_label):
            by_place[family.analysis, label] = all(named[index] for index in family.rows)
    found: list[Measure] = []
    of_margins = {(row.analysis, row.contrast): row for row in plan.rows if row.margins}
    mixed = {
        label
        for family in families(plan)
        if any(plan.rows[i].margins for i in family.rows)
        for label in _labels(family)
    }
    found += _at_margin(of_margins.values(), rows)
    for one in rows:
        name, end = _rate_of(one.measure, twin)
        if name and (one.analysis, one.contrast) not in of_margins and (one.analysis, one.contrast) not in mixed:
            new = TYPE_1 if by_place[one.analysis, one.contrast] else WITHOUT_EFFECTS
            found.append(replace(one, measure=new + end))
    return found


def _labels(family: HypothesisFamily) -> tuple[tuple[str, str], ...]:
    return (family.analysis, family.any_label), (family.analysis, family.all_label)


def _at_margin(margins: Iterable[RowPlan], rows: Sequence[Measure]) -> Iterator[Measure]:
    """The type I error of rows with margins: their rejections where the margin is true, the worse of two."""
    known = {(one.analysis, one.contrast, one.measure): one for one in rows}
    for row in margins:
        for end in ENDS:
            rates = [known.get((row.analysis, row.contrast, measure + end)) for _, measure in at_margins(row)]
            there = [one for one in rates if one is not None]
            if there:
                yield replace(max(there, key=lambda one: one.value), measure=TYPE_1 + end)


def _rate_of(measure: str, twin: str) -> tuple[str, str]:
    """The rate's name and its end (empty, _low, _high); an empty name for other measures."""
    for end in ENDS:
        if measure == RATES[twin] + end:
            return RATES[twin], end
    return "", ""


def _is_type_1(plan: AnalysisPlan, index: int, truth: Truth | None, twin: str, spread: float) -> bool:
    row = plan.rows[index]
    if row.estimand == NO_ESTIMAND:
        return not plan.call_of(index).of_visits
    if truth is None:
        return False
    value, mcse = (float(one[truth.twins.index(twin), index]) for one in (truth.value, truth.mcse))
    alternative = next(call.alternative for call in plan.calls if call.name == row.analysis)
    return is_null(value, mcse, row.no_effect, spread, alternative)


def is_null(value: float, mcse: float, no_effect: float, spread: float, alternative: str) -> bool:
    """Whether a truth counts as no effect: closer to it than :data:`MARGIN`, or not clearly different from it."""
    margin = (MARGIN if WAY[alternative] == 0 else MARGIN_ONE_SIDED) * spread
    return bool(abs(value - no_effect) <= np.nanmax([margin, APART * mcse, 0.0]))


def verdicts(
    rows: Sequence[RowPlan], primary: Sequence[str], twins: Sequence[str], table: Sequence[Measure]
) -> tuple[Verdict, ...]:
    """The verdict of every row of the plan and every family, in the order of the table.

    Rows of a later delta are not judged: they may reject because of what is added to imputed values.
    """
    return tuple(_verdicts(rows, primary, twins, table))


def _verdicts(
    rows: Sequence[RowPlan], primary: Sequence[str], twins: Sequence[str], table: Sequence[Measure]
) -> Iterator[Verdict]:
    levels = levels_of(rows, primary)
    known = {(one.analysis, one.contrast, one.measure): one for one in table}
    moved = {(row.analysis, row.contrast) for row in rows if row.delta is not None and not row.main}
    for one in table:
        for name in (TYPE_1, WITHOUT_EFFECTS):
            if one.measure not in (name, f"{name}_low"):
                continue
            bounded = one.measure != name
            other = known[one.analysis, one.contrast, f"{name}_high"] if bounded else one
            n = one.n_replicates if bounded else one.n_replicates - one.n_failed
            alpha = levels.get((one.analysis, one.contrast)) or levels[one.analysis, ""]
            apart = (one.analysis, one.contrast) in moved
            ruling, more = ("moved", None) if apart else judge(one.value, other.value, n, alpha)
            yield Verdict(one.analysis, one.contrast, name, judged_twin(twins), alpha, one.value, ruling, more)


def levels_of(rows: Sequence[RowPlan], primary: Sequence[str]) -> Mapping[tuple[str, str], float]:
    """The level of each row by analysis and contrast; of each analysis and family; of the primary ones the highest of theirs.

    An analysis or a family has an empty contrast.
    """
    levels = {(row.analysis, ""): row.alpha for row in rows if row.main}
    levels |= {(row.analysis, row.contrast): row.alpha for row in rows}
    levels |= {(row.family, ""): row.two_sided_alpha for row in rows if row.family}
    first = [levels[name, ""] for name in primary if (name, "") in levels]
    return levels | {(FAMILY, ""): max(first, default=math.nan)}
