"""Precision: enough replicates, not more than needed, never by luck."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from trialsim.errors import RunError
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.table import Measure, wilson
from trialsim.prepared import prepare
from trialsim.scenario import load
from trialsim.study import evaluate
from trialsim.sweep.precision import FEWEST, PrecisionTarget, error_of, in_words, until_precise

ROOT = Path(__file__).parent.parent.parent / "scenarios"
T_TEST = prepare(load(ROOT / "lessons/textbook-t-test.yaml"))


def table(value: float, n: int, *, measure: str = "power") -> OperatingCharacteristics:
    """A table with one share of n replicates, as a play would give it."""
    mcse = math.sqrt(value * (1 - value) / n)
    row = Measure("main", "", measure, value, mcse, *wilson(value * n, n), n, 0)
    made = SimpleNamespace(primary=("main",), measures=(row,), kept=SimpleNamespace(rows=()))
    made.value = lambda measure, analysis, contrast: OperatingCharacteristics.value(
        made,
        measure,
        analysis=analysis,
        contrast=contrast,  # type: ignore[arg-type]
    )
    return made  # type: ignore[return-value]


@pytest.mark.parametrize(("share", "precision"), [(0.5, 0.005), (0.5, 0.02), (0.9, 0.001), (0.02, 0.002)])
def test_it_plays_as_many_as_the_error_asks_and_hardly_more(share: float, precision: float) -> None:
    needed = until_precise(lambda n: table(share, n), precision)
    exact = share * (1 - share) / precision**2
    assert needed.reached
    assert needed.error <= precision
    assert needed.replicates >= max(exact, FEWEST)
    assert needed.replicates <= max(1.06 * exact + 300, FEWEST)


def test_never_below_a_thousand_even_where_the_error_looks_like_nothing() -> None:
    """0 of 1,000 rejected has an MCSE of 0; that is luck, not precision: the interval still is .4 % wide."""
    needed = until_precise(lambda n: table(0.0, n), 0.0005)
    assert needed.played[0] == FEWEST
    assert needed.replicates > FEWEST
    assert until_precise(lambda n: table(0.5, n), 0.4).replicates == FEWEST


def test_it_stops_at_the_most_and_says_so() -> None:
    needed = until_precise(lambda n: table(0.5, n), 0.001, most=5000)
    assert (needed.replicates, needed.reached) == (5000, False)
    assert "more are needed" in in_words(needed, 0.001)
    assert until_precise(lambda n: table(0.5, n), 0.001, most=300).played == (300,)


def test_steps_grow_at_most_tenfold() -> None:
    played = until_precise(lambda n: table(0.5, n), 0.0005).played
    assert all(b <= 10 * a for a, b in pairwise(played))
    assert played[-1] <= 1_000_000


def test_a_real_study_reaches_its_precision() -> None:
    needed = until_precise(lambda n: evaluate(T_TEST, replicates=n), 0.008)
    again = evaluate(T_TEST, replicates=needed.replicates).value("power", analysis="main")
    assert needed.reached
    assert needed.measure == again
    assert again.mcse <= 0.008
    assert "power of main (treated - control)" in in_words(needed, 0.008)
    labeled = replace(needed, labels={"main": "Score at the end"})
    assert "power of Score at the end (treated - control)" in in_words(labeled, 0.008)
    trial = replace(needed, measure=replace(needed.measure, analysis="trial", measure="trial_days", contrast=""))
    assert "give the trial days a Monte Carlo error" in in_words(trial, 0.008)


def test_any_measure_may_be_named() -> None:
    wanted = PrecisionTarget.of_words("main/treated - control:interval_width")
    needed = until_precise(lambda n: evaluate(T_TEST, replicates=n), 0.002, wanted=wanted)
    assert needed.measure.measure == "interval_width"
    assert needed.error <= 0.002
    assert PrecisionTarget.of_words(None) == PrecisionTarget()


@pytest.mark.parametrize("text", ["mian", "main:powr", "main/a - b"])
def test_a_measure_that_does_not_exist(text: str) -> None:
    with pytest.raises(RunError, match="TS-R020"):
        until_precise(lambda n: evaluate(T_TEST, replicates=n), 0.01, wanted=PrecisionTarget.of_words(text))


def test_an_error_that_is_not_known_is_no_precision() -> None:
    assert error_of(Measure("a", "", "m", 1.0, math.nan, math.nan, math.nan, 10, 0)) == math.inf
