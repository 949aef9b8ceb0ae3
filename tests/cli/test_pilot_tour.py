"""A statistician with a pilot file, as typed: fit, check, assurance, size; each number held against pandas and statsmodels.

The file is the anorexia trial of Hand et al. 1993, A Handbook of Small Data Sets, no. 285: weights in lbs before and after
family treatment, cognitive therapy or none.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from trialsim.cli import main
from trialsim.scenario import load
from trialsim.scenario.model import Level

DATA = Path(__file__).parents[1] / "pilot" / "anorexia.csv"


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """``typed("trialsim fit pilot.csv")`` in a folder with the pilot: exit code, and what was printed."""
    (tmp_path / "pilot.csv").write_bytes(DATA.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(line: str) -> tuple[int, str]:
        program, *words = shlex.split(line)
        assert program == "trialsim"
        code = main(words)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_a_statistician_with_a_pilot_file(typed: Any) -> None:
    code, said = typed("trialsim fit pilot.csv --out plan.yaml")
    assert code == 0, said
    assert "wt at Pre" in said
    assert "CBT and Cont are compared" in said
    commands = re.findall(r"trialsim (?:check|assurance|size) \S+\.yaml", said)
    assert [one.split()[1] for one in commands] == ["check", "assurance", "size"], "it says what may come next"
    code, said = typed(commands[0])
    assert (code, "is sound" in said) == (0, True), said
    code, said = typed(f"{commands[1]} --replicates 300 --no-figures")
    assert (code, "Averaged over the prior" in said) == (0, True), said
    code, said = typed(f"{commands[2]} --power 80% --json")
    assert code == 0, said
    answer, _ = json.JSONDecoder().raw_decode(said[said.index("{") :])
    effect, sd, r = _ancova()
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    borm = 2 * (z * sd / effect) ** 2 * (1 - r * r)  # each arm, Borm et al. 2007
    assert answer["recommended"] / 3 == pytest.approx(borm, rel=0.08)


def _ancova() -> tuple[float, float, float]:
    """The effect of CBT adjusted for the weight before, the SD after and the correlation within arms."""
    data = pd.read_csv(DATA)
    model = smf.ols("Postwt ~ Prewt + C(Treat, Treatment('Cont'))", data).fit()
    within = data[["Prewt", "Postwt"]] - data.groupby("Treat")[["Prewt", "Postwt"]].transform("mean")
    sd = math.sqrt((within["Postwt"] ** 2).sum() / (len(data) - 3))
    return float(model.params["C(Treat, Treatment('Cont'))[T.CBT]"]), sd, float(within.corr().iloc[0, 1])


def test_fitted_numbers_are_those_of_pandas_and_statsmodels(typed: Any) -> None:
    assert typed("trialsim fit pilot.csv --out plan.yaml")[0] == 0
    outcome, data = load("plan.yaml").outcomes["wt"], pd.read_csv(DATA)
    model = smf.ols("Postwt ~ Prewt + C(Treat, Treatment('Cont'))", data).fit()
    name = "C(Treat, Treatment('Cont'))[T.{}]"
    first = outcome.by_visit["baseline"]
    assert isinstance(first, Level)
    assert first.mean is not None
    assert first.sd is not None
    assert first.mean.value == pytest.approx(data["Prewt"].mean(), rel=1e-3), "before treatment all arms are one group"
    assert first.sd.value == pytest.approx(data["Prewt"].std(ddof=1), rel=1e-3)
    for arm in ("CBT", "FT"):
        effect = outcome.effects[arm].difference
        assert effect is not None
        assert effect.value == pytest.approx(model.params[name.format(arm)], rel=1e-3)
        assert effect.prior is not None
        sd = effect.prior.distribution.params[1]
        dof = model.df_resid
        assert sd == pytest.approx(model.bse[name.format(arm)] * math.sqrt(dof / (dof - 2)), rel=2e-3), (
            "the SD of its t"
        )
    _, sd, r = _ancova()
    assert outcome.correlation.between_sessions is not None
    assert outcome.correlation.between_sessions.value == pytest.approx(r, abs=2e-3)
    later = outcome.by_visit["Post"]
    spread = later.sd if isinstance(later, Level) else later.by_arm["Cont"].sd
    assert spread is not None
    assert spread.value == pytest.approx(sd, rel=1e-3)
