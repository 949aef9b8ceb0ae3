"""Comparisons of two arms that may follow a test of all arms."""

from __future__ import annotations

from typing import Final

from trialsim.kinds.tests import means, ranks, regressions, tables, times
from trialsim.kinds.tests.records import Pair

_NUMBERS = (means.ANOVA, means.WELCH_ANOVA, ranks.KRUSKAL_WALLIS)

PAIRS: Final = (
    Pair(
        "t",
        (
            (means.ANOVA, means.RESIDUAL_T),
            (means.WELCH_ANOVA, means.RESIDUAL_T),
            (regressions.ANCOVA, regressions.ANCOVA),
            (regressions.REGRESSION, regressions.REGRESSION),
        ),
        of_model=True,
    ),
    Pair("two-sample-t", tuple((main, means.T) for main in _NUMBERS), of_model=False),
    Pair("welch", tuple((main, means.WELCH) for main in _NUMBERS), of_model=False),
    Pair("tukey", ((means.ANOVA, means.TUKEY),), of_model=False, together=True),
    Pair("games-howell", ((means.WELCH_ANOVA, means.GAMES_HOWELL),), of_model=False, together=True),
    Pair("dunn", ((ranks.KRUSKAL_WALLIS, ranks.DUNN),), of_model=False),
    Pair("mann-whitney", tuple((main, ranks.MANN_WHITNEY) for main in _NUMBERS), of_model=False),
    Pair("proportional-odds", ((regressions.PROPORTIONAL_ODDS, regressions.PROPORTIONAL_ODDS),), of_model=False),
    Pair("fisher", ((tables.CHI_SQUARE, tables.FISHER),), of_model=False),
    Pair("log-rank", ((times.LOG_RANK, times.LOG_RANK),), of_model=False),
    Pair("chi-square", ((tables.CHI_SQUARE, tables.CHI_SQUARE),), of_model=False),
)

PAIR: Final = {pair.name: pair for pair in PAIRS}

#: The test of two arms that pairs use, by their name and that of the test of all arms before them.
PAIR_TEST: Final = {(pair.name, main.name): run for pair in PAIRS for main, run in pair.after}
