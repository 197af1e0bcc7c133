"""The nouns that pass between generators, and what each kind of generator promises.

Times are seconds from the start of the speech they belong to; arrays are NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS as ARKIT_CHANNELS  # the order of what a `Motion` holds
from emotion_embed.signals.face_landmarks import CHANNEL_INDEX
from emotion_embed.track import EmotionTrack
from generators.voice.consent import Consent


@dataclass(frozen=True)
class Phone:
    """One speech sound: an IPA `symbol` without stress or length marks (diphthongs and affricates whole, as
    "aɪ", "tʃ"), its times, its `stress` (0 none, 1 secondary, 2 primary) and the index of its word."""

    symbol: str
    start_s: float
    end_s: float
    stress: int = 0
    word_index: int = 0


@dataclass(frozen=True)
class Word:
    """One spoken word: `text` as written, its times, and where it stands in the text given (character offsets)."""

    text: str
    start_s: float
    end_s: float
    char_start: int = 0
    char_end: int = 0


@dataclass(frozen=True)
class Speech:
    """Spoken sound with exact times. Where no phone stands there is silence.

    Streams yield one `Speech` per sentence or clause; times are then relative to that part's own start, word
    indices to its own words, and character offsets to the whole text.
    """

    audio: Audio
    phones: Sequence[Phone] = ()
    words: Sequence[Word] = ()

    def later(self, offset_s: float, first_word: int) -> Speech:
        """The same with its times `offset_s` seconds later and its words counted from `first_word` on: where it lies
        in a longer speech."""
        phones = tuple(
            Phone(p.symbol, p.start_s + offset_s, p.end_s + offset_s, p.stress, p.word_index + first_word)
            for p in self.phones
        )
        words = tuple(
            Word(w.text, w.start_s + offset_s, w.end_s + offset_s, w.char_start, w.char_end) for w in self.words
        )
        return Speech(self.audio, phones, words)


@dataclass(frozen=True)
class PlacedSpeech:
    """A part of speech where it lies on the time line of a clip, and what is felt up to its end.

    Made by `generators.timeline`. `speech` has the part's own times; `phones` and `words` those of the whole.

    Attributes:
        speech: the part by itself.
        start_sample: where it begins, in samples from the start of the clip.
        first_word: how many words were spoken before it.
        track: the feelings over time, in seconds of the clip, as far as they are known when this part is spoken; a
            later part may bring later ones, and changes nothing of the time before it.
    """

    speech: Speech
    start_sample: int
    first_word: int
    track: EmotionTrack

    @property
    def audio(self) -> Audio:
        """Its sound."""
        return self.speech.audio

    @property
    def start_s(self) -> float:
        """When it begins, in seconds from the start of the clip."""
        return self.start_sample / self.audio.sample_rate_hz

    @property
    def end_s(self) -> float:
        """When it ends, in seconds from the start of the clip."""
        return (self.start_sample + len(self.audio.samples)) / self.audio.sample_rate_hz

    @property
    def phones(self) -> Sequence[Phone]:
        """Its phones with the times and word numbers of the clip."""
        return self._placed.phones

    @property
    def words(self) -> Sequence[Word]:
        """Its words with the times of the clip."""
        return self._placed.words

    @cached_property
    def _placed(self) -> Speech:
        return self.speech.later(self.start_s, self.first_word)

    def frames(self, fps: float) -> range:
        """The numbers of the clip's frames that lie beside it; parts end to end leave none out and take none twice."""
        return range(round(self.start_s * fps), round(self.end_s * fps))


def join_speech(parts: Iterable[Speech]) -> Speech:
    """Parts end to end as one `Speech`, times and word indices shifted."""
    samples, phones, words, rate_hz, n = [], [], [], None, 0
    for part in parts:
        rate_hz = rate_hz or part.audio.sample_rate_hz
        placed = PlacedSpeech(part, n, len(words), EmotionTrack())
        phones += placed.phones
        words += placed.words
        samples.append(part.audio.samples)
        n += len(part.audio.samples)
    if rate_hz is None:
        raise ValueError("There are no parts to join.")
    return Speech(Audio(np.concatenate(samples), rate_hz), tuple(phones), tuple(words))


@dataclass(frozen=True)
class Motion:
    """How a head moves, frame by frame at `fps`.

    `blendshapes` (n, 52) float32 0..1 in the order of `ARKIT_CHANNELS`, gaze among them (eyeLook…).
    `head_rotation_deg` (n, 3): yaw (+ turns to the viewer's right), pitch (+ looks up), roll (+ tilts clockwise
    as the viewer sees it). `head_translation_cm` (n, 3): x to the viewer's right, y up, z to the viewer.
    `breath` (n,) 0..1: how full the lungs are (raises the shoulders). Rotation 0 is the photo's own pose.
    """

    fps: float
    blendshapes: np.ndarray
    head_rotation_deg: np.ndarray
    head_translation_cm: np.ndarray
    breath: np.ndarray

    def __len__(self) -> int:
        return len(self.blendshapes)

    def take(self, rows: np.ndarray | slice) -> Motion:
        """The frames of these numbers, in their order."""
        return Motion(
            self.fps,
            self.blendshapes[rows],
            self.head_rotation_deg[rows],
            self.head_translation_cm[rows],
            self.breath[rows],
        )

    def channel(self, name: str) -> np.ndarray:
        """One blendshape over time, (n,)."""
        return self.blendshapes[:, CHANNEL_INDEX[name]]


def join_motion(parts: Sequence[Motion]) -> Motion:
    """Parts end to end as one `Motion`."""
    pick = lambda name: np.concatenate([getattr(p, name) for p in parts])  # noqa: E731
    return Motion(
        parts[0].fps, pick("blendshapes"), pick("head_rotation_deg"), pick("head_translation_cm"), pick("breath")
    )


@dataclass(frozen=True)
class Segment:
    """What frames are made of, part by part: speech in its place, and its motion where the head consumes one."""

    speech: PlacedSpeech
    motion: Motion | None = None


class Voice(Protocol):
    """A speech source: text to spoken sound with exact times. Its spec consumes "text"."""

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        prosody: object = None,
        pauses: Sequence[tuple[int, float]] = (),
        reference: str | None = None,
        consent: Consent | None = None,
    ) -> Iterator[Speech]:
        """One `Speech` per sentence or clause, as they come.

        Args:
            text: plain, without marks.
            voice, language: as in a request; None is the generator's own.
            prosody: a `generators.voice.prosody.prosody.Prosody`, or a function of the character offset that gives one.
            pauses: silences (char_offset, seconds) to be kept; given only where the spec says `pauses`.
            reference, consent: whose voice speaks; given only where the spec says `clones`.

        Raises:
            BadInput: At once, for a text or voice that it cannot speak.
        """
        ...


class MotionPerformer(Protocol):
    """One performance of a motion source, which remembers how it moved."""

    def perform(self, part: PlacedSpeech) -> Motion:
        """The motion beside one part of speech: `len(part.frames(fps))` frames that go on from those before."""
        ...


class MotionSource(Protocol):
    """Speech and feeling to `Motion`, part by part so that video can start before speech has ended."""

    def start(self, *, seed: int = 0, fps: float = 25.0) -> MotionPerformer:
        """A new performance; parts are given to it in the order of the time line.

        Raises:
            ValueError: `fps` is not positive.
        """
        ...


class Portrait(Protocol):
    """A portrait as a head has analysed it."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames in pixels, both even."""
        ...

    @property
    def remarks(self) -> Sequence[str]:
        """What its user should know, one sentence each."""
        ...


class FrameSource(Protocol):
    """A head: a portrait and segments of a clip to pictures."""

    def analyse(
        self,
        image: np.ndarray,
        *,
        size: tuple[int, int] | None = (512, 512),
        face: int | None = None,
        background: tuple[int, int, int] | np.ndarray | None = None,
    ) -> Portrait:
        """Look at a photo once.

        Args:
            image: (height, width, 3) uint8 RGB, or (height, width, 4) with straight alpha.
            size: width and height of the frames; None keeps the photo's own shape.
            face: which face, 1 the leftmost, where there are several.
            background: None keeps the photo's; else an RGB colour or a picture.

        Raises:
            BadInput: There is no face, several and none chosen, or one that is too small.
        """
        ...

    def render(
        self, portrait: Portrait, segments: Iterable[Segment], *, seed: int = 0, fps: float = 25.0
    ) -> Iterator[np.ndarray]:
        """Frames (height, width, 3) uint8 RGB at `fps` as they come, `len(segment.speech.frames(fps))` per segment.

        Segments hold motion where the spec consumes "motion". A source with a `native_fps` is asked for that rate, and
        the product brings its frames to the rate of the clip.
        """
        ...
