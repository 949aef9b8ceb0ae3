"""One process at a time writes into a folder: the same run is refused, another one waits and says for what."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trialsim.errors import RunError
from trialsim.runs import lock
from trialsim.runs.lock import PLAYING, Subject, alone, playing

HOLD = """
import sys
from pathlib import Path
from trialsim.runs.lock import Subject, alone
key = sys.argv[2]
with alone(Path(sys.argv[1]), Subject(key, "mine", 1000) if key else None):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(out: Path, key: str) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the lock, until a line is written to it or the block ends."""
    command = [sys.executable, "-c", HOLD, str(out), key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == "held\n"
        try:
            yield busy
        finally:
            busy.communicate()


def test_another_run_waits_and_says_for_what(tmp_path: Path) -> None:
    said: list[str] = []
    with held(tmp_path, "one") as busy:

        def told(text: str) -> None:
            said.append(text)
            assert busy.stdin is not None
            busy.stdin.write("\n")  # the one that plays ends only now
            busy.stdin.flush()

        with alone(tmp_path, Subject("two", "mine", 500), tell=told):
            assert playing(tmp_path) == Subject("two", "mine", 500)
    assert len(said) == 1
    assert f"1,000 simulated trials of mine into {tmp_path}. This one waits" in said[0]
    assert playing(tmp_path) is None


def test_the_same_run_is_refused(tmp_path: Path) -> None:
    with (
        held(tmp_path, "one"),
        pytest.raises(RunError, match="another process is simulating") as refused,
        alone(tmp_path, Subject("one", "mine", 500)),
    ):
        pass
    assert refused.value.code == "TS-R006"


@pytest.mark.parametrize(("holder", "asks"), [("one", None), ("", Subject("one", "mine", 500))])
def test_who_only_looks_after_a_folder_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: str, asks: Subject | None
) -> None:
    monkeypatch.setattr(lock, "UNKNOWN", 0.3)
    with held(tmp_path, holder), pytest.raises(RunError) as refused, alone(tmp_path, asks):
        pass
    assert refused.value.code == "TS-R006"


def test_a_process_may_hold_its_lock_twice(tmp_path: Path) -> None:
    with alone(tmp_path, Subject("one", "mine", 500)):
        with alone(tmp_path):
            pass
        assert playing(tmp_path) == Subject("one", "mine", 500)
    assert not (tmp_path / PLAYING).exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"key": 1}', "\0", '{"key": "a", "scenario": "b", "replicates": "x"}']
)
def test_words_of_a_lock_that_cannot_be_read_say_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / PLAYING).write_text(text)
    assert playing(tmp_path) is None
    with alone(tmp_path):
        assert not (tmp_path / PLAYING).exists(), "those of a process that was killed are removed"
