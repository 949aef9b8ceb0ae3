"""What a run will take: each term of time, memory and disk."""

from __future__ import annotations

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis.estimates import NUMBERS
from trialsim.runs import effort as efforts
from trialsim.runs.effort import Effort, effort, size, span, volume


def one_replicate(study: studies.Study) -> int:
    """Bytes of one replicate in a chunk, from the arrays themselves."""
    played = studies.play(study, range(100))
    arrays = [getattr(played.estimates, name) for name in NUMBERS]
    arrays += [
        played.estimates.n.astype(np.int32),
        played.estimates.status,
        played.trial,
        played.entry_days,
        played.waits,
    ]
    return sum(one.nbytes for one in arrays) // 100


def test_disk_memory_and_time(picu: studies.Study, monkeypatch: pytest.MonkeyPatch) -> None:
    bytes_each = one_replicate(picu)  # compiles what is not compiled yet, which asks for the time as well
    clock = iter([10.0, 12.0])
    monkeypatch.setattr(efforts.time, "perf_counter", lambda: next(clock))
    told = effort(picu, 5000, workers=4)
    assert told.seconds == pytest.approx(2.0 / 100 * 5000 / 4)
    assert told.disk == 5000 * bytes_each
    working = max(efforts.BUDGET, efforts.trial_bytes(picu), efforts.truth_bytes(picu))
    assert told.memory == efforts.BASE + 4 * working + 6 * 500 * bytes_each * 4
    assert told.workers == 4
    assert (
        told.size == size(picu, 5000) == 5000 * picu.conduct.target * len(picu.scenario.visits or picu.response.pairs)
    )


def test_words() -> None:
    assert (
        Effort(1, 1, 40.0, 2 * 10**9, 3 * 10**5).words()
        == "about 40 s on 1 worker, 2.0 GB of memory and 300 kB on disk"
    )
    assert [span(x) for x in (99.4, 100, 3 * 3600 - 1, 3 * 3600, 2 * 86400 - 1, 2 * 86400)] == [
        "99 s", "2 min", "180 min", "3.0 hours", "48.0 hours", "2.0 days",
    ]  # fmt: skip
    assert [volume(x) for x in (1, 999_999, 1e6, 9.94e6, 1e7, 1e9, 5e12)] == [
        "1 kB", "1000 kB", "1.0 MB", "9.9 MB", "10 MB", "1.0 GB", "5.0 TB",
    ]  # fmt: skip
