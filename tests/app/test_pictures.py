"""Pictures say in words what they show, count right, and carry no style of their own."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from trialsim.app.network import free_port, own_addresses, qr_code
from trialsim.app.pictures import ALONE, Axis, alone, curve, dots, intervals, share_axis, split, trials

P = Axis("p", 0.0001, 1.0, (0.0001, 0.01, 1.0), log=True)


def drawn(svg: str) -> ET.Element:
    """The picture, which is well formed and has neither style nor script."""
    assert "style" not in svg
    assert "script" not in svg
    found = ET.fromstring(svg)
    for part in found.iter():
        assert part.get("class") is None or part.get("class") in ALONE, part.get("class")
        for name in ("x", "x1", "x2", "cx"):
            assert part.get(name) is None or -1 <= float(part.get(name, "0")) <= 481
    return found


def test_each_trial_is_a_dot_on_its_side_of_the_mark() -> None:
    values = [0.00001, 0.049, 0.0499, 0.05, 0.0501, 0.8]
    svg = dots(values, P, own=0.0501, mark=0.05, mark_words="p = 0.05")
    circles = [one for one in drawn(svg).iter() if one.tag.endswith("circle")]
    mark = P.place(0.05)
    blue = [float(one.get("cx", "")) for one in circles if one.get("class") == "blue"]
    grey = [float(one.get("cx", "")) for one in circles if one.get("class") == "grey"]
    assert (len(blue), len(grey)) == (3, 3)
    assert max(blue) < mark < min(grey)
    assert sum(one.get("class") == "ring" for one in circles) == 1
    assert "6 trials by p; 3 of them at or above 0.05." in svg
    assert "≤ 0.0001" in svg


def test_a_split_names_the_right_answer_only_when_it_may() -> None:
    choices = [("a", "<b>one</b>", False), ("b", "two", True)]
    counts = [("before", {"a": 3, "b": 1}), ("after", {})]
    before, after = split(choices, counts, marked=False), split(choices, counts, marked=True)
    drawn(before)
    drawn(after)
    assert ">right<" not in before
    assert ">right<" in after
    assert "a, before: 3 of 4; a, after: 0 of 0" in before
    assert "<b>one" not in before
    assert before.replace("right", "") != after.replace("right", "")
    assert "grey" not in before, "before the truth is shown all bars have one color"


def test_intervals_and_curves_hold_their_numbers() -> None:
    mark = {"value": 0.8, "low": 0.7, "high": 0.9, "kind": "blue", "text": "80 %"}
    svg = intervals(
        [{"label": "Fear & pain", "marks": [mark, {**mark, "value": 0.05, "kind": "grey", "text": "5 %"}]}],
        share_axis("Trials"),
    )
    drawn(svg)
    assert "80 % / 5 %" in svg
    points = [{"at": at, "value": at / 100, "low": 0.1, "high": 0.9} for at in (20.0, 60.0)]
    svg = curve(points, Axis("n", 20, 60, ()), chosen=1, label="Power")
    assert sum(one.get("class") == "ring" for one in drawn(svg).iter()) == 1
    assert "20: 20.0 %; 60: 60.0 %" in svg
    assert "2 simulated trials by d; 1 of them reject, 1 do not." in trials(
        [(0.5, 0.1, 0.9, True), (0.1, -0.3, 0.5, False)], "d", none=0.0
    )


def test_a_picture_for_a_file_has_its_colors_inside() -> None:
    svg = split([("a", "one", True)], [("class", {"a": 1})], marked=True)
    assert "class=" in svg
    assert "class=" not in alone(svg)
    assert set(re.findall(r'class="([\w-]+)"', svg)) <= set(ALONE)


def test_addresses_and_codes_ask_nobody() -> None:
    assert all(not one.startswith("127.") for one in own_addresses())
    svg = qr_code("http://127.0.0.1:8765/?code=ABCDEF")
    assert svg.startswith('<svg role="img" aria-label="QR code of http')
    assert "style" not in svg
    port = free_port("127.0.0.1", 20_000)
    assert port is not None
    assert 20_000 <= port <= 20_010


@pytest.mark.parametrize("value", [0.0, -1.0, 1e-12, 5.0])
def test_what_lies_beyond_an_axis_is_at_its_end(value: float) -> None:
    assert P.place(value) in (P.place(0.0001), P.place(1.0))
