"""Whatever a file of up to 1 MB holds, it is checked within five seconds of computing time, and the answer is short."""

from __future__ import annotations

import time

import pytest

from tests.fuzz.large import FILES, study, ward
from trialsim.errors import ScenarioError
from trialsim.prepared import warnings_of
from trialsim.scenario import loads, render_faults
from trialsim.scenario.text import MOST_FAULTS

#: Computing time, so that a busy machine does not matter [s]; most files take well under one.
SLOWEST = 5.0


def checked(text: str) -> list[str]:
    """The codes of the faults of a text, none for a sound one; never anything else."""
    try:
        warnings_of(loads(text))
    except ScenarioError as error:
        assert len(error.faults) <= 2 * MOST_FAULTS
        assert len(render_faults(error)) < 500_000
        return [fault.code for fault in error.faults]
    return []


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    checked(study())
    checked(ward("  - wait: {for: 5 min}\n"))


@pytest.mark.parametrize("name", FILES)
def test_a_large_file_is_checked_in_time(name: str) -> None:
    text = FILES[name]()
    began = time.process_time()
    checked(text)
    assert time.process_time() - began < SLOWEST


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (study(outcomes=1_000, visits=1), []),
        (study(outcomes=1_001, visits=1), ["TS-E134"]),
        (study(visits=1_001), ["TS-E134"]),
        (study(outcomes=11, visits=91), ["TS-E134"]),
        (study(analyses=1_000), []),
        (study(analyses=1_001), ["TS-E134"]),
        (study(arms=45, then="test: anova, then: {pairs: t}"), []),  # 1 + 45 x 44 / 2 = 991 rows
        (study(arms=46, then="test: anova, then: {pairs: t}"), ["TS-E134"]),  # 1,036 rows
        (study(arms=46, then="test: anova, then: {pairs: t, against: a0}"), []),  # 46 rows
    ],
)
def test_the_limits_are_where_they_are_said_to_be(text: str, codes: list[str]) -> None:
    assert checked(text) == codes


def test_repeats_count_as_often_as_they_are_measured() -> None:
    steps = "  - repeat: day\n    times: {times}\n    steps:\n      - visit: v\n      - wait: {for: 1 d}\n"
    assert checked(ward(steps.replace("{times}", "99"), visits="v, last")) == []
    many = ward(steps.replace("{times}", "200"), visits="v, last")
    outcomes = many.replace(
        "analyses:",
        "".join(f"  p{i}: {{distribution: normal, visits: [v], level: {{mean: 5, sd: 1}}}}\n" for i in range(4))
        + "analyses:",
    )
    assert checked(outcomes) == ["TS-E134"]  # 5 x 200 + 1
