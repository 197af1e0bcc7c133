"""The command line `mien`: a thin face of `Studio`.

Exit status: 0 done, 1 failed, 2 usage or bad input, 3 something is missing, 130 stopped by the user.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from checkpoints.errors import BadInput, MienError, Missing
from checkpoints.notices import gathering
from studio.request import RenderRequest, SayRequest
from ui.arguments import (
    OF_A_VOICE,
    SAY_HELP,
    behind_dashes,
    check_streams,
    dashed_text,
    fields_of,
    read_stdin,
    request_options,
    said_text,
    with_settings,
)
from ui.commands import media
from ui.commands.check import check
from ui.commands.train import train_app
from ui.console import Console, show_progress

app = typer.Typer(
    name="mien",
    help="Talking avatars that feel: text or a recording in, a talking-face video out.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="--debug anywhere tells all that libraries say, and where an error arose.",
)
checkpoints_app = typer.Typer(help="The weights: what there is, fetch it, check it.", no_args_is_help=True)
app.add_typer(checkpoints_app, name="checkpoints")
app.add_typer(train_app, name="train")
app.command()(check)
media.register(app)

DEMO_TEXT = (
    "[joy:0.7] Hello! I am a single photograph, and I have just learned to speak. "
    "[sadness:0.8] For years I hung on a wall, and nobody heard a word. "
    "[surprise:0.8] And now, look: [joy:0.9] I can tell you how I feel!"
)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@app.command()
@request_options("text", "audio", "video", out="out/demo.mp4")
def demo(quiet: Quiet = False, as_json: AsJson = False, **options: Any) -> None:
    """Make the demo clip: a portrait says three sentences with three feelings."""
    _render(RenderRequest(text=DEMO_TEXT, **fields_of(options)), quiet, as_json)


@app.command()
@request_options("text", "audio", "video")
def render(
    text: Annotated[str, typer.Argument(help="What is said, with marks such as \\[joy:0.6]; - reads it from stdin.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Text to clip."""
    _render(RenderRequest(text=said_text(text), **fields_of(options)), quiet, as_json)


@app.command()
@request_options("audio", "video", *OF_A_VOICE)
def animate(
    recording: Annotated[str, typer.Argument(help="A file with speech: wav, mp3, m4a, or a video's sound.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Recording to clip."""
    _render(RenderRequest(audio=recording, **fields_of(options)), quiet, as_json)


@app.command()
@request_options("text", "video", "emotion", "vad", "track", "seed", "motion_generator", "motion_style", *OF_A_VOICE)
def reenact(
    video: Annotated[str, typer.Argument(help="A video of a person, or a Live Link Face CSV.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Video of a person to clip: the portrait does what they do."""
    _render(RenderRequest(video=video, **fields_of(options)), quiet, as_json)


@app.command()
@request_options("text", request=SayRequest, own_help=SAY_HELP)
def say(
    text: Annotated[str, typer.Argument(help="What is said, with marks such as \\[joy:0.6]; - reads it from stdin.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Text to sound, without a picture."""
    from studio.studio import Studio

    said, options = said_text(text), fields_of(options)
    check_streams(SayRequest(**options).outputs())
    with show_progress(quiet or as_json) as progress:
        sound = Studio().say(said, progress=progress, **options)
    Console().warnings(sound.report, quiet)
    Console().sound(sound, as_json, quiet)


@app.command()
def perceive(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="A message, or files: a recording, a clip, a picture, a text; - reads a message from stdin."
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help="A message, also where it looks like the name of a file.")] = None,
    voice: Annotated[bool | None, typer.Option(help="Also read the voice; the person should agree.")] = None,
    face: Annotated[bool | None, typer.Option(help="Also read the face; the person should agree.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the words, for example de.")] = None,
    speaker: Annotated[str | None, typer.Option(help="Who is read where several speak: A, B, …")] = None,
    face_number: Annotated[int | None, typer.Option(min=1, help="Which face, counted from the left.")] = None,
    speech_model: Annotated[
        str, typer.Option(help="mien, audeering-msp-dim or superb-er (name:FOLDER loads it from there).")
    ] = "mien",
    bank: Annotated[bool, typer.Option("--bank", help="Show the nearest codes of the emotion bank.")] = False,
    plot: Annotated[str | None, typer.Option(help="Draw the feeling over time into this .png, .svg or .pdf.")] = None,
    track: Annotated[str | None, typer.Option(help="Write the feeling over time, for render --track.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What does a person feel? From words, and from voice and face where you allow it."""
    from ui.perceiving import perceive_and_write

    voice = _allowed("MIEN_READ_VOICE") if voice is None else voice
    face = _allowed("MIEN_READ_FACE") if face is None else face
    given = [source for source in sources or [] if source != "-"]
    said = [text] if text is not None else []
    said += [read_stdin()] if "-" in (sources or []) else []  # what comes in is never taken for the name of a file
    options = {
        "text": "\n".join(said) if said else None,
        "voice": voice,
        "face": face,
        "language": language,
        "speaker": speaker,
        "face_number": face_number,
    }
    check_streams(Path(out) for out in (plot, track) if out is not None)
    with show_progress(quiet or as_json) as progress:
        found = perceive_and_write(
            given, options | {"speech_model": speech_model, "progress": progress}, plot=plot, track=track
        )
    Console().perception(found, as_json, bank, quiet)


@app.command()
def voices(
    language: Annotated[str | None, typer.Option(help="Only voices of this language, for example en-us.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the voices by language and gender: which are ready, and what the others need."""
    from generators.voice.catalog import list_voices

    chosen = [v for v in list_voices() if language is None or v.language.lower().startswith(language.lower())]
    if not chosen:
        known = sorted({voice.language for voice in list_voices()})
        raise BadInput(f"There is no voice for the language “{language}”; there are {', '.join(known)}.")
    Console().voices(chosen, as_json)


@app.command()
def generators(as_json: AsJson = False) -> None:
    """List the generators of voice, motion and head, ours and those of installed packages, with their settings."""
    from generators import registry

    Console().generators([spec for kind in registry.KINDS for spec in registry.specs(kind)], as_json)


@checkpoints_app.command("list")
def list_checkpoints(as_json: AsJson = False) -> None:
    """List every set of weights, its licence, size and whether it is here."""
    import checkpoints

    here = {name: checkpoints.is_present(name) for name in checkpoints.catalog()}
    Console().checkpoints(checkpoints.catalog(), here, as_json)


@checkpoints_app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names of sets; without any, all of them.")] = None,
    quiet: Quiet = False,
) -> None:
    """Fetch sets of weights."""
    import checkpoints

    chosen = names or list(checkpoints.catalog())
    with show_progress(quiet) as progress:
        checkpoints.pull(chosen, lambda name, done, total: progress(f"weights {name}", done, total))
    if not quiet:
        Console().line(f"{len(chosen)} sets of weights are here.")


@checkpoints_app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names of sets; without any, all that are here.")] = None,
) -> None:
    """Read every byte of the weights that are here and compare with the catalogue."""
    import checkpoints

    problems = checkpoints.verify(names or None)
    if problems:
        raise Missing(" ".join(problems))
    Console().line("Every byte of what is here is as it should be.")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look whether this machine has what it needs, without using the network."""
    from studio.doctor import examine

    findings = examine()
    Console().findings(findings, as_json)
    if any(not finding.good for finding in findings):
        raise typer.Exit(Missing.exit_status)


@app.command()
def studio(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 7860,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Open the studio page on this machine, and on this machine only."""
    try:
        from ui.web.page import serve
    except ModuleNotFoundError as error:
        raise Missing(f"The page needs the package {error.name}: run pip install mien-studio.") from error

    serve(port, browser, lambda address: Console().line(f"The studio is at {address} (Ctrl-C ends it)."))


def main() -> None:
    """The entry point of `mien` as a program."""
    _open_closed_streams()
    if "--debug" not in sys.argv:
        _mute_native_libraries()
    signal.signal(signal.SIGTERM, _stop_at_once)
    status = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if status:
        os._exit(status)  # a thread inside a long native call must neither hold up the user nor complain
    sys.exit(0)


def run(arguments: list[str]) -> int:
    """Carry out one command and return its exit status; errors become one sentence on stderr."""
    debug = "--debug" in arguments
    logging.basicConfig(level=logging.DEBUG if debug else logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("default" if debug else "ignore")
        return _status_of([argument for argument in arguments if argument != "--debug"], debug)


def _status_of(arguments: list[str], debug: bool) -> int:
    try:
        arguments = with_settings(arguments)
        if (text := dashed_text(arguments)) is not None:
            raise behind_dashes(text)
        status = _carried_out(arguments)
    except MienError as error:
        Console().error(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        return 1
    except Exception as error:
        if debug:
            raise
        if sentence := getattr(error, "format_message", None):  # Typer's own: a wrong option, a missing argument
            text = dashed_text(arguments, values_too=True) if hasattr(error, "option_name") else None
            Console().error(str(behind_dashes(text)) if text is not None else sentence())
            return getattr(error, "exit_code", 2)
        where = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
        what = f"{type(error).__name__}: {error}"
        Console().error(f"Something went wrong inside{where} ({what}); run again with --debug.")
        return 1
    if status == 130:
        Console().error("Stopped; nothing half-written is left.")
    return status


def _open_closed_streams() -> None:
    """Where a program that starts us has closed a standard stream, no file of ours may take its number."""
    for number, name, mode in ((0, None, "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
            if name is not None:
                setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))


def _mute_native_libraries() -> None:
    """Send what native libraries write to file descriptor 2 nowhere; our own stderr stays."""
    ours = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = open(ours, "w", encoding="utf-8", errors="replace", buffering=1)  # noqa: SIM115


def _stop_at_once(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _render(request: RenderRequest, quiet: bool, as_json: bool) -> None:
    from studio.studio import Studio

    check_streams(request.outputs())
    with show_progress(quiet or as_json) as progress:
        clip = Studio().render(request, progress=progress)
    Console().warnings(clip.report, quiet)
    if as_json:
        Console().line(json.dumps({"path": str(clip.path), **clip.report}, ensure_ascii=False))
    elif not quiet:
        Console().line(_summary(clip.path, clip.report))


def _summary(path: Path, report: dict[str, Any]) -> str:
    line = f"{path} ({report['duration_s']:.1f} s made in {report['timings_s']['whole']:.1f} s)"
    return f"{line}\n{_grade(report['self_check'])}" if report["self_check"] else line


def _grade(check: dict[str, Any]) -> str:
    """The self-check in one line; what could not be judged is left out."""
    lips, life = check["lips"], check["life"]
    judged = [
        ("words wrong {:.0%}", check["word_error_rate"]),
        ("p b m closed {:.0%}", lips["closed_share"]),
        ("open vowels open {:.0%}", lips["open_share"]),
        ("lips {:+.0f} ms after the sound", lips["lag_ms"]),
        ("{:.0f} blinks a minute", life["blinks_per_min"]),
    ]
    return "self-check: " + ", ".join(form.format(value) for form, value in judged if value is not None)


def _allowed(name: str) -> bool:
    """Whether a setting allows something; nothing but a clear yes does."""
    value = os.environ.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("", "0", "false", "no", "off"):
        return False
    raise BadInput(f"{name} is “{value}”; it must be 1 or 0.")


def _carried_out(arguments: list[str]) -> int:
    """Run the command; what is noticed outside any render, while inputs are read, is told here."""
    notices: list[str] = []
    try:
        with gathering(notices):
            return app(arguments, prog_name="mien", standalone_mode=False) or 0
    finally:
        Console().warnings({"warnings": notices}, quiet=not {"-q", "--quiet"}.isdisjoint(arguments))


if __name__ == "__main__":
    main()
