"""Find a number of a study: how large, how precise, how likely to succeed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.api.arguments import checked
from trialsim.api.subjects import Folder, Subject, study_of
from trialsim.prepared import Study
from trialsim.result import Result
from trialsim.runs import owners
from trialsim.sizing import SizingResult, by_participants_of_clusters, target_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trialsim.assurance import Assurance
    from trialsim.sizing.progression import PilotSizes
    from trialsim.sizing.target import Need

Stages = Callable[[str, int, int | None], None]


# ---------------------------------------------------------------- sizes


@dataclass(frozen=True, repr=False)
class SizeResult(Result):
    """The answer of :func:`find_size`, :func:`find_effect` or :func:`find_precision`.

    Attributes
    ----------
    study : the study
    found : the recommended size or effect (``at``), its interval, the curve, the confirmation
    seconds : the time it took
    """

    study: Study
    found: SizingResult
    seconds: float

    @property
    def at(self) -> float | None:
        """The recommended size or effect; None if there is none in the range."""
        return self.found.at

    def frame(self) -> pd.DataFrame:
        """The curve: at, value, mcse, low, high."""
        from trialsim.report.sizing import curve_frame

        return curve_frame(self.found)

    def brief(self) -> pd.DataFrame:
        """Empty: the lines have the answer."""
        return self.frame().iloc[:0]

    def lines(self) -> list[str]:
        """The recommendation, and its basis."""
        from trialsim.report.sizing import answer

        return answer(self.study, self.found)

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """The curve."""
        from trialsim.report.sizing import figure

        return {"power_curve": lambda: figure(self.study, self.found)}


@checked
def find_size(
    subject: Subject,
    *,
    power: float = 0.9,
    wanted: Sequence[str] = (),
    need: Need = "all",
    between: tuple[int, int] | None = None,
    per_cluster: bool = False,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int = 4_000,
    confirm: int = 4_000,
    seed: int | None = None,
    workers: int | None = None,
    out: Folder | None = None,
    progress: Stages | None = None,
    allow_code: bool = False,
) -> SizeResult:
    """The smallest number of participants from which a trial reaches the power.

    Parameters
    ----------
    wanted : the analyses that must reject, as ``analysis`` or ``analysis/contrast``; by default the primary ones
    need : whether any or all of several analyses must reject
    between : sizes among which the answer may lie; by default a pilot finds them
    per_cluster : of clusters, keep their number and find how many participants each has
    replicates, confirm : trials of the search, and of the recommended size under a fresh seed
    out : a folder for the curve and its figure; by default nothing is written
    allow_code : whether the study's own Python functions may run (``test: python``); read them first
    """
    from trialsim.sizing import find_size as find

    return _search(
        subject, wanted, need, set, out, allow_code, per_cluster,
        lambda study: find(
            study, target_of(study, wanted, need=need), power=power, between=between, replicates=replicates, confirm=confirm,
            seed=seed, workers=workers, progress=progress,
        ),
    )  # fmt: skip


@checked
def find_effect(
    subject: Subject,
    *,
    power: float = 0.9,
    wanted: Sequence[str] = (),
    need: Need = "all",
    between: tuple[float, float] | None = None,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int = 4_000,
    confirm: int = 4_000,
    seed: int | None = None,
    workers: int | None = None,
    out: Folder | None = None,
    progress: Stages | None = None,
    allow_code: bool = False,
) -> SizeResult:
    """The multiple of the declared effects that a study of the declared size detects with this power.

    Parameters are those of :func:`find_size`; ``between`` are multiples.
    """
    from trialsim.sizing import find_effect as find

    return _search(
        subject, wanted, need, set, out, allow_code, False,
        lambda study: find(
            study, target_of(study, wanted, need=need), power=power, between=between, replicates=replicates, confirm=confirm,
            seed=seed, workers=workers, progress=progress,
        ),
    )  # fmt: skip


@checked
def find_precision(
    subject: Subject,
    *,
    width: float,
    wanted: Sequence[str] = (),
    need: Need = "all",
    between: tuple[int, int] | None = None,
    per_cluster: bool = False,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int = 4_000,
    confirm: int = 4_000,
    seed: int | None = None,
    workers: int | None = None,
    out: Folder | None = None,
    progress: Stages | None = None,
    allow_code: bool = False,
) -> SizeResult:
    """The smallest number of participants whose confidence interval is on average at most ``width`` wide.

    Parameters are otherwise those of :func:`find_size`.
    """
    from trialsim.sizing import find_precision as find

    return _search(
        subject, wanted, need, set, out, allow_code, per_cluster,
        lambda study: find(
            study, target_of(study, wanted, need=need), width=width, between=between, replicates=replicates, confirm=confirm,
            seed=seed, workers=workers, progress=progress,
        ),
    )  # fmt: skip


def _search(
    subject: Subject,
    wanted: Sequence[str],
    need: Need,
    changes: Sequence[str],
    out: Folder | None,
    allow_code: bool,
    per_cluster: bool,
    find: Callable[[Study], SizingResult],
) -> SizeResult:
    study = study_of(subject, set=changes, allow_code=allow_code)
    if per_cluster:
        study = by_participants_of_clusters(study)
    target_of(study, wanted, need=need)
    if out is not None:
        owners.of_size(study.scenario.name).check(Path(out))
    began = time.perf_counter()
    made = SizeResult(study, find(study), time.perf_counter() - began)
    if out is not None:
        from trialsim.report.index import write_index
        from trialsim.report.sizing import write_sizing

        write_sizing(study, made.found, Path(out))
        write_index(Path(out))
    return made


# ---------------------------------------------------------------- pilots


@dataclass(frozen=True, repr=False)
class PilotSizeResult(Result):
    """The answer of :func:`find_pilot_size`: ``found`` has the size by criterion, and why some have none."""

    study: Study
    found: PilotSizes
    seconds: float

    def frame(self) -> pd.DataFrame:
        """One row for each criterion: the input moved, the size, the chances of a wrong verdict, the size by formula."""
        from trialsim.report.pilot_size import pilot_frame

        return pilot_frame(self.found)

    def lines(self) -> list[str]:
        """The size, and what has none."""
        from trialsim.report.pilot_size import pilot_lines

        return [line.text for line in pilot_lines(self.found)]


@checked
def find_pilot_size(
    subject: Subject,
    *,
    stops_at_go: float = 0.05,
    goes_at_stop: float = 0.10,
    largest: int = 120,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int = 2_000,
    seed: int | None = None,
    workers: int | None = None,
    out: Folder | None = None,
    progress: Stages | None = None,
    allow_code: bool = False,
) -> PilotSizeResult:
    """The smallest number of participants with which each progression criterion of a pilot decides well.

    Parameters
    ----------
    stops_at_go, goes_at_stop : chances that are accepted: the pilot stops a truth at go, lets go ahead a truth at stop
    largest : the largest size that may be the answer
    replicates : simulated pilots of each size
    out : a folder for the table and a page; by default nothing is written
    """
    from trialsim.sizing.progression import pilot_sizes

    study = study_of(subject, set=set, allow_code=allow_code)
    if out is not None:
        owners.of_size(study.scenario.name).check(Path(out))
    began = time.perf_counter()
    found = pilot_sizes(
        study, replicates=replicates, largest=largest, seed=seed, workers=workers, stops_at_go=stops_at_go,
        goes_at_stop=goes_at_stop, progress=progress,
    )  # fmt: skip
    made = PilotSizeResult(study, found, time.perf_counter() - began)
    if out is not None:
        from trialsim.report.index import write_index
        from trialsim.report.pilot_size import write_pilot_sizes

        write_pilot_sizes(study, found, Path(out))
        write_index(Path(out))
    return made


# ---------------------------------------------------------------- assurance


@dataclass(frozen=True, repr=False)
class AssuranceResult(Result):
    """The answer of :func:`find_assurance`: ``found`` is power over the priors and power at the declared numbers."""

    study: Study
    found: Assurance
    seconds: float

    def frame(self) -> pd.DataFrame:
        """One row for each measure, with its error and interval."""
        from trialsim.report.assurance import measures_frame

        return measures_frame(self.found)

    def lines(self) -> list[str]:
        """The assurance, and the beliefs that change it."""
        from trialsim.report.assurance import answer

        return answer(self.found)

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Power over the prior."""
        from trialsim.report.assurance import figure

        return {"assurance": lambda: figure(self.study, self.found)}


@checked
def find_assurance(
    subject: Subject,
    *,
    wanted: Sequence[str] = (),
    need: Need = "all",
    power: float = 0.8,
    points: int | None = None,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int = 10_000,
    seed: int | None = None,
    workers: int | None = None,
    out: Folder | None = None,
    progress: Stages | None = None,
    allow_code: bool = False,
) -> AssuranceResult:
    """Power averaged over the priors of the numbers: the probability that the trial will succeed.

    Parameters
    ----------
    wanted, need : as in :func:`find_size`
    power : a power; the share of the prior with at least this power is reported
    points : draws of all priors together; by default 200, or fewer with few trials
    replicates : trials over all points, and the same number at the declared numbers
    out : a folder for tables and figure; by default nothing is written
    """
    from trialsim.assurance import find_assurance as find

    study = study_of(subject, set=set, allow_code=allow_code)
    if out is not None:
        owners.of_assurance(study.scenario.name).check(Path(out))
    began = time.perf_counter()
    found = find(
        study, wanted, need=need, points=points, replicates=replicates, goal=power, seed=seed, workers=workers,
        progress=progress,
    )  # fmt: skip
    made = AssuranceResult(study, found, time.perf_counter() - began)
    if out is not None:
        from trialsim.report.assurance import write_assurance
        from trialsim.report.index import write_index

        write_assurance(study, found, Path(out))
        write_index(Path(out))
    return made
