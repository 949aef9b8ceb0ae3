"""Reading pilot data: what is found without being told, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim.pilot import FitError, Pilot, read_pilot

WIDE = "id,group,age,score_pre,score_post,pain_post\n1,music,5,3.5,2,1\n2,usual care,6,3.1,,0\n3,music,5,2.2,1.5,1\n"
TIDY = "participant,arm,visit,score\n1,b,baseline,1\n1,b,day 2,3\n2,a,baseline,2\n2,a,day 2,\n"
LONG = "participant;arm;outcome;visit;value;unit\n1;b;x;0;1,5;nmol/L\n1;b;x;1;2,5;nmol/L\n2;a;x;0;3;nmol/L\n"


def read(folder: Path, text: str, **options: object) -> Pilot:
    file = folder / "pilot.csv"
    file.write_text(text, encoding="utf-8")
    return read_pilot(file, **options)  # type: ignore[arg-type]  # options of several kinds


def test_a_wide_file_is_split_by_the_words_its_columns_share(tmp_path: Path) -> None:
    pilot = read(tmp_path, WIDE)
    assert pilot.arms == ("usual care", "music")  # a usual name of controls comes first
    assert pilot.arm.tolist() == [1, 0, 1]
    assert {name: one.visits for name, one in pilot.outcomes.items()} == {
        "age": ("visit",), "score": ("baseline", "post"), "pain": ("post",),
    }  # fmt: skip
    assert np.isnan(pilot.outcomes["score"].values[1, 1])
    assert "Every column of numbers is taken" in pilot.notes[0]
    assert list(read(tmp_path, WIDE, outcomes=["score"]).outcomes) == ["score"]


def test_two_columns_may_be_named(tmp_path: Path) -> None:
    text = "trt,before,y\nA,1,2\nB,2,4\nA,3,5\n"
    pilot = read(tmp_path, text, outcomes=["y"], baseline="before", reference="B")
    assert pilot.arms == ("B", "A")
    assert pilot.outcomes["y"].visits == ("baseline", "post")
    assert pilot.outcomes["y"].values.tolist() == [[1, 2], [2, 4], [3, 5]]


@pytest.mark.parametrize(
    ("header", "baseline", "visits"),
    [
        ("arm,pre,post", None, ("baseline", "post")),
        ("arm,follow_up,before,week 4", None, ("baseline", "follow up", "week 4")),
        ("arm,start,t1", "start", ("baseline", "t1")),
    ],
)
def test_columns_that_are_called_by_visits_alone_are_one_outcome(
    tmp_path: Path, header: str, baseline: str | None, visits: tuple[str, ...]
) -> None:
    names = header.split(",")[1:]
    row = ",".join(str(i) for i in range(len(names)))
    pilot = read(tmp_path, f"{header}\na,{row}\nb,{row}\n", baseline=baseline)
    assert {name: one.visits for name, one in pilot.outcomes.items()} == {"outcome": visits}
    assert "are taken as visits of one outcome" in pilot.notes[0]


@pytest.mark.parametrize("header", ["arm,pre,age", "arm,post,week 4", "arm,post,height"])
def test_other_columns_stay_outcomes_of_their_own(tmp_path: Path, header: str) -> None:
    assert list(read(tmp_path, f"{header}\na,1,2\nb,2,3\n").outcomes) == header.split(",")[1:]


def test_a_tidy_file_has_a_row_for_each_visit(tmp_path: Path) -> None:
    pilot = read(tmp_path, TIDY)
    assert pilot.arms == ("b", "a")
    assert pilot.outcomes["score"].visits == ("baseline", "day 2")
    assert np.isnan(pilot.outcomes["score"].values[1, 1])


def test_a_long_file_with_decimal_commas_and_numbered_visits(tmp_path: Path) -> None:
    one = read(tmp_path, LONG, baseline="0").outcomes["x"]
    assert one.visits == ("baseline", "visit 1")
    assert one.unit == "nmol/L"
    assert one.values[0].tolist() == [1.5, 2.5]


def test_no_column_of_arms_is_one_arm(tmp_path: Path) -> None:
    assert read(tmp_path, "x\n1\n2\n3\n").arms == ("pilot",)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "TS-F001"),
        ("a,b\n", {}, "TS-F001.*no rows"),
        ("a,b\n1,2\n3,4,5\n", {}, "TS-F001"),
        (WIDE, {"arm": "grupp"}, "TS-F003.*Did you mean 'group'"),
        (WIDE, {"outcomes": ["scor"]}, "TS-F003"),
        (WIDE, {"reference": "massage"}, "TS-F002.*Arms: music, usual care"),
        (WIDE, {"baseline": "day 1", "outcomes": ["score"]}, "TS-F003.*no visit"),
        (WIDE, {"at": ["week 9"], "outcomes": ["score"]}, "TS-F003"),
        ("x,sex,ward\n1,f,A\n2,m,B\n3,f,A\n", {}, "TS-F002.*'sex' or 'ward'"),
        ("arm,x\na,1\n,2\nb,3\n", {}, "TS-F002.*1 participants have no arm"),
        ("arm,x\n" + "".join(f"{k},1\n" for k in range(9)), {}, "TS-F002.*9 different"),
        ("arm,word\na,x\nb,y\n", {}, "TS-F004"),
        (TIDY + "1,b,day 2,4\n", {}, "TS-F006.*participant 1"),
        ("arm,visit,score\na,1,2\na,2,2\na,1,3\n", {}, "TS-F003.*--person"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_remedy(
    tmp_path: Path, text: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises(FitError, match=said):
        read(tmp_path, text, **options)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pilot.csv").write_bytes(b"\xff\xfe\x00\x01\x80")
    with pytest.raises(FitError, match="TS-F001"):
        read_pilot(tmp_path / "pilot.csv")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            "id,arm,y_pre,y_post\n1,a,1.5,2\n2,a,2.1,<0.5\n3,b,3,1.1\n",
            "'<0.5' stands among the numbers of 'y_post', in line 3",
        ),
        (
            "participant,arm,visit,y\n1,a,1,2\n1,a,2,lost\n2,b,1,4\n2,b,2,5\n",
            "'lost' stands among the numbers of 'y', in line 3",
        ),
        (
            "participant,arm,outcome,visit,value\n1,a,x,0,1\n1,a,x,1,2\n2,b,x,0,-\n2,b,x,1,4\n",
            "'-' stands among the numbers of 'x', in line 4",
        ),
    ],
)
def test_words_among_numbers_are_no_missing_values(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(FitError, match="TS-F008") as caught:
        read(tmp_path, text)
    assert caught.value.message.startswith(where)


def test_a_column_of_words_is_no_outcome(tmp_path: Path) -> None:
    assert list(read(tmp_path, "arm,y,note\na,1,well\nb,2,5\na,3,ill\nb,,NA\n").outcomes) == ["y"]
