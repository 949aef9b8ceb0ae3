"""Draws: the words of numpy's own Philox, at every address, by every way to reach them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from trialsim.numbers.draws import (
    STREAMS,
    block,
    fill_normal,
    fill_uniform,
    stream,
    stream_key,
    to_uniform,
    uniform,
    uniforms,
)

TOP = 2**64 - 1
EDGES = (0, 1, 2**32 - 1, 2**32, 2**63 - 1, 2**63, TOP - 1, TOP)
Words = tuple[int, ...]
Judge = Callable[[int, int, int, int, int], Words]

words = st.one_of(st.sampled_from(EDGES), st.integers(0, TOP))


def numpy_block(seed: int, key: int, fourth: int, k: int, replicate: int) -> Words:
    """The same block by numpy, which raises its 256-bit counter by one before it generates."""
    address = (fourth + (k << 64) + (replicate << 128) - 1) % 2**256
    counter = [(address >> shift) & TOP for shift in (0, 64, 128, 192)]
    generator = np.random.Philox(key=np.array([seed, key], dtype=np.uint64), counter=np.array(counter, dtype=np.uint64))
    return tuple(int(word) for word in generator.random_raw(4))


def plain_block(seed: int, key: int, fourth: int, k: int, replicate: int, *, rounds: int = 10) -> Words:
    """Figure 4 of Salmon et al. 2011 in Python's whole numbers."""
    c0, c1, c2, c3 = fourth, k, replicate, 0
    for _ in range(rounds):
        first, second = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = (second >> 64) ^ c1 ^ seed, second & TOP, (first >> 64) ^ c3 ^ key, first & TOP
        seed, key = (seed + 0x9E3779B97F4A7C15) & TOP, (key + 0xBB67AE8584CAA73B) & TOP
    return c0, c1, c2, c3


def plain_uniform(word: int) -> float:
    """(word >> 12 + 1/2) / 2^52, exact in a double."""
    return ((word >> 12) + 0.5) * 2.0**-52


def compiled_block(seed: int, key: int, fourth: int, k: int, replicate: int) -> Words:
    return tuple(int(word) for word in block(*(np.uint64(part) for part in (seed, key, fourth, k, replicate))))


def differences(address: Words, judge: Judge) -> int:
    """How many of the four words differ from a judge's."""
    ours = compiled_block(*address)  # type: ignore[arg-type]
    theirs = judge(*address)  # type: ignore[arg-type]
    assert len(ours) == len(theirs) == 4
    return sum(a != b for a, b in zip(ours, theirs, strict=True))


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("judge", [numpy_block, plain_block])
@pytest.mark.parametrize("place", range(5))
def test_words_at_the_edges_of_64_bits(judge: Judge, place: int) -> None:
    for edge in EDGES:
        address = [3, 5, 7, 11, 13]
        address[place] = edge
        assert differences(tuple(address), judge) == 0, address


@settings(max_examples=200, deadline=None)
@given(st.tuples(words, words, words, words, words))
def test_words_equal_numpy_and_the_plain_form(address: Words) -> None:
    assert differences(address, numpy_block) == 0
    assert differences(address, plain_block) == 0


def test_planted_faults_in_the_generator_are_seen() -> None:
    """Nine rounds, a swapped key, or a counter that is not raised change every word."""
    address = (3, 5, 7, 11, 13)
    assert differences(address, lambda *a: plain_block(*a, rounds=9)) == 4
    assert differences(address, lambda s, key, *c: plain_block(key, s, *c)) == 4
    assert differences(address, lambda s, key, f, *c: numpy_block(s, key, f + 1, *c)) == 4


# ---------------------------------------------------------------- uniforms


@pytest.mark.parametrize("word", [0, 1, 2**12 - 1, 2**12, 2**63, TOP - 1, TOP])
def test_a_word_becomes_a_number_strictly_between_0_and_1(word: int) -> None:
    u = to_uniform(np.uint64(word))
    assert 0.0 < u < 1.0
    assert u == plain_uniform(word)
    assert math.isfinite(special.ndtri(u))


def test_the_ends_are_half_a_step_from_0_and_1() -> None:
    """Planted: word / 2^64, the usual way, gives 0 at the first word and 1 at the last."""
    assert to_uniform(np.uint64(0)) == 2.0**-53
    assert to_uniform(np.uint64(TOP)) == 1.0 - 2.0**-53
    assert 0 / 2**64 == 0.0
    assert TOP / 2**64 == 1.0


def plain_uniforms(seed: int, name: str, replicates: range, participants: int, k: int) -> NDArray[np.float64]:
    """Draw by draw, by the address of each."""
    key = stream_key(name)
    return np.array(
        [[plain_uniform(plain_block(seed, key, n // 4, k, r)[n % 4]) for n in range(participants)] for r in replicates]
    ).reshape(len(replicates), participants)


@pytest.mark.parametrize("participants", [0, 1, 2, 3, 4, 5, 7, 8, 9])
@pytest.mark.parametrize("seed", [0, 1, TOP])
def test_a_table_of_draws_equals_the_draws_one_by_one(seed: int, participants: int) -> None:
    replicates = range(5, 8)
    table = uniforms(seed, "consent", replicates=replicates, participants=participants, k=2)
    assert table.shape == (3, participants)
    assert np.array_equal(table, plain_uniforms(seed, "consent", replicates, participants, 2))
    for i, r in enumerate(replicates):
        for n in range(participants):
            assert table[i, n] == uniform(np.uint64(seed), np.uint64(stream_key("consent")), n, 2, r)


def test_far_replicates_have_their_own_draws() -> None:
    """The address of a replicate is a whole number: 2^53 and 2^53 + 1 differ."""
    far = range(2**53 - 1, 2**53 + 3)
    table = uniforms(1, "consent", replicates=far, participants=5)
    assert np.array_equal(table, plain_uniforms(1, "consent", far, 5, 0))


def test_adding_participants_or_replicates_moves_no_draw() -> None:
    whole = uniforms(9, "consent", replicates=range(20), participants=11)
    assert np.array_equal(uniforms(9, "consent", replicates=range(20), participants=6), whole[:, :6])
    assert np.array_equal(uniforms(9, "consent", replicates=range(13, 17), participants=11), whole[13:17])


def test_normal_draws_are_the_quantiles_of_the_uniforms() -> None:
    key = np.uint64(stream_key("site effect/{outcome}"))
    u, z = np.empty((3, 7)), np.empty((3, 7))
    fill_uniform(np.uint64(4), key, np.uint64(1), np.uint64(10), u)
    fill_normal(np.uint64(4), key, np.uint64(1), np.uint64(10), z)
    np.testing.assert_allclose(z, special.ndtri(u), rtol=1e-14, atol=1e-15)


def kolmogorov(u: NDArray[np.float64]) -> float:
    return float(stats.kstest(u.ravel(), "uniform").pvalue)


def correlation_z(u: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    """A correlation of independent columns, in its standard errors."""
    return abs(float(np.corrcoef(u.ravel(), v.ravel())[0, 1])) * math.sqrt(u.size)


def test_draws_are_uniform_and_streams_independent() -> None:
    """Five checks at 6e-7 each (tests/budget.py). The smallest fault seen: see the next."""
    u = uniforms(20261123, "consent", replicates=range(1000), participants=100)
    v = uniforms(20261123, "ask", replicates=range(1000), participants=100)
    again = uniforms(20261123, "consent", replicates=range(1000), participants=100, k=1)
    assert kolmogorov(u) > 5.7e-7
    assert kolmogorov(v) > 5.7e-7
    assert correlation_z(u, v) < 5
    assert correlation_z(u, again) < 5
    assert correlation_z(u[:, :-1], u[:, 1:]) < 5


def test_planted_faults_in_the_draws_are_seen() -> None:
    """Draws to the power 1.03, and a stream that shares 3 % with another, are seen among 100,000."""
    u = uniforms(20261123, "consent", replicates=range(1000), participants=100)
    v = uniforms(20261123, "ask", replicates=range(1000), participants=100)
    assert kolmogorov(u**1.03) < 1e-5
    assert correlation_z(u, np.where(np.arange(u.size).reshape(u.shape) % 33 == 0, u, v)) > 4.42


# ---------------------------------------------------------------- names of streams


def test_keys_of_streams_are_fixed_for_all_time() -> None:
    """A changed hash would change every number ever reported."""
    assert stream_key("consent") == 0xC9183A1E7BCFD733
    assert stream_key("step/needle/length") == 0x1AA937DE43B2DF63


def test_no_two_declared_streams_share_a_key() -> None:
    assert len({stream_key(name) for name in STREAMS}) == len(STREAMS)


def test_streams_are_named_by_what_they_declare() -> None:
    assert stream("lost/{outcome}/{visit}", outcome="cortisol", visit="post") == "lost/cortisol/post"
    with pytest.raises(KeyError, match="no stream is declared"):
        stream("consents")
    with pytest.raises(KeyError, match=r"named by \['outcome', 'visit'\]"):
        stream("lost/{outcome}/{visit}", outcome="cortisol")
    with pytest.raises(KeyError, match="named by"):
        stream("consent", outcome="cortisol")
