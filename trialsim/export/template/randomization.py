"""A randomization list from the operating system's entropy: no seed makes it again, so nobody can compute it.

The list that a simulation uses follows from the scenario's seed, which is public; a real trial must never use that one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from trialsim.conduct import ConductPlan
from trialsim.conduct.allocation import places_in_block
from trialsim.errors import RunError
from trialsim.export.text import safe
from trialsim.kinds.designs import BIG_STICK, IN_TURN, MINIMIZATION, PERMUTED_BLOCKS, PLACES_LEFT, SIMPLE

#: Letters of the code of a line, without those that are mistaken for others.
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH: Final = 8

#: The longest list.
MOST: Final = 100_000

#: The columns of the list.
COLUMNS: Final = ("number", "stratum", "number_in_stratum", "block", "arm", "envelope_code")

#: Who may read and write the list: its owner.
MODE: Final = 0o600

#: The arms of one stratum and the number of each block, from a source of chance and a length.
Maker = Callable[[ConductPlan, Random, int], "list[tuple[int, int]]"]


@dataclass(frozen=True)
class NoList:
    """Why a method of allocation has no list that is made before the trial; reads as a sentence."""

    why: str


@dataclass(frozen=True)
class ListLine:
    """A line of the list: its stratum, its number there, its block (0 for none), its arm, and the code of its envelope."""

    stratum: str
    number: int
    block: int
    arm: str
    code: str


def _blocks(plan: ConductPlan, chance: Random, length: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while len(found) < length:
        places = [int(arm) for arm in places_in_block(plan.ratio, plan.block)]
        chance.shuffle(places)
        number = len(found) // plan.block + 1
        found += [(arm, number) for arm in places]
    return found


def _simple(plan: ConductPlan, chance: Random, length: int) -> list[tuple[int, int]]:
    places = [int(arm) for arm in places_in_block(plan.ratio, sum(plan.ratio))]
    return [(chance.choice(places), 0) for _ in range(length)]


def _places(plan: ConductPlan, chance: Random, _length: int) -> list[tuple[int, int]]:
    """Every place once, in an order of which each is as likely: what drawing by the places left gives."""
    places = [arm for arm, target in enumerate(plan.targets) for _ in range(target)]
    chance.shuffle(places)
    return [(arm, 0) for arm in places]


#: By the method of allocation: how its list is made, or why there is none.
MAKERS: Final[Mapping[str, Maker | NoList]] = {
    PERMUTED_BLOCKS.name: _blocks,
    SIMPLE.name: _simple,
    PLACES_LEFT.name: _places,
    IN_TURN.name: NoList(
        "Arms are taken in turn, which is not random: choose a method of allocation before the trial."
    ),
    MINIMIZATION.name: NoList(
        "Minimization looks at who is in already: it needs a program at each enrollment, not a list."
    ),
    BIG_STICK.name: NoList(
        "The big stick looks at who is in already: it needs a program at each enrollment, not a list."
    ),
}


def list_or_reason(plan: ConductPlan, chance: Random | None = None) -> list[ListLine] | NoList:
    """The list of a design: in each stratum as many lines as the whole trial has participants, in whole blocks.

    Parameters
    ----------
    chance : the source of chance; by default that of the operating system

    Raises
    ------
    RunError
        TS-R338 when it would be too long
    """
    if len(plan.arms) < 2:
        return NoList("There is one arm, so nothing is randomized.")
    if plan.clusters is not None and plan.clusters.randomized:
        return NoList("Whole sites are randomized: draw their arms together, when all sites are known.")
    maker = MAKERS[plan.method]
    if isinstance(maker, NoList):
        return maker
    strata = [", ".join(stratum) or "all" for stratum in plan.strata]
    if plan.target * len(strata) > MOST:
        raise RunError(
            f"a list of {plan.target:,} participants in each of {len(strata):,} strata has more than {MOST:,} lines.",
            code="TS-R338",
            remedy="Stratify by fewer covariates.",
        )
    source = chance or secrets.SystemRandom()
    found = []
    for stratum in strata:
        for number, (arm, block) in enumerate(maker(plan, source, plan.target), start=1):
            code = "".join(source.choice(LETTERS) for _ in range(CODE_LENGTH))
            found.append(ListLine(stratum, number, block, plan.arms[arm], code))
    return found


def list_text(lines: list[ListLine]) -> str:
    """The list as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for number, one in enumerate(lines, start=1):
        table.writerow([number, safe(one.stratum), one.number, one.block or "", safe(one.arm), one.code])
    return text.getvalue()


def write_list(lines: list[ListLine], path: Path) -> str:
    """Write the list so that only its owner can read it, and never over another; its SHA-256.

    The codes of the envelopes are random too: without them a short list could be found from its hash by trying all.
    """
    content = list_text(lines).encode("utf-8")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    with os.fdopen(opened, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return hashlib.sha256(content).hexdigest()
