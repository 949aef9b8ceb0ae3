"""What is stored is stored before it is answered, in a folder that is ours and that one command removes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trialsim.app.desk import Desk, file_name
from trialsim.app.state import MARK, State, remove
from trialsim.cli import main
from trialsim.errors import RunError

#: Stores something and is killed at once.
KILLED = """
import os, signal, sys
from pathlib import Path
from trialsim.app.state import State
from trialsim.app.desk import Desk
state = State(Path(sys.argv[1]))
person, secret = state.join("Ada")
Desk(state).new(person, "mine", "a: 1")
print(secret, flush=True)
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def test_what_was_stored_is_there_after_a_kill(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "a")], capture_output=True, text=True, check=False
    )
    assert found.returncode != 0
    state = State(tmp_path / "a")
    person = state.person_of(found.stdout.strip(), "student")
    assert person is not None
    assert [one.text for one in Desk(state).documents(person)] == ["a: 1"]
    state.close()


def test_the_folder_is_the_owners_alone_and_is_removed_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ".app"
    state = State(folder)
    person, _ = state.join("Ada")
    Desk(state).new(person, "../../evil", "x: 1")
    state.close()
    if os.name == "posix":
        assert folder.stat().st_mode & 0o077 == 0
    assert [path.name for path in (folder / "people" / str(person.id)).iterdir()] == ["evil.yaml"]
    assert main(["app", "--remove", "--folder", str(folder)]) == 0
    assert not folder.exists()
    assert main(["app", "--remove", "--folder", str(folder)]) == 0
    assert "There is no" in capsys.readouterr().out


def test_a_folder_of_something_else_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for act in (State, remove):
        with pytest.raises(RunError, match="TS-W003"):
            act(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert not (tmp_path / MARK).exists()


def test_a_state_of_another_version_is_refused(tmp_path: Path) -> None:
    state = State(tmp_path / "a")
    state.write("UPDATE meta SET value = '0' WHERE key = 'form'")
    state.close()
    with pytest.raises(RunError, match="TS-W002"):
        State(tmp_path / "a")


@pytest.mark.parametrize("name", ["CON", "a/b\\c", "..", "\u202e", "x" * 300, "Müsli.yaml"])
def test_a_file_has_a_harmless_name(name: str) -> None:
    found = file_name(name)
    assert 0 < len(found) <= 40
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
