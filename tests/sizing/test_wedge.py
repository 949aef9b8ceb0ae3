"""Sizes of stepped wedges, and their power by formula."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from trialsim.prepared import Study, prepare
from trialsim.report.explain import explain
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.sizing import by_participants_of_clusters
from trialsim.sizing.closed_form import second_opinion
from trialsim.sizing.search import range_of
from trialsim.sizing.sizes import at_size, sizes_of
from trialsim.sizing.target import SizingError

SCENARIOS = Path(__file__).parents[2] / "scenarios"
LESSON = SCENARIOS / "lessons" / "twelve-sites-in-steps.yaml"
SHIPPED = SCENARIOS / "nicu-stepped-wedge.yaml"


def study(**changes: object) -> Study:
    return prepare(change(load(LESSON), {key.replace("__", "."): value for key, value in changes.items()}))


@pytest.mark.parametrize(
    ("cac", "power", "source"), [(1.0, 0.7592, "Hussey and Hughes 2007"), (0.8, 0.7536, "Hooper et al. 2016")]
)
def test_the_formula_gives_the_published_powers(cac: float, power: float, source: str) -> None:
    one = study(outcomes__score__cac=cac)
    found = second_opinion(one, one.analysis.rows[0])
    assert found is not None
    assert (round(found.power, 4), found.source) == (power, source)
    assert found.reasons == (
        "the formula takes the variances within and between sites as known, and a trial must estimate them: lower",
    )


def test_a_model_that_leaves_out_how_sites_change_has_no_formula() -> None:
    by_name = {row.analysis: row for row in study().analysis.rows}
    assert second_opinion(study(), by_name["sites only"]) is None
    steady = study(outcomes__score__cac=1)
    assert second_opinion(steady, by_name["sites only"]) is not None


def test_sizes_that_differ_and_a_transition_cost_power() -> None:
    def power(one: Study) -> float:
        found = second_opinion(one, one.analysis.rows[0])
        assert found is not None
        return found.power

    plain = power(study())
    assert power(study(design__clusters__size_cv=0.6)) < plain - 0.01
    assert power(study(design__stepped_wedge__transition="6 weeks")) < plain


def test_the_formula_of_a_lognormal_outcome_is_that_of_its_logarithm() -> None:
    shipped = prepare(load(SHIPPED))
    found = second_opinion(shipped, shipped.analysis.rows[0])
    assert found is not None
    assert 0.7 < found.power < 0.95
    raw = {"outcome": "cortisol", "visit": "day 14", "test": "wedge-mixed"}
    plain = prepare(change(load(SHIPPED), {"analyses.wedge": raw}))
    assert second_opinion(plain, plain.analysis.rows[0]) is None


def test_without_a_ward_more_sites_go_over_at_each_step() -> None:
    one = study()
    sizes = sizes_of(one)
    assert (sizes.step, sizes.least, sizes.of_arms(420)) == (6 * 35, 6 * 35, ())
    larger = at_size(one, 630)
    assert larger.conduct.wedge is not None
    assert (len(larger.conduct.sites), larger.conduct.wedge.sites_per_step) == (18, 3)
    assert larger.conduct.wedge.ends == one.conduct.wedge.ends  # type: ignore[union-attr]  # a stepped wedge


def test_on_a_ward_there_are_more_steps() -> None:
    one = prepare(load(SHIPPED))
    sizes = sizes_of(one)
    assert (sizes.step, sizes.least) == (2 * 34, 4 * 34)
    larger = at_size(one, 5 * 68)
    assert larger.conduct.wedge is not None
    assert (len(larger.conduct.sites), larger.conduct.wedge.sites_per_step, larger.conduct.wedge.periods) == (10, 2, 6)


def test_per_cluster_keeps_the_sites() -> None:
    one = by_participants_of_clusters(study())
    sizes = sizes_of(one)
    assert (sizes.step, sizes.least) == (12, 84)
    assert range_of(sizes, (10, 500)) == (84, 492)
    larger = at_size(one, 600)
    assert (len(larger.conduct.sites), larger.conduct.target) == (12, 600)
    wards = by_participants_of_clusters(prepare(load(SCENARIOS / "ward-cluster.yaml")))
    assert at_size(wards, 120).conduct.target == 120
    assert len(at_size(wards, 120).conduct.sites) == 12
    with pytest.raises(SizingError, match="whole clusters are not randomized"):
        by_participants_of_clusters(prepare(load(SCENARIOS / "nicu-twins.yaml")))


def test_size_finds_the_participants_of_each_site() -> None:
    found = ts.find_size(LESSON, power=0.6, replicates=200, confirm=0, per_cluster=True, seed=3)
    assert found.at is not None
    assert found.at % 12 == 0
    assert f"{found.at:.0f} participants in 12 clusters of {found.at / 12:.0f} give" in " ".join(found.lines())
    assert any("a smaller trial is not the beginning of a larger one" in note for note in found.found.notes)


def test_explain_shows_what_the_design_costs() -> None:
    text = " ".join(line for section in explain(study()) for line in section.lines)
    assert "those of different periods 4 %" in text
    assert "the design effect is 2.4" in text  # 4 x .15119^-2 / 420 the other way round
