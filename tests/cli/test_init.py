"""``trialsim init``: a file of one's own, named as the file, that is sound as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.api.begin import BLANK, named
from trialsim.cli import main
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("template", [*shipped_scenarios(), *BLANK])
def test_the_study_is_named_as_its_file(template: str, capsys: Captured) -> None:
    assert main(["init", template, "--as", "mine.yaml"]) == 0
    assert capsys.readouterr().out == "Wrote mine.yaml. Change it, then: trialsim check mine.yaml\n"
    text = Path("mine.yaml").read_text(encoding="utf-8")
    assert load("mine.yaml").name == "mine"
    card = shipped_scenarios().get(template)
    if card is not None:
        before, after = card.path.read_text(encoding="utf-8").splitlines(), text.splitlines()
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert [new.split("#")[0].rstrip() for _, new in changed] == ["name: mine"], "nothing else is changed"


@pytest.mark.parametrize(
    ("file", "name"),
    [("true.yaml", "true"), ("2024.yaml", "2024"), ("1e4.yaml", "1e4"), ("my study.yaml", "my-study"),
     ("Übung.yaml", "Übung"), ("no.yaml", "no"), ("a.b.yaml", "a.b")],
)  # fmt: skip
def test_any_name_of_a_file_is_a_name(file: str, name: str) -> None:
    assert main(["init", "blank", "--as", file]) == 0
    assert load(file).name == name


def test_a_file_without_a_usable_name_keeps_that_of_the_template() -> None:
    assert main(["init", "blank", "--as", "---.yaml"]) == 0
    assert load("---.yaml").name == "blank"


def test_a_comment_after_the_name_stays() -> None:
    assert named("name: old  # for folders\ntitle: x\n", "new") == "name: new  # for folders\ntitle: x\n"
    assert named("title: the name: old\nname: old", "new") == "title: the name: old\nname: new"


@pytest.mark.parametrize("template", list(BLANK))
def test_a_skeleton_is_sound(template: str, capsys: Captured) -> None:
    assert main(["init", template]) == 0
    assert main(["check", f"{template}.yaml"]) == 0
    told = capsys.readouterr()
    assert "is sound" in told.out
    assert "warning" not in (told.out + told.err).lower()
    study = load(f"{template}.yaml")
    assert len(study.design.arms) == 2
    assert bool(study.protocol) == (template == "blank-ward")
    assert main(["run", f"{template}.yaml", "--replicates", "100", "--no-figures"]) == 0
    assert (Path("outputs") / template / "run.json").is_file()


def test_two_files_may_share_the_data_beside_them(capsys: Captured) -> None:
    (template,) = [name for name, card in shipped_scenarios().items() if card.companions][:1]
    for name in ("one.yaml", "two.yaml"):
        assert main(["init", template, "--as", name]) == 0
    (data,) = (path for path in Path().iterdir() if path.suffix == ".csv")
    data.write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert main(["init", template, "--as", "three.yaml"]) == 4
    assert "TS-R011" in capsys.readouterr().err
    assert not Path("three.yaml").exists(), "nothing is written by halves"
    assert data.read_text(encoding="utf-8") == "mine"


def test_names_are_listed_and_a_wrong_one_is_answered_with_the_nearest(capsys: Captured) -> None:
    assert main(["init"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in (*shipped_scenarios(), *BLANK))
    assert main(["init", "picu-blood-drw"]) == 4
    assert "picu-blood-draw" in capsys.readouterr().err
