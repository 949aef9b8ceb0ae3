"""From draws and predictor to measured values: compiled loops over (R, N)."""

from __future__ import annotations

import math

import numpy as np

from trialsim.compiled import kernel
from trialsim.numbers.draws import uniform
from trialsim.numbers.normal import ndtri
from trialsim.protocol.columns import SHIFT_BITS, UNIT_BITS


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
def people_served(served, people, streams, seed, first_replicate, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (R, N) with the number of the person who served, -1 for nobody.

    ``served`` (R, N) is packed resource, number of the shift and unit; the person at a unit in a shift is drawn without
    replacement from the people of that shift. ``people`` (S, 4) has for each shift of all resources: resource, first
    unit, first person, how many people.
    """
    replicates, participants = served.shape
    order = np.empty(people[:, 3].max(), dtype=np.int64)
    for r in range(replicates):
        for n in range(participants):
            if served[r, n] < 0:
                out[r, n] = -1
                continue
            resource = served[r, n] >> SHIFT_BITS
            shift = (served[r, n] >> UNIT_BITS) & ((1 << (SHIFT_BITS - UNIT_BITS)) - 1)
            unit = served[r, n] & ((1 << UNIT_BITS) - 1)
            row = people.shape[0] - 1
            while people[row, 0] != resource or people[row, 1] > unit:
                row -= 1
            out[r, n] = people[row, 2] + _person(
                unit - people[row, 1], people[row, 3], order, seed, streams[row], shift, first_replicate + np.uint64(r)
            )


@kernel
def effects_of_people(served, person, streams, seed, first_replicate, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (R, N) with the standard normal number of the person who served, 0 for nobody."""
    replicates, participants = served.shape
    for r in range(replicates):
        replicate = first_replicate + np.uint64(r)
        for n in range(participants):
            out[r, n] = 0.0
            if served[r, n] >= 0:
                stream = streams[served[r, n] >> SHIFT_BITS]
                out[r, n] = ndtri(uniform(seed, stream, person[r, n], np.uint64(0), replicate))


@kernel
def mix_practitioner(icc, icc_site, served, effect, z):  # type: ignore[no-untyped-def]
    """Make room in ``z`` (R, N) for practitioner and site, and add sqrt(ICC) times the practitioner's effect.

    A participant who has not been served yet has no practitioner's part; the own part is larger instead.
    """
    own, alone, weight = math.sqrt(1.0 - icc - icc_site), math.sqrt(1.0 - icc_site), math.sqrt(icc)
    for r in range(z.shape[0]):
        for n in range(z.shape[1]):
            if served[r, n] >= 0:
                z[r, n] = own * z[r, n] + weight * effect[r, n]
            else:
                z[r, n] *= alone


@kernel
def _person(unit, people, order, seed, stream, shift, replicate):  # type: ignore[no-untyped-def]
    """Who works a unit in a shift: place ``unit`` of a shuffled list of people (Fisher and Yates, from the front)."""
    for person in range(people):
        order[person] = person
    for place in range(unit + 1):
        other = place + int(uniform(seed, stream, place, np.uint64(shift), replicate) * (people - place))
        order[place], order[other] = order[other], order[place]
    return order[unit]


@kernel
def mix_site(weight, site, stream, seed, first_replicate, z):  # type: ignore[no-untyped-def]
    """Add sqrt(ICC) times the site's effect to ``z`` (R, N)."""
    for r in range(z.shape[0]):
        for n in range(z.shape[1]):
            z[r, n] += weight * ndtri(
                uniform(seed, stream, np.int64(site[r, n]), np.uint64(0), first_replicate + np.uint64(r))
            )


@kernel
def mix_site_period(weight, site, period, stream, seed, first_replicate, z):  # type: ignore[no-untyped-def]
    """Add ``weight`` times the effect of a site in a period to ``z`` (R, N)."""
    for r in range(z.shape[0]):
        for n in range(z.shape[1]):
            u = uniform(seed, stream, np.int64(site[r, n]), np.uint64(period[r, n]), first_replicate + np.uint64(r))
            z[r, n] += weight * ndtri(u)


@kernel
def assay_errors(  # type: ignore[no-untyped-def]
    assay_sd, plate_sd, plate_stream, plate_size, seed, first_replicate, out
):
    """Turn standard normal ``out`` (R, N) into the factors by which assay and plate change a value, of mean 1."""
    replicates, participants = out.shape
    for r in range(replicates):
        replicate = first_replicate + np.uint64(r)
        plate, error = -1, 0.0
        for n in range(participants):
            total = 0.0
            if plate_sd > 0.0:
                if n // plate_size != plate:
                    plate = n // plate_size
                    error = (
                        plate_sd * ndtri(uniform(seed, plate_stream, plate, np.uint64(0), replicate)) - plate_sd**2 / 2
                    )
                total += error
            if assay_sd > 0.0:
                total += assay_sd * out[r, n] - assay_sd**2 / 2
            out[r, n] = math.exp(total)


@kernel
def read_off(has_errors, errors, limit, substitute, rounding, d, values, reason, below_code, censored):  # type: ignore[no-untyped-def]
    """The readings of an instrument for the values (R, N, D) at column ``d``: with errors, rounded, with a detection limit.

    A value under ``limit`` becomes ``substitute``, missing when that is NaN, and is marked as censored on the left.
    """
    replicates, participants, _ = values.shape
    for r in range(replicates):
        for n in range(participants):
            value = values[r, n, d]
            if not np.isfinite(value):
                continue
            if has_errors:
                value *= errors[r, n]
            if rounding > 0.0:
                value = math.floor(value / rounding + 0.5) * rounding
            if value < limit:
                value = substitute
                censored[r, n, d] = -1
                if not np.isfinite(substitute):
                    reason[r, n, d] = below_code
            values[r, n, d] = value
