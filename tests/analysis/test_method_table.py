"""Methods are loaded when first asked for, by whichever threads ask."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import ModuleType

import pytest

from trialsim.analysis.methods import table


def test_a_thread_that_asks_while_another_loads_finds_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    loading = threading.Event()

    def slowly(name: str) -> ModuleType:
        loading.set()
        time.sleep(0.1)
        return import_module(name)

    monkeypatch.setattr(table, "import_module", slowly)
    methods = table.MethodTable()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(methods.__getitem__, ("ancova", "two"))
        assert loading.wait(10)
        second = threads.submit(methods.__getitem__, ("ancova", "two"))
        assert first.result() is second.result()


def test_a_name_without_a_file_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        table.MethodTable()["not-a-test", "two"]
