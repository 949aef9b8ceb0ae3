"""What an analysis estimates: its scale, the value that means no effect, and in which unit it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from trialsim.kinds.tests.records import Effect

#: How the name of an estimand ends that is conditional on what the analysis adjusts for.
GIVEN: Final = " given the covariates"

#: Where an estimate comes from: one sample of values, one sample of changes, or two arms.
Situation = Literal["value", "change", "arms"]

#: The scale of an estimate: a difference, the logarithm of a ratio, a probability, or a difference of shares.
EffectScale = Literal["difference", "log", "probability", "share"]


@dataclass(frozen=True)
class MarginScale:
    """How a margin is written, of an estimate on one scale.

    Attributes
    ----------
    says : what it is, in words
    none : what means no difference, as it is written
    low, high : what it must lie between
    ratio : whether it is a ratio, and the estimate its logarithm
    percent : whether it may be written in percent
    in_unit : whether it has the unit of the endpoint
    """

    says: str
    none: float
    low: float
    high: float
    ratio: bool
    percent: bool
    in_unit: bool


MARGIN_SCALE: Final[dict[EffectScale, MarginScale]] = {
    "difference": MarginScale(
        "a difference in the unit of the endpoint, other than 0", 0.0, -math.inf, math.inf,
        ratio=False, percent=False, in_unit=True,
    ),
    "log": MarginScale(
        "a ratio above 0, other than 1", 1.0, 0.0, math.inf, ratio=True, percent=False, in_unit=False
    ),
    "probability": MarginScale(
        "a probability between 0 and 1, other than 0.5", 0.5, 0.0, 1.0, ratio=False, percent=True, in_unit=False
    ),
    "share": MarginScale(
        "a difference of shares between -100 % and 100 %, other than 0", 0.0, -1.0, 1.0,
        ratio=False, percent=True, in_unit=False,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Estimand:
    """What an analysis estimates.

    Attributes
    ----------
    effect, transforms, situations : when it applies: what the test estimates, of which transform, and from what
    no_effect : the value that means no effect; None if that is the number the test compares with (0 between arms)
    scale : on which scale it is
    in_unit : whether it is given in the unit of the (transformed) endpoint
    by_fit : whether its truth is what the same analysis finds with every participant once in either arm: ratios given covariates
        do not collapse
    """

    name: str
    effect: Effect
    transforms: tuple[str, ...]
    situations: tuple[Situation, ...]
    no_effect: float | None
    scale: EffectScale
    in_unit: bool
    by_fit: bool = False


def _ratio_of_arms(name: str, effect: Effect, *, by_fit: bool = False) -> Estimand:
    """The logarithm of a ratio of two arms that does not depend on a transform: of odds, risks, rates or hazards."""
    return Estimand(name, effect, ("none", "log", "percent"), ("arms",), None, "log", in_unit=False, by_fit=by_fit)


MEAN: Final = Estimand("mean", "mean", ("none",), ("value",), None, "difference", in_unit=True)
MEAN_DIFFERENCE: Final = Estimand(
    "mean difference", "mean", ("none",), ("change", "arms"), None, "difference", in_unit=True
)
LOG_MEAN: Final = Estimand("mean of logs", "mean", ("log",), ("value",), None, "log", in_unit=True)
LOG_RATIO: Final = Estimand("log ratio", "mean", ("log",), ("change", "arms"), None, "log", in_unit=True)
PERCENT_CHANGE: Final = Estimand(
    "mean percent change", "mean", ("percent",), ("change",), None, "difference", in_unit=True
)
PERCENT_DIFFERENCE: Final = Estimand(
    "difference in percent change", "mean", ("percent",), ("arms",), None, "difference", in_unit=True
)
MEDIAN: Final = Estimand(
    "median difference", "pseudomedian", ("none", "percent"), ("change",), None, "difference", in_unit=True
)
LOG_MEDIAN: Final = Estimand("median log ratio", "pseudomedian", ("log",), ("change",), None, "log", in_unit=True)
PROBABILITY: Final = Estimand(
    "P(X > Y) + ties/2", "superiority", ("none", "log", "percent"), ("arms",), 0.5, "probability", in_unit=False
)
LOG_WIN_ODDS: Final = Estimand(
    "log win odds", "win odds", ("none", "log", "percent"), ("arms",), 0.0, "log", in_unit=False
)
STRATIFIED_PROBABILITY: Final = Estimand(
    "P(X > Y) + ties/2 within strata", "stratified superiority", ("none", "log", "percent"), ("arms",), 0.5, "probability",
    in_unit=False,
)  # fmt: skip
TRIMMED_DIFFERENCE: Final = Estimand(
    "difference of trimmed means", "trimmed mean", ("none", "percent"), ("arms",), None, "difference", in_unit=True
)
TRIMMED_LOG_RATIO: Final = Estimand(
    "difference of trimmed means of logs", "trimmed mean", ("log",), ("arms",), None, "log", in_unit=True
)
MEDIAN_VALUE: Final = Estimand("median value", "median", ("none",), ("value",), None, "difference", in_unit=True)
MEDIAN_LOG: Final = Estimand("median of logs", "median", ("log",), ("value",), None, "log", in_unit=True)
MEDIAN_CHANGE: Final = Estimand(
    "median change", "median", ("none", "percent"), ("change",), None, "difference", in_unit=True
)
MEDIAN_LOG_CHANGE: Final = Estimand("median change of logs", "median", ("log",), ("change",), None, "log", in_unit=True)
RISK_DIFFERENCE: Final = Estimand(
    "risk difference", "share", ("none", "log", "percent"), ("arms",), None, "share", in_unit=False
)
SHARE: Final = Estimand("share of yes", "share", ("none", "log"), ("value", "change"), None, "share", in_unit=False)
SHARE_BY_PERCENT: Final = Estimand(
    "share of yes by percent change", "share", ("percent",), ("change",), None, "share", in_unit=False
)
CHANGE_OF_SHARE: Final = Estimand(
    "change of a share", "change of a share", ("none", "log", "percent"), ("change",), None, "share", in_unit=False
)
RISK_RATIO: Final = _ratio_of_arms("log risk ratio", "risk ratio")
ODDS_RATIO: Final = _ratio_of_arms("log odds ratio", "odds ratio")
ODDS_RATIO_WITHIN: Final = _ratio_of_arms("log odds ratio given the strata", "odds ratio within strata")
ODDS_RATIO_GIVEN: Final = _ratio_of_arms(
    "log odds ratio given the covariates", "odds ratio given covariates", by_fit=True
)
ODDS_RATIO_OVER_CLUSTERS: Final = _ratio_of_arms(
    "population-averaged log odds ratio given the covariates", "odds ratio averaged over clusters", by_fit=True
)
RATE_RATIO_GIVEN: Final = _ratio_of_arms(
    "log rate ratio given the covariates", "rate ratio given covariates", by_fit=True
)
HAZARD_RATIO_GIVEN: Final = _ratio_of_arms(
    "log hazard ratio given the covariates", "hazard given covariates", by_fit=True
)
ODDS_OF_HIGHER: Final = _ratio_of_arms(
    "log odds ratio of a higher score given the covariates", "odds ratio of a higher score", by_fit=True
)
ODDS_WITHIN_PERSON: Final = _ratio_of_arms(
    "log odds ratio of a higher score within a person given the covariates", "odds ratio within a person", by_fit=True
)
LOG_HAZARD_RATIO: Final = _ratio_of_arms("log hazard ratio", "hazard")

ESTIMANDS: Final = (
    MEAN,
    MEAN_DIFFERENCE,
    LOG_MEAN,
    LOG_RATIO,
    PERCENT_CHANGE,
    PERCENT_DIFFERENCE,
    MEDIAN,
    LOG_MEDIAN,
    PROBABILITY,
    LOG_WIN_ODDS,
    STRATIFIED_PROBABILITY,
    TRIMMED_DIFFERENCE,
    TRIMMED_LOG_RATIO,
    MEDIAN_VALUE,
    MEDIAN_LOG,
    MEDIAN_CHANGE,
    MEDIAN_LOG_CHANGE,
    RISK_DIFFERENCE,
    SHARE,
    SHARE_BY_PERCENT,
    CHANGE_OF_SHARE,
    RISK_RATIO,
    ODDS_RATIO,
    ODDS_RATIO_WITHIN,
    ODDS_RATIO_GIVEN,
    ODDS_RATIO_OVER_CLUSTERS,
    ODDS_OF_HIGHER,
    ODDS_WITHIN_PERSON,
    RATE_RATIO_GIVEN,
    HAZARD_RATIO_GIVEN,
    LOG_HAZARD_RATIO,
)

ESTIMAND: Final = {estimand.name: estimand for estimand in ESTIMANDS}

#: Estimands that are one number under two names: a logistic regression of all participants averages over clusters too.
SAME_NUMBER: Final = {ODDS_RATIO_OVER_CLUSTERS.name: ODDS_RATIO_GIVEN.name}

#: In place of an estimand where a row has none: a test of all arms, a subset selected by the outcome.
NO_ESTIMAND: Final = "none"

#: The estimand of each combination; each combination appears once, or the table would contradict itself.
MEANT: Final = {
    (estimand.effect, transform, situation): estimand
    for estimand in ESTIMANDS
    for transform in estimand.transforms
    for situation in estimand.situations
}
