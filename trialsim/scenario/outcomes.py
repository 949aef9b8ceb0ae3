"""The levels of an outcome, written out for every visit and arm."""

from __future__ import annotations

from trialsim.kinds.scales import CLUE, SCALES, Clue, Scale
from trialsim.quantities.records import amount_unit_kind
from trialsim.scenario.amounts import Report, amounts_in
from trialsim.scenario.model import ArmLevels, Level, Outcome
from trialsim.scenario.outline import Outline
from trialsim.scenario.text import Finding, Path

AnyLevel = Level | ArmLevels


def resolve_levels(
    outcome: Outcome,
    path: Path,
    *,
    visits: tuple[str, ...],
    points: Outline,
    arms: list[str],
    reference: str | None,
    report: Report,
) -> Outcome:
    """The outcome with its scale settled and a level for each of its visits."""
    levels = _all_levels(outcome)
    scale = _scale(outcome, levels) if outcome.distribution is None else outcome.scale
    if scale is None:
        message = "the scale of this outcome is missing."
        names = [one.name for one in SCALES]
        remedy = f"Write distribution: {', '.join(names[:-1])} or {names[-1]}."
        report(Finding("TS-E020", path, message, remedy, on_key=True))
        return outcome
    categories = outcome.categories or scale.values
    outcome = outcome.model_copy(update={"distribution": scale.name, "categories": categories})
    by_visit: dict[str, AnyLevel] = {}
    first = reference or next(iter(arms), "")
    general = outcome.level and _in_unit(outcome.level, outcome, (*path, "level"), report)
    declared = {
        full: (_in_unit(level, outcome, (*path, "by_visit", name), report), (*path, "by_visit", name))
        for name, level in outcome.by_visit.items()
        for full in points.expand(name) or (name,)
    }
    for visit in visits:
        level, here = declared.get(visit, (general, (*path, "level")))
        if level is None:
            report(
                Finding(
                    "TS-E021",
                    path,
                    f"no level is declared for visit '{visit}'.",
                    "Add level:, or by_visit:.",
                    on_key=True,
                )
            )
            continue
        by_visit[visit] = _completed(level, general, here, scale=scale, arms=arms, reference=first, report=report)
    for visit in declared:
        if visit not in visits:
            message = f"a level is declared for '{visit}', at which this outcome is not measured."
            report(
                Finding(
                    "TS-E030",
                    (*path, "by_visit", visit),
                    message,
                    f"Add '{visit}' to visits, or remove it.",
                    on_key=True,
                )
            )
    return outcome.model_copy(update={"level": None, "by_visit": by_visit})


def _all_levels(outcome: Outcome) -> list[Level]:
    found: list[Level] = []
    for level in (outcome.level, *outcome.by_visit.values()):
        if isinstance(level, ArmLevels):
            found += level.by_arm.values()
        elif level is not None:
            found.append(level)
    return found


def _scale(outcome: Outcome, levels: list[Level]) -> Scale | None:
    """What is plain without being declared: categories are ordinal, a chance is binary, concentrations are lognormal."""
    found: dict[Clue, bool] = {
        "categories": len(outcome.categories) > 2,
        "chance": any(level.chance is not None for level in levels),
        "concentration": amount_unit_kind(outcome.unit) == "concentration",
        "sd_log": any(level.sd_log is not None for level in levels),
    }
    return next((CLUE[clue] for clue, is_there in found.items() if is_there), None)


def _in_unit(level: AnyLevel, outcome: Outcome, path: Path, report: Report) -> AnyLevel:
    if isinstance(level, ArmLevels):
        return ArmLevels(
            by_arm={
                arm: amounts_in(one, outcome.unit, (*path, "by_arm", arm), report) for arm, one in level.by_arm.items()
            }
        )
    return amounts_in(level, outcome.unit, path, report)


def _completed(
    level: AnyLevel,
    general: AnyLevel | None,
    path: Path,
    *,
    scale: Scale,
    arms: list[str],
    reference: str,
    report: Report,
) -> AnyLevel:
    """Spread left out: that of the general level, or of the reference arm (except on an ordinal scale)."""
    plain = general if isinstance(general, Level) else None
    if isinstance(level, Level):
        return _with_spread(level, plain, scale)
    missing = [arm for arm in arms if arm not in level.by_arm]
    if missing:
        message = f"no level is declared for {'arm' if len(missing) == 1 else 'arms'} {_quoted(missing)}."
        report(Finding("TS-E021", (*path, "by_arm"), message, "Name every arm."))
        return level
    anchor = _with_spread(level.by_arm[reference], plain, scale) if reference in level.by_arm else plain
    return ArmLevels(
        by_arm={
            arm: anchor if arm == reference and anchor else _with_spread(level.by_arm[arm], anchor, scale)
            for arm in arms
        }
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _with_spread(level: Level, other: Level | None, scale: Scale) -> Level:
    if other is None or any(getattr(level, key) is not None for key in scale.carried):
        return level
    return level.model_copy(update={key: getattr(other, key) for key in scale.carried if key != "iqr"})
