"""The difference of two medians, with a bootstrap: an analysis of your own for own-analysis.yaml."""

import numpy as np


def medians(data, arms):
    """The difference of the medians after the procedure, its percentile interval, and the p-value that belongs to it.

    ``data`` has one row for each participant, outcome and visit; ``arms`` are the two arms, the first minus the second.
    """
    here = data[(data["outcome"] == "cortisol") & (data["visit"] == "after")].dropna(subset="value")
    a, b = (here.loc[here["arm"] == arm, "value"].to_numpy() for arm in arms)
    rng = np.random.default_rng(data.attrs["seed"])  # draws of this trial, the same whenever it is simulated
    drawn = [np.median(rng.choice(x, (999, len(x))), axis=1) for x in (a, b)]
    differences = drawn[0] - drawn[1]
    low, high = np.quantile(differences, [0.025, 0.975])
    above = (np.sum(differences <= 0) + 1) / (len(differences) + 1)
    return {
        "estimate": np.median(a) - np.median(b),
        "se": differences.std(ddof=1),
        "p": min(1.0, 2 * min(above, 1 - above)),
        "low": low,
        "high": high,
    }
