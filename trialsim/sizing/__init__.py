"""Planning a design: sample size, power curves, detectable effects, precision.

A batch of simulated trials at one size gives the answer for every smaller size, because participants 1..n of a trial of N are
the trial of n. The known part of the draws (arm means of standard normals, exactly normal) is integrated out
exactly; only the rest of the test statistic is simulated. See docs/sample-size.md.
"""

from trialsim.sizing.effect import find_effect
from trialsim.sizing.precision import find_precision
from trialsim.sizing.result import Confirmation, SizingResult
from trialsim.sizing.search import find_size
from trialsim.sizing.sizes import by_participants_of_clusters
from trialsim.sizing.target import Target, target_of

__all__ = [
    "Confirmation",
    "SizingResult",
    "Target",
    "by_participants_of_clusters",
    "find_effect",
    "find_precision",
    "find_size",
    "target_of",
]
