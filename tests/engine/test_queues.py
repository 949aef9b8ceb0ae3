"""Queueing theory, met by the compiled engine.

Each test compares the mean of independent replicates with an exact value at 6 standard errors: with 40 or more
replicates it fails by chance less than once in a million runs (Student's t).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.engine import EventTrace, play
from trialsim.engine import trace as e
from trialsim.numbers.draws import uniforms
from trialsim.protocol.tapes import draw_tapes

Floats = NDArray[np.float64]
UNIT = 36_000  # ticks in one unit of time, so many that rounding does not matter
WARM_UP = 1_000
SEED = 7


def poisson(rate: float, *, replicates: int, participants: int) -> NDArray[np.int64]:
    u = uniforms(SEED, "arrival", replicates=range(replicates), participants=participants)
    return np.floor(np.cumsum(-np.log(u) / rate * UNIT, axis=1) + 0.5).astype(np.int64)


def mean_within(values: Floats, exact: float) -> float:
    """Distance of the mean of replicates (R,) from the exact value in standard errors; fails beyond 6."""
    distance = abs(values.mean() - exact) / (values.std(ddof=1) / np.sqrt(len(values)))
    assert distance < 6, f"{values.mean():.6g} is {distance:.1f} standard errors from {exact}"
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def queue(
    make_program: Callable[..., Any], make_entries: Callable[..., Any], *, servers: int, arrivals: float, service: float,
    replicates: int = 40, participants: int = 8_000, **resource: int,
) -> tuple[EventTrace, NDArray[np.int64]]:  # fmt: skip
    steps = [{"activity": "service", "needs": ["server"], "lasts": {"exponential": {"mean": f"{UNIT / service} s"}}}]
    program = make_program(steps, {"server": {"units": servers} | resource})
    arrived = poisson(arrivals, replicates=replicates, participants=participants)
    some = range(replicates)
    tapes = draw_tapes(program, seed=SEED, replicates=some, participants=participants)
    return play(program, make_entries(arrived), tapes, seed=SEED, replicates=some), arrived


def test_two_servers(make_program: Callable[..., Any], make_entries: Callable[..., Any]) -> None:
    trace, _ = queue(make_program, make_entries, servers=2, arrivals=1.5, service=1.0)
    waits = trace.hold_wait[:, WARM_UP:, 0]
    assert mean_within((waits > 0).mean(axis=1), 0.642857) < 0.005
    assert mean_within((waits / UNIT).mean(axis=1), 1.285714) < 0.05


def test_three_servers(make_program: Callable[..., Any], make_entries: Callable[..., Any]) -> None:
    trace, _ = queue(make_program, make_entries, servers=3, arrivals=10.0, service=4.0)
    # 0.3511: Erlang C with an offered load of 2.5
    assert mean_within((trace.hold_wait[:, WARM_UP:, 0] / UNIT).mean(axis=1), 0.351124) < 0.015


def test_two_servers_and_one_place_to_wait(make_program: Callable[..., Any], make_entries: Callable[..., Any]) -> None:
    trace, arrived = queue(make_program, make_entries, servers=2, arrivals=3.0, service=4.0, queue_limit=1)
    turned_away = trace.hold_state[:, WARM_UP:, 0] == e.REFUSED
    assert mean_within(turned_away.mean(axis=1), 0.04936) < 0.0008
    inside = (trace.end_time - arrived)[:, WARM_UP:].sum(axis=1)
    present = inside / (arrived[:, -1] - arrived[:, WARM_UP])
    assert mean_within(present, 0.76234) < 0.003


def erlang_a(*, servers: int, arrivals: float, service: float, leaving: float, most: int = 400) -> tuple[float, float]:
    """M/M/c+M: the share of customers who give up, and the chance that one finds no server free, by birth and death."""
    chances = [1.0]
    for n in range(1, most):
        chances.append(chances[-1] * arrivals / (min(n, servers) * service + max(n - servers, 0) * leaving))
    waiting = sum(max(n - servers, 0) * chance for n, chance in enumerate(chances)) / sum(chances)
    return leaving * waiting / arrivals, sum(chances[servers:]) / sum(chances)


def test_impatience(make_program: Callable[..., Any], make_entries: Callable[..., Any]) -> None:
    """Two servers, an offered load of 2.4, patience that is exponential with a mean of 2: the Erlang A queue."""
    exact, busy = erlang_a(servers=2, arrivals=2.4, service=1.0, leaving=0.5)
    steps = [
        {
            "activity": "service",
            "needs": ["server"],
            "lasts": {"exponential": {"mean": f"{UNIT} s"}},
            "give_up_after": {"exponential": {"mean": f"{2 * UNIT} s"}},
        }
    ]
    some, participants = range(40), 8_000
    program = make_program(steps, {"server": {"units": 2}})
    arrived = poisson(2.4, replicates=len(some), participants=participants)
    tapes = draw_tapes(program, seed=SEED, replicates=some, participants=participants)
    trace = play(program, make_entries(arrived), tapes, seed=SEED, replicates=some)
    gave_up = trace.hold_state[:, WARM_UP:, 0] == e.GAVE_UP
    assert mean_within(gave_up.mean(axis=1), exact) < 0.002
    waited = (trace.hold_wait[:, WARM_UP:, 0] > 0) | gave_up
    assert mean_within(waited.mean(axis=1), busy) < 0.004
    patience = tapes[:, WARM_UP:, program.holds[0].slot]
    held = trace.holds[:, WARM_UP:, 0]
    assert (held[..., e.H_GAVE_UP] - held[..., e.H_REQUEST])[gave_up].tolist() == patience[gave_up].tolist()
    assert (held[..., e.H_GAVE_UP][~gave_up] == -1).all()


def test_plain_queue(make_program: Callable[..., Any], make_entries: Callable[..., Any]) -> None:
    """100 customers, five services each by two servers; the smallest fault seen is 0.4 h in 17.4 h.

    If the releaser kept the server, customers would stay 12.479 h.
    """
    service = {"activity": "service", "needs": ["server"], "lasts": {"exponential": {"mean": "1 h"}}}
    program = make_program([service | {"name": f"service {k}"} for k in range(5)], {"server": {"units": 2}})
    some = range(10_000)
    arrived = poisson(0.36 * UNIT / 3600, replicates=len(some), participants=100)
    tapes = draw_tapes(program, seed=SEED, replicates=some, participants=100)
    trace = play(program, make_entries(arrived), tapes, seed=SEED, replicates=some)
    mean_within((trace.end_time - arrived).mean(axis=1) / 3600, 17.373)
    mean_within(trace.trial_end / 3600, 292.86)


def test_a_wrong_value_is_noticed(make_program: Callable[..., Any], make_entries: Callable[..., Any]) -> None:
    """The comparison itself: with an exponential mean 3 % too long the M/M/2 queue is not met."""
    trace, _ = queue(make_program, make_entries, servers=2, arrivals=1.5, service=1 / 1.03)
    waits = (trace.hold_wait[:, WARM_UP:, 0] > 0).mean(axis=1)
    try:
        mean_within(waits, 0.642857)
    except AssertionError as error:
        assert "standard errors" in str(error)
    else:
        raise AssertionError("a service that is 3 % too long was not noticed")
