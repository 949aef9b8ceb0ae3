"""Practitioners and sites: the share of variance they have, and that the total stays.

The ANOVA estimator pooled over trials; its error comes from a jackknife over 40 groups of trials. Allowing 5.2 of these
errors is a false alarm of about 1e-5 with 39 degrees of freedom.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.response.studies import normal, played, prepared, same_correlation, same_share, uniform, values, ward
from trialsim import response
from trialsim.protocol.columns import SHIFT_BITS, UNIT_BITS, V_SERVED

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
GROUPS, ALLOWED = 40, 5.2
STEPS = [{"wait": {"for": "1 d"}}, {"activity": "care", "lasts": "10 min", "needs": ["nurse"]}, {"visit": "post"}]
HOLD = [
    {"wait": {"for": "1 d"}},
    {"hold": ["nurse"], "steps": [{"activity": "care", "lasts": "10 min"}, {"visit": "post"}]},
]
SITES = {f"site {i}": "10 %" for i in range(1, 11)}


def outcome(**more: Any) -> dict[str, Any]:
    return {"distribution": "normal", "visits": ["post"], "level": {"mean": 0, "sd": 1}, **more}


def sums(y: Floats, cluster: Ints) -> tuple[float, float, float, float, float]:
    """Between and within sums of squares of one trial, their degrees of freedom, and N - sum n^2 / N."""
    labels, place, n = np.unique(cluster, return_inverse=True, return_counts=True)
    mean = np.bincount(place, y) / n
    between = float(n @ (mean - y.mean()) ** 2)
    within = float(((y - mean[place]) ** 2).sum())
    return between, within, len(labels) - 1, len(y) - len(labels), len(y) - float(n @ n) / len(y)


def anova_icc(totals: Floats) -> tuple[float, float]:
    """ICC and total variance by moments, of summed trials."""
    between, within, df_between, df_within, size = totals
    error = within / df_within
    cluster = (between - df_between * error) / size
    return cluster / (cluster + error), cluster + error


def estimated(y: Floats, cluster: Ints) -> tuple[tuple[float, float], tuple[float, float]]:
    """(ICC, its error), (total variance, its error) of (R, N) values."""
    each = np.array([sums(a, b) for a, b in zip(y, cluster, strict=True)])
    parts = np.array([part.sum(axis=0) for part in np.array_split(each, GROUPS)])
    whole = parts.sum(axis=0)
    left_out = np.array([anova_icc(whole - part) for part in parts])
    error = np.sqrt((GROUPS - 1) * left_out.var(axis=0))
    icc, total = anova_icc(whole)
    return (icc, float(error[0])), (total, float(error[1]))


def recovers(y: Floats, cluster: Ints, icc: float) -> bool:
    (found, error), (total, its_error) = estimated(y, cluster)
    return abs(found - icc) < ALLOWED * error and abs(total - 1) < ALLOWED * its_error


def people(holder: Ints, units: int, count: int) -> Ints:
    """Who was at the bedside: the place of the unit in a shuffled list, drawn again in plain Python."""
    found = np.full(holder.shape, -1)
    for r, n in zip(*np.nonzero(holder >= 0), strict=True):
        shift = int(holder[r, n] >> UNIT_BITS) & ((1 << (SHIFT_BITS - UNIT_BITS)) - 1)
        unit = int(holder[r, n]) & ((1 << UNIT_BITS) - 1)
        order = list(range(count))
        u = uniform("people/nurse", (1, units), first=int(r), k=shift)[0]
        for place in range(unit + 1):
            other = place + int(u[place] * (count - place))
            order[place], order[other] = order[other], order[place]
        found[r, n] = order[unit]
    return found


NURSES = {"nurse": {"units": 2, "people": 6, "hours": "daily 00:00-12:00; daily 12:00-24:00"}}


def holders(cohort: Any) -> Ints:
    return np.asarray(cohort.trace.visits[:, :, 0, V_SERVED])


@pytest.mark.parametrize("icc", [0.05, 0.3])
def test_sites_share_the_declared_part_of_the_variance(icc: float) -> None:
    cohort = played(
        ward({"y": outcome(icc={"site": icc})}, [{"visit": "post"}], enroll=100, setting={"sites": SITES}), 400
    )
    y, site = values(cohort, "y", "post"), cohort.entries.site
    assert len(np.unique(site)) == 10
    assert recovers(y, site, icc)
    assert not recovers(y, site, icc + 0.1)  # planted fault


def test_practitioners_share_the_declared_part_of_the_variance() -> None:
    cohort = played(ward({"y": outcome(icc={"practitioner": 0.2})}, HOLD, enroll=25, resources=NURSES), 240)
    y = values(cohort, "y", "post")
    who = people(holders(cohort), 2, 6)
    assert set(np.unique(who)) == set(range(6))
    assert recovers(y, who, 0.2)
    # the planted fault: units are not people, for people rotate over them
    unit = holders(cohort) & ((1 << UNIT_BITS) - 1)
    assert not recovers(y, unit, 0.2)


def test_each_value_holds_the_effect_of_its_person_and_site() -> None:
    """One by one: sqrt(.2) person + sqrt(.1) site + sqrt(.7) own."""
    told = {"y": outcome(icc={"practitioner": 0.2, "site": 0.1})}
    cohort = played(
        ward(told, HOLD, enroll=20, resources={"nurse": {"units": 1, "people": 4}}, setting={"sites": SITES}), 5
    )
    shape = cohort.entries.arm.shape
    z = normal("response/y/post", shape)
    site = np.take_along_axis(normal("site effect/y", (shape[0], 10)), cohort.entries.site.astype(int), axis=1)
    # each site has its own nurses, so a resource is a site's
    expected = np.empty(shape)
    assert cohort.program is not None
    holder = holders(cohort)
    for r, n in np.ndindex(shape):
        resource = int(holder[r, n] >> SHIFT_BITS)
        name = cohort.program.resources[resource].name
        shift = int(holder[r, n] >> UNIT_BITS) & ((1 << (SHIFT_BITS - UNIT_BITS)) - 1)
        u = uniform(f"people/{name}", (1, 1), first=r, k=shift)[0, 0]
        person = int(u * 4)
        effect = normal(f"practitioner/{name}/y", (1, 4), first=r)[0, person]
        expected[r, n] = math.sqrt(0.2) * effect + math.sqrt(0.1) * site[r, n] + math.sqrt(0.7) * z[r, n]
    np.testing.assert_allclose(values(cohort, "y", "post"), expected, atol=1e-9)


def test_before_contact_there_is_no_practitioner() -> None:
    """z = sqrt(icc_s) v + sqrt(1 - icc_s) own: the practitioner's share stays with the own part."""
    told = {"y": outcome(icc={"practitioner": 0.2, "site": 0.1})}
    cohort = played(ward(told, [{"visit": "post"}], resources=NURSES, setting={"sites": SITES}), 20)
    assert (holders(cohort) < 0).all()
    shape = cohort.entries.arm.shape
    site = np.take_along_axis(normal("site effect/y", (shape[0], 10)), cohort.entries.site.astype(int), axis=1)
    expected = math.sqrt(0.1) * site + math.sqrt(0.9) * normal("response/y/post", shape)
    np.testing.assert_allclose(values(cohort, "y", "post"), expected, atol=1e-9)


def test_who_served_last_counts_after_a_wait_and_in_the_next_session() -> None:
    """The same people, and the same values: what comes after the last contact changes neither."""
    told = {"y": outcome(icc={"practitioner": 0.2})}
    cohort = played(ward(told, STEPS, enroll=20, resources=NURSES), 20)
    assert (holders(cohort) >= 0).all()
    later = [*STEPS[:2], {"wait": {"for": "1 h"}}, {"wait": {"until": "daily 08:00-09:00"}}, STEPS[2]]
    after = played(ward(told, later, enroll=20, resources=NURSES), 20)
    assert (holders(after) == holders(cohort)).all()
    np.testing.assert_array_equal(values(after, "y", "post"), values(cohort, "y", "post"))


def test_shares_of_scores_stay_with_sites() -> None:
    """Thresholds hold for the total: in the mean over 4,000 site effects the declared share, and they cluster."""
    scored = {
        "distribution": "ordinal", "categories": [0, 1, 2], "visits": ["post"], "level": {"shares": [0.5, 0.3, 0.2]},
        "icc": {"site": 0.3},
    }  # fmt: skip
    cohort = played(ward({"y": scored}, [{"visit": "post"}], enroll=5, setting={"sites": SITES}), 4000)
    first = values(cohort, "y", "post")[:, 0]  # one of each trial: independent
    for score, share in enumerate([0.5, 0.3, 0.2]):
        assert same_share(first == score, share)


def test_visits_of_one_participant_at_one_site_correlate_more_than_their_own_parts() -> None:
    """(1 - icc) rho + icc, among the first participants of 4,000 trials."""
    told = outcome(icc={"site": 0.3}, correlation={"within_session": 0.5}, visits=["pre", "post"])
    cohort = played(ward({"y": told}, [{"visit": "pre"}, {"visit": "post"}], enroll=5, setting={"sites": SITES}), 4000)
    first, second = (values(cohort, "y", visit)[:, 0] for visit in ("pre", "post"))
    assert same_correlation(first, second, 0.7 * 0.5 + 0.3)
    assert not same_correlation(first, second, 0.5)


def test_a_forgotten_share_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault in the code: the site's effect is added twice."""
    once = response.mix_site
    monkeypatch.setattr(response, "mix_site", lambda *told: (once(*told), once(*told)))
    text = ward({"y": outcome(icc={"site": 0.3})}, [{"visit": "post"}], enroll=100, setting={"sites": SITES})
    cohort = played(text, 200)
    assert not recovers(values(cohort, "y", "post"), cohort.entries.site, 0.3)


def test_rotation_gives_everybody_the_same_share_of_work() -> None:
    """Six people over one unit: a uniform choice in each shift."""
    one = {"nurse": NURSES["nurse"] | {"units": 1}}
    cohort = played(ward({"y": outcome(icc={"practitioner": 0.2})}, HOLD, enroll=2, resources=one), 600)
    who = people(holders(cohort)[:, :1], 1, 6)[:, 0]
    for person in range(6):
        assert same_share(who == person, 1 / 6)


@pytest.mark.parametrize(
    ("nurse", "warned"),
    [
        ({"units": 1, "people": 4}, True),
        ({"units": 2, "people": 2}, False),
        ({"units": 1, "people": 4, "hours": "daily 07:00-19:00"}, False),
    ],
)
def test_people_who_never_change_shifts_are_named(nurse: dict[str, object], warned: bool) -> None:
    outcome = {
        "distribution": "normal",
        "visits": ["post"],
        "level": {"mean": 0, "sd": 1},
        "icc": {"practitioner": 0.1},
    }
    steps = [{"hold": ["nurse"], "steps": [{"activity": "talk", "lasts": "5 min"}, {"visit": "post"}]}]
    told = prepared(ward({"y": outcome}, steps, resources={"nurse": nurse})).response.warnings
    assert any("its shift never ends" in one for one in told) is warned
