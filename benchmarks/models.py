"""How fast models are fitted, beside statsmodels and R on the first of the same trials.

``python benchmarks/models.py`` prints these lines of ``benchmarks/bench.py`` alone. Judges that are not installed are named, and
their lines have no ratio. R's are in ``models.R``; its time is that of its processor, as ours is.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from lines import Line, printed, processor_seconds

from trialsim import study as studies
from trialsim.analysis.methods.cluster_models import clustered
from trialsim.analysis.methods.cox import cox
from trialsim.analysis.methods.logistic import logistic
from trialsim.analysis.methods.ordinal_mixed import ordinal_mixed
from trialsim.analysis.methods.proportional_odds import proportional_odds
from trialsim.analysis.methods.rates import rate_ratio
from trialsim.analysis.methods.tobit import tobit
from trialsim.analysis.reml.contrasts import t_test
from trialsim.analysis.reml.model import CovarianceModel, MeansModel, fit
from trialsim.analysis.reml.structures import COMPOUND, UNSTRUCTURED
from trialsim.analysis.tables import counts
from trialsim.scenario import load

HERE = Path(__file__).resolve().parent
LESSONS = HERE.parent / "scenarios" / "lessons"

#: What a trial is given to a judge as: rows of named numbers.
Table = dict[str, np.ndarray]

#: The scenarios that show a model, and how long 10,000 replicates may take on two cores [s].
SHOWN = {
    "repeated-values": 10.0, "ratios-at-equal-age": 10.0, "detection-limit": 10.0, "shared-therapists": 10.0,
    "eight-wards": 10.0, "sleep-through-on-wards": 10.0, "fear-scores": 10.0, "fear-at-three-visits": 60.0,
}  # fmt: skip


def two_arms(people: int, replicates: int) -> np.ndarray:
    """The arms (R, 2 x people)."""
    return np.tile(np.repeat([0, 1], people), (replicates, 1)).astype(np.int8)


def long(y: np.ndarray, arm: np.ndarray) -> Table:
    """The measured values of a trial (N, V), a row each."""
    who, visit = np.nonzero(~np.isnan(y))
    return {"id": who, "visit": visit, "arm": arm[who], "y": y[who, visit]}


# ---------------------------------------------------------------- judges


def by_mixed_lm(data: Table) -> None:
    """A mean of each arm at each visit and a random intercept."""
    import statsmodels.api as sm

    cells = (data["visit"][:, None] == np.arange(4)).astype(float)
    sm.MixedLM(data["y"], np.hstack([cells, cells * data["arm"][:, None]]), data["id"]).fit()


def by_ordered_model(data: Table) -> None:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    columns = [data[name] for name in ("x1", "x2") if name in data] + [data["arm"] == 1, data["arm"] == 2]
    OrderedModel(data["y"], np.column_stack(columns).astype(float), distr="logit").fit(disp=0, warn_convergence=False)


def by_regression(data: Table, *, kind: str) -> None:
    """Logit, Poisson, NegativeBinomial, PHReg or GEE of y by two covariates and the arm."""
    import statsmodels.api as sm

    design = np.column_stack([data["x1"], data["x2"], data["arm"]]).astype(float)
    if kind == "cox":
        sm.PHReg(data["y"], design, status=1 - data["mark"], ties="efron").fit()
    elif kind == "gee":
        model = sm.GEE(data["y"], sm.add_constant(design), data["cluster"], cov_struct=sm.cov_struct.Exchangeable())
        model.fit(cov_type="bias_reduced")
    else:
        model = {"logit": sm.Logit, "poisson": sm.Poisson, "negative-binomial": sm.NegativeBinomial}[kind]
        model(data["y"], sm.add_constant(design)).fit(disp=0)


class Judges:
    """Times of other programs [us a fit]; what is missing is named once."""

    def __init__(self) -> None:
        self.missing: list[str] = []
        self._tables: dict[str, Table] = {}
        self._lines: list[tuple[Line, str]] = []

    def statsmodels(self, name: str, action: Callable[[], object]) -> tuple[str, float | None]:
        """Name and time of a fit by statsmodels."""
        if find_spec("statsmodels") is None:
            self._lack("statsmodels")
            return name, None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return f"statsmodels {name}", 1e6 * processor_seconds(action)

    def _lack(self, what: str) -> None:
        if what not in self.missing:
            self.missing.append(what)

    def of_r(self, tables: dict[str, Table]) -> dict[str, tuple[str, float]]:
        """For each job the function of R that did it, and its time; without those whose package is not there."""
        rscript = shutil.which("Rscript")
        if rscript is None:
            self._lack("R")
            return {}
        with tempfile.TemporaryDirectory() as folder:
            for name, table in tables.items():
                with (Path(folder) / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file)
                    writer.writerow(table)
                    writer.writerows(zip(*table.values(), strict=True))
            run = subprocess.run([rscript, str(HERE / "models.R"), folder], capture_output=True, text=True, check=True)
        found = {}
        for line in run.stdout.splitlines():
            job, function, seconds = line.split("\t")
            if seconds == "missing":
                self._lack(f"R {function}")
            else:
                found[job] = (f"R {function}", 1e6 * float(seconds))
        return found


# ---------------------------------------------------------------- jobs


class Job:
    """A fit: what it is, how our time of one is measured, its aim, the first trial, and the fit by statsmodels."""

    def __init__(
        self, name: str, what: str, ours: Callable[[], object], replicates: int, aim: float | None, table: Table,
        by: tuple[str, Callable[[Table], None]] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.what, self.ours, self.replicates = name, what, ours, replicates
        self.aim, self.table, self.by = aim, table, by


def repeated_jobs(replicates: int) -> Iterable[Job]:
    """2 x 40 participants at 4 visits, a tenth of the values missing."""
    rng = np.random.default_rng(1)
    arm = two_arms(40, replicates)
    y = rng.normal(size=(replicates, 80, 1)) + rng.normal(size=(replicates, 80, 4))
    y[rng.random(y.shape) < 0.1] = np.nan

    def once(covariance: CovarianceModel) -> None:
        t_test(
            fit(
                y, np.empty((replicates, 80, 0)), arm, arms=2, pair=(1, 0), means=MeansModel((0.0, 1.0, 2.0, 3.0)),
                covariance=covariance, visits=np.array([[0.0, 0.0, 0.0, 1.0]]),
            )
        )  # fmt: skip

    table = long(y[0], arm[0])
    mixed, mmrm = CovarianceModel(COMPOUND, bounded=True), CovarianceModel(UNSTRUCTURED)
    yield Job("mixed", "mixed, random intercept, Satterthwaite, 2 x 40 x 4", partial(once, mixed), replicates, 60.0,
              table, ("MixedLM", by_mixed_lm))  # fmt: skip
    yield Job("mmrm", "mmrm, unstructured, Satterthwaite, 2 x 40 x 4", partial(once, mmrm), replicates, 400.0, table)


def scored(people: int, visits: int, replicates: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores 0 to 4 (R, N, V) with an intercept of each person, and standard normal covariates (R, N, 2)."""
    rng = np.random.default_rng(1)
    u = rng.normal(size=(replicates, people, 1))
    y = np.clip(np.round(2 + 0.7 * (u + rng.logistic(size=(replicates, people, visits)))), 0, 4)
    return y, rng.normal(size=(replicates, people, 2))


def ordered_jobs(replicates: int) -> Iterable[Job]:
    """Models of ordered scores, from the values on."""
    three = np.tile(np.repeat(np.arange(3, dtype=np.int8), 33), (replicates, 1))
    y, x = scored(99, 1, replicates)
    one = y[:, :, 0]
    few = max(replicates // 20, 1)
    two, repeated = two_arms(50, few), scored(100, 3, few)[0]
    none = np.empty((*two.shape, 0))
    plain = {"y": one[0], "arm": three[0]}
    yield Job("ordinal", "proportional odds, 3 x 33, 5 scores",
              lambda: proportional_odds(counts(one, three, arms=3, categories=range(5)), arms=3), replicates, 25.0,
              plain, ("OrderedModel", by_ordered_model))  # fmt: skip
    yield Job("ordinal-adjusted", "the same with 2 covariates", lambda: proportional_odds(one, x, three, arms=3),
              replicates, 150.0, {**plain, "x1": x[0, :, 0], "x2": x[0, :, 1]}, ("OrderedModel", by_ordered_model))  # fmt: skip
    yield Job("ordinal-mixed", "ordinal mixed model, 2 x 50 x 3", lambda: ordinal_mixed(repeated, none, two, a=1, b=0),
              few, 2000.0, long(repeated[0], two[0]))  # fmt: skip


def regression_jobs(replicates: int) -> Iterable[Job]:
    """2 x 50 participants and two covariates."""
    rng = np.random.default_rng(2)
    arm, x = two_arms(50, replicates), rng.normal(size=(replicates, 100, 2))
    eta = 0.3 * x.sum(axis=2) + 0.3 * arm
    cluster = np.tile(np.arange(100) % 10, (replicates, 1))
    normal = eta + rng.normal(size=eta.shape) + rng.normal(size=(replicates, 10))[:, np.arange(100) % 10]
    yes = (rng.random(eta.shape) < 1 / (1 + np.exp(-eta))).astype(float)
    count = rng.poisson(np.exp(0.5 + eta)).astype(float)
    spread = rng.poisson(np.exp(0.5 + eta) * rng.gamma(2.0, 0.5, eta.shape)).astype(float)
    read = np.maximum(normal, -0.7)
    below = np.where(normal < -0.7, -1, 0).astype(np.int8)
    times = rng.exponential(np.exp(-eta))
    seen, late = np.minimum(times, 2.0), (times > 2.0).astype(np.int8)
    at_risk = np.ones_like(eta)
    arms = {"a": 1, "b": 0}

    def table(y: np.ndarray, **more: np.ndarray) -> Table:
        return {"y": y[0], "x1": x[0, :, 0], "x2": x[0, :, 1], "arm": arm[0], **{k: v[0] for k, v in more.items()}}

    def by(kind: str) -> Callable[[Table], None]:
        return partial(by_regression, kind=kind)

    yield Job("tobit", "tobit, 2 covariates, 2 x 50", lambda: tobit(read, x, below, arm, **arms), replicates, 60.0,
              table(read, mark=below))  # fmt: skip
    yield Job("logistic", "logistic, 2 covariates, 2 x 50", lambda: logistic(yes, x, arm, **arms), replicates, 40.0,
              table(yes), ("Logit", by("logit")))  # fmt: skip
    yield Job("poisson", "poisson, 2 covariates, 2 x 50",
              lambda: rate_ratio(count, x, at_risk, arm, dispersed=False, **arms), replicates, None, table(count),
              ("Poisson", by("poisson")))  # fmt: skip
    yield Job("negative-binomial", "negative binomial, 2 covariates, 2 x 50",
              lambda: rate_ratio(spread, x, at_risk, arm, dispersed=True, **arms), replicates, None, table(spread),
              ("NegativeBinomial", by("negative-binomial")))  # fmt: skip
    yield Job("cox", "cox, 2 covariates, 2 x 50", lambda: cox(seen, x, late, arm, **arms), replicates, None,
              table(seen, mark=late), ("PHReg", by("cox")))  # fmt: skip
    yield Job("gee", "gee, 10 clusters of 10, 2 covariates",
              lambda: clustered(normal, x, arm, cluster, correlated=True, **arms), replicates, None,
              table(normal, cluster=cluster), ("GEE bias_reduced", by("gee")))  # fmt: skip
    yield Job("cluster-robust", "cluster-robust, 10 clusters of 10, 2 covariates",
              lambda: clustered(normal, x, arm, cluster, correlated=False, **arms), replicates, None,
              table(normal, cluster=cluster))  # fmt: skip


def models(replicates: int) -> list[Line]:
    """Every model from the values on [us a fit of one core], beside each judge."""
    judges, lines = Judges(), []
    jobs = [*repeated_jobs(replicates), *ordered_jobs(replicates), *regression_jobs(replicates)]
    by_r = judges.of_r({job.name: job.table for job in jobs})
    for job in jobs:
        job.ours()
        ours = processor_seconds(job.ours) / job.replicates * 1e6
        beside = [judges.statsmodels(job.by[0], partial(job.by[1], job.table))] if job.by else []
        if job.name in by_r:
            beside.append(by_r[job.name])
        for yardstick, theirs in beside or [("", None)]:
            lines.append(Line(job.what, ours, "us a fit", job.aim, yardstick, theirs))
    for what in judges.missing:
        print(f"{what} is not installed: its lines have no ratio.", file=sys.stderr)
    return lines


def shipped_models(replicates: int) -> list[Line]:
    """The scenarios that show a model, from the draws to the table [s of two cores]."""
    lines = []
    for name, aim in SHOWN.items():
        study = studies.prepare(load(LESSONS / f"{name}.yaml"))
        studies.evaluate(study, replicates=200)
        seconds = processor_seconds(lambda study=study: studies.evaluate(study, replicates=replicates), times=1)  # type: ignore[misc]
        lines.append(Line(f"{name}, {replicates:,} replicates to the table", seconds / 2, "s, 2 cores", aim))
    return lines


if __name__ == "__main__":
    print(printed(models(10_000) + shipped_models(10_000)))
