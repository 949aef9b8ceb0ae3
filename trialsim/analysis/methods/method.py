"""The method of a test: its function, its closed form or why it has none, and its warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import FloatArray, Rows
from trialsim.kinds.tests.records import Samples
from trialsim.response.plan import ResponsePlan

#: A test of all replicates, on the named arms: none (one sample), two (a - b), or all.
Run = Callable[[Extraction, PlannedAnalysis, Sequence[int]], Rows]

#: (R, pairs) joint p-values of pairs against one arm, from the pairs' arms and rows and their common df (R,).
Jointly = Callable[[Extraction, PlannedAnalysis, Sequence[tuple[int, int]], Sequence[Rows], FloatArray], FloatArray]

#: A warning about an analysis in each of its arms; None if there is none.
Caveat = Callable[[PlannedAnalysis, ResponsePlan], str | None]


@dataclass(frozen=True)
class ClosedForm:
    """A power by formula.

    Attributes
    ----------
    power : None if the formula does not cover a case
    errors : the error of the formula, by the names that :class:`Power` gives as ``measured``: the largest error from 10, from
        20 and from 40 participants in the smallest arm on. Empty if the formula is exact.
    whole_sizes : whether it needs whole sizes, so that it is not averaged over random sizes
    equivalence : whether it covers two margins
    """

    power: Callable[[Case], Power | None]
    errors: Mapping[str, tuple[float, float, float]]
    whole_sizes: bool
    equivalence: bool = False


@dataclass(frozen=True)
class NoClosedForm:
    """The reason for having no closed form, in words."""

    text: str


@dataclass(frozen=True)
class Method:
    """How a test of one sample, two arms or all arms is computed.

    Attributes
    ----------
    jointly : how its pairs against one arm are adjusted jointly (Dunnett); None if that is not possible
    caveats : warnings before the simulation
    """

    run: Run
    closed_form: ClosedForm | NoClosedForm
    jointly: Jointly | None
    caveats: tuple[Caveat, ...]


#: By the name of the test and what it compares.
Methods = Mapping[tuple[str, Samples], Method]
