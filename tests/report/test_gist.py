"""The first lines of `explain` and `replay`: from the same numbers as everything below them."""

from __future__ import annotations

import math

import pytest

import trialsim as ts
from trialsim.api.play import Replay
from trialsim.report.explain import explain
from trialsim.report.gist import effect_rows, event_rows, explain_lines, p_text, replay_lines, replay_rows


def lines_of(name: str) -> dict[str, str]:
    return {line.name: line.text for line in explain_lines(ts.prepare(name), name=name)}


def test_what_is_asked_and_declared_stands_first() -> None:
    found = lines_of("picu-blood-draw")
    assert list(found) == ["Study", "Asks", "Effect", "Rests on", "Look"]
    assert "99 participants in 3 arms (control, music and massage), within 18 months." in found["Study"]
    assert found["Asks"].startswith("Fear during the needle: kruskal-wallis on fear at during;")
    assert found["Effect"] == (
        "music - control -0.7 at during (Cohen's d -0.70); massage - control -0.5 at during (Cohen's d -0.50)."
    )
    assert found["Rests on"].startswith("82 numbers: 3 from a source, 1 computed from one and 78 assumed.")


def test_an_effect_of_what_is_done_is_not_called_none() -> None:
    """An outcome that answers to an activity has no level of its own that differs."""
    for name in ("estimands", "massage-course"):
        assert "No effect is declared" not in lines_of(name)["Effect"], name
    assert lines_of("plain-queue")["Effect"] == "No effect is declared on what the primary analysis compares."


def test_an_effect_on_a_time_is_its_ratio() -> None:
    found = lines_of("after-hip-surgery")["Effect"]
    assert found == (
        "music - usual care hazard ratio 1.20 at last day; massage - usual care hazard ratio 1.60 at last day."
    )


def test_equal_sessions_are_one_sentence() -> None:
    sections = {one.title: one for one in explain(ts.prepare("massage-course"))}
    (line,) = sections["What clearance allows in the time"].lines
    assert line.startswith("cortisol: between the swabs around massage 1 to 3 lie about 12 min of changed secretion.")
    rows = [row for row in sections["Levels declared"].rows if row[0] == "cortisol"]
    assert [row[1:3] for row in rows] == [("pre 1 to 3 and post 1 to 3", "all arms")]
    assert [row[1] for row in sections["Levels declared"].rows if row[0] == "stress"][1:] == ["end", "end"], (
        "what differs stays"
    )


def test_the_compact_table_has_every_effect() -> None:
    study = ts.prepare("picu-blood-draw")
    header, rows = effect_rows(study)
    full = next(one for one in explain(study) if one.title.startswith("Effects these levels imply"))
    assert [(row[0], row[1], row[2]) for row in rows] == [row[:3] for row in full.rows]
    assert len(header) == len(rows[0]) == 6
    assert effect_rows(ts.prepare("plain-queue")) == ((), [])


@pytest.fixture(scope="module")
def played() -> Replay:
    return ts.replay("picu-blood-draw", 3)


def test_a_trial_again_says_what_it_found(played: Replay) -> None:
    frame = played.frame()
    frame = frame[frame["twin"] == "declared"]
    main = frame[(frame["analysis"] == "fear_during") & (frame["contrast"] == "all arms")].iloc[0]
    found = {line.name: line.text for line in replay_lines(played, name="x")}
    assert found["Answer"] == f"Fear during the needle: p {p_text(main['p'])}, rejects at 5 %."
    assert main["p"] <= 0.05
    pair = frame[(frame["analysis"] == "fear_during") & (frame["contrast"] == "music - control")].iloc[0]
    assert (
        f"music - control {pair['estimate']:.3g} (95 % interval {pair['conf_low']:.3g} to {pair['conf_high']:.3g})"
        in found["Effect"]
    )
    people = played.frame("participants")
    left = int((people["end_reason"] != "completed").sum())
    assert f"{len(people)} of 99 participants enrolled" in found["Ward"]
    assert f"{left} left early" in found["Ward"]
    assert "not a power" in found["Trial"]
    _, rows = replay_rows(played)
    assert sum(bool(row[3]) for row in rows) == len(frame), "each row of the trial once, beside the headings"
    assert [row[3] for row in rows if row[0] == "  music - control"][2] == "not tested"


def test_seconds_have_units(played: Replay) -> None:
    rows, frame = event_rows(played), played.frame("events")
    assert len(rows) == len(frame)
    for row, event in zip(rows, frame.itertuples(index=False), strict=True):
        assert (row[4] != "") == (event.event in ("waits", "starts", "ends"))
        if row[4]:
            number, unit = row[4].split()
            size = {"s": 1, "min": 60, "h": 3600, "d": 86400}[unit]
            assert math.isclose(float(number) * size, event.value, rel_tol=0.005)


def test_p_values_keep_what_decides() -> None:
    assert [p_text(p) for p in (0.0499, 0.0501, 0.5, 0.0009)] == ["= 0.0499", "= 0.0501", "= 0.50", "< 0.001"]


def test_a_replay_names_the_p_values_that_a_family_adjusts() -> None:
    """The interval beside an adjusted p is not adjusted, so one cannot be explained by the other."""
    found = {line.name: line.text for line in replay_lines(ts.replay("families", 0), name="families")}
    assert found["Families"].startswith("p adjusted, intervals not: fear during (music - control), ")
    assert "by graph (family confirmatory); " in found["Families"]
    assert "Families" not in {
        line.name for line in replay_lines(ts.replay("textbook-t-test", 0), name="textbook-t-test")
    }
