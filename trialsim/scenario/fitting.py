"""Which keys fit a scale or a test, as the schema says it to editors: all that is chosen by a kind, told in one place.

Tests compare it with what the checks refuse.
"""

from __future__ import annotations

from trialsim.measures import PROVENANCE
from trialsim.scenario.checks.analyses import PAIRS_AFTER
from trialsim.scenario.checks.levels import LEVEL_FORMS, LEVEL_KEYS
from trialsim.scenario.checks.outcomes import EFFECTS, EFFECTS_OF, SPREADS_OF
from trialsim.scenario.model import Instrument
from trialsim.scenario.resolve import ONE_SAMPLE

#: The keys that do not fit, by the record they stand in.
Unfit = dict[str, set[str]]

CONTINUOUS = ("normal", "lognormal")
SPREADS = {key for keys in SPREADS_OF.values() for key in keys}


def no_key_of_scale(scale: str) -> Unfit:
    """The keys that do not fit the scale of an outcome, in it and below it."""
    effects, levels = set(EFFECTS) - set(EFFECTS_OF[scale]), set(LEVEL_KEYS) - set(" ".join(LEVEL_FORMS[scale]).split())
    unfit: Unfit = {name: set(effects) for name in ("Effect", "Driver", "CovariateEffect", "Response")}
    unfit["Response"] |= SPREADS - set(SPREADS_OF.get(scale, ()))
    unfit["Level"] = levels
    unfit["Outcome"] = set() if scale == "normal" else {"limits"}
    unfit["Instrument"] = set() if scale in ("normal", "ordinal") else {"rater_sd"}
    if scale in CONTINUOUS:
        unfit["Outcome"] |= {"categories", "labels"}
    else:
        unfit["Outcome"] |= {"rhythm"}
        unfit["Instrument"] |= set(Instrument.model_fields) - {"rater_sd", *PROVENANCE}
    if scale == "binary":
        unfit["Outcome"] |= {"instrument"}
    if scale != "lognormal":
        unfit["Outcome"] |= {"half_life"}
        unfit["Response"] |= {"secretion", "lag", "for"}
    return unfit


def no_key_of_test(test: str) -> Unfit:
    """The keys that do not fit the test of an analysis."""
    unfit: set[str] = set()
    if test not in ONE_SAMPLE:
        unfit |= {"null"}
    if test != "ancova":
        unfit |= {"baseline", "covariates"}
    if test not in PAIRS_AFTER:
        unfit |= {"then"}
    if test not in ("fisher", "chi-square"):
        unfit |= {"dichotomize"}
    return {"Analysis": unfit}


def needed_by_test(test: str) -> tuple[str, ...]:
    """The keys that a test cannot be without."""
    return ("change",) if test in ("paired-t", "wilcoxon") else ()
