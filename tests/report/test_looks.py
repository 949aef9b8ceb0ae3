"""Looks in words: when trials stop, the plan with its bounds, and where nominal p-values are not exact."""

from __future__ import annotations

import pytest

from tests.looks.conftest import plain
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.prepared import Study
from trialsim.report.brief import looks_lines
from trialsim.report.explain import explain
from trialsim.report.gist import explain_lines
from trialsim.report.looks import (
    doubts_of,
    looks_sentence,
    plan_header,
    plan_rows,
    replay_texts,
    stop_header,
    stop_overall,
    stop_rows,
    stop_texts,
)
from trialsim.study import evaluate, replay
from trialsim.truth import find_truth

FUTILITY = {"spending": {"hsd": -2}, "beta": "10 %"}


@pytest.fixture(scope="module")
def played() -> tuple[Study, OperatingCharacteristics]:
    study = plain(design__looks__futility=FUTILITY)
    return study, evaluate(study, replicates=200, truth=find_truth(study, replicates=20))


def test_the_sentence_has_the_numbers_of_the_table(played: tuple[Study, OperatingCharacteristics]) -> None:
    study, found = played
    text = looks_sentence(study, found)
    table = {(row.contrast, row.measure): row.value for row in found.measures if row.analysis == "looks"}
    shown = table["look 1", "look_shown"] + table["look 2", "look_shown"]
    futile = table["look 1", "look_futile"] + table["look 2", "look_futile"]
    assert f"({100 * shown:.1f} % the effect is shown, {100 * futile:.1f} % futile)" in text
    assert "of 120 participants are enrolled" in text
    early = table["", "stops_early"]
    assert shown + futile == pytest.approx(early)


def test_tables_are_whole(played: tuple[Study, OperatingCharacteristics]) -> None:
    study, found = played
    rows = stop_rows(study, found)
    assert [row[0] for row in rows] == ["look 1", "look 2", "end"]
    assert all(len(row) == len(stop_header(study)) for row in rows)
    assert all("" not in row for row in stop_overall(found))
    texts = " ".join(stop_texts(study, found))
    assert "with looks" in texts
    assert "median unbiased" in texts
    assert "All other numbers, also those of ranks, are of trials that go on to their end." in texts


def test_the_plan_has_its_bounds() -> None:
    study = plain(design__looks__efficacy={"bounds": "pocock"}, design__looks__at=["50 %"])
    assert plan_rows(study) == [
        ("look 1", "60", "2.939 % (z 2.1783)", "2.939 %"),
        ("end", "120", "2.939 % (z 2.1783)", "5 %"),
    ]
    with_futility = plain(design__looks__futility=FUTILITY)
    assert all(len(row) == len(plan_header(with_futility)) == 5 for row in plan_rows(with_futility))
    titles = [section.title for section in explain(with_futility)]
    assert "When the trial may stop" in titles
    line = next(one for one in explain_lines(with_futility, name="x") if one.name == "Looks")
    assert line.text.startswith("at 60 known (shown if p <= 0.31 %)")
    assert line.text.endswith("it may stop for futility.")


def test_few_participants_are_a_doubt() -> None:
    few = plain(design__enroll={"each arm": 15}, design__looks__at=["34 %", "67 %"])
    assert "about 5.5 participants an arm" in " ".join(doubts_of(few))
    assert not list(doubts_of(plain()))
    assert not list(doubts_of(plain(design__looks__analysis="ranks", design__enroll={"each arm": 15})))


def test_without_looks_nothing_is_said() -> None:
    study = plain(design__looks=None)
    assert not [one for one in explain_lines(study, name="x") if one.name == "Looks"]
    assert "When the trial may stop" not in [section.title for section in explain(study)]


def test_one_trial_again() -> None:
    """Until its stop, with the chances at each look; after it nothing."""
    study = plain(design__looks__futility=FUTILITY)
    ends = set()
    for replicate in range(12):
        played = replay(study, replicate)
        texts = list(replay_texts(study, played.cohort))
        assert all(text.endswith("goes on.") for text in texts[:-1])
        assert texts[0].startswith("Look 1 (60 known): p = ")
        assert all("the end would show it in" in text for text in texts if text.startswith("Look"))
        ends.add(texts[-1].rpartition(": ")[2])
        shown = texts[-1].endswith("shown.") and not texts[-1].endswith("not shown.")
        assert shown == (played.estimates.rejected[0, 0, 0] == 1) or texts[-1].startswith("End")
    assert {"stopped, the effect is shown.", "stopped for futility."} <= ends


def test_the_terminal_says_it_in_a_line(played: tuple[Study, OperatingCharacteristics]) -> None:
    study, found = played

    class Source:
        pass

    source = Source()
    source.study, source.characteristics = study, found  # type: ignore[attr-defined]
    (line,) = looks_lines(source)  # type: ignore[arg-type]
    assert (line.name, line.text) == ("Looks", looks_sentence(study, found))
