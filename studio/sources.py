"""Generators bound to what one request asks of them: where its speech, its motion and its frames come from.

Every source is registered (`spec`), says what it will use (`weights`, `describe`), and does first what can fail early
(`prepare`). Whoever runs a plan asks no source which kind it is.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from emotion_embed.signals.audio import SILENT_PEAK, Audio
from emotion_embed.signals.recordings import read_audio
from emotion_embed.signals.video import sound_of
from generators import registry
from generators.contracts import MotionPerformer, Portrait, Segment, Speech
from generators.motion.live_link import is_motion_file
from generators.spec import GeneratorSpec, RuntimeConfig
from generators.voice.consent import check_consent
from generators.voice.prosody.prosody import ProsodyOverText
from studio.checks import is_colour
from studio.promises import blaming
from studio.prosody_plan import delivery
from studio.request import RenderRequest, SpokenRequest, is_style_file, spoken_length_s
from studio.runtime import Run, of_weights
from studio.script import Script
from studio.spoken import Spoken

DEMO_PORTRAIT = "portrait-astronaut"  # a NASA photo in the public domain
_SHORTER_THAN_A_FRAME = "It is shorter than one frame of video; ask for a higher frame rate."


@dataclass
class Source:
    """A generator, as its spec describes it, and the `options` that a request has for it."""

    spec: GeneratorSpec
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self, run: Run) -> Any:
        """The generator, loaded now where it is not warm."""
        return run.library.generator(self.spec.kind, self.name, self.options, of_weights(run.progress))

    def weights(self) -> tuple[str, ...]:
        """The sets of the catalogue that will be read."""
        return self.spec.weights

    def describe(self, runtime: RuntimeConfig | None = None) -> dict[str, Any]:
        """What a report says of it."""
        config = self.spec.make_config(self.options, runtime)
        values = {} if config is None else dataclasses.asdict(config)
        return {"name": self.name, "config": {name: _plain(value) for name, value in values.items()}}

    def prepare(self, run: Run) -> None:
        """Read what may turn out to be unusable, before anything else is begun."""


class SpeechSource(Protocol):
    """Whatever a clip's speech comes from."""

    spec: GeneratorSpec
    is_recorded: bool  # there already, so that what is no voice in it must move no lips
    if_empty: str  # the sentence where not one frame comes of it

    def weights(self) -> tuple[str, ...]:
        """The sets of the catalogue that will be read."""
        ...

    def describe(self, runtime: RuntimeConfig | None = None) -> dict[str, Any]:
        """What a report says of it."""
        ...

    def prepare(self, run: Run) -> None:
        """Read what may turn out to be unusable, before anything else is begun."""
        ...

    def stream(self, run: Run, spoken: Spoken) -> Iterator[Speech]:
        """The speech, part by part; `spoken` is told which text is begun."""
        ...

    def expected_s(self, spoken: Spoken) -> float:
        """How long the whole will last, as far as can be told now."""
        ...


# Speech ---------------------------------------------------------------------------------------------------------------


@dataclass
class TextSpeech(Source):
    """A voice that speaks texts, each as its request asks; they may arrive late, sentence by sentence."""

    requests: Iterable[SpokenRequest] = ()
    is_recorded = False
    if_empty = "There is nothing in the text that this voice can say."

    def stream(self, run: Run, spoken: Spoken) -> Iterator[Speech]:
        """The parts of every text, as the voice speaks them."""
        voice = self.load(run)
        for request in self.requests:
            run.raise_if_stopped()  # it may have been waited for, in vain
            spoken.begin(request.script())
            yield from voice.stream(request.script().text, **self._keywords(request, spoken))

    def expected_s(self, spoken: Spoken) -> float:
        """What is said, and a guess at the rest of the text."""
        return spoken.duration_s + spoken_length_s(spoken.script.text[spoken.chars_said :])

    def prosody(self, request: SpokenRequest, so_far: Callable[[], tuple[float, int]]) -> ProsodyOverText:
        """How the words of a request are to be said; `so_far` tells how many seconds and characters are."""
        track = request.start_track() if request.track is not None else None
        return delivery(request, request.script(), track, so_far)

    def _keywords(self, request: SpokenRequest, spoken: Spoken) -> dict[str, Any]:
        script = request.script()
        so_far = lambda: (spoken.duration_s, spoken.chars_said)  # noqa: E731
        keywords: dict[str, Any] = {"language": request.language, "prosody": self.prosody(request, so_far)}
        if request.voice is not None:
            keywords["voice"] = request.voice
        if request.voice_reference is not None:
            consent = check_consent(request.consent, request.consent_date)
            keywords |= {"reference": request.voice_reference, "consent": consent}
        if script.pauses and self.spec.pauses:
            keywords["pauses"] = [(pause.char_offset, pause.length_s) for pause in script.pauses]
        return keywords


@dataclass
class RecordedSpeech(Source):
    """A recording that is spoken with its own sound; `script` is what is said in it, where that is known."""

    path: str = ""
    script: Script = field(default_factory=lambda: Script(""))
    language: str | None = None
    is_recorded = True
    if_empty = _SHORTER_THAN_A_FRAME

    def prepare(self, run: Run) -> None:
        """Read the file."""
        self.audio = run.one("recording", lambda: read_audio(self.path))

    def stream(self, run: Run, spoken: Spoken) -> Iterator[Speech]:
        """The recording's parts with their words and phones."""
        spoken.begin(self.script)
        return self.load(run).stream(self.audio, text=self.script.text or None, language=self.language)

    def expected_s(self, spoken: Spoken) -> float:
        """The recording's length."""
        return self.audio.duration_s


@dataclass
class SilentSpeech(Source):
    """Silence, while nobody speaks."""

    duration_s: float = 0.0
    is_recorded = True
    if_empty = _SHORTER_THAN_A_FRAME

    def stream(self, run: Run, spoken: Spoken) -> Iterator[Speech]:
        """As much silence as asked for, at the rate of what was said before."""
        spoken.begin(Script(""))
        rate_hz = spoken.timeline.sample_rate_hz
        return self.load(run).stream(self.duration_s, *(() if rate_hz is None else (rate_hz,)))

    def expected_s(self, spoken: Spoken) -> float:
        """What was said, and the silence."""
        return max(spoken.duration_s, self.duration_s)


def silence(duration_s: float = 0.0) -> SilentSpeech:
    """Silence of a length."""
    spec = registry.implied("voice", "")
    return SilentSpeech(spec, spec.name, duration_s=duration_s)


@dataclass(kw_only=True)
class FollowedSpeech(Source):
    """The sound that goes with a motion: of a file, else the video's own, else silence; as long as the motion."""

    motion: FollowedMotion
    path: str | None = None
    reads_words: bool = False
    language: str | None = None
    is_recorded = True
    if_empty = _SHORTER_THAN_A_FRAME

    def prepare(self, run: Run) -> None:
        """Read the sound, and see whether there is any."""
        self.audio = run.one("recording", self._read)

    def stream(self, run: Run, spoken: Spoken) -> Iterator[Speech]:
        """Parts as long as the motion, with words where they are of use."""
        from generators.voice.recording.source import fit_duration, plain_chunks

        if self.audio is None:
            return silence(self.motion.duration_s).stream(run, spoken)
        audio = fit_duration(self.audio, self.motion.duration_s)
        if not self.reads_words:
            return plain_chunks(audio)
        return self.load(run).stream(audio, language=self.language, if_wordless="there are no captions")

    def weights(self) -> tuple[str, ...]:
        """Those of the ear, where words are of use."""
        return self.spec.weights if self.reads_words else ()

    def describe(self, runtime: RuntimeConfig | None = None) -> dict[str, Any]:
        """The recording, or silence."""
        return super().describe(runtime) if self.audio is not None else silence().describe(runtime)

    def expected_s(self, spoken: Spoken) -> float:
        """The motion's length."""
        return self.motion.duration_s

    def _read(self) -> Audio | None:
        if self.path is not None:
            return read_audio(self.path)
        if is_motion_file(self.motion.path):
            return None
        sound = sound_of(self.motion.path)
        return sound if sound is not None and np.abs(sound.samples).max(initial=0.0) >= SILENT_PEAK else None


# Motion ---------------------------------------------------------------------------------------------------------------


class MotionSource(Protocol):
    """Whatever a clip's motion comes from."""

    spec: GeneratorSpec

    def weights(self) -> tuple[str, ...]:
        """The sets of the catalogue that will be read."""
        ...

    def describe(self, runtime: RuntimeConfig | None = None) -> dict[str, Any]:
        """What a report says of it."""
        ...

    def prepare(self, run: Run) -> None:
        """Read what may turn out to be unusable, before anything else is begun."""
        ...

    def start(self, run: Run, *, seed: int, fps: float) -> MotionPerformer:
        """A new performance."""
        ...


@dataclass
class PerformedMotion(Source):
    """Motion made from speech and feeling, in a `style` where one is asked for: in words, or that of a file."""

    style: str | None = None
    csv_fps: float | None = None

    def prepare(self, run: Run) -> None:
        """Watch the video whose style is taken."""
        self._with_style: Callable[[Any], Any] = lambda generator: generator
        if self.style is not None and is_style_file(self.style):
            style = self.style
            reference = run.one("watching", lambda: tracked(run, style, None, self.csv_fps)).motion
            self._with_style = lambda generator: generator.with_style_from(reference)
        elif self.style is not None:
            self._with_style = lambda generator: generator.with_style(self.style)

    def start(self, run: Run, *, seed: int, fps: float) -> MotionPerformer:
        """A new performance in the style."""
        return self._with_style(self.load(run)).start(seed=seed, fps=fps)

    def weights(self) -> tuple[str, ...]:
        """The generator's, and those that watch a style's video."""
        watches = self.style is not None and is_style_file(self.style) and not is_motion_file(self.style)
        return self.spec.weights + (registry.implied("motion", "video").weights if watches else ())


@dataclass
class FollowedMotion(Source):
    """The motion in a video, or in a Live Link Face CSV."""

    path: str = ""
    fps: float = 25.0
    csv_fps: float | None = None

    def prepare(self, run: Run) -> None:
        """Watch the video to its end: a face is followed forwards and smoothed backwards."""
        self._tracked = run.one("watching", lambda: tracked(run, self.path, self.fps, self.csv_fps))

    def start(self, run: Run, *, seed: int, fps: float) -> MotionPerformer:
        """The motion from its start."""
        return self._tracked.start(seed=seed, fps=fps)

    @property
    def duration_s(self) -> float:
        """Length in seconds, known once it is prepared."""
        return self._tracked.duration_s

    def weights(self) -> tuple[str, ...]:
        """None for a CSV."""
        return () if is_motion_file(self.path) else self.spec.weights

    def describe(self, runtime: RuntimeConfig | None = None) -> dict[str, Any]:
        """Followed in a video, or recorded in a file."""
        return {**super().describe(runtime), "name": "recorded" if is_motion_file(self.path) else self.name}


def tracked(run: Run, path: str, fps: float | None, csv_fps: float | None) -> Any:
    """The motion of a video or CSV, at `fps` (None: its own), its progress told."""
    from generators.motion.tracked import TrackedMotion

    def watched(share: float) -> None:
        run.raise_if_stopped()
        run.progress("watching", share, 1)

    with run.clock.measured("watching"):
        found = TrackedMotion.from_video(path, fps, csv_fps, watched)
    run.progress("watching", 1, 1)
    return found


# Frames ---------------------------------------------------------------------------------------------------------------


@dataclass
class PortraitFrames(Source):
    """A head that shows one portrait, at the size and before the background that a request asks for."""

    request: RenderRequest = field(default_factory=RenderRequest)

    def portrait(self, run: Run) -> Portrait:
        """The portrait as the head has analysed it, from the library where it is warm."""
        from checkpoints.notices import notice

        image, background = self._pictures
        request = self.request
        key = (self.name, str(self.options), request.size, request.face, _content(image), _content(background))
        run.progress("portrait", 0, 1)
        with run.clock.measured("portrait"):
            analyse = partial(
                self.load(run).analyse, image, size=request.frame_size(), face=request.face, background=background
            )
            portrait = run.library.portrait(key, analyse)
        for remark in portrait.remarks:
            notice(remark)
        run.progress("portrait", 1, 1)
        return portrait

    def render(self, run: Run, portrait: Portrait, segments: Iterable[Segment], *, seed: int, fps: float) -> Iterator:
        """The head's frames."""
        with blaming(self.spec):
            yield from self.load(run).render(portrait, segments, seed=seed, fps=fps)

    def prepare(self, run: Run) -> None:
        """Read the portrait and the background."""
        from generators.head.portrait import read_picture, read_portrait

        request = self.request
        image = read_picture(request.portrait or demo_portrait(run.progress))
        background: Any = None
        if request.background is not None:
            is_plain = is_colour(request.background)
            background = tuple(bytes.fromhex(request.background[1:])) if is_plain else read_portrait(request.background)
        self._pictures = image, background

    def weights(self) -> tuple[str, ...]:
        """The head's, and the demo's portrait where none is given."""
        return self.spec.weights + ((DEMO_PORTRAIT,) if self.request.portrait is None else ())


def demo_portrait(progress: Any = None) -> Path:
    """The portrait of the demo: a NASA photo of an astronaut, in the public domain; fetched where it is absent."""
    import checkpoints

    return checkpoints.path(DEMO_PORTRAIT, progress=of_weights(progress) if progress else None) / "astronaut.png"


def _content(picture: Any) -> Any:
    """What tells two pictures apart without keeping them."""
    if not isinstance(picture, np.ndarray):
        return picture
    return picture.shape, hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest()


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
