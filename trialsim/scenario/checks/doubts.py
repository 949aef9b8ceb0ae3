"""What is possible and yet probably not meant: quantiles that no distribution meets, a test of the wrong way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.designs import ALTERNATIVE
from trialsim.numbers.distributions import Distribution, cdf, quantile, solve
from trialsim.numbers.given import quantiles_given
from trialsim.quantities.records import Number, Spread
from trialsim.scenario.checks.names import records
from trialsim.scenario.model import Analysis, ArmLevels, Level, Outcome, Scenario
from trialsim.scenario.notation import split_contrast

Floats = NDArray[np.float64]

DURATION = {"d": 86_400.0, "h": 3_600.0, "min": 60.0, "s": 1.0}  # [s]

#: The way that is good for the participant.
BETTER = {"lower": -1, "higher": 1}

#: Quantiles are met when they lie this near, as a share of their range.
NEAR = 0.05

#: The share of a normal outside its limits from which on it is worth a word.
OUTSIDE = 0.01


def doubts(scenario: Scenario) -> tuple[str, ...]:
    """Warnings about the numbers of a resolved scenario, each once."""
    return tuple(dict.fromkeys((*_spreads(scenario), *_levels(scenario), *_directions(scenario))))


def _directions(scenario: Scenario) -> Iterator[str]:
    """One-sided tests of the way that is not good for the participant."""
    for name, analysis in scenario.analyses.items():
        good = BETTER.get(scenario.outcomes[analysis.outcome].better or "", 0)
        asked = ALTERNATIVE[analysis.alternative].way
        first = _compared(analysis, list(scenario.design.arms))
        if not good or not asked or first is None:
            continue
        (high, low), sign = first
        if analysis.dichotomize is not None and analysis.dichotomize.at_least is None:
            good = -good  # the share of low values
        if asked * sign == good:
            continue
        other = next(one.name for one in ALTERNATIVE.values() if one.way == -asked)
        what = (
            f"'{analysis.outcome}'"
            if analysis.dichotomize is None
            else f"the share by dichotomize of '{analysis.outcome}'"
        )
        more = "higher" if asked * sign > 0 else "lower"
        yield (
            f"analyses.{name}: alternative: {analysis.alternative} tests whether {what} is {more} {high} than {low}, but "
            f"outcomes.{analysis.outcome} has better: {scenario.outcomes[analysis.outcome].better}. Write alternative: "
            f"{other} or two-sided, unless harm is to be shown."
        )


def _compared(analysis: Analysis, arms: Sequence[str]) -> tuple[tuple[str, str], int] | None:
    """What is meant to be better than what, and the sign of their difference; None where the file does not say it.

    The first arm is the reference: an arm is meant to be better than it. A change is meant to be good.
    """
    if analysis.contrast is None:
        return None if analysis.change is None else ((f"at {analysis.change.end}", f"at {analysis.change.start}"), 1)
    pair = split_contrast(analysis.contrast, arms)
    if pair is None or arms[0] not in pair:
        return None
    sign = 1 if pair[1] == arms[0] else -1
    arm, reference = pair if sign > 0 else pair[::-1]
    return (f"with {arm}", f"with {reference}"), sign


def _spreads(scenario: Scenario) -> Iterator[str]:
    for path, record in records(scenario):
        if isinstance(record, Spread):
            flat = {key: one.value for key, one in record.given.items() if isinstance(one, Number)}
            place = ".".join(str(part) for part in path if part not in ("number", "prior", "given", "value"))
            what = f"the prior of {place}" if "prior" in path else place
            yield from _missed(what, flat, record.distribution, record.kind, record.unit)


def _levels(scenario: Scenario) -> Iterator[str]:
    for name, outcome in scenario.outcomes.items():
        family = outcome.scale.family
        if family is None:
            continue
        for level in _each(outcome):
            flat = level.numbers()
            yield from _outside(name, outcome, family, flat)
            if len(quantiles_given(flat)) > 2:
                found = solve(family, flat, positive=outcome.scale.positive)
                yield from _missed(f"outcomes.{name}", flat, found, "amount", outcome.unit)


def _each(outcome: Outcome) -> Iterator[Level]:
    for level in outcome.by_visit.values():
        yield from level.by_arm.values() if isinstance(level, ArmLevels) else (level,)


def _outside(name: str, outcome: Outcome, family: str, given: Mapping[str, float]) -> Iterator[str]:
    """A level of which too much lies beyond the limits of its scale."""
    if outcome.limits is None:
        return
    low, high = (end.value for end in outcome.limits)
    found = solve(family, given, positive=outcome.scale.positive)
    share = cdf(found, low) + 1.0 - cdf(found, high)
    if share > OUTSIDE:
        mean, sd = found.params
        yield (
            f"outcomes.{name}: {100 * share:.2g} % of a {family} with mean {mean:.3g} and SD {sd:.3g} lie outside {low:g} to "
            f"{high:g}, and are drawn there. Write categories: {low:g}..{high:g} (or with by: and a step) in place of "
            f"distribution: {outcome.distribution}."
        )


def _missed(what: str, given: Mapping[str, float], played: Distribution, kind: str, unit: str | None) -> Iterator[str]:
    """Quantiles that were given and are not reached, by more than :data:`NEAR` of their range."""
    points = quantiles_given(given)
    if len(points) < 2:
        return
    wanted = np.array([value for _, value in points])
    found = quantile(played, np.array([p for p, _ in points]))
    if np.abs(found - wanted).max() <= NEAR * (wanted[-1] - wanted[0]):
        return
    numbers = [_row(row, kind, unit) for row in (wanted, found)]
    shares = ", ".join(f"{100 * p:g} %" for p, _ in points)
    yield (
        f"{what}: no {played.family} distribution has the {shares} points {numbers[0]}. The simulation uses {numbers[1]}: give "
        "two of them, or another family."
    )


def _row(values: Floats, kind: str, unit: str | None) -> str:
    """Numbers with one unit behind them."""
    if kind == "duration":
        unit = next((name for name in ("d", "h", "min") if values.max() >= 2 * DURATION[name]), "s")
        values = values / DURATION[unit]
    elif kind == "share":
        values, unit = 100 * values, "%"
    elif kind == "rate":
        unit = "per h"
    return ", ".join(f"{value:.3g}" for value in values) + (f" {unit}" if unit else "")
