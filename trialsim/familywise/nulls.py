"""Which null hypotheses are true in a configuration."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trialsim.evaluate.columns import DECLARED, NULL
from trialsim.evaluate.truth import Truth
from trialsim.evaluate.verdict import is_null
from trialsim.familywise.configurations import without_name
from trialsim.familywise.records import ArmEffect, Configuration
from trialsim.kinds.designs import STRATEGY, WAY
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.prepared import Study


def is_true_null(
    study: Study, row: int, configuration: Configuration, effects: Sequence[ArmEffect], truth: Truth, spread: float
) -> bool:
    """Whether the null hypothesis of a row is true in a configuration.

    By its true effect there: that of two arms depends on which of the two have their effects. A row without an estimand asks
    whether any of its arms differ, which none do without effects.

    Parameters
    ----------
    truth : with the twins of :func:`without_arms`
    spread : the empirical standard error of its estimate
    """
    plan = study.analysis
    call, asked, one = plan.call_of(row), plan.question_of(row), plan.rows[row]
    outcome = study.response.points[call.endpoint.visit].outcome
    arms = asked.arms or tuple(range(len(plan.arms)))
    here = {effect for effect in effects if effect.outcome == outcome and effect.arm in arms}
    on = here.difference(configuration.off)
    off = here - on
    if one.estimand == NO_ESTIMAND:
        return not on and not call.of_visits
    if STRATEGY[call.strategy].stratum or (asked.samples == "one" and off and on):
        return False  # who responds there is not known, or the arms of one sample differ
    twin = DECLARED if not off else NULL if not on else without_name(plan, min(effect.arm for effect in off))
    value, mcse = (float(values[truth.twins.index(twin), row]) for values in (truth.value, truth.mcse))
    if not one.margins:
        return is_null(value, mcse, one.no_effect, spread, call.alternative)
    above = one.margins[0] if len(one.margins) > 1 or WAY[call.alternative] > 0 else -math.inf
    below = one.margins[-1] if len(one.margins) > 1 or WAY[call.alternative] < 0 else math.inf
    return not above < value < below
