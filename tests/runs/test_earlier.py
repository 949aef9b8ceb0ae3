"""Earlier results: one a content, none twice, figures only of the newest, and removed by key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.test_place import TABLES, content_of, earlier_contents, write
from trialsim.errors import RunError
from trialsim.runs import earlier
from trialsim.runs.files import write_text
from trialsim.runs.listing import find_runs
from trialsim.runs.record import MANIFEST, sound_manifest
from trialsim.runs.removal import remove
from trialsim.runs.store import store_key
from trialsim.runs.stores import STORE, short, store_folder

DRAWN = (*TABLES, "figures/power.png", "figures/power.svg")


def key(content: str) -> str:
    return short(store_key(content))


def test_an_edit_and_its_undoing(tmp_path: Path) -> None:
    write(tmp_path, "one")
    write(tmp_path, "two")
    assert (content_of(tmp_path), earlier_contents(tmp_path)) == ("two", {"one"})
    write(tmp_path, "one")
    assert (content_of(tmp_path), earlier_contents(tmp_path)) == ("one", {"two"})


def test_the_same_content_again_leaves_no_earlier_result(tmp_path: Path) -> None:
    for replicates in (100, 100, 500):
        write(tmp_path, "one", replicates=replicates)
    assert not (tmp_path / "earlier").exists()


@pytest.mark.parametrize("what", ["more trials", "a page", "an edit by hand", "a file of the user"])
def test_what_the_new_result_does_not_have_is_kept(tmp_path: Path, what: str) -> None:
    write(tmp_path, "one", replicates=500 if what == "more trials" else 100)
    if what == "an edit by hand":
        (tmp_path / "report.html").write_text("with my remarks")
    write(tmp_path, "two")
    if what == "a file of the user":
        (tmp_path / "earlier" / key("one") / "remarks.txt").write_text("mine")
    write(tmp_path, "one", names=TABLES[:3] if what == "a page" else TABLES)
    assert (tmp_path / "earlier" / key("one") / "report.html").is_file()
    assert content_of(tmp_path) == "one"


def test_two_of_one_content_that_differ_are_both_kept(tmp_path: Path) -> None:
    write(tmp_path, "one", replicates=500)
    write(tmp_path, "two")
    write(tmp_path, "one", names=(*TABLES, "more.csv"))
    write(tmp_path, "two")
    assert sorted(path.name for path in (tmp_path / "earlier").iterdir()) == sorted([key("one"), f"{key('one')}-2"])


def test_figures_of_the_newest_ten_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "WITH_FIGURES", 2)
    for count in range(5):
        write(tmp_path, f"content {count}", names=DRAWN)
        manifest = sound_manifest(tmp_path) or {}
        (tmp_path / MANIFEST).write_text(json.dumps({**manifest, "finished": f"2026-01-0{count + 1}"}))
    drawn = {content_of(path): (path / "figures").is_dir() for path in earlier.earlier_folders(tmp_path)}
    assert drawn == {"content 3": True, "content 2": True, "content 1": False, "content 0": False}
    assert all((path / "report.html").is_file() for path in earlier.earlier_folders(tmp_path))
    monkeypatch.undo()
    assert earlier.WITH_FIGURES == 10


# ---------------------------------------------------------------- removed by key


def with_store(out: Path, content: str) -> None:
    store = store_folder(out, store_key(content))
    words = {
        "scenario": "study",
        "scenario_hash": content,
        "seed": 1,
        "replicates": 100,
        "engine": "fast",
        "contract": 2,
    }
    write_text(store / STORE, json.dumps(words))


def test_an_earlier_result_goes_with_its_store(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for content in ("one", "two"):
        with_store(out, content)
        write(out, content)
    (gone,) = remove(tmp_path, key("one")[:5])
    assert (gone.key, gone.earlier) == (key("one"), True)
    assert not (out / "earlier").exists()
    assert [path.name for path in (out / "chunks").iterdir()] == [key("two")]
    assert content_of(out) == "two"


def test_a_run_that_was_stopped_is_removed(tmp_path: Path) -> None:
    with_store(tmp_path / "out", "one")
    assert [one.status for one in remove(tmp_path, store_key("one"))] == ["started"]
    assert find_runs(tmp_path) == []


def test_what_stands_in_its_folder_is_not_removed_by_key(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with_store(out, "one")
    write(out, "one")
    with pytest.raises(RunError, match="shows the result") as refused:
        remove(tmp_path, key("one"))
    assert refused.value.code == "TS-R062"
    assert content_of(out) == "one"
    write(out, "one", names=(*TABLES, "more.csv"), replicates=50)
    (gone,) = remove(tmp_path, key("one"))
    assert gone.earlier
    assert store_folder(out, store_key("one")).is_dir(), "the result that stands there still needs it"


def test_a_key_is_known_and_means_one_run(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        with_store(tmp_path / folder, "one")
    for asked in ("", "abc", "0123456789", key("one"), "*", "../a"):
        with pytest.raises(RunError) as refused:
            remove(tmp_path, asked)
        assert refused.value.code == "TS-R061"
    remove(tmp_path / "a", key("one"))
    assert [one.folder for one in find_runs(tmp_path)] == [tmp_path / "b"]
