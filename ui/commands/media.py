"""`mien join`, `mien reframe`, `mien caption`: finished clips made into others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ui.arguments import check_streams
from ui.console import Console, show_progress

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Out = Annotated[str, typer.Option("--out", "-o", help="Where the new clip goes (.mp4); its report lies beside it.")]
OneClip = Annotated[str, typer.Argument(metavar="CLIP", help="A video.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `mien`."""
    for command in (join, reframe, caption):
        app.command()(command)


def join(
    clips: Annotated[list[str], typer.Argument(metavar="CLIP...", help="Videos, in their order.")],
    out: Out = "out/joined.mp4",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Several clips to one, at the size and frame rate of the first."""
    from studio.media.edit import join_clips

    check_streams([Path(out)])
    with show_progress(quiet or as_json) as progress:
        made = join_clips(clips, out, progress=progress)
    _tell(made, quiet, as_json)


def reframe(
    clip: OneClip,
    aspect: Annotated[str, typer.Option(help="9:16, 16:9, 1:1, 4:3 or a size such as 720x960.")],
    background: Annotated[str, typer.Option(help="#rrggbb or a picture to stand beside the clip.")] = "#000000",
    fill: Annotated[bool, typer.Option("--fill", help="Fill the frame and cut off what is over.")] = False,
    out: Out = "out/reframed.mp4",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """A clip in another shape."""
    from studio.media.edit import reframe_clip

    check_streams([Path(out)])
    with show_progress(quiet or as_json) as progress:
        made = reframe_clip(clip, aspect, out, background=background, fill=fill, progress=progress)
    _tell(made, quiet, as_json)


def caption(
    clip: OneClip,
    srt: Annotated[
        str | None,
        typer.Option(help="An SRT or VTT file; without it the clip's report or its own file, else listening."),
    ] = None,
    language: Annotated[str | None, typer.Option(help="What is spoken where it must be heard, for example de.")] = None,
    out: Out = "out/captioned.mp4",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Captions burnt into a clip."""
    from studio.media.edit import caption_clip

    check_streams([Path(out)])
    with show_progress(quiet or as_json) as progress:
        made = caption_clip(clip, out, srt=srt, language=language, progress=progress)
    _tell(made, quiet, as_json)


def _tell(made, quiet: bool, as_json: bool) -> None:
    report = made.report
    Console().warnings(report, quiet)
    if as_json:
        Console().line(json.dumps({"path": str(made.path), **report}, ensure_ascii=False))
    elif not quiet:
        Console().line(f"{made.path} ({report['duration_s']:.1f} s made in {report['timings_s']['whole']:.1f} s)")
