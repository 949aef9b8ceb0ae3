"""Figures as files: what they are for print, at the width of one column and of two."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from tests.figures.crowded import drawn, faults
from trialsim.figures import (
    counts,
    estimates,
    flow,
    intervals,
    missing,
    outcomes,
    power,
    shift,
    style,
    tornado,
    trajectories,
    ward,
)
from trialsim.figures.render import captions_of, render
from trialsim.figures.style import blank_figure


def panels(*, narrow: bool = False) -> Figure:
    """Three panels with small letters."""
    figure = blank_figure(4.2 if narrow else 12.0, 6.0 if narrow else 4.0)
    for place, axes in enumerate(figure.subplots(*((3, 1) if narrow else (1, 3)))):
        axes.set_title(f"a title of panel {place}", fontsize=9)
        axes.text(0.5, 0.5, "small", fontsize=5)
    style.caption(figure, "A caption " * 20)
    return figure


def test_print_is_as_wide_as_one_column_and_as_two_with_letters_as_letters() -> None:
    """At 600 dots an inch; in the SVG and the PDF letters are letters."""
    made = render("one", panels, "print").files
    names = {f"one.{kind}" for kind in ("pdf", "svg", "png")} | {"one-gray.png"}
    assert set(made) == {"one.svg", "one.png"} | {f"print/{width}mm/{name}" for width in (85, 174) for name in names}
    for width in (85, 174):
        for name, mode in (("one.png", "RGB"), ("one-gray.png", "L")):
            with Image.open(io.BytesIO(made[f"print/{width}mm/{name}"])) as picture:
                assert (picture.width, picture.mode) == (int(width / 25.4 * 600), mode)
                assert picture.info["dpi"] == pytest.approx((600, 600), abs=0.1)
        assert b">small</text>" in made[f"print/{width}mm/one.svg"]
        pdf = made[f"print/{width}mm/one.pdf"]
        assert b"/FontFile2" in pdf  # TrueType, embedded
        assert b"/Type3" not in pdf
        box = pdf[pdf.index(b"/MediaBox") :].split(b"[")[1].split(b"]")[0].split()
        assert float(box[2]) == pytest.approx(width / 25.4 * 72, abs=0.01)


def test_the_page_alone_needs_no_file_and_what_is_drawn_is_the_same() -> None:
    alone, every = render("one", panels, "page"), render("one", panels, "all")
    assert dict(alone.files) == {}
    assert alone.svg == every.svg
    assert every.files["one.svg"].decode() == every.svg


def test_equal_figures_are_equal_files() -> None:
    assert render("one", panels, "all") == render("one", panels, "all")


def test_captions_have_their_numbers_in_one_line_each() -> None:
    words = captions_of([("one", "A heading", "What it shows.", render("one", panels, "page"))] * 2)
    assert words.count("one: A heading. What it shows. A caption A caption") == 2
    assert words.count("\n\n") == 1


@pytest.mark.parametrize("width", [85, 174])
def test_no_letter_is_smaller_than_six_points_and_none_is_beyond_the_edge(width: int) -> None:
    figure = panels(narrow=width == 85)
    style.fit_to(figure, width)
    style.svg_text(figure)
    assert min(float(one.get_fontsize()) for one in drawn(figure)) == style.SMALLEST
    assert faults(figure) == []


def test_a_figure_is_not_higher_than_a_page() -> None:
    figure = blank_figure(7.0, 30.0)
    style.fit_to(figure, 85)
    assert figure.get_figheight() == pytest.approx(234 / 25.4)


def test_letters_one_on_the_other_beyond_the_edge_and_too_small_are_seen() -> None:
    """Planted."""
    figure = panels(narrow=True)
    style.fit_to(figure, 85)
    style.svg_text(figure)
    axes = figure.axes[0]
    axes.text(0.5, 0.52, "overlaps", fontsize=8)
    axes.text(0.9, 0.1, "runs over the edge of the figure", fontsize=8, transform=axes.transAxes)
    axes.text(0.1, 0.9, "tiny", fontsize=4, transform=axes.transAxes)
    assert {one.split(":")[0] for one in faults(figure)} == {"small", "beyond the edge", "one on the other"}


ARMS = ("usual care", "massage by the parent", "music by headphones", "both of them together")
ROWS = [f"Fear of the child during the needle, by means of ranks: {arm} - usual care" for arm in ARMS[1:]]


MEASURES = {"power": "power of Fear during the needle", "days": "length of the trial [days]"}


def _rates() -> partial[Figure]:
    part = pd.DataFrame({"row": ROWS, "primary": [True, False, False], "value": [0.8, 0.5, 0.9], "level": 0.05})
    part = part.assign(low=part["value"] - 0.02, high=part["value"] + 0.02, too_often=False)
    frames = [part.assign(twin=twin, value=part["value"] * share) for twin, share in (("declared", 1), ("null", 0.05))]
    return partial(power.rejection_rates, pd.concat(frames), note="300 simulated trials.")


def _cohort() -> pd.DataFrame:
    visits = ("baseline", "before the needle", "during", "after the needle", "next day")
    rows = [(i, ARMS[i % 4], visit, (i * 7 + k) % 6) for i in range(48) for k, visit in enumerate(visits)]
    return pd.DataFrame(rows, columns=["participant", "arm", "visit", "value"]).assign(
        value=lambda one: one["value"] * 1.0
    )


def _seen() -> dict[str, partial[Figure]]:
    cohort = _cohort()
    visits = list(dict.fromkeys(cohort["visit"]))
    named = {"label": "Children's Fear Scale", "arms": ARMS, "visits": visits, "note": "One trial."}
    draws = np.linspace(0.2, 0.8, 40)
    every = pd.DataFrame({"row": np.repeat([*ROWS, "More"], 80), "twin": np.tile(["declared", "null"], 160)})
    every = every.assign(
        estimate=np.tile(draws, 8), no_effect=0.5, truth=0.45, estimand="P(X > Y) + ties/2", p=0.3, level=0.05
    )
    zip_ = pd.DataFrame(
        {"row": np.repeat(ROWS, 40), "rank": np.tile(np.linspace(0, 1, 40), 3), "low": np.tile(draws, 3) - 0.2}
    )
    zip_ = zip_.assign(
        high=zip_["low"] + 0.4, covers=True, truth=0.5, level=0.95, coverage=0.94, scale="P(X > Y) + ties/2"
    )
    lost = pd.DataFrame(
        [("fear", visit, arm, why, 0.1) for visit in visits for arm in ARMS for why in ("left", "lost")]
    )
    lost.columns = pd.Index(["outcome", "visit", "arm", "reason", "share"])
    shares = pd.DataFrame([(arm, float(score), 1 / 6, 600) for arm in ARMS for score in range(6)])
    shares.columns = pd.Index(["arm", "category", "share", "people"])
    count = partial(counts.Count, mean=24.3, low=16, high=35)
    people = counts.Flow(
        screened=count("patients who came"), not_enrolled=[count("declined"), count("excluded: speaks another language")],
        enrolled=count("enrolled"), allocated={arm: count("allocated") for arm in ARMS},
        losses={arm: [count("left before the last visit, transfer"), count("without primary endpoint")] for arm in ARMS},
        analyzed={arm: count("with primary endpoint") for arm in ARMS},
    )  # fmt: skip
    moved = pd.DataFrame(
        {"label": [f"a number of the study ({i})" for i in range(6)] * 2, "measure": ["power"] * 6 + ["days"] * 6}
    )
    moved = moved.assign(
        low="42 %", high="97 %", declared=0.6, value_low=0.5, value_high=0.8, mcse_low=0.01, mcse_high=0.01
    )
    moved = moved.assign(difference_low=-0.1, difference_high=0.2, noise_low=False, noise_high=True)
    return {
        "power": _rates(),
        "estimates": partial(estimates.estimate_distributions, every),
        "p-values": partial(estimates.p_value_distributions, every),
        "intervals": partial(intervals.ordered_intervals, zip_),
        "missing": partial(missing.missing_map, lost, labels={"fear": "Children's Fear Scale"}, arms=ARMS, visits=visits),
        "shift": partial(shift.shift, shares, label="Fear", arms=ARMS, words={0.0: "no fear at all", 5.0: "most fear"}),
        "flow": partial(flow.consort, people, note="300 simulated trials."),
        "scores": partial(outcomes.outcome_distributions, cohort, categories=tuple(map(float, range(6))), **named),
        "values": partial(outcomes.outcome_distributions, cohort, unit="points", **named),
        "trajectories": partial(trajectories.trajectories, cohort, **named),
        "tornado": partial(tornado.tornado, moved, measures=("power", "days"), names=MEASURES, shares=("power",)),
    }  # fmt: skip


SEEN = _seen()


@pytest.mark.parametrize("name", SEEN)
def test_a_narrow_figure_with_long_names_has_no_letters_on_others_nor_beyond_its_edge(name: str) -> None:
    figure = SEEN[name](narrow=True)
    style.fit_to(figure, 85)
    style.svg_text(figure)
    assert figure.get_figwidth() == pytest.approx(85 / 25.4)
    assert faults(figure) == []


@pytest.mark.parametrize("name", ["trajectories", "intervals", "scores", "tornado"])
def test_panels_that_are_side_by_side_are_below_one_another_in_a_narrow_figure(name: str) -> None:
    for narrow, axis in ((False, 1), (True, 0)):
        figure = SEEN[name](narrow=narrow)
        style.svg_text(figure)
        places = {round(one.get_position().get_points()[0][axis], 2) for one in figure.axes}
        assert len(places) == 1


def test_a_narrow_figure_shows_the_same_numbers() -> None:
    def words(figure: Figure) -> list[str]:
        return sorted(
            one.get_text() for one in figure.findobj(Text) if one.get_text().endswith("%") and "." in one.get_text()
        )

    wide, narrow = SEEN["power"](), SEEN["power"](narrow=True)
    assert [one for one in words(narrow) if len(one) > 3] == [one for one in words(wide) if len(one) > 3]
    assert any("Fear of the child" in one.get_text() for one in narrow.findobj(Text))


def test_a_tornado_says_below_the_first_panel_only_what_moves() -> None:
    from trialsim.figures.style import named_rows

    assert named_rows(["a", "b"], 0.3).at == (0.0, 1.0)
    narrow = named_rows(["a", "b"], 0.3, narrow=True)
    assert narrow.band > 0
    assert narrow.ends == (narrow.at[-1] + 0.5, -0.5 - narrow.band)
    assert ward.LETTER_NARROW > ward.LETTER
