"""The latent correlation matrix of all outcomes and visits, and whether it is one."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trialsim.quantities.fields import Number
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.missing import carries
from trialsim.scenario.checks.names import known
from trialsim.scenario.model import Analysis, Draft, Outcome
from trialsim.scenario.notation import expand_visits
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

Pair = tuple[str, str]  # (outcome, visit)
Matrix = NDArray[np.float64]


def latent_correlation(scenario: Draft, points: Outline) -> tuple[list[Pair], Matrix]:
    """The (outcome, visit) pairs in file order and the (D, D) correlation of their Gaussian parts.

    One outcome over visits: ``within_session`` or ``between_sessions``. Another outcome at the same visit:
    the declared ``with``; at another visit that times the root of the two outcomes' correlations over those visits.
    """
    pairs = [(name, visit) for name, outcome in scenario.outcomes.items() for visit in outcome.visits]
    matrix = np.eye(len(pairs))
    rows: dict[str, slice] = {}
    for name, outcome in scenario.outcomes.items():
        start = rows[next(reversed(rows))].stop if rows else 0
        rows[name] = slice(start, start + len(outcome.visits))
        own = _block(
            outcome,
            outcome,
            points,
            at_once=1.0,
            within=_over_visits(outcome, True),
            between=_over_visits(outcome, False),
        )
        matrix[rows[name], rows[name]] = own
        for other, cross in outcome.correlation.with_.items():
            if other in rows and other != name:
                earlier = scenario.outcomes[other]
                over = [_over_visits(outcome, same) * _over_visits(earlier, same) for same in (True, False)]
                within, between = (cross.value * math.sqrt(max(0.0, product)) for product in over)
                block = _block(outcome, earlier, points, at_once=cross.value, within=within, between=between)
                matrix[rows[name], rows[other]] = block
                matrix[rows[other], rows[name]] = block.T
    return pairs, matrix


def _block(a: Outcome, b: Outcome, points: Outline, *, at_once: float, within: float, between: float) -> Matrix:
    """Correlations of the visits of one outcome (rows) with those of another: at once, in one session, in two."""
    visits_a, visits_b = np.array(a.visits, dtype=object)[:, None], np.array(b.visits, dtype=object)
    sessions_a, sessions_b = (np.array([points.visits[visit].session for visit in one.visits]) for one in (a, b))
    apart = np.where(sessions_a[:, None] == sessions_b, within, between)
    return np.where(visits_a == visits_b, at_once, apart)


def _over_visits(outcome: Outcome, same_session: bool) -> float:
    declared = outcome.correlation.within_session if same_session else outcome.correlation.between_sessions
    return declared.value if declared else 0.0


def first_impossible(matrix: Matrix | list[list[float]], *, least: float = 1e-9) -> int | None:
    """The first row at which the matrix stops being positive definite (Cholesky), or None.

    The whole is tried first; only where it fails are its upper left parts halved down to the row.
    """
    whole = np.asarray(matrix, dtype=np.float64).reshape(len(matrix), len(matrix))
    if not np.triu(whole, 1).any() and (np.diagonal(whole) > least).all():
        return None
    if _definite(whole, least):
        return None
    sound, broken = 0, len(whole)  # sizes of parts that are and are not definite
    while broken - sound > 1:
        middle = (sound + broken) // 2
        sound, broken = (middle, broken) if _definite(whole[:middle, :middle], least) else (sound, middle)
    return broken - 1


def _definite(matrix: Matrix, least: float) -> bool:
    try:
        pivots = np.diagonal(np.linalg.cholesky(matrix)) ** 2
    except np.linalg.LinAlgError:
        return False
    return bool((pivots > least).all())


def check_correlations(scenario: Draft, points: Outline, report: Report) -> None:
    """Refuse correlations that no set of measurements can have."""
    pairs, matrix = latent_correlation(scenario, points)
    row = first_impossible(matrix)
    if row is not None:
        name, visit = pairs[row]
        message = f"the correlations of '{name}' fit no matrix (at visit '{visit}')."
        remedy = "Make within_session and between_sessions larger, or the correlation with other outcomes smaller."
        report(Finding("TS-E026", ("outcomes", name, "correlation"), message, remedy, on_key=True))


def visits_of(analysis: Analysis, points: Outline, *others: str) -> tuple[str, ...]:
    """The visits whose values one analysis takes of the same participant, in the order of the protocol."""
    named = {analysis.visit, analysis.baseline, *others}
    if analysis.change is not None:
        named |= {analysis.change.start, analysis.change.end}
    if analysis.over is not None:
        named |= set(expand_visits(analysis.over.visits, points))
    named |= set(expand_visits(analysis.visits, points))
    return tuple(visit for visit in points.visits if visit in named)


def check_declared(scenario: Draft, points: Outline, report: Report) -> None:
    """Refuse silence about how the visits of an analysis hang together: 0 is an assumption like any other."""
    silent: dict[tuple[str, str], tuple[str, tuple[str, str]]] = {}
    for name, analysis in scenario.analyses.items():
        declared = scenario.outcomes[analysis.outcome].correlation if analysis.outcome in scenario.outcomes else None
        if declared is None:
            continue
        measured = scenario.outcomes[analysis.outcome].visits
        earlier = expand_visits(measured, points) if carries(analysis) else ()
        for pair in combinations(visits_of(analysis, points, *earlier), 2):
            same = points.visits[pair[0]].session == points.visits[pair[1]].session
            key = "within_session" if same else "between_sessions"
            if getattr(declared, key) is None:
                silent.setdefault((analysis.outcome, key), (name, pair))
    for (outcome, key), (name, (first, second)) in silent.items():
        sessions = "one session" if key == "within_session" else "two sessions"
        together = f"'{name}' takes '{first}' and '{second}' together, two visits of {sessions}"
        message = f"{together}, and how they correlate is not declared."
        remedy = f"Write correlation: {{{key}: 0.5}} with the value that you expect, or 0 if they are independent."
        report(Finding("TS-E111", ("outcomes", outcome, "correlation"), message, remedy, on_key=True))


def check_names(name: str, outcome: Outcome, above: list[str], report: Report) -> None:
    """Correlations lie strictly between -1 and 1 and name outcomes above."""
    path: Path = ("outcomes", name, "correlation")
    declared = {
        "within_session": outcome.correlation.within_session,
        "between_sessions": outcome.correlation.between_sessions,
    }
    numbers: list[tuple[Path, Number]] = [((*path, key), number) for key, number in declared.items() if number]
    numbers += [((*path, "with", other), number) for other, number in outcome.correlation.with_.items()]
    for here, number in numbers:
        if not -1 < number.value < 1:
            report(
                Finding(
                    "TS-E026",
                    here,
                    f"{number.value:g} is not a correlation.",
                    "It lies between -1 and 1, both excluded.",
                )
            )
    for other in outcome.correlation.with_:
        here = (*path, "with", other)
        if other == name or other in above:
            if other == name:
                report(
                    Finding(
                        "TS-E027",
                        here,
                        "an outcome is not correlated with itself here.",
                        "Use within_session.",
                        on_key=True,
                    )
                )
            continue
        known(other, above, "TS-E032", here, report, on_key=True) if not above else report(
            Finding(
                "TS-E027",
                here,
                f"'{other}' is not an outcome above '{name}'.",
                f"Outcomes above: {', '.join(above)}.",
                on_key=True,
            )
        )
