"""From printed statistics (mean and SD, median and quartiles, shares, a correlation) to a scenario with priors."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import DistributionError
from trialsim.kinds.scales import BINARY, LOGNORMAL, NORMAL, ORDINAL, SCALE, SCALES
from trialsim.pilot import estimates as est
from trialsim.pilot.checking import checked, small
from trialsim.pilot.data import ChoiceError, Choices, FitError
from trialsim.pilot.family import refuse_followed
from trialsim.pilot.fragment import Data, FittedOutcome, Fragment, quantity, range_of, scenario_data
from trialsim.pilot.scale import scores_of
from trialsim.pilot.words import CONTROL, named
from trialsim.quantities.records import amount_unit_kind
from trialsim.quantities.refuse import did_you_mean
from trialsim.response.scales import entropy_shares, sd_range

#: The statistics of a group, and words that are not groups.
KEYS = ("mean", "sd", "se", "median", "iqr", "n", "k", "r")
WORDS = ("baseline", "correlation", "missing")
#: Information in a median about the center, and in quartiles about the SD, of a normal, relative to mean and SD.
MEDIAN_WORTH, QUARTILES_WORTH = 2 / math.pi, 0.37
EXAMPLE = "Write --given 'control: mean 5, sd 1.1, n 14'."


@dataclass(frozen=True)
class GroupStatistics:
    """One arm (or the baseline): center and SD on the scale of the family, and their precision."""

    n: int
    center: float
    sd: float
    se: float
    df: float


def parse_given(text: str) -> tuple[str, dict[str, float | tuple[float, float]]]:
    """``control: mean 5, sd 1.1, n 14`` -> its name and numbers; quartiles as ``iqr 3 to 6``.

    >>> parse_given("control: median 5, iqr 3 to 6, n 14")
    ('control', {'median': 5.0, 'iqr': (3.0, 6.0), 'n': 14.0})
    """
    name, colon, rest = text.partition(":")
    number = r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?"
    numbers: dict[str, float | tuple[float, float]] = {}
    if not colon or not name.strip():
        raise FitError(f"'{text}' has no name of a group.", code="TS-F007", remedy=EXAMPLE)
    for part in re.split(r"[,;]\s*(?=[a-zA-Z])", rest):
        found = re.fullmatch(
            rf"\s*([a-zA-Z]+)\s*[=:]?\s*\[?\s*({number})(?:\s*(?:to|-|,|\.\.)\s*({number}))?\s*\]?\s*", part
        )
        key = found.group(1).lower() if found else part.strip()
        if found is None or key not in KEYS or (found.group(3) is not None) != (key == "iqr"):
            hint = did_you_mean(key, KEYS) if found else EXAMPLE
            raise FitError(f"'{part.strip()}' is not understood.", code="TS-F007", remedy=hint)
        numbers[key] = float(found.group(2)) if key != "iqr" else (float(found.group(2)), float(found.group(3)))
    return " ".join(name.split()), numbers


def read_statistics(file: Path) -> dict[str, Any]:
    """A YAML file with ``arms`` (name and statistics) and perhaps outcome, unit, distribution, baseline, correlation, missing.

    Raises
    ------
    FitError
        TS-F001 it cannot be read, TS-F007 a key is unknown
    """
    from trialsim.scenario.text import BrokenText, read_text

    try:
        tree = read_text(file.read_text(encoding="utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise FitError(f"{file} cannot be read: {error}.", code="TS-F001", remedy="Check its name.") from None
    except BrokenText as broken:
        where = broken.finding.place
        line = f" (line {where.line})" if where else ""
        raise FitError(
            f"{file}{line}: {broken.finding.message}", code="TS-F001", remedy=broken.finding.remedy
        ) from None
    known = ("arms", "outcome", "unit", "distribution", "reference", "scale", "null", *WORDS)
    if not isinstance(tree.data, dict) or not isinstance(tree.data.get("arms"), dict):
        raise FitError(
            f"{file} has no arms.", code="TS-F007", remedy="Write arms: {control: {mean: 5, sd: 1, n: 14}, ..}."
        )
    for key in tree.data:
        if key not in known:
            raise FitError(f"unknown key '{key}' in {file}.", code="TS-F007", remedy=did_you_mean(str(key), known))
    _shapes(tree.data, file)
    return tree.data


#: Choices that are possible with printed statistics.
OF_STATISTICS = ("outcomes", "reference", "unit", "distribution", "scales", "null")


def fit_given(file: Path | None, given: Sequence[str], choices: Choices) -> Fragment:
    """The scenario of a YAML file of statistics, or of texts such as ``control: mean 5, sd 1.1, n 14``.

    Parameters
    ----------
    choices : outcome, unit, distribution, reference, scale and null, instead of those of the file

    Raises
    ------
    FitError
        as :func:`read_statistics` and :func:`parse_given`; TS-F007 if a group is given twice, or a choice is impossible
        here
    """
    if choices.distribution is not None:
        refuse_followed(SCALE[choices.distribution])
    if choices.distribution is not None and not SCALE[choices.distribution].printed:
        raise ChoiceError("the scores are not known.", code="TS-F007", remedy="Give them: --scale 0..10.")
    used = (one.name for one in fields(choices) if getattr(choices, one.name) not in (None, ()))
    idle = next((name for name in used if name not in OF_STATISTICS), None)
    if idle is not None:
        raise ChoiceError(
            f"--{idle} is for a file of pilot data, and there is none.", code="TS-F007", remedy="Leave it out."
        )
    if file is not None:
        declared = read_statistics(file)
    else:
        parsed = [parse_given(text) for text in given]
        twice = next((name for i, (name, _) in enumerate(parsed) if name in [n for n, _ in parsed[:i]]), None)
        if twice is not None:
            raise FitError(f"'{twice}' is given twice.", code="TS-F007", remedy="Give each arm once.")
        declared = {"arms": {name: group for name, group in parsed if name not in WORDS}}
        declared |= {name: group for name, group in parsed if name in WORDS}
    options = {
        "reference": choices.reference,
        "unit": choices.unit,
        "distribution": choices.distribution,
        "outcome": next(iter(choices.outcomes), None),
        "scale": next(iter(choices.scales), None),
        "null": choices.null,
    }
    declared |= {key: value for key, value in options.items() if value is not None}
    return fit_statistics(**declared, source=file.name if file is not None else "Printed statistics")


def _shapes(data: Mapping[str, Any], file: Path) -> None:
    """Groups are maps, quartiles two numbers, the other keys words."""
    groups = {**data["arms"], **{key: data[key] for key in WORDS if key in data}}
    for name, group in groups.items():
        if not isinstance(group, dict):
            raise FitError(
                f"'{name}' in {file} is not a map.", code="TS-F007", remedy=f"Write {name}: {{mean: 5, n: 14, ..}}."
            )
        quartiles = group.get("iqr", (0, 1))
        if not isinstance(quartiles, (list, tuple)) or [type(one) in (int, float) for one in quartiles] != [True, True]:
            raise FitError(
                f"the quartiles of '{name}' are not two numbers.", code="TS-F007", remedy="Write iqr: [3, 6]."
            )
    for key in ("outcome", "unit", "distribution", "reference", "scale"):
        if key in data and not isinstance(data[key], str):
            raise FitError(f"'{key}' in {file} needs words.", code="TS-F007", remedy=f"Write {key}: and a word.")
    if type(data.get("null", 0)) not in (int, float):
        raise FitError(f"'null' in {file} needs a number.", code="TS-F007", remedy="Write null: 5.")
    printed = [one.name for one in SCALES if one.printed]
    if data.get("distribution", printed[0]) not in printed:
        raise FitError(
            f"'{data['distribution']}' is not understood.",
            code="TS-F007",
            remedy=f"Write {', '.join(printed[:-1])} or {printed[-1]}.",
        )


def fit_statistics(
    arms: Mapping[str, Mapping[str, Any]],
    *,
    source: str,
    outcome: str = "outcome",
    unit: str | None = None,
    distribution: str | None = None,
    reference: str | None = None,
    baseline: Mapping[str, Any] | None = None,
    correlation: Mapping[str, Any] | None = None,
    missing: Mapping[str, Any] | None = None,
    scale: str | None = None,
    null: float | None = None,
) -> Fragment:
    """A scenario from printed statistics.

    Parameters
    ----------
    arms : for each arm: mean with sd (or se), or median with iqr, or k events; and n
    baseline : the same for all before treatment; with ``correlation`` the plan adjusts for it
    correlation : r with n, of the outcome over visits
    missing : k of n values
    scale : the scores that the outcome can be, such as ``0..10 by 2``
    null : the number with which a single arm without a baseline is compared

    Raises
    ------
    FitError
        TS-F007 statistics that are incomplete or impossible, TS-P021 no scale, TS-P023 nothing to compare with, TS-P025 a
        distribution that must be chosen
    """
    if not arms:
        raise FitError("there are no arms.", code="TS-F007", remedy=EXAMPLE)
    by_arm = {named(name, "arm"): dict(group) for name, group in arms.items()}
    first = reference or next((arm for usual in CONTROL for arm in by_arm if arm.lower() == usual), next(iter(by_arm)))
    if first not in by_arm:
        raise FitError(f"no arm is called '{first}'.", code="TS-F002", remedy=f"Arms: {', '.join(by_arm)}.")
    by_arm = {first: by_arm[first], **by_arm}
    counts = {arm: _count(group, arm) for arm, group in by_arm.items()}
    n = min(counts.values())
    visits = ("baseline", "post") if baseline else ("post",)
    binary = all("k" in group for group in by_arm.values())
    scores = () if scale is None or binary else scores_of(scale.rpartition("=")[2])
    family = BINARY.name if binary else ORDINAL.name if scores else distribution or _family(by_arm, unit)
    data: Data = {"distribution": family, **({"unit": unit} if unit else {}), "visits": list(visits)}
    data |= {"categories": range_of(scores)} if scores else {}
    data |= {"computed_from": "pilot", "by_visit": {}}
    if binary:
        chances = {arm: {"chance": _share(group, arm)} for arm, group in by_arm.items()}
        data["by_visit"]["post"] = {"by_arm": chances} if len(chances) > 1 else chances[first]
    else:
        normal = SCALE[family].family or NORMAL.name  # moments of scores are used unchanged
        groups = {arm: _group(group, arm, normal, scores) for arm, group in by_arm.items()}
        if baseline:
            at_first = _group(baseline, "baseline", normal, scores)
            data["by_visit"]["baseline"] = _level(at_first, family, unit, n, scores)
        data |= _effects(data, groups, family, unit, n, at=["post"] if baseline else None, scores=scores)
    silent: tuple[str, ...] = ()
    if correlation:
        known = (_shares(at_first, scores), _shares(groups[first], scores)) if scores and baseline else (None, None)
        data["correlation"] = {"between_sessions": quantity(replace(_correlation(correlation, *known), n=n))}
    elif baseline:
        data["correlation"] = {"between_sessions": {"value": 0, "assumed": "no correlation was given"}}
        silent = (f"{outcome}: no correlation with the baseline was given. The file has 0 there: replace it.",)
    if missing:
        data["lost"] = _share(missing, "missing")
    why = "yes or no" if binary else f"scores of {scale}" if scores else family
    fitted = FittedOutcome(outcome, family, visits, bool(baseline), data, (f"{outcome}: taken as {why}.", *silent))
    words = ", ".join(f"{arm} n = {count}" for arm, count in counts.items())
    whole = scenario_data(
        name="pilot", source=f"{source}: {words}; trialsim fit", counts=counts, fitted=[fitted], null=null
    )
    return checked(whole, (*small(counts), *fitted.notes), keep=(outcome,))


def _correlation(
    given: Mapping[str, Any], first: NDArray[np.float64] | None, last: NDArray[np.float64] | None
) -> est.Estimate:
    """A printed correlation; for scores with given shares, the latent correlation that scenarios use."""
    r, pairs = _number(given, "r", "correlation"), _count(given, "correlation")
    if not -1 < r < 1:
        raise FitError(f"a correlation of {r:g} is impossible.", code="TS-F007", remedy="It must be between -1 and 1.")
    return est.correlation(*est.latent_with_worth(r, pairs, first, last))


def _number(group: Mapping[str, Any], key: str, name: str) -> float:
    value = group.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise FitError(f"'{name}' needs {key}.", code="TS-F007", remedy=EXAMPLE)
    return float(value)


def _count(group: Mapping[str, Any], name: str) -> int:
    n = _number(group, "n", name)
    if n != int(n) or n < 3:
        raise FitError(f"'{name}' has n = {n:g}.", code="TS-F007", remedy="n is a whole number, 3 or more.")
    return int(n)


def _share(group: Mapping[str, Any], name: str) -> Data:
    n, k = _count(group, name), _number(group, "k", name)
    if not 0 <= k <= n or k != int(k):
        raise FitError(f"'{name}' has {k:g} of {n}.", code="TS-F007", remedy="k is a whole number from 0 to n.")
    return quantity(est.proportion(k, n))


def _family(arms: Mapping[str, Mapping[str, Any]], unit: str | None) -> str:
    """Lognormal for concentrations, otherwise normal; a question if values are skewed or an SD is above half the mean."""
    leaning = []
    for group in arms.values():
        if "iqr" in group and "median" in group:
            low, high = group["iqr"]
            leaning.append(0 < low < group["median"] and high - group["median"] > 1.5 * (group["median"] - low))
        elif "mean" in group and "sd" in group:
            leaning.append(group["mean"] > 0 and group["sd"] > group["mean"] / 2)
    if amount_unit_kind(unit) == "concentration":
        return LOGNORMAL.name
    if any(leaning):
        raise FitError(
            "the values are skewed, or their SD is above half the mean: they may be lognormal, or scores of a scale.",
            code="TS-P025",
            remedy="Give --scale 0..10 (the ends of the scale), --distribution lognormal (never at or below 0), or "
            "--distribution normal (such as changes).",
        )
    return NORMAL.name


def _shares(group: GroupStatistics, scores: tuple[float, ...]) -> NDArray[np.float64]:
    """(2, L) the scores and their shares, the smoothest with this mean and SD."""
    return np.array([scores, entropy_shares(group.center, group.sd, scores)])


def _fits(group: GroupStatistics, name: str, scores: tuple[float, ...]) -> None:
    """Refuse a mean and SD that are impossible for these scores."""
    if not scores[0] < group.center < scores[-1]:
        raise FitError(
            f"the mean of '{name}' lies outside the scale.", code="TS-P021", remedy="Check the mean and --scale."
        )
    least, most = sd_range(group.center, scores)
    if not least < group.sd < most:
        raise FitError(
            f"scores with a mean of {group.center:g} have an SD between {least:.3g} and {most:.3g}; '{name}' has {group.sd:g}.",
            code="TS-P021",
            remedy="Check the SD (or is it a standard error?) and --scale.",
        )


def _group(group: Mapping[str, Any], name: str, family: str, scores: tuple[float, ...] = ()) -> GroupStatistics:
    """Center and SD, computed as for scenario files."""
    from trialsim.numbers.distributions import solve

    n = _count(group, name)
    for key in group:
        if key not in KEYS:
            raise FitError(f"'{name}' has an unknown '{key}'.", code="TS-F007", remedy=did_you_mean(str(key), KEYS))
    given: dict[str, float | tuple[float, ...]] = {}
    quartiles = "median" in group and "iqr" in group
    if quartiles:
        low, high = group["iqr"]
        given = {"median": _number(group, "median", name), "iqr_low": float(low), "iqr_high": float(high)}
        if not low < given["median"] < high:
            raise FitError(f"the median of '{name}' lies outside its quartiles.", code="TS-F007", remedy="Check them.")
    else:
        given = {"mean": _number(group, "mean", name)}
        given["sd"] = _number(group, "se", name) * math.sqrt(n) if "se" in group else _number(group, "sd", name)
    try:
        center, sd = solve(family, given, positive=SCALE[family].positive).params
    except DistributionError as error:
        raise FitError(f"'{name}': {error.message}", code="TS-F007", remedy=error.remedy) from None
    se = sd / math.sqrt(n * (MEDIAN_WORTH if quartiles else 1))
    found = GroupStatistics(n, center, sd, se, max((n - 1) * (QUARTILES_WORTH if quartiles else 1), 1.0))
    if scores:
        _fits(found, name, scores)
    return found


def _level(group: GroupStatistics, family: str, unit: str | None, n: int, scores: tuple[float, ...] = ()) -> Data:
    if SCALE[family].log:
        median = est.ratio(group.center, group.se, group.df, n, unit=True)
        return {"median": quantity(median, unit), "sd_log": quantity(est.deviation(group.sd, group.df, n, unit=False))}
    center = replace(est.mean(group.center, group.se, group.df, n), between=(scores[0], scores[-1]) if scores else None)
    return {"mean": quantity(center, unit), "sd": quantity(est.deviation(group.sd, group.df, n), unit)}


def _effects(
    data: Data, groups: Mapping[str, GroupStatistics], family: str, unit: str | None, n: int, *,
    at: Sequence[str] | None, scores: tuple[float, ...] = (),
) -> Data:  # fmt: skip
    """The level of the reference with the SD of all arms, and the difference or ratio of each other arm."""
    first, *others = groups
    df = sum(group.df for group in groups.values())
    sd = math.sqrt(sum(group.df * group.sd**2 for group in groups.values()) / df)
    reference = groups[first]
    pooled = GroupStatistics(reference.n, reference.center, sd, reference.se * sd / reference.sd, df)
    data["by_visit"]["post"] = _level(pooled, family, unit, n, scores)
    effects: Data = {}
    for arm in others:
        group = groups[arm]
        change = group.center - reference.center
        se = sd * math.hypot(group.se / group.sd, reference.se / reference.sd)
        if SCALE[family].log:
            effect = {"ratio": quantity(est.ratio(change, se, df, n, unit=False))}
        else:
            effect = {"difference": quantity(est.mean(change, se, df, n), unit)}
        effects[arm] = {**effect, **({"visits": list(at)} if at else {})}
    return {"effects": effects} if effects else {}
