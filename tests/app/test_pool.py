"""The queue is fair and shared, a play is canceled and limited, and no process outlives its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from trialsim.app.pool import NobodyWaitsError, PlayError, Pool, key_of

FAKE = Path(__file__).with_name("fake_worker.py")
PROGRAM = (sys.executable, str(FAKE))

#: A parent with three processes, one of them in the midst of a play; it says their numbers and waits.
PARENT = f"""
import asyncio, sys
from trialsim.app.pool import Pool

async def main():
    pool = Pool(2, 60.0, program=(sys.executable, {str(FAKE)!r}))
    await pool.start()
    pool.ask(1, "hang", {{"seconds": 50}}, lane="long")
    await asyncio.sleep(0.2)
    print(*pool.processes, flush=True)
    if sys.argv[1:] == ["leave"]:
        await pool.stop()
        return
    await asyncio.sleep(60)

asyncio.run(main())
"""


def with_pool(work: Any, *, seconds: float = 20.0) -> Any:
    """What ``work`` finds with a pool."""

    async def main() -> Any:
        pool = Pool(1, seconds, program=PROGRAM)
        await pool.start()
        try:
            return await work(pool)
        finally:
            await pool.stop()
            assert pool.processes == []

    return asyncio.run(main())


def test_equal_questions_share_one_play() -> None:
    async def work(pool: Pool) -> None:
        first = pool.ask(1, "wait", {"seconds": 0.1}, lane="long")
        assert pool.ask(2, "wait", {"seconds": 0.1}, lane="long") is first
        assert pool.ask(3, "wait", {"seconds": 0.12}, lane="long") is not first
        assert first.people == {1, 2}
        assert (await first.done)["waited"] == 0.1

    with_pool(work)
    assert key_of("run", {"a": 1}) != key_of("size", {"a": 1})


def test_a_newer_question_cancels_the_one_before_and_only_that() -> None:
    async def work(pool: Pool) -> None:
        long = pool.ask(1, "wait", {"seconds": 30}, lane="long")
        await asyncio.sleep(0.2)
        other = pool.ask(2, "echo", {"say": "b"}, lane="long")
        began = time.monotonic()
        new = pool.ask(1, "echo", {"say": "a"}, lane="long")
        with pytest.raises(NobodyWaitsError):
            await long.done
        assert (await other.done)["echo"] == "b"
        assert (await new.done)["echo"] == "a"
        assert time.monotonic() - began < 1.5, "the play stopped by itself, and its process was not replaced"

    with_pool(work)


def test_a_shared_play_goes_on_for_who_still_waits() -> None:
    async def work(pool: Pool) -> None:
        shared = pool.ask(1, "wait", {"seconds": 0.5}, lane="long")
        pool.ask(2, "wait", {"seconds": 0.5}, lane="long")
        pool.ask(1, "echo", {}, lane="long")
        assert (await shared.done)["waited"] == 0.5

    with_pool(work)


def test_nobody_waits_for_who_asks_often() -> None:
    """One play a student: who asks again goes to the end of the queue."""

    async def work(pool: Pool) -> None:
        busy = pool.ask(9, "wait", {"seconds": 0.3}, lane="long")
        order: list[str] = []
        for number in range(5):
            last = pool.ask(1, "echo", {"say": f"greedy {number}"}, lane="long")
        patient = pool.ask(2, "echo", {"say": "patient"}, lane="long")
        again = pool.ask(1, "echo", {"say": "greedy again"}, lane="long")
        assert last.done.done()
        for job in (busy, patient, again):
            job.done.add_done_callback(lambda done: order.append(done.result().get("echo")))
        await again.done
        assert order == [None, "patient", "greedy again"]

    with_pool(work)


def test_short_questions_do_not_wait_for_long_plays() -> None:
    async def work(pool: Pool) -> None:
        pool.ask(1, "hang", {"seconds": 10}, lane="long")
        await asyncio.sleep(0.1)
        began = time.monotonic()
        assert (await pool.ask(1, "echo", {"say": 1}).done)["echo"] == 1
        assert time.monotonic() - began < 1.0

    with_pool(work)


def test_a_play_over_its_time_is_stopped_and_its_process_replaced() -> None:
    async def work(pool: Pool) -> None:
        before = set(pool.processes)
        with pytest.raises(PlayError, match=r"longer than 0\.4 seconds"):
            await pool.ask(1, "hang", {"seconds": 30}, lane="long").done
        assert (await pool.ask(1, "echo", {"say": 2}, lane="long").done)["echo"] == 2
        assert len(set(pool.processes) - before) == 1

    with_pool(work, seconds=0.4)


def test_a_canceled_play_that_does_not_listen_loses_its_process() -> None:
    async def work(pool: Pool) -> None:
        pool.ask(1, "hang", {"seconds": 30}, lane="long")
        await asyncio.sleep(0.2)
        new = pool.ask(1, "echo", {"say": 3}, lane="long")
        assert (await asyncio.wait_for(new.done, 10))["echo"] == 3

    with_pool(work)


@pytest.mark.parametrize(("kind", "words"), [("end", "Its process ended"), ("fail", "no words for")])
def test_a_process_that_ends_or_fails_says_so_and_the_next_play_goes_on(kind: str, words: str) -> None:
    async def work(pool: Pool) -> None:
        with pytest.raises(PlayError, match=words):
            await pool.ask(1, kind, {}, lane="long").done
        assert (await pool.ask(1, "echo", {"say": 4}, lane="long").done)["echo"] == 4

    with_pool(work)


def test_progress_is_reported() -> None:
    async def work(pool: Pool) -> None:
        seen: list[tuple[str, float, str]] = []
        pool.progress = lambda *far: seen.append(far)
        job = pool.ask(1, "wait", {"seconds": 0.5}, lane="long")
        await job.done
        assert seen
        assert all(key == job.key and 0 <= share <= 1 for key, share, _ in seen)

    with_pool(work)


@pytest.mark.parametrize("ending", ["leave", "terminate", "kill"])
def test_processes_end_with_their_parent(ending: str, tmp_path: Path) -> None:
    """Also with one that is killed, in the midst of a play: counted."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    words = ["leave"] if ending == "leave" else []
    parent = subprocess.Popen([sys.executable, str(script), *words], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    numbers = [int(one) for one in parent.stdout.readline().split()]
    assert len(numbers) == 3
    if ending == "leave":
        parent.wait(timeout=20)
    else:
        assert all(psutil.pid_exists(one) for one in numbers)
        parent.send_signal(signal.SIGTERM if ending == "terminate" else getattr(signal, "SIGKILL", signal.SIGTERM))
        parent.wait(timeout=20)
    parent.stdout.close()
    until = time.monotonic() + 10
    while any(alive(one) for one in numbers) and time.monotonic() < until:
        time.sleep(0.05)
    assert [one for one in numbers if alive(one)] == []


def alive(number: int) -> bool:
    """Whether a process runs; one that only waits to be counted does not."""
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE and number != os.getpid()
    except psutil.NoSuchProcess:
        return False
