"""The responses of a scenario, as numbers for the kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.scales import NO_EFFECT, SPREAD_KEYS, Scale
from trialsim.numbers.distributions import mean
from trialsim.numbers.draws import stream, stream_key
from trialsim.protocol.compile import expected_length
from trialsim.protocol.program import ACTIVITY, ATTEMPT, Program
from trialsim.quantities.fields import Number
from trialsim.response.interval import Follow, felt_at, planned_follow
from trialsim.response.people import NOBODY, services, unfelt
from trialsim.response.periods import level_of_period, of_period, shifted, terms_of_periods
from trialsim.response.scales import PARTS, LevelParameters, ScaleParts
from trialsim.response.zeros import LognormalPoint, log_of_zero
from trialsim.scenario.checks.doubts import doubts
from trialsim.scenario.clusters import by_site
from trialsim.scenario.correlation import latent_correlation
from trialsim.scenario.factors import terms_of
from trialsim.scenario.model import (
    ArmLevels,
    CovariateEffect,
    Driver,
    Effect,
    Instrument,
    Level,
    MissingValues,
    Outcome,
    Response,
    Rhythm,
    Scenario,
    Window,
)
from trialsim.scenario.outline import Outline, outline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TermPlan:
    """The effect of a factor, or of an interaction of factors, on an outcome at a visit.

    Attributes
    ----------
    name : of the term
    present : (K,) whether it acts in an arm
    shift : of the predictor, at full delivery
    own : of each of its factors the activities of its second level, as those of an arm in :class:`PointPlan`, by arm
    """

    name: str
    present: NDArray[np.bool_]
    shift: float
    own: tuple[tuple[tuple[tuple[int, float], ...], ...], ...]


@dataclass(frozen=True)
class PointPlan:
    """An outcome at a visit.

    ``location`` and ``sd`` are (K,), ``cuts`` is (K, L - 1) cumulative logits; ``own`` lists, for each arm, the arm's
    own activities planned before this visit with their expected lengths.
    """

    outcome: int
    visit: str
    visit_index: int  # in the program, -1 without a ward
    location: Floats
    sd: Floats
    cuts: Floats
    own: tuple[tuple[tuple[int, float], ...], ...]
    differs: bool  # between the arms
    by_arm: bool  # a level is declared for each arm
    declared_time: float  # [s], without a ward
    contact: tuple[int, ...]  # of each arm, the planned step by which a practitioner has served last; -1 for nobody
    follow: Follow | None = None  # where the value is not that of one moment
    terms: tuple[TermPlan, ...] = ()  # in a design with factors, what the levels of the arms are made of


@dataclass(frozen=True)
class OutcomePlan:
    """An outcome: its scale and everything that changes it."""

    name: str
    scale: Scale
    observed: bool  # levels are declared as a pilot measured them
    categories: Floats
    rhythm: Rhythm | None
    responses: tuple[tuple[str, Response], ...]
    half_life: float  # ticks, 0 for none
    drivers: tuple[Driver, ...]
    covariates: tuple[CovariateEffect, ...]
    icc_practitioner: float
    practitioner: int  # the group in the trace whose people share it, -1 for none
    icc_site: float
    cac: float  # of the effect of a site, the share of the variance that lasts over the periods of a stepped wedge
    instrument: Instrument
    assay: str
    plate_size: int  # participants on one plate, 0 for no plates
    icc_family: float  # 1 for an outcome of the mother, 0 where nobody has siblings
    lost: float
    leaves: bool  # whether participants may leave before a visit, without a ward
    missing: tuple[MissingValues, ...]
    window: Window | None
    secular: Effect | None  # by how much everyone differs with each month after the start

    @property
    def per_family(self) -> bool:
        """Whether it is the mother's: with values of the first child only."""
        return self.icc_family == 1.0

    @property
    def parts(self) -> ScaleParts:
        """The functions of the scale for levels, effects and values."""
        return PARTS[self.scale.name]


@dataclass(frozen=True)
class MarginTwin:
    """A twin without effects in which an arm is moved, so that the effect an analysis looks for is its margin.

    Attributes
    ----------
    name : of the twin
    shift : (D, K) added to the predictor at each point of each arm
    """

    name: str
    shift: Floats


@dataclass(frozen=True)
class SwitchedTwin:
    """A twin in which the effects of some arms on some outcomes are switched off, and all others are as declared.

    Attributes
    ----------
    name : of the twin
    off : (outcomes, K) which are switched off
    """

    name: str
    off: NDArray[np.bool_]


@dataclass(frozen=True)
class ResponsePlan:
    """Everything :func:`trialsim.response.respond` needs, decided before the first draw.

    ``reference`` is the row of the levels against which effects are measured: that of an arm, or, in a study of one arm,
    the row behind it, where nobody is. ``pairs`` are the D (outcome, visit) in file order; ``factor`` is the (D, D)
    lower Cholesky factor of their latent correlation; ``streams`` the (D,) keys of their latent draws. ``margins`` are
    further twins, for analyses that test a margin, and ``switched`` are those in which some effects are off. With
    ``families_together`` children of one mother are in one arm; with ``sites_together`` whole sites are in
    one arm each; in a ``wedge`` they go over from one to the other.
    """

    arms: tuple[str, ...]
    reference: int
    outcomes: tuple[OutcomePlan, ...]
    points: tuple[PointPlan, ...]
    factor: Floats
    correlated: bool
    streams: NDArray[np.uint64]
    program: Program | None
    covariate_names: tuple[str, ...]
    covariate_categories: tuple[tuple[str, ...], ...]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    declared: tuple[PointPlan, ...] = ()  # the points before :func:`trialsim.response.calibrate.calibrate` moved them
    margins: tuple[MarginTwin, ...] = ()
    switched: tuple[SwitchedTwin, ...] = ()
    families_together: bool = False
    sites_together: bool = False
    wedge: bool = False

    @property
    def observed(self) -> bool:
        """Whether some levels are declared as measured and must still be found by a simulated pilot."""
        return not self.declared and any(outcome.observed for outcome in self.outcomes)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(outcome, visit) of each column of the values."""
        return tuple((self.outcomes[point.outcome].name, point.visit) for point in self.points)

    def point_index(self, outcome: str, visit: str) -> int:
        """The column of an outcome at a visit."""
        return self.pairs.index((outcome, visit))

    def in_order(self, outcome: str) -> tuple[int, ...]:
        """The columns of an outcome in the order of the protocol, without a ward in that of the declared times."""

        def place(d: int) -> float:
            point = self.points[d]
            return point.declared_time if self.program is None else self.program.visit_step[point.visit_index]

        return tuple(sorted((d for d, pair in enumerate(self.pairs) if pair[0] == outcome), key=place))


#: Reasons for a missing value, by code; declared reasons of ``missing:`` follow.
REASONS = (
    "measured", "session missed", "left", "other arm", "not enrolled", "lost", "outside its window",
    "below detection limit",
)  # fmt: skip
LOST, OUTSIDE_WINDOW, BELOW_LIMIT = 5, 6, 7

#: The last reason, in a study with an outcome of mothers: she is measured beside her first child.
ONCE = "measured beside the first child"


def plan_response(scenario: Scenario, program: Program | None) -> ResponsePlan:
    """The plan of a resolved scenario; ``program`` is None without a ward."""
    arms = tuple(scenario.design.arms)
    reference = scenario.design.reference or arms[0]
    names = tuple(scenario.outcomes)
    steps = steps_of_activities(program) if program else {}
    points = outline(scenario.protocol, scenario.visits, scenario.design.arms, periods=scenario.design.periods or 0)
    pairs, matrix = latent_correlation(scenario, points)
    factor = np.asarray(np.linalg.cholesky(matrix), dtype=np.float64) if pairs else np.zeros((0, 0))
    declared = [(name, one.reason) for name, what in scenario.outcomes.items() for one in what.missing]
    categories = tuple(tuple(what.choice) for what in scenario.participants.values())
    outcomes = tuple(_outcome(name, what, scenario, program) for name, what in scenario.outcomes.items())
    contacts = [_contacts(program, outcome, len(arms)) for outcome in outcomes]
    planned = tuple(
        _pair(
            scenario.outcomes[name],
            place,
            visit,
            scenario,
            program,
            arms,
            reference,
            contacts[place](felt_at(scenario.outcomes[name], visit)),
            steps,
            points,
        )
        for name, visit in pairs
        for place in (names.index(name),)
    )
    return ResponsePlan(
        arms=arms,
        reference=len(arms) if len(arms) == 1 or scenario.design.sequences else arms.index(reference),
        outcomes=outcomes,
        points=planned,
        factor=factor,
        correlated=bool(np.abs(factor - np.eye(len(factor))).max(initial=0.0) > 0),
        streams=np.array(
            [stream_key(stream("response/{outcome}/{visit}", outcome=name, visit=visit)) for name, visit in pairs],
            dtype=np.uint64,
        ),
        program=program,
        covariate_names=tuple(scenario.participants),
        covariate_categories=categories,
        sites_together=by_site(scenario) and scenario.design.stepped_wedge is None,
        wedge=scenario.design.stepped_wedge is not None,
        families_together=scenario.family is not None and scenario.family.allocated == "together",
        reasons=(
            *REASONS,
            *dict.fromkeys(reason for _, reason in declared),
            *([ONCE] if any(what.per is not None for what in scenario.outcomes.values()) else []),
        ),
        warnings=(
            *_one_arm(scenario, program),
            *_same_people(scenario, program),
            *unfelt(scenario, program, arms),
            *doubts(scenario),
            *log_of_zero(scenario, (_read(outcomes[point.outcome], point) for point in planned)),
        ),
    )


def _read(outcome: OutcomePlan, point: PointPlan) -> LognormalPoint:
    return LognormalPoint(outcome.name, point.visit, outcome.instrument, point.location, point.sd)


def _outcome(name: str, what: Outcome, scenario: Scenario, program: Program | None) -> OutcomePlan:
    groups = program.practitioners.groups if program else ()
    who = what.icc.practitioner.of if what.icc.practitioner else ()
    assay = what.instrument.assay or name
    sharing = [
        other for other_name, other in scenario.outcomes.items() if (other.instrument.assay or other_name) == assay
    ]
    samples = sum(len(other.visits) for other in sharing)
    plate = what.instrument.plate
    return OutcomePlan(
        name=name,
        scale=what.scale,
        observed=what.as_ == "observed",
        categories=np.array(what.scale.values or what.categories, dtype=np.float64),
        rhythm=what.rhythm,
        responses=tuple(what.responds_to.items()),
        half_life=what.half_life.value if what.half_life else 0.0,
        drivers=what.drivers,
        covariates=tuple(centered(effect, scenario) for effect in what.covariates),
        icc_practitioner=what.icc.practitioner.value if what.icc.practitioner and program else 0.0,
        practitioner=groups.index(who) if who in groups else -1,
        icc_site=what.icc.site.value if what.icc.site else 0.0,
        cac=1.0 if what.cac is None else what.cac.value,
        instrument=what.instrument,
        assay=assay,
        plate_size=max(int(min(plate.value, 1e9)) // samples, 1) if plate else 0,
        icc_family=0.0 if scenario.family is None else 1.0 if what.per is not None else scenario.family.icc.value,
        lost=what.lost.value if what.lost else 0.0,
        leaves=bool(scenario.attrition) and not scenario.protocol,
        missing=what.missing,
        window=what.window,
        secular=_secular(what),
    )


def _secular(what: Outcome) -> Effect | None:
    """The calendar trend of a month, by the key with which the scale declares effects on its predictor."""
    if what.secular is None or what.secular.value == NO_EFFECT[what.scale.effects[0]]:
        return None
    declared: dict[str, Any] = {what.scale.effects[0]: what.secular}
    return Effect.model_construct(**declared)


def centered(effect: CovariateEffect, scenario: Scenario) -> CovariateEffect:
    """A covariate's effect with its center: by default the mean of the declared distribution.

    So the declared level is that of a participant with the mean covariate, and the mean of everybody where the effect is
    a difference. The mean is not written into the resolved form, because a prior of the distribution changes it too.
    """
    spread = scenario.participants[effect.covariate].number
    if spread is None or effect.centered_at is not None:
        return effect
    middle = Number(value=mean(spread.distribution), kind="amount", unit=spread.unit)
    return effect.model_copy(update={"centered_at": middle})


def _pair(
    what: Outcome,
    outcome: int,
    visit: str,
    scenario: Scenario,
    program: Program | None,
    arms: Sequence[str],
    reference: str,
    contact: tuple[int, ...],
    steps: dict[int, int],
    points: Outline,
) -> PointPlan:
    index = program.visits.index(visit) if program else -1
    ever = isinstance(what.until, Number)
    own = tuple(_own_before(program, index, arm, steps, ever=ever) for arm in range(len(arms)))
    if scenario.design.sequences:
        point = points.visits[visit]
        crossed = terms_of_periods(what, visit, point, sequences=scenario.design.sequences, program=program, own=own)
        terms = tuple(TermPlan(one.name, one.present, one.shift, (one.own,)) for one in crossed)
        own = tuple(of_period(program, one, point.period) for one in own)
        found = _sequences(level_of_period(what, visit, point), terms, len(arms))
    else:
        terms = tuple(
            replace(term, own=_of_factors(term, scenario.design.factors, program, own))
            for term in _terms(what, visit, scenario)
        )
        found = places(what, visit, arms, reference, terms)
    first = found[0]
    return PointPlan(
        outcome=outcome,
        visit=visit,
        visit_index=index,
        location=np.array([place.location for place in found]),
        sd=np.array([place.sd for place in found]),
        cuts=np.array([place.cuts for place in found]).reshape(len(found), -1),
        own=own,
        by_arm=isinstance(what.by_visit[visit], ArmLevels),
        differs=any(_apart(place, first) for place in found),
        declared_time=scenario.visits[visit].value if visit in scenario.visits else 0.0,
        contact=contact,
        follow=planned_follow(what, scenario, program, arms.index(reference)),
        terms=terms,
    )


def _terms(what: Outcome, visit: str, scenario: Scenario) -> Iterator[TermPlan]:
    """The effects of factors and interactions at a visit, without their activities."""
    known, parts = terms_of(scenario.design.factors), PARTS[what.scale.name]
    for name, effect in what.effects.items():
        if name in known and (not effect.visits or visit in effect.visits):
            base = _reference_place(what, visit)
            shift = parts.shift(effect, base, what.scale.values or what.categories)
            yield TermPlan(name, np.array(known[name].present), shift, ())


def _reference_place(what: Outcome, visit: str) -> LevelParameters:
    """The one level of an outcome at a visit."""
    level = what.by_visit[visit]
    assert isinstance(level, Level)  # levels by arm are refused where effects are by factor
    return PARTS[what.scale.name].place(level, what.scale.values or what.categories, None)


def _of_factors(
    term: TermPlan,
    factors: Mapping[str, Sequence[str]],
    program: Program | None,
    own: Sequence[Sequence[tuple[int, float]]],
) -> tuple[tuple[tuple[tuple[int, float], ...], ...], ...]:
    """Of each factor of a term, by arm, those of the arms' own activities that only arms with its second level have."""
    known, found = terms_of(factors), []
    for place in known[term.name].factors:
        mine = known[list(factors)[place]].present
        found.append(
            tuple(
                tuple(one for one in by_arm if program is not None and _only_in(program.activities[one[0]].arms, mine))
                for by_arm in own
            )
        )
    return tuple(found)


def _only_in(bits: int, present: Sequence[bool]) -> bool:
    """Whether an activity is one of these arms only."""
    return not any(bits >> arm & 1 for arm, there in enumerate(present) if not there)


def _sequences(base: LevelParameters, terms: Sequence[TermPlan], count: int) -> list[LevelParameters]:
    """The level of each sequence of a crossover, and behind them that of someone on whom no arm acts."""
    return [*(shifted(base, sum(one.shift for one in terms if one.present[k])) for k in range(count)), base]


def places(
    outcome: Outcome, visit: str, arms: Sequence[str], reference: str, terms: Sequence[TermPlan] = ()
) -> list[LevelParameters]:
    """The level of each arm at a visit, in the order of the arms; after a single arm, also its level without the effect.

    In a design with factors an arm has the sum of the ``terms`` that act in it, on the scale of the predictor.
    """
    level, parts = outcome.by_visit[visit], PARTS[outcome.scale.name]
    categories = outcome.scale.values or outcome.categories
    if isinstance(level, ArmLevels):
        base = parts.place(level.by_arm[reference], categories, None)
        found = [base if arm == reference else parts.place(level.by_arm[arm], categories, base) for arm in arms]
    else:
        base = parts.place(level, categories, None)
        found = [base] * len(arms)
    moved = []
    for k, (arm, place) in enumerate(zip(arms, found, strict=True)):
        effect = outcome.effects.get(arm)
        here = effect is not None and (not effect.visits or visit in effect.visits)
        shift = parts.shift(effect, base, categories) if effect is not None and here else 0.0
        shift += sum(term.shift for term in terms if term.present[k])
        moved.append(shifted(place, shift))
    return moved if len(arms) > 1 else [*moved, base]


def _contacts(program: Program | None, outcome: OutcomePlan, arms: int) -> Callable[[str | None], tuple[int, ...]]:
    """By visit and arm: the last step at which a practitioner of the outcome has served."""
    if program is None or outcome.practitioner < 0:
        return lambda _: (NOBODY,) * arms
    found = [services(program, outcome.practitioner, arm).visits for arm in range(arms)]
    return lambda visit: tuple(
        NOBODY if visit is None else one.get(program.visits.index(visit), NOBODY) for one in found
    )


def _apart(a: LevelParameters, b: LevelParameters) -> bool:
    return a != b


def _own_before(
    program: Program | None, visit: int, arm: int, step_of: dict[int, int], *, ever: bool
) -> tuple[tuple[int, float], ...]:
    """An arm's own activities planned before a visit, or all of them (``ever``), with their expected lengths."""
    if program is None:
        return ()
    return tuple(
        (index, expected_length(activity, program))
        for index, activity in enumerate(program.activities)
        if activity.own and (activity.arms >> arm) & 1 and (ever or step_of[index] < program.visit_step[visit])
    )


def steps_of_activities(program: Program) -> dict[int, int]:
    """The step of each activity and attempt."""
    return {int(row[1]): step for step, row in enumerate(program.ops) if row[0] in (ACTIVITY, ATTEMPT)}


def matching(program: Program, name: str) -> tuple[int, ...]:
    """Activities and attempts of this name, in every repeat."""
    return tuple(i for i, activity in enumerate(program.activities) if name in (activity.name, activity.base))


def log_factor(effect: Driver | CovariateEffect | Response | Effect, outcome: OutcomePlan, cuts: Floats) -> float:
    """An effect on the scale of the predictor; ``cuts`` are those of the reference arm at the visit, where there are scores."""
    return outcome.parts.shift(effect, LevelParameters(cuts=tuple(cuts.tolist())), outcome.categories.tolist())


def spread_of(response: Response) -> float | None:
    """SD between participants of an activity's effect, on the scale of the predictor; None where it is not declared."""
    declared = (getattr(response, key) for key in SPREAD_KEYS)
    return next((sd.value for sd in declared if sd is not None), None)


def moves(effect: Driver | CovariateEffect | Response) -> bool:
    """Whether an effect is not zero: neither a difference of 0 nor a ratio of 1."""
    sizes = ((getattr(effect, key), nothing) for key, nothing in NO_EFFECT.items())
    return any(size is not None and size.value != nothing for size, nothing in sizes)


def _one_arm(scenario: Scenario, program: Program | None) -> list[str]:
    """Warnings for one-arm studies whose null twin keeps all or a part of the effect."""
    activities = program.activities if program else ()
    owned = any(activity.own for activity in activities)
    if len(scenario.design.arms) > 1 or owned:
        return []
    (arm,) = scenario.design.arms
    answers = [(name, activity) for name, what in scenario.outcomes.items() for activity in what.responds_to]
    if answers or any(what.effects for what in scenario.outcomes.values()):
        return [
            f"{name} responds to {activity}, which belongs to no arm: it stays in the null twin. Write arms: [{arm}] at "
            "the activity if it is what is tested."
            for name, activity in answers
        ]
    return [
        f"{name} differs between visits, and nothing is marked as the effect of {arm}: the null twin is the same study. "
        f"Write effects: {{{arm}: ..}} in place of a level of its own if the difference is what is tested."
        for name, what in scenario.outcomes.items()
        if len({repr(level) for level in what.by_visit.values()}) > 1
    ]


def _same_people(scenario: Scenario, program: Program | None) -> list[str]:
    """Warnings about practitioners' effects if the shift never ends: each unit is one person for the whole trial."""
    shared = [name for name, what in scenario.outcomes.items() if what.icc.practitioner]
    if program is None or not shared:
        return []
    counted = {name for group in program.practitioners.groups for name in group}
    held = {program.resources[i].base for hold in program.holds for i in hold.resources} & counted
    always = sorted({one.base for one in program.resources if one.always and one.people > one.units} & held)
    return [
        f"{name} is open all the time: its shift never ends, so the same people do all the work, and icc: of "
        f"{' and '.join(shared)} counts fewer people than there are. Give it hours:, such as daily 07:00-19:00."
        for name in always
    ]
