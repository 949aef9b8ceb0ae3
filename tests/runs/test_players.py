"""The same bytes whoever plays, and lost workers cost time, not results."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runs.conftest import SCENARIOS, results
from trialsim import study as studies
from trialsim.errors import Fault, RunError, ScenarioError
from trialsim.runs import players
from trialsim.runs.players import ATTEMPTS, Elsewhere, open_player, play_task, process_pool, task_of
from trialsim.runs.run import run
from trialsim.runs.shards import Shard, gather, merge, play_shard
from trialsim.scenario import load

REPLICATES = 600  # a chunk and a part


@pytest.fixture(scope="module")
def nicu() -> studies.Study:
    return studies.prepare(load(SCENARIOS / "nicu-parent-massage.yaml"))


@pytest.fixture(scope="module", params=["nicu", "picu"])
def study(request: pytest.FixtureRequest) -> studies.Study:
    found: studies.Study = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def expected(study: studies.Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return results(run(study, tmp_path_factory.mktemp("one") / "out", replicates=REPLICATES, workers=1).folder.path)


@pytest.mark.parametrize("executor", ["threads", "processes", "dask", "own"])
def test_the_same_bytes_whoever_plays(
    study: studies.Study, expected: dict[str, bytes], tmp_path: Path, executor: str
) -> None:
    with ThreadPoolExecutor(3) as own:
        how = own if executor == "own" else executor
        played = run(study, tmp_path / "out", replicates=REPLICATES, executor=how, workers=2)
    assert results(played.folder.path) == expected


def test_the_same_bytes_from_seven_shards(study: studies.Study, tmp_path: Path) -> None:
    whole = run(study, tmp_path / "whole", replicates=3300)
    for index in (4, 1, 7, 2, 3, 6, 5):
        play_shard(study, tmp_path / "out", Shard(index, 7), replicates=3300)
    merged = merge(gather(tmp_path / "out"))
    assert merged.missing == ()
    assert results(merged.folder.path) == results(whole.folder.path)


def test_the_same_bytes_from_both_engines(study: studies.Study, tmp_path: Path) -> None:
    fast, slow = (
        run(study, tmp_path / engine, replicates=8, engine=engine, truth=False) for engine in ("fast", "simpy")
    )
    assert results(fast.folder.path) == results(slow.folder.path)


# ---------------------------------------------------------------- Dask


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        3, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1", silence_logs="CRITICAL"
    ) as made:
        yield made


def test_the_same_bytes_from_three_dask_workers_by_address(
    nicu: studies.Study, cluster: object, tmp_path: Path
) -> None:
    address: str = cluster.scheduler_address  # type: ignore[attr-defined]  # distributed has no types
    far = run(nicu, tmp_path / "far", replicates=1500, executor=address)
    assert results(far.folder.path) == results(run(nicu, tmp_path / "near", replicates=1500).folder.path)


def test_a_killed_dask_worker_costs_no_chunk(picu: studies.Study, cluster: object, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.Client(cluster, set_as_default=False) as client:
        workers = list(client.run(os.getpid).values())
        killer = threading.Timer(0.4, lambda: os.kill(workers[0], signal.SIGKILL))
        killer.start()
        far = run(picu, tmp_path / "far", replicates=3000, truth=False, executor=client.get_executor(pure=False))
        killer.join()
    assert results(far.folder.path) == results(run(picu, tmp_path / "near", replicates=3000, truth=False).folder.path)


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(players, "WAITS", 0.5)
    study = studies.prepare(load(SCENARIOS / "textbook-ancova.yaml"))
    for address in ("nonsense", "tcp://127.0.0.1:9"):
        with pytest.raises(RunError) as refused, open_player(study, executor=address):
            pass
        assert refused.value.code == "TS-R013"
        assert address in refused.value.message


# ---------------------------------------------------------------- processes


def test_a_killed_process_costs_no_chunk(picu: studies.Study) -> None:
    pools: list[ProcessPoolExecutor] = []

    def start() -> Executor:
        pools.append(process_pool(2))
        return pools[-1]

    player = Elsewhere(start, task_of(picu, engine="fast"))
    player(range(100))  # the processes are up
    victim = next(iter(pools[0]._processes))
    killer = threading.Timer(0.05, lambda: os.kill(victim, signal.SIGKILL))
    killer.start()
    chunks = studies.stored_chunks(picu, range(3000), engine="fast")
    with ThreadPoolExecutor(2) as threads:
        played = list(threads.map(player, chunks))
    killer.join()
    player.close()
    assert len(pools) == 2  # one pool broke and one took its place
    for chunk, one in zip(chunks, played, strict=True):
        assert one.trial.tobytes() == studies.play(picu, chunk).trial.tobytes()


def test_workers_do_not_outlive_a_killed_parent() -> None:
    code = (
        "import os, sys\n"
        "from trialsim.runs.players import process_pool\n"
        "if __name__ == '__main__':\n"
        "    print(process_pool(1).submit(os.getpid).result(), flush=True)\n"
        "    os.kill(os.getpid(), 9)"
    )
    if os.name == "nt":
        pytest.skip("needs SIGKILL")
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    worker, deadline = int(told), time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/stat").is_file() and " Z " in Path(f"/proc/{worker}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the worker lives on")


class Breaking(Executor):
    """Loses every worker."""

    def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]  # whatever it is asked
        future: Future[object] = Future()
        future.set_exception(BrokenExecutor("lost"))
        return future


def test_workers_lost_again_and_again_end_the_run(picu: studies.Study) -> None:
    started: list[Breaking] = []

    def start() -> Executor:
        started.append(Breaking())
        return started[-1]

    player = Elsewhere(start, task_of(picu, engine="fast"))
    with pytest.raises(RunError, match="were lost") as ended:
        player(range(100))
    assert ended.value.code == "TS-R024"
    assert len(started) == 1 + ATTEMPTS


def test_a_worker_with_another_version_is_refused(picu: studies.Study) -> None:
    task = task_of(picu, engine="fast")
    for other in (replace(task, contract=task.contract + 1), replace(task, scenario_hash="0" * 32)):
        with pytest.raises(RunError) as refused:
            play_task(other, 0, 100)
        assert refused.value.code == "TS-R019"


def test_errors_keep_their_words_on_the_way_from_another_process() -> None:
    fault = Fault("TS-E001", "design", "is wrong", "mend it")
    with process_pool(1) as pool:
        for error in (RunError("full", code="TS-R007", remedy="make room"), ScenarioError([fault])):
            with pytest.raises(type(error)) as raised:
                pool.submit(_raise, error).result()
            assert str(raised.value) == str(error)
            assert raised.value.code == error.code


def _raise(error: Exception) -> None:
    raise error
