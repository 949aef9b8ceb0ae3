"""The words of interim looks: how alpha is spent, the shapes of bounds, and which tests a trial may look at before its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class SpendingFunction:
    """How alpha or beta is spent over information.

    Attributes
    ----------
    parameter : whether it has a parameter, written beside its name
    """

    name: str
    parameter: bool = False


SPEND_OBRIEN_FLEMING: Final = SpendingFunction("obrien-fleming")
SPEND_POCOCK: Final = SpendingFunction("pocock")
SPEND_HSD: Final = SpendingFunction("hsd", parameter=True)
SPENDING_FUNCTIONS: Final = (SPEND_OBRIEN_FLEMING, SPEND_POCOCK, SPEND_HSD)
SPENDING: Final = {one.name: one for one in SPENDING_FUNCTIONS}


@dataclass(frozen=True)
class BoundShape:
    """The shape of classical bounds, before one constant or the last bound gives them their level.

    Attributes
    ----------
    power : the bound is a constant times information to this power; None where interim bounds are fixed
    fixed : the fixed interim bound [standard errors]
    """

    name: str
    power: float | None
    fixed: float = 0.0


SHAPE_OBRIEN_FLEMING: Final = BoundShape("obrien-fleming", power=-0.5)
SHAPE_POCOCK: Final = BoundShape("pocock", power=0.0)
HAYBITTLE_PETO: Final = BoundShape("haybittle-peto", power=None, fixed=3.0)
BOUND_SHAPES: Final = (SHAPE_OBRIEN_FLEMING, SHAPE_POCOCK, HAYBITTLE_PETO)
BOUND_SHAPE: Final = {one.name: one for one in BOUND_SHAPES}

#: Tests that may be looked at: whether the p-value is that of a t statistic.
LOOKED_AT: Final[dict[str, bool]] = {
    "one-sample-t": True,
    "paired-t": True,
    "wilcoxon": False,
    "t": True,
    "welch": True,
    "trimmed-mean": True,
    "mann-whitney": False,
    "brunner-munzel": True,
    "win-odds": False,
    "van-elteren": False,
    "ancova": True,
    "chi-square": False,
    "risk-difference": False,
    "risk-ratio": False,
    "odds-ratio": False,
    "cmh": False,
    "logistic": False,
    "proportional-odds": False,
    "ordinal-mixed": False,
    "poisson": False,
    "negative-binomial": False,
    "tobit": False,
    "regression": True,
    "cluster-t": True,
    "cluster-robust": True,
    "gee": True,
    "gee-logistic": True,
    "mixed": True,
    "mmrm": True,
    "clda": True,
}

#: Tests of them whose estimate has no standard error of its own: their information is the number of participants alone.
WITHOUT_INFORMATION: Final = (
    "wilcoxon", "mann-whitney", "van-elteren", "chi-square", "risk-difference", "risk-ratio", "odds-ratio", "cmh", "win-odds",
)  # fmt: skip

#: Tests of them that also use the earlier visits of participants whose endpoint is not known yet.
USE_EARLIER_VISITS: Final = ("ordinal-mixed", "mixed", "mmrm", "clda")

_ALL_ARMS = "compares all arms at once"
_EXACT = "is exact, and its p-values take steps"
_TIMES = "would leave out everyone who is still followed"

#: Tests that may not be looked at, and why.
NOT_LOOKED_AT: Final[dict[str, str]] = {
    "sign": _EXACT,
    "friedman": _ALL_ARMS,
    "permutation": _EXACT,
    "crossover-t": "is not known before both periods are over",
    "crossover-mixed": "is not known before all periods are over",
    "anova": _ALL_ARMS,
    "welch-anova": _ALL_ARMS,
    "kruskal-wallis": _ALL_ARMS,
    "jonckheere": _ALL_ARMS,
    "fisher": _EXACT,
    "binomial": _EXACT,
    "mcnemar": _EXACT,
    "cox": _TIMES,
    "rm-anova": _ALL_ARMS,
    "bayes": "decides by a posterior probability",
    "log-rank": _TIMES,
    "wedge-mixed": "needs all periods of a stepped wedge",
    "python": "is the user's own, and its increments are not known",
}
