"""Ratios at equal covariates beside those of everyone: both by name, in `explain`, in its first lines, and on the page."""

from __future__ import annotations

import math

import pytest

import trialsim as ts
from trialsim.compare.choices import choice_of, only
from trialsim.report.explain import explain
from trialsim.report.gist import explain_lines
from trialsim.report.ratios import WHY, RatioPair, has_pairs, ratio_pairs
from trialsim.report.truth import has_two_ratios, truth_rows
from trialsim.truth import find_truth

EQUAL = "at equal age and fear before"


@pytest.fixture(scope="module")
def fear() -> ts.Study:
    return only(ts.prepare("fear-scores"), ["all children", EQUAL, "by ranks"])


@pytest.fixture(scope="module")
def pairs(fear: ts.Study) -> dict[str, RatioPair]:
    return {one.row.analysis: one for one in ratio_pairs(fear, trials=40)}


def test_the_marginal_ratio_is_that_of_the_analysis_without_covariates(
    fear: ts.Study, pairs: dict[str, RatioPair]
) -> None:
    """To the last digit: the same people, once in either arm, in the same model without what it adjusts for."""
    assert list(pairs) == [EQUAL], "an analysis that does not adjust has one ratio"
    truth = find_truth(fear, replicates=40)
    rows = {row.analysis: index for index, row in enumerate(fear.analysis.rows)}
    assert (pairs[EQUAL].marginal, pairs[EQUAL].marginal_error) == truth.declared(rows["all children"])
    assert (pairs[EQUAL].conditional, pairs[EQUAL].conditional_error) == truth.declared(rows[EQUAL])


def test_the_conditional_ratio_is_farther_from_one(pairs: dict[str, RatioPair]) -> None:
    one = pairs[EQUAL]
    assert one.conditional + 5 * one.conditional_error < one.marginal - 5 * one.marginal_error < 0


def test_of_yes_and_no_the_marginal_ratio_is_the_odds_ratio_of_everyone() -> None:
    study = only(ts.prepare("ratios-at-equal-age"), ["all patients", "at equal age"])
    (one,) = ratio_pairs(study, trials=40)
    truth = find_truth(study, replicates=40)
    assert (one.marginal, one.marginal_error) == truth.declared(0)
    assert one.given == "given age and fell before"
    assert one.conditional < one.marginal < 0


def test_only_an_analysis_that_adjusts_has_two_ratios_and_each_is_named() -> None:
    """Averaged over wards the ratio is that of everyone; at equal age it is farther from 1."""
    study = only(ts.prepare("sleep-through-on-wards"), ["by ward", "by ward, without age", "six hours", "patients"])
    found = {one.row.analysis: one for one in ratio_pairs(study, trials=40)}
    assert list(found) == ["by ward", "patients"]
    assert "population-averaged odds ratio given age (conditional) 2." in found["by ward"].words
    assert found["by ward"].conditional > found["by ward"].marginal > 0
    truth = find_truth(study, replicates=40)
    assert truth.declared(1)[0] == pytest.approx(found["by ward"].marginal, rel=1e-9)
    assert found["by ward"].conditional == pytest.approx(found["patients"].conditional, rel=1e-9)
    ward, alone, hours, patients = (choice_of(study, row).target for row in range(4))
    assert ward == patients, "one number, so their powers are compared"
    assert len({ward, alone, hours}) == 3


def test_both_are_named_with_their_errors(pairs: dict[str, RatioPair]) -> None:
    one = pairs[EQUAL]
    assert one.words.startswith(
        f"{EQUAL}: music - control: odds ratio of a higher score given baseline and age (conditional) 0.3"
    )
    assert "; of everyone (marginal) 0.4" in one.words
    name, ratio, conditional, marginal = one.cells
    assert (name, ratio) == (f"{EQUAL}: music - control", "odds ratio of a higher score given baseline and age")
    assert conditional.startswith(f"{math.exp(one.conditional):.4f}")
    assert marginal.startswith(f"{math.exp(one.marginal):.3f}")
    assert "±" in conditional


def test_explain_says_why_they_differ(fear: ts.Study) -> None:
    (section,) = [one for one in explain(fear) if one.title.startswith("Ratios at equal")]
    assert section.lines[0] == WHY
    assert "noncollapsibility" in WHY
    assert [row[0] for row in section.rows] == [f"{EQUAL}: music - control"]
    assert not [one for one in explain(fear, ratios=False) if one.title.startswith("Ratios at equal")]
    (line,) = [one for one in explain_lines(fear, name="fear-scores") if one.name == "Ratios"]
    assert line.text.endswith("Why they differ: --all.")


def test_other_studies_have_no_such_section() -> None:
    study = ts.prepare("textbook-ancova")
    assert not has_pairs(study)
    assert ratio_pairs(study) == ()
    assert "Ratios" not in {one.name for one in explain_lines(study, name="x")}


def test_the_page_names_both(fear: ts.Study) -> None:
    result = ts.evaluate(fear, replicates=40, truth=True).characteristics
    assert has_two_ratios(result)
    cells = {str(row["analysis"]): row["truth"] for row in truth_rows(result, (EQUAL,))}
    below = cells[EQUAL].below  # type: ignore[attr-defined]
    assert "odds ratio of a higher score 0.3" in below
    assert " (conditional); of everyone -0.8" in below
    assert below.endswith("(marginal)")
    assert "marginal" not in cells["all children"].below  # type: ignore[attr-defined]
