"""What is written behind `mien`: the fields of a request as options, settings of generators, texts and streams."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from checkpoints.errors import BadInput
from checkpoints.text_files import decode_text
from generators.spec import KINDS
from studio.checks import is_too_long
from studio.request import RenderRequest

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
    "motion_generator": "Which motion generator; NAME:FOLDER is a model of your own.",
    "motion_style": "head:1,blinks:-0.5, or a video or CSV whose style is taken.",
    "csv_fps": "Frames per second of a Live Link Face CSV, where its timecodes do not tell, or tell wrong.",
    "head_generator": "Which head generator.",
    "options": "A setting of a generator, as motion.n_steps=8; --motion.n-steps 8 is the same.",
    "check": "Let the product grade the clip with its own eyes and ears.",
    "out": "Where the clip goes (.mp4).",
}
SAY_HELP = {"out": "Where the sound goes (.wav, .flac, .mp3 or .ogg)."}
_FLAGS = {
    "options": ["--set"],
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
OF_A_VOICE = ("voice", "voice_reference", "consent", "consent_date", "rate", "pitch", "voice_generator")
_SHORT = {"portrait": "-p", "emotion": "-e", "voice": "-v", "out": "-o"}
_SETTING = re.compile(rf"--((?:{'|'.join(KINDS)})\.[\w-]+)(?:=(.*))?", re.DOTALL)


def request_options(
    *left_out: str, request: type = RenderRequest, own_help: dict[str, str] | None = None, **defaults: Any
) -> Callable:
    """Give a command the fields of a request as options, so that both always have the same names."""
    texts = _HELP | (own_help or {})

    def decorate(command: Callable) -> Callable:
        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.kind is not p.VAR_KEYWORD]
        kinds = get_type_hints(request)
        order = list(_HELP)
        fields = [f for f in dataclasses.fields(request) if f.name not in left_out]
        fields.sort(key=lambda field: order.index(field.name))
        options = [_option(f.name, kinds[f.name], defaults.get(f.name, f.default), texts[f.name]) for f in fields]
        command.__signature__ = inspect.Signature([*own, *options])
        return command

    return decorate


def _option(name: str, kind: Any, default: Any, text: str) -> inspect.Parameter:
    flags = _FLAGS.get(name, ["--" + name.replace("_", "-")]) + ([_SHORT[name]] if name in _SHORT else [])
    kind = list[str] | None if name == "options" else kind  # each NAME=VALUE by itself
    annotation = Annotated[kind, typer.Option(*flags, help=text)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def fields_of(given: dict[str, Any]) -> dict[str, Any]:
    """A command's options as fields of a request: settings of generators by kind, read as JSON where they are that."""
    settings: dict[str, dict[str, Any]] = {}
    for one in given.get("options") or ():
        place, has_value, value = one.partition("=")
        kind, has_name, name = place.partition(".")
        if not (has_value and has_name):
            raise BadInput(f"“{one}” is no setting of a generator; write for example motion.n_steps=8.")
        settings.setdefault(kind, {})[name.replace("-", "_")] = _json_or_text(value)
    return {**given, "options": settings or None}


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def with_settings(arguments: list[str]) -> list[str]:
    """Arguments in which `--motion.n-steps 8` and `--motion.n-steps=8` are written as `--set motion.n-steps=8`."""
    found, waiting, rest = [], None, iter(arguments)
    for argument in rest:
        if argument == "--" and waiting is None:
            return [*found, argument, *rest]
        if waiting is not None:
            found += ["--set", f"{waiting}={argument}"]
            waiting = None
        elif match := _SETTING.fullmatch(argument):
            waiting = match[1] if match[2] is None else None
            found += [] if match[2] is None else ["--set", f"{match[1]}={match[2]}"]
        else:
            found.append(argument)
    if waiting is not None:
        raise BadInput(f"--{waiting} needs a value behind it.")
    return found


def check_streams(outputs: Iterable[Path]) -> None:
    """Raise `BadInput` where the shell has opened a file to be written as our stdin or stdout."""
    for path in outputs:
        for number, what in ((0, "what comes in on stdin"), (1, "where stdout goes")):
            try:
                is_one = os.path.samestat(os.fstat(number), path.stat())
            except (OSError, ValueError):  # it is closed, or there is no such file yet
                continue
            if is_one:
                raise BadInput(f"{path} is also {what}, and this would overwrite it; name another file.")


def read_stdin() -> str:
    """The text on stdin; `BadInput` where there is none."""
    if sys.stdin is None:
        raise BadInput("There is no text on stdin: it is closed. Give the text itself in place of -.")
    return decode_text(sys.stdin.buffer.read(), "The text on stdin")


def said_text(text: str) -> str:
    """The text to say: what comes in on stdin for -, else the argument, unless it must be a file that is meant."""
    if text == "-":
        return read_stdin()
    if not is_too_long(Path(text)) and Path(text).is_file():
        kind = Path(text).suffix.lower()
        use = next((use for use, suffixes in _USES.items() if kind in suffixes), "mien say - < {0}")
        raise BadInput(
            f"There is a file {text}; is it meant? Then write: {use.format(shlex.quote(text))}. "
            "To have its name said, put a full stop behind it."
        )
    return text


def dashed_text(arguments: list[str], values_too: bool = False) -> str | None:
    """A text among the arguments that begins like an option, as “-5 degrees” does; what may be the value of an option
    only where `values_too`."""
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for before, argument in zip(["", *given], given, strict=False):
        if _DASHED_TEXT.match(argument) and (values_too or not before.startswith("-")):
            return argument
    return None


def behind_dashes(text: str) -> BadInput:
    """The refusal of a text that looks like an option, with what to type instead."""
    return BadInput(f"“{text}” begins like an option; put -- before it: -- {shlex.quote(text)}")
