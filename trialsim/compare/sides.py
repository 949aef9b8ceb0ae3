"""The designs to compare: scenario files, shipped scenarios by name, and finished output folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trialsim.errors import RunError, ScenarioError, TrialsimError
from trialsim.prepared import Study, prepare
from trialsim.quantities.refuse import did_you_mean
from trialsim.runs.manifest import changed_outputs
from trialsim.runs.place import settle
from trialsim.runs.record import MANIFEST, RESOLVED, read_manifest
from trialsim.runs.run import ESTIMATES, MEASURES
from trialsim.scenario import Scenario, load, resolve
from trialsim.scenario.change import typed
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.nearby import SCENARIOS, files_near, folders_near
from trialsim.scenario.shipped import shipped_scenarios

#: The most designs in a readable comparison.
MOST = 8


class CompareError(TrialsimError, ValueError):
    """The comparison is impossible as requested."""

    exit_code = 2


@dataclass(frozen=True)
class Side:
    """One design of a comparison.

    Attributes
    ----------
    label : A, B, C, ...
    name : of the scenario, with what distinguishes it from others of the same name
    seed, replicates : as stored in the folder, or as the scenario says
    folder : of a finished run, otherwise None
    """

    label: str
    name: str
    study: Study
    seed: int
    replicates: int
    folder: Path | None = None

    @property
    def identity(self) -> str:
        """Hash of everything that affects the results, without the seed."""
        return scenario_hash(self.study.scenario, seed=False)


def read_sides(
    inputs: Sequence[str | Path],
    *,
    variants: Sequence[str] = (),
    set: Sequence[str] = (),  # noqa: A002  # as in load
) -> list[Side]:
    """The designs in the order given, the first being the baseline.

    Parameters
    ----------
    inputs : scenario files, names of shipped scenarios, folders of finished runs
    variants : ``path=value``, each one more design: the baseline with this change
    set : changes of every scenario, but not of finished runs

    Raises
    ------
    CompareError
        TS-C001 if there are fewer than two designs or too many, TS-C002 for an unknown file, folder or scenario
    RunError
        TS-C003 if a folder has no finished run, TS-C004 if its files were changed since
    ScenarioError
        with every fault of a scenario file
    """
    count = len(inputs) + len(variants)
    if not inputs or not 2 <= count <= MOST:
        raise CompareError(
            f"{count} design{'s' if count != 1 else ''} cannot be compared.", code="TS-C001",
            remedy=f"Name 2 to {MOST} scenario files or output folders, the baseline first, or change it by --with.",
        )  # fmt: skip
    labels = [chr(ord("A") + place) for place in range(count)]
    sides = [_read(label, Path(one), set) for label, one in zip(labels, inputs, strict=False)]
    names, stems = [side.name for side in sides], [_stem(source) for source in inputs]
    sides = [
        replace(side, name=f"{side.name} ({stem})") if names.count(side.name) > 1 and stem != side.name else side
        for side, stem in zip(sides, stems, strict=True)
    ]
    return [
        *sides,
        *(
            _variant(label, sides[0].study.scenario, one)
            for label, one in zip(labels[len(sides) :], variants, strict=True)
        ),
    ]


def _variant(label: str, base: Scenario, change: str) -> Side:
    """The baseline with one more change."""
    scenario = resolve(typed(base.written, [change], option="--with"))
    place, _, value = change.partition("=")
    name = f"{scenario.name}, {'.'.join(place.strip().split('.')[-2:])} = {value.strip()}"
    return Side(label, name, prepare(scenario), scenario.simulation.seed, scenario.simulation.replicates)


def _stem(source: str | Path) -> str:
    path = Path(source)
    return path.name if path.is_dir() else path.stem


def _read(label: str, path: Path, changes: Sequence[str]) -> Side:
    if path.is_dir():
        return _read_folder(label, path)
    if not path.is_file():
        shipped = shipped_scenarios()
        if str(path) not in shipped:
            raise CompareError(
                f"there is no file, folder or shipped scenario '{path}'.", code="TS-C002",
                remedy=did_you_mean(str(path), [*files_near(path, SCENARIOS), *folders_near(path), *shipped], what="There are"),
            )  # fmt: skip
        path = shipped[str(path)].path
    study = prepare(load(path, set=changes))
    simulation = study.scenario.simulation
    return Side(label, study.scenario.name, study, simulation.seed, simulation.replicates)


def _read_folder(label: str, path: Path) -> Side:
    settle(path)
    manifest = read_manifest(path)
    files = (RESOLVED, ESTIMATES, MEASURES)
    if manifest is None or manifest.get("status") != "done" or not all((path / name).is_file() for name in files):
        raise RunError(
            f"{path} does not contain a finished run.", code="TS-C003",
            remedy="Name a folder that `trialsim run` has finished, or the scenario file.",
        )  # fmt: skip
    changed = [name for name in changed_outputs(path) if name in files]
    if changed or not set(files) <= set(manifest.get("outputs", {})):
        raise strange(path, f"{' and '.join(changed) or MANIFEST} is not what the run wrote")
    try:
        study = prepare(load(path / RESOLVED))
    except ScenarioError as error:
        raise strange(path, f"{RESOLVED} cannot be read") from error
    if scenario_hash(study.scenario) != manifest["scenario_hash"]:
        raise strange(path, f"{RESOLVED} is not the scenario of {MANIFEST}")
    return Side(label, study.scenario.name, study, manifest["seed"], manifest.get("replicates", 0), path)


def strange(folder: Path, why: str) -> RunError:
    """The error for a folder whose files do not belong together."""
    return RunError(
        f"{folder} was changed, or was made by another version of trialsim: {why}.", code="TS-C004",
        remedy="Run the study again, or compare the scenario files.",
    )  # fmt: skip
