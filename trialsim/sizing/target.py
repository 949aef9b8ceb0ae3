"""The target of a search: the rejection of one analysis, or of any or all of several, as one score for each trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from trialsim.analysis.estimates import Estimates
from trialsim.analysis.plan import AnalysisPlan, PlannedAnalysis, RowPlan
from trialsim.analysis.rows import ANALYZED, NOT_TESTED
from trialsim.errors import TrialsimError
from trialsim.kinds.designs import WAY
from trialsim.prepared import Study
from trialsim.quantities.refuse import did_you_mean

Floats = NDArray[np.float64]

#: A p-value of 0 in floating point counts as this far out [SD].
FARTHEST = 38.0

Need = Literal["any", "all"]


class SizingError(TrialsimError, ValueError):
    """A question about sample size that has no answer."""

    exit_code = 2


@dataclass(frozen=True)
class Target:
    """Rows whose rejection counts as success.

    Attributes
    ----------
    plan : the analyses of the target only
    rows : positions in ``plan.rows``; several make a family of which ``need`` (any or all) must reject
    """

    plan: AnalysisPlan
    rows: tuple[int, ...]
    need: Need

    @property
    def name(self) -> str:
        """For scripts: ``fear_during (music - control)``."""
        return self._joined([row.analysis for row in self._rows])

    @property
    def shown(self) -> str:
        """For people: ``Fear during the needle (music - control)``."""
        return self._joined([row.shown for row in self._rows])

    def _joined(self, analyses: Sequence[str]) -> str:
        names = [f"{name} ({row.contrast})" for name, row in zip(analyses, self._rows, strict=True)]
        return names[0] if len(names) == 1 else f"{self.need} of " + ", ".join(names)

    @property
    def _rows(self) -> list[RowPlan]:
        return [self.plan.rows[row] for row in self.rows]

    @property
    def critical(self) -> float:
        """The score at which the target is reached."""
        row = self._rows[0]
        if len(self.rows) > 1:
            return 0.0
        return float(ndtri(1 - row.alpha / (2 if self.two_tailed else 1)))

    @property
    def two_tailed(self) -> bool:
        """Whether a score equally far on the other side also rejects."""
        return len(self.rows) == 1 and self._signed(self.rows[0]) and WAY[self._call(self.rows[0]).alternative] == 0

    def _signed(self, row: int) -> bool:
        """Whether its score has the sign of the estimate; that of two margins is the nearer of both."""
        return not np.isnan(self.plan.rows[row].no_effect) and len(self.plan.rows[row].margins) < 2

    def _call(self, row: int) -> PlannedAnalysis:
        return self.plan.call_of(row)

    @property
    def calls(self) -> tuple[PlannedAnalysis, ...]:
        """The analyses the rows belong to."""
        return tuple(dict.fromkeys(self._call(row) for row in self.rows))

    @property
    def arms(self) -> tuple[int, ...]:
        """The arms that are compared, the reference of the comparison last; empty for tests of one sample."""
        pairs = [self._arms_of(row) for row in self.rows]
        if len(set(pairs)) == 1:
            return pairs[0]
        return tuple(range(len(self.plan.arms))) if any(pairs) else ()

    def _arms_of(self, row: int) -> tuple[int, ...]:
        return self.plan.question_of(row).arms

    def scores(self, estimates: Estimates) -> Floats:
        """(R,) one score for each trial of the first twin, NaN if it could not be analyzed.

        A p-value becomes the normal deviate of the same tail, with the sign of the estimate if the test has one;
        the test rejects exactly if the score passes ``critical`` (on either side if ``two_tailed``). Of a family it
        is the distance to rejection of its best (any) or worst (all) member.
        """
        if len(self.rows) == 1:
            return self._score(estimates, self.rows[0])
        margins = []
        for row in self.rows:
            one = replace(self, rows=(row,))
            score = one._score(estimates, row)
            margins.append((np.abs(score) if one.two_tailed else score) - one.critical)
        return np.asarray(np.max(margins, axis=0) if self.need == "any" else np.min(margins, axis=0))

    def _score(self, estimates: Estimates, row: int) -> Floats:
        if estimates.decided is not None and np.isfinite(estimates.decided[0, :, row]).any():
            decided = estimates.decided[0, :, row]
            return np.where(np.isnan(decided), np.nan, np.where(decided == 1.0, FARTHEST, 0.0))
        p, tested = self._p(estimates, row)
        two_tailed = self._signed(row) and WAY[self._call(row).alternative] == 0
        with np.errstate(invalid="ignore"):
            size = np.clip(-ndtri(p / 2 if two_tailed else p), -FARTHEST, FARTHEST)
        if two_tailed:
            away = estimates.estimate[0, :, row] - self.plan.rows[row].no_effect
            size = np.where(size == 0, 0.0, size * np.sign(away))
        return np.where(tested, size, np.nan)

    def _p(self, estimates: Estimates, row: int) -> tuple[Floats, NDArray[np.bool_]]:
        """(R,) the p-value that must reach alpha, and whether there is one. After a gate both tests must reject."""
        call = self._call(row)
        p, status = estimates.p[0, :, row], estimates.status[0, :, row]
        member = bool(self.plan.rows[row].family)
        if row > call.first_row and call.pairs is not None and call.pairs.gate and not member:
            main = estimates.p[0, :, call.first_row]
            closed = status == NOT_TESTED
            p = np.where(closed, np.fmax(main, estimates.p_raw[0, :, row]), np.fmax(p, main))
        return p, np.isin(status, (*ANALYZED, NOT_TESTED)) & np.isfinite(p)


def target_of(study: Study, wanted: Sequence[str] = (), *, need: Need = "all") -> Target:
    """The target named by ``wanted``: analyses, or ``analysis/contrast``; by default the primary analyses.

    Raises
    ------
    SizingError
        TS-S001 for an unknown analysis or contrast
    """
    plan = study.analysis
    found = [_find(plan, name) for name in wanted] or list(plan.primary)
    if not found:
        raise SizingError(
            "the scenario has no primary analysis.",
            code="TS-S001",
            remedy=f"Name one with --for: {', '.join(dict.fromkeys(row.analysis for row in plan.rows))}.",
        )
    needed = _needed(plan, {plan.call_of(row).name for row in found})
    calls: list[PlannedAnalysis] = []
    rows: list[RowPlan] = []
    place: dict[int, int] = {}
    for call in plan.calls:
        if call.name in needed:
            place |= {row: len(rows) + i for i, row in enumerate(call.rows)}
            calls.append(replace(call, first_row=len(rows)))
            rows.extend(plan.rows[row] for row in call.rows)
    families = tuple(
        replace(family, rows=tuple(place[row] for row in family.rows))
        for family in plan.families
        if family.rows[0] in place
    )
    chosen = tuple(dict.fromkeys(place[row] for row in found))
    return Target(AnalysisPlan(tuple(calls), tuple(rows), chosen, plan.arms, plan.stratified, families), chosen, need)


def _needed(plan: AnalysisPlan, wanted: set[str]) -> set[str]:
    """The analyses ``wanted`` and all others that a family joins with them."""
    groups = [{plan.rows[row].analysis for row in family.rows} for family in plan.families]
    found = set(wanted)
    for _ in groups:  # a family may bring in an analysis that another one has too
        found = found.union(*(group for group in groups if group & found))
    return found


def _find(plan: AnalysisPlan, wanted: str) -> int:
    """The row called ``analysis`` or ``analysis/contrast``."""
    name, _, contrast = (part.strip() for part in wanted.partition("/"))
    rows = [index for index, row in enumerate(plan.rows) if row.analysis == name]
    if not rows:
        labels = {row.shown: row.analysis for row in plan.rows}
        remedy = did_you_mean(
            name, list(dict.fromkeys(row.analysis for row in plan.rows)), what="Analyses", meant=labels
        )
        raise SizingError(f"no analysis is called '{name}'.", code="TS-S001", remedy=remedy)
    if not contrast:
        return rows[0]
    for row in rows:
        if plan.rows[row].contrast == contrast:
            return row
    remedy = did_you_mean(contrast, [plan.rows[row].contrast for row in rows], what="Contrasts")
    raise SizingError(f"'{name}' has no contrast '{contrast}'.", code="TS-S001", remedy=remedy)
