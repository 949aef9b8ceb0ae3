"""Memory does not depend on how many replicates are asked for, and hardly on how large the trial is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trialsim import memory
from trialsim import study as studies
from trialsim.assurance.play import count
from trialsim.compare.play import play_sides
from trialsim.compare.sides import read_sides
from trialsim.scenario import load
from trialsim.sizing import batch
from trialsim.sizing.target import target_of
from trialsim.truth import find_truth

SCENARIOS = Path(__file__).parents[1] / "scenarios"
PICU = SCENARIOS / "picu-blood-draw.yaml"
SMALL = ("design.enroll={each arm: 5}",)

#: Peak memory of a process that plays trials of 9,999 participants, one replicate at a time [MiB]. Measured: 219 with one
#: worker and 263 with two; of these 198 are the program itself. A block of 100 such trials held at once takes 1,200.
MOST = {1: 300, 2: 340}

CODE = """
import sys
from trialsim import study as studies
from trialsim.scenario import load
from trialsim.truth import find_truth
study = studies.prepare(load(sys.argv[1], set=["design.enroll={each arm: 3333}"]))
workers = int(sys.argv[2])
truth = find_truth(study, replicates=3 * workers, workers=workers, chunk=3)
studies.evaluate(study, replicates=range(70, 70 + 30 * workers), workers=workers, truth=truth)
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of one process alone")
@pytest.mark.parametrize("workers", [1, 2])
def test_ten_thousand_participants(workers: int) -> None:
    """Thirty such trials at once would take 300 MiB beside the program and fail this.

    ``getrusage`` would tell the peak of the process that started this one where that is larger.
    """
    studies.evaluate(
        load(PICU, set=SMALL), replicates=1, truth=find_truth(load(PICU, set=SMALL), replicates=1)
    )  # compiled
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(PICU), str(workers)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < MOST[workers]


def test_no_digit_depends_on_how_many_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    study = studies.prepare(load(PICU, set=SMALL))
    which = range(190, 310)  # begins and ends inside blocks
    found = []
    for budget in (2**26, 1, 7 * memory.trial_bytes(study)):
        monkeypatch.setattr(memory, "BUDGET", budget)
        truth = find_truth(study, replicates=which, workers=1)
        result = studies.evaluate(study, replicates=which, workers=1, truth=truth)
        found.append(
            (repr(result.measures), truth.value.tobytes(), truth.mcse.tobytes(), result.kept.estimate.tobytes())
        )
    assert found[0] == found[1] == found[2]


def held(monkeypatch: pytest.MonkeyPatch, *modules: object) -> list[int]:
    """How many replicates each call of ``simulate`` is given while the budget holds three trials."""
    seen: list[int] = []

    def counting(scenario, replicates, **told):  # type: ignore[no-untyped-def]
        seen.append(len(replicates))
        return studies_simulate(scenario, replicates, **told)

    studies_simulate = studies.simulate
    for module in modules:
        monkeypatch.setattr(module, "simulate", counting)
    return seen


def test_everything_that_plays_keeps_to_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies, comparisons, sizes and assurances: none holds more trials than the budget asks."""
    from trialsim.assurance import play as assurance

    study = studies.prepare(load(PICU, set=SMALL))
    monkeypatch.setattr(memory, "BUDGET", 3 * memory.trial_bytes(study))
    seen = held(monkeypatch, studies, batch, assurance)
    studies.evaluate(study, replicates=10, workers=1)
    assert max(seen) == 3
    seen.clear()
    sides = read_sides([PICU], variants=["outcomes.pain.lost=5%"], set=SMALL)
    play_sides(sides, range(10), seed=1, workers=1)
    assert 1 <= max(seen) <= 3
    primary, one = study.scenario.primary, memory.trial_bytes(study, twins=1)
    monkeypatch.setattr(memory, "BUDGET", 3 * one)
    target = target_of(study, primary, need="any")
    for plays in (
        lambda: batch.play_sizes(study, target, [15], replicates=range(10), seed=1, workers=1),
        lambda: batch.play_effects(study, target, [1.0], replicates=range(10), seed=1, workers=1),
        lambda: count(study, primary, "any", range(10), seed=1),
    ):
        seen.clear()
        plays()
        assert max(seen) == 3


def test_days_of_enrollment_are_kept_as_far_as_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    study = studies.prepare(load(PICU, set=SMALL))
    whole = studies.evaluate(study, replicates=250, workers=1, chunk=100).kept
    monkeypatch.setattr(memory, "MOST_DAYS", 130 * 15)
    kept = studies.evaluate(study, replicates=250, workers=1, chunk=100).kept
    assert kept.estimate.shape == whole.estimate.shape
    assert np.array_equal(kept.entry_days, whole.entry_days[:130], equal_nan=True)
    assert memory.most_with_days(10**9) == 1


def test_an_estimate_is_not_below_what_a_trial_takes() -> None:
    """The budget is of use only if a trial takes no more than is thought; measured by tracemalloc, where numpy tells."""
    import tracemalloc

    for path in sorted(SCENARIOS.glob("*.yaml")):
        study = studies.prepare(load(path))
        studies.play(study, range(1))
        peaks = []
        for replicates in (range(1), range(101)):
            tracemalloc.start()
            studies.play(study, replicates)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert (peaks[1] - peaks[0]) / 100 < 1.1 * memory.trial_bytes(study), path.name
