"""Targets by arm, as people write them: ``enroll: {control: 36, music: 35}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from trialsim.kinds.designs import METHOD
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Draft
from trialsim.scenario.model.design import TARGETS
from trialsim.scenario.text import Finding

ENROLL = ("design", "enroll")


@lru_cache(maxsize=1024)
def apportion(weights: tuple[int, ...], n: int) -> tuple[int, ...]:
    """``n`` participants shared out by ``weights``: each goes where weight / (2 x those there + 1) is highest.

    A trial of one more takes no place back from any arm, and a trial of as many as the weights add up to has the weights.

    References
    ----------
    The method of Sainte-Lague, as Balinski and Young 1982, "Fair representation", describe it. Ties go to the first.

    >>> apportion((36, 35), 40)
    (20, 20)
    >>> apportion((2, 1), 4)
    (3, 1)
    """
    found = [0] * len(weights)
    for _ in range(n):
        best = 0
        for arm in range(1, len(weights)):
            if weights[arm] * (2 * found[best] + 1) > weights[best] * (2 * found[arm] + 1):
                best = arm
        found[best] += 1
    return tuple(found)


def at_total(old: object, new: object) -> object:
    """What ``design.enroll`` becomes when a number is set: the arms scaled, where each had a number of its own."""
    if (
        not isinstance(old, dict)
        or not old
        or TARGETS & old.keys()
        or isinstance(new, bool)
        or not isinstance(new, int)
    ):
        return new
    weights = tuple(old.values())
    if not all(isinstance(one, int) and one > 0 for one in weights) or not 0 < new <= sum(weights) * 10_000:
        return new
    return dict(zip(old, apportion(weights, new), strict=True))


def check_arm_targets(scenario: Draft, report: Report) -> None:
    """Every arm has a number, nothing else has one, and the way of allocation fits."""
    targets, allocation = scenario.design.enroll.by_arm, scenario.design.allocation
    arms = list(scenario.design.arms)
    if targets:
        _names(targets, arms, report)
    place, method = ("design", "allocation"), METHOD.get(allocation.method or "")
    by_places = method is not None and method.by_places
    if by_places and scenario.design.enroll.in_all is not None:
        message = "places left are those of arms with a number of their own."
        remedy = f"Write enroll: {{{', '.join(f'{arm}: 30' for arm in arms)}}}, or another method."
        report(Finding("TS-E152", (*place, "method"), message, remedy))
    if not targets:
        return
    in_blocks = allocation.block is not None if method is None else method.blocks
    if in_blocks and (allocation.block is None or allocation.ratio is None):
        lacks = "ratio" if allocation.ratio is None else "block"
        example = f'ratio: "{":".join("1" * len(arms))}"' if lacks == "ratio" else f"block: {2 * len(arms)}"
        message = (
            f"blocks for arms with a number of their own need their ratio and their size, and {lacks}: is missing."
        )
        report(Finding("TS-E152", place, message, f"Write {example}, or leave out method: and block:."))
    if (by_places or (method is None and not in_blocks)) and allocation.ratio is not None:
        message = "the arms have a number of their own, which no ratio changes."
        report(Finding("TS-E152", (*place, "ratio"), message, "Remove ratio:, or write method: simple.", on_key=True))


def _names(targets: Mapping[str, int], arms: Sequence[str], report: Report) -> None:
    for name in targets:
        if name not in arms and arms:
            remedy = did_you_mean(name, [*arms, *sorted(TARGETS)], what="Known")
            report(Finding("TS-E151", (*ENROLL, name), f"there is no arm '{name}'.", remedy, on_key=True))
    without = [arm for arm in arms if arm not in targets]
    if without and set(targets) & set(arms):
        message = f"{' and '.join(without)} {'has' if len(without) == 1 else 'have'} no number."
        report(Finding("TS-E151", ENROLL, message, "Write a number for every arm, or one target: enroll: 60."))


def numbers_of_arms(targets: Mapping[str, Any]) -> str:
    """``36 control and 35 music``."""
    parts = [f"{count} {arm}" for arm, count in targets.items()]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
