"""Chances of go and stop by formula: printed values, other forms of the same laws, and what has no formula."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from trialsim.evaluate.progression_exact import FORMS, TrueValue, at_least, go_and_stop
from trialsim.kinds.progression import CONSENT, DELIVERED, ELIGIBLE, ENROLLED, MEASURED
from trialsim.quantities.read import read_limit
from trialsim.scenario.model import Criterion


def test_go_80_stop_60_of_13() -> None:
    """Computed from the binomial law: stop at truth 80 % .0300, go at truth 60 % .0579, go at truth 80 % .5017."""
    one = Criterion(measure="measured", go=read_limit("80 %"), stop=read_limit("60 %"))
    at_go, at_stop = (go_and_stop(one, TrueValue(value, 13, 1.0)) for value in (0.8, 0.6))
    assert at_go is not None
    assert at_stop is not None
    assert (round(at_go[0], 4), round(at_go[1], 4), round(at_stop[0], 4)) == (0.5017, 0.0300, 0.0579)


@pytest.mark.parametrize(("n", "limit", "truth"), [(10, 0.7, 0.7), (24, 0.5, 0.42), (3, 0.9, 0.95)])
def test_consent_is_a_number_of_refusals(n: int, limit: float, truth: float) -> None:
    refusals = math.floor(n / limit + 1e-9) - n
    assert at_least(CONSENT, limit, TrueValue(truth, n, 1.0)) == pytest.approx(stats.nbinom.cdf(refusals, n, truth))


@pytest.mark.parametrize(("n", "limit", "truth"), [(10, 3.5, 3.5), (30, 2.0, 3.0)])
def test_enrollment_is_a_count_of_a_poisson_process(n: int, limit: float, truth: float) -> None:
    months = (n - 1) / limit
    assert at_least(ENROLLED, limit, TrueValue(truth, n, 1.0)) == pytest.approx(stats.poisson.sf(n - 2, truth * months))


@pytest.mark.parametrize(("n", "limit", "truth", "consent"), [(5, 0.8, 0.8, 0.7), (12, 0.6, 0.75, 0.4)])
def test_eligible_patient_by_patient(n: int, limit: float, truth: float, consent: float) -> None:
    """Every patient is excluded, declines, or is the next of n: the chances of all numbers, patient by patient."""
    now, total = {(0, 0): 1.0}, 0.0  # (enrolled, excluded) of so many patients, and of those who declined what remains
    for patients in range(1, 400):
        later: dict[tuple[int, int], float] = {}
        for (enrolled, excluded), chance in now.items():
            asked = patients - 1 - excluded
            if enrolled + 1 == n and (asked + 1) / patients >= limit - 1e-12:
                total += chance * truth * consent
            if enrolled + 1 < n:
                later[enrolled + 1, excluded] = later.get((enrolled + 1, excluded), 0.0) + chance * truth * consent
            later[enrolled, excluded + 1] = later.get((enrolled, excluded + 1), 0.0) + chance * (1 - truth)
            later[enrolled, excluded] = later.get((enrolled, excluded), 0.0) + chance * truth * (1 - consent)
        now = {key: chance for key, chance in later.items() if chance > 1e-15}
    assert at_least(ELIGIBLE, limit, TrueValue(truth, n, consent)) == pytest.approx(total, abs=1e-9)


def test_what_the_ward_alone_decides_has_no_formula() -> None:
    assert at_least(DELIVERED, 0.8, TrueValue(0.8, 20, 1.0)) is None
    assert set(FORMS) == {MEASURED, CONSENT, ELIGIBLE, ENROLLED}
