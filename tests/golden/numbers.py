"""A few numbers of every shipped scenario, kept in ``contract.json``: what the version of the store stands for.

``python -m tests.golden.numbers`` writes them anew. It refuses to while a scenario that did not change has other numbers and
:data:`trialsim.runs.store.CONTRACT` is what it was: stored chunks would then be mixed with new ones.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from trialsim import study as studies
from trialsim.runs.store import CONTRACT
from trialsim.scenario import load
from trialsim.scenario.identity import scenario_hash

KEPT = Path(__file__).with_name("contract.json")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
REPLICATES = range(95, 125)

#: Other platforms may differ in the last digits of `exp` and `log`.
TOLERANCE = 1e-7


def scenario_files() -> dict[str, Path]:
    """Every shipped scenario."""
    return {path.stem: path for path in sorted(SCENARIOS.rglob("*.yaml"))}


def numbers_of(path: Path) -> dict[str, Any]:
    """The hash of a scenario, and means over a few replicates of everything that a chunk holds."""
    study = studies.prepare(load(path))
    played = studies.play(study, REPLICATES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column of nothing but absent numbers
        parts = [np.nanmean(getattr(played.estimates, name), axis=1).ravel() for name in ("estimate", "se", "p", "n")]
        parts += [np.nanmean(played.trial, axis=0), [np.nanmean(played.entry_days)]]
        if played.looks is not None:
            parts += [np.nanmean(played.looks.p, axis=1).ravel(), np.nanmean(played.looks.known, axis=0)]
            parts += [np.nanmean(played.looks.closed, axis=0).ravel()]
    told = [None if np.isnan(one) else float(f"{one:.12g}") for one in np.concatenate(parts)]
    return {"hash": scenario_hash(study.scenario), "numbers": told}


def moved(kept: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether the same scenario gives other numbers."""
    if kept["hash"] != now["hash"]:
        return False
    old, new = (np.array(one["numbers"], dtype=float) for one in (kept, now))
    return old.shape != new.shape or not np.allclose(old, new, rtol=TOLERANCE, atol=1e-12, equal_nan=True)


def main() -> int:
    """Write the numbers anew."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {"contract": 0, "scenarios": {}}
    now = {name: numbers_of(path) for name, path in scenario_files().items()}
    guilty = [name for name, one in now.items() if name in kept["scenarios"] and moved(kept["scenarios"][name], one)]
    if guilty and kept["contract"] == CONTRACT:
        sys.stderr.write(f"The numbers of {', '.join(guilty)} moved: raise CONTRACT in trialsim/runs/store.py first.\n")
        return 1
    lines = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in now.items()]
    text = f'{{"contract": {CONTRACT}, "scenarios": {{\n' + ",\n".join(lines) + "\n}}\n"
    KEPT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
