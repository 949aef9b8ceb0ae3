"""What each column is taken for: the usual spellings, what is asked, and what never happens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trialsim.pilot import FitError, Pilot, fit_pilot, ready

Read = Callable[..., Pilot]


def roles(pilot: Pilot) -> dict[str, str]:
    return {column.name: column.role for column in pilot.columns}


def codes(pilot: Pilot) -> list[str]:
    return [one.code for one in pilot.questions]


def test_numbers_of_people_ages_and_rows_are_no_outcomes(plan: Read) -> None:
    for file, person in (("wide_age_id.csv", "id"), ("patient_no.csv", "Patient No")):
        pilot = plan(file)
        assert roles(pilot)[person] == "participant"
        assert {name for name, role in roles(pilot).items() if role == "covariate"} in ({"age", "sex"}, {"Age", "Sex"})
        assert codes(pilot) == ["TS-P020"], "pain from 0 to 9 is a scale of 0 to 10, or of 0 to 9"
        done = plan(file, scales=[f"{'pain' if person == 'id' else 'Pain'}=0..10"])
        assert [name.lower() for name in done.outcomes] == ["cortisol", "pain"]
    rows = "interview,minutes\n" + "".join(f"{i},{20 + i % 7}\n" for i in range(1, 30))
    pilot = plan(rows)
    assert roles(pilot) == {"interview": "ignored", "minutes": "outcome"}
    assert codes(pilot) == ["TS-P023"], "nothing is compared with 0 unasked"


def test_arms_are_never_sex_place_or_day(plan: Read) -> None:
    pilot = plan("min_sex.csv")
    assert roles(pilot)["sex"] == "covariate"
    assert roles(pilot)["treat"] == "arm"
    assert pilot.arms == ("arm 0", "arm 1"), "0 is the reference"
    one = plan("min_onegroup_sex.csv")
    assert one.arms == ("pilot",)
    assert any("all participants are one group" in note for note in one.notes)
    for word, values in (("gender", "fm"), ("site", "AB"), ("Station", "AB"), ("Geschlecht", "mw")):
        text = f"id,{word},x_pre,x_post\n" + "".join(f"{i},{values[i % 2]},{i}.5,{i + 2}.1\n" for i in range(12))
        assert plan(text).arms == ("pilot",), word
    days = "id,when asked,x_pre,x_post\n" + "".join(f"{i},2025-01-0{i % 2 + 1},{i}.5,{i}.1\n" for i in range(12))
    assert plan(days).arms == ("pilot",)


def test_arms_by_other_names_are_found_and_unknown_ones_asked_for(plan: Read) -> None:
    assert plan("min_treat_numeric.csv").arms == ("arm 0", "arm 1")
    for name in ("Randomised to", "study_arm", "rx", "Treatment Group", "Gruppe"):
        text = f"id,{name},x_pre,x_post\n" + "".join(f"{i},{'ab'[i % 2]},{i}.5,{i}.1\n" for i in range(12))
        assert plan(text).arms == ("a", "b"), name
    tooth = "len,supp,dose\n" + "".join(f"{10 + i * 0.7:.1f},{'VO'[i % 2]},{0.5 * (1 + i % 2)}\n" for i in range(20))
    pilot = plan(tooth)
    assert codes(pilot) == ["TS-P019", "TS-P019"]
    assert "--arm supp or --arm dose, or --arm none" in pilot.questions[0].answer
    assert plan(tooth, arm="supp", outcomes=["len"]).arms == ("V", "O")
    two = "id,group,arm,x_pre,x_post\n" + "".join(
        f"{i},{'ab'[i % 2]},{'cd'[i % 3 > 1]},{i}.5,{i}.1\n" for i in range(12)
    )
    assert codes(plan(two)) == ["TS-P019"], "two columns that disagree"


def test_spellings_of_one_arm_are_one_arm(plan: Read) -> None:
    text = "id,arm,x_pre,x_post\n1,Control,1.5,2\n2,control ,2.5,3\n3,Massage,4.1,3\n4,CONTROL,1.1,2\n5,massage,3.3,1\n"
    assert plan(text).arms == ("Control", "Massage")
    assert plan(text).arm.tolist() == [0, 0, 1, 0, 1]


def test_a_person_in_several_rows_is_one_person(plan: Read) -> None:
    pilot = plan("min_repeat.csv")
    assert codes(pilot) == ["TS-P018"]
    assert pilot.questions[0].answer == "--visit sample"
    with pytest.raises(FitError, match=r"TS-P018.*has 6 rows.*--visit sample"):
        ready(pilot)
    done = plan("min_repeat.csv", visit="sample", baseline="none")
    assert len(done.arm) == 10
    assert done.outcomes["cortisol"].values.shape == (10, 6)
    redcap = plan("min_redcap.csv", scales=["fear=0..4", "pain=0..10"])
    assert len(redcap.arm) == 24
    assert redcap.outcomes["fear"].visits == ("baseline", "after", "day 1")
    twice = "id,arm,x\n1,a,2.5\n1,a,2.7\n2,b,2.9\n2,b,2.5\n"
    assert "participant has" not in plan(twice).questions[0].message
    assert "No column distinguishes the rows" in plan(twice).questions[0].message


def test_redcap_repeats_and_an_arm_that_is_said_once(plan: Read) -> None:
    rows = [
        "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,group,cortisol,intake_complete"
    ]
    for i in range(1, 9):
        rows += [f"{i},baseline_arm_1,,,{'ab'[i % 2]},{5 + i}.25,2"]
        rows += [f"{i},ward_arm_1,sampling,{k},,{6 + i}.{k}," for k in (1, 2)]
    pilot = plan("\n".join(rows) + "\n")
    assert pilot.outcomes["cortisol"].visits == ("baseline", "ward 1", "ward 2")
    assert np.bincount(pilot.arm).tolist() == [4, 4]
    assert pilot.outcomes["cortisol"].values[0].tolist() == [6.25, 7.1, 7.2]
    arms = "\n".join(row.replace("ward_arm_1", "ward_arm_2") for row in rows if "baseline" not in row) + "\n"
    assert "arm" not in roles(plan(arms.replace("group,", "word,"))).values()


def test_ids_in_two_columns_are_found(plan: Read) -> None:
    rows = [f"{site},{i},{'ab'[i % 2]},{i}.5,{i + 1}.25" for site in "XY" for i in range(1, 7)]
    pilot = plan("center,patient,arm,pain_pre,pain_post\n" + "\n".join(rows) + "\n")
    assert [name for name, role in roles(pilot).items() if role == "participant"] == ["center", "patient"]
    assert len(pilot.arm) == 12
    said = plan("family,who,arm,x_pre,x_post\n" + "\n".join(rows) + "\n", participant=["family", "who"])
    assert len(said.arm) == 12


def test_a_visit_may_come_first_and_units_part_outcomes(plan: Read) -> None:
    pilot = plan("min_visitfirst.csv")
    assert {name: one.visits for name, one in pilot.outcomes.items()} == {
        "fear": ("baseline", "post"), "pain": ("baseline", "post"),
    }  # fmt: skip
    units = plan("min_units.csv")
    assert list(units.outcomes) == ["Cortisol"]
    assert units.outcomes["Cortisol"].unit == "nmol/L"
    names = ["serum cortisol (nmol/L)", "serum ACTH (pg/mL)", "serum melatonin (pg/mL)"]
    rows = "".join(f"{i},{'ab'[i % 2]},{300 + i},{30 + i}.5,{10 + i}.5\n" for i in range(12))
    hormones = plan(f"id,group,{','.join(names)}\n{rows}")
    assert codes(hormones) == ["TS-P019"], "three hormones are not three visits of one"
    both = "id,group,x_pre (nmol/L),x_post (ug/dL)\n1,a,5.5,6\n2,b,4.5,5\n3,a,5.1,4\n4,b,5,6\n"
    assert len(plan(both).outcomes or plan(both).questions) >= 1
    assert "x" not in plan(both).outcomes, "two units are not two visits"


def test_codes_of_missing_values_are_named_and_refused(plan: Read) -> None:
    pilot = plan("min_999.csv")
    assert codes(pilot) == ["TS-P017"]
    assert "-99,999 appears 2 times in 'score_post'" in pilot.questions[0].message
    gone = plan("min_999.csv", missing=["999,-99"]).outcomes["score"].values
    kept = plan("min_999_without.csv").outcomes["score"].values
    assert np.isnan(gone[:, 1]).sum() == 2
    assert np.array_equal(gone[np.isfinite(gone).all(axis=1)], kept)
    assert np.nanmax(plan("min_999.csv", missing=["none"]).outcomes["score"].values) == 999
    assert codes(plan("6_coded999.csv")) == ["TS-P017", "TS-P020"], "all that is open is asked at once"
    only = plan("min_999.csv", missing=["score_post=999", "score_post=-99"])
    assert np.isnan(only.outcomes["score"].values).sum() == 2
    with pytest.raises(FitError, match="TS-P027"):
        plan("min_999.csv", missing=["scores=999"])


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ([3, 5, 4.5, 99], True), ([30, 55, 80, 99], False), ([0, 50, 100, 99], False), ([3.5, 2, 4, -9], True),
        ([-3, 5.5, 2, -9], False), ([200, 500.5, 900, 999], False), ([5.1, 6.2, 5.5, 999], True), ([1.5, 2.5, 3, 4], False),
    ],
)  # fmt: skip
def test_a_code_stands_far_from_the_other_values(plan: Read, values: list[float], asked: bool) -> None:
    """Farther than their range (99, -9), or than half of it (999)."""
    rows = "".join(f"{i},{'ab'[i % 2]},{x},{3.1 + i}\n" for i, x in enumerate(values))
    pilot = plan(f"id,arm,x_pre,x_post\n{rows}", scales=["none"])
    assert (codes(pilot) == ["TS-P017"]) is asked


def test_scores_are_asked_for_and_read_from_headers(plan: Read) -> None:
    pilot = plan("min_lost_late.csv")
    assert codes(pilot) == ["TS-P020"]
    assert '--scale "fear=0..4"' in pilot.questions[0].answer
    assert plan("min_lost_late.csv", scales=["0..4"]).outcomes["fear"].scale == (0, 1, 2, 3, 4)
    assert plan("min_lost_late.csv", scales=["fear=none"]).outcomes["fear"].scale == ()
    header = "id,arm,pain pre (0-10),pain post (0-10)\n1,a,3,4\n2,b,4,2\n3,a,5,6\n4,b,2,1\n"
    assert len(plan(header).outcomes["pain"].scale) == 11
    faces = header.replace(" (0-10)", "").replace("3,4", "2,4").replace("5,6", "8,6").replace("2,1", "2,0")
    assert '--scale "pain=0..10 by 2"' in plan(faces).questions[0].answer
    with pytest.raises(FitError, match=r"TS-P021.*value 1, which is not on the scale 0..10 by 2"):
        plan(header.replace(" (0-10)", ""), scales=["pain=0..10 by 2"])
    for wrong in ("0..", "10..0", "0..10 by 3", "0..1000"):
        with pytest.raises(FitError, match="TS-P021"):
            plan(header.replace(" (0-10)", ""), scales=[wrong])
    with pytest.raises(FitError, match=r"TS-P021.*no outcome 'pian'"):
        plan(header, scales=["pian=0..10"])


def test_visits_without_a_known_baseline_are_asked_about(plan: Read) -> None:
    text = "id,arm,x_t1,x_t2\n" + "".join(f"{i},{'ab'[i % 2]},{i}.5,{i}.1\n" for i in range(12))
    assert codes(plan(text)) == ["TS-P029"]
    assert plan(text, baseline="t1").outcomes["x"].visits == ("baseline", "t2")
    assert plan(text, baseline="none").outcomes["x"].visits == ("t1", "t2")


def test_columns_are_changed_by_options(plan: Read) -> None:
    text = "id,arm,age,x_pre,x_post,y_pre,y_post\n" + "".join(
        f"{i},{'ab'[i % 2]},{20 + i * i},{i}.5,{i}.1,{i}.2,{i}.3\n" for i in range(12)
    )
    assert list(plan(text).outcomes) == ["x", "y"]
    assert list(plan(text, primary="y").outcomes) == ["y", "x"]
    assert list(plan(text, ignored=["x_pre", "x_post"]).outcomes) == ["y"]
    assert roles(plan(text, covariates=["x_pre"]))["x_pre"] == "covariate"
    assert list(plan(text, outcomes=["age"]).outcomes) == ["age"]
    assert list(plan(text, outcomes=["both=x_pre,y_post"]).outcomes) == ["both"]
    assert plan(text, arm="none").arms == ("pilot",)
    with pytest.raises(FitError, match="TS-F003"):
        plan(text, ignored=["z"])


def test_a_participant_in_two_arms_is_refused(plan: Read) -> None:
    text = "id,treatment,period,pain\n" + "".join(
        f"{i},{'ab'[(i + p) % 2]},{p},{i}.{p}\n" for i in range(9) for p in (1, 2)
    )
    with pytest.raises(FitError, match=r"TS-P022.*crossover"):
        plan(text)
    pilot = plan(text, arm="none", visit="treatment", baseline="a")
    assert pilot.outcomes["pain"].visits == ("baseline", "b")


def test_ordinal_without_a_scale_is_asked_or_refused(plan: Read) -> None:
    assert codes(plan("min_units.csv", distribution="ordinal")) == ["TS-P020"]
    with pytest.raises(FitError, match="TS-P021"):
        fit_pilot(plan("min_units.csv", distribution="ordinal", scales=["none"], outcomes=["Cortisol"]))


def test_numbers_beyond_any_study_are_words(plan: Read) -> None:
    text = "id,arm,x_pre,x_post\n1,a,1.5,2\n2,b,2.5,1e308\n3,a,2,3.5\n4,b,4,3\n"
    with pytest.raises(FitError, match=r"TS-F008.*1e308.*line 3"):
        plan(text)


def test_the_primary_outcome_is_not_left_out_in_silence(plan: Read) -> None:
    rows = "".join(f"{i},{'ab'[i % 2]},{i}.5,{i + i % 5}.25,3.5,3.5\n" for i in range(12))
    text = f"id,arm,x_pre,x_post,y_pre,y_post\n{rows}"
    assert fit_pilot(plan(text)).data["primary"] == "x"
    with pytest.raises(FitError, match=r"TS-F005.*y.*equal"):
        fit_pilot(plan(text, primary="y"))
