"""The search on problems with a known answer, over 1,000 seeds: error, coverage, and hits.

Of 1,000 intervals of 95 % from 926 to 971 hold the answer (99.9 % limits of the binomial distribution at .95): 7 problems,
false alarm below .007 were the seeds not fixed. A true coverage of 91 or 98.5 % is seen in 19 cases of 20.
"""

from __future__ import annotations

import importlib.util
import sys

import pytest

SEEDS = 1_000


def _module(root):
    spec = importlib.util.spec_from_file_location("sizing_benchmark", root / "benchmarks/sizing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.verify
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("place", range(7))
def test_error_and_coverage(root, place) -> None:
    module = _module(root)
    problem = list(module.problems())[place]
    one = module.accuracy(problem, seeds=range(SEEDS))
    assert one.relative < 0.01
    assert 926 <= round(SEEDS * one.coverage) <= 971
    if one.exact <= 60:
        assert one.off_by_one > 0.95
