"""Tests of tables and repeated measures against R: numbers printed by tests/reference/r/tables.R, kept in tables.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from trialsim.analysis import rows
from trialsim.analysis.methods.proportions import difference
from trialsim.analysis.methods.repeated import rm_anova
from trialsim.analysis.methods.strata import mantel_haenszel
from trialsim.analysis.ordering import Counts

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "tables.json").read_text(encoding="utf-8"))


def agrees(ours, theirs, rtol=1e-8):
    assert np.size(theirs) > 0
    np.testing.assert_allclose(np.ravel(np.array(ours, float)), np.ravel(np.array(theirs, float)), rtol=rtol)


def test_the_fixture_names_its_versions():
    assert R["versions"]["R"].startswith("R version")
    assert R["versions"]["rpact"]


def test_the_score_test_of_a_difference_has_rpacts_restricted_shares():
    """rpact solves the cubic by its trigonometric form, which loses half the digits at the edges."""
    seen = 0
    for one in R["manning"]:
        (xa, xb), (na, nb) = one["events"], one["n"]
        if one["z"] is None or xa in (0, na) or xb in (0, nb):
            continue
        c = Counts(table=np.array([[[na - xa, xa], [nb - xb, xb]]]), categories=np.array([0.0, 1.0]))
        agrees(difference(c, a=0, b=1, null=one["null"]).statistic, one["z"])
        seen += 1
    assert seen > 40


def test_mantelhaen_test():
    for one in R["strata"]:
        # R has yes in the first column
        table = np.array([one["table"]])[:, :, :, ::-1]
        side = one["alternative"].replace(".", "-")
        ours = mantel_haenszel(table, alternative=side)
        agrees([ours.statistic**2, ours.p, np.exp(ours.estimate)], [one["statistic"], one["p"], one["estimate"]])
        agrees(np.exp(ours.low), 0.0 if one["low"] == 0 else one["low"])
        if one["high"] not in (None, "Inf"):
            agrees(np.exp(ours.high), one["high"])


@pytest.mark.parametrize("at", ["visit", "interaction"])
def test_repeated_measures(at):
    seen = 0
    for one in R["repeated"]:
        theirs, arm = one[at], np.array([one["arm"]], np.int8)
        if theirs is None:
            continue
        y = np.array([one["values"]], float)
        for correction, name in (("assumed", "p"), ("greenhouse-geisser", "gg"), ("huynh-feldt", "hf")):
            ours = rm_anova(y, arm, arms=int(arm.max()) + 1, at=at, sphericity=correction)
            agrees([ours.statistic[0], ours.p[0]], [theirs["F"], theirs[name]], rtol=1e-7)
            assert ours.status.tolist() == [rows.OK]
        seen += 1
    assert seen > 5


def test_repeated_measures_of_the_arms():
    for one in R["repeated"]:
        if one["arm_test"] is None:
            continue
        arm = np.array([one["arm"]], np.int8)
        ours = rm_anova(np.array([one["values"]], float), arm, arms=int(arm.max()) + 1, at="arm")
        agrees([ours.statistic[0], ours.df[0], ours.p[0]], [one["arm_test"][key] for key in ("F", "df", "p")])
