"""What the rows of a resolved analysis compare, and the names of these comparisons in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import INTERACTION, OF_ARMS, OF_VISITS
from trialsim.kinds.tests.records import Samples
from trialsim.scenario.factors import terms_of
from trialsim.scenario.model import Analysis, Design, Draft, Then
from trialsim.scenario.notation import split_contrast

#: The contrast of a test of all arms at once.
ALL_ARMS = "all arms"

#: That of a test of repeated measures, by what it tests.
REPEATED_CONTRASTS = {INTERACTION: "arms x visits", OF_VISITS: "visits", OF_ARMS: ALL_ARMS}


@dataclass(frozen=True)
class ComparedArms:
    """One row of an analysis.

    Attributes
    ----------
    samples : one sample, two arms, all arms, or a factor
    arms : of one sample the arm (empty for all participants), of two arms (a, b) for a - b, of a factor the arms on its side and
        then as many on the other, else all arms
    contrast : its name in tables
    main : False for pairs that follow a test of all arms, and for every delta but the first
    weights : of a factor, the weights of ``arms``
    delta : the place of its delta among those of the analysis
    """

    samples: Samples
    arms: tuple[int, ...]
    contrast: str
    main: bool = True
    weights: tuple[float, ...] = ()
    delta: int = 0


def comparisons(analysis: Analysis, design: Design) -> tuple[ComparedArms, ...]:
    """The main test, of two arms, of one sample (in each of its arms), of each factor, or of all arms; then the pairs.

    Each of them with every delta, where an analysis has several.
    """
    plain = _without_delta(analysis, design)
    if len(analysis.delta) < 2:
        return plain
    return tuple(
        replace(one, contrast=f"{one.contrast}, delta {delta.value:g}", main=one.main and place == 0, delta=place)
        for place, delta in enumerate(analysis.delta)
        for one in plain
    )


def _without_delta(analysis: Analysis, design: Design) -> tuple[ComparedArms, ...]:
    arms = list(design.arms)
    if analysis.factors:
        return tuple(_of_factors(analysis, design))
    if analysis.contrast is not None:
        periods = TEST[analysis.test].periods
        pair = split_contrast(analysis.contrast, design.compared(periods=periods))
        assert pair is not None  # checked when the scenario was resolved
        if periods:
            return (ComparedArms("two", _first_in(pair, design), " - ".join(pair)),)
        return (ComparedArms("two", (arms.index(pair[0]), arms.index(pair[1])), " - ".join(pair)),)
    if "one" in TEST[analysis.test].samples:
        return tuple(_alone(analysis, arms))
    contrast = REPEATED_CONTRASTS[analysis.at or INTERACTION] if analysis.visits else ALL_ARMS
    main = ComparedArms("all", tuple(range(len(arms))), contrast)
    pairs = () if analysis.then is None else pairs_of(analysis.then, arms)
    return (main, *(ComparedArms("two", (a, b), f"{arms[a]} - {arms[b]}", main=False) for a, b in pairs))


def _first_in(pair: Sequence[str], design: Design) -> tuple[int, int]:
    """The sequences of a two-period crossover that begin with one arm and with the other."""
    first = [order[0] for order in design.sequences.values()]
    return first.index(pair[0]), first.index(pair[1])


def _of_factors(analysis: Analysis, design: Design) -> Iterator[ComparedArms]:
    terms = terms_of(design.factors)
    for name in analysis.factors:
        term = terms[name]
        yield ComparedArms("factor", term.sides, name, weights=tuple(term.weights[k] for k in term.sides))


def _alone(analysis: Analysis, arms: Sequence[str]) -> Iterator[ComparedArms]:
    text = ", ".join(analysis.visits) or _endpoint_name(analysis)
    if not analysis.within:
        yield ComparedArms("one", (), text)
    for arm in analysis.within:
        yield ComparedArms("one", (arms.index(arm),), f"{text} in {arm}")


def _endpoint_name(analysis: Analysis) -> str:
    visit, start = endpoint_visits(analysis)
    if analysis.over is not None:
        return f"{analysis.over.by} of {analysis.over.visits[0]} to {visit}"
    return visit if start is None else f"{visit} - {start}"


def pairs_of(then: Then, arms: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The pairs (a, b) after a test of all arms: each arm against one, or all pairs."""
    if then.against is not None:
        b = list(arms).index(then.against)
        return tuple((a, b) for a in range(len(arms)) if a != b)
    return tuple((b, a) for a, b in combinations(range(len(arms)), 2))


def endpoint_visits(analysis: Analysis) -> tuple[str, str | None]:
    """The last visit of the endpoint, and the visit at which a change starts."""
    if analysis.change is not None:
        return analysis.change.end, analysis.change.start
    if analysis.over is not None:
        return analysis.over.visits[-1], None
    assert analysis.visit is not None  # a resolved analysis has one of them
    return analysis.visit, None


def split_member(text: str) -> tuple[str, str]:
    """The analysis and the contrast that a member of a family names; an empty contrast for the main row.

    >>> split_member("fear/music - control"), split_member("pain")
    (('fear', 'music - control'), ('pain', ''))
    """
    name, _, contrast = (part.strip() for part in text.partition("/"))
    return name, contrast


def family_of_main(scenario: Draft) -> dict[str, str]:
    """The family that the main row of an analysis is a member of, by the name of the analysis."""
    found: dict[str, str] = {}
    for family, what in scenario.families.items():
        for text in what.members:
            name, contrast = split_member(text)
            analysis = scenario.analyses.get(name)
            if analysis is None:
                continue
            pair = analysis.then is not None and split_contrast(contrast, list(scenario.design.arms)) is not None
            if not pair:
                found.setdefault(name, family)
    return found
