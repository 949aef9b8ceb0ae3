"""Assurance: power averaged over the priors of uncertain numbers, compared with the power at the declared numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trialsim.assurance.average import (
    Average,
    Bin,
    PowerDistribution,
    ShareEstimate,
    along,
    average,
    binomial,
    power_distribution,
)
from trialsim.assurance.play import PriorTrials, count, count_parallel, play_points
from trialsim.assurance.points import AssuranceError, Belief, beliefs, hypercube
from trialsim.assurance.small_pilot import SmallPilot, small_pilots, with_power
from trialsim.chunks import usable_cores
from trialsim.errors import TrialsimError
from trialsim.prepared import Study, prepare
from trialsim.scenario.change import with_numbers
from trialsim.scenario.model import Scenario
from trialsim.scenario.text import Path
from trialsim.sizing.target import Need, Target, target_of

__all__ = [
    "Assurance",
    "AssuranceError",
    "Average",
    "Belief",
    "Bin",
    "PowerDistribution",
    "PriorTrials",
    "ShareEstimate",
    "SmallPilot",
    "find_assurance",
]

#: Points of the prior, and the fewest trials at each, by default.
POINTS, TRIALS_A_POINT = 200, 20
#: The fewest points for an average with its error.
FEWEST = 10
#: Trials at a shrunk effect.
SHRUNK = 2_000

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Assurance:
    """Power over the prior beside power at the design values.

    Attributes
    ----------
    beliefs : the uncertain numbers (D)
    played : the points (P) and their trials
    design : power at the values of the scenario, over the same replicate numbers
    average : power over the prior
    along : (D) power in bins of each belief
    spread : the distribution of power over the prior
    pilots : effects based on a small pilot
    replicates : trials over the prior, including impossible points; the same number at the design values
    """

    target: Target
    beliefs: tuple[Belief, ...]
    played: PriorTrials
    design: ShareEstimate
    design_failed: int
    average: Average
    along: tuple[tuple[Bin, ...], ...]
    spread: PowerDistribution
    pilots: tuple[SmallPilot, ...]
    replicates: int
    seed: int

    @property
    def first(self) -> int:
        """The belief that changes power most."""
        influence = self.average.influence
        return influence.index(max(influence))

    @property
    def impossible(self) -> tuple[str, ...]:
        """Why points are impossible, one text for each."""
        return tuple(fault for fault in self.played.faults if fault)

    @property
    def bounds(self) -> tuple[float, float]:
        """Assurance if every impossible point and failed trial counted as a failure, and as a success."""
        played = self.played
        asked, lost = len(played.u), ~played.usable
        low = played.reached[~lost] / played.replicates[~lost]
        high = (played.reached + played.failed)[~lost] / played.replicates[~lost]
        return float(low.sum() / asked), float((high.sum() + lost.sum()) / asked)


def points_for(points: int | None, replicates: int) -> int:
    """The number of points of the prior: as requested, otherwise 200 or as many as have 20 trials each.

    Raises
    ------
    AssuranceError
        TS-V002 if there are fewer than 10 points or more points than trials
    """
    points = min(POINTS, max(replicates // TRIALS_A_POINT, FEWEST)) if points is None else points
    if not FEWEST <= points <= replicates:
        raise AssuranceError(
            f"{points:,} points of the prior for {replicates:,} trials.",
            code="TS-V002",
            remedy=f"Ask for at least {FEWEST} points, and for at least one trial at each.",
        )
    return points


def find_assurance(
    scenario: Scenario | Study,
    wanted: Sequence[str] = (),
    *,
    need: Need = "all",
    points: int | None = None,
    replicates: int = 10_000,
    goal: float = 0.8,
    seed: int | None = None,
    workers: int | None = None,
    progress: Tell | None = None,
) -> Assurance:
    """Power averaged over the priors of a scenario.

    "Drawn once per trial" is represented by ``points`` draws of all priors together (a Latin hypercube), each with its
    own share of the ``replicates``; with as many points as replicates each trial has its own draw.

    Parameters
    ----------
    wanted : analyses that must reject (any or all, ``need``); by default the primary ones
    goal : a power; the share of the prior with at least this power is reported

    Raises
    ------
    AssuranceError
        TS-V001 nothing has a prior, TS-V002 the number of points, TS-V003 nearly every point is impossible
    """
    study = prepare(scenario)
    found = beliefs(study.scenario)
    points = points_for(points, replicates)
    seed = study.scenario.simulation.seed if seed is None else seed
    workers = usable_cores() if workers is None else workers
    target = target_of(study, wanted, need=need)

    def stage(text: str) -> Callable[[int], None] | None:
        return None if progress is None else lambda done: progress(text, done, replicates)

    reached, failed = count_parallel(
        study, wanted, need, replicates, seed=seed, workers=workers, progress=stage("At the design values")
    )
    u = hypercube([belief.name for belief in found], points, seed=seed)
    played = play_points(
        study.scenario, wanted, need, found, u, replicates=replicates, seed=seed, workers=workers,
        progress=stage("Over the priors"),
    )  # fmt: skip
    if played.usable.sum() < FEWEST:
        why = next((fault for fault in played.faults if fault), "no trial could be analyzed.")
        raise AssuranceError(
            f"only {int(played.usable.sum())} of {points} points of the priors can be simulated; the first fault: {why}",
            code="TS-V003",
            remedy="Narrow the priors to possible values, or truncate them with between: [low, high].",
        )

    def power_at(values: dict[Path, float]) -> float:
        try:
            changed = prepare(with_numbers(study.scenario, values))
            hits, lost = count(changed, wanted, need, range(min(replicates, SHRUNK)), seed=seed)
        except TrialsimError:
            return float("nan")
        return hits / (min(replicates, SHRUNK) - lost)

    pilots = small_pilots(study.scenario, found)
    return Assurance(
        target=target,
        beliefs=found,
        played=played,
        design=binomial(reached, replicates - failed),
        design_failed=failed,
        average=average(played),
        along=tuple(along(played, column) for column in range(len(found))),
        spread=power_distribution(played, goal),
        pilots=tuple(one if belief is None else with_power(one, belief, power_at) for one, belief in pilots),
        replicates=replicates,
        seed=seed,
    )
