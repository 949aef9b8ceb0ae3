"""Everything decided before the first draw: a resolved scenario with its plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trialsim.analysis.plan import AnalysisPlan
from trialsim.analysis.planning.build import plan_analyses
from trialsim.burden import TRIALS as BURDEN_TRIALS
from trialsim.burden import ArmBurden, burden, planned_warnings
from trialsim.cautions import cautions
from trialsim.looks.plan import LookPlan, plan_looks
from trialsim.protocol.program import Program
from trialsim.response import ResponsePlan, plan_response
from trialsim.result import Result
from trialsim.scenario.model import Scenario
from trialsim.scenario.provenance import Row, provenance

if TYPE_CHECKING:  # a check prepares nothing and simulates nothing
    import pandas as pd

    from trialsim.conduct import ConductPlan, Entries
    from trialsim.engine import Engine
    from trialsim.engine.trace import EventTrace

#: The twins simulated by default: the effects as declared, and the same trial without them.
TWINS = ("declared", "null")

#: Also simulated if the time of day changes an outcome.
NO_CHANGE = "no change"


@dataclass(frozen=True, repr=False)
class Study(Result):
    """A resolved scenario with everything that is decided before the first draw.

    With ``per_cluster`` other sizes of it have other numbers of participants in each cluster, and the same clusters.
    """

    scenario: Scenario
    conduct: ConductPlan
    program: Program | None
    response: ResponsePlan
    analysis: AnalysisPlan
    looks: LookPlan | None = None
    per_cluster: bool = False

    @property
    def twins(self) -> tuple[str, ...]:
        """The twins: as declared; without effects; also with a flat clock if the time of day matters; at margins; others."""
        clock = self.program is not None and any(outcome.rhythm for outcome in self.response.outcomes)
        others = [twin.name for twin in self.response.margins] + [twin.name for twin in self.response.switched]
        return (*TWINS, *((NO_CHANGE,) if clock else ()), *others)

    def frame(self) -> pd.DataFrame:
        """One row for each assumed number: its place, its value, its source and reason, its plausible range."""
        import pandas as pd

        return pd.DataFrame(provenance(self.scenario), columns=list(Row._fields))

    def lines(self) -> list[str]:
        """Its name and title, the number of participants, and the arms."""
        scenario = self.scenario
        arms = ", ".join(self.conduct.arms)
        ward = "on a ward" if self.program is not None else "without a ward"
        return [f"{scenario.name}: {scenario.title}", f"{self.conduct.target} participants; arms: {arms}; {ward}."]


def prepare(scenario: Scenario | Study) -> Study:
    """Plan a scenario; a study that is prepared already is returned unchanged."""
    if isinstance(scenario, Study):
        return scenario
    from trialsim.conduct import plan_conduct

    plan, program = plan_conduct(scenario), scenario.program
    response = plan_response(scenario, program)
    if response.observed:
        response = _as_observed(plan, program, response)
    analysis = plan_analyses(scenario, response)
    if any(call.margins for call in analysis.calls):
        response = _with_margins(plan, program, response, analysis)
    return Study(scenario, plan, program, response, analysis, plan_looks(scenario, analysis))


def _as_observed(plan: ConductPlan, program: Program | None, response: ResponsePlan) -> ResponsePlan:
    """Levels with which a simulated pilot of this study, on its ward, measures the declared values."""
    from trialsim.response.calibrate import PILOT_SEED, calibrate, pilot_replicates

    replicates = pilot_replicates(plan.target)
    entries, trace = ward_events(plan, program, seed=PILOT_SEED, replicates=replicates)
    return calibrate(response, entries, trace, seed=PILOT_SEED, replicates=replicates)


def _with_margins(
    plan: ConductPlan, program: Program | None, response: ResponsePlan, analysis: AnalysisPlan
) -> ResponsePlan:
    """The twins in which each margin is true, found in a pilot of this study with everyone in each arm."""
    from trialsim.margins import margin_shifts
    from trialsim.response.calibrate import PILOT_SEED, pilot_replicates

    replicates = pilot_replicates(plan.target)

    def everyone(arm: int) -> tuple[Entries, EventTrace | None]:
        return ward_events(plan, program, seed=PILOT_SEED, replicates=replicates, arm=arm)

    return replace(
        response, margins=margin_shifts(analysis, response, everyone, seed=PILOT_SEED, replicates=replicates)
    )


def warnings_of(scenario: Scenario | Study) -> tuple[str, ...]:
    """Warnings: steps never reached, patience that ends while closed, many zeros."""
    study = prepare(scenario)
    found = cautions(study.program, study.response, study.analysis)
    return (*found, *planned_warnings(study.scenario))


def burdens(study: Study) -> list[ArmBurden]:
    """What each arm asks of a participant, from a few simulated trials where there is a ward."""
    seed = study.scenario.simulation.seed
    events = ward_events(study.conduct, study.program, seed=seed, replicates=range(BURDEN_TRIALS))
    return burden(study.scenario, study.program, *events)


def ward_events(
    plan: ConductPlan,
    program: Program | None,
    *,
    seed: int,
    replicates: range,
    engine: Engine = "fast",
    record: bool = False,
    arm: int | None = None,
) -> tuple[Entries, EventTrace | None]:
    """Participants, and their events on the ward if there is one; with everyone in ``arm``, and every visit placed, if given."""
    from trialsim.conduct import conduct
    from trialsim.everyone import everyone_in, placed

    entries = conduct(plan, seed=seed, replicates=replicates)
    entries = entries if arm is None else everyone_in(entries, arm)
    if program is None:
        return entries, None
    trace = events_of(program, entries, seed=seed, replicates=replicates, engine=engine, record=record)
    return entries, trace if arm is None else placed(trace, program, entries)


def events_of(
    program: Program,
    entries: Entries,
    *,
    seed: int,
    replicates: range,
    engine: Engine = "fast",
    record: bool = False,
) -> EventTrace:
    """The events on the ward of given participants."""
    from trialsim import engine as engines
    from trialsim.protocol.tapes import draw_tapes

    tapes = draw_tapes(program, seed=seed, replicates=replicates, participants=entries.entry.shape[1])
    return engines.play(program, entries, tapes, seed=seed, replicates=replicates, engine=engine, record=record)
