"""From draws and predictor to measured values: compiled loops over (R, N)."""

from __future__ import annotations

import math

import numpy as np

from trialsim.compiled import kernel
from trialsim.draws import uniform
from trialsim.normal import ndtr, ndtri
from trialsim.protocol.columns import SHIFT_BITS, UNIT_BITS
from trialsim.response.scales import LOGNORMAL, ORDINAL


@kernel
def normal_quantiles(values):  # type: ignore[no-untyped-def]
    """Turn uniform (R, N) into standard normal values in place."""
    for r in range(values.shape[0]):
        for n in range(values.shape[1]):
            values[r, n] = ndtri(values[r, n])


@kernel
def correlate(factor, z):  # type: ignore[no-untyped-def]
    """Give independent normals (D, R, N) the correlation of a lower Cholesky factor, in place."""
    size, replicates, participants = z.shape
    for r in range(replicates):
        for d in range(size - 1, -1, -1):
            row = z[d, r]
            for n in range(participants):
                row[n] *= factor[d, d]
            for j in range(d):
                weight = factor[d, j]
                if weight != 0.0:
                    other = z[j, r]
                    for n in range(participants):
                        row[n] += weight * other[n]


@kernel
def mix_practitioner(  # type: ignore[no-untyped-def]
    weight, holder, units_people, people_streams, effect_streams, own_stream, seed, first_replicate, z
):
    """Add sqrt(ICC) times the practitioner's effect to ``z`` (R, N).

    ``holder`` (R, N) is packed resource, shift and unit; who works a unit in a shift is drawn without replacement from
    the resource's people; who was with nobody has an effect of the own.
    """
    replicates, participants = z.shape
    for r in range(replicates):
        replicate = first_replicate + r
        for n in range(participants):
            if holder[r, n] < 0:
                effect = ndtri(uniform(seed, own_stream, n, 0, replicate))
            else:
                resource = holder[r, n] >> SHIFT_BITS
                shift = (holder[r, n] >> UNIT_BITS) & ((1 << (SHIFT_BITS - UNIT_BITS)) - 1)
                unit = holder[r, n] & ((1 << UNIT_BITS) - 1)
                person = _person(unit, units_people[resource], seed, people_streams[resource], shift, replicate)
                effect = ndtri(uniform(seed, effect_streams[resource], person, 0, replicate))
            z[r, n] += weight * effect


@kernel
def _person(unit, people, seed, stream, shift, replicate):  # type: ignore[no-untyped-def]
    """Who works a unit in a shift: place ``unit`` of a shuffled list of people (Fisher and Yates, from the front)."""
    order = np.arange(people)
    for place in range(unit + 1):
        other = place + int(uniform(seed, stream, place, shift, replicate) * (people - place))
        order[place], order[other] = order[other], order[place]
    return order[unit]


@kernel
def mix_site(weight, site, stream, seed, first_replicate, z):  # type: ignore[no-untyped-def]
    """Add sqrt(ICC) times the site's effect to ``z`` (R, N)."""
    for r in range(z.shape[0]):
        for n in range(z.shape[1]):
            z[r, n] += weight * ndtri(uniform(seed, stream, site[r, n], 0, first_replicate + r))


@kernel
def values_of(  # type: ignore[no-untyped-def]
    scale, location, sd, cuts, categories, reference, factor, has_delivered, delivered, has_shift, shift, z, arm, d, out
):
    """Fill ``out`` (R, N, D) at column ``d`` with true values.

    location = reference + factor x delivered x (arm - reference), plus the shift, on the scale of the predictor;
    ``factor`` is lambda. Ordinal: the smallest category k with Phi(z) <= P(Y <= k).
    """
    replicates, participants = z.shape
    levels = categories.shape[0]
    for r in range(replicates):
        for n in range(participants):
            k = arm[r, n]
            if k < 0:
                out[r, n, d] = np.nan
                continue
            part = factor * delivered[r, n] if has_delivered else factor
            add = shift[r, n] if has_shift else 0.0
            if scale == ORDINAL:
                below = ndtr(z[r, n])
                threshold = math.log(below / (1.0 - below)) if below < 1.0 else 1e300
                threshold += add
                category = 0
                while category < levels - 1:
                    base = cuts[reference, category]
                    if threshold <= base + part * (cuts[k, category] - base):
                        break
                    category += 1
                out[r, n, d] = categories[category]
            else:
                base, width = location[reference], sd[reference]
                value = base + part * (location[k] - base) + add + (width + part * (sd[k] - width)) * z[r, n]
                out[r, n, d] = math.exp(value) if scale == LOGNORMAL else value


@kernel
def instrument(  # type: ignore[no-untyped-def]
    assay_sd, assay_stream, plate_sd, plate_stream, plate_size, limit, substitute, rounding, seed, first_replicate, d,
    values, reason, below_code, below,
):  # fmt: skip
    """Measure the true values (R, N, D) at column ``d``: errors of assay and plate, rounding, the detection limit.

    Errors are lognormal with mean 1. A value under ``limit`` becomes ``substitute``, missing when that is NaN.
    """
    replicates, participants, _ = values.shape
    for r in range(replicates):
        replicate = first_replicate + r
        plate, error = -1, 0.0
        for n in range(participants):
            value = values[r, n, d]
            if not np.isfinite(value):
                continue
            if plate_sd > 0.0:
                if n // plate_size != plate:
                    plate = n // plate_size
                    error = plate_sd * ndtri(uniform(seed, plate_stream, plate, 0, replicate)) - plate_sd**2 / 2
                value *= math.exp(error)
            if assay_sd > 0.0:
                value *= math.exp(assay_sd * ndtri(uniform(seed, assay_stream, n, 0, replicate)) - assay_sd**2 / 2)
            if rounding > 0.0:
                value = math.floor(value / rounding + 0.5) * rounding
            if value < limit:
                value = substitute
                below[r, n, d] = True
                if not np.isfinite(substitute):
                    reason[r, n, d] = below_code
            values[r, n, d] = value
