"""What nobody can know of a real trial: what each participant would have had in every arm, and who responds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trialsim.everyone import placed
from trialsim.export.build import DECLARED, TrialExport, participant_id
from trialsim.export.model import BANNER, SIMULATED, Cell, Dataset, Variable
from trialsim.export.names import LONGEST, Namer
from trialsim.export.text import write_codebook, write_csv
from trialsim.prepared import ward_events
from trialsim.response import respond
from trialsim.response.predictor import PredictorInputs, responders
from trialsim.runs.files import write_text

Floats = NDArray[np.float64]

#: What the numbers are, in words.
WORDS = f"""{BANNER}

THE TRUTH. No real trial has these numbers: keep them apart from the data of the trial, which they unblind and explain.

  *_own     the value in the own arm, before rounding, detection limit and loss; the instrument's error is in it
  *_ARM     the same with everyone in that arm, with the same draws: the potential outcome
  responds_* whether the participant responds to the activity

With everyone in one arm the ward is busier or quieter, so a potential outcome in the own arm can differ from the value of the
trial where participants share staff.
"""


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the truth in a folder of its own, with its codebook and a README."""
    dataset = truth(export)
    write_text(folder / "README.txt", WORDS)
    return [
        folder / "README.txt",
        write_csv(dataset, folder / "truth.csv"),
        write_codebook([dataset], folder / "codebook.csv"),
    ]


def truth(export: TrialExport) -> Dataset:
    """The table: one row a participant."""
    who = np.flatnonzero(export.cohort.entries.arm[0] >= 0)
    arm = export.layout.variable(export.layout.allocated)
    variables = [
        Variable("id", "Participant, in the order of enrollment", "text", "nominal", role="id"),
        Variable("simulated", f"{SIMULATED} DATA: no person exists", "text", "nominal"),
        replace(arm, missing=()),
    ]
    columns: list[list[Cell]] = [
        [participant_id(place + 1) for place in range(who.size)],
        [SIMULATED] * who.size,
        export.wide.column(export.layout.allocated),
    ]
    for variable, values in _columns(export, Namer(one.name for one in variables)):
        variables.append(variable)
        columns.append([None if np.isnan(one) else float(one) for one in values[who]])
    rows = tuple(zip(*columns, strict=True))
    return Dataset("truth", "What nobody can know of a real trial", tuple(variables), rows)


def _columns(export: TrialExport, namer: Namer) -> Iterator[tuple[Variable, Floats]]:
    study, cohort = export.study, export.cohort
    entries, trace = cohort.entries, cohort.trace
    if trace is not None and study.program is not None:
        trace = placed(trace, study.program, entries)
    games = [("own", respond_in(export, entries, trace))]
    for place, arm in enumerate(study.scenario.design.arms):
        events = ward_events(study.conduct, study.program, seed=cohort.seed, replicates=cohort.replicates, arm=place)
        games.append((arm, respond_in(export, *events)))
    for d, name in export.layout.values.items():
        about = export.layout.variable(name)
        for game, values in games:
            label = (
                f"{about.label}, before the instrument rounds: {'own arm' if game == 'own' else f'everyone in {game}'}"
            )
            stem = name[: LONGEST - min(len(game), 10) - 1]
            yield Variable(namer.name(stem, game), label, "number", about.measure, unit=about.unit), values[:, d]
    inputs = PredictorInputs(study.response, entries, cohort.trace, cohort.seed, cohort.replicates)
    for outcome in study.response.outcomes:
        for activity, response in outcome.responses:
            if response.responders is not None and response.responders.value < 1:
                label = f"Whether {outcome.name} responds to {activity}"
                who = responders(inputs, outcome, activity, response)[0]
                yield Variable(namer.name("responds", outcome.name, activity), label, "whole", "nominal"), who


def respond_in(export: TrialExport, entries, trace) -> Floats:  # type: ignore[no-untyped-def]  # as respond takes them
    """(N, D) values of every participant before rounding, limits and losses."""
    cohort = export.cohort
    found = respond(
        export.study.response, entries, trace, seed=cohort.seed, replicates=cohort.replicates, twins=(DECLARED,),
        complete=True, rounded=False,
    )  # fmt: skip
    return np.asarray(found.values[0, 0])
