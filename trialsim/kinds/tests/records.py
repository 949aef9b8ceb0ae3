"""What a record of a test, of a key that only some tests take, and of pairs is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: What a test compares: one sample with a number, two arms, all arms at once, or the levels of a factor by weights of all arms.
Samples = Literal["one", "two", "all", "factor"]

#: What a test looks at: one value of each participant, the change between two visits, or the values of several visits.
Looks = Literal["value", "change", "visits"]

#: What a test is based on: means (least squares), ranks, tables of counts, who is at risk at each event, or the user's own code.
Family = Literal["means", "ranks", "tables", "risk sets", "own"]

#: What a test estimates of a sample, or of the difference between two; :data:`NO_ESTIMATE` if it estimates nothing that is known.
Effect = Literal[
    "mean",
    "trimmed mean",
    "median",
    "pseudomedian",
    "superiority",
    "win odds",
    "stratified superiority",
    "share",
    "change of a share",
    "risk ratio",
    "odds ratio",
    "odds ratio within strata",
    "odds ratio given covariates",
    "odds ratio averaged over clusters",
    "odds ratio of a higher score",
    "odds ratio within a person",
    "rate ratio given covariates",
    "hazard",
    "hazard given covariates",
    "none",
]

#: The effect of a test that estimates nothing.
NO_ESTIMATE: Final = "none"


@dataclass(frozen=True)
class Option:
    """A key of an analysis that only some tests take.

    Attributes
    ----------
    key : its name
    refusal : why the others refuse it; reads after the name of a test
    remedy : what to write instead
    """

    key: str
    refusal: str
    remedy: str


@dataclass(frozen=True)
class Requirement:
    """What a test cannot be without: at least one of some options.

    Attributes
    ----------
    options : any of these will do
    says : what is missing; reads after "needs"
    remedy : what to write
    """

    options: tuple[Option, ...]
    says: str
    remedy: str


@dataclass(frozen=True)
class Test:
    """A test.

    Attributes
    ----------
    samples : what it can compare; if both "two" and "all" are possible, a contrast in the scenario means two
    takes : endpoints it takes
    family : what it is based on
    effect : what it estimates if it compares one sample or two arms
    yes_or_no : whether it needs yes or no: a binary outcome, or one that is dichotomized
    options : keys that only some tests take and this one does
    needs : those it cannot be without
    directions : which of its samples may have a one-sided alternative
    equal_sds : whether its closed form assumes the same SD in all arms
    marks : whether it reads which values are censored, and so compares times until an event
    first_shared : whether all arms have one mean at the first of its visits
    ways : the ways to its p-value that ``by`` may name, the one by default first
    periods : whether it compares the arms of the periods of a crossover, not its sequences
    scores : whether it takes only outcomes with categories
    at_visits : whether ``at`` names a visit or the average of all, not a test of repeated measures
    rates : whether it takes counts with the time over which they were counted
    limits : whether it reads which values lie below a detection limit
    calendar : whether it models the sites and the calendar periods of a stepped wedge
    prints : the statistics that papers print of it, if they are not those of its family (:mod:`trialsim.kinds.tests.statistics`)
    """

    name: str
    samples: tuple[Samples, ...]
    takes: tuple[Looks, ...]
    family: Family
    effect: Effect
    yes_or_no: bool
    options: tuple[Option, ...]
    needs: tuple[Requirement, ...]
    directions: tuple[Samples, ...]
    equal_sds: bool
    marks: bool
    first_shared: bool = False
    ways: tuple[str, ...] = ()
    prints: tuple[str, ...] | None = None
    periods: bool = False
    scores: bool = False
    at_visits: bool = False
    rates: bool = False
    limits: bool = False
    calendar: bool = False

    @property
    def at_each_visit(self) -> bool:
        """Whether yes or no is asked at both visits of a change, not of the change itself."""
        return self.yes_or_no and self.takes == ("change",)

    __test__ = False  # no class of tests for pytest


@dataclass(frozen=True)
class Pair:
    """Comparisons of two arms after a test of all arms.

    Attributes
    ----------
    after : each test of all arms that they may follow, with the test of two arms that is used then
    of_model : whether all pairs share the residual variance of the whole model
    together : whether its p-values hold for all pairs of arms together, so that nothing is left to adjust
    """

    name: str
    after: tuple[tuple[Test, Test], ...]
    of_model: bool
    together: bool = False
