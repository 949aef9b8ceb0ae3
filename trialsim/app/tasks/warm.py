"""Loading and compiling everything that simulations need, before anybody waits for it."""

from __future__ import annotations

from trialsim.app.tasks import Plain, Report

#: Scenarios that compile both engines' paths: with a ward and without.
SCENARIOS = ("picu-blood-draw", "textbook-t-test")


def warm(asked: Plain, report: Report) -> Plain:
    """Simulate a few trials with and without a ward, and for short questions an own trial of each lesson."""
    import trialsim as ts
    from trialsim.lessons import LESSONS, own_trial

    for number, name in enumerate(SCENARIOS):
        report(number / len(SCENARIOS), "Compiling")
        study = ts.prepare(name)
        ts.evaluate(study, replicates=2, truth=False, workers=1)
        ts.explain(study)
    for one in LESSONS if asked.get("lessons") else ():
        report(1.0, "Compiling")
        own_trial(one, 1)
    ts.schema()
    return {"warm": True}
