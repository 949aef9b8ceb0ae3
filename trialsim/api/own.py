"""What went wrong first in the user's own functions, in words, and the command that shows it again."""

from __future__ import annotations

from pathlib import Path

from trialsim import study as studies
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import BAD_RESULT, RAISED, STATUS_TEXT
from trialsim.engine import Engine
from trialsim.prepared import Study

FAILED = [STATUS_TEXT[RAISED], STATUS_TEXT[BAD_RESULT]]


def own_failure(study: Study, call: PlannedAnalysis, estimates: Path, *, engine: Engine, source: str) -> str:
    """How often a function failed, why first, and the command that replays it; empty where it did not.

    A trial that was read from a store is simulated again to know why.

    Parameters
    ----------
    estimates : the table of all trials
    source : the scenario as it is typed
    """
    import pandas as pd

    own = call.own
    assert own is not None  # only those are asked
    table = pd.read_parquet(estimates, columns=["replicate", "analysis", "status"])
    failed = table[(table["analysis"] == call.name) & table["status"].isin(FAILED)]["replicate"]
    if failed.empty:
        return ""
    number = int(failed.min())
    if own.failures.first is None or own.failures.first[0] != number:
        studies.replay(study, number, seed=study.scenario.simulation.seed, engine=engine)
    first = own.failures.first
    why = "it failed" if first is None or first[0] != number else first[2]
    shown, trials = (
        study.analysis.rows[call.first_row].shown,
        f"{failed.nunique():,} of {table['replicate'].nunique():,}",
    )
    return (
        f"{shown} ({own.called}) failed in {trials} trials, first in replicate {number}: {why}. "
        f"To see it: trialsim replay {source} --replicate {number} --allow-code"
    )
