"""The levels of outcomes: do they fit the scale, are they possible, do arms differ only where they can."""

from __future__ import annotations

import math

from trialsim.errors import DistributionError
from trialsim.kinds.scales import LEVEL_KEYS, Scale
from trialsim.numbers.given import check_count
from trialsim.scenario.amounts import Report
from trialsim.scenario.model import ArmLevels, Draft, Level, Outcome
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

#: What a level may say, in the order of its record.
KEYS_IN_ORDER = tuple(key for key in Level.model_fields if key in LEVEL_KEYS)


def check_levels(scenario: Draft, points: Outline, name: str, report: Report) -> None:
    """Check every level of one resolved outcome."""
    outcome, path = scenario.outcomes[name], ("outcomes", name)
    _categories(outcome, path, report)
    for visit, level in outcome.by_visit.items():
        _level_at(scenario, outcome, (*path, "by_visit", visit), level, report)
        _too_early(scenario, points, outcome, path, visit, report)


def _categories(outcome: Outcome, path: Path, report: Report) -> None:
    scale, values = outcome.scale, outcome.categories
    if scale.categories is None:
        if values:
            message = f"a {scale.name} outcome has no categories."
            report(Finding("TS-E020", (*path, "categories"), message, "Remove categories:.", on_key=True))
        return
    least, most = scale.categories
    if len(values) < least or (most is not None and len(values) > most):
        message = f"{len(values)} categories do not make a {scale.name} outcome."
        report(Finding("TS-E020", path, message, f"Write categories: {scale.example}.", on_key=True))
    elif sorted(set(values)) != list(values) or not all(map(math.isfinite, values)):
        message = "the categories do not rise."
        report(Finding("TS-E020", (*path, "categories"), message, "Write them from low to high, each once."))


def _level_at(scenario: Draft, outcome: Outcome, path: Path, level: Level | ArmLevels, report: Report) -> None:
    if isinstance(level, ArmLevels):
        for arm, one in level.by_arm.items():
            _level(outcome, (*path, "by_arm", arm), one, report, reference=arm == scenario.design.reference)
    else:
        _level(outcome, path, level, report, reference=True)


def _level(outcome: Outcome, path: Path, level: Level, report: Report, *, reference: bool) -> None:
    scale = outcome.scale
    keys = " ".join(key for key in KEYS_IN_ORDER if getattr(level, key) not in (None, ()))
    forms = scale.levels if reference else (*scale.levels, *scale.levels_of_others)
    order = [" ".join(sorted(form.split())) for form in forms]
    if " ".join(sorted(keys.split())) not in order:
        given = keys.replace(" ", " and ")
        remedy = f"Declare {' or '.join(form.replace(' ', ' and ') for form in forms)}."
        message = f"{given} alone cannot give a level on the {scale.name} scale." if given else "the level is empty."
        try:
            if scale.family is not None:
                check_count(scale.family, level.numbers())
        except DistributionError as error:  # more than enough
            message, remedy = error.message, error.remedy
        report(Finding("TS-E022", path, message, remedy))
        return
    if level.shares:
        _shares(outcome.categories, level, path, report)
    elif scale.family is not None:
        _solvable(scale, scale.family, level, path, report)
    elif scale.follow is not None:
        _parameters(level, path, report)
    elif level.mean is not None:
        _mean_score(outcome.categories, level.mean.value, level, path, report)


#: The largest mean of a count: beyond it no event is counted one by one.
LARGEST_MEAN = 100_000.0
#: Shapes of times: beyond them nearly all events come at once, or at the very beginning and never.
SHAPES = (0.1, 20.0)


def _parameters(level: Level, path: Path, report: Report) -> None:
    """Numbers that are the parameters themselves."""
    if level.mean is not None and not 0 < level.mean.value <= LARGEST_MEAN:
        message = f"a mean of {level.mean.value:g} events is not possible here."
        remedy = f"Write a mean above 0, and at most {LARGEST_MEAN:,.0f}."
        report(Finding("TS-E023", (*path, "mean"), message, remedy))
    if level.median is not None and not level.median.value > 0:
        message = f"a median of {level.median.value:g} is not possible: events come after the start."
        report(Finding("TS-E023", (*path, "median"), message, "Write a median above 0."))
    if level.shape is not None and not SHAPES[0] <= level.shape.value <= SHAPES[1]:
        message = f"a shape of {level.shape.value:g} is not possible here."
        report(Finding("TS-E023", (*path, "shape"), message, f"Write a shape from {SHAPES[0]:g} to {SHAPES[1]:g}."))


def _solvable(scale: Scale, family: str, level: Level, path: Path, report: Report) -> None:
    """Numbers that fix a distribution fix one that exists."""
    from trialsim.numbers.distributions import solve

    try:
        solved = solve(family, level.numbers(), positive=scale.positive)
    except DistributionError as error:
        report(Finding("TS-E023", path, error.message, error.remedy))
    except (ArithmeticError, ValueError):  # numbers that leave the range of a float
        report(Finding("TS-E023", path, "these numbers give no distribution.", "Check their size and units."))
    else:
        if scale.widest is not None and not solved.params[1] <= scale.widest:
            message = f"values would differ by factors of e^{solved.params[1]:.0f} and more."
            report(Finding("TS-E023", path, message, f"The SD of the logarithm is at most {scale.widest:g}."))


def _shares(categories: tuple[float, ...], level: Level, path: Path, report: Report) -> None:
    """A share for each category, which sum to 1."""
    total = sum(share.value for share in level.shares)
    if len(level.shares) != len(categories):
        message = f"{len(level.shares)} shares are written here, but there are {len(categories)} categories."
        report(Finding("TS-E022", (*path, "shares"), message, "Write one share for each category."))
    elif abs(total - 1) > 1e-6:
        message = f"the shares sum to {100 * total:.6g} %."
        report(Finding("TS-E014", (*path, "shares"), message, "They must sum to 100 %."))


def _mean_score(categories: tuple[float, ...], mean: float, level: Level, path: Path, report: Report) -> None:
    """A mean inside the categories, with an SD that it leaves room for."""
    if len(categories) < 3 or not categories[0] < mean < categories[-1]:
        message = f"a mean of {mean:g} lies outside the categories {categories[0]:g} to {categories[-1]:g}."
        remedy = f"Write a mean between {categories[0]:g} and {categories[-1]:g}, both excluded."
        report(Finding("TS-E023", path, message, remedy))
    elif level.sd is not None:
        low, high = possible_sd(categories, mean)
        if not low < level.sd.value < high:
            message = f"no distribution on these categories has mean {mean:g} and SD {level.sd.value:g}."
            report(Finding("TS-E023", path, message, f"With this mean the SD lies between {low:.3f} and {high:.3f}."))


def possible_sd(categories: tuple[float, ...], mean: float) -> tuple[float, float]:
    """The SDs that distributions on these categories with this mean can have (both ends excluded).

    The least puts everything on the two neighbors of the mean, the greatest on the two ends:
    both have variance (mean - a)(b - mean).
    """
    below = max(c for c in categories if c <= mean)
    over = min(c for c in categories if c >= mean)
    return math.sqrt((mean - below) * (over - mean)), math.sqrt((mean - categories[0]) * (categories[-1] - mean))


def _too_early(scenario: Draft, points: Outline, outcome: Outcome, path: Path, visit: str, report: Report) -> None:
    """No arm can differ before the first step of its own, nor at the first visit when that is taken for a baseline."""
    point = points.visits.get(visit)
    shared = scenario.protocol and point is not None and any(points.own.values())
    early = not point.arms_differ if shared and point is not None else _is_start(scenario, outcome, path[-1], visit)
    if not early:
        return
    level = outcome.by_visit[visit]
    differs = isinstance(level, ArmLevels) and len({_bare(one) for one in level.by_arm.values()}) > 1
    by_effect = [arm for arm, effect in outcome.effects.items() if visit in effect.visits]
    if differs or by_effect:
        before = "before any step in which they differ" if shared else "the first visit, from which analyses start"
        message = f"the arms differ at '{visit}', {before}."
        remedy = "Give all arms one level there." if differs else f"Name the visits of the effect, without '{visit}'."
        here = (*path, "by_visit", visit) if differs else (*path, "effects", by_effect[0])
        report(Finding("TS-E025", here, message, remedy, on_key=True))


def _is_start(scenario: Draft, outcome: Outcome, name: object, visit: str) -> bool:
    """Whether an analysis takes the first visit of an outcome for the state before treatment."""
    starts = [
        (one.baseline, one.change and one.change.start) for one in scenario.analyses.values() if one.outcome == name
    ]
    if not any(visit in pair for pair in starts):
        return False
    times = {one: scenario.visits[one].value for one in outcome.visits if one in scenario.visits}
    return len(times) > 1 and times.get(visit) == min(times.values())


def _bare(level: Level) -> tuple[object, ...]:
    parts = [getattr(level, key) for key in KEYS_IN_ORDER]
    return tuple(tuple(p.value for p in part) if isinstance(part, tuple) else part and part.value for part in parts)
