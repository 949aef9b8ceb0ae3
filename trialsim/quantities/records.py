"""The records of a quantity: one number, or a distribution, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict

from trialsim.numbers.given import PARAMETERS
from trialsim.rules import CHOSEN, QUANTITY, WORDS, fields_with

if TYPE_CHECKING:
    from trialsim.numbers.distributions import Distribution

PROVENANCE = ("source", "computed_from", "assumed", "range")

POSITIVE_KINDS = ("duration", "age", "concentration")


class Record(BaseModel):
    """A frozen part of a scenario; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, ignored_types=(cached_property,))

    @classmethod
    def whole(cls, data: Mapping[str, Any]) -> bool:
        """Whether a map of this record, as written, is one quantity (:data:`trialsim.rules.QUANTITY`)."""
        return any(key in data for _, key in fields_with(cls, QUANTITY))


class ProvenanceRecord(Record):
    """Where a value comes from: a source prints it, it was computed from one, or it is assumed, and why.

    Attributes
    ----------
    source : the name of a source that prints the value, declared under sources. Example: consent6
    computed_from : the name of a source from which the value was computed. Example: trial2
    assumed : why this value is assumed, in words. Example: as in our ward last year
    """

    source: Annotated[str | None, WORDS] = None
    computed_from: Annotated[str | None, WORDS] = None
    assumed: Annotated[str | None, WORDS] = None


class Number(ProvenanceRecord):
    """One number in the canonical unit of its kind; ``unit`` is the unit as written for amounts, money and samples."""

    value: Annotated[float, QUANTITY]
    kind: str = "number"
    unit: str | None = None
    range: Annotated[tuple[float, float] | None, WORDS] = None  # in the unit of the value
    prior: Prior | None = None  # what is believed about it, in the same unit


class OfPractitioners(Number):
    """A number that practitioners share; ``of`` are the resources whose people they are."""

    of: tuple[str, ...] = ()


class SiteShare(Number):
    """The share of a site in all patients; ``open`` is the time from the start of the study at which it opens."""

    open: Annotated[Number | None, CHOSEN] = None


class Spread(ProvenanceRecord):
    """A number that varies. ``given`` holds what was declared, in canonical units (seconds for durations).

    The keys of ``given`` are those of :func:`trialsim.numbers.distributions.solve`: value, mean, sd, cv, median, sd_log,
    iqr_low, iqr_high, q05, ..., low, high, mode, shape, scale, values, weights. ``low`` and ``high`` truncate.
    ``range`` is the plausible range of the first number given.
    """

    given: Mapping[str, Number | tuple[float, ...]]
    family: str | None = None
    kind: str = "number"
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    range: Annotated[tuple[float, float] | None, WORDS] = None

    @classmethod
    def whole(cls, data: Mapping[str, Any]) -> bool:
        """Whether a map says how a number varies: by a value, a center, or a distribution."""
        return any(key in data for key in ("value", "mean", "median", "choice", "empirical", *PARAMETERS))

    @cached_property
    def distribution(self) -> Distribution:
        """The distribution whose parameters reproduce ``given``, truncated to ``low`` and ``high``."""
        from dataclasses import replace

        from trialsim.numbers.distributions import Distribution, solve

        flat: dict[str, Any] = {k: v.value if isinstance(v, Number) else v for k, v in self.given.items()}
        if set(flat) == {"value"}:
            return Distribution("fixed", (flat["value"],))
        solved = solve(self.family, flat, positive=self.kind in POSITIVE_KINDS)
        if self.low is None and self.high is None:
            return solved
        return replace(solved, low=self.low, high=self.high)


class Prior(Spread):
    """What is believed about a number. ``run`` uses the number itself; ``assurance`` draws from its prior.

    Numbers whose priors have the same ``name`` vary together; by default the name is the number's place in the file.
    ``n`` is the number of participants in each arm on which the belief is based.
    """

    name: str | None = None
    n: int | None = None


Number.model_rebuild()
OfPractitioners.model_rebuild()
SiteShare.model_rebuild()


def amount_unit_kind(unit: str | None) -> str:
    """The kind of quantity a unit of an amount measures: concentration, age, duration, or a plain label."""
    from trialsim.quantities import units

    if unit is None:
        return "number"
    for kind in ("concentration", "age"):
        try:
            units.parse(f"1 {unit}", kind)
        except units.UnitError:
            continue
        return kind
    return "label"
