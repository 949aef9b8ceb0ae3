"""The first lines of `explain` and `replay` on a terminal: the answer, then a compact table."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from trialsim.analysis.plan import RowPlan
from trialsim.analysis.rows import ANALYZED, NOT_TESTED, STATUS_TEXT
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.report import kinds, words
from trialsim.report.brief import Line
from trialsim.report.digits import plain
from trialsim.report.wedge import wedge_arms
from trialsim.scenario.clusters import by_site
from trialsim.scenario.comparisons import ALL_ARMS

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.analysis.estimates import Estimates
    from trialsim.cohort import Cohort
    from trialsim.prepared import Study
    from trialsim.response.effects import ImpliedEffect

#: Effects named in a sentence; the table has all of them.
MOST_NAMED = 3

#: What a number rests on, in words.
KINDS = {"source": "from a source", "computed": "computed from one", "assumed": "assumed", "none": "without a reason"}

#: Between these a p-value has four digits: 0.050 may lie on either side of 5 %.
NEAR = (0.045, 0.055)

#: Events whose value is a length [s].
LENGTHS = ("waits", "starts", "ends")


class ReplaySource(Protocol):
    """One trial again: its study, its cohort and its estimates."""

    @property
    def study(self) -> Study:
        """The study."""

    @property
    def replicate(self) -> int:
        """Which trial."""

    @property
    def cohort(self) -> Cohort:
        """Its participants."""

    @property
    def estimates(self) -> Estimates:
        """Its estimates."""

    def frame(self, table: str = ...) -> pd.DataFrame:
        """One of its tables."""


# ---------------------------------------------------------------- what a scenario means


def explain_lines(study: Study, *, name: str) -> list[Line]:
    """Who takes part, what is asked, what effect is declared, what the numbers rest on, and where to look."""
    scenario = study.scenario
    size, arms = study.conduct.target, list(scenario.design.arms)
    within = f", within {words.number(scenario.design.within)}" if scenario.design.within is not None else ""
    named = f"{len(arms)} arms ({words.join(arms)})"
    if scenario.design.factors:
        named = f"{len(arms)} arms, by the factors {words.factors(scenario.design)}"
    if by_site(scenario):
        named = f"{len(study.conduct.sites)} sites, which are randomized to {named}"
    if scenario.design.stepped_wedge is not None:
        named = f"{len(study.conduct.sites)} sites, which go over from {words.join(wedge_arms(scenario), 'to')} step by step"
    if scenario.design.sequences:
        orders = words.join([f"{name} ({order})" for name, order in scenario.design.arms.items()])
        named = f"{len(arms)} sequences of {scenario.design.periods} periods: {orders}"
    who = f"{size:,} participants in {named}" if len(arms) > 1 else f"{size:,} participants"
    return [
        Line("Study", f"{scenario.title}: {who}{within}."),
        Line("Asks", f"{_asks(study)}."),
        Line("Effect", f"{_effect(study)}."),
        *_ratios(study),
        *_looks(study),
        Line("Rests on", _rests_on(study)),
        Line("Look", f"Everything in words: trialsim explain {name} --all. Next: trialsim run {name}"),
    ]


def _looks(study: Study) -> list[Line]:
    """When the trial is looked at, and the bounds of efficacy."""
    from trialsim.report.looks import brief_plan

    return [] if study.looks is None else [Line("Looks", brief_plan(study))]


def _asks(study: Study) -> str:
    scenario = study.scenario
    shown = {row.analysis: row.shown for row in study.analysis.rows}
    asked, every = [], words.analyses(scenario)
    for name in scenario.primary:
        text = every[name]
        asked.append(f"{shown[name]}: {text.partition(': ')[2]}")
    return "; ".join(asked)


def _effect(study: Study) -> str:
    """What is declared where the primary analyses look."""
    from trialsim.report.brief import primary_points
    from trialsim.report.crossover import effects_in_words
    from trialsim.response.effects import implied_contrasts
    from trialsim.scenario.factors import terms_of

    plan, wanted = study.response, primary_points(study)
    terms = terms_of(study.scenario.design.factors)
    by_factor = [one for one in implied_contrasts(plan, terms) if f"{one.outcome} at {one.visit}" in wanted]
    if by_factor:
        return "; ".join(f"{one.term} {one.difference:+.3g} at {one.visit}" for one in by_factor)
    found = [pair for pair in effects_in_words(study) if f"{pair[1].outcome} at {pair[1].visit}" in wanted]
    texts = [f"{between} {_size(study, one)}" for between, one in found]
    more = f"; {len(texts) - MOST_NAMED} more in the table" if len(texts) > MOST_NAMED else ""
    return "; ".join(texts[:MOST_NAMED]) + more if texts else _through(study)


def _size(study: Study, one: ImpliedEffect) -> str:
    """An effect as its scale declares it: a ratio of rates or hazards, otherwise a difference."""
    scale = study.scenario.outcomes[one.outcome].scale
    if scale.follow is not None and one.ratio is not None:
        return f"{scale.effects[0].replace('_', ' ')} {one.ratio:.2f} at {one.visit}"
    return f"{one.difference:+.3g} at {one.visit} (Cohen's d {one.cohens_d:+.2f})"


def _through(study: Study) -> str:
    """What moves the primary outcomes where no level differs: activities that they respond to, or nothing."""
    scenario = study.scenario
    outcomes = dict.fromkeys(scenario.analyses[name].outcome for name in scenario.primary)
    found = [f"{name} to {activity}" for name in outcomes for activity in scenario.outcomes[name].responds_to]
    if not found:
        return "No effect is declared on what the primary analysis compares"
    return f"Through what is done, not by levels: the response of {words.join(found)} (--all shows which)"


def _ratios(study: Study) -> Iterator[Line]:
    """Of a primary ratio at equal covariates, that ratio and the one of everyone."""
    from trialsim.report.ratios import has_pairs, ratio_pairs

    if has_pairs(study):
        pairs = [pair for pair in ratio_pairs(study) if pair.row.analysis in study.scenario.primary]
        more = " Why they differ: --all."
        yield from (
            Line("Ratios" if not place else "", pair.words + more * (place == len(pairs) - 1))
            for place, pair in enumerate(pairs)
        )


def _rests_on(study: Study) -> str:
    from trialsim.prepared import warnings_of
    from trialsim.scenario.provenance import provenance

    rows = provenance(study.scenario)
    counts = [f"{count} {text}" for kind, text in KINDS.items() if (count := sum(row.kind == kind for row in rows))]
    doubts = warnings_of(study)
    second = f" Worth a second look: {doubts[0]}" if doubts else ""
    more = f" And {len(doubts) - 1} more with --all." if len(doubts) > 1 else ""
    return f"{len(rows)} numbers: {words.join(counts)}.{second}{more}"


def effect_rows(study: Study) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The header and the rows of the compact table: every effect that the levels imply, equal ones in one row."""
    from trialsim.report.explain import explain

    section = next(
        (one for one in explain(study, ratios=False) if one.title.startswith("Effects these levels imply")), None
    )
    if section is None:
        return (), []
    columns = (0, 1, 2, 3, 5, 6)  # without the odds ratio at each cut, which is wide
    return tuple(section.header[i] for i in columns), [tuple(row[i] for i in columns) for row in section.rows]


# ---------------------------------------------------------------- one trial again


def replay_lines(played: ReplaySource, *, name: str) -> list[Line]:
    """Which trial it is, what its primary analyses found, what happened, and where to look."""
    study = played.study
    which = f"Replicate {played.replicate} of {study.scenario.name}, seed {played.cohort.seed}: one trial, not a power."
    rows = [row for row in study.analysis.rows if row.analysis in study.scenario.primary and row.main]
    pairs = [row for row in study.analysis.rows if row.analysis in study.scenario.primary and not row.main]
    effects = [text for row in (*rows, *pairs) if (text := _estimate(played, row))]
    more = f"; {len(effects) - MOST_NAMED} more in the table" if len(effects) > MOST_NAMED else ""
    shown = "; ".join(effects[:MOST_NAMED]) + more
    events = " --events prints what happened on the ward." if study.program is not None else ""
    return [
        Line("Trial", which),
        Line("Answer", f"{'; '.join(_decision(played, row) for row in rows)}."),
        Line("Effect", f"{shown or 'Nothing could be estimated'}."),
        *([Line("Families", _adjusted(played))] if study.analysis.families else []),
        *_decided(played),
        Line("Ward", f"{_happened(played)}."),
        Line(
            "Look",
            f"--all prints every estimate.{events} Its data: trialsim cohort {name} --replicate {played.replicate}",
        ),
    ]


def _decided(played: ReplaySource) -> list[Line]:
    """What was decided at each look."""
    if played.study.looks is None:
        return []
    from trialsim.report.looks import replay_texts

    texts = list(replay_texts(played.study, played.cohort))
    return [Line("Looks" if not k else "", text) for k, text in enumerate(texts)]


def _adjusted(played: ReplaySource) -> str:
    """Whose p-values are not those of their tests alone, so that an interval may say something else."""
    plan = played.study.analysis
    texts = []
    for family in plan.families:
        members = [plan.rows[index] for index in family.rows]
        shown = [one.shown if one.contrast == ALL_ARMS else f"{one.shown} ({one.contrast})" for one in members]
        texts.append(f"{words.join(shown)} by {family.method} (family {family.name})")
    return f"p adjusted, intervals not: {'; '.join(texts)}. --json has both (p_raw is not adjusted)."


def _place(played: ReplaySource, row: RowPlan) -> int:
    return played.estimates.rows.index(row)


def _number(played: ReplaySource, what: str, row: RowPlan) -> float:
    return float(getattr(played.estimates, what)[played.estimates.twins.index("declared"), 0, _place(played, row)])


def _decision(played: ReplaySource, row: RowPlan) -> str:
    """``Fear during the needle: p = 0.030, rejects at 5 %``; or why the p-value is missing."""
    what = row.shown if row.contrast == ALL_ARMS else f"{row.shown} ({row.contrast})"
    status = int(_number(played, "status", row))
    if status not in ANALYZED:
        return f"{what}: {STATUS_TEXT[status]}"
    p = _number(played, "p", row)
    rejects = played.estimates.rejected[played.estimates.twins.index("declared"), 0, _place(played, row)] == 1.0
    return f"{what}: p {p_text(p)}, {'rejects' if rejects else 'does not reject'} at {plain(100 * row.alpha)} %"


def p_text(p: float) -> str:
    """A p-value with its sign.

    >>> p_text(0.03044), p_text(0.00002), p_text(0.4821), p_text(0.04996)
    ('= 0.030', '< 0.001', '= 0.48', '= 0.04996')
    """
    if p < 0.001:
        return "< 0.001"
    if NEAR[0] <= p < NEAR[1]:
        return f"= {p:.4g}"
    return f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def _estimate(played: ReplaySource, row: RowPlan) -> str:
    value, low, high = (_number(played, name, row) for name in ("estimate", "low", "high"))
    own = played.study.analysis.call_of(played.study.analysis.rows.index(row)).own is not None
    if (row.estimand == NO_ESTIMAND and not own) or math.isnan(value):
        return ""
    unit = f" {row.unit}" if row.unit else ""
    interval = "" if math.isnan(low) else f" ({plain(100 * row.confidence)} % interval {ends(low, high)})"
    several = len(played.study.scenario.primary) > 1
    what = "" if own else f", {row.effect}"
    text = f"{f'{row.shown}, ' if several else ''}{row.contrast} {plain(value, 3)}{unit}{interval}{what}"
    ratio = kinds.back(row.estimand, value)
    if not ratio:
        return text
    limits = f" ({ends(_exp(low), _exp(high))})" if interval else ""
    return f"{text}: {ratio}{limits}"


def _exp(limit: float) -> float:
    """The exponential of a limit; an open side of a ratio is 0 or without end."""
    return math.exp(limit) if limit < math.log(sys.float_info.max) else math.inf


def ends(low: float, high: float) -> str:
    """An interval; a one-sided one has one end.

    >>> ends(-1.0, 2.5), ends(float("-inf"), 2.5), ends(-1.0, float("inf"))
    ('-1 to 2.5', 'up to 2.5', 'from -1')
    """
    if math.isinf(low):
        return f"up to {plain(high, 3)}"
    return f"from {plain(low, 3)}" if math.isinf(high) else f"{plain(low, 3)} to {plain(high, 3)}"


def _happened(played: ReplaySource) -> str:
    people, staff = played.frame("participants"), played.frame("staffing")
    parts = [f"{len(people)} of {played.study.conduct.target} participants enrolled"]
    if "ended" in people and len(people):
        parts.append(
            f"{(people['ended'].max() - people['arrived'].min()).days} days from the first arrival to the last visit"
        )
    left = int((people["end_reason"] != "completed").sum()) if "end_reason" in people else 0
    parts += [f"{left} left early"] if left else []
    missed = int(staff["state"].isin(["gave up", "turned away"]).sum())
    parts += [f"{missed} of {len(staff)} calls for staff not answered"] if len(staff) else []
    return ", ".join(parts)


def replay_rows(played: ReplaySource) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The header and the rows of the compact table: every estimate of the trial as declared."""
    found: list[tuple[str, ...]] = []
    several = {row.analysis for row in played.study.analysis.rows if not row.main}
    for row in played.study.analysis.rows:
        if row.main and row.analysis in several:
            found.append((row.shown, "", "", ""))
        name = f"  {row.contrast}" if row.analysis in several else f"{row.shown} ({row.contrast})"
        value, low, high, p = (_number(played, one, row) for one in ("estimate", "low", "high", "p"))
        interval = "" if math.isnan(low) else ends(low, high)
        status = int(_number(played, "status", row))
        written = (
            p_text(p).removeprefix("= ")
            if status in ANALYZED
            else "not tested"
            if status == NOT_TESTED
            else STATUS_TEXT[status]
        )
        found.append((name, "" if math.isnan(value) else plain(value, 3), interval, written))
    return ("analysis", "estimate", "interval", "p"), found


def event_rows(played: ReplaySource) -> list[tuple[str, ...]]:
    """What happened on the ward in order: time, participant, event, step, and how long it takes where it takes time."""
    frame = played.frame("events")
    return [
        (f"{time:%a %Y-%m-%d %H:%M:%S}", str(who), event, step, words.brief_duration(value) if event in LENGTHS else "")
        for time, who, event, step, value in frame.itertuples(index=False, name=None)
    ]
