"""Slips that people made: the first answer names what was meant, and what it names works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialsim.cli import COMMANDS, MEANT, main
from trialsim.quantities.refuse import did_you_mean, nearest
from trialsim.scenario.shipped import shipped_scenarios

PICU = shipped_scenarios()["picu-blood-draw"].path.read_text(encoding="utf-8")
RUN = ["run", "textbook-t-test", "--no-figures", "--no-truth", "--out", "out"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(PICU, encoding="utf-8")


def said(capsys: pytest.CaptureFixture[str], words: list[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = main(words)
    return code, " ".join(capsys.readouterr().err.split())


#: What is typed, the word in it that is wrong, what is meant, and the exit code.
SLIPS = [
    (["rn", "textbook-t-test", *RUN[2:], "--replicates", "40"], "rn", "run", 2),
    (["Check", "mine.yaml"], "Check", "check", 2),
    (["validate", "mine.yaml"], "validate", "check", 2),
    (["check", "mine.yml"], "mine.yml", "mine.yaml", 2),
    (["check", "mine"], "mine", "mine.yaml", 2),
    (["check", "MINE.yaml"], "MINE.yaml", "mine.yaml", 2),
    (["check", "picu-blod-draw"], "picu-blod-draw", "picu-blood-draw", 2),
    (["check", "picu_blood_draw"], "picu_blood_draw", "picu-blood-draw", 2),
    (["check", "nicu"], "nicu", "nicu-parent-massage", 2),
    (["init", "picu"], "picu", "picu-blood-draw", 4),
    (["fit", "pilot"], "pilot", "pilot.csv", 2),
    (["explain", "mine.yaml", "--resolve"], "--resolve", "--resolved", 2),
    ([*RUN, "--replicates", "40", "--engine", "fst"], "fst", "fast", 2),
    ([*RUN, "--replicates", "40", "--set", "desing.enroll=40"], "desing", "design", 3),
    ([*RUN, "--replicates", "40", "--set", "design.enrol=40"], "enrol", "enroll", 3),
    (["tornado", "sweep-staffing", "--for", "fear_durin", "--replicates", "20", "--no-figures"], "fear_durin", "fear_during", 4),
    (["size", "textbook-t-test", "--for", "mian", "--no-figures", "--replicates", "400", "--confirm", "200"], "mian", "main", 2),
    (["compare", "mine.yaml", "mien.yaml", "--replicates", "20", "--no-figures"], "mien.yaml", "mine.yaml", 2),
    (["sweep", "textbook-t-test", "--over", "design.enroll=[40, 60]", "--measure", "powr", "--replicates", "20", "--no-figures"],
     "powr", "power", 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "wrong", "meant", "code"), SLIPS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_the_first_answer_leads_to_the_fix(
    typed: list[str], wrong: str, meant: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found, words = said(capsys, typed)
    assert found == code
    assert f"Did you mean '{meant}'?" in words
    assert re.match(r"(error TS-\w\d\d\d|--set .* TS-)", words), "one fault, in one form"
    assert "Usage" not in words
    mended = [word.replace(wrong, meant) if word.partition("=")[0].count(wrong) else word for word in typed]
    assert said(capsys, mended)[0] == 0


def test_a_label_leads_to_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ("Fear during the needle", "fear during the needle", "Fear during"):
        assert "Did you mean 'fear_during'?" in said(capsys, ["size", "mine.yaml", "--for", asked])[1]
    assert "Did you mean 'fear_during'?" in said(capsys, ["sweep", "mine.yaml", "--over", "design.within=[12 months, 18 months]",
                                                          "--for", "Fear during the needle"])[1]  # fmt: skip
    code, words = said(capsys, ["size", "mine.yaml", "--for", "fear_during/musik - control"])
    assert code == 2
    assert "Did you mean 'music - control'?" in words


def test_a_folder_leads_to_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "textbook-t-test", "--replicates", "40", "--no-figures"]) == 0
    for asked in ("outputs/textbook-t-tset", "textbook-t-test"):
        assert "Did you mean 'outputs/textbook-t-test'?" in said(capsys, ["verify", asked])[1].replace("\\", "/")
    assert said(capsys, ["runs", "outputz"])[1].endswith("Did you mean 'outputs'?")


NUMBERS = ("40", "4e1", "4E+1", "40.0")


@pytest.mark.parametrize("written", [*NUMBERS, "0_040"])
def test_whole_numbers_as_people_type_them(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUN, "--replicates", written, "--seed", "1_000"]) == 0
    told = capsys.readouterr()
    assert "40 simulated trials, seed 1000." in told.out


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ((*RUN, "--replicates", "10,000"), "Write it like this: 10000."),
        ((*RUN, "--replicates", "10 000"), "Write it like this: 10000."),
        ((*RUN, "--replicates", "1_0"), "Write it like this: 1000."),
        ((*RUN, "--replicates", "1e-1"), "Write it like this: 1000."),
        ((*RUN, "--replicates", "1e400"), "Write it like this: 1000."),
        ((*RUN, "--replicates", "nan"), "Write it like this: 1000."),
        ((*RUN, "--replicates", "0"), "Write 1 to 1,000,000,000."),
        ((*RUN, "--replicates", "1e10"), "Write 1 to 1,000,000,000."),
        (("size", "mine.yaml", "--power", "90"), "Did you mean 90%?"),
        (("size", "mine.yaml", "--power", "0,9"), "Write a decimal point: 0.9."),
        (("size", "mine.yaml", "--width", "1,000"), "Write 1000 if thousands are meant, 1.000 if decimals are."),
        (("size", "mine.yaml", "--between", "400..20"), "Write the lower end first: 20..400."),
        ((*RUN, "--shard", "21/20"), "Write 3/20 for the third of twenty."),
    ],
)
def test_numbers_that_are_none_say_how_to_write_them(
    words: tuple[str, ...], remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = said(capsys, [*words])
    assert code == 2
    assert "TS-U022" in told
    assert remedy in told


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("simulation.replicates", "10_000", None),
        ("simulation.replicates", "1e4", None),
        ("costs.participant", "1_000 EUR", None),
        ("costs.participant", "1,000 EUR", "Write 1000 EUR if thousands are meant, 1.000 EUR if decimals are."),
        ("costs.participant", "1 000 EUR", "Write 1000 EUR."),
        ("costs.participant", "1_0 EUR", "is not an amount of money"),
        ("design.within", "1,5 months", "Write a decimal point: 1.5 months."),
        ("simulation.replicates", "10,000", "Write 10000."),
        ("outcomes.pain.by_visit.baseline.sd", "2,03", "Write a decimal point: 2.03."),
        ("published", "[{source: alemdar2023, analysis: cortisol_day1, p: <0.001}]", None),
        (
            "published",
            "[{source: alemdar2023, analysis: cortisol_day1, p: ns}]",
            "Write a number from 0 to 1, or a bound: <0.001.",
        ),
    ],
)
def test_numbers_of_a_scenario(path: str, value: str, told: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    code, words = said(capsys, ["check", "mine.yaml", "--set", f"{path}={value}"])
    assert code == (0 if told is None else 3)
    assert (told or "") in words
    assert words.count(" TS-") == (0 if told is None else 1), "one slip, one fault"


def test_one_function_finds_the_nearest_word() -> None:
    package = Path(main.__code__.co_filename).parents[1]
    users = [path.relative_to(package).as_posix() for path in package.rglob("*.py")
             if "get_close_matches" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert users == ["quantities/refuse.py"]
    assert nearest("zzz", ["abc"]) == ""
    assert did_you_mean("zzz", ["abc", "d"], what="Known") == "Known: abc, d."
    assert nearest("ab", ["abcdefgh"]) == "", "two letters say too little"
    assert set(MEANT.values()) - set(COMMANDS) == {"--help", "--version"}
    assert not set(MEANT) & set(COMMANDS)
