"""Scales with two ends: from the user, from a header, or from a question."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from trialsim.kinds.scales import SCALE, SCALES
from trialsim.pilot.data import FitError, Floats, OutcomeData, Question
from trialsim.quantities.refuse import did_you_mean

_RANGE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:\.\.|-|to)\s*(-?\d+(?:\.\d+)?)\s*(?:by\s*(\d+(?:\.\d+)?))?\s*")
#: Whole numbers up to here are a scale with two ends, or counts: the user is asked which.
SHORT = 10
MOST_LEVELS = 200
#: The share of values at an end from which the user is asked about a longer scale of whole numbers.
PILED = 0.1

#: Scales of scores whose ends a file must say.
SCORED = tuple(one for one in SCALES if one.categories is not None and not one.yes_or_no)


def scales_of(options: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """``0..10``, ``OUTCOME=0..10 by 2`` or ``OUTCOME=none`` by outcome or column; the empty name means all.

    Raises
    ------
    FitError
        TS-P021 an outcome that does not exist, or not a scale
    """
    found: dict[str, str] = {}
    for text in options:
        name, equals, rest = text.rpartition("=")
        name = name.strip() if equals else ""
        if equals and name not in known:
            fitting = [one for one in known if one.casefold() == name.casefold()]
            if not fitting:
                near = did_you_mean(name, list(dict.fromkeys(known)), what="Outcomes and columns")
                raise FitError(f"--scale {text}: there is no outcome '{name}'.", code="TS-P021", remedy=near)
            name = fitting[0]
        if rest.strip() != "none":
            scores_of(rest)
        found[name] = rest.strip()
    return found


def scores_of(text: str) -> tuple[float, ...]:
    """The scores of a scale.

    >>> scores_of("0..10 by 2")
    (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)

    Raises
    ------
    FitError
        TS-P021 it is not a scale
    """
    found = _RANGE.fullmatch(text)
    remedy = "Write 0..10, or 0..10 by 2."
    if found is None:
        raise FitError(f"'{text.strip()}' is not a scale.", code="TS-P021", remedy=remedy)
    low, high, step = float(found[1]), float(found[2]), float(found[3] or 1)
    count = round((high - low) / step) if step > 0 else 0
    if count < 1 or not math.isclose(low + count * step, high, abs_tol=1e-9):
        raise FitError(f"steps of {step:g} from {low:g} do not reach {high:g}.", code="TS-P021", remedy=remedy)
    if count >= MOST_LEVELS:
        raise FitError(
            f"'{text.strip()}' has more than {MOST_LEVELS} levels.", code="TS-P021", remedy="Give longer steps."
        )
    return tuple(round(low + i * step, 10) for i in range(count + 1))


def scale_question(
    name: str, measured: OutcomeData, given: str | None, distribution: str | None, *, asked: bool
) -> tuple[tuple[float, ...], Question | None]:
    """The scores of an outcome's scale, empty if it has none; or the question whether it has one.

    Raises
    ------
    FitError
        TS-P021 a value that is not on the scale
    """
    seen = np.unique(measured.values[np.isfinite(measured.values)])
    if given == "none" or (given is None and distribution is not None and SCALE[distribution] not in SCORED):
        return (), None
    if given is not None:
        scores = scores_of(given)
        off = [value for value in seen if min(abs(value - score) for score in scores) > 1e-9]
        if off and not asked:
            raise FitError(
                f"'{name}' has the value {off[0]:g}, which is not on the scale {given}.",
                code="TS-P021",
                remedy=f'Correct the value, or give another scale; --scale "{name}=none" if it has no ends.',
            )
        return scores, None
    wanted = distribution is not None and SCALE[distribution] in SCORED
    whole = bool((seen == np.round(seen)).all())
    if asked or len(seen) < 2 or (not wanted and (not whole or set(seen) <= {0.0, 1.0})):
        return (), None
    if wanted or (seen[0] >= 0 and seen[-1] <= SHORT) or _piled(measured.values, seen):
        listed = ", ".join(f"{one:g}" for one in seen[:12]) + (", ..." if len(seen) > 12 else "")
        return (), Question(
            "TS-P020",
            f"'{name}' holds {'whole ' if whole else ''}numbers ({listed}): scores of a scale with two ends, or counts?",
            f'--scale "{name}={_likely(seen)}" with the ends of the scale, or --scale "{name}=none"',
        )
    return (), None


def _piled(values: Floats, seen: Floats) -> bool:
    """Whether many whole numbers up to 100 are at a usual end of scales: 0, or a multiple of 10."""
    if seen[0] < 0 or seen[-1] > 100:
        return False
    known = values[np.isfinite(values)]
    ends = [end for end, round_ in ((seen[0], seen[0] == 0), (seen[-1], seen[-1] % 10 == 0)) if round_]
    most = max((int((known == end).sum()) for end in ends), default=0)
    return bool(seen[-1] == 100 or (most >= 3 and most >= PILED * len(known)))


def _likely(seen: Floats) -> str:
    """The usual scale with these scores: only a proposal for the user."""
    low = 0 if seen[0] >= 0 else int(seen[0])
    high = next((end for end in (4, 5, 10, 20, 40, 50, 100) if seen[-1] <= end), int(seen[-1]))
    if (seen != np.round(seen)).any():
        return f"{low}..{high} by 0.1"
    steps = math.gcd(*(int(one) - low for one in seen))
    even = steps > 1 and high % steps == 0
    return f"{low}..{high} by {steps}" if even else f"{low}..{high}"
