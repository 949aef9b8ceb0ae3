"""Reading pilot data: what is found without being told, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trialsim.pilot import Choices, FitError, Pilot, read_pilot, ready

WIDE = "id,group,age,score_pre,score_post,pain_post\n1,music,5,3.5,2,1\n2,usual care,6,3.1,,0\n3,music,5,2.2,1.5,1\n"
TIDY = "participant,arm,visit,score\n1,b,baseline,1\n1,b,day 2,3\n2,a,baseline,2\n2,a,day 2,\n"
LONG = "participant;arm;outcome;visit;value;unit\n1;b;x;0;1,5;nmol/L\n1;b;x;1;2,5;nmol/L\n2;a;x;0;3;nmol/L\n"


def read(folder: Path, text: str, **options: object) -> Pilot:
    file = folder / "pilot.csv"
    file.write_text(text, encoding="utf-8")
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    return ready(read_pilot(file, Choices(**told)))  # type: ignore[arg-type]  # options of several kinds


def visits(pilot: Pilot) -> dict[str, tuple[str, ...]]:
    return {name: one.visits for name, one in pilot.outcomes.items()}


def test_a_wide_file_is_split_by_the_visits_its_columns_name(tmp_path: Path) -> None:
    pilot = read(tmp_path, WIDE, scales=["pain=none"])
    assert pilot.arms == ("usual care", "music")  # a usual name of controls comes first
    assert pilot.arm.tolist() == [1, 0, 1]
    assert visits(pilot) == {"score": ("baseline", "post"), "pain": ("post",)}
    assert np.isnan(pilot.outcomes["score"].values[1, 1])
    assert list(read(tmp_path, WIDE, outcomes=["score"]).outcomes) == ["score"]


def test_two_columns_may_be_named(tmp_path: Path) -> None:
    text = "trt,before,y\nA,1,2.5\nB,2,4\nA,3,5\n"
    pilot = read(tmp_path, text, outcomes=["y"], baseline="before", reference="B")
    assert pilot.arms == ("B", "A")
    assert pilot.outcomes["y"].visits == ("baseline", "post")
    assert pilot.outcomes["y"].values.tolist() == [[1, 2.5], [2, 4], [3, 5]]
    listed = read(tmp_path, "trt,am,pm\nA,1,2.5\nB,2,4\n", outcomes=["pain=am,pm"], baseline="am")
    assert visits(listed) == {"pain": ("baseline", "pm")}


@pytest.mark.parametrize(
    ("header", "baseline", "expected"),
    [
        ("arm,pre,post", None, ("baseline", "post")),
        ("arm,week 8,before,week 4", None, ("baseline", "week 4", "week 8")),
        ("arm,follow_up,before,week 4", None, ("baseline", "follow up", "week 4")),
        ("arm,start,t1", "start", ("baseline", "t1")),
        ("arm,t1,t2", "none", ("t1", "t2")),
    ],
)
def test_columns_that_are_called_by_visits_alone_are_one_outcome(
    tmp_path: Path, header: str, baseline: str | None, expected: tuple[str, ...]
) -> None:
    names = header.split(",")[1:]
    row = ",".join(f"{i}.5" for i in range(len(names)))
    pilot = read(tmp_path, f"{header}\na,{row}\nb,{row}\n", baseline=baseline)
    assert visits(pilot) == {"outcome": expected}


def test_a_tidy_file_has_a_row_for_each_visit(tmp_path: Path) -> None:
    pilot = read(tmp_path, TIDY, scales=["none"])
    assert pilot.arms == ("b", "a")
    assert pilot.outcomes["score"].visits == ("baseline", "day 2")
    assert np.isnan(pilot.outcomes["score"].values[1, 1])


def test_a_long_file_with_decimal_commas_and_numbered_visits(tmp_path: Path) -> None:
    one = read(tmp_path, LONG, baseline="0").outcomes["x"]
    assert one.visits == ("baseline", "visit 1")
    assert one.unit == "nmol/L"
    assert one.values[0].tolist() == [1.5, 2.5]


def test_no_column_of_arms_is_one_arm_and_compared_with_nothing_unasked(tmp_path: Path) -> None:
    text = "x\n1.5\n2\n3\n"
    assert read(tmp_path, text, null=2.0).arms == ("pilot",)
    with pytest.raises(FitError, match=r"TS-P023.*--null NUMBER"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "TS-F001"),
        ("a,b\n", {}, "TS-F001.*no rows"),
        ("a,b\n1,2\n3,4,5\n", {}, "TS-P012.*line 3"),
        ("a,b\n1,2\n3\n", {}, "TS-P012.*line 3"),
        (WIDE, {"arm": "grupp"}, "TS-F003.*Did you mean 'group'"),
        (WIDE, {"outcomes": ["scor"]}, "TS-F003"),
        (WIDE, {"reference": "massage"}, "TS-F002.*Arms: music, usual care"),
        (WIDE, {"baseline": "day 1", "outcomes": ["score"]}, "TS-F003.*no visit"),
        (WIDE, {"at": ["week 9"], "outcomes": ["score"]}, "TS-F003"),
        (WIDE, {"primary": "scare", "scales": ["none"]}, "TS-F003.*Did you mean 'score'"),
        (WIDE, {"ignored": ["group"], "arm": "group"}, "TS-P024.*--arm and by --ignore"),
        ("arm,x\na,1\n,2\nb,3\n", {}, "TS-F002.*1 participants have no arm"),
        ("arm,x\n" + "".join(f"{k},1\n" for k in range(9)), {}, "TS-F002.*9 different"),
        ("arm,word\na,x\nb,y\n", {}, "TS-F004"),
        (TIDY + "1,b,day 2,4\n", {}, "TS-F006.*participant 1.*line 6"),
        ("arm,visit,score\na,1,2\na,2,2\na,1,3\nb,1,3\nb,2,2\nb,1,3\n", {}, "TS-P018.*--participant COLUMN"),
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
            "'<0.5' is among the numbers of 'y_post', in line 3",
        ),
        (
            "participant,arm,visit,y\n1,a,1,2\n1,a,2,lost\n2,b,1,4\n2,b,2,5\n",
            "'lost' is among the numbers of 'y', in line 3",
        ),
        (
            "participant,arm,outcome,visit,value\n1,a,x,0,1\n1,a,x,1,2\n2,b,x,0,-\n2,b,x,1,4\n",
            "'-' is among the numbers of 'value', in line 4",
        ),
    ],
)
def test_words_among_numbers_are_no_missing_values(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(FitError, match="TS-F008") as caught:
        read(tmp_path, text)
    assert caught.value.message.startswith(where)


def test_a_column_of_words_is_no_outcome(tmp_path: Path) -> None:
    text = "arm,y,note\na,1,well\nb,2,5\na,3,ill\nb,,NA\n"
    assert list(read(tmp_path, text, scales=["none"]).outcomes) == ["y"]
