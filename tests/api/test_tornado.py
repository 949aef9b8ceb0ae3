from __future__ import annotations

import pytest

import trialsim as ts


def test_a_tornado_needs_ranges(study: ts.Study) -> None:
    with pytest.raises(ts.RunError, match="TS-R022"):
        ts.tornado(study, replicates=20)
    found = ts.tornado("sweep-staffing", replicates=20)
    assert set(found.frame()["measure"]) >= {"power"}
    assert ts.plots.names(found) == ["tornado"]
