"""A scenario made from a pilot, once it loads; and what a small pilot cannot say."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

from trialsim.errors import ScenarioError
from trialsim.pilot import estimates as est
from trialsim.pilot.data import FitError
from trialsim.pilot.fragment import Data, Fragment

#: Participants in an arm below which a pilot says very little.
TINY = 12


def checked(data: Data, notes: tuple[str, ...], *, keep: Sequence[str]) -> Fragment:
    """The fragment, once it loads.

    Correlations between outcomes that fit no matrix, and outcomes that no scenario can hold, are left out, and said.

    Parameters
    ----------
    keep : outcomes that were asked for, which may not be left out

    Raises
    ------
    FitError
        TS-P026 numbers that no scenario can hold
    """
    from trialsim.scenario.load import from_data

    for _ in range(2 + len(data["outcomes"])):
        try:
            from_data(copy.deepcopy(data))
        except ScenarioError as error:
            notes = (*notes, _less(data, error, keep))
        else:
            return Fragment(data, notes)
    raise FitError("no outcome can be written as a scenario.", code="TS-P026", remedy="Choose one with --outcome.")


def _less(data: Data, error: ScenarioError, keep: Sequence[str]) -> str:
    """Leave out what a fault is about, and say so."""
    fault = error.faults[0]
    crossed = [outcome for outcome in data["outcomes"].values() if "with" in outcome.get("correlation", {})]
    if crossed and any("correlation" in one.path for one in error.faults):
        for outcome in crossed:
            del outcome["correlation"]["with"]
        return "The correlations between outcomes fit no matrix together and are left out."
    name = next(
        (one for one in data["outcomes"] if fault.path.startswith((f"outcomes.{one}", f"analyses.{one}"))), None
    )
    if name is None or name in keep or len(data["outcomes"]) == 1:
        what = f"{name}: " if name else ""
        raise FitError(
            f"{what}the numbers of this pilot cannot be written as a scenario: {fault.message}",
            code="TS-P026",
            remedy="Choose another outcome with --outcome, leave columns out with --ignore, or give another --distribution.",
        ) from None
    for part in ("outcomes", "analyses"):
        data[part].pop(name, None)
    for outcome in data["outcomes"].values():
        outcome.get("correlation", {}).get("with", {}).pop(name, None)
    return f"{name} is left out: {fault.message}"


def small(counts: dict[str, int]) -> tuple[str, ...]:
    """A warning when an arm is tiny."""
    least = min(counts.values())
    if least >= TINY:
        return ()
    df = max(sum(counts.values()) - len(counts), 1)
    prior = est.deviation(1.0, max(df, 2), least).prior["lognormal"]
    low, high = (prior["median"] * math.exp(z * prior["sd_log"]) for z in (-1.96, 1.96))
    remark = (
        f"Careful: an arm has {least} participants. With fewer than {TINY} the SD alone is known only to a factor of "
        f"{low:.2g} to {high:.2g}, and effects hardly at all."
    )
    return (remark,)
