"""Which numbers determine a distribution of each family, and which numbers are too many."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from trialsim.errors import DistributionError

Given = Mapping[str, float]

#: How many numbers determine a distribution of each family.
PARAMETERS: Mapping[str, int] = {
    "fixed": 1, "exponential": 1, "uniform": 2, "normal": 2, "lognormal": 2, "gamma": 2, "weibull": 2, "triangular": 3,
    "beta": 4,
}  # fmt: skip

#: The numbers that determine a distribution, besides two or more quantiles; ``iqr`` means both of its ends.
FORMS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("value",),
    "uniform": ("low high", "mean sd"),
    "normal": ("mean sd", "mean cv", "median sd", "median iqr"),
    "lognormal": ("mean sd", "mean cv", "mean sd_log", "median sd", "median cv", "median sd_log", "median iqr"),
    "gamma": ("mean sd", "mean cv", "median cv", "shape scale"),
    "exponential": ("mean", "median"),
    "weibull": ("mean sd", "mean cv", "median cv", "shape scale"),
    "triangular": ("low mode high",),
    "beta": ("mean sd", "mean sd low", "mean sd high", "mean sd low high"),
}

#: Families that quantiles alone can determine: two exactly, more by least squares.
BY_QUANTILES = ("normal", "lognormal", "gamma", "weibull")


def check_count(family: str, given: Given) -> None:
    """Refuse more numbers than the family has parameters: some of them would be ignored.

    Raises
    ------
    DistributionError
        TS-D003, naming the numbers
    """
    keys = list(dict.fromkeys("iqr" if key in ("iqr_low", "iqr_high") else key for key in given))
    whole = {frozenset(form.split()) for form in FORMS[family]}
    by_quantiles = family in BY_QUANTILES and all(_probability(key) is not None or key == "iqr" for key in keys)
    fixing = [form.split() for form in FORMS[family] if set(form.split()) < set(keys)]
    count = PARAMETERS[family]
    if frozenset(keys) in whole or by_quantiles or (not fixing and len(given) <= count):
        return
    quantiles = [key for key in keys if _probability(key) is not None or key == "iqr"]
    if family in BY_QUANTILES and (len(quantiles) > 1 or "iqr" in quantiles) and quantiles not in fixing:
        fixing.append(quantiles)
    raise DistributionError(
        f"{', '.join(keys[:-1])} and {keys[-1]} are too many: "
        f"{('one number determines', f'{count} numbers determine')[count > 1]} "
        f"a distribution of this family ({family}).",
        code="TS-D003",
        remedy=f"Keep {' or '.join(_joined(form) for form in fixing or [['one of them']])}.",
    )


def _joined(keys: Sequence[str]) -> str:
    return " and ".join((*([", ".join(keys[:-1])] if len(keys) > 1 else []), keys[-1]))


def _probability(key: str) -> float | None:
    """Of a quantile's key; None for another key."""
    if key == "median":
        return 0.5
    return {"iqr_low": 0.25, "iqr_high": 0.75}.get(key) or (
        int(key[1:]) / 100 if re.fullmatch(r"q\d\d", key) and key != "q00" else None
    )


def quantiles_given(given: Given) -> list[tuple[float, float]]:
    """(probability, value) of the quantiles among ``given``, in rising order of probability.

    >>> quantiles_given({"median": 5.0, "iqr_low": 4.0, "iqr_high": 7.0})
    [(0.25, 4.0), (0.5, 5.0), (0.75, 7.0)]
    """
    return sorted((p, value) for key, value in given.items() if (p := _probability(key)) is not None)
