"""One request for one clip, shared word for word by the Python API, the command line, the page and batch files."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from checkpoints.errors import BadInput
from emotion_embed.state import NEUTRAL, EmotionState, parse_emotion, parse_vad
from emotion_embed.track import EmotionKey, EmotionTrack, read_track
from generators import registry
from generators.motion.live_link import is_motion_file
from generators.spec import resolve
from generators.voice.consent import check_consent
from studio.checks import alternatives, check_file, check_out, check_range, is_colour, named_size
from studio.json_types import typed
from studio.media.audio_file import SOUND_SUFFIXES

if TYPE_CHECKING:
    from fractions import Fraction

    from studio.script import Script

LONGEST_TEXT_S = 30 * 60
_NTSC_RATES_HZ = (24, 30, 48, 60)  # each also in its 1000/1001, which people write as 23.976 (or 23.98), 29.97 …
_NTSC_TOLERANCE_HZ = 0.0065
STYLE_SUFFIXES = (".csv", ".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
_VOICE, _MOTION, _HEAD = (registry.default(kind).name for kind in registry.KINDS)


def path_field(default: str | None = None) -> Any:
    """A field that holds, or may hold, a path: relative ones in a file count from that file's folder."""
    return dataclasses.field(default=default, metadata={"path": True})


@dataclass(frozen=True)
class SpokenRequest:
    """What requests for clips and for sound have in common.

    Attributes:
        text: what is said, inline emotion marks allowed.
        voice, language: a name of `mien voices`, or what else the generator takes: a file, a folder; None takes the
            generator's own voice, and lets the voice decide the language.
        voice_reference: path of a recording whose voice shall speak, where the voice generator can do that.
        consent, consent_date: who agreed to that, a name or a sentence, and the day (YYYY-MM-DD); without both no
            reference is read. They go into the report.
        emotion, vad, track: how it is felt: "joy:0.6", "0.8,0.5,0.4", or the path of a track file; one of them at most.
        rate: speaking rate, 0.5..2 (1 is the voice's own). pitch: shift in semitones, −12..12.
        voice_generator: a name in the registry.
        options: settings of generators by kind, such as {"motion": {"n_steps": 8}}; `mien generators` lists them.
        out: where it goes.
    """

    text: str | None = None
    voice: str | None = None
    language: str | None = None
    voice_reference: str | None = path_field()
    consent: str | None = None
    consent_date: str | None = None
    emotion: str | None = None
    vad: str | None = None
    track: str | None = path_field()
    rate: float = 1.0
    pitch: float = 0.0
    voice_generator: str = _VOICE
    options: dict | None = None
    out: str = path_field("out/clip.mp4")

    def __post_init__(self) -> None:
        """Name the generator's own voice where none was asked for, so that a request says who speaks."""
        if self.voice is None:
            object.__setattr__(self, "voice", registry.default_voice(self.voice_generator))

    def to_dict(self) -> dict[str, Any]:
        """Every field as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A request from JSON values; `BadInput` on an unknown field (near ones are named) or a wrong type."""
        hints = typing.get_type_hints(cls)
        kinds = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
        return cls(**{name: typed(name, value, kinds) for name, value in values.items()})

    def script(self) -> Script:
        """The plain text and its marks; an empty script for a recording without text."""
        return self._script

    def start_emotion(self) -> EmotionState:
        """The feeling that the clip starts with: that of a mark before the first word, else the one asked for."""
        script = self.script()
        leading = [mark.emotion for mark in script.marks if not script.text[: mark.char_offset].strip()]
        if leading:
            return leading[-1]
        if self.emotion is not None:
            return parse_emotion(self.emotion)
        return parse_vad(self.vad) if self.vad is not None else NEUTRAL

    def start_track(self) -> EmotionTrack:
        """The feeling over time as far as it is known before a word is spoken."""
        return self._track or EmotionTrack((EmotionKey(0.0, self.start_emotion()),))

    @cached_property
    def _script(self) -> Script:
        from studio.script import parse_script  # its patterns take longer than all else here

        return parse_script(self.text or "")

    @cached_property
    def _track(self) -> EmotionTrack | None:
        return read_track(self.track) if self.track is not None else None

    def options_of(self, kind: str) -> Mapping[str, Any]:
        """What is asked of the generator of a kind beside its name."""
        return (self.options or {}).get(kind, {})

    def beside(self, suffix: str) -> Path:
        """The path of a file that lies beside what is made, for example `request.beside(".report.json")`."""
        return Path(self.out).with_suffix(suffix)

    def outputs(self) -> list[Path]:
        """Every file that is written: what is asked for, then those beside it; none where `out` names no file."""
        if not Path(self.out).name:
            return []
        return [Path(self.out), *(self.beside(suffix) for suffix in self.suffixes_beside())]

    def suffixes_beside(self) -> list[str]:
        """The endings of the files beside it."""
        return [".report.json"]


@dataclass(frozen=True)
class RenderRequest(SpokenRequest):
    """What a clip shall be. Every field is plain JSON, so a request travels through files and pages unchanged.

    Attributes, beside those of `SpokenRequest`:
        text: beside `audio`, what is said in that recording.
        audio: path of a recording to be spoken instead of a synthetic voice; beside `video`, the sound to go with it.
        video: path of a video, or of a Live Link Face CSV, whose face is followed; it keeps the video's own sound.
        portrait: path of a photo with one face; None takes the demo's astronaut.
        seed: any whole number from 0; the same request and seed give the same frames.
        fps: frames per second, 1..60; 23.976, 29.97 and 59.94 mean those of television, such as 30000/1001.
        size: "512" (a square), "photo" (the photo's own shape), a shape such as "9:16", "16:9" or "4:3", or "720x960".
        background: "#rrggbb" or the path of a picture to stand behind the person; None keeps the photo's own.
        captions: burn captions into the picture. srt, vtt, motion_csv: write that file beside the clip.
        face: which face of the portrait, counted from 1 left to right, when it shows several.
        motion_generator, head_generator: names in the registry; a motion model of your own is "diffusion:FOLDER".
        motion_style: how the person carries themselves, as "head:1,blinks:-0.5", or the path of a video or Live Link
            Face CSV whose style is taken.
        csv_fps: how many rows of a Live Link Face CSV are a second; None takes what its timecodes say.
        check: grade the clip with the product's own eyes and ears.
        out: where the clip goes, an .mp4 file.
    """

    audio: str | None = path_field()
    video: str | None = path_field()
    portrait: str | None = path_field()
    seed: int = 0
    fps: float = 25.0
    size: str = "512"
    background: str | None = path_field()
    captions: bool = False
    srt: bool = False
    vtt: bool = False
    motion_csv: bool = False
    face: int | None = None
    motion_generator: str = _MOTION
    motion_style: str | None = path_field()
    csv_fps: float | None = None
    head_generator: str = _HEAD
    check: bool = False

    def suffixes_beside(self) -> list[str]:
        """The endings of the files beside it."""
        asked = {".srt": self.srt, ".vtt": self.vtt, ".motion.csv": self.motion_csv}
        return [*super().suffixes_beside(), *(suffix for suffix, is_asked in asked.items() if is_asked)]

    def frame_size(self) -> tuple[int, int] | None:
        """Width and height of the frames in even pixels; None for the photo's own shape."""
        return None if self.size == "photo" else named_size(self.size)

    def frame_rate(self) -> Fraction:
        """Frames per second, exact: 29.97 means 30000/1001."""
        from fractions import Fraction

        ntsc = (Fraction(rate * 1000, 1001) for rate in _NTSC_RATES_HZ)
        return next((rate for rate in ntsc if abs(rate - self.fps) < _NTSC_TOLERANCE_HZ), Fraction(str(self.fps)))

    def reads_words(self) -> bool:
        """Whether the words in the sound of a video that is followed are of any use."""
        return self.captions or self.srt or self.vtt or self.check

    def check_inputs(self) -> None:
        """Raise `BadInput` with one sentence when this cannot become a clip; reads no picture and loads no model."""
        check_letters(self)
        _check_content(self)
        self.check_face()
        seen = (self.portrait, self.video, self.background, self.motion_style)
        heard = (self.audio, self.track, self.voice, self.voice_reference)
        check_out(self.out, (*seen, *heard), beside=self.outputs()[1:])

    def check_face(self) -> None:
        """The same of all but what is said and where it goes, as a conversation asks for it."""
        check_file("portrait", self.portrait)
        check_reference(self)
        check_feeling(self)
        _check_numbers(self)
        for kind in registry.KINDS:
            registry.check(kind, getattr(self, f"{kind}_generator"))
        check_options(self, registry.KINDS)
        _check_background(self)
        _check_style(self)
        _check_head(self)
        _check_csv_rate(self)


@dataclass(frozen=True)
class SayRequest(SpokenRequest):
    """What a sound shall be: the fields of `RenderRequest` that can be heard, under the same names.

    `out` is where the sound goes: a .wav, .flac, .mp3 or .ogg (Opus) file.
    """

    text: str | None = ""
    out: str = path_field("out/say.wav")

    def check_inputs(self) -> None:
        """Raise `BadInput` with one sentence when this cannot become a sound; loads no model."""
        check_letters(self)
        check_text(self)
        check_reference(self)
        check_feeling(self)
        check_manner(self)
        registry.check("voice", self.voice_generator)
        check_options(self, ("voice",))
        check_out(self.out, (self.track, self.voice, self.voice_reference), SOUND_SUFFIXES, "sound", self.outputs()[1:])


def spoken_length_s(text: str) -> float:
    """Roughly how long a text lasts when spoken, in seconds (15 letters or 5 ideographs a second)."""
    wide = sum(1 for letter in text if "\u2e80" <= letter <= "\ud7ff")
    return (len(text) - wide) / 15 + wide / 5


def check_letters(request: SpokenRequest) -> None:
    """Refuse what no file name and no report can hold: NUL anywhere, halves of characters in what is said."""
    for name, value in request.to_dict().items():
        if isinstance(value, str) and "\0" in value:
            raise BadInput(f"The {name.replace('_', ' ')} holds a NUL character.")
    if request.text is not None and any("\ud800" <= letter <= "\udfff" for letter in request.text):
        raise BadInput("The text holds bytes that are no characters; save it as UTF-8.")


def check_text(request: SpokenRequest) -> None:
    """Raise `BadInput` for a text with nothing to say in it, or with too much."""
    script = request.script()
    if not any(letter.isalnum() for letter in script.text):
        raise BadInput("The text is empty: there is nothing in it to say.")
    length_s = spoken_length_s(script.text) + sum(pause.length_s for pause in script.pauses)
    if length_s > LONGEST_TEXT_S:
        minutes = length_s / 60
        raise BadInput(
            f"The text would take about {minutes:.0f} minutes; {LONGEST_TEXT_S // 60} is the most, so cut it."
        )


def check_reference(request: SpokenRequest) -> None:
    """Raise `BadInput` when another's voice is asked for without saying that its owner agreed."""
    if request.voice_reference is None:
        if request.consent is not None or request.consent_date is not None:
            raise BadInput("There is a consent, but no voice reference that it is for.")
        return
    check_consent(request.consent, request.consent_date)
    check_file("voice reference", request.voice_reference)


def _check_content(request: RenderRequest) -> None:
    if request.text is None and request.audio is None and request.video is None:
        raise BadInput("There is nothing to say: give a text, a recording or a video to follow.")
    if request.video is not None:
        _check_followed(request)
    if request.text is not None:
        check_text(request)
    if request.audio is not None and request.voice_reference is not None:
        raise BadInput("A recording is spoken with its own voice; leave out the voice reference.")
    for role, path in (("recording", request.audio), ("video", request.video)):
        check_file(role, path)


def _check_background(request: RenderRequest) -> None:
    if request.background is not None and not is_colour(request.background):
        if request.background.startswith("#"):
            raise BadInput(f"{request.background} is not a colour; write it like #20262e.")
        check_file("background picture", request.background)


def _check_followed(request: RenderRequest) -> None:
    """Raise `BadInput` where something else than the video is to say what its face does."""
    if request.text is not None:
        raise BadInput("A text and a video both say how the lips move; give one of them.")
    if request.voice_reference is not None:
        raise BadInput("A video is followed with its own sound; leave out the voice reference.")
    if request.motion_style is not None:
        raise BadInput("A video shows itself how the person moves; leave out the motion style.")
    felt = next((name for name in ("emotion", "vad", "track") if getattr(request, name) is not None), None)
    if felt is not None:
        raise BadInput(f"A video shows itself how it is felt; leave out the {felt}.")


def check_feeling(request: SpokenRequest) -> None:
    """Raise `BadInput` unless it is said at most once, and clearly, how it is felt."""
    given = [name for name in ("emotion", "vad", "track") if getattr(request, name) is not None]
    if len(given) > 1:
        raise BadInput(f"{given[0]} and {given[1]} both say how it is felt; give one of them.")
    if request.track is not None and request.script().marks:
        raise BadInput("A track and marks in the text both say how it is felt; give one of them.")
    if request.emotion is not None:
        parse_emotion(request.emotion)
    if request.vad is not None:
        parse_vad(request.vad)
    request.start_track()


def check_options(request: SpokenRequest, kinds: Sequence[str]) -> None:
    """Raise `BadInput` unless each option is one that its generator takes."""
    for kind, options in (request.options or {}).items():
        if kind not in kinds:
            raise BadInput(f"There are no options of “{kind}”; there are those of {alternatives(tuple(kinds))}.")
        if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
            raise BadInput(f'The options of {kind} are {options!r}; write for example {{"{kind}": {{"threads": 2}}}}.')
        registry.config(kind, getattr(request, f"{kind}_generator"), options)


def _check_style(request: RenderRequest) -> None:
    """Raise `BadInput` for a motion style that is none, or that nobody would take."""
    if request.motion_style is None:
        return
    spec = registry.spec("motion", request.motion_generator)
    if spec.styles is None:
        raise BadInput(f"The motion generator {request.motion_generator} has no styles; leave out the motion style.")
    if is_style_file(request.motion_style):
        check_file("motion style", request.motion_style)
    else:
        resolve(spec.styles)(request.motion_style)


def _check_head(request: RenderRequest) -> None:
    """Raise `BadInput` where a motion is asked for of a head that makes its frames without one."""
    if "motion" in registry.spec("head", request.head_generator).consumes:
        return
    asked = {"a video": request.video, "a motion style": request.motion_style, "a motion CSV": request.motion_csv}
    if unused := next((what for what, value in asked.items() if value), None):
        raise BadInput(
            f"The head generator {request.head_generator} makes its frames from sound and feeling, without a motion; "
            f"{unused} is of no use to it."
        )


def _check_csv_rate(request: RenderRequest) -> None:
    if request.csv_fps is None:
        return
    check_range("The frame rate of the CSV", request.csv_fps, 1, 240)
    if not any(path is not None and is_motion_file(path) for path in (request.video, request.motion_style)):
        raise BadInput(
            "Neither the video nor the motion style is a Live Link Face CSV; leave out the CSV's frame rate."
        )


def is_style_file(style: str) -> bool:
    """Whether a motion style is that of a file, and not in words."""
    return Path(style).suffix.lower() in STYLE_SUFFIXES


def check_manner(request: SpokenRequest) -> None:
    """Raise `BadInput` for a rate or pitch that nobody could speak with."""
    check_range("The rate", request.rate, 0.5, 2)
    check_range("The pitch", request.pitch, -12, 12)


def _check_numbers(request: RenderRequest) -> None:
    check_manner(request)
    check_range("The frame rate", request.fps, 1, 60)
    if request.seed < 0:
        raise BadInput(f"The seed is {request.seed}; it must be a whole number from 0.")
    if request.face is not None and request.face < 1:
        raise BadInput(f"The face is {request.face}; faces are counted from 1, left to right.")
    request.frame_size()
