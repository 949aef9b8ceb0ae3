"""Points of a prior: a Latin hypercube over every uncertain number, with addressed draws."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import TrialsimError
from trialsim.kinds.scales import NO_EFFECT
from trialsim.numbers.distributions import Distribution, quantile
from trialsim.numbers.draws import stream, uniforms
from trialsim.quantities.records import Number, Prior, ProvenanceRecord
from trialsim.scenario.dump import value_text
from trialsim.scenario.model import ArmLevels, Level, Scenario
from trialsim.scenario.priors import priors_of
from trialsim.scenario.text import Path

Floats = NDArray[np.float64]

Scale = Literal["difference", "log", "logit"]

#: Keys for the effect of an arm: the value that means no change, and the scale on which estimates are nearly normal.
EFFECTS: dict[str, tuple[float, Scale]] = {
    "secretion": (0.0, "difference"),
    **{key: (none, "log" if none else "difference") for key, none in NO_EFFECT.items()},
}
#: Keys of a level that are an effect if they differ from the reference arm's, or in one arm from the first visit's.
CENTERS: dict[str, Scale] = {"mean": "difference", "median": "log", "chance": "logit"}


class AssuranceError(TrialsimError, ValueError):
    """A question about assurance that has no answer."""

    exit_code = 2


@dataclass(frozen=True)
class Belief:
    """One uncertain quantity: a number, or several that vary together.

    Attributes
    ----------
    name : of the prior; the place in the file if none is given
    numbers : places in the resolved scenario, and the numbers with their priors
    n : participants in each arm on which the belief is based, if known
    effect : whether it is the effect of an arm
    against, scale : the number that it would equal without a change (None if that depends on more), perhaps
        with a prior of its own; and the scale of the effect
    """

    name: str
    numbers: tuple[tuple[Path, Number], ...]
    n: int | None = None
    effect: bool = False
    against: Number | None = None
    scale: Scale = "difference"

    @property
    def number(self) -> Number:
        """The first of its numbers, which represents it."""
        return self.numbers[0][1]

    @property
    def prior(self) -> Distribution:
        """The prior of that number."""
        return _prior(self.number).distribution

    @property
    def label(self) -> str:
        """The name without the parts that are the same for every number of the kind."""
        return self.name.removeprefix("outcomes.")

    def shown(self, value: float) -> str:
        """A value, to three digits, with its unit."""
        rounded = float(f"{value:.3g}")
        if self.number.kind == "share":
            return f"{100 * value:.3g} %"
        if self.number.kind == "duration" and rounded:
            size, unit = next(
                (size, unit) for size, unit in DURATIONS if abs(rounded) >= size or unit == "s"
            )  # the largest unit that is not above it
            return f"{rounded / size:.3g} {unit}"
        return str(value_text(rounded, self.number.kind, self.number.unit))

    def values(self, u: Floats) -> list[tuple[Path, Floats]]:
        """The values of each of its numbers at the quantiles ``u`` of its own prior."""
        return [(path, quantile(_prior(number).distribution, u)) for path, number in self.numbers]


DURATIONS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))


def _prior(number: Number) -> Prior:
    assert number.prior is not None
    return number.prior


def beliefs(scenario: Scenario) -> tuple[Belief, ...]:
    """Everything uncertain in a resolved scenario, in the order of the file.

    Raises
    ------
    AssuranceError
        TS-V001 if nothing has a prior
    """
    found = tuple(
        Belief(name, numbers, _rests_on(numbers[0][1], scenario.sources), *_effect(scenario, numbers[0][0]))
        for name, numbers in priors_of(scenario).items()
    )
    if not found:
        raise AssuranceError(
            "no number of this scenario has a prior.",
            code="TS-V001",
            remedy="Write difference: {value: -0.8, prior: {normal: {mean: -0.8, sd: 0.4}}}, or start with trialsim fit.",
        )
    return found


def _effect(scenario: Scenario, path: Path) -> tuple[bool, Number | None, Scale]:
    """Whether a number is the effect of an arm, its value for no change, and its scale."""
    key = str(path[-1])
    if {"effects", "responds_to"} & set(map(str, path)):
        if key not in EFFECTS:
            return True, None, "difference"
        none, scale = EFFECTS[key]
        return True, Number(value=none), scale
    if len(path) < 5 or path[2] != "by_visit" or key not in CENTERS:
        return False, None, "difference"
    outcome, visit = scenario.outcomes[str(path[1])], str(path[3])
    reference: Level | None = None
    level = outcome.by_visit[visit]
    if isinstance(level, ArmLevels):
        if path[5] == scenario.design.reference:
            return False, None, "difference"
        reference = level.by_arm.get(str(scenario.design.reference))
    elif len(scenario.design.arms) == 1 and visit != outcome.visits[0]:
        first = outcome.by_visit[outcome.visits[0]]
        reference = first if isinstance(first, Level) else None
    number = getattr(reference, key, None) if reference else None
    return reference is not None, number if isinstance(number, Number) else None, CENTERS[key]


def _rests_on(number: Number, sources: Mapping[str, str]) -> int | None:
    """``n`` of the prior, otherwise ``n = 12`` in the text of a source."""
    prior = _prior(number)
    return prior.n or participants_of(prior, sources) or participants_of(number, sources)


def participants_of(record: ProvenanceRecord, sources: Mapping[str, str]) -> int | None:
    """The number of participants in the source of a number, written there as ``n = 12``.

    >>> participants_of(Number(value=1.0, source="pilot"), {"pilot": "A pilot, n = 12 per arm"})
    12
    """
    source = record.source or record.computed_from
    found = re.search(r"\bn ?= ?(\d+)", f"{source} {sources.get(source, '')}") if source else None
    return int(found.group(1)) if found else None


def hypercube(names: Sequence[str], points: int, *, seed: int) -> Floats:
    """(P, D) uniforms, each column with one value in each of P equal strata, in an order of its own.

    References
    ----------
    McKay, Beckman, Conover 1979, doi:10.1080/00401706.1979.10489755.

    >>> u = hypercube(["a", "b"], 4, seed=1)
    >>> np.sort(np.floor(4 * u), axis=0).tolist()
    [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    """
    columns = []
    for name in names:
        key = stream("prior/{name}", name=name)
        order, within = (uniforms(seed, key, replicates=range(1), participants=points, k=k)[0] for k in (0, 1))
        columns.append((np.argsort(np.argsort(order)) + within) / points)
    return np.column_stack(columns)
