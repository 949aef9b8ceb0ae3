"""What an analysis puts in the place of values: the last one before a missing value, a fixed one after an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.designs import MISSING_METHOD
from trialsim.scenario.checks.missing import ends, ranked_worst, sources, worst_end
from trialsim.scenario.model import Analysis, Outcome

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Marks = NDArray[np.int8]

#: The size of an endpoint that is worse than every number: beyond the largest value in a study, and equal for all.
BEYOND = 1e300


@dataclass(frozen=True)
class Substitution:
    """What takes the place of values; nothing by default.

    Attributes
    ----------
    last : each position on the D axis that is filled, and those whose value it takes, the last visit first
    events : after one of these a value is replaced (a composite)
    replaced : positions on the D axis at which it is
    value : by this number; of size :data:`BEYOND` the endpoint itself is replaced, as the worst rank
    """

    last: tuple[tuple[int, tuple[int, ...]], ...] = ()
    events: tuple[str, ...] = ()
    replaced: tuple[int, ...] = ()
    value: float = 0.0

    @property
    def ranked(self) -> bool:
        """Whether the endpoint is ranked worst, and no value is replaced."""
        return abs(self.value) == BEYOND


#: Values as they are.
NOTHING = Substitution()


def substitution(
    analysis: Analysis, outcome: Outcome, order: Sequence[int], index: Callable[[str], int]
) -> Substitution:
    """What a resolved analysis puts in the place of values.

    Parameters
    ----------
    order : positions of the outcome in the order of the protocol
    index : the position of the outcome at a visit
    """
    last: tuple[tuple[int, tuple[int, ...]], ...] = ()
    if analysis.missing is not None and MISSING_METHOD[analysis.missing].carries:
        names = {index(visit): visit for visit in outcome.visits}
        found = sources(analysis, [names[d] for d in order])
        last = tuple((index(visit), tuple(map(index, earlier))) for visit, earlier in found.items() if earlier)
    if analysis.composite is None:
        return Substitution(last)
    replaced = tuple(index(visit) for visit in ends(analysis))
    return Substitution(last, analysis.composite.after, replaced, _value(analysis, outcome))


def _value(analysis: Analysis, outcome: Outcome) -> float:
    """The number after an event."""
    assert analysis.composite is not None
    if not isinstance(analysis.composite.value, str):
        return analysis.composite.value.value
    end = worst_end(outcome)
    if end is not None:
        return end
    assert ranked_worst(analysis)  # checked when the scenario was resolved
    return -BEYOND if outcome.better == "higher" else BEYOND


def substituted(values: Floats, rule: Substitution, after: Flags | None) -> Floats:
    """Values (T, R, N, D) with others in their place, as far as they are not ranks of the endpoint.

    A value after an event is replaced first, so that no earlier value takes the place of one that an event explains.

    Parameters
    ----------
    after : (T or 1, R, N, D) whether an event of the rule came before each visit; None if the rule has none
    """
    out = values.copy()
    if after is not None and not rule.ranked:
        for d in rule.replaced:
            out[..., d] = np.where(after[..., d], rule.value, out[..., d])
    for d, earlier in rule.last:
        for source in earlier:
            out[..., d] = np.where(np.isnan(out[..., d]), values[..., source], out[..., d])
    return out
