"""What a fit is given: the model with its contrasts, and room for one replicate."""

from __future__ import annotations

from typing import NamedTuple

from trialsim.analysis.rows import FloatArray, IntArray


class Model(NamedTuple):
    """What is fitted, and what is asked: K arms, V visits, P effects.

    Attributes
    ----------
    place : (K,) where among the numbers of a participant an arm has its indicator, 0 for the arm that is compared with
    part, weight : (P,), (P, V) the effects, as in :class:`trialsim.analysis.reml.likelihood.Effects`
    contrasts : (M, P) contrasts of the effects that are asked
    looks : (V,) 1 where they look at a visit
    pair : (2,) the two arms
    t : (V,) times of a random slope
    structure, edge : of the covariance, and of that of random slopes on its edge
    bounded : whether the variances of random effects must not be negative
    by_visit : whether every arm has a mean of its own at each visit
    adjust : whether the variance is Kenward and Roger's
    by_expected : whether the covariance of the parameters is by the expected Hessian, not by the observed one
    """

    place: IntArray
    part: IntArray
    weight: FloatArray
    contrasts: FloatArray
    looks: IntArray
    pair: IntArray
    t: FloatArray
    structure: int
    edge: int
    bounded: bool
    by_visit: bool
    adjust: bool
    by_expected: bool


class Scratch(NamedTuple):
    """Room for the fit of one replicate beside :class:`Space`."""

    u: FloatArray  # (A,)
    kept: IntArray  # (P,)
    part: IntArray  # (P,)
    weight: FloatArray  # (P, V)
    contrasts: FloatArray  # (M, P)
    first: IntArray  # (P,)
    last: IntArray  # (P,)
    raw: FloatArray  # (V, V)
    theta: FloatArray  # (Q,)
    edge: FloatArray  # (3,)
    step: FloatArray  # (Q,)
    trial: FloatArray  # (Q,)
    hessian: FloatArray  # (Q, Q)
    lower: FloatArray  # (Q, Q)
    covariance: FloatArray  # (Q, Q)
