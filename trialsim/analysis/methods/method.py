"""What makes a method of a test: how it runs, its closed form or why there is none, what to be warned of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import FloatArray, Rows
from trialsim.kinds.tests import Samples
from trialsim.response.plan import ResponsePlan

#: Carries out a test for all replicates, on the arms named: none (one sample), two (a - b), or all.
Run = Callable[[Extraction, PlannedAnalysis, Sequence[int]], Rows]

#: (R, pairs) p-values of pairs against one arm, taken together; from the pairs' arms and rows and their common df (R,).
Jointly = Callable[[Extraction, PlannedAnalysis, Sequence[tuple[int, int]], Sequence[Rows], FloatArray], FloatArray]

#: What should be known of an analysis before it is trusted, for each of its arms; None if nothing.
Caveat = Callable[[PlannedAnalysis, ResponsePlan], str | None]


@dataclass(frozen=True)
class ClosedForm:
    """A power by formula.

    Attributes
    ----------
    power : None where the formula does not reach a case
    errors : how far the formula is off, by the names that :class:`Power` gives as ``measured``: the largest error from 10, from
        20 and from 40 participants in the smallest arm on. Empty where the formula is exact.
    whole_sizes : whether it takes whole sizes only, so that it is not averaged over sizes that vary
    """

    power: Callable[[Case], Power | None]
    errors: Mapping[str, tuple[float, float, float]]
    whole_sizes: bool


@dataclass(frozen=True)
class NoClosedForm:
    """Why there is no closed form, in words."""

    text: str


@dataclass(frozen=True)
class Method:
    """How a test is carried out on one sample, two arms or all arms.

    Attributes
    ----------
    jointly : how its pairs against one arm are adjusted together (Dunnett); None where that is not possible
    caveats : warnings before a play
    """

    run: Run
    closed_form: ClosedForm | NoClosedForm
    jointly: Jointly | None
    caveats: tuple[Caveat, ...]


#: By the name of the test and what it compares.
Methods = Mapping[tuple[str, Samples], Method]
