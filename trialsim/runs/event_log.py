"""Event logs of the first trials of a run, for vidigi, bupaR and pm4py, into the folder of the run."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import astuple, replace
from pathlib import Path

from trialsim.codebook import COLUMNS, event_logs
from trialsim.errors import RunError
from trialsim.eventlog import ACTIVITIES, VIDIGI, ActivityLog, ActivityRow, VidigiRow, vidigi_rows
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.runs.files import whole_file, write_text
from trialsim.runs.run import FinishedRun
from trialsim.scenario.identity import scenario_hash
from trialsim.study import cohort_of
from trialsim.version import __version__
from trialsim.xes import XES_FOOT, xes_head, xes_traces

FOLDER = "event_log"

#: Files of the logs.
VIDIGI_FILE, ACTIVITIES_FILE, XES_FILE = "vidigi.csv", "activities.csv", "activities.xes"

#: Trials that are logged by default, and at most: a log of 1,000 trials has about a gigabyte.
SOME, MOST = 10, 1000


def check_ward(study: Study) -> None:
    """See that a study has a ward.

    Raises
    ------
    RunError
        TS-R064
    """
    if study.program is None:
        raise RunError(
            "this study has no ward, so there are no events for an event log.",
            code="TS-R064",
            remedy="Leave out --event-log, or describe the ward under setting: and protocol:.",
        )


def with_event_log(made: FinishedRun, count: int, *, progress: Callable[[int], None] = lambda _: None) -> FinishedRun:
    """The run, not yet in its place, with the event logs of its first ``count`` trials, or of all if it has fewer."""
    folder = made.folder.new / FOLDER
    files = write_event_log(
        made.study, folder, replicates=range(min(count, made.characteristics.replicates)),
        seed=made.characteristics.seed, progress=progress,
    )  # fmt: skip
    return replace(made, made=(*made.made, *(made.folder.path / path.relative_to(made.folder.new) for path in files)))


def write_event_log(
    study: Study,
    folder: Path,
    *,
    replicates: range,
    seed: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Path, ...]:
    """Write the logs of some trials, one trial in memory at a time: for vidigi, for bupaR, as XES; with codebook and README."""
    check_ward(study)
    paths = [folder / name for name in (VIDIGI_FILE, ACTIVITIES_FILE, XES_FILE)]
    log = ActivityLog()
    described = cohort_of(study, replicates[0], seed=seed).for_codebook
    with ExitStack() as stack:
        vidigi, activities, xes = (
            stack.enter_context(
                stack.enter_context(whole_file(path)).open(
                    "w", encoding="utf-8", newline="" if path.suffix == ".csv" else "\n"
                )
            )
            for path in paths
        )
        places, states = (csv.writer(file, lineterminator="\n") for file in (vidigi, activities))
        places.writerow(VIDIGI)
        states.writerow(ACTIVITIES)
        xes.writelines(f"{line}\n" for line in xes_head(study.scenario.title))
        for done, replicate in enumerate(replicates, 1):
            trial = cohort_of(study, replicate, seed=seed).one(replicate)
            rows = list(log.rows(trial))
            places.writerows(map(_vidigi_cells, vidigi_rows(trial)))
            states.writerows(map(_activity_cells, rows))
            xes.writelines(f"{line}\n" for line in xes_traces(rows))
            progress(done)
        xes.write(f"{XES_FOOT}\n")
    with whole_file(folder / "codebook.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        book = csv.writer(file, lineterminator="\n")
        book.writerow(COLUMNS)
        book.writerows([getattr(entry, column) for column in COLUMNS] for entry in event_logs(described))
    write_text(folder / "README.txt", _readme(study, replicates, seed))
    return (folder / "README.txt", *paths, folder / "codebook.csv")


def _vidigi_cells(row: VidigiRow) -> tuple[object, ...]:
    """The cells of a row: minutes as short as they are, to the second."""
    return (
        row.entity_id, row.event_type, row.event, f"{row.time:.4f}".rstrip("0").rstrip("."), row.resource_id or "",
        row.pathway, row.run_number,
    )  # fmt: skip


def _activity_cells(row: ActivityRow) -> tuple[object, ...]:
    return astuple(replace(row, timestamp=f"{row.timestamp:%Y-%m-%d %H:%M:%S}"))  # type: ignore[arg-type]  # as text


def _readme(study: Study, replicates: range, seed: int | None) -> str:
    scenario = study.scenario
    which = f"{replicates[0]} to {replicates[-1]}" if len(replicates) > 1 else f"{replicates[0]}"
    facts = {
        "Scenario": f"{scenario.name} ({scenario.title})",
        "Seed": str(scenario.simulation.seed if seed is None else seed),
        "Replicates": f"{which} ({counted(len(replicates), 'simulated trial')})",
        "trialsim": __version__,
        "Hash": f"{scenario_hash(scenario)} (of the resolved scenario)",
    }
    lines = [
        "SIMULATED DATA. No person in these files exists.",
        "",
        "Events on the ward of the first simulated trials, in the formats of other programs.",
        "",
        *(f"{key + ':':<12}{value}" for key, value in facts.items()),
        "",
        "The files:",
        f"  {VIDIGI_FILE:<16}for vidigi (Python), which animates queues and staff; times in minutes since the study began",
        f"  {ACTIVITIES_FILE:<16}for bupaR (R) and others: activities with the states of their life cycle",
        f"  {XES_FILE:<16}the same as XES (IEEE 1849-2016), for pm4py, ProM and others",
        f"  {'codebook.csv':<16}what each column means",
        "",
        "Dates are those of the study's calendar, without a time zone; XES requires one, so it has UTC.",
    ]
    return "\n".join(lines) + "\n"
