"""One number of the values of several visits: their mean, their largest, a slope, an area under the curve."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds import designs

Floats = NDArray[np.float64]

#: From values (..., V), NaN where missing, and times [h] (V,) or (..., V) to one number (...).
SummaryOfVisits = Callable[[Floats, Floats], Floats]


def summarize(values: Floats, times: Floats, *, by: str, available: bool, realized: bool) -> Floats:
    """The summary ``by`` of values (..., V) at ``times`` [h] (V,) or (..., V); NaN where it is missing.

    A missing visit makes it missing, unless ``available`` visits are enough. With ``realized`` times an area is divided by the
    time between the first and the last visit: a longer session is not an effect.

    Examples
    --------
    >>> values, minutes = np.array([10.0, 14.0, 9.0, 8.0]), np.array([0, 15, 45, 60])
    >>> [float(summarize(values, minutes, by=by, available=False, realized=False)) for by in ("auc-ground", "auc-increase")]
    [652.5, 52.5]
    """
    summary = designs.VISIT_SUMMARY[by]
    missing = np.isnan(values)
    with np.errstate(all="ignore"):
        found = SUMMARIES[by](values, times)
        if summary.timed and realized and not summary.available:
            found = found / (times[..., -1] - times[..., 0])
    enough = (~missing).sum(axis=-1) >= min(summary.fewest, 1 if not summary.timed else 2)
    return np.where(enough if available else ~missing.any(axis=-1), found, np.nan)


def _mean(values: Floats, _times: Floats) -> Floats:
    there = ~np.isnan(values)
    return np.asarray(np.where(there, values, 0.0).sum(axis=-1) / there.sum(axis=-1))


def _max(values: Floats, _times: Floats) -> Floats:
    return np.asarray(np.fmax.reduce(values, axis=-1))


def _min(values: Floats, _times: Floats) -> Floats:
    return np.asarray(np.fmin.reduce(values, axis=-1))


def _last(values: Floats, _times: Floats) -> Floats:
    found = values[..., 0]
    for visit in range(1, values.shape[-1]):
        found = np.where(np.isnan(values[..., visit]), found, values[..., visit])
    return found


def _count(values: Floats, _times: Floats) -> Floats:
    return np.asarray(np.where(np.isnan(values), 0.0, values).sum(axis=-1))


def _slope(values: Floats, times: Floats) -> Floats:
    """Least squares over the visits that are there."""
    there = ~np.isnan(values)
    n = there.sum(axis=-1, keepdims=True)
    y, t = np.where(there, values, 0.0), np.where(there, times, 0.0)
    away = np.where(there, times - t.sum(axis=-1, keepdims=True) / n, 0.0)
    return np.asarray((away * y).sum(axis=-1) / (away**2).sum(axis=-1))


def _ground(values: Floats, times: Floats) -> Floats:
    """Trapezoids from 0.

    References
    ----------
    Pruessner et al. 2003, doi:10.1016/S0306-4530(02)00108-7, formula 2 (with respect to ground).
    """
    gaps = np.diff(times, axis=-1)
    return np.asarray((0.5 * (values[..., 1:] + values[..., :-1]) * gaps).sum(axis=-1))


def _increase(values: Floats, times: Floats) -> Floats:
    """The area from ground less that of the first value throughout (the same paper, formula 5)."""
    return np.asarray(_ground(values, times) - values[..., 0] * (times[..., -1] - times[..., 0]))


#: By name.
SUMMARIES: dict[str, SummaryOfVisits] = {
    designs.VISIT_MEAN.name: _mean,
    designs.VISIT_MAX.name: _max,
    designs.VISIT_MIN.name: _min,
    designs.VISIT_LAST.name: _last,
    designs.VISIT_COUNT.name: _count,
    designs.VISIT_ANY.name: _max,
    designs.VISIT_SLOPE.name: _slope,
    designs.AREA_FROM_GROUND.name: _ground,
    designs.AREA_OF_INCREASE.name: _increase,
}


def weights(by: str, times: Floats) -> Floats:
    """(V,) the weights of a summary that is a weighted sum of the values, at planned ``times`` (V,) [h].

    Raises
    ------
    ValueError : the summary is not a weighted sum
    """
    if not designs.VISIT_SUMMARY[by].linear:
        raise ValueError(f"the {by} of several visits is not a weighted sum of their values")
    return SUMMARIES[by](np.eye(len(times)), times)
