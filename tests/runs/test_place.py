"""A result takes the place of another whole or not at all, wherever the power goes; what stood there can still be read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from trialsim.errors import RunError
from trialsim.runs import earlier, files, manifest, place
from trialsim.runs.folder import RunFolder
from trialsim.runs.lock import alone
from trialsim.runs.manifest import RunFacts, changed_outputs
from trialsim.runs.place import NEW, settle, unsettled
from trialsim.runs.record import MANIFEST, sound_manifest
from trialsim.runs.run import put_in_place
from trialsim.runs.store import store_key
from trialsim.runs.stores import store_folder

TABLES = ("estimates.parquet", "operating_characteristics.csv", "cohort/visits.csv", "report.html")


class KilledError(BaseException):
    """The process is gone: nothing after it is done."""


def write(out: Path, content: str, *, replicates: int = 100, names: tuple[str, ...] = TABLES) -> None:
    """A result in ``.new``, and then in its place."""
    for name in names:
        files.write_text(out / NEW / name, f"{name} of {content}")
    playing = RunFacts(
        scenario="study", scenario_hash=content, seed=1, replicates=replicates, engine="fast", workers=1, seconds=1.0
    )
    with alone(out):
        put_in_place(RunFolder(out, store_folder(out, store_key(content))), playing)


def content_of(folder: Path) -> str:
    """The content of a result all of whose files are there and as they were written."""
    words = sound_manifest(folder)
    assert words is not None
    content = str(words["scenario_hash"])
    assert changed_outputs(folder) == []
    for name in words["outputs"]:
        assert (folder / name).read_text(encoding="utf-8") == f"{name} of {content}"
    return content


def earlier_contents(out: Path) -> set[str]:
    return {content_of(path) for path in earlier.earlier_folders(out)}


def steps(monkeypatch: pytest.MonkeyPatch, *, stop_after: int) -> list[str]:
    """Have the process die at a step that changes the folder: a rename, a file written, a folder removed."""
    done: list[str] = []

    def counted(name: str, real):  # type: ignore[no-untyped-def]
        def step(*arguments, **more):  # type: ignore[no-untyped-def]
            if len(done) == stop_after:
                raise KilledError
            done.append(name)
            return real(*arguments, **more)

        return step

    for module in (place, earlier):
        monkeypatch.setattr(module, "rename", counted("rename", files.rename))
    monkeypatch.setattr(manifest, "write_json", counted("write", files.write_json))
    monkeypatch.setattr(shutil, "rmtree", counted("remove", shutil.rmtree))
    return done


def test_at_every_step_either_result_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before each of its steps in turn, and once more while that is put in order, by whoever reads the folder next."""
    seen = set()
    for stop in range(100):
        for again in (None, 0, 1):
            out = tmp_path / f"{stop} {again}"
            write(out, "old", names=(*TABLES, "figures/only_old.png"))
            (out / "notes.txt").write_text("mine")
            (out / "cohort" / "mine.csv").write_text("mine")
            for attempt, most in enumerate((stop, again)):
                with monkeypatch.context() as patch:
                    done = steps(patch, stop_after=-1 if most is None else most)
                    try:
                        write(out, "new") if attempt == 0 else settle(out)
                        ended = True
                    except KilledError:
                        ended = False
                if attempt == 0 and ended:
                    assert len(done) > 10
                    assert seen == {"old", "new"}
                    return
            settle(out)
            assert not unsettled(out)
            now = content_of(out)
            seen.add(now)
            assert earlier_contents(out) == ({"old"} if now == "new" else set())
            assert (out / "figures").exists() == (now == "old"), "a file of the old one beside the new one"
            assert (out / "notes.txt").read_text() == "mine"
            assert (out / "cohort" / "mine.csv").read_text() == "mine"
    pytest.fail("a result takes more than 100 steps")


def test_a_mixture_is_found_by_these_tests(tmp_path: Path) -> None:
    """Planted: one file of another content."""
    write(tmp_path, "old")
    (tmp_path / "report.html").write_text("report.html of new")
    with pytest.raises(AssertionError):
        content_of(tmp_path)


def test_a_file_held_open_leaves_what_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Excel does on Windows: nothing has moved, and the next command that can puts the new result in its place."""
    out = tmp_path / "out"
    write(out, "old")

    def held(source: Path, target: Path) -> None:
        if source == out / "operating_characteristics.csv":
            raise PermissionError(13, "Permission denied", str(source), None, str(target))
        files.rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(place, "rename", held)
        with pytest.raises(RunError, match=r"operating_characteristics.csv") as refused:
            write(out, "new")
        assert refused.value.code == "TS-R003"
        assert content_of(out) == "old"
        assert not (out / ".old").exists()
        with pytest.raises(RunError, match="Both results are kept") as refused:
            settle(out)
        assert refused.value.code == "TS-R060"
    settle(out)
    assert (content_of(out), earlier_contents(out)) == ("new", {"old"})


def test_a_users_file_in_the_place_of_a_new_one_is_kept(tmp_path: Path) -> None:
    """A name that the result before did not list is somebody's work."""
    write(tmp_path, "old", names=TABLES[:3])
    (tmp_path / "report.html").write_text("my own page")
    write(tmp_path, "new")
    assert content_of(tmp_path) == "new"
    (folder,) = (tmp_path / "earlier").iterdir()
    assert (folder / "report.html").read_text() == "my own page"


def test_names_that_lead_out_of_the_folder_move_nothing(tmp_path: Path) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious.txt"
    precious.write_text("precious")
    write(out, "old")
    words = sound_manifest(out) or {}
    files.write_json(out / MANIFEST, {**words, "outputs": {**words["outputs"], "../precious.txt": "0"}})
    write(out, "new")
    assert precious.read_text() == "precious"
    assert content_of(out) == "new"


def test_a_damaged_manifest_is_kept_with_the_files_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "old")
    (tmp_path / MANIFEST).write_text("{")
    write(tmp_path, "new")
    assert content_of(tmp_path) == "new"
    assert {path.name for path in (tmp_path / "earlier" / "unknown").iterdir()} >= {MANIFEST, "report.html"}
    assert os.listdir(tmp_path / "earlier") == ["unknown"]  # noqa: PTH208  # hidden ones too
