"""All methods, by the name of the test and what it compares; the file of a test is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Final

from trialsim.analysis.methods.method import Method
from trialsim.kinds.tests.records import Samples

#: The tests of each file of this folder. A check needs those of one study, and loading all would take a fifth of its time.
FILES: Final[dict[str, tuple[str, ...]]] = {
    "means": ("one-sample-t", "paired-t", "t", "welch", "residual-t", "anova", "welch-anova"),
    "crossover": ("crossover-t",),
    "crossover_mixed": ("crossover-mixed",),
    "linear": ("ancova", "regression"),
    "ranks": ("mann-whitney", "kruskal-wallis"),
    "wilcoxon": ("wilcoxon",),
    "categorical": ("fisher", "chi-square"),
    "binomial": ("binomial", "mcnemar"),
    "proportions": ("risk-difference", "risk-ratio", "odds-ratio"),
    "strata": ("cmh",),
    "logistic": ("logistic",),
    "proportional_odds": ("proportional-odds",),
    "ordinal_mixed": ("ordinal-mixed",),
    "rates": ("poisson", "negative-binomial"),
    "survival": ("log-rank",),
    "cox": ("cox",),
    "tobit": ("tobit",),
    "clusters": ("cluster-t",),
    "cluster_models": ("cluster-robust", "gee"),
    "cluster_logistic": ("gee-logistic",),
    "wedge": ("wedge-mixed",),
    "repeated": ("rm-anova",),
    "mixed": ("mixed",),
    "mmrm": ("mmrm", "clda"),
    "bayes": ("bayes",),
    "brunner_munzel": ("brunner-munzel", "win-odds"),
    "van_elteren": ("van-elteren",),
    "jonckheere": ("jonckheere",),
    "sign": ("sign",),
    "friedman": ("friedman",),
    "trimmed_mean": ("trimmed-mean",),
    "permutation": ("permutation",),
    "range_pairs": ("tukey", "games-howell"),
    "dunn": ("dunn",),
    "own": ("python",),
}

#: The file of each test.
FILE_OF: Final = {test: file for file, tests in FILES.items() for test in tests}


class MethodTable(MutableMapping[tuple[str, Samples], Method]):
    """A mapping that loads the file of a test when it is first asked for; a name without a file is a KeyError."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Samples], Method] = {}
        self._loaded: set[str] = set()

    def _load(self, file: str) -> None:
        if file not in self._loaded:
            found = import_module(f"trialsim.analysis.methods.{file}").METHODS
            for key in found:
                self._known.setdefault(key, found[key])
            self._loaded.add(file)  # last: another thread that asks meanwhile loads too, and finds the same

    def __getitem__(self, key: tuple[str, Samples]) -> Method:
        if key not in self._known and key[0] in FILE_OF:
            self._load(FILE_OF[key[0]])
        return self._known[key]

    def __setitem__(self, key: tuple[str, Samples], method: Method) -> None:
        self._known[key] = method

    def __delitem__(self, key: tuple[str, Samples]) -> None:
        del self._known[key]

    def __iter__(self) -> Iterator[tuple[str, Samples]]:
        for file in FILES:
            self._load(file)
        return iter(tuple(self._known))

    def __len__(self) -> int:
        return len(tuple(iter(self)))


METHODS: Final = MethodTable()
