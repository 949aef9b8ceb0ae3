"""Uniform and normal draws by address, not by order.

A draw is one word of Philox4x64-10 with the key (seed, hash of the stream's name) and the counter
(participant // 4, k, replicate, 0); the participant's remainder selects the word. So any draw can be made alone, in any
order, on any number of workers, and adding a stream moves no other.

References
----------
Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", doi:10.1145/2063384.2063405.
The words equal those of :class:`numpy.random.Philox`, which raises its counter before it generates.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import instruction, kernel
from trialsim.numbers.normal import normal_quantiles

Floats = NDArray[np.float64]

#: Every stream of the package: its name, and what it decides.
STREAMS = {
    "arrival": "gap before a patient, by arrival number",
    "exclusion/{reason}": "whether a reason rules a patient out, by arrival number",
    "ask": "wait before a patient is asked, by arrival number",
    "ask moment": "when in an opening a patient is asked, by arrival number",
    "consent": "whether a patient consents, by arrival number",
    "site": "the site a patient comes to, by arrival number",
    "cluster size": "the share of a site that is made for the simulation, by site",
    "cluster arm": "the order in which whole sites are put into arms or go over to the intervention, by site",
    "leave/{reason}": "time from arrival to leaving, by arrival number",
    "withdraw/{reason}": "time from enrollment to leaving, by enrollment number",
    "family size": "how many children a mother has in the study, by number of the family",
    "family/{outcome}/{visit}": "the part of a latent response that children of one mother share, by number of the family",
    "covariate/{name}": "a covariate, by enrollment number",
    "allocation/{stratum}": "the order of a block, by place in the block and block number",
    "balancing": "the preferred arm (0) and the arm (1) of minimization and big stick, by enrollment number",
    "step/{step}/for": "a wait's length, by enrollment number",
    "step/{step}/moment": "when in an opening a wait ends, by enrollment number",
    "step/{step}/patience": "how long somebody waits for staff, by enrollment number",
    "step/{step}/length": "an activity's length, by enrollment number and try",
    "step/{step}/success": "whether a try succeeds, by enrollment number and try",
    "step/{step}/interrupted": "whether an activity is interrupted, by enrollment number",
    "step/{step}/interruption share": "where in an activity, by enrollment number",
    "step/{step}/interruption length": "how long, by enrollment number",
    "step/{step}/interruption stops": "whether the activity ends there, by enrollment number",
    "other work/{resource}/arrival": "gap before a spell of other work, by spell and shift",
    "other work/{resource}/spell": "length of a spell of other work, by spell and shift",
    "people/{resource}": "who works which unit, by person and shift",
    "practitioner/{resource}/{outcome}": "effect of a practitioner, by person",
    "practitioner effect/{resource}/{outcome}/{activity}": "how an effect differs with the practitioner, by person",
    "site effect/{outcome}": "effect of a site, by site",
    "site period effect/{outcome}": "effect of a site in a period of a stepped wedge, by site and period",
    "response/{outcome}/{visit}": "latent response, by enrollment number",
    "responder/{outcome}/{activity}": "whether a participant responds, by enrollment number",
    "individual effect/{outcome}/{activity}": "a participant's own effect, by enrollment number",
    "assay/{outcome}/{visit}": "error within a plate, by enrollment number",
    "plate/{assay}": "error of a plate, by plate",
    "rater/{outcome}/{visit}": "error of the rater, by enrollment number",
    "lost/{outcome}/{visit}": "whether a sample is lost, by enrollment number",
    "prior/{name}": "the order of a prior's strata, and the place within each, by point",
    "sweep/{path}": "the order of a Latin hypercube's strata (replicate 0) and the place within each (1), by point",
    "permutation": "the division of a permutation test, by participant or place in the sorted sample, and permutation",
    "imputation/{outcome}/{visit}/{arm}/{sweep}/coefficients": "coefficients of an imputation, by column",
    "imputation/{outcome}/{visit}/{arm}/{sweep}/variance": "the residual variance of an imputation, by factor",
    "imputed between/{outcome}/{visit}/{sweep}": "a value between two measured ones, by enrollment number and imputation",
    "imputed/{outcome}/{visit}": "a value after the last measured one, by enrollment number and imputation",
    "missing/{outcome}/{visit}/{number}": "whether a declared reason takes a value, by enrollment number",
}


def stream(pattern: str, **names: object) -> str:
    """The name of a declared stream.

    >>> stream("step/{step}/length", step="needle")
    'step/needle/length'
    """
    if pattern not in STREAMS:
        raise KeyError(f"no stream is declared as {pattern!r}")
    wanted = set(re.findall(r"{(\w+)}", pattern))
    if wanted != set(names):
        raise KeyError(f"stream {pattern!r} is named by {sorted(wanted)}, not {sorted(names)}")
    return pattern.format(**names)


def stream_key(name: str) -> int:
    """The 64-bit hash of a stream's name (BLAKE2b, little endian)."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _generate_multiply(typingctx, a, b):  # type: ignore[no-untyped-def]  # noqa: ARG001  # numba's protocol
    """High and low 64 bits of the product of two 64-bit words, as one machine instruction."""
    from llvmlite import ir
    from numba import types

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))
        low = builder.trunc(product, ir.IntType(64))
        return context.make_tuple(builder, signature.return_type, (high, low))

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), generate


_multiply: Any = instruction(_generate_multiply)


@kernel
def block(seed, stream, fourth, k, replicate):  # type: ignore[no-untyped-def]
    """Four words of Philox4x64-10 at counter (fourth, k, replicate, 0)."""
    c0, c1, c2, c3 = np.uint64(fourth), np.uint64(k), np.uint64(replicate), np.uint64(0)
    k0, k1 = np.uint64(seed), np.uint64(stream)
    for _ in range(10):
        high0, low0 = _multiply(np.uint64(0xD2E7470EE14C6C93), c0)
        high1, low1 = _multiply(np.uint64(0xCA5A826395121157), c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0 += np.uint64(0x9E3779B97F4A7C15)
        k1 += np.uint64(0xBB67AE8584CAA73B)
    return c0, c1, c2, c3


@kernel
def to_uniform(word):  # type: ignore[no-untyped-def]
    """A word as a uniform number in (0, 1), never 0 or 1."""
    return (np.float64(word >> np.uint64(12)) + 0.5) * 2.220446049250313e-16


@kernel
def uniform(seed, stream, participant, k, replicate):  # type: ignore[no-untyped-def]
    """The uniform draw at one address."""
    w0, w1, w2, w3 = block(seed, stream, np.uint64(participant // 4), np.uint64(k), np.uint64(replicate))
    place = participant % 4
    word = w0 if place == 0 else w1 if place == 1 else w2 if place == 2 else w3  # four words a block
    return to_uniform(word)


@kernel
def fill_uniform(seed, stream, k, first_replicate, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (R, N) with the draws of participants 0..N-1 in replicates ``first_replicate``..."""
    replicates, participants = out.shape
    for r in range(replicates):
        row, replicate = out[r], first_replicate + np.uint64(r)
        for n in range(0, participants - 3, 4):
            w0, w1, w2, w3 = block(seed, stream, np.uint64(n // 4), k, replicate)
            row[n] = to_uniform(w0)
            row[n + 1] = to_uniform(w1)
            row[n + 2] = to_uniform(w2)
            row[n + 3] = to_uniform(w3)
        for n in range(participants - participants % 4, participants):
            row[n] = uniform(seed, stream, n, k, replicate)


@kernel
def fill_normal(seed, stream, k, first_replicate, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (R, N) with standard normal draws: the uniforms of the same addresses through the normal quantile function."""
    fill_uniform(seed, stream, k, first_replicate, out)
    normal_quantiles(out)


def uniforms(seed: int, name: str, *, replicates: range, participants: int, k: int = 0) -> Floats:
    """Uniform draws of one stream, (R, N).

    >>> uniforms(1, "consent", replicates=range(5, 7), participants=3).shape
    (2, 3)
    """
    out = np.empty((len(replicates), participants))
    fill_uniform(np.uint64(seed), np.uint64(stream_key(name)), np.uint64(k), np.uint64(replicates.start), out)
    return out
