"""Every figure of a run, from its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct import NEVER
from trialsim.evaluate.frames import (
    accrual_frame,
    bias_frame,
    estimate_frame,
    note,
    p_value_frame,
    rejection_frame,
    row_name,
)
from trialsim.figures.render import figure_of
from trialsim.protocol.calendar import DAY
from trialsim.quantities.letters import file_names
from trialsim.report.document import Graphic
from trialsim.report.reported import ReportSource
from trialsim.report.ward import busiest_week, closed_hours, in_week, lanes_of, other_spells, ward_spells
from trialsim.report.words import join
from trialsim.scenario.wedge import MONTH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from trialsim.cohort import Cohort, Trial
    from trialsim.conduct.plan import WedgePlan
    from trialsim.engine import Engine
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.evaluate.first_replicates import FirstReplicates
    from trialsim.figures.counts import Count, Flow
    from trialsim.figures.process import Artist
    from trialsim.figures.render import FigureBytes, FigureFiles
    from trialsim.prepared import Study


#: A figure shows at most so many rows of analyses.
MOST_ROWS = 12

#: Rows of the forest of contrasts, and panels of the intervals of single trials.
MOST_CONTRASTS, MOST_PANELS = 24, 3

#: Simulated trials that are counted together, and the most participants in them.
FEW_TRIALS, MOST_PEOPLE = 20, 20_000

#: Scores beyond which participants are shown one by one, not as shares.
MOST_SHADES = 11


@dataclass(frozen=True)
class Picture:
    """A figure with its file name, its heading, what it shows, and the table it is drawn from where that is small."""

    name: str
    heading: str
    text: str
    draw: Callable[..., Figure]
    data: pd.DataFrame | None = None

    @property
    def figure(self) -> Figure:
        """The figure, drawn anew."""
        return self.draw()


def early_pictures(study: Study, cohort: Cohort) -> Iterator[Picture]:
    """The figures of single trials, which need no result: stepped wedge, week on the ward, first trials, the one shown."""
    trial = cohort.one(0)
    if study.conduct.wedge is not None:
        yield from _wedge_picture(study, study.conduct.wedge, trial)
    if study.program is not None:
        yield from _week_pictures(study, trial)
    yield from _few_trials(study)
    yield from _outcome_pictures(study, trial)


def pictures(run: ReportSource, early: Sequence[Picture] | None = None) -> Iterator[Picture]:
    """The figures of a run, in the order of the report; ``early`` are those of :func:`early_pictures`, if they are there."""
    result, kept = run.characteristics, run.characteristics.kept
    single = early_pictures(run.study, run.cohort) if early is None else early
    rates = rejection_frame(result)
    yield Picture(
        "power",
        "Power, and how often the same tests reject when the arms do nothing",
        "Each dot is the share of simulated trials in which the test rejects, with its 95 % Monte Carlo interval.",
        figure_of("power.rejection_rates", rates, note=note(result)),
        rates,
    )
    if run.study.program is not None:
        yield from _ward_pictures(run)
    yield from single
    yield from _contrast_pictures(result)
    judged = bias_frame(result)
    if len(judged):
        yield Picture(
            "bias",
            "Bias and coverage",
            "Each dot is shown with its 95 % Monte Carlo interval. A bias of half a standard error already costs coverage.",
            figure_of("bias.bias_and_coverage", judged, note=note(result)),
            judged,
        )
    estimates = estimate_frame(result)
    if len(estimates):
        yield Picture(
            "estimates",
            "Where the estimates fall",
            "The solid line is the mean of the estimates, the dotted red one the truth; the dashed line means no effect.",
            figure_of("estimates.estimate_distributions", _first_rows(estimates), note=note(result)),
        )
    yield from _sensitivity(run)
    yield Picture(
        "p_values",
        "Distribution of p-values",
        "A valid test without an effect has the same share of trials in each twentieth.",
        figure_of(
            "estimates.p_value_distributions", _first_rows(_main_rows(p_value_frame(kept), kept)), note=note(result)
        ),
    )


def _sensitivity(run: ReportSource) -> Iterator[Picture]:
    """The tornado of this study, where one lies beside the folder of the run."""
    from trialsim.report.sensitivity import HEADING, TEXT, draw_of, tornado_beside

    folder = getattr(run, "folder", None)  # cohorts and merged results in memory have none
    kept = None if folder is None else tornado_beside(run.study.scenario, folder.path)
    if kept is not None:
        draw = draw_of(kept.frame, kept.axes, name=run.study.scenario.name, replicates=kept.replicates)
        yield Picture("sensitivity", HEADING, TEXT, draw, kept.frame)


def _contrast_pictures(result: OperatingCharacteristics) -> Iterator[Picture]:
    """A forest of contrasts, and intervals in the order of their distance from the truth."""
    from trialsim.evaluate.contrast_frames import contrast_frame, interval_frame

    contrasts = contrast_frame(result).head(MOST_CONTRASTS)
    if len(contrasts):
        first = contrasts.iloc[0]
        where = f"{first['estimate']:.3g}, its mean interval from {first['low']:.3g} to {first['high']:.3g}"
        yield Picture(
            "contrasts",
            "What the analyses estimate",
            f"Mean estimates over simulated trials; of {first['row']} it is {where}.",
            figure_of("forest.forest", contrasts, note=note(result)),
            contrasts,
        )
    intervals = interval_frame(result, MOST_PANELS)
    if len(intervals):
        first = intervals.iloc[0]
        of = f"of {first['row']} {100 * first['coverage']:.1f} % of them contain the truth; {100 * first['level']:.4g} % should"
        yield Picture(
            "intervals",
            "Intervals of single trials",
            f"Confidence intervals in the order of their distance from the truth; {of}.",
            figure_of("intervals.ordered_intervals", intervals, note=note(result)),
            intervals,
        )


def _wedge_picture(study: Study, plan: WedgePlan, trial: Trial) -> Iterator[Picture]:
    """Which site goes over when, and who is enrolled where, in the first simulated trial."""
    from trialsim.evaluate.cohort_frames import wedge_frame

    cells, arms = wedge_frame(trial.cohort, plan), tuple(study.scenario.design.arms)
    control, intervention = arms[plan.control], arms[plan.intervention]
    counts = cells.groupby("arm")["participants"].sum()
    yield Picture(
        "wedge",
        "The stepped wedge: which site goes over when",
        f"Numbers are participants enrolled in one simulated trial, {counts[control]} under {control} and "
        f"{counts[intervention]} under {intervention}; the order of the sites is drawn anew in each.",
        figure_of(
            "wedge.wedge",
            cells,
            arms=arms,
            transition=plan.transition / MONTH,
            note="One simulated trial (replicate 0).",
        ),
        cells,
    )


def _few_trials(study: Study) -> Iterator[Picture]:
    """What the first trials show together: scores at the primary endpoint, and missing values."""
    from trialsim.evaluate.cohort_frames import missing_frame, score_frame
    from trialsim.study import simulate

    scenario = study.scenario
    arms, few = tuple(scenario.design.arms), max(1, min(FEW_TRIALS, MOST_PEOPLE // study.conduct.target))
    cohort = simulate(study, range(few), twins=("declared",))
    words = f"The first {few} simulated trials together." if few > 1 else "One simulated trial (replicate 0)."
    pairs = dict.fromkeys(
        study.response.pairs[call.endpoint.visit]
        for name in scenario.primary
        for call in study.analysis.calls
        if call.name == name
    )
    stems, groups = file_names(scenario.outcomes), "sequences" if scenario.design.sequences else "arms"
    for name, visit in pairs:
        outcome = scenario.outcomes[name]
        if outcome.scale.categories is None or not 1 < len(outcome.categories) <= MOST_SHADES:
            continue
        scores = score_frame(cohort, name, visit)
        lowest = scores[scores["category"] == outcome.categories[0]].set_index("arm")["share"]
        found = ", ".join(f"{arm} {100 * lowest[arm]:.0f} %" for arm in arms)
        yield Picture(
            f"shift_{stems[name]}",
            f"{outcome.label or name} at '{visit}': how the scores shift between {groups}",
            f"Shares of participants at each score; at the lowest ({outcome.categories[0]:g}): {found}.",
            figure_of(
                "shift.shift",
                scores,
                label=outcome.label or name,
                arms=arms,
                words={float(score): word for score, word in outcome.labels.items()},
                note=words,
            ),
            scores,
        )
    missing = missing_frame(cohort)
    counts = (missing["share"] * missing["people"]).groupby(missing["reason"]).sum()
    lost = counts.drop("measured").sort_values(ascending=False)
    if len(lost):
        shares = join([f"{why} {100 * part:.0f} %" for why, part in (lost / lost.sum()).items()])
        yield Picture(
            "missing",
            "Missing values by arm and visit, with reasons",
            f"Of all missing values: {shares}.",
            figure_of(
                "missing.missing_map", missing, arms=arms,
                labels={name: outcome.label or name for name, outcome in scenario.outcomes.items()},
                visits=in_time(study, list(dict.fromkeys(visit for _, visit in study.response.pairs))), note=words,
            ),
            missing,
        )  # fmt: skip


@dataclass
class Drawings:
    """Figures under way: in another process where there is one, begun as soon as their tables are there.

    Attributes
    ----------
    files : which are wanted beside the page
    artist : the other process
    """

    files: FigureFiles
    artist: Artist | None = None
    _early: Future[list[Picture]] | None = None
    _begun: dict[str, Future[FigureBytes | None]] = field(default_factory=dict)

    def begin_early(self, study: Study, engine: Engine) -> None:
        """Begin the figures of single trials, in a thread beside those that simulate; without another process nothing."""
        from trialsim.study import cohort_of

        if self.artist is None:
            return

        def early() -> list[Picture]:
            return self.begin(early_pictures(study, cohort_of(study, 0, engine=engine)))

        threads = ThreadPoolExecutor(1, thread_name_prefix="early figures")
        self._early = threads.submit(early)
        threads.shutdown(wait=False)

    def pictures(self, run: ReportSource) -> list[Picture]:
        """The figures of a run, begun."""
        return self.begin(pictures(run, None if self._early is None else self._early.result()))

    def begin(self, some: Iterable[Picture]) -> list[Picture]:
        """Have them drawn in the other process, if there is one, without waiting."""
        found = []
        for one in some:
            if self.artist is not None and one.name not in self._begun:
                self._begun[one.name] = self.artist.draw(one.name, one.draw, self.files)
            found.append(one)
        return found

    def drawn(self, picture: Picture) -> FigureBytes:
        """A figure, drawn here where the other process did not."""
        waiting = self._begun.pop(picture.name, None)
        found = waiting.result() if waiting is not None else None
        if found is not None:
            return found
        from trialsim.figures.render import render

        return render(picture.name, picture.draw, self.files)


def write_figures(shown: Iterable[Picture], folder: Path, drawings: Drawings) -> list[tuple[str, Graphic]]:
    """Every figure for the page, by its name, written as files too: none, PNG and SVG, or those for print as well.

    Those for print lie in the folder ``print``, by their width, with a file of captions (:func:`trialsim.figures.render.render`).
    """
    from trialsim.figures.render import captions_of, write_rendered
    from trialsim.report.svg import inlined
    from trialsim.runs.files import write_text

    made, captions, files = [], [], drawings.files
    for picture in shown:
        drawn = drawings.drawn(picture)
        write_rendered(drawn, folder)
        if picture.data is not None and files != "page":
            picture.data.to_csv(folder / f"{picture.name}.csv", index=False, lineterminator="\n")
        captions.append((picture.name, picture.heading, picture.text, drawn))
        made.append((picture.name, Graphic(picture.heading, picture.text, inlined(drawn.svg))))
    if files == "print":
        write_text(folder / "print" / "captions.txt", captions_of(captions))
    return made


def _first_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The first rows of the plan: a page holds only so many panels."""
    return frame[frame["row"].isin(frame["row"].unique()[:MOST_ROWS])]


def _main_rows(frame: pd.DataFrame, kept: FirstReplicates) -> pd.DataFrame:
    """Without the pairs that are tested only behind a gate, whose p-values alone say little."""
    return frame[frame["row"].isin([row_name(row) for row in kept.rows if row.main])]


def _outcome_pictures(study: Study, trial: Trial) -> Iterator[Picture]:
    """Distributions and trajectories of each outcome in the cohort shown."""
    measured = trial.measurements()
    if trial.allocated in measured and trial.allocated != "arm":  # a line for each sequence
        measured = measured.assign(arm=measured[trial.allocated])
    arms = tuple(study.scenario.design.arms)
    stems = file_names(study.scenario.outcomes)
    for name, outcome in study.scenario.outcomes.items():
        values = measured[measured["outcome"] == name]
        label, unit = outcome.label or name, outcome.unit or ""
        ordinal, log = outcome.scale.categories is not None, outcome.scale.log
        few = ordinal and len(outcome.categories) <= MOST_SHADES
        visits = in_time(study, outcome.visits)
        shown = "One simulated trial (replicate 0)."
        if log and (zeros := int((values["value"] <= 0).sum())):
            values = values.assign(value=values["value"].where(values["value"] > 0))
            shown += f" {zeros} reading{'s' if zeros > 1 else ''} of 0 cannot be shown on a logarithmic axis."
        if ended := int((values["censored"] == "right").sum()):
            shown += (
                f" Of {int(values['value'].notna().sum())} times {ended} are the end of following, without an event."
            )
        yield Picture(
            f"outcome_{stems[name]}",
            f"{label}: one simulated trial",
            "Shares of participants at each score." if few else "Each point is one participant.",
            figure_of(
                "outcomes.outcome_distributions", values, label=label, arms=arms, visits=visits, unit=unit, log=log, note=shown,
                categories=outcome.categories if few else (),
            ),
        )  # fmt: skip
        if len(visits) > 1:
            yield Picture(
                f"trajectories_{stems[name]}",
                f"{label}: every participant of one simulated trial",
                "Thin lines are participants, moved a little apart; the bold line is the arm's mean."
                if ordinal
                else "Thin lines are participants; the bold line is the arm's median.",
                figure_of(
                    "trajectories.trajectories", values, label=label, arms=arms, visits=visits, unit=unit, log=log,
                    ordinal=ordinal, note=shown,
                ),
            )  # fmt: skip


def in_time(study: Study, visits: Sequence[str]) -> list[str]:
    """Visits as they follow one another on the ward, or by their declared times."""
    if study.program is not None:
        return sorted(visits, key=study.program.visits.index)
    times = study.scenario.visits
    return sorted(visits, key=lambda visit: times[visit].value)


# ---------------------------------------------------------------- the ward


def _ward_pictures(run: ReportSource) -> Iterator[Picture]:

    result, plan = run.characteristics, run.study.conduct
    yield Picture(
        "flow",
        "Who comes, who takes part, who is analyzed",
        "Means over simulated trials, and in parentheses the range that holds 90 % of them.",
        figure_of(
            "flow.consort",
            flow_of(run.study, result.kept),
            note=" ".join([note(result), *left_in_words(run.study, result.kept)]),
        ),
    )
    limit = plan.limit / DAY if plan.limit < NEVER else None
    fan = accrual_frame(result.kept)
    yield Picture(
        "accrual",
        "How enrollment grows",
        "The bands contain half and nine tenths of the simulated trials.",
        figure_of("accrual.accrual_fan", fan, target=plan.target, limit_days=limit, note=note(result)),
        fan,
    )


def _week_pictures(study: Study, trial: Trial) -> Iterator[Picture]:
    import pandas as pd

    spells = ward_spells(trial)
    if len(spells):
        first = busiest_week(spells)
        lanes = lanes_of(study)
        parts = [other_spells(trial, first), in_week(spells, first)]
        week = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
        yield Picture(
            "ward_week",
            "One week on the ward",
            "Who was with whom and when, who waited, and who was missed, in one simulated trial. Numbers are participants.",
            figure_of("ward.ward_week", week, starts=first, lanes=lanes, arms=tuple(study.scenario.design.arms),
                closed=closed_hours(study, first), note="One simulated trial (replicate 0), its busiest week.",
            ),
        )  # fmt: skip


#: A mean number of participants that would be written as 0.0.
RARE = 0.05


def left_in_words(study: Study, kept: FirstReplicates) -> list[str]:
    """When those left who left before the last visit: before the primary endpoint, or after it."""
    call = study.analysis.call_of(study.analysis.primary[0])
    found = [study.response.pairs[point] for point in call.points]
    order = in_time(study, [visit for _, visit in found])
    pairs = sorted(found, key=lambda pair: order.index(pair[1]))
    every = sum(
        kept.trial_values(f"left: {why}", arm) for why in study.conduct.leave_reasons for arm in study.conduct.arms
    )
    if np.mean(every) < RARE:
        return []
    missed = [kept.trial_values("missing_share: left", f"{outcome} at {visit}") for outcome, visit in pairs]
    before = np.max(missed, axis=0) * kept.trial_values("enrolled", "")
    outcome, visit = pairs[-1]
    where = f"{study.scenario.outcomes[outcome].label or outcome} at '{visit}'"
    when = f"{np.mean(before):.1f} leave before the primary endpoint ({where}), the others after it"
    if np.mean(every - before) < RARE:
        when = f"all leave before the primary endpoint ({where})"
    return [f"Of {np.mean(every):.1f} who leave before the last visit, {when}."]


def flow_of(study: Study, kept: FirstReplicates) -> Flow:
    """The numbers of the flow diagram over the replicates kept."""
    from trialsim.figures.counts import Count, Flow

    def over(label: str, values: NDArray[np.float64]) -> Count:
        low, high = np.quantile(values, [0.05, 0.95], method="inverted_cdf")
        return Count(label, float(values.mean()), float(low), float(high))

    def count(label: str, measure: str, contrast: str = "") -> Count:
        return over(label, kept.trial_values(measure, contrast))

    def lost(arm: str) -> list[Count]:
        left = [count(f"left before the last visit, {reason}", f"left: {reason}", arm) for reason in plan.leave_reasons]
        gap = kept.trial_values("enrolled", arm) - kept.trial_values("with_primary_endpoint", arm)
        return [*(one for one in left if one.high > 0), over("without primary endpoint, for any reason", gap)]

    plan = study.conduct
    arms = plan.arms
    fates = [f"excluded: {reason}" for reason in plan.exclusions] + [
        "left before being asked",
        "declined",
        "not asked in time",
    ]
    not_enrolled = [count(fate, "patients", fate) for fate in fates]
    return Flow(
        screened=count("patients who came", "patients", "arrived"),
        not_enrolled=[one for one in not_enrolled if one.high > 0] or [not_enrolled[-2]],
        enrolled=count("enrolled", "enrolled"),
        allocated={arm: count("allocated", "enrolled", arm) for arm in arms},
        losses={arm: lost(arm) for arm in arms},
        analyzed={arm: count("with primary endpoint", "with_primary_endpoint", arm) for arm in arms},
    )
