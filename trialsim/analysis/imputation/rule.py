"""What is imputed, from what, and as if in which arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.designs import DEFAULT_IMPUTATIONS, MISSING_METHOD
from trialsim.numbers.draws import stream, stream_key
from trialsim.scenario.checks.missing import ends, imputed_visits
from trialsim.scenario.model import Analysis, Outcome

Keys = NDArray[np.uint64]

#: How often values between two measured ones are drawn anew before they are used.
SWEEPS = 10

#: What follows after leaving: the course of one's own arm, a jump to that of the reference, or a copy of it from the start.
Follows = Literal["own", "jump", "copy"]


@dataclass(frozen=True)
class Imputation:
    """How the values of an outcome are imputed.

    Attributes
    ----------
    points : positions on the D axis of the visits, in their order
    before : how many of these come before treatment: up to the baseline
    log : whether logarithms are imputed
    follows : what follows after the last measured visit
    reference : the arm that is jumped to or copied
    count : the number of imputations
    outcome, visits, arms : names, which address the draws
    """

    points: tuple[int, ...]
    before: int
    log: bool
    follows: Follows
    reference: int
    count: int
    outcome: str
    visits: tuple[str, ...]
    arms: tuple[str, ...]


def imputation(
    analysis: Analysis,
    outcome: Outcome,
    order: Sequence[int],
    index: Callable[[str], int],
    *,
    arms: Sequence[str],
    reference: str,
    log: bool,
) -> Imputation | None:
    """How a resolved analysis imputes; None if it does not.

    Parameters
    ----------
    order : positions of the outcome in the order of the protocol
    index : the position of the outcome at a visit
    """
    if analysis.missing is None or not MISSING_METHOD[analysis.missing].imputes:
        return None
    method = MISSING_METHOD[analysis.missing]
    names = {index(visit): visit for visit in outcome.visits}
    visits, before = imputed_visits(analysis, [names[d] for d in order])
    assert set(ends(analysis)) <= set(visits)
    return Imputation(
        points=tuple(map(index, visits)),
        before=before,
        log=log,
        follows="jump" if method.jumps else "copy" if method.copies else "own",
        reference=arms.index(reference),
        count=analysis.imputations or DEFAULT_IMPUTATIONS,
        outcome=analysis.outcome,
        visits=tuple(visits),
        arms=tuple(arms),
    )


@dataclass(frozen=True)
class StreamKeys:
    """The keys of all draws: of parameters (S, K, V) by sweep, of values between two measured ones (S, V), of later ones (V,)."""

    coefficients: Keys
    variances: Keys
    between: Keys
    after: Keys


def stream_keys(rule: Imputation) -> StreamKeys:
    """The keys of the streams of a rule; the last sweep is that of the values after the last measured one."""

    def key(pattern: str, **names: object) -> np.uint64:
        return np.uint64(stream_key(stream(pattern, outcome=rule.outcome, **names)))

    def of_arms(pattern: str) -> Keys:
        return np.array(
            [
                [[key(pattern, visit=visit, arm=arm, sweep=sweep) for visit in rule.visits] for arm in rule.arms]
                for sweep in range(SWEEPS + 1)
            ],
            dtype=np.uint64,
        )

    between = [[key("imputed between/{outcome}/{visit}/{sweep}", visit=visit, sweep=sweep) for visit in rule.visits]
               for sweep in range(SWEEPS + 1)]  # fmt: skip
    return StreamKeys(
        coefficients=of_arms("imputation/{outcome}/{visit}/{arm}/{sweep}/coefficients"),
        variances=of_arms("imputation/{outcome}/{visit}/{arm}/{sweep}/variance"),
        between=np.array(between, dtype=np.uint64),
        after=np.array([key("imputed/{outcome}/{visit}", visit=visit) for visit in rule.visits], dtype=np.uint64),
    )
