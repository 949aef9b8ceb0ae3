"""An unstructured covariance as SAS PROC MIXED fits it: Newton's method from the MIVQUE0 estimate, and where it stops.

PROC MIXED stops at the first step at which g' H^-1 g is below 1e-8 of the deviance (CONVH), one step before the digits stop
changing. Digits that it prints can therefore be compared only with a fit that begins and stops as it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tests.slow_reml import Patterns, by_pattern

Floats = np.ndarray

#: Where PROC MIXED stops (CONVH), and where no digit moves.
CONVH, STILL = 1e-8, 1e-20


class SasFit(NamedTuple):
    """What PROC MIXED prints: covariances by rows of the lower triangle, coefficients, errors, degrees of freedom.

    ``se`` and ``adjusted`` (Kenward and Roger's, of a covariance linear in its parameters) are of one contrast.
    """

    deviance: float
    theta: Floats
    estimate: float
    se: float
    adjusted: float
    df: float


class Moments(NamedTuple):
    """Derivatives of the deviance and of the information at a covariance."""

    deviance: float
    gradient: Floats
    hessian: Floats
    phi: Floats
    beta: Floats
    first: Floats  # (Q, P, P): X' W D_i W X
    second: Floats  # (Q, Q, P, P): X' W D_i W D_j W X


def units(visits: int) -> Floats:
    """Derivatives (Q, V, V) of an unstructured covariance by its parameters."""
    found = []
    for i, j in zip(*np.tril_indices(visits), strict=True):
        one = np.zeros((visits, visits))
        one[i, j] = one[j, i] = 1.0
        found.append(one)
    return np.array(found)


def at(patterns: Patterns, sigma: Floats) -> Moments:
    """Deviance -2 log REML with its constant, and its derivatives."""
    every = units(len(sigma))
    parts = []
    for visits, values, design in patterns:
        w = np.linalg.inv(sigma[np.ix_(visits, visits)])
        parts.append((w, every[:, visits][:, :, visits], values, design))
    phi = np.linalg.inv(sum(np.einsum("nap,ab,nbq->pq", x, w, x) for w, _, _, x in parts))
    beta = phi @ sum(np.einsum("nap,ab,nb->p", x, w, y) for w, _, y, x in parts)
    deviance, trace, quadratic, rest = -np.linalg.slogdet(phi)[1], 0.0, 0.0, 0.0
    first, second, traces, products, sides = 0.0, 0.0, 0.0, 0.0, 0.0
    count = 0
    for w, d, y, x in parts:
        e = (y - x @ beta) @ w
        count += y.size
        deviance += -len(y) * np.linalg.slogdet(w)[1] + np.sum(e * (y - x @ beta))
        wd = w @ d
        wx = np.einsum("ab,nbp->nap", w, x)
        first = first + np.einsum("nap,iab,nbq->ipq", wx, d, wx)
        second = second + np.einsum("nap,iab,bc,jcd,ndq->ijpq", wx, d, w, d, wx, optimize=True)
        trace = trace + len(y) * np.einsum("iaa->i", wd)
        traces = traces + len(y) * np.einsum("iab,jba->ij", wd, wd)
        rest = rest + np.einsum("na,iab,nb->i", e, d, e)
        products = products + np.einsum("na,iab,bc,jcd,nd->ij", e, d, w, d, e, optimize=True)
        sides = sides + np.einsum("nap,iab,nb->ip", wx, d, e)
    inner = np.einsum("pq,ijqp->ij", phi, second)
    trace_of_p = trace - np.einsum("pq,iqp->i", phi, first)
    moved = phi @ first
    traces_of_p = traces - inner - inner.T + np.einsum("ipq,jqp->ij", moved, moved)
    quadratic = products - sides @ phi @ sides.T
    constant = (count - len(beta)) * np.log(2 * np.pi)
    return Moments(
        deviance + constant, trace_of_p - rest, -traces_of_p + 2.0 * quadratic, phi, beta, first, second,
    )  # fmt: skip


def start(patterns: Patterns, visits: int) -> Floats:
    """MIVQUE0: quadratic forms of the residuals of least squares equal to what they are on average."""
    found = at(patterns, np.eye(visits))
    d = units(visits)
    information = found.hessian * 0.0
    forms = np.zeros(len(d))
    for place, values, design in patterns:
        e = values - design @ found.beta
        mine = d[:, place][:, :, place]
        forms += np.einsum("na,iab,nb->i", e, mine, e)
        information += len(values) * np.einsum("iab,jba->ij", mine, mine)
    inner = np.einsum("pq,ijqp->ij", found.phi, found.second)
    moved = found.phi @ found.first
    information += -inner - inner.T + np.einsum("ipq,jqp->ij", moved, moved)
    return np.linalg.solve(information, forms)


def sas_reml(y: Sequence[Floats], x: Sequence[Floats], contrast: Floats, *, enough: float = CONVH) -> SasFit:
    """Fit as PROC MIXED does, and stop where it stops, or at the minimum (``STILL``)."""
    patterns, visits = by_pattern(y, x), len(y[0])
    theta = start(patterns, visits)
    for _ in range(50):
        sigma = np.tensordot(theta, units(visits), 1)
        found = at(patterns, sigma)
        step = np.linalg.solve(found.hessian, found.gradient)
        if found.gradient @ step < enough * abs(found.deviance):
            break
        theta = theta - step
    spread, phi = 2.0 * np.linalg.inv(found.hessian), found.phi
    inner = found.second - np.einsum("ipa,ab,jbq->ijpq", found.first, phi, found.first)
    adjusted = phi + 2.0 * phi @ np.einsum("ij,ijpq->pq", spread, inner) @ phi
    slope = np.einsum("p,pa,iab,bq,q->i", contrast, phi, found.first, phi, contrast)
    variance = float(contrast @ phi @ contrast)
    return SasFit(
        found.deviance, theta, float(contrast @ found.beta), variance**0.5, float(contrast @ adjusted @ contrast) ** 0.5,
        2.0 * variance**2 / float(slope @ spread @ slope),
    )  # fmt: skip
