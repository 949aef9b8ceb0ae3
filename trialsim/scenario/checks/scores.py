"""Bounded scales: differences of scores that leave room, words for categories, limits of a normal outcome."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.kinds.scales import SCALES
from trialsim.quantities.fields import Number, Record
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import ArmLevels, Level, Outcome
from trialsim.scenario.text import Finding, Path


def check_scores(outcome: Outcome, path: Path, reference: str, report: Report) -> None:
    """What concerns the scale of one resolved outcome."""
    _labels(outcome, path, report)
    _limits(outcome, path, report)
    if outcome.scale.categories is not None and "difference" in outcome.scale.effects:
        for here, visits, difference in _differences(outcome, path):
            _room(outcome, here, visits or outcome.visits, difference, reference, report)


def reference_mean(outcome: Outcome, visit: str, reference: str) -> float | None:
    """Mean score of the reference arm at a visit; None where its level is at fault."""
    level = outcome.by_visit.get(visit)
    if isinstance(level, ArmLevels):
        level = level.by_arm.get(reference)
    if not isinstance(level, Level):
        return None
    if level.shares and len(level.shares) == len(outcome.categories):
        return sum(share.value * score for share, score in zip(level.shares, outcome.categories, strict=True))
    return level.mean.value if level.mean is not None else None


def _differences(outcome: Outcome, path: Path) -> Iterator[tuple[Path, tuple[str, ...], Number]]:
    """Every effect by a difference, with its place and the visits named."""
    parts: list[tuple[Path, tuple[str, ...], Record]] = [
        ((*path, "effects", arm), effect.visits, effect) for arm, effect in outcome.effects.items()
    ]
    parts += [((*path, "responds_to", name), one.visits, one) for name, one in outcome.responds_to.items()]
    parts += [((*path, "drivers", i), (), driver) for i, driver in enumerate(outcome.drivers)]
    parts += [((*path, "covariates", i), (), effect) for i, effect in enumerate(outcome.covariates)]
    for here, visits, part in parts:
        difference = getattr(part, "difference", None)
        if isinstance(difference, Number):
            yield (*here, "difference"), visits, difference


def _room(
    outcome: Outcome, path: Path, visits: tuple[str, ...], difference: Number, reference: str, report: Report
) -> None:
    """The reference mean moved by the difference stays on the scale."""
    if len(outcome.categories) < 3:  # another fault
        return
    low, high = outcome.categories[0], outcome.categories[-1]
    for visit in visits:
        mean = reference_mean(outcome, visit, reference)
        if mean is not None and low < mean < high and not low < mean + difference.value < high:
            message = f"a mean of {mean:g} at '{visit}' cannot move by {difference.value:g} on a scale from {low:g} to {high:g}."
            remedy = f"Write a difference between {low - mean:.3g} and {high - mean:.3g}, both excluded."
            report(Finding("TS-E114", path, message, remedy))
            return


def _labels(outcome: Outcome, path: Path, report: Report) -> None:
    known = [f"{category:g}" for category in outcome.categories]
    for label in outcome.labels:
        if label not in known:
            message = f"'{label}' is not one of the categories."
            remedy = f"Write one of {', '.join(known)}." if known else "Declare categories:, or remove labels:."
            report(Finding("TS-E115", (*path, "labels", label), message, remedy, on_key=True))


def _limits(outcome: Outcome, path: Path, report: Report) -> None:
    if outcome.limits is None:
        return
    low, high = (end.value for end in outcome.limits)
    if not outcome.scale.limits:
        fitting = " or ".join(scale.name for scale in SCALES if scale.limits)
        message = f"limits are those of a {fitting} outcome; this one is {outcome.distribution}."
        report(Finding("TS-E116", (*path, "limits"), message, "Remove limits:.", on_key=True))
    elif not low < high:
        report(Finding("TS-E116", (*path, "limits"), "the limits run backwards.", "Write limits: [0, 10]."))
