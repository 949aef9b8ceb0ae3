"""Which keys fit a scale or a test, as the schema says it to editors: all that is chosen by a kind, from its record.

Tests compare it with what the checks refuse.
"""

from __future__ import annotations

from trialsim.kinds.scales import EFFECT_KEYS, LEVEL_KEYS, SCALE, SPREAD_KEYS
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import OPTIONS
from trialsim.quantities.records import PROVENANCE
from trialsim.scenario.checks.analyses import pairs_after
from trialsim.scenario.model import Instrument

#: The keys that do not fit, by the record they belong to.
Unfit = dict[str, set[str]]


def no_key_of_scale(name: str) -> Unfit:
    """The keys that do not fit the scale of an outcome, in it and below it."""
    scale = SCALE[name]
    effects = set(EFFECT_KEYS) - set(scale.effects)
    unfit: Unfit = {record: set(effects) for record in ("Effect", "Driver", "CovariateEffect", "Response")}
    unfit["Response"] |= set(SPREAD_KEYS) - set(scale.spreads)
    unfit["Level"] = set(LEVEL_KEYS) - set(" ".join(scale.levels).split())
    unfit["Instrument"] = set(Instrument.model_fields) - {*scale.instrument, *PROVENANCE}
    fits = {
        "limits": scale.limits,
        "categories": scale.categories is not None,
        "labels": scale.categories is not None,
        "rhythm": scale.rhythm,
        "half_life": scale.secretion,
        "instrument": bool(scale.instrument),
        "over": scale.follow == "over",
        "from": scale.follow == "until",
        "until": scale.follow == "until",
        "window": scale.follow is None,
    }
    unfit["Outcome"] = {key for key, fit in fits.items() if not fit}
    if not scale.secretion:
        unfit["Response"] |= {"secretion", "lag", "for"}
    return unfit


def needed_by_scale(name: str) -> tuple[str, ...]:
    """The keys that an outcome cannot be without."""
    return (SCALE[name].follow or "visits",)


def no_key_of_test(name: str) -> Unfit:
    """The keys that do not fit the test of an analysis."""
    test = TEST[name]
    unfit = {option.key for option in OPTIONS if option not in test.options}
    fits = {"then": bool(pairs_after(test)), "dichotomize": test.yes_or_no}
    return {"Analysis": unfit | {key for key, fit in fits.items() if not fit}}


def needed_by_test(name: str) -> tuple[str, ...]:
    """The keys that a test cannot be without."""
    test = TEST[name]
    alone = tuple(need.options[0].key for need in test.needs if len(need.options) == 1)
    endpoints = {"value": (), "change": ("change",), "visits": ("visits",)}
    one = len(test.takes) == 1 and not test.periods  # of periods a visit means one in each
    return (*(endpoints[test.takes[0]] if one else ()), *alone)
