"""Every code that trialsim can show stands in docs/errors.md, once, and no other."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"TS-[A-Z]\d{3}")


def test_codes_and_their_page_agree() -> None:
    shown = {
        code for file in (ROOT / "trialsim").rglob("*.py") for code in CODE.findall(file.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    told = Counter(re.findall(r"^\| (TS-[A-Z]\d{3}) \|", page, flags=re.MULTILINE))
    assert shown - set(told) == set()
    assert set(told) - shown == set()
    assert max(told.values()) == 1
    assert len(shown) > 100
