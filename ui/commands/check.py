"""`mien check CLIP`: a clip measured by its own pixels and sound, beside the aims and a real talker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from checkpoints.errors import BadInput
from checkpoints.text_files import read_text_file
from ui.console import Console, show_progress

if TYPE_CHECKING:
    from studio.quality.metrics import ClipReport


def check(
    clip: Annotated[Path, typer.Argument(help="A video of a talking face; its report is read where it lies beside.")],
    text: Annotated[str | None, typer.Option(help="What the clip says, where no report tells.")] = None,
    phones: Annotated[
        Path | None, typer.Option(help="A JSON list of \\[symbol, start_s, end_s], where no report tells.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the words, for example de.")] = None,
    words: Annotated[bool, typer.Option(help="Listen to the words, where they are known.")] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the result.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """How good is a clip? Lips, life, stillness and words, measured on the finished file."""
    from studio.quality.metrics import measure_clip

    told = _report_beside(clip)
    request = dict(told.get("request") or {})
    rows = _json_of(phones) if phones else told.get("phones", ())
    with show_progress(quiet or as_json) as progress:
        report = measure_clip(
            clip,
            phones=_phones(rows, phones or clip),
            text=(text or request.get("text")) if words else None,
            language=language or _spoken_language(request, text),
            progress=lambda share: progress("watching", share, 1.0),
        )
    if as_json:
        Console().line(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
    else:
        _show(report)


def _report_beside(clip: Path) -> dict[str, Any]:
    """The clip's own report, or an empty one."""
    beside = clip.with_suffix(".report.json")
    found = _json_of(beside) if beside.is_file() else {}
    if not isinstance(found, dict):
        raise BadInput(f"{beside} is no report of a clip.")
    return found


def _json_of(path: Path) -> Any:
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    try:
        return json.loads(read_text_file(path))
    except ValueError as error:
        raise error if isinstance(error, BadInput) else BadInput(f"{path} is no JSON: {error}.") from error


def _phones(rows: Any, source: Path) -> list[Any]:
    from studio.quality.metrics import read_phones

    try:
        return read_phones(rows)
    except (TypeError, ValueError, IndexError, KeyError):
        raise BadInput(f"The phones of {source} are no list of [symbol, start_s, end_s, stress, word_index].") from None


def _spoken_language(request: dict[str, Any], text: str | None) -> str | None:
    """The language that a report tells for its own text; None where the words are others, to be heard."""
    from studio.quality.metrics import language_of

    return None if text else language_of(request)


def _show(report: ClipReport) -> None:
    """Two tables on stdout: measures beside aims, and what the face showed."""
    from rich.box import SIMPLE
    from rich.console import Console as RichConsole
    from rich.table import Table

    from studio.quality.table import table_rows

    console = RichConsole(highlight=False, markup=False)
    width, height = report.size
    title = f"{report.duration_s:.2f} s, {width}×{height}, {report.fps:g} fps"
    table = Table("measure", "this clip", "aim", "a real talker", box=SIMPLE, title=title)
    for row in table_rows(report):
        table.add_row(*row)
    console.print(table)
    if report.heard is not None:
        console.print(f"heard: {report.heard}")
    face = Table("on the face, mean", "", box=SIMPLE)
    for name, value in report.expression.items():
        face.add_row(name, f"{value:.3f}")
    console.print(face)
