"""ADEMP: how the simulation study itself is reported."""

from __future__ import annotations

import math

from trialsim.evaluate.columns import FAMILY
from trialsim.report.conventions import CONVENTIONS
from trialsim.report.digits import plain
from trialsim.report.kinds import BACK
from trialsim.report.protocol import kinds
from trialsim.report.protocol.checklists.row import Guideline, Item, author, words
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import capital, in_brackets, signed
from trialsim.report.words import join
from trialsim.scenario.provenance import provenance
from trialsim.scenario.ranges import declared_ranges


def _aims(facts: ProtocolFacts) -> str:
    if facts.one_group or facts.pilot:
        return "To find the precision and the feasibility that a given number of participants gives in this study."
    return "To find the power and the type I error of the planned analyses with a given number of participants, and how long recruitment takes."


def _kind(facts: ProtocolFacts) -> str:
    rows = provenance(facts.scenario)
    computed = sum(row.kind in ("source", "computed") for row in rows)
    return (
        f"Parametric: every value is drawn from a stated distribution. Of {len(rows)} numbers, {computed} come from data that are "
        "published or were computed from them; nothing is resampled."
    )


def _factors(facts: ProtocolFacts) -> str:
    ranges = len(declared_ranges(facts.scenario.written.data))
    if facts.tornado is None:
        return f"One design is simulated, and nothing is varied; plausible ranges are stated for {ranges} numbers."
    return f"One design, and each of {ranges} numbers at both ends of its plausible range; all others are held at their values."


def _conditions(facts: ProtocolFacts) -> str:
    bars = 0 if facts.tornado is None else 2 * len(facts.tornado.of("power"))
    return (
        f"{1 + bars} conditions, one number varied at a time."
        if bars
        else "One condition, and the same trials without any effect, from the same random numbers."
    )


def _estimands(facts: ProtocolFacts) -> str:
    texts = []
    for row in facts.study.analysis.rows:
        truth = facts.measure("truth", row.analysis, row.contrast)
        if row.analysis in facts.scenario.primary and row.estimates and truth is not None:
            ratio = row.estimand in BACK
            value = math.exp(truth.value) if ratio else truth.value
            error = truth.mcse * (value if ratio else 1.0)
            unit = f" {row.unit}" if row.unit and not ratio else ""
            texts.append(
                f"{kinds.ESTIMANDS[row.estimand]}, {facts.contrast(row)}: {signed(value)}{unit}{in_brackets(error)}"
            )
    how = "True values were found by simulating every participant in every arm with the same random numbers."
    return (
        capital(f"{join(texts)}. {how}") if texts else "None of the primary analysis, which compares all arms at once."
    )


def _methods(facts: ProtocolFacts) -> str:
    texts = []
    for name in dict.fromkeys(row.test for row in facts.study.analysis.rows):
        called = kinds.TESTS[name] if name in kinds.TESTS else kinds.PAIRS[name]
        convention = CONVENTIONS.get(name)
        texts.append(f"{called} ({convention.how}; {convention.source})" if convention is not None else called)
    return f"{capital('; '.join(texts))}. Of each: estimate, standard error, interval and p-value."


def measures_words(facts: ProtocolFacts) -> str:
    """What is measured of the methods."""
    found = ["rejection rate with the assumed effects and without any (share of trials)"]
    names = {one.measure for one in facts.characteristics.measures}
    found += ["bias (mean estimate minus true value)"] if "bias" in names else []
    found += ["empirical and model standard error"] if "empirical_se" in names else []
    found += ["coverage (share of intervals that contain the true value)"] if "coverage" in names else []
    found += (
        ["days until the last enrollment", "shares of sessions and values missed"]
        if facts.scenario.setting is not None
        else []
    )
    return capital(f"{join(found)}.")


def _errors(facts: ProtocolFacts) -> str:  # noqa: ARG001  # as every row
    return (
        "Standard errors of Morris, White and Crowther 2019, doi:10.1002/sim.8086; of shares 95 % intervals by Wilson, of none or all "
        "by Clopper and Pearson. Every number has its error or interval beside it in operating_characteristics.csv."
    )


def _repetitions(facts: ProtocolFacts) -> str:
    count = facts.characteristics.replicates
    power = facts.measure("power", FAMILY, "any") or facts.power(facts.rows[0])
    text = f"{count:,} for the one condition"
    if facts.one_group or facts.pilot or power is None:
        return f"{text}: the standard error of a share near one half is then {plain(50 / math.sqrt(count), 2)} percentage points."
    return f"{text}: the standard error of the power is then {plain(100 * power.mcse, 2)} percentage points."


def _failures(facts: ProtocolFacts) -> str:
    failed = sum(power.n_failed for row in facts.rows if (power := facts.power(row)) is not None)
    none = (
        "None of the primary analyses failed."
        if not failed
        else f"{failed:,} primary analyses failed and are not counted."
    )
    return f"A trial that cannot be analyzed is counted and never replaced; above 5 % failed, a power is given as bounds. {none}"


def programs_words(facts: ProtocolFacts) -> str:
    """The programs and their versions."""
    return (
        f"{', '.join(f'{name} {number}' for name, number in facts.versions.items())}."
        if facts.versions
        else "trialsim."
    )


def machine_words(facts: ProtocolFacts) -> str:
    """The machine and the time; empty where it was not recorded."""
    return (
        f"{facts.platform}; run time {facts.characteristics.seconds:,.0f} s on {facts.characteristics.workers} cores."
        if facts.platform
        else ""
    )


def reproducible_words(facts: ProtocolFacts) -> str:
    """The seed, and why results can be repeated."""
    return (
        f"Seed {facts.characteristics.seed}. Every random number has an address (name, participant, step, trial), so that any trial can be "
        "simulated again alone and results do not depend on the number of cores; no state of a generator has to be stored."
    )


def ademp(facts: ProtocolFacts) -> Guideline:  # noqa: ARG001  # as every guideline
    """The items of ADEMP-PreReg."""
    return Guideline(
        "ADEMP-PreReg",
        "Siepe et al. 2024, doi:10.1037/met0000695; Morris, White and Crowther 2019, doi:10.1002/sim.8086",
        (
            Item("General", "title, people, description, earlier simulations", "author",
                 question="title of the simulation study, people, description, own earlier simulations"),
            Item("A", "aims", "draft", words(_aims), where="primary"),
            Item("D1", "parametric, parametric from data, or resampled", "auto", words(_kind), where="scenario: source, assumed"),
            Item("D2", "factors", "auto", words(_factors), where="scenario: range"),
            Item("D3", "values of the factors, and what is held constant, with reasons", "auto",
                 words(lambda _: "All values are in the scenario of the supplement, each with its source or its reason."), where="scenario"),
            Item("D4", "how levels are combined, and how many conditions", "auto", words(_conditions), where="scenario"),
            Item("E", "estimands and other targets", "auto", words(_estimands), where="operating_characteristics.csv: truth"),
            Item("M", "methods, quantities extracted, reasons", "auto", words(_methods), "why these methods", "analyses"),
            Item("P1", "performance measures", "auto", words(measures_words), where="operating_characteristics.csv"),
            Item("P2", "Monte Carlo errors", "auto", words(_errors), where="operating_characteristics.csv: mcse"),
            Item("P3", "number of repetitions, and why", "auto", words(_repetitions), where="run.json: replicates"),
            Item("P4", "missing values and non-convergence", "auto", words(_failures), where="operating_characteristics.csv: n_failed"),
            author("P5", "what will count as relevant (optional)", "which difference in performance would matter?"),
            Item("Other 1", "programs and packages", "auto", words(programs_words), where="run.json: versions"),
            Item("Other 2", "computing environment", "auto", words(machine_words), where="run.json: platform", reason="it was not recorded"),
            Item("Other 3", "reproducibility", "auto", words(reproducible_words), where="run.json: seed"),
        ),
    )  # fmt: skip
