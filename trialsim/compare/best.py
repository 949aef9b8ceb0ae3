"""Which of several designs has the most power, as far as their simulated trials show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.columns import FAMILY, POWER
from trialsim.evaluate.separation import ApparentBest, Separation, best_of, holm, paired_z
from trialsim.evaluate.table import FAILED_LIMIT, MeasureColumn
from trialsim.evaluate.verdict import Verdict
from trialsim.prepared import Study

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PowerRanking:
    """The ranking of S designs by one power.

    Attributes
    ----------
    analysis, contrast : the row of the power
    from_first : for each design but the first whether its power differs clearly from that of the first, by Holm's steps
    best : the design with the most power; None if fewer than two may be the best
    verdicts : for each design whether its test keeps its level; None if the design has no such verdict
    """

    analysis: str
    contrast: str
    from_first: tuple[Separation, ...]
    best: ApparentBest | None
    verdicts: tuple[Verdict | None, ...]


class PairwiseSums:
    """Sums over replicates of A powers in S designs, and of their differences between each two designs.

    Attributes
    ----------
    n, total : (S, A) replicates with a decision, and how many of them reject
    pairs : (S, S, A) replicates in which both designs decide
    sums, squares : (S, S, A) of the differences, row minus column
    replicates : number of replicates, including failed ones
    """

    def __init__(self, designs: int, powers: int) -> None:
        self.n, self.total = np.zeros((2, designs, powers))
        self.pairs, self.sums, self.squares = np.zeros((3, designs, designs, powers))
        self.replicates = 0

    def add(self, values: Sequence[Floats]) -> None:
        """The same replicates of every design, (R, A) each; counts of whole numbers, so the order changes no digit."""
        self.replicates += len(values[0])
        for i, one in enumerate(values):
            self.n[i] += np.isfinite(one).sum(axis=0)
            self.total[i] += np.nansum(one, axis=0)
            for j, other in enumerate(values[:i]):
                gaps = one - other
                self.pairs[i, j] += np.isfinite(gaps).sum(axis=0)
                self.sums[i, j] += np.nansum(gaps, axis=0)
                self.squares[i, j] += np.nansum(gaps**2, axis=0)

    def z(self, i: int, j: int, power: int, *, paired: bool) -> tuple[float, int]:
        """The z by which design ``i`` leads design ``j``, and the replicates it comes from."""
        if not paired:
            (n, m), (x, y) = self.n[[i, j], power], self.total[[i, j], power]
            p, q = (x + 1) / (n + 2), (y + 1) / (m + 2)
            return float((p - q) / math.sqrt(p * (1 - p) / (n + 2) + q * (1 - q) / (m + 2))), int(min(n, m))
        sign, (a, b) = (1, (i, j)) if i > j else (-1, (j, i))
        squares, n = float(self.squares[a, b, power]), float(self.pairs[a, b, power])
        return sign * paired_z(float(self.sums[a, b, power]), squares, n, 1.0 if squares > 0 else 0.0), int(n)


def asked(studies: Sequence[Study], columns: Sequence[Sequence[MeasureColumn]]) -> list[MeasureColumn]:
    """The powers that a choice depends on, if another design has them too: of the primary analysis, or of several together."""
    plan, scenario = studies[0].analysis, studies[0].scenario
    main = plan.rows[plan.primary[0]]
    several = len(scenario.primary) > 1
    places = [(FAMILY, "any"), (FAMILY, "all")] if several else [(main.analysis, main.contrast)]
    first = [one for one in columns[0] if one.measure == POWER and (one.analysis, one.contrast) in places]
    return [one for one in first if any(one in names for names in columns[1:])]


def taken(values: Floats, names: Sequence[MeasureColumn], powers: Sequence[MeasureColumn]) -> Floats:
    """(R, A) the decisions of the powers, NaN if a design does not have one."""
    at = [names.index(one) if one in names else -1 for one in powers]
    return np.where(np.array(at) >= 0, values[:, at], np.nan)


def contests(
    powers: Sequence[MeasureColumn], met: PairwiseSums, verdicts: Sequence[Sequence[Verdict]], *, paired: bool
) -> tuple[PowerRanking, ...]:
    """The ranking by each power. A design in which too many trials fail has bounds of its power, and is left out."""
    found = []
    for power, column in enumerate(powers):
        place = (column.analysis, column.contrast)
        judged = [next((v for v in of if (v.analysis, v.contrast) == place), None) for of in verdicts]
        designs = range(len(verdicts))
        sure = [met.replicates - met.n[i, power] <= FAILED_LIMIT * met.replicates for i in designs]
        fit = [i for i in designs if sure[i] and not ((verdict := judged[i]) and verdict.too_often)]
        leads = [met.z(i, 0, power, paired=paired) for i in designs[1:]]
        best = None
        if len(fit) > 1:
            top = max(fit, key=lambda i: (met.total[i, power] / met.n[i, power], -i))
            others = [i for i in fit if i != top]
            against = [met.z(top, i, power, paired=paired) for i in others]
            best = best_of(top, others, [z for z, _ in against], [n for _, n in against])
        found.append(
            PowerRanking(*place, tuple(holm([z for z, _ in leads], [n for _, n in leads])), best, tuple(judged))
        )
    return tuple(found)
