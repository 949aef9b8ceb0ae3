"""Sizes close to the answer, for studies in which power may not rise smoothly with the size.

On a ward more participants may mean less power: those enrolled into a night without staff get no treatment. Also, later
participants may delay earlier ones, so that the first n of a larger trial are not the trial of n. A survey of sizes finds
where the power passes the goal for the last time. Then five sizes around are simulated, whole if that matters, all under one
seed, with a parabola of probits over square roots; they are moved until the answer lies in their middle.
"""

from __future__ import annotations

import math

import numpy as np

from trialsim.sizing.answer import notes_on, refuse_failures, shortfall
from trialsim.sizing.batch import Batch, side_by_side
from trialsim.sizing.curve import SIDE, PowerCurve, last_rise
from trialsim.sizing.fit import Scores, fit_curve
from trialsim.sizing.sizes import Sizes
from trialsim.sizing.trials import PILOT, SearchTrials

#: Sizes of the survey, as shares of the first guess; and how far above the answer it must reach, to find a decrease after a peak.
WIDE = (0.5, 0.65, 0.8, 0.87, 0.94, 1.0, 1.07, 1.15, 1.25, 1.35, 1.47, 1.6)
BEHIND = 1.4

#: Trials of the survey, as a share of those of the batch.
SURVEY = 1 / 8

#: Distance between sizes close to the answer, as a share of it.
STEP = 0.02

#: The most times that the survey and the sizes close to the answer are moved.
ROUNDS = 6


class LocalSearch:
    """A search on a ward. ``between`` is the range of answers, ``simulated`` the range of sizes in the search."""

    def __init__(
        self,
        trials: SearchTrials,
        goal: float,
        sizes: Sizes,
        between: tuple[int, int],
        simulated: tuple[int, int],
        replicates: int,
    ) -> None:
        self.trials, self.goal, self.sizes, self.replicates = trials, goal, sizes, replicates
        (self.low, self.high), (self.floor, self.ceiling) = between, simulated
        self.whole = False

    def curve(self, middle: float, *, whole: bool) -> tuple[PowerCurve, tuple[str, ...]]:
        """The curve: the survey for far sizes, precise for near ones; and notes on it."""
        self.whole = whole
        wide, batch, center = self.survey(middle)
        enrolled = shortfall(wide, batch, answer=center if math.isfinite(center) else math.inf)
        if not math.isfinite(center):
            return wide, (*notes_on(wide), *enrolled, *self.sizes_note())
        near = self.close(center)
        return joined(wide, near), (*notes_on(near), *self.hump(wide), *enrolled, *self.sizes_note())

    def play(self, at: list[int], count: int, text: str) -> Batch:
        """Trials at every size of ``at``: whole ones, or the first participants of the largest."""
        return self.trials.whole(at, count, text) if self.whole else self.trials.prefixes(at, count, text)

    def survey(self, middle: float) -> tuple[PowerCurve, Batch, float]:
        """A rough curve that contains the last rise through the goal, if there is one, and where that is."""
        count = max(round(self.replicates * SURVEY), PILOT)
        for _ in range(ROUNDS):
            at = [n for n in self.sizes.near(middle * share for share in WIDE) if self.floor <= n <= self.ceiling]
            at = sorted({*at, self.sizes.up(min(max(middle, self.floor), self.ceiling - self.sizes.step))})
            at = sorted({*at, at[-1] + self.sizes.step}) if len(at) < 2 else at
            batch = self.play(at, count, "Simulating a survey of sizes")
            refuse_failures(batch, self.trials.target)
            wide = fit_curve(batch.scores, self.trials.target)
            center = last_rise(wide.at, wide.power, wide.se, self.goal)
            if math.isfinite(center):
                if wide.at[-1] >= min(BEHIND * center, self.ceiling):
                    break
                middle = center
                continue
            over = wide.power[-1] >= self.goal
            if wide.at[0] <= self.low if over else wide.at[-1] >= self.high:
                break
            middle = wide.at[0] * 0.8 if over else wide.at[-1] * 1.4
        return wide, batch, center

    def close(self, center: float) -> PowerCurve:
        """Five sizes around the answer, moved until it lies within one step of the middle one."""
        step = self.sizes.near([max(STEP * center, self.sizes.step)])[0]
        middle, played, tried = self.sizes.near([center])[0], dict[int, Batch](), set[int]()
        for _ in range(ROUNDS):
            middle = max(middle, self.floor + step)
            at = [n for n in range(middle - SIDE * step, middle + SIDE * step + 1, step) if n >= self.floor]
            new = [n for n in at if n not in played]
            tried.add(middle)
            if new:
                batch = self.play(new, self.replicates, "Simulating the sizes around the answer")
                played |= {n: one_size(batch, i) for i, n in enumerate(new)}
            batch = side_by_side([played[n] for n in at])
            curve = fit_curve(
                batch.scores, self.trials.target, check_at=range(len(at))[:3], rule="local", middle=middle
            )
            root = curve.root(self.goal)
            away = SIDE if curve.power.mean() < self.goal else -SIDE
            steps = round((root - middle) / step) if math.isfinite(root) else away
            if not steps or middle + steps * step < self.floor + step or middle + steps * step in tried:
                break
            middle += steps * step
        return curve

    def sizes_note(self) -> tuple[str, ...]:
        """A note on how sizes were simulated, if that is not the usual way."""
        if self.whole and self.sizes.wedge:
            text = (
                "In a stepped wedge a smaller trial is not the beginning of a larger one, so trials of each size were"
            )
            return (f"{text} simulated completely.",)
        if self.whole and self.sizes.of_cluster:
            return (
                "A trial of another number of clusters is another trial, so trials of each size were simulated completely.",
            )
        if self.whole and self.sizes.clusters and self.trials.study.program is None:
            return ("Clusters of another size make another trial, so trials of each size were simulated completely.",)
        text = (
            "In this study later participants affect earlier ones (on the ward, or because arms fill up), so trials of each size "
            "were simulated completely."
        )
        return (text,) if self.whole else ()

    def hump(self, wide: PowerCurve) -> tuple[str, ...]:
        """A note if a smaller size also has the power, and a larger one does not."""
        above = np.flatnonzero(wide.power > self.goal + 2 * wide.se)
        below = np.flatnonzero(wide.power < self.goal - 2 * wide.se)
        if not len(below) or not (above < below[-1]).any():
            return ()
        last = int(above[above < below[-1]][-1])
        text = (
            f"Power does not rise throughout: with {wide.at[last]:.0f} participants it is "
            f"{100 * wide.power[last]:.1f} %, with {wide.at[below[-1]]:.0f} again {100 * wide.power[below[-1]]:.1f} %. "
            "The answer is the size from which power stays above the goal, up to the largest size simulated."
        )
        return (text,)


def one_size(batch: Batch, place: int) -> Batch:
    """The part of a batch that belongs to one of its sizes."""
    keep = slice(place, place + 1)
    scores = Scores(batch.scores.at[keep], batch.scores.score[keep], batch.scores.known[keep], batch.scores.counted)
    return Batch(scores, batch.estimate[keep], batch.width[keep], batch.enrolled[keep])


def joined(wide: PowerCurve, near: PowerCurve) -> PowerCurve:
    """The precise curve, with the sizes of the survey beyond it."""
    far = (wide.at < near.at[0]) | (wide.at > near.at[-1])
    at = np.concatenate([near.at, wide.at[far]])
    order = np.argsort(at)
    power = np.concatenate([near.power, wide.power[far]])[order]
    without = np.concatenate([near.without, wide.without[:, far]], axis=1)[:, order]
    return PowerCurve(
        at[order], power, without, near.rule, near.middle, by_parts=near.by_parts, contradiction=near.contradiction
    )
