"""Files, figures and words of a comparison."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

from trialsim.compare import Comparison, compare, frames
from trialsim.errors import RunError
from trialsim.figures.style import ACCENT, TOO_OFTEN
from trialsim.report.compare import alone, answer, choice, headlines, named_lines, pictures, too_often, write_comparison
from trialsim.report.compare_lines import lines

NURSE = "setting.resources.nurse.units=1"


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(["picu-blood-draw"], variants=[NURSE, "design.enroll={each arm: 40}"], replicates=300)


def test_headlines_say_what_b_is(found: Comparison) -> None:
    told = headlines(found)
    assert told[0] == ("B = A with one nurse fewer (1 instead of 2 in setting.resources.nurse.units).", ())
    same = compare(["picu-blood-draw", "picu-blood-draw"], replicates=100)
    assert headlines(same)[0] == ("B = A: the two scenarios are equal.", ())
    assert answer(same)[0].startswith("The power of Fear during the needle (all arms) is the same in B as in A")


def test_the_answer_knows_chance_from_difference(found: Comparison) -> None:
    assert "percentage points higher in C" in answer(found)[1]
    little = compare(
        ["nicu-parent-massage"], variants=["setting.resources.therapist.other_work.share=49 %"], replicates=200
    )
    assert "undecided" in answer(little)[0]
    assert "more replicates should" in answer(little)[0]


def test_the_best_of_several_is_named_only_where_it_is_told_apart(found: Comparison) -> None:
    """40 in each arm find more than 33 beyond doubt; one nurse fewer is within chance of the baseline."""
    assert choice(found) == [
        "The power of Fear during the needle (all arms) is highest in C, clearly above each other design."
    ]
    near = compare(["picu-blood-draw"], variants=[NURSE, "setting.resources.nurse.units=3"], replicates=100)
    (said,) = choice(near)
    assert said.startswith(
        "In which design the power of Fear during the needle (all arms) is highest is undecided: A, B and C"
    )
    assert choice(compare(["textbook-t-test", "textbook-t-test"], replicates=100)) == [], "of two the answer says it"


def test_a_design_without_the_power_does_not_hide_the_others() -> None:
    mixed = compare(["textbook-t-test", "textbook-t-test", "many-arms"], replicates=100)
    assert answer(mixed)[0].startswith("The power of main (treated - control) is the same in B as in A")
    assert answer(mixed)[1] == "C has no power in common with A that could be compared."


def test_a_test_that_rejects_too_often_is_no_best_design() -> None:
    change = "analyses.all_mothers_log.subset={percent_change: {below: -10 %}}"
    made = compare(["nicu-parent-massage"], variants=[change, "design.enroll=30"], replicates=200)
    assert "cannot be compared: without effects, B rejects too often" in answer(made)[0]
    (said,) = choice(made)
    assert said.endswith("B is left out: the test rejects too often there.")
    assert "highest in B" not in said


def test_other_tests_that_reject_too_often_are_marked() -> None:
    """The analysis of those who fell is not primary: it is marked in figure, table and words."""
    made = compare(["nicu-parent-massage"], variants=["design.enroll=24"], replicates=200)
    powers = frames.power_frame(made)
    assert set(powers.loc[powers["too_often"], "row"]) == {"Only mothers who fell: post - pre"}
    (row,) = [one for one in lines(made, "B") if one.shown == "Only mothers who fell" and one.what == "power"]
    assert row.bad_a
    assert row.bad_b
    assert not any(one.bad_a or one.bad_b for one in lines(made, "B") if one.shown != "Only mothers who fell")
    (said,) = too_often(made)
    assert said.endswith("without effects: Only mothers who fell (post - pre) in A and B.")
    assert said in [line.text for line in named_lines(made) if line.bad]
    (drawn,) = [one for one in pictures(made) if one.name == "power"]
    texts = [(text.get_text(), text.get_color()) for text in drawn.figure.axes[0].texts]
    assert len(texts) == 2
    assert all(color == ACCENT and text.endswith("%") for text, color in texts)
    assert any(TOO_OFTEN in text.get_text().replace("\n", " ") for text in drawn.figure.findobj(Text))


def test_files(found: Comparison, tmp_path: Path) -> None:
    made = write_comparison(found, tmp_path / "out")
    names = {path.name for path in made}
    assert {
        "comparison.csv",
        "compare.html",
        "compare.json",
        "power.png",
        "power.svg",
        "accrual.png",
        "trial.png",
    } <= names
    table = pd.read_csv(tmp_path / "out" / "comparison.csv", keep_default_na=False, na_values=[""])
    assert list(table.columns) == [
        "scenario", "measure", "analysis", "contrast", "a", "b", "difference", "mcse", "mcse_unpaired", "saved",
        "conf_low", "conf_high", "n",
    ]  # fmt: skip
    assert len(table) == len(found.rows)
    page = (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert "one nurse fewer" in page
    assert page.count("<svg") == 5
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "").replace(
        "https://doi.org", ""
    ).replace("https://pubmed.ncbi", "")
    record = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))
    assert record["changes"]["B"] == list(found.changes["B"])
    first = (tmp_path / "out" / "comparison.csv").read_bytes()
    write_comparison(found, tmp_path / "out", figures=False)
    assert (tmp_path / "out" / "comparison.csv").read_bytes() == first, "the same comparison may be written again"


def test_a_folder_of_something_else_is_kept(found: Comparison, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="TS-R001"):
        write_comparison(found, tmp_path)
    other = compare(["textbook-t-test", "textbook-ancova"], replicates=100)
    write_comparison(other, tmp_path / "t", figures=False)
    with pytest.raises(RunError, match="TS-R002"):
        write_comparison(found, tmp_path / "t")


def test_frames_hold_what_the_rows_say(found: Comparison) -> None:
    powers, gaps = frames.power_frame(found), frames.difference_frame(found)
    assert set(powers["label"]) == {"A", "B", "C"}
    assert set(gaps["label"]) == {"B", "C"}
    row = found.value("power", analysis="fear_during", contrast="all arms", scenario="C")
    here = powers[powers["row"] == "Fear during the needle: all arms"].set_index("label")["value"]
    assert (here["A"], here["C"]) == (row.a, row.b)
    assert powers["row"].nunique() <= frames.MOST_ROWS
    accrual = frames.accrual_frame(found)
    assert set(accrual["target"]) == {99, 120}
    assert (accrual["q05"] <= accrual["q50"]).all()
    spreads = frames.spread_frame(found)
    assert {"Duration", "Staff: nurse"} <= set(spreads["panel"])


def test_figures_draw_every_design(found: Comparison) -> None:
    drawn = {picture.name: picture.figure for picture in pictures(found)}
    assert set(drawn) == {"power", "estimates", "trial", "shares", "accrual"}
    left, right = drawn["power"].axes
    rows = frames.power_frame(found)["row"].nunique()
    assert [text.get_text() for text in left.get_yticklabels()] == list(dict.fromkeys(frames.power_frame(found)["row"]))
    dots = [line for line in left.lines if line.get_marker() == "o"]
    assert len(dots) == 3 * rows
    assert len([line for line in right.lines if line.get_marker() == "o"]) == 2 * rows
    names = [text.get_text() for text in drawn["power"].legends[0].get_texts()]
    assert [name[:2] for name in names] == ["A:", "B:", "C:"]


def test_without_a_ward_only_what_there_is_is_drawn() -> None:
    plain = compare(["textbook-t-test"], variants=["outcomes.score.effects.treated.difference=0.55"], replicates=200)
    assert [picture.name for picture in pictures(plain)] == ["power", "estimates"]


def test_lines_mark_what_lies_beyond_chance(found: Comparison) -> None:
    shown = {(line.what, line.of): line for line in lines(found, "B")}
    assert shown["Sessions missed", "hold nurse"].clear
    assert not shown["null twin rejects", "Fear during the needle: music - control"].clear
    assert len(lines(found, "B", first=True)) < len(shown)


def test_what_only_one_has_is_named_as_people_call_it() -> None:
    """Analyses by their labels, measures of the trial in words; scripts get the names."""
    found = compare(["nicu-parent-massage", "textbook-t-test"], replicates=20)
    (of_a, _) = alone(found)
    assert "All mothers, on logs (post - pre)" in of_a
    assert "all_mothers" not in of_a
    assert "all_mothers_log (post - pre)" in {row.name for row in found.alone}
    assert "missed_share hold therapist" in {row.name for row in found.alone}


def test_what_only_one_has_is_named() -> None:
    many = compare(["many-arms", "textbook-t-test"], replicates=100)
    told = alone(many)
    assert told[0].startswith("Only in A, so not compared: dunnett (all arms)")
    assert any(line.startswith("Only in B") and "main (treated - control)" in line for line in told)
    assert answer(many) == ["B has no power in common with A that could be compared."]
