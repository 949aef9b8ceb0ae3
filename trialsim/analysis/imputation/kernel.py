"""One imputation of many trials, compiled.

The values of an arm at its visits are multivariate normal given the covariates, written as one regression a visit on the
covariates and all earlier visits. With the prior proportional to 1 / variance, the posterior of each is that of Bayesian linear
regression: the variance is RSS / chi-square(n - p), the coefficients are normal around least squares.

Where values lie between measured ones, sweeps of monotone data augmentation (Schafer 1997, section 6.5.4) draw parameters
from the data filled up to each participant's last measured visit, then these values from their distribution given all others of
the participant. Then parameters are drawn once more, and values after the last measured one visit by visit.

References
----------
Rubin 1987, "Multiple imputation for nonresponse in surveys", section 5.3, doi:10.1002/9780470316696. Schafer 1997, "Analysis of
incomplete multivariate data", doi:10.1201/9780367803025. Carpenter, Roger and Kenward 2013, J Biopharm Stat 23:1352,
doi:10.1080/10543406.2013.834911 (section 4: jump to reference, copy reference).
"""

from __future__ import annotations

import math

import numpy as np

from trialsim.compiled import kernel, part
from trialsim.numbers.draws import block, to_uniform, uniform
from trialsim.numbers.elementary import log_inlined
from trialsim.numbers.normal import ndtri

#: A column whose rest given the columns before it is below this share of its sum of squares follows from them.
PIVOT = 1e-10
#: A residual sum of squares below this share of the visit's is rounding error.
FLAT = 1e-13
#: Uniform numbers whose product is surely above the smallest number: each is at least 2^-53.
FACTORS = 16


@kernel
def chi_square(df, seed, key, k, replicate):  # type: ignore[no-untyped-def]
    """A chi-square draw with ``df`` degrees of freedom: -2 log of a product of df // 2 uniforms, and one squared normal."""
    half = df // 2
    total, product, held = 0.0, 1.0, 0
    for j in range(0, half, 4):
        words = block(seed, key, np.uint64(j // 4), k, replicate)
        product *= to_uniform(words[0])
        if j + 1 < half:
            product *= to_uniform(words[1])
        if j + 2 < half:
            product *= to_uniform(words[2])
        if j + 3 < half:
            product *= to_uniform(words[3])
        held += 4
        if held >= FACTORS:
            total -= 2.0 * log_inlined(product)
            product, held = 1.0, 0
    total -= 2.0 * log_inlined(product)
    if df % 2 == 1:
        z = ndtri(uniform(seed, key, half, k, replicate))
        total += z * z
    return total


@part
def _add(gram, y, x, i, last, sign):  # type: ignore[no-untyped-def]
    """Add the products of participant ``i``, of all columns up to the last measured visit, to the sums of that visit."""
    covariates = x.shape[1]
    for p in range(2 + covariates + last):
        u = 1.0 if p == 0 else x[i, p - 1] if p <= covariates else y[i, p - 1 - covariates]
        for q in range(p + 1):
            w = 1.0 if q == 0 else x[i, q - 1] if q <= covariates else y[i, q - 1 - covariates]
            gram[last, p, q] += sign * u * w


@part
def _regress(total, size, seed, beta_key, variance_key, k, replicate, lower, work, beta):  # type: ignore[no-untyped-def]
    """Draw coefficients (into ``beta``) and SD of the column ``size`` on those before it; the SD is -1 with too few values."""
    rank = 0
    for p in range(size + 1):
        for q in range(p):
            rest = total[p, q]
            for j in range(q):
                rest -= lower[p, j] * lower[q, j]
            lower[p, q] = rest / lower[q, q] if lower[q, q] > 0.0 else 0.0
        rest = total[p, p]
        for j in range(p):
            rest -= lower[p, j] * lower[p, j]
        if p < size:
            lower[p, p] = math.sqrt(rest) if rest > PIVOT * total[p, p] else 0.0
            rank += lower[p, p] > 0.0
        else:
            lower[p, p] = rest if rest > FLAT * total[p, p] else 0.0  # the residual sum of squares
    df = int(total[0, 0] + 0.5) - rank
    if df < 1:
        for p in range(size):
            beta[p] = 0.0
        return -1.0
    sd = math.sqrt(lower[size, size] / chi_square(df, seed, variance_key, k, replicate))
    for p in range(size):
        work[p] = lower[size, p] + sd * ndtri(uniform(seed, beta_key, p, k, replicate))
    for p in range(size - 1, -1, -1):
        rest = work[p]
        for j in range(p + 1, size):
            rest -= lower[j, p] * beta[j]
        beta[p] = rest / lower[p, p] if lower[p, p] > 0.0 else 0.0
    return sd


@part
def _fit(gram, arm, needed, seed, keys, k, replicate, total, lower, work, beta, sd):  # type: ignore[no-untyped-def]
    """Draw the regressions of an arm at every visit at which they are needed; whether all could be drawn."""
    visits, columns = gram.shape[0], gram.shape[1]
    beta_keys, variance_keys = keys
    fine = True
    for p in range(columns):
        for q in range(p + 1):
            total[p, q] = 0.0
    for v in range(visits - 1, -1, -1):
        size = columns - visits + v
        for p in range(size + 1):
            for q in range(p + 1):
                total[p, q] += gram[v, p, q]
        if needed[arm, v]:
            sd[arm, v] = _regress(
                total, size, seed, beta_keys[arm, v], variance_keys[arm, v], k, replicate, lower, work, beta[arm, v]
            )
            fine = fine and sd[arm, v] >= 0.0
    return fine


@part
def _mean(y, x, i, beta, v):  # type: ignore[no-untyped-def]
    """The regression of visit ``v``, at the covariates of participant ``i`` and the values ``y`` of earlier visits."""
    covariates = x.shape[1]
    mean = beta[0]
    for c in range(covariates):
        mean += beta[1 + c] * x[i, c]
    for u in range(v):
        mean += beta[1 + covariates + u] * y[u]
    return mean


@part
def _fill_between(y, x, seen, i, last, beta, sd, seed, keys, k, replicate, holes, precision, work):  # type: ignore[no-untyped-def]
    """Draw the values of participant ``i`` between measured ones, given all others up to the last measured one.

    Residuals are linear in these values: r_v = r0_v + sum_g a_vg y_g with a_gg = 1 and a_vg = -beta_vg for later v. So their
    precision is the sum of a_vg a_vh / variance_v, and their mean solves precision m = -sum a_vg r0_v / variance_v.
    """
    covariates = x.shape[1]
    count = 0
    for v in range(last):
        if not seen[i, v]:
            holes[count] = v
            y[i, v] = 0.0
            count += 1
    for a in range(count):
        work[a] = 0.0
        for b in range(a + 1):
            precision[a, b] = 0.0
    for v in range(holes[0], last + 1):
        inverse = 1.0 / max(sd[v] * sd[v], 1e-300)
        rest = y[i, v] - _mean(y[i], x, i, beta[v], v)
        for a in range(count):
            if holes[a] > v:
                continue
            ca = 1.0 if holes[a] == v else -beta[v, 1 + covariates + holes[a]]
            work[a] -= ca * rest * inverse
            for b in range(a + 1):
                cb = 1.0 if holes[b] == v else -beta[v, 1 + covariates + holes[b]]
                precision[a, b] += ca * cb * inverse
    for a in range(count):  # Cholesky factor, then L w = h
        for b in range(a + 1):
            rest = precision[a, b]
            for j in range(b):
                rest -= precision[a, j] * precision[b, j]
            precision[a, b] = math.sqrt(max(rest, 1e-300)) if a == b else rest / precision[b, b]
        for j in range(a):
            work[a] -= precision[a, j] * work[j]
        work[a] /= precision[a, a]
    for a in range(count - 1, -1, -1):  # L' y = w + z
        rest = work[a] + ndtri(uniform(seed, keys[holes[a]], i, k, replicate))
        for j in range(a + 1, count):
            rest -= precision[j, a] * y[i, holes[j]]
        y[i, holes[a]] = rest / precision[a, a]


@part
def _fill_after(y, x, i, last, before, own, other, beta, sd, seed, keys, k, replicate, own_mean, mean, away):  # type: ignore[no-untyped-def]
    """Draw the values of participant ``i`` after the last measured one.

    Up to the baseline (``before`` visits) means are the values themselves. Later, a participant of arm ``own`` is as far from the
    mean of that arm as measured; after leaving, as far from that of arm ``other`` as its participants would be.
    """
    covariates = x.shape[1]
    for v in range(y.shape[1]):
        if own == other:
            if v > last:
                e = ndtri(uniform(seed, keys[v], i, k, replicate))
                y[i, v] = _mean(y[i], x, i, beta[other, v], v) + sd[other, v] * e
            continue
        if v < before:
            if v > last:
                e = ndtri(uniform(seed, keys[v], i, k, replicate))
                y[i, v] = _mean(y[i], x, i, beta[other, v], v) + sd[other, v] * e
            own_mean[v], mean[v], away[v] = y[i, v], y[i, v], 0.0
            continue
        mean[v] = _mean(mean, x, i, beta[other, v], v)
        if v <= last:
            own_mean[v] = _mean(own_mean, x, i, beta[own, v], v)
            away[v] = y[i, v] - own_mean[v]
        else:
            away[v] = sd[other, v] * ndtri(uniform(seed, keys[v], i, k, replicate))
            for u in range(before, v):
                away[v] += beta[other, v, 1 + covariates + u] * away[u]
            y[i, v] = mean[v] + away[v]


@part
def _needed(seen, last, arm, own, other, before, needed, gaps):  # type: ignore[no-untyped-def]
    """Which regressions are needed, by arm and visit, and in which arms values lie between measured ones."""
    visits = seen.shape[1]
    needed[:] = False
    gaps[:] = False
    for i in range(seen.shape[0]):
        k = arm[i]
        if k < 0:
            continue
        first = visits
        for v in range(last[i] - 1, -1, -1):
            if not seen[i, v]:
                first = v
        if first < visits:
            gaps[k] = True
            for v in range(first, last[i] + 1):
                needed[k, v] = True
        for v in range(last[i] + 1, visits):
            needed[other[k], v] = True
        if last[i] + 1 < visits and own[k] != other[k]:
            for v in range(before, last[i] + 1):
                needed[own[k], v] = True
                needed[other[k], v] = True


@part
def _centered(values, x, arm, y, xc, seen, last, shift, mean, count):  # type: ignore[no-untyped-def]
    """Values and covariates less their means over everyone, the last measured visit of each, and means (K, V) of what is left."""
    participants, visits = values.shape
    for c in range(x.shape[1]):
        total, n = 0.0, 0
        for i in range(participants):
            if arm[i] >= 0:
                total += x[i, c]
                n += 1
        for i in range(participants):
            xc[i, c] = x[i, c] - total / max(n, 1)
    mean[:] = 0.0
    count[:] = 0
    last[:] = -1
    for v in range(visits):
        total, n = 0.0, 0
        for i in range(participants):
            seen[i, v] = arm[i] >= 0 and values[i, v] == values[i, v]
            if seen[i, v]:
                last[i] = v
                total += values[i, v]
                n += 1
        shift[v] = total / max(n, 1)
        for i in range(participants):
            y[i, v] = values[i, v] - shift[v] if seen[i, v] else 0.0
            if seen[i, v]:
                mean[arm[i], v] += y[i, v]
                count[arm[i], v] += 1
    for k in range(mean.shape[0]):
        for v in range(visits):
            mean[k, v] /= max(count[k, v], 1)


@kernel
def impute(values, x, arm, own, other, before, seed, keys, k, first, out, fine):  # type: ignore[no-untyped-def]
    """Fill ``out`` (T, R, N, V) with imputation ``k`` of the values (T, R, N, V), NaN where missing; nobody with arm -1.

    Parameters
    ----------
    x : (R, N, C) covariates
    arm : (R, N)
    own, other : (K,) arms whose means are left before, and whose course is followed after, the last measured visit
    before : how many visits come before treatment
    keys : keys of coefficients (S, K, V), variances (S, K, V), values between measured ones (S, V) and later ones (V)
    first : the first replicate
    fine : (T, R) false where too few values are measured for a regression that is needed
    """
    twins, replicates, participants, visits = values.shape
    covariates, arms = x.shape[2], own.shape[0]
    columns = 1 + covariates + visits
    beta_keys, variance_keys, between_keys, after_keys = keys
    sweeps = beta_keys.shape[0] - 1
    y, xc = np.empty((participants, visits)), np.empty((participants, covariates))
    seen, last = np.empty((participants, visits), np.bool_), np.empty(participants, np.int64)
    shift, mean, count = np.empty(visits), np.empty((arms, visits)), np.empty((arms, visits), np.int64)
    needed, gaps = np.empty((arms, visits), np.bool_), np.empty(arms, np.bool_)
    whole, gram = np.empty((arms, visits, columns, columns)), np.empty((visits, columns, columns))
    total, lower, work = np.empty((columns, columns)), np.empty((columns, columns)), np.empty(columns)
    beta, sd = np.zeros((arms, visits, columns)), np.zeros((arms, visits))
    holes, precision = np.empty(visits, np.int64), np.empty((visits, visits))
    own_mean, other_mean, away = np.empty(visits), np.empty(visits), np.empty(visits)
    for t in range(twins):
        for r in range(replicates):
            replicate = first + np.uint64(r)
            fine[t, r] = True
            _centered(values[t, r], x[r], arm[r], y, xc, seen, last, shift, mean, count)
            _needed(seen, last, arm[r], own, other, before, needed, gaps)
            whole[:] = 0.0
            for i in range(participants):
                a = arm[r, i]
                if a >= 0 and last[i] >= 0:
                    holed = False
                    for v in range(last[i]):
                        if not seen[i, v]:
                            holed = True
                            y[i, v] = mean[a, v]
                    if not holed:
                        _add(whole[a], y, xc, i, last[i], 1.0)
            for a in range(arms):
                rounds = sweeps if gaps[a] else 0
                for s in range(rounds + 1):
                    gram[:] = whole[a]
                    if gaps[a]:
                        for i in range(participants):
                            if arm[r, i] == a and last[i] > 0 and not seen[i, : last[i]].all():
                                _add(gram, y, xc, i, last[i], 1.0)
                    sweep = s if s < rounds else sweeps
                    drawn = (beta_keys[sweep], variance_keys[sweep])
                    if not _fit(gram, a, needed, seed, drawn, k, replicate, total, lower, work, beta, sd):
                        fine[t, r] = False
                        break
                    if s < rounds:
                        for i in range(participants):
                            if arm[r, i] == a and last[i] > 0 and not seen[i, : last[i]].all():
                                _fill_between(
                                    y, xc, seen, i, last[i], beta[a], sd[a], seed, between_keys[s], k, replicate,
                                    holes, precision, work,
                                )  # fmt: skip
            for i in range(participants):
                a = arm[r, i]
                if fine[t, r] and a >= 0 and last[i] < visits - 1:
                    _fill_after(
                        y, xc, i, last[i], before, own[a], other[a], beta, sd, seed, after_keys, k, replicate,
                        own_mean, other_mean, away,
                    )  # fmt: skip
                for v in range(visits):
                    imputed = fine[t, r] and a >= 0 and not seen[i, v]
                    out[t, r, i, v] = y[i, v] + shift[v] if imputed else values[t, r, i, v]
