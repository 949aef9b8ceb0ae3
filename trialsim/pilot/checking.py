"""Check that a scenario made from a pilot loads; and warn about a small pilot."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

from trialsim.errors import ScenarioError
from trialsim.pilot import estimates as est
from trialsim.pilot.data import FitError
from trialsim.pilot.fragment import Data, Fragment

#: With fewer participants in an arm than this, a pilot is very weak evidence.
TINY = 12


def checked(data: Data, notes: tuple[str, ...], *, keep: Sequence[str]) -> Fragment:
    """The fragment, after it has loaded.

    Correlations between outcomes that do not form a matrix, and outcomes that are impossible in a scenario, are left out.

    Parameters
    ----------
    keep : outcomes that the user chose, which may not be left out

    Raises
    ------
    FitError
        TS-P026 numbers that are impossible in a scenario
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
    """Leave out the cause of a fault, with a note."""
    fault = error.faults[0]
    crossed = [outcome for outcome in data["outcomes"].values() if "with" in outcome.get("correlation", {})]
    if crossed and any("correlation" in one.path for one in error.faults):
        for outcome in crossed:
            del outcome["correlation"]["with"]
        return "The correlations between outcomes do not form a correlation matrix and are left out."
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
        f"Careful: an arm has {least} participants. With fewer than {TINY} even the SD is known only to a factor of "
        f"{low:.2g} to {high:.2g}, and effects hardly at all."
    )
    return (remark,)
