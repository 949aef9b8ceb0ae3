"""The chance at a look that the end will show the effect: bounds of looks in between are left out.

References
----------
Lan, Simon and Halperin 1982, doi:10.1080/07474948208836014; Spiegelhalter, Freedman and Blackburn 1986,
doi:10.1016/0197-2456(86)90003-6.
"""

from __future__ import annotations

import math

from trialsim.heavy import special


def conditional_power(score: float, time: float, bound: float) -> float:
    """The chance to pass ``bound`` at the end, after a ``score`` at a share ``time`` of the information, if the trend goes on.

    >>> round(conditional_power(1.5, 0.5, 1.959964), 5)
    0.59025
    """
    return float(special.ndtr((score / math.sqrt(time) - bound) / math.sqrt(1 - time)))


def predictive_power(score: float, time: float, bound: float) -> float:
    """The same, averaged over what the score leaves open about the effect, with a flat prior.

    >>> round(predictive_power(1.5, 0.5, 1.959964), 5)
    0.56409
    """
    return float(special.ndtr((score / math.sqrt(time) - bound) * math.sqrt(time / (1 - time))))
