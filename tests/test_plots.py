from __future__ import annotations

import pytest

import trialsim as ts
from trialsim.result import Result


@pytest.fixture(scope="module")
def result() -> Result:
    return ts.evaluate("textbook-t-test", replicates=100, truth=False)


def test_a_figure_by_its_name(result: Result) -> None:
    from matplotlib.figure import Figure

    assert isinstance(ts.plots.power(result), Figure)
    assert isinstance(ts.plots.draw("p_values", result), Figure)


def test_a_misspelled_figure_is_answered_with_the_nearest(result: Result) -> None:
    with pytest.raises(AttributeError, match="Did you mean 'power'"):
        ts.plots.powr(result)


def test_a_result_without_figures_says_so() -> None:
    with pytest.raises(TypeError, match="has no figures"):
        ts.plots.power(ts.shipped())
