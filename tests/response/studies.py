"""Small studies of one outcome or two, and what it takes to judge them without the code under test.

Draws are made again here with numpy's Philox and scipy's quantiles, so an outcome's values can be compared one by one
with a formula written out in a test. Where a comparison is statistical, it allows 5 standard errors: a false alarm
of 6e-7 for each number that is compared (tests/budget.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from trialsim import study as studies
from trialsim.cohort import Cohort
from trialsim.scenario import loads

Floats = NDArray[np.float64]

#: Standard errors allowed: two-sided 5.7e-7.
Z = 5.0
SEED = 7
MINUTE, HOUR = 60, 3600


def flat(
    outcomes: Mapping[str, Any],
    *,
    visits: Sequence[str] = ("pre", "post"),
    arms: Sequence[str] = ("control", "treated"),
    enroll: int = 500,
    **more: Any,
) -> str:
    """A study without a ward, its visits a week apart, ``enroll`` in each arm."""
    return written({"visits": {visit: f"{7 * i} d" for i, visit in enumerate(visits)}}, outcomes, arms, enroll, more)


def ward(
    outcomes: Mapping[str, Any],
    protocol: Sequence[Mapping[str, Any]],
    *,
    arms: Sequence[str] = ("control", "treated"),
    enroll: int = 200,
    resources: Mapping[str, Any] | None = None,
    patients: Mapping[str, Any] | None = None,
    **more: Any,
) -> str:
    """A study on a ward that is open all day, a patient every hour."""
    setting = {
        "starts": "2026-01-05",
        "patients": {"arrive": {"every": "1 h"}, "consent": "100 %", **(patients or {})},
        "resources": resources or {},
        **more.pop("setting", {}),
    }
    return written({"setting": setting, "protocol": protocol}, outcomes, arms, enroll, more)


def written(
    body: Mapping[str, Any], outcomes: Mapping[str, Any], arms: Sequence[str], enroll: int, more: Mapping[str, Any]
) -> str:
    """The study as a scenario text (JSON is YAML)."""
    first = next(iter(outcomes))
    visit = outcomes[first]["visits"][-1]
    test = {"test": "kruskal-wallis"} if len(arms) > 1 else {"test": "one-sample-t", "null": 1}
    if outcomes[first].get("distribution") == "binary":
        test = {"test": "chi-square"}
    design = {"arms": {arm: arm for arm in arms}, "enroll": {"each arm": enroll}} | more.get("design", {})
    plain = {
        "trialsim": 1,
        "name": "small",
        "title": "A small study",
        "analyses": {"main": {"outcome": first, "visit": visit, **test}},
        "primary": "main",
        **body,
        "outcomes": outcomes,
        **more,
        "design": design,
    }
    return json.dumps(plain)


@cache
def prepared(text: str) -> studies.Study:
    """The study of a text, planned once."""
    return studies.prepare(loads(text))


def played(text: str, replicates: int | range = 100, **how: Any) -> Cohort:
    """A batch of its trials; under the declared twin only, unless ``twins`` says otherwise."""
    which = replicates if isinstance(replicates, range) else range(replicates)
    return studies.simulate(prepared(text), which, **{"seed": SEED, "twins": ("declared",)} | how)


def values(cohort: Cohort, outcome: str, visit: str, twin: str = "declared") -> Floats:
    """(R, N) measured values."""
    column = cohort.response_plan.point_index(outcome, visit)
    return cohort.measurements.values[cohort.measurements.twins.index(twin), :, :, column]


def status(cohort: Cohort, outcome: str, visit: str, twin: str = "declared") -> NDArray[np.str_]:
    """(R, N) why a value is missing, in words."""
    column = cohort.response_plan.point_index(outcome, visit)
    codes = cohort.measurements.reason[cohort.measurements.twins.index(twin), :, :, column]
    return np.array(cohort.response_plan.reasons)[codes]


def activity(cohort: Cohort, name: str) -> NDArray[np.int64]:
    """(R, N, 9) what happened to an activity of the protocol."""
    assert cohort.program is not None
    assert cohort.trace is not None
    place = [one.name for one in cohort.program.activities].index(name)
    return np.asarray(cohort.trace.activities[:, :, place])


def tick(cohort: Cohort, visit: str) -> NDArray[np.int64]:
    """(R, N) when a visit took place."""
    assert cohort.program is not None
    assert cohort.trace is not None
    return np.asarray(cohort.trace.visits[:, :, cohort.program.visits.index(visit), 0])


# ---------------------------------------------------------------- the draws again, by numpy and scipy


def uniform(name: str, shape: tuple[int, int], *, first: int = 0, seed: int = SEED, k: int = 0) -> Floats:
    """(R, N) uniform draws of a stream, by numpy's Philox; it raises its counter before it generates."""
    key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
    found = np.empty(shape)
    for r in range(shape[0]):
        counter = (k << 64) | ((first + r) << 128)
        before = (counter - 1) % 2**256
        words = np.random.Philox(counter=before, key=seed | key << 64).random_raw(shape[1])
        found[r] = ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return found


def normal(name: str, shape: tuple[int, int], **how: Any) -> Floats:
    """(R, N) standard normal draws of a stream, by scipy's quantiles."""
    return np.asarray(stats.norm.ppf(uniform(name, shape, **how)))


# ---------------------------------------------------------------- judgments


def same_mean(sample: Floats, exact: float, sd: float | None = None) -> bool:
    """Whether independent values have this mean; ``sd`` is theirs, where it is known."""
    spread = float(np.std(sample, ddof=1)) if sd is None else sd
    return bool(abs(float(np.mean(sample)) - exact) <= Z * spread / np.sqrt(sample.size))


def same_share(hits: NDArray[np.bool_], exact: float) -> bool:
    """Whether independent events have this chance."""
    return same_mean(hits.astype(float), exact, sd=np.sqrt(exact * (1 - exact)))


def same_distribution(sample: Floats, distribution: Any) -> bool:
    """Whether independent values follow a distribution of scipy (Kolmogorov and Smirnov)."""
    return bool(stats.kstest(sample.ravel(), distribution.cdf).pvalue > 5.7e-7)


def same_correlation(x: Floats, y: Floats, exact: float) -> bool:
    """Whether independent pairs have this correlation, by Fisher's z; for normal values."""
    r = float(np.corrcoef(x.ravel(), y.ravel())[0, 1])
    return bool(abs(np.arctanh(r) - np.arctanh(exact)) <= Z / np.sqrt(x.size - 3))
