"""The latent correlation matrix of all outcomes and visits, and whether it is one."""

from __future__ import annotations

import math
from itertools import combinations

from trialsim.quantities import Number
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks import known
from trialsim.scenario.model import Analysis, Outcome, Scenario
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

Pair = tuple[str, str]  # (outcome, visit)


def latent_correlation(scenario: Scenario, points: Outline) -> tuple[list[Pair], list[list[float]]]:
    """The (outcome, visit) pairs in file order and the correlation of their Gaussian parts.

    One outcome over visits: ``within_session`` or ``between_sessions``. Another outcome at the same visit:
    the declared ``with``; at another visit that times the root of the two outcomes' correlations over those visits.
    """
    pairs = [(name, visit) for name, outcome in scenario.outcomes.items() for visit in outcome.visits]
    size = len(pairs)
    matrix = [[1.0 if i == j else 0.0 for j in range(size)] for i in range(size)]
    for i in range(size):
        for j in range(i):
            matrix[i][j] = matrix[j][i] = _correlation(scenario, points, pairs[i], pairs[j])
    return pairs, matrix


def _correlation(scenario: Scenario, points: Outline, later: Pair, earlier: Pair) -> float:
    """Correlation of two different pairs; ``later`` is below ``earlier`` in the file."""
    a, b = scenario.outcomes[later[0]], scenario.outcomes[earlier[0]]
    same = later[1] == earlier[1] or points.visits[later[1]].session == points.visits[earlier[1]].session
    if later[0] == earlier[0]:
        return _over_visits(a, same_session=same)
    cross = a.correlation.with_.get(earlier[0])
    if cross is None:
        return 0.0
    if later[1] == earlier[1]:
        return cross.value
    product = _over_visits(a, same_session=same) * _over_visits(b, same_session=same)
    return cross.value * math.sqrt(max(0.0, product))


def _over_visits(outcome: Outcome, *, same_session: bool) -> float:
    told = outcome.correlation.within_session if same_session else outcome.correlation.between_sessions
    return told.value if told else 0.0


def first_impossible(matrix: list[list[float]], *, least: float = 1e-9) -> int | None:
    """The first row at which the matrix stops being positive definite (Cholesky), or None."""
    lower: list[list[float]] = []
    for i, row in enumerate(matrix):
        new: list[float] = []
        for j in range(i):
            new.append((row[j] - sum(a * b for a, b in zip(new, lower[j], strict=False))) / lower[j][j])
        pivot = row[i] - sum(a * a for a in new)
        if pivot <= least:
            return i
        lower.append([*new, math.sqrt(pivot)])
    return None


def check_correlations(scenario: Scenario, points: Outline, report: Report) -> None:
    """Refuse correlations that no set of measurements can have."""
    pairs, matrix = latent_correlation(scenario, points)
    row = first_impossible(matrix)
    if row is not None:
        name, visit = pairs[row]
        message = f"the correlations of '{name}' fit no matrix (at visit '{visit}')."
        remedy = "Make within_session and between_sessions larger, or the correlation with other outcomes smaller."
        report(Finding("TS-E026", ("outcomes", name, "correlation"), message, remedy, on_key=True))


def visits_of(analysis: Analysis, points: Outline) -> tuple[str, ...]:
    """The visits whose values one analysis takes of the same participant, in the order of the protocol."""
    named = {analysis.visit, analysis.baseline}
    if analysis.change is not None:
        named |= {analysis.change.start, analysis.change.end}
    return tuple(visit for visit in points.visits if visit in named)


def check_declared(scenario: Scenario, points: Outline, report: Report) -> None:
    """Refuse silence about how the visits of an analysis hang together: 0 is an assumption like any other."""
    silent: dict[tuple[str, str], tuple[str, tuple[str, str]]] = {}
    for name, analysis in scenario.analyses.items():
        told = scenario.outcomes[analysis.outcome].correlation if analysis.outcome in scenario.outcomes else None
        if told is None:
            continue
        for pair in combinations(visits_of(analysis, points), 2):
            same = points.visits[pair[0]].session == points.visits[pair[1]].session
            key = "within_session" if same else "between_sessions"
            if getattr(told, key) is None:
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
    told = {
        "within_session": outcome.correlation.within_session,
        "between_sessions": outcome.correlation.between_sessions,
    }
    numbers: list[tuple[Path, Number]] = [((*path, key), number) for key, number in told.items() if number]
    numbers += [((*path, "with", other), number) for other, number in outcome.correlation.with_.items()]
    for here, number in numbers:
        if not -1 < number.value < 1:
            report(
                Finding(
                    "TS-E026", here, f"{number.value:g} is no correlation.", "It lies between -1 and 1, both excluded."
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
