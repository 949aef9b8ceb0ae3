"""Trials of a lesson's scenario: simulated and analyzed as the public functions do it, and counted with their errors."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from trialsim.api.play import analyze, simulate
from trialsim.api.subjects import study_of
from trialsim.lessons.records import LabeledNumber, Lesson, Reveal
from trialsim.report.digits import plain, share_with_error, with_error, with_minus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trialsim.analysis.estimates import Estimates
    from trialsim.cohort import Cohort
    from trialsim.engine.trace import EventTrace
    from trialsim.prepared import Study

#: Trials that are simulated together.
BATCH = 500


@lru_cache(maxsize=64)
def study(scenario: str, changes: tuple[str, ...] = ()) -> Study:
    """The study of a shipped scenario, prepared once."""
    return study_of(scenario, set=changes)


def seed_of(scenario: str) -> int:
    """The seed that the scenario declares."""
    return study(scenario).scenario.simulation.seed


def one_trial(scenario: str, seed: int, *, replicate: int = 0, changes: tuple[str, ...] = ()) -> OneTrial:
    """The trial of a seed, with its values and its estimates."""
    cohort = simulate(study(scenario, changes), range(replicate, replicate + 1), seed=seed)
    return OneTrial(cohort, analyze(cohort))


class OneTrial:
    """One trial: its values by outcome, visit and arm, and its estimates by analysis."""

    def __init__(self, cohort: Any, estimates: Estimates) -> None:
        self.cohort = cohort
        self.estimates = estimates

    def row(self, analysis: str, contrast: str | None = None) -> int:
        """The number of the row of an analysis."""
        return row_of(self.estimates, analysis, contrast)

    def values(self, outcome: str, visit: str, arm: str | None = None) -> NDArray[np.float64]:
        """Values of an outcome at a visit in the order of enrollment, of all participants or of an arm."""
        plan, measurements = self.cohort.response_plan, self.cohort.measurements
        column = plan.point_index(outcome, visit)
        arms = self.cohort.entries.arm[0]
        chosen = arms >= 0 if arm is None else arms == plan.arms.index(arm)
        found: NDArray[np.float64] = measurements.values[0, 0, chosen, column]
        return found

    def p(self, analysis: str, contrast: str | None = None) -> float:
        """The p-value of an analysis."""
        return float(self.estimates.p[0, 0, self.row(analysis, contrast)])

    def estimate(self, analysis: str, contrast: str | None = None) -> tuple[float, float, float]:
        """Estimate and interval of an analysis."""
        row = self.row(analysis, contrast)
        found = self.estimates
        return (float(found.estimate[0, 0, row]), float(found.low[0, 0, row]), float(found.high[0, 0, row]))


def row_of(estimates: Estimates, analysis: str, contrast: str | None = None) -> int:
    """The number of the row of an analysis; the first of several contrasts."""
    return next(
        number
        for number, row in enumerate(estimates.rows)
        if row.analysis == analysis and (contrast is None or row.contrast == contrast)
    )


def many_trials(
    scenario: str, replicates: int, *, changes: tuple[str, ...] = (), seed: int | None = None
) -> dict[str, NDArray[np.float64]]:
    """Estimates of trials (R, rows) as declared: ``estimate``, ``se``, ``p``, ``low``, ``high``; batch by batch."""
    parts: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ("estimate", "se", "p", "low", "high")}
    for start in range(0, replicates, BATCH):
        cohort = simulate(study(scenario, changes), range(start, min(start + BATCH, replicates)), seed=seed)
        found = analyze(cohort)
        for name, kept in parts.items():
            kept.append(getattr(found, name)[0])
    return {name: np.concatenate(kept) for name, kept in parts.items()}


def many_values(
    scenario: str, replicates: int, outcome: str, visits: Sequence[str], *, changes: tuple[str, ...] = ()
) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
    """Values (R, N) of an outcome at each of some visits, and the arm of each participant (R, N; -1 if there is nobody)."""
    values: list[list[NDArray[np.float64]]] = [[] for _ in visits]
    arms = []
    for start in range(0, replicates, BATCH):
        cohort = simulate(study(scenario, changes), range(start, min(start + BATCH, replicates)))
        for kept, visit in zip(values, visits, strict=True):
            kept.append(cohort.measurements.values[0, :, :, cohort.response_plan.point_index(outcome, visit)])
        arms.append(cohort.entries.arm)
    return [np.concatenate(kept) for kept in values], np.concatenate(arms)


def trace_of(cohort: Cohort) -> EventTrace:
    """What happened on the ward of a scenario that has one."""
    assert cohort.trace is not None
    return cohort.trace


def rows_of(scenario: str, changes: tuple[str, ...] = ()) -> dict[tuple[str, str], int]:
    """The number of each row, by analysis and contrast."""
    rows = study(scenario, changes).analysis.rows
    return {(row.analysis, row.contrast): number for number, row in enumerate(rows)}


# ---------------------------------------------------------------- numbers with errors


def share(name: str, label: str, yes: Any) -> LabeledNumber:
    """How often something happened, with its error; ``yes`` is 0 or 1 for each trial that counts."""
    values = np.asarray(yes, dtype=float)
    found = float(values.mean())
    error = math.sqrt(found * (1 - found) / len(values))
    low, high = _wilson(found, len(values))
    text = share_with_error(found, error, low=low, high=high)
    return LabeledNumber(name, label, text, whole(found), found, error)


def _wilson(share_found: float, count: int) -> tuple[float, float]:
    """An interval of 95 % for a share."""
    z2 = 1.959964**2
    middle = (share_found + z2 / (2 * count)) / (1 + z2 / count)
    half = math.sqrt(z2 * share_found * (1 - share_found) / count + z2 * z2 / (4 * count * count)) / (1 + z2 / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def mean(name: str, label: str, values: Any, *, unit: str = "") -> LabeledNumber:
    """A mean over trials with its error."""
    array = np.asarray(values, dtype=float)
    return estimated(name, label, float(array.mean()), float(array.std(ddof=1)) / math.sqrt(len(array)), unit=unit)


def estimated(name: str, label: str, value: float, error: float, *, unit: str = "") -> LabeledNumber:
    """A number with a standard error of its own."""
    text = with_minus(with_error(value, error))
    brief = _zero(with_minus(f"{value:,.{_decimals(error)}f}" if error > 0 else plain(value)))
    return LabeledNumber(name, label, f"{text} {unit}".strip(), f"{brief} {unit}".strip(), value, error)


def _decimals(error: float) -> int:
    """Decimals of a number in a sentence: to the digit before the first one of its error.

    >>> _decimals(0.016), _decimals(0.0041), _decimals(2.0)
    (1, 2, 0)
    """
    return max(0, math.floor(-math.log10(error)))


def ratio(name: str, label: str, above: Any, below: Any) -> LabeledNumber:
    """A ratio of two means over the same trials, with its error (delta method)."""
    a, b = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    found = float(a.mean() / b.mean())
    error = float(np.std(a - found * b, ddof=1)) / abs(float(b.mean())) / math.sqrt(len(a))
    return estimated(name, label, found, error)


def fall_of(name: str, label: str, logs: Any) -> LabeledNumber:
    """A fall in percent from mean changes of logarithms, one for each trial."""
    array = np.asarray(logs, dtype=float)
    left = math.exp(float(array.mean()))
    error = left * float(array.std(ddof=1)) / math.sqrt(len(array))
    text = with_minus(share_with_error(1 - left, error))
    return LabeledNumber(name, label, text, _zero(with_minus(f"{100 * (1 - left):.0f} %")), 1 - left, error)


def _zero(text: str) -> str:
    """A zero has no sign.

    >>> _zero("\N{MINUS SIGN}0.00 points"), _zero("\N{MINUS SIGN}0.01")
    ('0.00 points', '\N{MINUS SIGN}0.01')
    """
    return text[1:] if text[:1] == "\N{MINUS SIGN}" and not re.search("[1-9]", text) else text


def single(name: str, label: str, value: float, *, digits: int = 3, unit: str = "") -> LabeledNumber:
    """A number of one trial."""
    text = f"{with_minus(plain(value, digits))} {unit}".strip()
    return LabeledNumber(name, label, text, text, value)


def p_value(name: str, label: str, p: float) -> LabeledNumber:
    """A p-value of one trial; in a sentence with its sign."""
    text = "below 0.001" if p < 0.001 else f"{p:.3f}"
    return LabeledNumber(name, label, text, p_text(p), p)


def p_text(p: float) -> str:
    """A p-value in a sentence.

    >>> p_text(0.0314), p_text(0.00002)
    ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def whole(found: float) -> str:
    """A share for a sentence, in whole percent; near none and near all with the digits that it needs.

    >>> whole(0.7031), whole(0.0003), whole(0.9996), whole(1.0), whole(0.0)
    ('70 %', '0.03 %', '99.96 %', '100 %', '0 %')
    """
    percent = 100 * found
    near = min(percent, 100 - percent)
    if 1e-9 < near < 0.95:
        return f"{percent:.{max(0, -math.floor(math.log10(near)))}f} %"
    return f"{percent:.0f} %"


def revealed(
    lesson: Lesson, replicates: int, numbers: Sequence[LabeledNumber], answer: str, picture: str, **more: object
) -> Reveal:
    """The answer of a lesson, its paragraphs filled with the numbers; ``more`` are further words for the braces."""
    values: dict[str, object] = {one.name: one for one in numbers}
    words = tuple(text.format_map({**values, "trials": f"{replicates:,}", **more}) for text in lesson.reveal_words)
    return Reveal(replicates, seed_of(lesson.scenario), tuple(numbers), answer, words, picture)
