"""Noncentral tails and probabilities of counts against scipy.stats."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis import noncentral as own


def test_tail_of_t() -> None:
    for df, at in product([1, 1.5, 3, 10, 58, 193, 1e3, 1e5], [1.6, 1.96, 4, 12.7]):
        shifts = np.array([-6, -1, 0, 0.5, 2, 3.3, 12, 30.0])
        np.testing.assert_allclose(
            own.noncentral_t_upper(at, df, shifts), stats.nct.sf(at, df, shifts), rtol=0, atol=1e-12
        )


def test_tails_of_chi_square_and_f() -> None:
    for df, shift, at in product([1, 2, 7, 20], [1e-6, 0.1, 5, 100, 1e3], [2, 8, 30, 100, 1000]):
        assert own.noncentral_chi_square_upper(at, df, shift) == pytest.approx(
            stats.ncx2.sf(at, df, shift), rel=0, abs=1e-12
        )
        for within in (2, 58, 1e4):
            assert own.noncentral_f_upper(at, df, within, shift) == pytest.approx(
                stats.ncf.sf(at, df, within, shift), rel=0, abs=1e-12
            )


def test_a_shift_beyond_every_critical_value_is_certain() -> None:
    assert own.noncentral_chi_square_upper(6.0, 2, 1e12) == 1.0
    assert own.noncentral_f_upper(3.0, 2, 60, float("inf")) == 1.0
    assert own.noncentral_t_upper(2.0, 60, 1e12) == pytest.approx(1.0, rel=0, abs=1e-12)


def test_probabilities_of_counts() -> None:
    for n, share in product([0, 1, 20, 2000], [0.0, 1e-3, 0.3, 1.0]):
        count = np.arange(n + 1)
        np.testing.assert_allclose(
            own.binomial(count, n, share), stats.binom.pmf(count, n, share), rtol=1e-10, atol=1e-300
        )
    for na, nb, drawn in [(3, 4, 2), (50, 40, 30), (1000, 900, 950)]:
        count = np.arange(max(0, drawn - nb), min(na, drawn) + 1)
        np.testing.assert_allclose(
            own.hypergeometric(count, na, nb, drawn),
            stats.hypergeom.pmf(count, na + nb, na, drawn),
            rtol=1e-10,
            atol=1e-300,
        )
