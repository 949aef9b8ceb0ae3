"""One primary analysis with several comparisons: no sentence takes the power of the first one for that of the trial."""

from __future__ import annotations

import pytest

import trialsim as ts
from trialsim.api.finished import Run
from trialsim.report import page as rows_of
from trialsim.report.figures import left_in_words, pictures
from trialsim.report.nearby_sizes import around, needed
from trialsim.report.run_page import _inconclusive, answer_sentences


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return ts.run("massage-by-music", tmp_path_factory.mktemp("run"), replicates=60, truth=False, figures=False)


def test_the_answer_is_of_any_and_of_all_comparisons_and_no_size_is_extended(run: Run) -> None:
    table = run.frame()
    family = table[(table["analysis"] == "primary") & (table["measure"] == "power")].set_index("contrast")["value"]
    finished = run.finished
    assert finished is not None
    words = " ".join(answer_sentences(finished)).replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "at least one of the comparisons of the primary analysis Fear during the needle (massage and music) rejects"
        in words
    )
    assert f"rejects in {100 * family['any']:.1f} % of simulated trials" in words
    assert "found by the command trialsim size" in words
    assert needed(finished, 0.8) is None
    assert around(finished) == []
    assert [card.label for card in rows_of.cards(finished)][:2] == [
        "power of at least one primary comparison", "power of all primary comparisons together",
    ]  # fmt: skip
    (sentence,) = _inconclusive(finished)
    assert sentence.replace("\N{NO-BREAK SPACE}", " ").startswith(f"{100 * (1 - family['any']):.1f} %")
    assert "no primary comparison rejects" in sentence


def test_scores_shift_and_people_leave_before_the_endpoint_and_not_before_its_baseline(run: Run) -> None:
    finished = run.finished
    assert finished is not None
    shown = {one.name: one for one in pictures(finished)}
    assert "at 'during': how the scores shift between arms" in shown["shift_fear"].heading
    (words,) = left_in_words(finished.study, finished.characteristics.kept)
    assert "'during'" in words
    assert "baseline" not in words
