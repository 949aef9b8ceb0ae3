"""The log of everybody who came agrees with the counts of the trial and with who was enrolled."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from trialsim.conduct import COUNTS, conduct, plan_conduct
from trialsim.conduct.screening import screening_log

WARDS = {
    "all enrolled": {
        "patients": "arrive: {every: 9 h}, consent: 60 %, exclusions: {ill: 20 %, language: 10 %}, ask: {for: 30 h},"
        " leave: {after: {mean: 3 d, sd: 2 d}, reason: discharge}",
        "sites": "north: 30 %, south: 70 %",
    },
    "not in time": {"patients": "arrive: {every: 2 d}, consent: 60 %, ask: {for: 3 d}", "within": "20 d"},
    "asked together": {
        "patients": "arrive: {every: 1 h}, consent: 50 %, ask: {until: Mon 00:00-01:00}",
        "enroll": "in all: 60",
    },
}


@pytest.mark.parametrize("name", WARDS)
def test_rows_add_up_to_the_counts(name, small):
    plan = plan_conduct(small(**WARDS[name]))
    entries = conduct(plan, seed=7, replicates=range(4, 12))
    for index, replicate in enumerate(range(4, 12)):
        log = screening_log(plan, entries, index, seed=7, replicate=replicate)
        counted = Counter(one.became for one in log)
        assert len(log) == entries.counts[index, 0]
        for place, became in enumerate((*COUNTS, *plan.exclusions)):
            if place:
                assert counted[became] == entries.counts[index, place], (replicate, became)
        assert [one.number for one in log] == list(range(1, len(log) + 1))


@pytest.mark.parametrize("name", WARDS)
def test_who_was_enrolled_has_the_times_of_the_trial(name, small):
    plan = plan_conduct(small(**WARDS[name]))
    entries = conduct(plan, seed=7, replicates=range(4, 5))
    log = screening_log(plan, entries, 0, seed=7, replicate=4)
    enrolled = {one.participant: one for one in log if one.participant}
    people = np.flatnonzero(entries.entry[0] >= 0)
    assert sorted(enrolled) == [n + 1 for n in people]
    for n in people:
        one = enrolled[n + 1]
        times = (one.came, one.asked, one.site, one.became)
        assert times == (entries.arrival[0, n], entries.entry[0, n], entries.site[0, n], "enrolled")
    for one in log:
        assert (one.asked >= 0) == (one.became in ("enrolled", "declined"))
    others = screening_log(plan, entries, 0, seed=7, replicate=5)  # the planted fault: another replicate's patients
    assert {one.came for one in others} != {one.came for one in log}


def test_without_a_ward_nobody_is_screened(small):
    plan = plan_conduct(small(None))
    assert screening_log(plan, conduct(plan, seed=1, replicates=range(1)), 0, seed=1, replicate=0) == []
