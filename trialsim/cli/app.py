"""``trialsim app``."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from trialsim.cli.console import print_document, print_json, stderr, stdout
from trialsim.cli.options import json_option
from trialsim.cli.parse import WORKERS
from trialsim.errors import RunError

if TYPE_CHECKING:
    from trialsim.app.settings import Settings
    from trialsim.app.web import App

#: Packages of the extra ``app``.
NEEDED = {"starlette": "starlette", "uvicorn": "uvicorn", "multipart": "python-multipart", "segno": "segno"}


@click.command("app")
@click.option(
    "--class", "classroom", is_flag=True, help="Open it to the local network, with a join code and a QR code."
)
@click.option(
    "--solo", is_flag=True, help="Let 40 simulated students take part, where the network keeps clients apart."
)
@click.option(
    "--limit", type=click.IntRange(1, 300), default=60, show_default=True, metavar="N", help="The most students."
)
@click.option("--port", type=click.IntRange(1024, 65_000), default=8765, show_default=True, metavar="N",
              help="Where it listens; the next free one if it is taken.")  # fmt: skip
@click.option(
    "--workers", "-w", type=WORKERS, default=None, help="Processes that simulate; by default one for each core."
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("outputs/.app"), show_default=True,
              help="Where its state is: nicknames, answers, scenarios.")  # fmt: skip
@click.option("--remove", is_flag=True, help="Remove the state with everything in it, and end.")
@json_option
def command(
    classroom: bool, solo: bool, limit: int, port: int, workers: int | None, folder: Path, remove: bool, as_json: bool
) -> None:
    """Serve a classroom and a workbench to browsers, from this computer and without internet.

    Without options it is open to this computer only. Everything it stores is in one folder; `trialsim app --remove` removes it.
    """
    if remove:
        _remove(folder, as_json=as_json)
        return
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise RunError(
            f"the app needs {', '.join(missing)}.",
            code="TS-W006",
            remedy='Install it with: pip install "trialsim[app]".',
        )
    from trialsim.app.network import free_port, own_names
    from trialsim.app.server import serve
    from trialsim.app.settings import Settings

    host = "0.0.0.0" if classroom else "127.0.0.1"  # asked for by --class
    free = free_port(host, port)
    if free is None:
        raise RunError(
            f"the ports {port} to {port + 10} are taken.", code="TS-W007", remedy="Name another one with --port."
        )
    made = Settings(
        folder=folder,
        host=host,
        port=free,
        classroom=classroom,
        solo=solo,
        limit=limit,
    )
    if workers is not None:
        made = replace(made, workers=workers)
    if classroom:
        made = replace(made, names=(*made.names, *own_names()))
    stderr.print("Compiling what lessons and simulations need; the first time this takes a minute.", style="dim")
    serve(made, lambda parts: _started(parts, made, as_json=as_json))


def _remove(folder: Path, *, as_json: bool) -> None:
    from trialsim.app.state import remove

    if as_json:
        print_json({"folder": str(folder), "removed": remove(folder)})
        return
    stdout.print(
        f"Removed {folder} with everything in it." if remove(folder) else f"There is no {folder}.", highlight=False
    )


def _started(parts: App, settings: Settings, *, as_json: bool) -> None:
    """Say where it is, once everything is warm."""
    lecturer = f"{settings.address}/lecture/enter?key={parts.state.key}"
    students = f"{settings.join_address}/?code={parts.state.code}"
    if as_json:
        found = {"folder": str(settings.folder), "lecturer": lecturer, "students": students, "code": parts.state.code,
                 "network": settings.classroom}  # fmt: skip
        print_document(found, command="app", exit_code=0)
        return
    lines = [f"Lecturer  {lecturer}", f"Students  {students}"]
    if settings.classroom:
        lines.append(
            f"Open to everybody in this network; at most {settings.limit} students may join, with the code {parts.state.code}."
        )
    else:
        lines.append("Open to this computer only; with --class students in the same network can join.")
    if settings.solo:
        lines.append("40 simulated students take part; their answers are invented.")
    lines += [f"State     {settings.folder}", "Stop it with Ctrl+C."]
    for line in lines:
        stdout.print(line, soft_wrap=True, highlight=False, markup=False)
