"""Forty scripted students at once: how long a page and a click take while both cores simulate, and when the last run is done.

    python benchmarks/classroom.py picu-blood-draw --students 40

It starts the app on this computer only, in a folder of its own, and ends it. Bounded: at most 100 students and five minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

import trialsim as ts

PORT, REPLICATES, LONGEST = 18_770, 1_000, 300.0


class Student:
    """A browser of a student: a session, a token, and the time that each answer took."""

    def __init__(self, base: str, code: str, number: int, times: dict[str, list[float]]) -> None:
        self.client = httpx.AsyncClient(base_url=base, headers={"origin": base}, timeout=60, follow_redirects=True)
        self.code, self.number, self.times, self.text = code, number, times, ""

    async def get(self, path: str) -> str:
        began = time.perf_counter()
        found = await self.client.get(path)
        self.times["page"].append(time.perf_counter() - began)
        self.text = found.text
        return str(found.url)

    async def post(self, path: str, **values: object) -> str:
        token = re.search(r'name="token" value="([^"]+)"', self.text)
        data = {"token": token[1] if token else "", **{key: str(value) for key, value in values.items()}}
        began = time.perf_counter()
        found = await self.client.post(path, data=data)
        self.times["click"].append(time.perf_counter() - began)
        self.text = found.text
        if found.status_code != 200:
            raise SystemExit(f"{path}: {found.status_code} {found.text[-400:]}")
        return str(found.url)

    async def join(self) -> None:
        await self.get(f"/?code={self.code}")
        await self.post("/join", nickname=f"Student {self.number}", code=self.code)

    async def run(self, study: str, began: float) -> float:
        """Open a copy, change its seed so that no two ask the same, run it; seconds until the answer is there."""
        await self.get("/bench")
        address = await self.post("/bench/new", shipped=study)
        await self.get(address)
        text = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", self.text, re.DOTALL)[1]
        from html import unescape

        text = re.sub(r"seed: \d+", f"seed: {1000 + self.number}", unescape(text))
        await self.post(f"{address}/save", text=text)
        await ready.wait()
        began = time.perf_counter()
        page = await self.post(f"{address}/ask", kind="run", replicates=REPLICATES)
        while "It is being simulated" in self.text:
            await asyncio.sleep(1.0)  # as a reload by a student without a script
            await self.get(page)
        if "Take it home" not in self.text:
            raise SystemExit(self.text[-600:])
        return time.perf_counter() - began

    async def vote(self, choices: int) -> None:
        """Answer what is open, as in a lesson."""
        await self.get("/lesson")
        found = re.search(r'name="play" value="(\d+)"><input type="hidden" name="step" value="(\w+)"', self.text)
        if found:
            await self.post(
                "/lesson/answer",
                play=found[1],
                step=found[2],
                choice="abcd"[self.number % choices],
                reason=self.number % 3,
            )


ready = asyncio.Event()


def started(folder: Path) -> tuple[subprocess.Popen[str], str, str, str]:
    command = [sys.executable, "-m", "trialsim", "app", "--port", str(PORT), "--folder", str(folder / ".app")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if line.startswith("Stop it"):
            break
    text = "".join(lines)
    code, key = re.search(r"code=(\w+)", text)[1], re.search(r"key=(\S+)", text)[1]
    return process, re.search(r"(http://127\S+?)/", text)[1], code, key


def cpu_of_one(study: str) -> float:
    """CPU seconds of one run, warm."""
    made = ts.prepare(study)
    ts.evaluate(made, replicates=20, truth=False, workers=1)
    began = time.process_time()
    ts.evaluate(made, replicates=REPLICATES, truth=False, workers=1)
    return time.process_time() - began


def cpu_of(process: int) -> tuple[float, float]:
    """CPU seconds of the server and of its processes so far."""
    server = psutil.Process(process)
    times = [server.cpu_times(), *(one.cpu_times() for one in server.children(recursive=True))]
    seconds = [one.user + one.system for one in times]
    return seconds[0], sum(seconds[1:])


def shown(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]
    print(f"{name:<28}{len(times):>6}{statistics.median(times):>9.3f}{p95:>9.3f}{ordered[-1]:>9.3f}")


async def lesson(base: str, key: str, students: list[Student], times: dict[str, list[float]]) -> None:
    """A lesson for all of them, stage by stage, all at the same moment."""
    teacher = Student(base, "", 0, times)
    await teacher.get(f"/lecture/enter?key={key}")
    await teacher.post("/lecture/act", action="start", lesson="again")
    for action in ("next", "next", "next", "next", ""):
        await asyncio.gather(*(one.vote(3) for one in students))
        await asyncio.sleep(1.0)
        await teacher.get("/lecture")
        play = re.search(r'name="play" value="(\d+)"', teacher.text)[1]
        if action:
            await teacher.post("/lecture/act", action=action, play=play)
    await teacher.client.aclose()


async def main(study: str, count: int, cpu: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        process, base, code, key = started(Path(folder))
        idle: dict[str, list[float]] = {"page": [], "click": []}
        busy: dict[str, list[float]] = {"page": [], "click": []}
        students = [Student(base, code, number, idle) for number in range(1, count + 1)]
        try:
            async with asyncio.timeout(LONGEST):
                await asyncio.gather(*(one.join() for one in students))
                await lesson(base, key, students, idle)
                for one in students:
                    one.times = busy
                waiting = [asyncio.ensure_future(one.run(study, 0.0)) for one in students]
                await asyncio.sleep(12.0 if count > 10 else 3.0)
                busy["page"].clear()
                busy["click"].clear()
                before = cpu_of(process.pid)
                ready.set()
                last = max(await asyncio.gather(*waiting))
                used = [after - then for after, then in zip(cpu_of(process.pid), before, strict=True)]
        finally:
            for one in students:
                await one.client.aclose()
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
    bound = 1.3 * count * cpu / 2 + 2
    print(f"{study}: {count} students, {REPLICATES} trials each, {cpu:.2f} CPU s of one run")
    print(f"{'seconds':<28}{'n':>6}{'median':>9}{'95 %':>9}{'most':>9}")
    for name, times in (("lesson, page", idle["page"]), ("lesson, click", idle["click"]), ("both cores busy, page", busy["page"]),
                        ("both cores busy, click", busy["click"])):  # fmt: skip
        shown(name, times)
    print(f"CPU seconds meanwhile: server {used[0]:.1f}, processes {used[1]:.1f} ({count} x one = {count * cpu:.1f})")
    print(f"last of {count} runs after {last:.1f} s; bound 1.3 x {count} x {cpu:.2f} / 2 + 2 = {bound:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="?", default="picu-blood-draw")
    parser.add_argument("--students", type=int, default=40, choices=range(1, 101), metavar="1..100")
    asked = parser.parse_args()
    asyncio.run(main(asked.study, asked.students, cpu_of_one(asked.study)))
