"""Changes that are exactly zero: how many are expected, and the warning where they are many."""

from __future__ import annotations

import numpy as np
import pytest

from trialsim import study
from trialsim.analysis.caveats import caveats
from trialsim.prepared import warnings_of
from trialsim.report.explain import explain
from trialsim.response.unchanged import share_of_change
from trialsim.scenario import loads
from trialsim.truth import find_truth

SCENARIO = """
trialsim: 1
name: zeros
title: One arm
design: {arms: {a: A}, enroll: 50}
visits: {pre: 0 d, post: 1 d}
outcomes:
  plain: {distribution: normal, visits: [pre, post], level: {mean: 10, sd: 2}, correlation: {between_sessions: 0.6},
          effects: {a: {difference: 1, visits: [post]}}}
  whole: {distribution: normal, visits: [pre, post], level: {mean: 10, sd: 2}, correlation: {between_sessions: 0.6},
          effects: {a: {difference: 1, visits: [post]}}, instrument: {rounding: 1}}
  steps: {distribution: lognormal, visits: [pre, post], unit: nmol/L, level: {median: 3 nmol/L, sd_log: 0.35},
          correlation: {between_sessions: 0.6}, effects: {a: {ratio: 1.3, visits: [post]}},
          instrument: {rounding: 1 nmol/L}}
  score: {categories: [0, 1, 2, 3], visits: [pre, post], level: {shares: [30 %, 30 %, 25 %, 15 %]},
          correlation: {between_sessions: 0.6}, effects: {a: {odds_ratio: 2, visits: [post]}}}
analyses:
  of_plain: {outcome: plain, change: {from: pre, to: post}, test: wilcoxon}
  of_whole: {outcome: whole, change: {from: pre, to: post}, test: wilcoxon}
  of_score: {outcome: score, change: {from: pre, to: post}, test: wilcoxon}
  of_log: {outcome: steps, change: {from: pre, to: post}, transform: log, test: wilcoxon}
  from_one: {outcome: score, change: {from: pre, to: post}, test: wilcoxon, null: 1}
  by_t: {outcome: score, change: {from: pre, to: post}, test: paired-t}
primary: by_t
"""


@pytest.fixture(scope="module")
def prepared():
    return study.prepare(loads(SCENARIO))


@pytest.mark.parametrize(
    ("outcome", "change"),
    [("plain", 0), ("whole", 0), ("whole", 1), ("whole", 0.5), ("steps", 0), ("score", 0), ("score", 1), ("score", 9)],
)
def test_shares_are_those_of_a_large_sample(prepared, outcome, change):
    """100,000 participants: 4.5 errors are at most .0071, false alarm 7e-6 each; without the correlation whole gives .13."""
    plan = prepared.response
    first, second = plan.point_index(outcome, "pre"), plan.point_index(outcome, "post")
    values = study.trial_arrays(study.simulate(prepared, range(2000))).values[0]
    seen = float((values[:, :, second] - values[:, :, first] == change).mean())
    found = share_of_change(plan, first, second, 0, change=change)
    assert abs(found - seen) <= 4.5 * np.sqrt(max(seen * (1 - seen), 1e-9) / 100_000)


def test_many_zeros_are_warned_of_in_check_and_explain(prepared):
    told = caveats(prepared.analysis, prepared.response)
    assert [one.partition(":")[0] for one in told] == ["of_score", "of_log", "from_one"]
    assert "about 40 % of the changes are exactly 0" in told[0]
    assert "exactly 1," in told[2]
    assert set(told) <= set(warnings_of(prepared))
    (section,) = [one for one in explain(prepared) if one.title == "Worth a second look"]
    assert set(told) <= set(section.lines)


def test_a_null_other_than_zero_is_told_back():
    """The estimate against 1 is a median difference, not its distance from 1; 19 in 20 intervals hold the truth or fewer."""
    text = SCENARIO.replace("of_whole: {outcome: whole, change: {from: pre, to: post}, test: wilcoxon}",
                            "of_whole: {outcome: plain, change: {from: pre, to: post}, test: wilcoxon, null: 1}")  # fmt: skip
    here = study.prepare(loads(text))
    truth = find_truth(here, replicates=400, seed=2)
    found = study.evaluate(here, replicates=400, seed=2, truth=truth)
    mean, bias = found.value("mean_estimate", analysis="of_whole"), found.value("bias", analysis="of_whole")
    assert abs(mean.value - 1.0) <= 4.5 * mean.mcse
    assert abs(bias.value) <= 4.5 * bias.mcse
    assert found.value("coverage", analysis="of_whole").value > 0.9
