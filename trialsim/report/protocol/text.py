"""Sentences of a protocol: each belongs to rows of checklists, and is there as a whole or not at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trialsim.evaluate.table import Measure
from trialsim.report.digits import plain, share_with_error, with_minus
from trialsim.report.document import Gap, Passage, RichText

#: One step of the last digit shown is at least this many Monte Carlo standard errors.
SURE = 1.0

#: The most decimals of a simulated mean.
DECIMALS = 1


@dataclass(frozen=True)
class Sentence:
    """A sentence, and the rows of checklists that it answers, such as ``SPIRIT 19``."""

    parts: RichText
    rows: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else part.shown for part in self.parts)


def sentence(*parts: str | Gap, rows: tuple[str, ...]) -> Sentence:
    """A sentence of its parts."""
    return Sentence(tuple(parts), rows)


def passage(sentences: Iterable[Sentence], heading: str = "") -> Passage:
    """Sentences one after the other as a paragraph."""
    parts: list[str | Gap] = []
    for one in sentences:
        parts += [" ", *one.parts] if parts else one.parts
    return Passage(merged(parts), heading)


def merged(parts: Iterable[str | Gap]) -> RichText:
    """The same text with neighboring words in one part."""
    found: list[str | Gap] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, str) and isinstance(last, str):
            found[-1] = last + part
        elif part != "":
            found.append(part)
    return tuple(found)


def gaps_of(parts: RichText) -> Iterator[Gap]:
    """What the authors are asked in a text."""
    return (part for part in parts if isinstance(part, Gap))


# ---------------------------------------------------------------- numbers


def share(value: float) -> str:
    """A share in percent, to one decimal; small ones to two digits.

    >>> share(0.686), share(0.9), share(0.00053)
    ('68.6 %', '90 %', '0.053 %')
    """
    hundred = 100 * value
    if 0 < hundred < 0.1:
        return f"{plain(hundred, 2)} %"
    return f"{hundred:.1f} %".replace(".0 %", " %")


def power_words(one: Measure, *, named: bool = False) -> str:
    """A simulated share with its 95 % interval, which is ``named`` where it is the first one; none or all with a bound."""
    if one.value in (0.0, 1.0):
        return share_with_error(one.value, one.mcse, low=one.conf_low, high=one.conf_high)
    name = "95 % simulation interval " if named else ""
    return f"{100 * one.value:.1f} % ({name}{100 * one.conf_low:.1f} to {100 * one.conf_high:.1f} %)"


def mean_words(one: Measure, unit: str = "") -> str:
    """A simulated mean with its unit, whose Monte Carlo error is at most one step of its last digit; else with that error.

    >>> mean_words(Measure("trial", "", "days", 155.038, 0.1555, 154.7, 155.3, 10_000, 0), "days")
    '155 days'
    >>> mean_words(Measure("trial", "", "days", 155.038, 1.56, 152.0, 158.1, 100, 0), "days")
    '155 days (simulation standard error 1.6)'
    """
    return rounded_mean(one.value, one.mcse, unit)


def rounded_mean(value: float, error: float, unit: str = "") -> str:
    """The same of a number and its Monte Carlo standard error."""
    named = f" {unit}" if unit else ""
    for decimals in range(DECIMALS, -1, -1):
        if SURE * error <= 10.0**-decimals:
            return f"{value:,.{decimals}f}".removesuffix(".0") + named
    return f"{value:,.0f}{named}{in_brackets(error)}"


def plain_error(error: float) -> str:
    """A Monte Carlo standard error by its name."""
    return f"simulation standard error {plain(error, 2)}"


def in_brackets(error: float) -> str:
    """The same in brackets, after a space; empty where the error is unknown."""
    return "" if math.isnan(error) else f" ({plain_error(error)})"


def trials_words(one: Measure, what: str = "trials") -> str:
    """``68.6 % (67.7 to 69.5 %) of trials``; ``all 10,000 simulated trials``."""
    if one.value == 1.0:
        return f"all {one.n_replicates:,} simulated {what}"
    if one.value == 0.0:
        return f"none of {one.n_replicates:,} simulated {what}"
    return f"{power_words(one)} of {what}"


def mean_share(one: Measure) -> str:
    """A simulated mean of shares in percent, rounded in the same way."""
    if one.value in (0.0, 1.0):
        return share_with_error(one.value, one.mcse, low=one.conf_low, high=one.conf_high)
    value, error = 100 * one.value, 100 * one.mcse
    for decimals in (2, 1, 0):
        if SURE * error <= 10.0**-decimals and (decimals < 2 or abs(value) < 0.1):
            text = f"{value:.{decimals}f}"
            return f"{text} %" if float(text) or not value else f"below {10.0**-decimals:g} %"
    return f"{value:.1f} % ({plain_error(error)} percentage points)"


def signed(value: float, digits: int = 3) -> str:
    """A number with a real minus sign."""
    return with_minus(plain(value, digits))


def level_words(alpha: float) -> str:
    """``5 %``, ``2.5 %``."""
    return f"{plain(100 * alpha)} %"


def finite(one: Measure | None) -> bool:
    """Whether there is a number."""
    return one is not None and not math.isnan(one.value)


def capital(text: str) -> str:
    """With a capital letter first."""
    return text[:1].upper() + text[1:]
