"""A process that simulates: it reads tasks as lines of JSON and answers in lines of JSON, and ends with its parent.

The parent holds the other end of the pipe from which it reads. Whatever ends the parent closes that end, on every system and also
when nothing else of the parent could still run; a thread waits for it and ends the process at once, in the midst of a play.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from contextlib import suppress
from typing import IO, Any

from trialsim.errors import ScenarioError, TrialsimError

#: Long simulations step back before pages and short questions: added to the niceness of the process.
NICENESS = 10

#: The most memory of a process [bytes]: what needs more fails alone.
MOST_MEMORY = 6 * 2**30

#: Progress is reported at most this often [s].
OFTEN = 0.2


class CanceledError(Exception):
    """Nobody waits for this play any more."""


class TaskDesk:
    """The two pipes of a worker: tasks come in, answers go out."""

    def __init__(self, incoming: IO[str], outgoing: IO[str]) -> None:
        self.tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.canceled = threading.Event()
        self._incoming, self._outgoing = incoming, outgoing
        self._reported = 0.0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._incoming:
            message = json.loads(line)
            if message.get("cancel"):
                self.canceled.set()
            else:
                self.canceled.clear()
                self.tasks.put(message)
        os._exit(0)  # the parent has ended or wants this process to end

    def send(self, message: dict[str, Any]) -> None:
        """One line to the parent; without a parent the process ends."""
        try:
            self._outgoing.write(json.dumps(message, allow_nan=False) + "\n")
            self._outgoing.flush()
        except (OSError, ValueError):
            os._exit(0)

    def report(self, share: float, words: str = "") -> None:
        """How far a play is, from 0 to 1.

        Raises
        ------
        CanceledError
            when nobody waits for it any more
        """
        if self.canceled.is_set():
            raise CanceledError
        if time.monotonic() - self._reported >= OFTEN:
            self._reported = time.monotonic()
            self.send({"progress": min(max(share, 0.0), 1.0), "words": words})


def answer(task: dict[str, Any], desk: TaskDesk) -> dict[str, Any]:
    """The answer to one task: its result, or what is wrong in words."""
    from trialsim.app.tasks import TASKS

    try:
        return {"result": TASKS[task["kind"]](task["asked"], desk.report)}
    except CanceledError:
        return {"canceled": True}
    except ScenarioError as error:
        return {"trouble": str(error), "faults": [one.as_data() for one in error.faults]}
    except TrialsimError as error:
        return {"trouble": str(error)}
    except MemoryError:
        return {"trouble": "This needs more memory than a play may use."}
    except Exception:  # a defect of trialsim must not end the class
        traceback.print_exc(file=sys.stderr)
        return {
            "trouble": "This failed for a reason that trialsim has no words for; the terminal of the app shows more."
        }


def limit_itself() -> None:
    """Step back before pages, and take only a share of the memory, where the system has words for it."""
    with suppress(AttributeError, OSError):
        os.nice(NICENESS)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main() -> None:
    """Answer tasks until the parent ends."""
    incoming = os.fdopen(os.dup(0), encoding="utf-8")
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # what a package prints must not get between the answers
    sys.stdout = sys.stderr
    desk = TaskDesk(incoming, outgoing)
    if "--long" in sys.argv:
        limit_itself()
    while True:
        desk.send(answer(desk.tasks.get(), desk))


if __name__ == "__main__":
    main()
