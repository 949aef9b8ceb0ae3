from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from tests.api.conftest import NAME


def test_a_sweep_by_a_dictionary_is_that_by_words(study: ts.Study, tmp_path: Path) -> None:
    words = ts.sweep(study, ["design.enroll=[40, 80]"], replicates=200, out=tmp_path / "sweep", figures=False)
    said = ts.sweep(NAME, {"design.enroll": [40, 80]}, replicates=200)
    assert said.frame()["value"].tolist() == words.frame()["value"].tolist()
    assert (tmp_path / "sweep" / "designs.csv").is_file()
    again = ts.sweep(study, ["design.enroll=[40, 80]"], replicates=200, out=tmp_path / "sweep", figures=False)
    assert again.found.computed == 0
    with pytest.raises(ts.RunError, match="TS-R005"):
        ts.sweep(study)
