"""Look up every installed package in the public advisories: ``make audit`` runs this with pip-audit's own interpreter.

pip-audit counts a package the service does not know as skipped and ends with success, even when every package was
skipped. So a release with published advisories is looked up first: if nothing is said against it, nothing was audited.
Exit codes: 0 no advisory, 1 an advisory, 2 the service could not be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CONTROL = "jinja2==3.1.2"  # GHSA-h5c8-rqwp-cp95 and later ones: it must be reported

Report = dict[str, Any]


def look_up(*arguments: str) -> Report | None:
    """pip-audit's report on some packages; None if it could not be made."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        shared = ("--progress-spinner", "off", "--format", "json", "--output", str(file))
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *shared, *arguments], capture_output=True, text=True, check=False
        )
        if not file.exists() or not file.read_text(encoding="utf-8").strip():
            sys.stderr.write("\n".join(done.stderr.strip().splitlines()[-1:]) + "\n")
            return None
        report: Report = json.loads(file.read_text(encoding="utf-8"))
        return report


def advisories(report: Report) -> list[str]:
    """One line an advisory."""
    return [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package in report["dependencies"]
        for fault in package.get("vulns", ())
    ]


def skipped(report: Report) -> list[str]:
    """Packages the service did not know."""
    return [package["name"] for package in report["dependencies"] if "skip_reason" in package]


def verdict(control: Report | None, installed: Report | None) -> tuple[int, list[str]]:
    """Exit code and the lines to print."""
    if control is None or installed is None or not advisories(control):
        why = f"Nothing was said against {CONTROL}, which has published advisories."
        return 2, [
            "NOT AUDITED: the advisory service could not be asked.",
            "It broke off." if control and advisories(control) else why,
            "Run this again where the network is.",
        ]
    unknown, found = skipped(installed), advisories(installed)
    looked_up = len(installed["dependencies"]) - len(unknown)
    lines = [f"{looked_up} packages looked up, {len(found)} advisories."]
    if unknown:
        lines.append(f"{len(unknown)} not known to the service: {', '.join(unknown)}.")
    return (1 if found else 0 if looked_up else 2), lines + found


def main(site_packages: str) -> int:
    """Audit the packages in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control.txt"
        control.write_text(CONTROL + "\n", encoding="utf-8")
        seen = look_up("--no-deps", "--disable-pip", "--requirement", str(control))
    installed = look_up("--skip-editable", "--path", site_packages) if seen and advisories(seen) else None
    code, lines = verdict(seen, installed)
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
