"""What the figures of a published study may be: of an arm, of a comparison, and which statistic a test has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.pairs import PAIR_TEST
from trialsim.kinds.tests.records import Samples, Test
from trialsim.kinds.tests.statistics import STATISTICS, statistics_of
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.model import Analysis, Draft, PublishedFigure
from trialsim.scenario.text import Finding, Path

#: Every statistic of a test that papers print.
PRINTED = tuple(dict.fromkeys(key for keys in STATISTICS.values() for key in keys))
#: Keys of a comparison, which no arm alone has.
OF_COMPARISONS = ("contrast", "ci95", "p", "finding", *PRINTED)
#: Keys that describe the endpoint in an arm, and nothing else does.
OF_ARMS = ("sd", "median")


def check_figure(figure: PublishedFigure, path: Path, scenario: Draft, report: Report) -> None:
    """A figure describes an arm or a comparison, and names the statistic of its test."""
    arms = list(scenario.design.arms)
    if figure.arm is not None and known(figure.arm, arms, "TS-E031", (*path, "arm"), report):
        for key in OF_COMPARISONS:
            if _value(figure, key) is not None:
                message = f"'{key}' belongs to a comparison, not to an arm."
                report(
                    Finding(
                        "TS-E153", (*path, key), message, "Write it in an entry of its own, without arm:.", on_key=True
                    )
                )
    if figure.arm is None and len(arms) > 1:
        for key in OF_ARMS:
            if _value(figure, key) is not None:
                message = f"the arm of this {key} is missing."
                report(Finding("TS-E153", (*path, key), message, f"Write arm: one of {', '.join(arms)}.", on_key=True))
    _statistic(figure, path, scenario.analyses, arms, report)


def _statistic(
    figure: PublishedFigure, path: Path, analyses: Mapping[str, Analysis], arms: Sequence[str], report: Report
) -> None:
    given = [key for key in PRINTED if _value(figure, key) is not None]
    ran = test_of(figure, analyses[figure.analysis], arms)
    if not given or ran is None:
        return
    test, samples = ran
    fitting = statistics_of(test, samples)
    for key in given:
        if key not in fitting:
            message = f"{test.name} of {WORDS[samples]} has no {key}."
            remedy = f"Write {' or '.join(fitting)}." if fitting else "Leave it out."
            report(Finding("TS-E153", (*path, key), message, remedy, on_key=True))


WORDS: Mapping[Samples, str] = {"one": "one sample", "two": "two arms", "all": "all arms"}


def test_of(figure: PublishedFigure, analysis: Analysis, arms: Sequence[str]) -> tuple[Test, Samples] | None:
    """The test a figure is about and what it compares; None where the analysis makes no such comparison."""
    test = TEST.get(analysis.test)
    if test is None:
        return None
    main: Samples = "all"
    if "one" in test.samples:
        main = "one"
    elif "two" in test.samples and (analysis.contrast is not None or len(arms) == 2):
        main = "two"
    if figure.contrast is None or main != "all":
        return test, main
    if analysis.then is None:
        return None
    pair = PAIR_TEST.get((analysis.then.pairs, test.name))
    return None if pair is None else (pair, "two")


def _value(figure: PublishedFigure, key: str) -> object:
    return next(getattr(figure, name) for name, info in type(figure).model_fields.items() if key in (name, info.alias))
