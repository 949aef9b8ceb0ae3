"""One cache of compiled functions for each state of the sources, set before trialsim is imported.

Numba's cache does not notice when a function that a kernel calls changes in another file; a stale kernel would be
tested in place of the new one.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).parent.parent


def sources_hash() -> str:
    """Hash of every Python file of the package."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted((ROOT / "trialsim").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


folder = Path(os.environ.get("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / "trialsim-numba")))
if folder.name != sources_hash():  # a worker of pytest-xdist finds it set already
    os.environ["NUMBA_CACHE_DIR"] = str(folder / sources_hash())

# Programs that tests start read compiled modules, also where the environment asks Python to write none.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The everyday tests try the same examples every time; `make verify` looks for new ones (--hypothesis-profile search).
settings.register_profile("everyday", derandomize=True, deadline=None)  # a busy machine is no fault
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile("everyday")
