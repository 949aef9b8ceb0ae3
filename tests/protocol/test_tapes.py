"""Tapes: rounding, least lengths, flags, addresses."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from trialsim.numbers.distributions import quantile
from trialsim.numbers.draws import uniforms
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.program import Program
from trialsim.protocol.steps import Step
from trialsim.protocol.tapes import Tapes, draw_tapes

STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])
LENGTHS: list[Any] = [
    "90 s",
    "0.2 s",
    {"exponential": {"mean": "3 s"}},
    {"mean": "60 s", "sd": "30 s"},
    {"gamma": {"mean": "60 s", "sd": "30 s"}},
    {"choice": {"10 s": "50 %", "20 s": "50 %"}},
    {"weibull": {"shape": 2, "scale": "40 s"}},
]
SOME = range(3, 9)


def program_of(*steps: dict[str, Any]) -> Program:
    return compile_protocol(STEPS.validate_python(steps), {}, arms=("a",), starts=date(2026, 1, 5))


def drawn(program: Program, *, participants: int = 7, replicates: range = SOME) -> Tapes:
    return draw_tapes(program, seed=5, replicates=replicates, participants=participants)


@pytest.mark.parametrize("lasts", LENGTHS, ids=str)
def test_lengths_are_quantiles_rounded_half_up_and_at_least_one(lasts: Any) -> None:
    program = program_of({"activity": "rest", "lasts": lasts})
    u = uniforms(5, "step/rest/length", replicates=SOME, participants=7)
    seconds = quantile(program.slots[0].distribution, u)
    assert np.array_equal(drawn(program)[:, :, 0], np.maximum(np.floor(seconds + 0.5), 1))


def test_a_wait_may_take_no_time() -> None:
    assert (drawn(program_of({"wait": {"for": "0.2 s"}}, {"visit": "v"})) == 0).all()


def test_participants_and_replicates_are_addresses() -> None:
    program = program_of({"activity": "rest", "lasts": {"mean": "60 s", "sd": "30 s"}})
    whole = drawn(program)
    assert np.array_equal(drawn(program, participants=3), whole[:, :3])
    assert np.array_equal(drawn(program, replicates=range(6, 9)), whole[3:])
    assert len(np.unique(whole)) > 20


def test_more_tries_move_no_draw() -> None:
    attempt = {"attempt": "needle", "lasts": {"mean": "60 s", "sd": "30 s"}, "succeeds": "50 %"}
    few, many = (drawn(program_of(attempt | {"at_most": count})) for count in (2, 4))
    assert np.array_equal(few, many[:, :, :4])


def test_interruptions_lie_inside_the_activity() -> None:
    broken = {"activity": "rest", "lasts": "9 s", "interrupted": {"chance": "40 %", "for": "0.1 s", "stopped": "25 %"}}
    length, flag, moment, pause, stops = drawn(program_of(broken), participants=400).transpose(2, 0, 1)
    assert (length == 9).all()
    assert (pause == 1).all()
    assert set(np.unique(flag)) == set(np.unique(stops)) == {0, 1}
    assert (moment[flag == 0] == 0).all()
    assert set(moment[flag == 1]) == set(range(1, 10))
    # 2,400 draws at 40 % and 25 %: five standard errors, by chance once in a million runs
    assert abs(flag.mean() - 0.4) < 0.05
    assert abs(stops.mean() - 0.25) < 0.045


def test_a_length_without_end_is_cut_to_a_century() -> None:
    program = program_of({"activity": "rest", "lasts": {"median": "1000 d", "cv": 1000}})
    assert drawn(program, participants=400).max() == 36_525 * 86_400
