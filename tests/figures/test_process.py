"""Figures drawn in another process are those drawn here, and nothing depends on that process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from trialsim.figures import process
from trialsim.figures.process import Artist, second_process
from trialsim.figures.render import FigureCall, figure_of, render
from trialsim.report.figures import Drawings, Picture

FAN = pd.DataFrame(
    {"day": [0.0, 100.0, 200.0], **{f"q{q:02d}": [0.0, 10.0 + q / 9, 40.0] for q in (5, 25, 50, 75, 95)}}
)


def fan(target: object = 40) -> FigureCall:
    return figure_of("accrual.accrual_fan", FAN, target=target, limit_days=None, note="300 simulated trials.")


@pytest.fixture(scope="module")
def artist() -> Iterator[Artist]:
    one = Artist()
    yield one
    one.close()


def test_the_other_process_gives_the_same_bytes(artist: Artist) -> None:
    for files in ("page", "all"):
        assert artist.draw("fan", fan(), files).result() == render("fan", fan(), files)


def test_what_fails_there_is_tried_here_and_the_process_goes_on(artist: Artist) -> None:
    assert artist.draw("fan", fan("no number"), "page").result() is None
    drawings = Drawings("page", artist)
    picture = Picture("fan", "Enrollment", "", fan("no number"))
    drawings.begin([picture])
    with pytest.raises(TypeError):
        drawings.drawn(picture)
    assert artist.draw("fan", fan(), "page").result() is not None


def test_a_process_that_is_killed_leaves_the_work_to_this_one() -> None:
    one = Artist()
    one._process.kill()
    picture = Picture("fan", "Enrollment", "", fan())
    drawings = Drawings("all", one)
    drawings.begin([picture])
    assert drawings.drawn(picture) == render("fan", fan(), "all")
    one.close()
    assert one._process.returncode is not None


def test_the_process_ends_with_the_block_even_if_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "worthwhile", lambda: True)

    def stopped() -> None:
        with second_process() as here:
            assert here is not None
            ends.append(here)
            here.draw("fan", fan(), "page")
            raise KeyboardInterrupt

    ends: list[Artist] = []
    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert ends[0]._process.poll() is not None
    assert process._early == []


def test_one_that_was_begun_early_and_is_not_wanted_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "worthwhile", lambda: True)
    process.begin_early()
    (early,) = process._early
    with second_process(wanted=False) as here:
        assert here is None
    assert early._process.poll() is not None


def test_it_ends_when_the_first_process_is_killed() -> None:
    """Its input ends then."""
    code = (
        "import os; from trialsim.figures.process import Artist; print(Artist()._process.pid, flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 9
    if sys.platform == "linux":
        for _ in range(200):
            if not _lives(int(done.stdout)):
                return
            subprocess.run([sys.executable, "-c", "import time; time.sleep(.05)"], check=True)
        pytest.fail("the other process goes on")


def _lives(number: int) -> bool:
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_there_is_none_where_it_would_gain_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not process.worthwhile()  # matplotlib is loaded here
    monkeypatch.delitem(sys.modules, "matplotlib.figure")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert process.worthwhile()
    monkeypatch.setattr(sys, "executable", "/usr/bin/host-of-python")
    assert not process.worthwhile()
    monkeypatch.setattr(sys, "executable", "C:/Python311/python.exe")
    assert process.worthwhile()
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    assert not process.worthwhile()


@pytest.mark.verify
def test_a_run_writes_the_same_files_with_and_without_the_other_process(tmp_path: Path) -> None:
    code = (
        "import sys, trialsim.figures.process as process; process.worthwhile = lambda: sys.argv[1] == 'two'; "
        "import trialsim as ts; ts.run('picu-blood-draw', sys.argv[1], replicates=60); "
        "assert ('matplotlib.figure' in sys.modules) == (sys.argv[1] == 'one')"
    )
    for how in ("one", "two"):
        subprocess.run([sys.executable, "-c", code, how], cwd=tmp_path, check=True)
    one, two = (
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*.*")
            if path.parent.name == "figures"
        }
        for folder in (tmp_path / "one", tmp_path / "two")
    )
    assert len(one) > 30
    assert one == two
    assert (tmp_path / "one" / "report.html").read_bytes() == (tmp_path / "two" / "report.html").read_bytes()
