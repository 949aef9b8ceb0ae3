"""SciPy waits until something of it is used, and is itself then."""

from __future__ import annotations

import subprocess
import sys


def test_it_is_imported_when_used_and_not_before() -> None:
    code = (
        "import sys; from trialsim.heavy import special, stats; assert 'scipy' not in sys.modules; "
        "quantile = special.ndtri(0.975); assert 'scipy.special' in sys.modules and 'scipy.stats' not in sys.modules; "
        "import scipy.special, scipy.stats; assert special.ndtri is scipy.special.ndtri and stats.norm is scipy.stats.norm; "
        "print(quantile)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1.959963984540054"


def test_a_name_that_it_does_not_have_is_refused() -> None:
    from trialsim.heavy import special

    assert not hasattr(special, "no_such_function")
    assert not hasattr(special, "__wrapped__")
