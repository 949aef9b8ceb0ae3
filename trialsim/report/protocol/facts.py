"""What the sentences of a protocol are made of: a study, the measures of its run, and what was asked besides."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from trialsim.evaluate.summaries import DAY, TRIAL
from trialsim.kinds import scales
from trialsim.kinds.designs import ALTERNATIVE
from trialsim.kinds.tests import TEST
from trialsim.report.brief import Place, places, primary_points
from trialsim.report.crossover import effects_in_words
from trialsim.report.digits import with_minus
from trialsim.report.protocol import kinds
from trialsim.report.words import join, number
from trialsim.response.effects import ImpliedEffect
from trialsim.response.scales.scores import shares_of
from trialsim.scenario.clusters import by_site
from trialsim.scenario.comparisons import ALL_ARMS

if TYPE_CHECKING:
    from trialsim.analysis.plan import PlannedAnalysis, RowPlan
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.evaluate.table import Measure
    from trialsim.evaluate.verdict import Verdict
    from trialsim.prepared import Study
    from trialsim.response.plan import PointPlan
    from trialsim.scenario.model import Analysis, Scenario
    from trialsim.sweep.tornado import Tornado

#: Trials from which the time is taken within which most trials enroll their target.
MOST_TIMES = 2_000

#: The share of trials of that time.
MOST_TRIALS = 0.9

#: Letters of a description that is used as a name.
LONGEST = 36

#: The power that a protocol is measured by, and the one beside it.
GOAL, HIGH_GOAL = 0.8, 0.9


@dataclass(frozen=True)
class ProtocolFacts:
    """A study with the measures of its run.

    Attributes
    ----------
    study : what was simulated
    characteristics : the measures of the run
    source : the folder of the run
    tornado : what each assumption moves, if it was simulated
    versions, platform : programs and their versions, and the machine, of the run
    missing : trials that were asked for and are not in the run
    """

    study: Study
    characteristics: OperatingCharacteristics
    source: str
    tornado: Tornado | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    missing: tuple[object, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.study.scenario

    # ------------------------------------------------------------ the design

    @property
    def one_group(self) -> bool:
        """Whether there is one arm, so that nothing can be attributed to a treatment."""
        return len(self.scenario.design.arms) == 1

    @property
    def crossover(self) -> bool:
        """Whether participants have every treatment, one after the other."""
        return bool(self.scenario.design.sequences)

    @property
    def factorial(self) -> bool:
        """Whether factors are combined."""
        return bool(self.scenario.design.factors)

    @property
    def cluster(self) -> bool:
        """Whether whole sites are randomized."""
        return by_site(self.scenario)

    @property
    def wedge(self) -> bool:
        """Whether whole sites go over from one arm to the other."""
        return self.scenario.design.stepped_wedge is not None

    @property
    def pilot(self) -> bool:
        """Whether progression criteria decide on a later study."""
        return bool(self.scenario.progression)

    @property
    def families(self) -> bool:
        """Whether several children of one mother take part."""
        return self.scenario.family is not None

    @property
    def members(self) -> str:
        """What the target counts."""
        return "children" if self.families else "participants"

    @property
    def group(self) -> str:
        """What participants are allocated to."""
        return "sequence" if self.crossover else "arm"

    @property
    def randomized(self) -> str:
        """What participants are once they are in."""
        return "enrolled" if self.one_group else "randomized"

    def analyzed(self, what: Analysis) -> str:
        """Who an analysis includes, and in which group; and who of them is chosen or left out."""
        group = "" if self.one_group else ", in the group to which they were allocated"
        text = kinds.POPULATIONS[what.population].format(randomized=self.randomized, group=group)
        if what.exclude:
            text += f", without {join([f'{name} {category}' for name, category in what.exclude.items()])}"
        if what.subset is not None:
            limits = what.subset.percent_change
            rules = [
                f"{word} {with_minus(number(limit))}"
                for word, limit in (("below", limits.below), ("above", limits.above), ("beyond", limits.beyond))
                if limit is not None
            ]
            text += f", but only those whose own percent change is {join(rules, 'or')}"
        return text

    @property
    def size(self) -> int:
        """The target."""
        return self.study.conduct.target

    @cached_property
    def arms(self) -> dict[str, str]:
        """What each treatment is, by its name; the reference comes last."""
        design = self.scenario.design
        arms = design.treatments if self.crossover else design.arms
        return {name: words or name for name, words in arms.items()}

    @property
    def reference(self) -> str:
        """The name of the treatment that others are compared with."""
        design = self.scenario.design
        if self.crossover:
            return next(iter(design.treatments))
        return design.reference or next(iter(design.arms))

    def named(self, arm: str) -> str:
        """A treatment, or a sequence or combination of them, as people call it; by its name where its description is long."""
        words = self.arms.get(arm, arm)
        return words if len(words) <= LONGEST and "," not in words else arm

    def described(self, arm: str) -> str:
        """The same with its description, where that is long."""
        name, words = self.named(arm), self.arms.get(arm, arm)
        return name if name == words else f"{name} ({words})"

    def contrast(self, row: RowPlan) -> str:
        """What a row compares: ``music therapy against usual care``, ``“post” minus “pre”``."""
        plan = self.study.analysis
        pair = plan.question_of(plan.rows.index(row)).pair
        if pair is not None and not self.factorial:
            return " against ".join(self.named(self.study.response.arms[arm]) for arm in pair)
        return self.between(row.contrast)

    def between(self, contrast: str) -> str:
        """A contrast in words: of treatments by what they are, of anything else by their names."""
        parts = contrast.split(" - ")
        if all(part in self.arms for part in parts):
            return " against ".join(self.named(part) for part in parts)
        return " minus ".join(parts)

    @property
    def people(self) -> str:
        """Who takes part, as the ward calls one of them; empty without a ward."""
        setting = self.scenario.setting
        return "" if setting is None else setting.patients.label

    # ------------------------------------------------------------ the primary analyses

    @cached_property
    def primary(self) -> list[tuple[str, Analysis, PlannedAnalysis, RowPlan]]:
        """The primary analyses: name, what is written, plan, and main row."""
        calls = {call.name: call for call in self.study.analysis.calls}
        found = []
        for name in self.scenario.primary:
            row = next(one for one in self.study.analysis.rows if one.analysis == name and one.main)
            found.append((name, self.scenario.analyses[name], calls[name], row))
        return found

    @cached_property
    def rows(self) -> list[RowPlan]:
        """The main rows of the primary analyses: of an analysis by factors, one for each factor."""
        return [row for row in self.study.analysis.rows if row.analysis in self.scenario.primary and row.main]

    def title(self, row: RowPlan) -> str:
        """What distinguishes a main row from the others."""
        contrast = self.contrast(row)
        if len(self.primary) == 1:
            return contrast
        return f"“{row.shown}”" if contrast == ALL_ARMS else f"“{row.shown}” ({contrast})"

    @property
    def margins(self) -> bool:
        """Whether the first primary analysis tests a margin."""
        return bool(self.primary[0][3].margins)

    @property
    def one_sided(self) -> bool:
        """Whether the first primary analysis looks one way."""
        return ALTERNATIVE[self.primary[0][2].alternative].way != 0

    @property
    def of_periods(self) -> bool:
        """Whether the first primary analysis compares periods within participants."""
        return TEST[self.primary[0][1].test].periods

    def pairs(self, name: str) -> list[RowPlan]:
        """The comparisons of two arms after a test of all arms."""
        return [row for row in self.study.analysis.rows if row.analysis == name and row.pair and " - " in row.contrast]

    @cached_property
    def points(self) -> dict[str, tuple[str, str]]:
        """Outcomes at visits that the primary analyses look at: ``fear at during``, and the outcome as people call it."""
        return primary_points(self.study)

    @cached_property
    def targets(self) -> list[tuple[str, ImpliedEffect]]:
        """The target differences of the primary outcome, between which arms each is."""
        return [
            pair for pair in effects_in_words(self.stated) if f"{pair[1].outcome} at {pair[1].visit}" in self.points
        ]

    @cached_property
    def stated(self) -> Study:
        """The study with the levels as they are stated, not as they were found for values that a pilot measures."""
        plan = self.study.response
        return replace(self.study, response=replace(plan, points=plan.declared)) if plan.declared else self.study

    def label(self, outcome: str) -> str:
        """An outcome as people call it."""
        return self.scenario.outcomes[outcome].label or outcome

    # ------------------------------------------------------------ measures

    @cached_property
    def of(self) -> dict[Place, dict[str, Measure]]:
        """The measures by analysis, contrast and name."""
        return places(self.characteristics)

    def measure(self, name: str, analysis: str = TRIAL, contrast: str = "") -> Measure | None:
        """One measure; None where there is none."""
        return self.of.get((analysis, contrast), {}).get(name)

    def power(self, row: RowPlan) -> Measure | None:
        """The power of a row; None where too many trials failed for a number."""
        found = self.measure("power", row.analysis, row.contrast)
        return None if found is None or math.isnan(found.value) else found

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """Whether each of the main rows keeps its level."""
        places_ = {(row.analysis, row.contrast) for row in self.rows}
        return [one for one in self.characteristics.verdicts if (one.analysis, one.contrast) in places_]

    @property
    def too_often(self) -> bool:
        """Whether a primary analysis clearly rejects too often, so that its rejections are not a power."""
        return any(one.too_often for one in self.verdicts)

    @cached_property
    def enrolled_within(self) -> float | None:
        """Days within which nine of ten trials enroll their target, from the trials of the run; None without a ward."""
        if self.scenario.setting is None:
            return None
        from trialsim.conduct import conduct

        count = min(self.characteristics.replicates, MOST_TIMES)
        entries = conduct(self.study.conduct, seed=self.characteristics.seed, replicates=range(count))
        days = np.where(entries.complete, entries.accrual_end / DAY, np.inf)
        return float(np.quantile(days, MOST_TRIALS, method="higher"))

    # ------------------------------------------------------------ levels

    def level(self, point: PointPlan, arm: int) -> str:
        """A level as a protocol prints it, by its scale."""
        outcome = self.study.response.outcomes[point.outcome]
        unit = self.scenario.outcomes[outcome.name].unit
        return LEVELS[outcome.scale.name](self, point, arm) + (f" {unit}" if unit and outcome.scale.in_unit else "")

    def whole_level(self, point: PointPlan, arm: int) -> str:
        """A level with the share of each category."""
        outcome = self.study.response.outcomes[point.outcome]
        return outcome.parts.words(point, arm, outcome.categories)

    def point(self, outcome: str, visit: str) -> PointPlan:
        """The plan of an outcome at a visit."""
        plan = self.stated.response
        return next(one for one in plan.points if plan.outcomes[one.outcome].name == outcome and one.visit == visit)


def _in_words(facts: ProtocolFacts, point: PointPlan, arm: int) -> str:
    outcome = facts.study.response.outcomes[point.outcome]
    return outcome.parts.words(point, arm, outcome.categories)


def _with_unit(facts: ProtocolFacts, point: PointPlan, arm: int) -> str:
    """The median in its unit before the SD of its logarithm."""
    outcome = facts.study.response.outcomes[point.outcome]
    unit = facts.scenario.outcomes[outcome.name].unit
    median = float(np.exp(point.location[arm]))
    return f"median {median:.3g}{f' {unit}' if unit else ''}, SD of the logarithms {point.sd[arm]:.2f}"


def _of_scores(facts: ProtocolFacts, point: PointPlan, arm: int) -> str:
    scores = facts.study.response.outcomes[point.outcome].categories
    shares = shares_of(point.cuts[arm])
    mean = float(shares @ scores)
    return f"mean {mean:.2f}, SD {float(shares @ scores**2 - mean**2) ** 0.5:.2f}"


def _of_yes(facts: ProtocolFacts, point: PointPlan, arm: int) -> str:  # noqa: ARG001  # as every scale's
    return f"{100 * shares_of(point.cuts[arm])[-1]:.1f} %"


def _of_times(facts: ProtocolFacts, point: PointPlan, arm: int) -> str:
    """The median in its unit, and the shape; the hazard is that of a Weibull distribution."""
    unit = facts.scenario.outcomes[facts.study.response.outcomes[point.outcome].name].unit
    shape = float(point.sd[arm])
    median = math.exp((math.log(math.log(2.0)) - float(point.location[arm])) / shape)
    kind = "exponential" if shape == 1 else f"Weibull of shape {shape:.3g}"
    return f"median {median:.3g}{f' {unit}' if unit else ''}, {kind}"


#: How the level of an arm is written, by scale.
LEVELS: dict[str, Callable[[ProtocolFacts, PointPlan, int], str]] = {
    scales.NORMAL.name: _in_words,
    scales.LOGNORMAL.name: _with_unit,
    scales.ORDINAL.name: _of_scores,
    scales.BINARY.name: _of_yes,
    scales.COUNT.name: _in_words,
    scales.TIME.name: _of_times,
}
