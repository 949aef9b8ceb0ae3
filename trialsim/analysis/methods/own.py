"""The user's own function on the table of each replicate, one call a replicate and twin.

It returns a map of numbers: ``estimate``, ``se``, ``df``, ``statistic``, ``p``, ``low``, ``high``; what is missing is left out. A
function that raises or returns something else is a status of its row, and the first of these is remembered in words. Without
``p`` it is not known whether a trial rejects, so it does not count for the power.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.own import RESULTS, OwnAnalysis
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import BAD_RESULT, OK, RAISED, Rows, make_rows
from trialsim.errors import RunError
from trialsim.quantities.letters import harmless
from trialsim.response.plan import ResponsePlan
from trialsim.scenario.code import ALLOW

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

#: The longest message of an error that is shown.
LONGEST = 300


def frames(data: Extraction, call: PlannedAnalysis, own: OwnAnalysis, arms: Sequence[int]) -> Iterator[pd.DataFrame]:
    """The table of each twin and replicate, twins first: one row a participant, outcome and visit.

    Columns are participant, arm, site (if there are several), the covariates, outcome, visit, value (NaN if missing), and
    where a study has them time_at_risk and censored. ``attrs`` hold ``replicate`` and ``seed``.
    """
    import pandas as pd

    trial = data.data
    twins, replicates, _, points = trial.values.shape
    counted = data.counted(call.choice) & (np.isin(data.arm, arms) if len(arms) else data.arm >= 0)
    names = np.array(own.arms, dtype=object)
    outcomes, visits = (np.array([point[i] for point in own.points], dtype=object) for i in range(2))
    for row in range(twins * replicates):
        t, r = divmod(row, replicates)
        who = np.flatnonzero(counted[row])
        people: dict[str, NDArray[np.generic]] = {"participant": who + 1, "arm": names[trial.arm[r, who]]}
        if len(own.sites) > 1:
            people["site"] = np.array(own.sites, dtype=object)[trial.site[r, who]]
        for c, (name, categories) in enumerate(own.covariates):
            values = trial.covariates[r, who, c]
            people[name] = np.array(categories, dtype=object)[values.astype(np.int64)] if categories else values
        columns = {name: np.repeat(values, points) for name, values in people.items()}
        columns |= {"outcome": np.tile(outcomes, len(who)), "visit": np.tile(visits, len(who))}
        columns["value"] = trial.values[t, r, who].ravel()
        if trial.at_risk is not None:
            columns["time_at_risk"] = trial.at_risk[r, who].ravel()
        if own.marks and trial.censored is not None:
            columns["censored"] = trial.censored[t, r, who].ravel()
        frame = pd.DataFrame(columns)
        number = trial.replicates[r]
        frame.attrs |= {"replicate": number, "seed": own.seed(trial.seed, number)}
        yield frame


def _raised(error: Exception, own: OwnAnalysis) -> str:
    """What a function raised, and in which line of its file; in one line of text."""
    file = own.called.rpartition(":")[0]
    lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == file]
    where = f" ({file}, line {lines[-1]})" if lines else ""
    text = harmless(" ".join(str(error).split()))
    return f"the function raised {type(error).__name__}: {text[:LONGEST]}{where}"


def fault_of(found: object) -> str:
    """What is wrong with what a function returned; empty if nothing is.

    >>> fault_of({"estimate": 1.2, "p": 0.03}), fault_of({"pvalue": 0.03})
    ('', "the function returned 'pvalue', which is none of estimate, se, df, statistic, p, low, high")
    """
    if not isinstance(found, Mapping):
        return f"the function returned {type(found).__name__} and not a map of numbers"
    for key, value in found.items():
        if key not in RESULTS:
            return f"the function returned {str(key)[:40]!r}, which is none of {', '.join(RESULTS)}"
        if value is not None and not _is_number(value):
            return f"the function returned {key} = {str(value)[:40]!r}, which is not a number"
    numbers = _numbers(found)
    for key in ("estimate", "se", "df", "statistic", "p"):
        if math.isinf(numbers[key]):
            return f"the function returned {key} = {numbers[key]}"
    if numbers["p"] < 0 or numbers["p"] > 1:
        return f"the function returned p = {numbers['p']:g}, which is not between 0 and 1"
    if numbers["se"] < 0:
        return f"the function returned se = {numbers['se']:g}, below 0"
    if numbers["low"] > numbers["high"]:
        return f"the function returned an interval from {numbers['low']:g} to {numbers['high']:g}"
    return "the function returned no number" if all(math.isnan(one) for one in numbers.values()) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _numbers(found: Mapping[object, object]) -> dict[str, float]:
    values = {key: found.get(key) for key in RESULTS}
    return {key: float(value) if isinstance(value, Real) else math.nan for key, value in values.items()}


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    own = call.own
    if own is None:
        message = f"'{call.name}' is Python code of the study, and it is not allowed to run here."
        raise RunError(message, code="TS-R080", remedy=ALLOW)
    replicates = data.data.replicates
    chosen = tuple(own.arms[arm] for arm in (arms or range(len(own.arms))))
    rows = data.arm.shape[0]
    numbers = {key: np.full(rows, np.nan) for key in RESULTS}
    status = np.full(rows, OK, dtype=np.int8)
    for row, frame in enumerate(frames(data, call, own, arms)):
        twin, r = divmod(row, len(replicates))
        try:
            found = own.function(frame, chosen)
        except Exception as error:  # whatever the code of the user raises
            status[row] = RAISED
            own.failures.add(replicates[r], twin, _raised(error, own))
            continue
        if fault := fault_of(found):
            status[row] = BAD_RESULT
            own.failures.add(replicates[r], twin, fault)
            continue
        assert isinstance(found, Mapping)  # what is none is a fault
        for key, value in _numbers(found).items():
            numbers[key][row] = value
    values = data.chosen(call.endpoint, call.choice)
    n = (np.isfinite(values) & (np.isin(data.arm, arms) if len(arms) else data.arm >= 0)).sum(axis=1)
    statistic, p = numbers.pop("statistic"), numbers.pop("p")
    return make_rows(statistic, p, n=n, status=status, **numbers)


def unknown_truth(call: PlannedAnalysis, _response: ResponsePlan) -> str:
    """What a function estimates is not known."""
    return (
        f"{call.name}: the analysis is Python code of your own. Which effect it estimates is not known, so there is neither a "
        "true effect nor bias nor coverage; its power and its rejections without effects are simulated as always."
    )


_REASON = "The analysis is the user's own function."

METHODS: Methods = {
    ("python", "one"): Method(_run, NoClosedForm(_REASON), None, (unknown_truth,)),
    ("python", "two"): Method(_run, NoClosedForm(_REASON), None, (unknown_truth,)),
}
