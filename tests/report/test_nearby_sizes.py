"""Sizes extended from one power, against noncentral distributions of SciPy."""

from __future__ import annotations

import pytest
from scipy import stats

from trialsim.report.nearby_sizes import noncentrality, power_at


@pytest.mark.parametrize("df", [1, 2, 4])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("power", [0.2, 0.5, 0.8, 0.95])
def test_the_noncentrality_has_its_power(df: int, alpha: float, power: float) -> None:
    found = noncentrality(power, alpha, df=df, two_sided=True)
    assert stats.ncx2.sf(stats.chi2.isf(alpha, df), df, found) == pytest.approx(power, abs=1e-7)


def test_a_one_sided_test_has_the_power_of_the_normal() -> None:
    found = noncentrality(0.8, 0.025, df=1, two_sided=False)
    assert stats.norm.sf(stats.norm.isf(0.025) - found**0.5) == pytest.approx(0.8, abs=1e-9)
    assert noncentrality(0.01, 0.025, df=1, two_sided=False) == 0.0


@pytest.mark.parametrize(("df", "two_sided"), [(1, True), (2, True), (1, False)])
def test_the_same_size_has_the_same_power_and_more_has_more(df: int, two_sided: bool) -> None:
    powers = [power_at(share, 0.7, 0.05, df=df, two_sided=two_sided) for share in (0.5, 1.0, 2.0)]
    assert powers[1] == pytest.approx(0.7, abs=1e-7)
    assert powers[0] < 0.7 < powers[2]
