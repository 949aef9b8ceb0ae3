"""Tours: what a nurse does first, and every command of the README, typed as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from trialsim.api import begin as beginning
from trialsim.cli import COMMANDS, main
from trialsim.runs import players
from trialsim.runs.verify import verify
from trialsim.scenario import load
from trialsim.scenario.shipped import folder as shipped_folder

README = Path(__file__).parents[2] / "README.md"

#: What a command prints: exit code, standard output, standard error.
Typed = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a line in a folder of one's own."""
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> tuple[int, str, str]:
        name, *words = shlex.split(line, comments=True)
        assert name == "trialsim"
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[range]:
    """The chunks that are really played, not found."""
    chunks: list[range] = []
    play = players.studies.play

    def noting(study, replicates, **how):  # type: ignore[no-untyped-def]
        chunks.append(replicates)
        return play(study, replicates, **how)

    monkeypatch.setattr(players.studies, "play", noting)
    return chunks


def edit(old: str, new: str) -> None:
    text = Path("mine.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    Path("mine.yaml").write_text(text.replace(old, new), encoding="utf-8")


def power(text: str) -> str:
    (found,) = re.findall(r"Answer  Power ([\d.]+) %", text)
    return str(found)


def test_a_nurse_edits_runs_and_looks(typed: Typed, played: list[range]) -> None:
    """init, run, two edits, run, look, undo, size: nothing is refused, nothing is lost, nothing is simulated twice."""
    assert typed("trialsim init blank --as mine.yaml")[0] == 0
    code, first, _ = typed("trialsim run mine.yaml")
    assert code == 0
    assert "Read outputs/mine/report.html first" in first
    before = Path("outputs/mine/report.html").read_bytes()
    edit("treated: {difference: -5,", "treated: {difference: -6,")
    edit("{each arm: 40}", "{each arm: 50}")
    code, second, _ = typed("trialsim run mine.yaml")
    assert code == 0
    assert float(power(second)) > float(power(first)) + 10
    (earlier,) = Path("outputs/mine/earlier").iterdir()
    assert f"The result before this one is kept in {earlier}." in second
    assert (earlier / "report.html").read_bytes() == before
    assert verify(Path("outputs/mine"), sample=2).word == verify(earlier, sample=2).word == "equal"
    code, listed, _ = typed("trialsim runs")
    assert code == 0
    assert listed.count("outputs/mine") == 2
    edit("treated: {difference: -6,", "treated: {difference: -5,")
    edit("{each arm: 50}", "{each arm: 40}")
    played.clear()
    code, again, told = typed("trialsim run mine.yaml")
    assert (code, played, power(again)) == (0, [], power(first))
    assert "2,000 of them found in outputs/mine" in told
    code, size, _ = typed("trialsim size mine.yaml --power 80%")
    assert code == 0
    assert "participants" in size
    (edited,) = Path("outputs/mine/earlier").iterdir()
    assert typed(f"trialsim runs --remove {edited.name}")[0] == 0
    assert not Path("outputs/mine/earlier").exists()
    assert len(list(Path("outputs/mine/chunks").iterdir())) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Treatment against usual care ", "title: A better headline "),
        ("label: Anxiety ", "label: State anxiety "),
        ("mypilot: Our own pilot study, 2026", "mypilot: Our own pilot study, Ada et al. 2026"),
        ("assumed: placeholder ", "assumed: from the pilot "),
        ("control: usual care", "control: care as usual"),
    ],
)
def test_words_that_decide_nothing_rewrite_the_page_and_simulate_nothing(
    typed: Typed, played: list[range], old: str, new: str
) -> None:
    assert typed("trialsim init blank --as mine.yaml")[0] == 0
    assert typed("trialsim run mine.yaml --replicates 200")[0] == 0
    tables = {
        name: Path("outputs/mine", name).read_bytes() for name in ("estimates.parquet", "operating_characteristics.csv")
    }
    edit(old, new)
    played.clear()
    code, _, told = typed("trialsim run mine.yaml --replicates 200")
    assert (code, played) == (0, [])
    assert "200 of them found" in told
    words = new.split(": ", 1)[1].strip()
    assert words in Path("outputs/mine/report.html").read_text(encoding="utf-8")
    assert words in Path("outputs/mine/scenario.resolved.yaml").read_text(encoding="utf-8")
    assert {name: Path("outputs/mine", name).read_bytes() for name in tables} == tables
    assert not Path("outputs/mine/earlier").exists(), "the same result in other words is no other result"


# ---------------------------------------------------------------- the README


#: These search, and take minutes; every day they are tested on smaller studies.
SEARCHES = ("size", "sweep", "tornado", "assurance")

#: This serves until it is stopped; tests/app/ and tests/browser/ start it.
SERVES = "app"


def tour() -> list[str]:
    """Every command of the README, from top to bottom, but for those that set trialsim up, and the app."""
    text = README.read_text(encoding="utf-8")
    lines = []
    for block, one in re.findall(r"^```\n(.*?)^```|`(trialsim [^`]+)`", text, flags=re.MULTILINE | re.DOTALL):
        lines += [line for line in block.splitlines() if line.startswith("trialsim")] + ([one] if one else [])
    return [line for line in lines if line.split()[1] != SERVES]


def follow(typed: Typed, lines: list[str]) -> None:
    """Type every line, a key being that of an earlier result; each does what it says, in the folder that is named."""
    shutil.copytree(shipped_folder(), "scenarios")
    for line in lines:
        if "KEY" in line:
            edit("{each arm: 33}", "{each arm: 30}")
            assert typed("trialsim run mine.yaml --no-figures --no-truth")[0] == 0
            (earlier,) = Path("outputs/mine/earlier").iterdir()
            line = line.replace("KEY", earlier.name)
        code, out, told = typed(line)
        assert code == 0, f"{line}\n{out}\n{told}"
    assert load("mine.yaml").name == "mine"
    assert Path("outputs/mine/report.html").is_file() or "KEY" in "".join(lines)


def test_the_tour_is_found() -> None:
    assert len(tour()) >= 19
    called = {line.split()[1] for line in tour()}
    assert {"init", "check", "explain", "run", "verify", "runs", "compare", "fit", "cohort", *SEARCHES} <= called
    assert called <= set(COMMANDS)


def test_the_readme_runs_from_top_to_bottom(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """As typed, with fewer simulated trials in the file and without the commands that search."""
    begin = beginning.begin_study

    def fewer(template: str, target: Path | None = None) -> list[Path]:
        files = begin(template, target)
        path = files[0]
        path.write_text(
            re.sub(r"replicates: \d+", "replicates: 200", path.read_text(encoding="utf-8")), encoding="utf-8"
        )
        return files

    monkeypatch.setattr(beginning, "begin_study", fewer)
    lines = [line.replace("--replicates 10000", "--replicates 100") for line in tour()]
    follow(typed, [line for line in lines if line.split()[1] not in SEARCHES])


@pytest.mark.verify
@pytest.mark.timeout(3600)
def test_the_readme_runs_from_top_to_bottom_as_typed(typed: Typed) -> None:
    follow(typed, tour())
