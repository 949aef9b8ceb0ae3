from __future__ import annotations

from pathlib import Path

import trialsim as ts


def test_designs_in_memory_and_on_disk_compare_alike(study: ts.Study, copied: Path) -> None:
    larger = ts.change(study, {"design.enroll": {"each arm": 60}})
    memory = ts.compare([study, larger], replicates=200).frame()
    typed = ts.compare([copied], variants=["design.enroll={each arm: 60}"], replicates=200).frame()
    numbers = memory.select_dtypes("number")
    assert numbers.equals(typed.select_dtypes("number"))
