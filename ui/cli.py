"""The command line `mien`: a thin face of `Studio`.

Exit status: 0 done, 1 failed, 2 usage or bad input, 3 something is missing, 130 stopped by the user.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import logging
import os
import re
import shlex
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from checkpoints.errors import BadInput, MienError, Missing
from checkpoints.notices import gathering
from checkpoints.text_files import decode_text
from studio.request import RenderRequest, is_too_long
from studio.say import SayRequest
from ui.console import Console, show_progress

app = typer.Typer(
    name="mien",
    help="Talking avatars that feel: text or a recording in, a talking-face video out.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
checkpoints_app = typer.Typer(help="The weights: what there is, fetch it, check it.", no_args_is_help=True)
app.add_typer(checkpoints_app, name="checkpoints")

DEMO_TEXT = (
    "[joy:0.7] Hello! I am a single photograph, and I have just learned to speak. "
    "[sadness:0.8] For years I hung on a wall, and nobody heard a word. "
    "[surprise:0.8] And now, look: [joy:0.9] I can tell you how I feel!"
)

_HELP = {
    "text": "What the recording says, when you know it (marks allowed).",
    "audio": "A sound to go with the video instead of its own.",
    "portrait": "A photo with one face; without it the demo's astronaut speaks.",
    "voice": "A name from `mien voices`, or a file or folder with a voice; without it the generator's own.",
    "language": "Language of the text, for example en-us; the voice knows its own.",
    "voice_reference": "A recording whose voice shall speak; its owner must agree.",
    "consent": "Who agreed to have their voice used.",
    "consent_date": "The day on which they agreed, for example 2026-11-02.",
    "emotion": "joy, joy:0.6 or joy:0.7,sadness:0.3.",
    "vad": "Valence,arousal,dominance, each from -1 to 1.",
    "track": "A JSON file of feelings over time.",
    "rate": "Speaking rate, 0.5 to 2.",
    "pitch": "Pitch shift in semitones, -12 to 12.",
    "seed": "The same seed gives the same frames.",
    "fps": "Frames per second, 1 to 60.",
    "size": "512, 720x960, photo, 1:1, 9:16 or 16:9.",
    "background": "#rrggbb or a picture to stand behind the person.",
    "captions": "Burn captions into the picture.",
    "srt": "Write clip.srt beside the clip.",
    "vtt": "Write clip.vtt beside the clip.",
    "motion_csv": "Write clip.motion.csv (Live Link Face) beside the clip.",
    "face": "Which face, counted from 1 left to right, when the photo shows several.",
    "voice_generator": "Which voice generator.",
    "motion_generator": "diffusion, procedural, or diffusion:FOLDER with a model of your own.",
    "motion_style": "head:1,blinks:-0.5, or a video or CSV whose style is taken.",
    "csv_fps": "Frames per second of a Live Link Face CSV, where its timecodes do not tell, or tell wrong.",
    "head_generator": "Which head generator.",
    "check": "Let the product grade the clip with its own eyes and ears.",
    "out": "Where the clip goes (.mp4).",
}
_SAY_HELP = {"out": "Where the sound goes (.wav, .flac, .mp3 or .ogg)."}
_FLAGS = {
    "motion_generator": ["--motion", "--motion-generator"],
    "voice_reference": ["--voice-reference", "--reference"],
    "consent": ["--i-have-consent"],
}
# What a file is for that was named where a text belongs.
_USES = {
    "mien animate {0}": (".wav", ".mp3", ".m4a", ".flac", ".ogg", ".opus", ".aac"),
    "mien reenact {0}": (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".csv"),
    "--portrait {0}": (".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".bmp", ".tif", ".tiff"),
    "--track {0}": (".json",),
}
_DASHED_TEXT = re.compile(r"-\d|-(?![pevo]\S)[^=]*\s")
_OF_A_VOICE = ("voice", "voice_reference", "consent", "consent_date", "rate", "pitch", "voice_generator")
_SHORT = {"portrait": "-p", "emotion": "-e", "voice": "-v", "out": "-o"}

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def request_options(
    *left_out: str, request: type = RenderRequest, own_help: dict[str, str] | None = None, **defaults: Any
) -> Callable:
    """Give a command the fields of a request as options, so that both always have the same names."""
    texts = _HELP | (own_help or {})

    def decorate(command: Callable) -> Callable:
        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.kind is not p.VAR_KEYWORD]
        kinds = get_type_hints(request)
        fields = [f for f in dataclasses.fields(request) if f.name not in left_out]
        options = [_option(f.name, kinds[f.name], defaults.get(f.name, f.default), texts[f.name]) for f in fields]
        command.__signature__ = inspect.Signature([*own, *options])
        return command

    return decorate


def _option(name: str, kind: Any, default: Any, text: str) -> inspect.Parameter:
    flags = _FLAGS.get(name, ["--" + name.replace("_", "-")]) + ([_SHORT[name]] if name in _SHORT else [])
    annotation = Annotated[kind, typer.Option(*flags, help=text)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


@app.command()
@request_options("text", "audio", "video", out="out/demo.mp4")
def demo(quiet: Quiet = False, as_json: AsJson = False, **options: Any) -> None:
    """Make the demo clip: a portrait says three sentences with three feelings."""
    _render(RenderRequest(text=DEMO_TEXT, **options), quiet, as_json)


@app.command()
@request_options("text", "audio", "video")
def render(
    text: Annotated[str, typer.Argument(help="What is said, with marks such as \\[joy:0.6]; - reads it from stdin.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Text to clip."""
    _render(RenderRequest(text=_said(text), **options), quiet, as_json)


@app.command()
@request_options("audio", "video", *_OF_A_VOICE)
def animate(
    recording: Annotated[str, typer.Argument(help="A file with speech: wav, mp3, m4a, or a video's sound.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Recording to clip."""
    _render(RenderRequest(audio=recording, **options), quiet, as_json)


@app.command()
@request_options("text", "video", "emotion", "vad", "track", "seed", "motion_generator", "motion_style", *_OF_A_VOICE)
def reenact(
    video: Annotated[str, typer.Argument(help="A video of a person, or a Live Link Face CSV.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Video of a person to clip: the portrait does what they do."""
    _render(RenderRequest(video=video, **options), quiet, as_json)


@app.command()
@request_options("text", request=SayRequest, own_help=_SAY_HELP)
def say(
    text: Annotated[str, typer.Argument(help="What is said, with marks such as \\[joy:0.6]; - reads it from stdin.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Text to sound, without a picture."""
    from studio.studio import Studio

    said = _said(text)
    _check_streams(SayRequest(**options).outputs())
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
    said += [_read_stdin()] if "-" in (sources or []) else []  # what comes in is never taken for the name of a file
    options = {
        "text": "\n".join(said) if said else None,
        "voice": voice,
        "face": face,
        "language": language,
        "speaker": speaker,
        "face_number": face_number,
    }
    _check_streams(Path(out) for out in (plot, track) if out is not None)
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
        if (text := _dashed_text(arguments)) is not None:
            raise _behind_dashes(text)
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
        if hasattr(error, "format_message"):  # Typer's own: a wrong option, a missing argument
            text = _dashed_text(arguments, values_too=True) if hasattr(error, "option_name") else None
            Console().error(str(_behind_dashes(text)) if text is not None else error.format_message())
            return getattr(error, "exit_code", 2)
        Console().error(f"Something went wrong inside ({type(error).__name__}: {error}); run again with --debug.")
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

    _check_streams(request.outputs())
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


def _check_streams(outputs: Iterable[Path]) -> None:
    """Raise `BadInput` where the shell has opened a file to be written as our stdin or stdout."""
    for path in outputs:
        for number, what in ((0, "what comes in on stdin"), (1, "where stdout goes")):
            try:
                is_one = os.path.samestat(os.fstat(number), path.stat())
            except (OSError, ValueError):  # it is closed, or there is no such file yet
                continue
            if is_one:
                raise BadInput(f"{path} is also {what}, and this would overwrite it; name another file.")


def _read_stdin() -> str:
    if sys.stdin is None:
        raise BadInput("There is no text on stdin: it is closed. Give the text itself in place of -.")
    return decode_text(sys.stdin.buffer.read(), "The text on stdin")


def _said(text: str) -> str:
    """The text to say: what comes in on stdin for -, else the argument, unless it must be a file that is meant."""
    if text == "-":
        return _read_stdin()
    if not is_too_long(Path(text)) and Path(text).is_file():
        kind = Path(text).suffix.lower()
        use = next((use for use, suffixes in _USES.items() if kind in suffixes), "mien say - < {0}")
        raise BadInput(
            f"There is a file {text}; is it meant? Then write: {use.format(shlex.quote(text))}. "
            "To have its name said, put a full stop behind it."
        )
    return text


def _carried_out(arguments: list[str]) -> int:
    """Run the command; what is noticed outside any render, while inputs are read, is told here."""
    notices: list[str] = []
    try:
        with gathering(notices):
            return app(arguments, prog_name="mien", standalone_mode=False) or 0
    finally:
        Console().warnings({"warnings": notices}, quiet=not {"-q", "--quiet"}.isdisjoint(arguments))


def _dashed_text(arguments: list[str], values_too: bool = False) -> str | None:
    """A text among the arguments that begins like an option, as “-5 degrees” does; what may be the value of an option
    only where `values_too`."""
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for before, argument in zip(["", *given], given, strict=False):
        if _DASHED_TEXT.match(argument) and (values_too or not before.startswith("-")):
            return argument
    return None


def _behind_dashes(text: str) -> BadInput:
    return BadInput(f"“{text}” begins like an option; put -- before it: -- {shlex.quote(text)}")


if __name__ == "__main__":
    main()
