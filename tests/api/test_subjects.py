"""Everything that a public function takes gives the same scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from tests.api.conftest import NAME
from trialsim.api.subjects import changed, scenario_file, scenario_of, study_of
from trialsim.scenario.identity import scenario_hash


def test_all_subjects_are_one_scenario(copied: Path, study: ts.Study) -> None:
    text = copied.read_text(encoding="utf-8")
    hashes = {scenario_hash(scenario_of(one)) for one in (copied, str(copied), NAME, text, study, study.scenario)}
    assert len(hashes) == 1


def test_a_change_is_that_of_the_command_line(copied: Path, study: ts.Study) -> None:
    asked = scenario_of(copied, set=["design.enroll=80", "simulation.seed=7"])
    for subject in (copied, study, study.scenario):
        assert scenario_hash(changed(subject, {"design.enroll": 80, "simulation.seed": 7})) == scenario_hash(asked)
    assert scenario_hash(asked) != scenario_hash(study.scenario)


def test_a_study_is_not_prepared_twice(study: ts.Study) -> None:
    assert study_of(study) is study
    assert study_of(study, replicates=50).scenario.simulation.replicates == 50


def test_a_file_goes_before_a_shipped_scenario(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copied.parent)
    copied.rename(copied.with_name(NAME))
    assert scenario_file(NAME) == Path(NAME)


@pytest.mark.parametrize("name", ["textbook-t-tost", "", "x" * 5000, "a\0b"])
def test_what_is_no_subject_is_refused_in_words(name: str) -> None:
    with pytest.raises(ts.RunError) as refused:
        scenario_file(name)
    assert refused.value.code == "TS-R010"
    if name == "textbook-t-tost":
        assert refused.value.remedy == "Did you mean 'textbook-t-test'?"
