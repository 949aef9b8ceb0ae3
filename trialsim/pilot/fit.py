"""From pilot data to a scenario whose numbers have priors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.scales import BINARY, LOGNORMAL, NORMAL, ORDINAL
from trialsim.pilot import estimates as est
from trialsim.pilot.arrays import ready
from trialsim.pilot.checking import checked, small
from trialsim.pilot.data import FitError, OutcomeData, Pilot
from trialsim.pilot.estimates import Estimate
from trialsim.pilot.family import FamilyChoice, family_of
from trialsim.pilot.fragment import Data, FittedOutcome, Fragment, quantity, range_of, rounded, scenario_data
from trialsim.pilot.missing_values import missing_of
from trialsim.pilot.words import named
from trialsim.response.scales import sd_range

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The fewest complete pairs for a correlation.
FEWEST_PAIRS = 5
#: The distance of the SD of scores from the limits that its mean allows.
MARGIN = 0.02


def fit_pilot(pilot: Pilot) -> Fragment:
    """A scenario from pilot data: levels, spreads, effects, correlations and missing shares, each with a prior.

    Raises
    ------
    FitError
        TS-F005 if an outcome that the user chose (or every outcome) has too few values; the questions of the pilot,
        if there are any
    """
    ready(pilot)
    counts = {arm: int((pilot.arm == k).sum()) for k, arm in enumerate(pilot.arms)}
    fitted, left_out = _fitted(pilot)
    sizes = ", ".join(f"{arm} n = {n}" for arm, n in counts.items())
    data = scenario_data(
        name=_short(pilot.name), source=f"{pilot.name}: {sizes}; fitted by trialsim fit", counts=counts, fitted=fitted,
        null=pilot.null,
    )  # fmt: skip
    notes = [*small(counts), *pilot.notes, *left_out]
    if len(fitted) > 1:
        notes.append(f"The primary outcome is {data['primary']}; --primary names another.")
    if len(pilot.arms) > 2:
        notes.append(
            f"Of the {len(pilot.arms)} arms {pilot.arms[1]} and {pilot.arms[0]} are compared; for the others write further "
            "analyses, or a test of all arms with pairs after it (then:)."
        )
    notes += [note for one in fitted for note in one.notes]
    keep = pilot.asked or (data["primary"],)
    return replace(checked(data, tuple(notes), keep=keep), source=pilot.name, columns=pilot.columns)


def _fitted(pilot: Pilot) -> tuple[list[FittedOutcome], list[str]]:
    """Each outcome, and a note on those that cannot be fitted and were not chosen by the user."""
    above: list[tuple[FittedOutcome, OutcomeData, FamilyChoice]] = []
    left_out: list[str] = []
    last: FitError | None = None
    for name, measured in pilot.outcomes.items():
        try:
            family = family_of(name, measured, pilot.arm, len(pilot.arms), pilot.distribution)
            one = _outcome(name, measured, family, pilot)
        except FitError as error:
            last = FitError(f"{name}: {error.message}", code=error.code, remedy=error.remedy)
            if name in pilot.asked:
                raise last from None
            left_out.append(f"{name} is left out: {error.message}")
            continue
        shares = _with(pilot, measured, family, above)
        if shares:
            one.outcome.setdefault("correlation", {})["with"] = shares
        above.append((one, measured, family))
    if not above:
        raise last or FitError("there is no outcome.", code="TS-F004", remedy="Name one with --outcome.")
    return [one for one, *_ in above], left_out


def _short(file: str) -> str:
    return named(Path(file).stem.lower().replace("_", "-"), "pilot").replace(" ", "-")


def _outcome(name: str, measured: OutcomeData, family: FamilyChoice, pilot: Pilot) -> FittedOutcome:
    """Levels by visit, effects, correlation over visits and missing share of one outcome."""
    baseline = len(measured.visits) > 1 and measured.visits[0] == "baseline"
    declared: Data = {"distribution": family.name}
    if measured.unit:
        declared["unit"] = measured.unit
    if family.categories:
        declared["categories"] = range_of(family.categories)
    declared |= {"visits": list(measured.visits), "computed_from": "pilot"}
    several = len(measured.visits) - baseline > 1
    by_visit, effects = _levels(measured, family, pilot, baseline=baseline, several=several)
    if len(pilot.arms) == 1 and baseline and family.scale.family is not None:
        _change(measured, family, by_visit)
    notes = _notes(name, measured, family, pilot, baseline=baseline, several=several)
    declared["by_visit"] = by_visit
    if effects:
        declared["effects"] = effects
    n = min(_least(measured, i, pilot) for i in range(len(measured.visits)))
    over_visits = _over_visits(measured, family, pilot)
    if over_visits is not None:
        declared["correlation"] = {"between_sessions": quantity(replace(over_visits, n=n))}
    elif len(measured.visits) > 1:
        why = "0 because the pilot has too few complete pairs"
        declared["correlation"] = {"between_sessions": {"value": 0, "assumed": why}}
        notes.append(
            f"{name}: too few participants have two visits to estimate the correlation. The file has 0 there: replace it."
        )
    missing, missing_notes = missing_of(name, measured, pilot)
    return FittedOutcome(name, family.name, measured.visits, baseline, declared | missing, (*notes, *missing_notes))


def _levels(
    measured: OutcomeData, family: FamilyChoice, pilot: Pilot, *, baseline: bool, several: bool
) -> tuple[Data, Data]:
    """Levels by visit, and effects by arm."""
    by_visit: Data = {}
    effects: Data = {}
    for i, visit in enumerate(measured.visits):
        same = (baseline and i == 0) or len(pilot.arms) == 1  # before treatment all arms are one group
        arm = np.zeros_like(pilot.arm) if same else pilot.arm
        arms = ("all",) if same else pilot.arms
        n = _least(measured, i, pilot)
        before = family.scaled(measured.values[:, 0]) if baseline and i > 0 else None
        place = _Place(measured.values[:, i], before, family, measured.unit, arm, arms, n, several)
        by_visit[visit], changed = LEVELS[family.name](place)
        for one, effect in changed.items():
            effects[one] = {**effect, **({"visits": [visit]} if baseline else {})}
    return by_visit, effects


def _notes(
    name: str, measured: OutcomeData, family: FamilyChoice, pilot: Pilot, *, baseline: bool, several: bool
) -> list[str]:
    """Notes on how an outcome was fitted."""
    notes = [f"{name}: {family.why}"]
    if len(pilot.arms) == 1 and baseline and family.scale.family is not None:
        notes.append(
            f"{name}: there is one arm, so the levels after the baseline have the uncertainty of the change from it, and "
            "the level of the baseline has no prior."
        )
    if several and baseline and len(pilot.arms) > 1:
        notes.append(
            f"{name}: with several visits after the baseline each arm has its own level, and the baseline does not reduce its "
            "uncertainty. Choose one visit with --at for an effect adjusted for the baseline."
        )
    if several:
        notes.append(f"{name}: the last visit, {measured.visits[-1]}, is analyzed; choose another with --at.")
    return notes


def _least(measured: OutcomeData, i: int, pilot: Pilot) -> int:
    """The number of values at a visit in the smallest arm."""
    return int(np.bincount(pilot.arm[np.isfinite(measured.values[:, i])], minlength=len(pilot.arms)).min())


Level = tuple[Data, Data]


@dataclass(frozen=True)
class _Place:
    """Values of one outcome at one visit (N,), on their own scale; those of the baseline on the scale of the family."""

    values: Floats
    before: Floats | None
    family: FamilyChoice
    unit: str | None
    arm: Ints
    arms: tuple[str, ...]
    n: int
    several: bool


def _continuous(at: _Place) -> Level:
    """A normal or lognormal level: of the reference, with effects; or of every arm if there are several visits."""
    arm, arms, n, unit = at.arm, at.arms, at.n, at.unit
    log = at.family.scale.log
    x = at.family.scaled(at.values)
    sd, df = est.pooled_sd(x, arm, len(arms))
    found = est.contrasts(x, arm, len(arms), at.before)
    center, spread = ("median", "sd_log") if log else ("mean", "sd")

    def level(value: float, se: float, dof: float) -> Estimate:
        return est.ratio(value, se, dof, n, unit=True) if log else est.mean(value, se, dof, n)

    reference = {
        center: quantity(level(*found.reference, found.df), unit),
        spread: quantity(est.deviation(sd, df, n, unit=not log), unit),
    }
    if len(arms) == 1:
        return reference, {}
    if not at.several:
        effects = {}
        for one, (change, se) in zip(arms[1:], found.others, strict=True):
            effect = est.ratio(change, se, found.df, n, unit=False) if log else est.mean(change, se, found.df, n)
            effects[one] = {"ratio" if log else "difference": quantity(effect, unit)}
        return reference, effects
    levels = {arms[0]: reference}
    for k, (one, (change, _)) in enumerate(zip(arms[1:], found.others, strict=True), start=1):
        se = sd / math.sqrt(int(np.isfinite(x[arm == k]).sum()))
        levels[one] = {center: quantity(level(found.reference[0] + change, se, df), unit)}
    return {"by_arm": levels}, {}


def _change(measured: OutcomeData, family: FamilyChoice, by_visit: Data) -> None:
    """One arm: the belief is about the change from the baseline, on the scale of the family."""
    x, log = family.scaled(measured.values), family.scale.log
    center = "median" if log else "mean"
    first = float(np.nanmean(x[:, 0]))
    by_visit["baseline"][center] = by_visit["baseline"][center]["value"]
    for i, visit in enumerate(measured.visits[1:], start=1):
        change = (x[:, i] - x[:, 0])[np.isfinite(x[:, i] - x[:, 0])]
        n = len(change)
        se, value = float(change.std(ddof=1)) / math.sqrt(n), first + float(change.mean())
        estimate = est.ratio(value, se, n - 1, n, unit=True) if log else est.mean(value, se, n - 1, n)
        by_visit[visit][center] = quantity(estimate, measured.unit)


def _binary(at: _Place) -> Level:
    """The chance in each arm."""
    levels, arms = {}, at.arms
    for k, one in enumerate(arms):
        x = at.values[at.arm == k]
        x = x[np.isfinite(x)]
        if not len(x):
            raise FitError("an arm has no value at a visit.", code="TS-F005", remedy="Leave this visit or arm out.")
        levels[one] = {"chance": quantity(replace(est.proportion(float(x.sum()), len(x)), n=at.n))}
    return (levels[arms[0]], {}) if len(arms) == 1 else ({"by_arm": levels}, {})


def _ordinal(at: _Place) -> Level:
    """Mean and SD of the scores in the reference arm (the smoothest distribution with these), odds ratios of the others."""
    values, arm, arms, n, unit = at.values, at.arm, at.arms, at.n, at.unit
    categories = at.family.categories
    ends = (categories[0], categories[-1])

    def score(k: int) -> Estimate:
        x = values[arm == k]
        x = x[np.isfinite(x)]
        if len(x) < 3 or x.std() == 0:
            raise FitError("an arm has fewer than 3 scores, or all are equal.", code="TS-F005", remedy="Leave it out.")
        estimate = est.mean(float(x.mean()), float(x.std(ddof=1)) / math.sqrt(len(x)), len(x) - 1, n)
        return replace(estimate, between=ends)

    first = values[arm == 0]
    first = first[np.isfinite(first)]
    least, most = sd_range(rounded(float(first.mean())), categories)
    sd = min(max(float(first.std()), least * (1 + MARGIN)), most * (1 - MARGIN))
    reference = {"mean": quantity(score(0), unit), "sd": quantity(est.deviation(sd, len(first) - 1, n), unit)}
    if len(arms) == 1:
        return reference, {}
    if at.several:
        others = {one: {"mean": quantity(score(k), unit)} for k, one in enumerate(arms[1:], start=1)}
        return {"by_arm": {arms[0]: reference, **others}}, {}
    used = np.isfinite(values)
    codes = np.searchsorted(np.array(categories), values[used])
    seen, codes = np.unique(codes, return_inverse=True)
    odds = est.odds_ratios(codes.astype(np.int64), arm[used], len(arms), len(seen))
    return reference, {
        one: {"odds_ratio": quantity(est.ratio(change, se, 1e9, n, unit=False))}
        for one, (change, se) in zip(arms[1:], odds, strict=True)
    }


# ---------------------------------------------------------------- correlations


def _left(measured: OutcomeData, family: FamilyChoice, pilot: Pilot, i: int) -> Floats:
    return est.residuals(family.scaled(measured.values[:, i]), pilot.arm, len(pilot.arms))


def _scores(measured: OutcomeData, family: FamilyChoice, i: int) -> Floats | None:
    """(2, L) scores and their shares of an ordinal or binary outcome; None for others."""
    if family.scale.categories is None:
        return None
    values = measured.values[:, i]
    scores, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    return np.array([scores, counts / counts.sum()])


def _pooled(pairs: list[tuple[float, int]], groups: int) -> Estimate | None:
    """One correlation from several of the same participants: averaged as Fisher's z, with the precision of one of them."""
    if not pairs:
        return None
    weight = sum(n for _, n in pairs)
    z = sum(n * math.atanh(min(max(r, -0.99), 0.99)) for r, n in pairs) / weight
    return est.correlation(math.tanh(z), weight // len(pairs), groups)


def _pair(x: Floats, y: Floats, first: Floats | None, second: Floats | None) -> tuple[float, int] | None:
    both = np.isfinite(x) & np.isfinite(y)
    n = int(both.sum())
    if n < FEWEST_PAIRS or x[both].std() == 0 or y[both].std() == 0:
        return None
    return est.latent_with_worth(float(np.corrcoef(x[both], y[both])[0, 1]), n, first, second)


def _over_visits(measured: OutcomeData, family: FamilyChoice, pilot: Pilot) -> Estimate | None:
    pairs = []
    for i, j in combinations(range(len(measured.visits)), 2):
        found = _pair(
            _left(measured, family, pilot, i), _left(measured, family, pilot, j),
            _scores(measured, family, i), _scores(measured, family, j),
        )  # fmt: skip
        pairs += [found] if found else []
    return _pooled(pairs, len(pilot.arms))


def _with(
    pilot: Pilot,
    measured: OutcomeData,
    family: FamilyChoice,
    above: list[tuple[FittedOutcome, OutcomeData, FamilyChoice]],
) -> dict[str, Data]:
    """Correlations with the outcomes above at the same visits."""
    correlations = {}
    for one, other, theirs in above:
        pairs = []
        for i, visit in enumerate(measured.visits):
            if visit in other.visits:
                j = other.visits.index(visit)
                found = _pair(
                    _left(measured, family, pilot, i), _left(other, theirs, pilot, j),
                    _scores(measured, family, i), _scores(other, theirs, j),
                )  # fmt: skip
                pairs += [found] if found else []
        pooled = _pooled(pairs, len(pilot.arms))
        if pooled is not None:
            correlations[one.name] = quantity(replace(pooled, n=int(np.bincount(pilot.arm).min())))
    return correlations


#: The level of an outcome at a visit, by its scale.
LEVELS: dict[str, Callable[[_Place], tuple[Data, Data]]] = {
    NORMAL.name: _continuous,
    LOGNORMAL.name: _continuous,
    ORDINAL.name: _ordinal,
    BINARY.name: _binary,
}
