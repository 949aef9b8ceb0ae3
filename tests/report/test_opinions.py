"""The second opinion as the report and the command line tell it."""

from __future__ import annotations

import re

import pytest

from trialsim import study
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.prepared import Study
from trialsim.report.opinions import (
    SHARE,
    opinion_line,
    opinion_table,
    opinions_as_data,
    reasons_shown,
    second_opinions,
)
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios


def played(name: str, *changes: str, replicates: int = 200) -> tuple[Study, OperatingCharacteristics]:
    prepared = study.prepare(load(shipped_scenarios()[name].path, set=changes))
    return prepared, study.evaluate(prepared, replicates=replicates)


@pytest.fixture(scope="module")
def picu() -> tuple[Study, OperatingCharacteristics]:
    return played("picu-blood-draw")


def test_every_row_has_its_simulated_power_beside_it(picu: tuple[Study, OperatingCharacteristics]) -> None:
    prepared, result = picu
    found = second_opinions(prepared, result)
    assert [one.row for one in found] == list(prepared.analysis.rows)
    table = opinion_table(found)
    power = result.value("power", analysis="fear_during", contrast="music - control")
    known = power.value
    row = next(row for row in table if (row["analysis"], row["contrast"]) == ("fear_during", "music - control"))
    assert row["simulated"] == f"{100 * known:.1f} % ± {100 * power.mcse:.1f}"
    assert row["formula"] == "67.7 %"
    assert [row["primary"] for row in table].count("primary") == 1
    data = opinions_as_data(prepared, result)
    assert data[0]["n_by_arm"] == [33.0, 33.0, 33.0]
    assert data[1]["simulated"] == known


def test_reasons_are_told_once_with_where_they_hold(picu: tuple[Study, OperatingCharacteristics]) -> None:
    told = dict(reasons_shown(second_opinions(*picu)))
    left = next(
        reason for reason in told if reason.startswith("participants leave (transfer) before they are measured (")
    )
    assert re.search(r"\(\d\.\d to \d\.\d % of the values\): lower$", left)
    assert told[left] == "all"
    assert told["4 % of the values are lost: lower"] == "Cortisol on day 1"
    assert not any(reason.startswith("enrollment ends") for reason in told), "every trial reached its target"


def test_what_the_play_has_seen_is_told_with_its_number() -> None:
    late = second_opinions(
        *played("nicu-parent-massage", "setting.patients.arrive.every=40 d", "design.within=12 months")
    )
    reasons = late[0].opinion.reasons
    assert any("(as do 100.0 % of the trials)" in reason for reason in reasons)
    assert any("missed, with their values (" in reason and "% of the values)" in reason for reason in reasons)


def test_what_loses_most_is_told_first() -> None:
    prepared, result = played("massage-course", "outcomes.stress.missing.2.chance=25 %")
    main = next(one for one in second_opinions(prepared, result) if one.row.analysis == "end_all")
    shares = [float(found) for reason in main.opinion.reasons for found in SHARE.findall(reason)]
    assert main.opinion.reasons[0].startswith("values are missing (did not come, MNAR) (")
    assert main.opinion.reasons[0].endswith(": lower and biased")
    heavy = [share for share in shares if share >= 5]
    assert heavy == sorted(heavy, reverse=True)
    known = result.value("missing_share: did not come", analysis="trial", contrast="stress at end").value
    assert shares[0] == pytest.approx(100 * known, abs=0.05001)


def test_a_line_for_the_screen(picu: tuple[Study, OperatingCharacteristics]) -> None:
    line = opinion_line(*picu)
    assert line is not None
    assert line.startswith("The nearest closed form gives Fear during the needle (all arms) a power of 70.7 %")
    assert "Fan, Zhang and Zhang 2011" in line
    assert "What it ignores: " in line
    plain = opinion_line(*played("textbook-t-test"))
    assert plain is not None
    assert "What it ignores" not in plain
    assert opinion_line(*played("nicu-responders", "primary=those_who_fell")) is None


def test_only_what_chance_does_not_explain_lies_apart() -> None:
    """At 4,000 trials the t-test's own formula is within 2 errors for this seed, and one for half of the effect is not."""
    prepared, result = played("textbook-t-test", replicates=4000)
    assert not second_opinions(prepared, result)[0].apart
    half, _ = played("textbook-t-test", "outcomes.score.effects.treated.difference=0.25", replicates=100)
    assert second_opinions(half, result)[0].apart
