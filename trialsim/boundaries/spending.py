"""How much of alpha or beta may be spent by a share of the information.

References
----------
Lan and DeMets 1983, doi:10.1093/biomet/70.3.659; Hwang, Shih and DeCani 1990, doi:10.1002/sim.4780091207.
"""

from __future__ import annotations

import math

from trialsim.heavy import special
from trialsim.kinds.looks import SPEND_HSD, SPEND_OBRIEN_FLEMING, SPEND_POCOCK


def spent(name: str, level: float, time: float, parameter: float = 0.0) -> float:
    """The part of a one-sided ``level`` that is spent by a share ``time`` of the information.

    >>> [round(spent("obrien-fleming", 0.025, t / 3), 6) for t in (1, 2, 3)]
    [0.000104, 0.006048, 0.025]
    >>> round(spent("hsd", 0.025, 0.5, -4), 6)
    0.00298
    """
    if time <= 0.0:
        return 0.0
    if time >= 1.0:
        return level
    if name == SPEND_OBRIEN_FLEMING.name:
        return float(2 * special.ndtr(special.ndtri(level / 2) / math.sqrt(time)))
    if name == SPEND_POCOCK.name:
        return level * math.log1p((math.e - 1) * time)
    if name == SPEND_HSD.name:
        return level * (time if parameter == 0.0 else math.expm1(-parameter * time) / math.expm1(-parameter))
    raise KeyError(name)
