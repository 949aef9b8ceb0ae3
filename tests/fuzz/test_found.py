"""What mutated files have brought to light, each by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim import study as studies
from trialsim.errors import ScenarioError
from trialsim.report.explain import explain
from trialsim.scenario import loads
from trialsim.scenario.shipped import shipped_scenarios

PICU = shipped_scenarios()["picu-blood-draw"].path
SMALL = (
    "trialsim: 1\nname: small\ntitle: Small\ndesign: {arms: {a: x, b: y}, enroll: 20}\nvisits: {post: 1 d}\noutcomes:\n"
)
Y = "  y: {distribution: lognormal, visits: [post], level: %s, effects: {b: {ratio: 0.5}}}\n"
MAIN = "analyses: {main: {outcome: y, visit: post, test: t}}\nprimary: main\n"


@pytest.mark.parametrize(
    ("level", "code"),
    [
        ("{median: 1, sd_log: 40}", "TS-E023"),
        ("{median: 1e300, sd_log: 1}", "TS-E133"),
        ("{median: 1e-300, sd_log: 0.1}", "TS-E133"),
    ],
)
def test_levels_beyond_what_a_number_can_hold_are_refused(level: str, code: str) -> None:
    with pytest.raises(ScenarioError, match=code):
        loads(SMALL + Y % level + MAIN)


@pytest.mark.parametrize(
    "level", ["{median: 1, sd_log: 9}", "{median: 1e12, sd_log: 1}", "{median: 1e-12, sd_log: 0.1}"]
)
def test_the_largest_levels_are_explained(level: str) -> None:
    told = explain(studies.prepare(loads(SMALL + Y % level + MAIN)))
    assert told
    assert "inf" not in str(told).split()


def test_a_patience_of_many_lives_is_a_century() -> None:
    text = PICU.read_text(encoding="utf-8")
    assert text.count("give_up_after: 60 min") == 1
    scenario, long = (
        loads(text.replace("give_up_after: 60 min", f"give_up_after: {days} d")) for days in ("365000", "36525")
    )
    played = [studies.evaluate(one, replicates=20, workers=1) for one in (scenario, long)]
    assert [m.value for m in played[0].measures] == pytest.approx([m.value for m in played[1].measures], nan_ok=True)


def test_readings_rounded_to_zero_do_not_stop_the_search_for_observed_levels() -> None:
    coarse = Y.replace("lognormal", "lognormal, as: observed, instrument: {rounding: 1}") % "{median: 2, sd_log: 0.5}"
    assert studies.prepare(loads(SMALL + coarse + MAIN)).response.declared


@pytest.mark.parametrize("count", ["inf", "1e400", "nan"])
def test_a_count_without_end_is_no_count(count: str) -> None:
    with pytest.raises(ScenarioError, match="TS-E01"):
        loads((SMALL + Y % "{median: 1, sd_log: 1}" + MAIN).replace("enroll: 20", f"enroll: .{count}"))


def test_a_null_in_a_file_name(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="TS-E130"):
        loads('extends: "a\\0b.yaml"\n', folder=tmp_path)


def test_devices_are_not_read(tmp_path: Path) -> None:
    text = (
        SMALL.replace("visits:", "participants: {age: {empirical: {file: /dev/zero}}}\nvisits:")
        + Y % "{median: 1, sd_log: 1}"
        + MAIN
    )
    with pytest.raises(ScenarioError, match="TS-E019"):
        loads(text, folder=tmp_path)
