"""What is given to be read, and how: sources sorted into words, sound and a face, and the options of reading them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from checkpoints.errors import BadInput
from checkpoints.text_files import is_text, read_text_file
from emotion_embed.readers import languages
from emotion_embed.signals.audio import Audio, check_audio
from emotion_embed.signals.decoder import moving_pictures, opened
from emotion_embed.signals.recordings import read_audio

if TYPE_CHECKING:
    from emotion_embed.signals.face_track import FaceTrack

ONLY_WORDS = (
    "Only the words were read: feelings are read from voice and face only when you ask for it (--voice, --face), "
    "because the person should know and agree."
)
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
_MEDIA = _PICTURES | {
    ".wav", ".mp3", ".m4a", ".flac", ".ogg", ".opus", ".aac", ".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v",
}  # fmt: skip
# What a recording or clip may be: ffmpeg takes noise for its raw formats, and lists of other files for films.
_CONTAINERS = frozenset({
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "wav", "mp3", "flac", "ogg", "aac", "avi", "mpegts", "mpeg", "aiff",
    "asf", "amr", "caf", "w64", "au", "flv",
})  # fmt: skip
_LARGEST_TEXT_FILE = 8_000_000

Progress = Callable[[str, float, float], None]


@dataclass(frozen=True)
class PerceiveRequest:
    """The options of `perception.perceive`, which says what each means. Raises `BadInput` for values of other types."""

    text: str | None = None
    voice: bool = False
    face: bool = False
    language: str | None = None
    speaker: str | None = None
    face_number: int | None = None
    speech_model: str = "mien"

    def __post_init__(self) -> None:
        for name in ("voice", "face"):
            if not isinstance(allowed := getattr(self, name), bool):
                raise BadInput(f"{name} says whether a {name} may be read: it must be True or False, not {allowed!r}.")
        if self.text is not None and not isinstance(self.text, str):
            raise BadInput(f"A text is a str, not {type(self.text).__name__}.")


@dataclass
class Signals:
    """What was given, sorted: words, sound, a face over time, and what is to be said about them."""

    texts: list[str] = field(default_factory=list)
    audio: Audio | None = None
    faces: FaceTrack | None = None
    notes: list[str] = field(default_factory=list)


def sorted_signals(sources: Sequence[str | Path | Audio], request: PerceiveRequest, tell: Progress) -> Signals:
    """What `sources` and the request's text hold. Raises `BadInput` where they hold nothing or cannot be read."""
    signals = Signals(texts=[request.text] if request.text is not None else [])
    for source in sources:
        if isinstance(source, Audio):
            _add_audio(signals, check_audio(source))
        elif not isinstance(source, str | Path):
            raise BadInput(f"A source is a message, a path or an Audio, not {type(source).__name__}.")
        elif isinstance(source, Path) or _is_file(source):
            _add_file(signals, Path(source), request, tell)
        elif _looks_like_path(source):
            raise BadInput(f"There is no file at {source}; if it is a message, give it as text (--text).")
        else:
            signals.texts.append(source)
    if not signals.texts and signals.audio is None and signals.faces is None:
        raise BadInput("There is nothing to read: give a text, a recording or a clip.")
    if signals.audio is not None and not request.voice and signals.faces is None:
        signals.notes.append(ONLY_WORDS)
    _check_options(signals, request)
    return signals


def _is_file(source: str) -> bool:
    try:
        return len(source) < 4096 and "\n" not in source and "\0" not in source and Path(source).is_file()
    except OSError:
        return False


def _looks_like_path(source: str) -> bool:
    """Whether a source without spaces can only have been meant as a file: "./a", "letter.txt", but not ":/"."""
    source = source.strip()
    if not source or re.search(r"\s", source) or "://" in source:
        return False
    named = re.fullmatch(r".*\w\.[A-Za-z]\w{1,3}", source) is not None
    return named or re.match(r"(?:\.{0,2}/|~/|[A-Za-z]:\\)\w", source) is not None or source.count("/") > 1


def _check_options(signals: Signals, request: PerceiveRequest) -> None:
    """Refuse what would be ignored without a word."""
    if request.speaker is not None and (signals.audio is None or not request.voice):
        raise BadInput("A speaker is told by the voice: give a recording, and allow its voice to be read (--voice).")
    if request.face_number is not None and not request.face:
        raise BadInput("A face number needs a clip whose face may be read (--face).")
    if request.language is not None and signals.texts:
        languages.check(request.language, "")


def _add_audio(signals: Signals, audio: Audio) -> None:
    if signals.audio is not None:
        raise BadInput("There are two recordings; give one, and its words as text if you have them.")
    signals.audio = audio


def _add_file(signals: Signals, path: Path, request: PerceiveRequest, tell: Progress) -> None:
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name a file in it.")
    if not path.is_file():
        raise BadInput(f"There is no file at {path}.")
    kind = _kind(path)
    if kind == "text":
        signals.texts.append(_read_text(path))
        return
    if "picture" in kind and request.face:
        from emotion_embed.signals.face_track import track_person

        if signals.faces is not None:
            raise BadInput("There are two clips; give one.")
        signals.faces = track_person(path, face=request.face_number, progress=lambda share: tell("face", share, 1))
    elif kind == "picture":
        raise BadInput(f"{path} is a picture, and feelings are read from faces only when you ask for it: add --face.")
    if "sound" in kind:
        try:
            _add_audio(signals, _in_step(path) if signals.faces is not None else read_audio(path))
        except BadInput as error:
            if signals.faces is None or signals.audio is not None:
                raise
            signals.notes.append(f"Only the face was read: {error}")


def _in_step(path: Path) -> Audio:
    """The sound of a clip whose face is read too: its times count from the first picture on."""
    from emotion_embed.signals.video import sound_of

    sound = sound_of(path)
    return read_audio(path) if sound is None else check_audio(sound, str(path))


def _kind(path: Path) -> str:
    """ "text", "sound", "picture" or "sound and picture", by the name's ending or else by the content."""
    suffix = path.suffix.lower()
    if suffix in _PICTURES:
        return "picture"
    if suffix not in _MEDIA and _looks_like_text(path):
        return "text"
    if (kind := _kind_of_media(path)) is not None:
        return kind
    if suffix in _MEDIA:
        raise BadInput(f"{path} cannot be read: it may be torn, or not what its name says.")
    raise BadInput(f"{path} is no recording, no clip, no picture and no text in UTF-8, UTF-16 or Windows-1252.")


def _kind_of_media(path: Path) -> str | None:
    try:
        with opened(path) as container:
            pictures = moving_pictures(container)
            kind = " and ".join(["sound"] * bool(container.streams.audio) + ["picture"] * bool(pictures))
            return kind if kind and container.format.name in _CONTAINERS else None
    except BadInput:
        return None


def _looks_like_text(path: Path) -> bool:
    with open(path, "rb") as file:
        start = file.read(4096)
    return is_text(start, torn=len(start) == 4096)


def _read_text(path: Path) -> str:
    if path.stat().st_size > _LARGEST_TEXT_FILE:
        raise BadInput(f"{path} is larger than {_LARGEST_TEXT_FILE // 1_000_000} MB: too much to read at once.")
    return read_text_file(path)
