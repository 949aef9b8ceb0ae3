"""A process of the pool that simulates nothing: it echoes, waits, fails and ends when it is asked to."""

import os
import time

from trialsim.app import tasks, worker


def echo(asked, _):
    return {"echo": asked.get("say"), "process": os.getpid()}


def wait(asked, report):
    for step in range(round(asked["seconds"] / 0.02)):
        report(step / 1000, f"step {step}")
        time.sleep(0.02)
    return {"waited": asked["seconds"], "process": os.getpid()}


def hang(asked, _):
    time.sleep(asked["seconds"])
    return {}


def end(*_):
    os._exit(3)


def fail(*_):
    raise RuntimeError("planted")


if __name__ == "__main__":
    tasks.TASKS.clear()
    tasks.TASKS.update(warm=echo, echo=echo, wait=wait, hang=hang, end=end, fail=fail)
    worker.main()
