"""``trialsim protocol``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stages, stdout
from trialsim.cli.first import say_if_first
from trialsim.cli.options import ScenarioFile, code_option, json_option, quiet_option, set_option
from trialsim.cli.parse import REPLICATES, SEED, WORKERS
from trialsim.cli.text import print_answer, print_text
from trialsim.report.brief import Line

#: The forms of the document, and what each is.
FORMS = {"md": "Markdown", "html": "a page", "docx": "Word", "pdf": "PDF"}


class StudyOrRun(ScenarioFile):
    """A scenario file, a shipped scenario, or the folder of a run."""

    name = "scenario or folder"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The folder as it is; else the file."""
        return Path(str(value)) if Path(str(value)).is_dir() else super().convert(value, param, ctx)


class FormList(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.4 on
    """Forms of a document: ``md,docx``."""

    name = "md,html,docx,pdf"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The forms, each once."""
        if isinstance(value, tuple):
            return value
        forms = [one.strip().lower() for one in str(value).split(",") if one.strip()]
        for form in forms:
            if form not in FORMS:
                from trialsim.quantities.refuse import did_you_mean

                self.fail(f"'{form}' is not a form. {did_you_mean(form, list(FORMS), what='Forms')}", param, ctx)
        return tuple(dict.fromkeys(forms))


@click.command("protocol")
@click.argument("subject", metavar="SCENARIO", type=StudyOrRun())
@click.option(
    "--format", "-f", "forms", type=FormList(), help="Forms of the document; all that can be made by default."
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help="A file as questions.yaml with what the authors have answered; that in the output folder by default.",
)
@click.option(
    "--ranges",
    is_flag=True,
    help="Simulate each number with a plausible range at both ends, so that the text says how far the power moves.",
)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/NAME-protocol by default.")
@click.option(
    "--replicates",
    "-r",
    type=REPLICATES,
    help="Simulated trials, if they are not there; the scenario's number by default.",
)
@click.option("--seed", type=SEED, help="The seed; the scenario's by default.")
@click.option("--workers", "-w", type=WORKERS, help="Threads; by default one for each core.")
@set_option
@code_option
@quiet_option
@json_option
def command(
    subject: Path,
    forms: tuple[str, ...] | None,
    answers: Path | None,
    ranges: bool,
    out: Path | None,
    replicates: int | None,
    seed: int | None,
    workers: int | None,
    changes: tuple[str, ...],
    allow_code: bool,
    as_json: bool,
) -> None:
    """Write the sample-size section and the reporting checklists of a study, filled from its run.

    SCENARIO is a scenario file, the name of a shipped scenario, or the folder of a run. The run of a scenario is looked for in
    outputs/NAME; if it is not there, it is simulated first.
    """
    from trialsim.api.protocol import default_folder

    say_if_first()
    with stages(quiet=as_json) as progress:
        folder = out or default_folder(subject, set=changes)
        made = ts.protocol(
            subject, folder, set=changes, replicates=replicates, seed=seed, ranges=ranges, answers=answers, forms=forms or None,
            workers=workers, progress=progress, allow_code=allow_code,
        )  # fmt: skip
    document = made.document
    if as_json:
        print_json(_as_data(made))
        return
    look = Line("Look", f"Read {made.files[0]} first; all is in {made.folder}.")
    if not print_answer([Line("Gaps", document.gap_words), look, *(Line("Note", note) for note in document.notes)]):
        return
    for text in document.paragraphs:
        stdout.print()
        print_text(text)


def _as_data(made: Any) -> dict[str, Any]:
    document = made.document
    return {
        "scenario": document.name,
        "replicates": document.replicates,
        "folder": str(made.folder),
        "files": [str(path) for path in made.files],
        "gaps": [{"key": gap.key, "question": gap.question} for gap in document.gaps],
        "sample_size": list(document.paragraphs),
        "notes": list(document.notes),
        "rows": made.frame().to_dict("records"),
    }
