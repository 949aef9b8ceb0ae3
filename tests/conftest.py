"""One cache of compiled functions for each state of the sources that decide what is compiled, set before trialsim is imported.

Numba's cache does not notice when a function that a kernel calls changes in another file; a stale kernel would be
tested in place of the new one.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests.kernels import sources_hash

if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker finds it set already
    folder = Path(os.environ.get("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / "trialsim-numba")))
    decided = sources_hash()
    os.environ["NUMBA_CACHE_DIR"] = str(folder if folder.name == decided else folder / decided)

# Programs that tests start read compiled modules, also where the environment asks Python to write none.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The everyday tests try the same examples every time; `make verify` looks for new ones (--hypothesis-profile search).
settings.register_profile("everyday", derandomize=True, deadline=None)  # a busy machine is no fault
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile("everyday")


@pytest.fixture(scope="module", autouse=True)
def _old_objects_at_rest() -> None:
    """What is alive before a file stays out of each collection of garbage: statsmodels asks for one in every call."""
    gc.collect()
    gc.freeze()
