"""The second opinion beside each simulated power: the nearest closed form, and why the two differ."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trialsim.report.digits import measure_with_error, percent
from trialsim.sizing.closed_form import SecondOpinion, second_opinion
from trialsim.sizing.formula_gaps import TIME_LIMIT, loss_of, points_of

if TYPE_CHECKING:
    from trialsim.analysis.plan import RowPlan
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.prepared import Study

#: A simulated power this many Monte Carlo errors from the formula lies apart from it.
APART = 2.0


#: Missing values below this share are not worth a word; from the greater one on they are named first.
LEAST, HEAVY = 0.0005, 0.05


#: The number that a reason has from the play.
SHARE = re.compile(r" \((\d+\.\d) % of the values\)")


@dataclass(frozen=True)
class Second:
    """One row: the simulated power (NaN where it is shown as bounds), also as text with its error, and the formula's."""

    row: RowPlan
    primary: bool
    simulated: float
    mcse: float
    shown: str
    opinion: SecondOpinion

    @property
    def apart(self) -> bool:
        """Whether chance alone does not explain the difference."""
        return abs(self.simulated - self.opinion.power) > APART * self.mcse

    @property
    def name(self) -> str:
        """How texts call the row."""
        return f"{self.row.shown} ({self.row.contrast})"


def second_opinions(study: Study, result: OperatingCharacteristics) -> list[Second]:
    """A second opinion for every row of the plan that a formula comes near to."""
    found = []
    for row in study.analysis.rows:
        opinion = second_opinion(study, row)
        if opinion is None:
            continue
        try:
            power = result.value("power", analysis=row.analysis, contrast=row.contrast)
            simulated, mcse, shown = power.value, power.mcse, measure_with_error(power, "share")
        except KeyError:
            simulated, mcse, shown = math.nan, math.nan, "bounds only"
        primary = row.analysis in study.scenario.primary and row.main
        seen = replace(opinion, reasons=_as_seen(study, row, opinion.reasons, result))
        found.append(Second(row, primary, simulated, mcse, shown, seen))
    return found


def _as_seen(study: Study, row: RowPlan, reasons: Sequence[str], result: OperatingCharacteristics) -> tuple[str, ...]:
    """Reasons with what the play has seen of them, without those that did not happen; heavy losses first."""
    reached = min((one.value for one in result.measures if one.measure == "target_reached_in_time"), default=1.0)
    call = next(one for one in study.analysis.calls if one.name == row.analysis)
    pairs = [study.response.pairs[d] for d in points_of(call)]
    where = {f"{outcome} at {visit}" for outcome, visit in pairs}
    weighed: list[tuple[float, str]] = []
    for reason in reasons:
        loss, (what, _, how) = loss_of(reason), reason.partition(": ")
        if loss is not None:
            of = f"missing_share: {loss}"
            share = max(
                (one.value for one in result.measures if one.measure == of and one.contrast in where), default=0.0
            )
            if share > LEAST:
                weighed.append((share, f"{what} ({percent(share)} of the values): {how}"))
        elif not reason.startswith(TIME_LIMIT):
            weighed.append((0.0, reason))
        elif reached < 1:
            weighed.append((1 - reached, f"{TIME_LIMIT} (as do {percent(1 - reached)} of the trials): {how}"))
    heavy = sorted((one for one in weighed if one[0] >= HEAVY), key=lambda one: -one[0])
    return tuple(reason for _, reason in [*heavy, *(one for one in weighed if one[0] < HEAVY)])


def opinion_table(opinions: Sequence[Second]) -> list[dict[str, str]]:
    """The rows as text."""
    return [
        {
            "analysis": one.row.analysis,
            "shown": one.row.shown,
            "contrast": one.row.contrast,
            "primary": "primary" if one.primary else "",
            "simulated": one.shown,
            "formula": f"{percent(one.opinion.power)}",
            "apart": "far" if one.apart else "",
            "name": one.opinion.formula,
            "source": one.opinion.source,
        }
        for one in opinions
    ]


def reasons_shown(opinions: Sequence[Second]) -> list[tuple[str, str]]:
    """Every reason once, with the analyses it holds for; those that hold for most come first."""
    holds: dict[str, list[str]] = {}
    shares: dict[str, list[float]] = {}
    for one in opinions:
        for reason in one.opinion.reasons:
            plain = SHARE.sub("", reason)
            holds.setdefault(plain, []).append(one.row.shown)
            shares.setdefault(plain, []).extend(float(found) for found in SHARE.findall(reason))
    everything = {one.row.shown for one in opinions}
    rows = []
    for reason, analyses in sorted(holds.items(), key=lambda item: -len(set(item[1]))):
        names = list(dict.fromkeys(analyses))
        what, _, how = reason.partition(": ")
        if seen := shares[reason]:
            ends = f"{min(seen):.1f} %" if min(seen) == max(seen) else f"{min(seen):.1f} to {max(seen):.1f} %"
            what += f" ({ends} of the values)"
        rows.append(
            (
                ": ".join(filter(None, (what, how))),
                "all" if set(names) == everything and len(names) > 1 else ", ".join(names),
            )
        )
    return rows


def opinion_line(study: Study, result: OperatingCharacteristics) -> str | None:
    """One sentence on the first primary analysis: the formula's power beside the simulated one, and the first reasons."""
    for one in second_opinions(study, result):
        if one.primary and not math.isnan(one.simulated):
            reasons = [reason.partition(":")[0] for reason in one.opinion.reasons[:3]]
            why = f" What it ignores: {'; '.join(reasons)}." if reasons else ""
            return (
                f"The nearest closed form gives {one.name} a power of {percent(one.opinion.power)} "
                f"({one.opinion.formula}; {one.opinion.source.partition(', doi')[0]}).{why}"
            )
    return None


def opinions_as_data(study: Study, result: OperatingCharacteristics) -> list[dict[str, object]]:
    """The second opinions for scripts; a number that is not there is null."""
    return [
        {
            "analysis": one.row.analysis, "contrast": one.row.contrast,
            "simulated": None if math.isnan(one.simulated) else one.simulated, "power": one.opinion.power,
            "formula": one.opinion.formula, "source": one.opinion.source, "n_by_arm": list(one.opinion.n),
            "reasons": list(one.opinion.reasons),
        }
        for one in second_opinions(study, result)
    ]  # fmt: skip
