"""Effects that are switched off, and the familywise error rate without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsim.evaluate.table import Measure
from trialsim.evaluate.verdict import Ruling, words_of
from trialsim.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ArmEffect:
    """The effect of an arm on an outcome: their positions, and their names."""

    arm: int
    outcome: int
    names: tuple[str, str]

    @property
    def name(self) -> str:
        """``music on fear``."""
        return " on ".join(self.names)


@dataclass(frozen=True)
class Configuration:
    """A set of effects that are switched off; empty for the trial as declared."""

    off: tuple[ArmEffect, ...]

    @property
    def name(self) -> str:
        """``without music on fear, massage on pain``."""
        return f"without {', '.join(one.name for one in self.off)}" if self.off else "as declared"


@dataclass(frozen=True)
class FamilywiseError:
    """The familywise error rate of a family in one configuration.

    Attributes
    ----------
    family : its name
    configuration : which effects are switched off, in words
    off : the same as (arm, outcome)
    true_nulls : the members whose null hypothesis is true there, as ``analysis/contrast``
    alpha : the level of the family
    rates : the rate, or its two bounds where many trials failed
    ruling : whether the level is kept
    more : replicates that would decide; None if the ruling is not open, or if no number would
    """

    family: str
    configuration: str
    off: tuple[tuple[str, str], ...]
    true_nulls: tuple[str, ...]
    alpha: float
    rates: tuple[Measure, ...]
    ruling: Ruling
    more: int | None

    @property
    def value(self) -> float:
        """The rate, or its lower bound."""
        return self.rates[0].value

    @property
    def words(self) -> str:
        """The verdict in words."""
        return words_of(self.ruling, self.value / self.alpha, self.more)

    @property
    def too_often(self) -> bool:
        """Whether true null hypotheses are clearly rejected too often."""
        return self.ruling == "too often"


@dataclass(frozen=True, repr=False)
class FamilywiseErrors(Result):
    """Familywise error rates of every family in every configuration that makes a null hypothesis true.

    Attributes
    ----------
    unreachable : by family, the members whose null hypothesis no configuration makes true
    """

    scenario: str
    replicates: int
    rows: tuple[FamilywiseError, ...]
    unreachable: dict[str, tuple[str, ...]]

    def worst(self, family: str) -> FamilywiseError | None:
        """The configuration in which a family rejects a true null hypothesis most often; None if there is none."""
        of = [row for row in self.rows if row.family == family]
        return max(of, key=lambda row: row.value, default=None)

    def frame(self) -> pd.DataFrame:
        """One row for each family, configuration and measure."""
        import pandas as pd

        names = ["family", "configuration", "true_nulls", "alpha", "measure", "value", "mcse", "conf_low", "conf_high"]
        records = [
            (one.family, one.configuration, "; ".join(one.true_nulls), one.alpha, rate.measure, rate.value, rate.mcse,
             rate.conf_low, rate.conf_high, rate.n_replicates, rate.n_failed, one.ruling)
            for one in self.rows for rate in one.rates
        ]  # fmt: skip
        return pd.DataFrame(records, columns=[*names, "n_replicates", "n_failed", "ruling"])

    def lines(self) -> list[str]:
        """What was simulated, and the worst configuration of each family."""
        found = [f"{self.scenario}: {self.replicates:,} simulated trials of each configuration."]
        for family in dict.fromkeys(row.family for row in self.rows):
            worst = self.worst(family)
            assert worst is not None  # it has a row
            found.append(f"{family}: at worst {100 * worst.value:.3g} % ({worst.configuration}).")
        return found
