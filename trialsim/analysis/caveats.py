"""Warnings about the analyses of a plan."""

from __future__ import annotations

import numpy as np

from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisPlan
from trialsim.kinds.designs import FAMILY, PERIOD, SITE, STRATA
from trialsim.kinds.estimands import MEAN_DIFFERENCE, RISK_DIFFERENCE
from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.options import VISIT_COVARIATES
from trialsim.response.plan import ResponsePlan

#: Differences of means and shares, whose largest size the ends of a scale say.
OF_MEANS = (MEAN_DIFFERENCE.name, RISK_DIFFERENCE.name)


def caveats(plan: AnalysisPlan, response: ResponsePlan) -> tuple[str, ...]:
    """The warnings of each analysis, from its method."""
    found = (caveat(call, response) for call in plan.calls for caveat in METHODS[call.test, call.main.samples].caveats)
    return (
        *(text for text in found if text is not None),
        *last_values(plan),
        *of_references(plan),
        *(without_time(plan, response) if response.wedge else without_site(plan, response)),
        *beyond_reach(plan, response),
    )


def beyond_reach(plan: AnalysisPlan, response: ResponsePlan) -> tuple[str, ...]:
    """Warnings of margins that no level of the compared arm reaches: the scale ends before, so no twin has the margin."""
    found = []
    for call in plan.calls:
        end, point = call.endpoint, response.points[call.endpoint.visit]
        row, outcome = plan.rows[call.first_row], response.outcomes[point.outcome]
        whole = end.start is None and end.over is None and call.model is None
        if not call.margins or not point.cuts.size or not whole or row.estimand not in OF_MEANS:
            continue
        chances = np.diff(1.0 / (1.0 + np.exp(-point.cuts)), prepend=0.0, append=1.0, axis=1)
        values = outcome.categories
        if end.at_least is not None:
            values = (values >= end.at_least).astype(np.float64)
        elif end.at_most is not None:
            values = (values <= end.at_most).astype(np.float64)
        means = chances @ values
        low, high = float(values.min() - means.max()), float(values.max() - means.min())
        if far := [margin for margin in call.margins if not low < margin < high]:
            text = " and ".join(f"{margin:g}" for margin in far)
            found.append(
                f"{row.shown}: the margin {text} is beyond what the scale allows ({low:.3g} to {high:.3g} from the declared "
                "levels): no trial can be simulated in which it is true, and a run stops. Write a margin within these limits."
            )
    return tuple(found)


def of_references(plan: AnalysisPlan) -> tuple[str, ...]:
    """A warning if analyses impute from the reference arm: what Rubin's variance means there, and which effect is shown.

    References
    ----------
    Carpenter, Roger and Kenward 2013, J Biopharm Stat 23:1352, doi:10.1080/10543406.2013.834911. Bartlett 2023, Stat Biopharm
    Res 15:178, doi:10.1080/19466315.2021.1983455 (repeated sampling).
    """
    refer = [call for call in plan.calls if call.imputation is not None and call.imputation.follows != "own"]
    if not refer:
        return ()
    names = ", ".join(plan.rows[call.first_row].shown for call in refer)
    text = (
        f"{names}: values after leaving are imputed from the reference arm, which draws the arms together. Rubin's variance is "
        "then larger than the variance over repeated trials (conservative): a test of no difference rejects too seldom, and "
        "intervals are too wide. The true effect beside it is that of everyone as simulated, which is not what is estimated here."
    )
    return (text,)


def last_values(plan: AnalysisPlan) -> tuple[str, ...]:
    """A warning if analyses carry the last value forward, which assumes that nothing changes after it.

    References
    ----------
    Molenberghs et al. 2004, Biostatistics 5:445, doi:10.1093/biostatistics/kxh001; Lachin 2016, Clin Trials 13:54,
    doi:10.1177/1740774515602688.
    """
    names = [plan.rows[call.first_row].shown for call in plan.calls if call.endpoint.instead.last]
    if not names:
        return ()
    text = (
        f"{', '.join(names)}: a missing value is replaced by the last value before it (last value carried forward). That is "
        "biased, in either direction, where values change over time or more are missing in one arm, and values that "
        "nobody measured count as measured. Compare with missing: complete."
    )
    return (text,)


def without_site(plan: AnalysisPlan, response: ResponsePlan) -> tuple[str, ...]:
    """Warnings where whole sites are randomized: an analysis takes their participants for independent, or they are."""
    if not response.sites_together:
        return ()
    found, names, alone = [], [], []
    for call in plan.calls:
        outcome = response.outcomes[response.points[call.endpoint.visit].outcome]
        if outcome.icc_site == 0.0:
            alone.append(outcome.name)
        elif call.clusters != SITE.name:
            names.append(plan.rows[call.first_row].shown)
    if names:
        take = "takes" if len(names) == 1 else "take"
        found.append(
            f"{', '.join(names)} {take} participants of one site for independent, and whole sites are randomized: that can "
            "reject far too often, and the null twin shows how often. cluster-t, gee and cluster-robust know the sites "
            "(clusters: site)."
        )
    if alone:
        found.append(
            f"{', '.join(dict.fromkeys(alone))}: whole sites are randomized, and participants of one site are no more alike than "
            "others. Write icc: {site: 5 %} unless this is meant: the power is that of participants randomized one by one."
        )
    return tuple(found)


def without_time(plan: AnalysisPlan, response: ResponsePlan) -> tuple[str, ...]:
    """Warnings in a stepped wedge: an analysis forgets the calendar, or forgets the sites; or sites are not alike."""
    found, time, sites, alone = [], [], [], []
    for call in plan.calls:
        outcome = response.outcomes[response.points[call.endpoint.visit].outcome]
        shown, models = plan.rows[call.first_row].shown, TEST[call.test].calendar
        if outcome.icc_site == 0.0:
            alone.append(outcome.name)
        elif call.clusters != SITE.name and SITE.name not in call.visit_covariates:
            sites.append(shown)
        if not models and PERIOD.name not in call.visit_covariates:
            time.append(shown)
    if time:
        take = "takes" if len(time) == 1 else "take"
        found.append(
            f"{', '.join(time)} {take} no account of calendar time, and in a stepped wedge the intervention comes later than "
            "control: any trend over time looks like an effect. wedge-mixed models the periods; others can adjust for them "
            "(visit_covariates: [period])."
        )
    if sites:
        take = "takes" if len(sites) == 1 else "take"
        found.append(
            f"{', '.join(sites)} {take} participants of one site for independent, and whole sites go over: that can reject too "
            "often, and the null twin shows how often. wedge-mixed knows the sites."
        )
    if alone:
        found.append(
            f"{', '.join(dict.fromkeys(alone))}: participants of one site are no more alike than others. Write icc: "
            "{site: 5 %} unless this is meant."
        )
    return tuple(found)


def without_strata(plan: AnalysisPlan, response: ResponsePlan) -> str | None:
    """A sentence if the allocation looks at strata or factors and an analysis that could adjust for them does not."""
    wanted, names = set(plan.stratified or plan.balanced), []
    for call in plan.calls:
        adjusted = {response.covariate_names[one.covariate] for one in call.covariates} | set(call.visit_covariates)
        can = VISIT_COVARIATES in TEST[call.test].options
        if wanted and can and not (plan.stratified and STRATA.name in adjusted) and not wanted <= adjusted:
            names.append(plan.rows[call.first_row].shown)
    if not names:
        return None
    do = "does" if len(names) == 1 else "do"
    if plan.stratified:
        how, remedy = f"is stratified by {' and '.join(plan.stratified)}", "visit_covariates: [strata]"
    else:
        how = f"makes the arms alike in {' and '.join(plan.balanced)}"
        covariates = [name for name in plan.balanced if name != SITE.name]
        remedy = f"covariates: [{', '.join(covariates)}]" if covariates else "visit_covariates: [site]"
    return f"Allocation {how}, and {', '.join(names)} could adjust for it and {do} not ({remedy})."


def without_family(plan: AnalysisPlan, response: ResponsePlan) -> str | None:
    """A sentence if children of one mother are alike and an analysis takes them for independent."""
    names = [
        plan.rows[call.first_row].shown
        for call in plan.calls
        if call.clusters != FAMILY
        and 0.0 < response.outcomes[response.points[call.endpoint.visit].outcome].icc_family < 1.0
    ]
    if not names:
        return None
    return (
        f"{', '.join(names)} take{'s' if len(names) == 1 else ''} children of one mother for independent; cluster-t, "
        "cluster-robust and gee know them (clusters: family)."
    )
