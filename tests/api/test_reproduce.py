from __future__ import annotations

import pytest

import trialsim as ts


def test_reproducing_needs_a_published_study(study: ts.Study) -> None:
    with pytest.raises(ts.AnalysisError, match="TS-A010"):
        ts.reproduce(study, replicates=20)
    name = next(name for name in ts.shipped() if ts.load(name).published)
    found = ts.reproduce(name, replicates=50)
    assert len(found.frame()) == len(found.placements) > 0
