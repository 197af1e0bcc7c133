"""The nouns that pass between generators, and what each kind of generator promises.

Times are seconds from the start of the speech they belong to; arrays are NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS as ARKIT_CHANNELS  # the order of what a `Motion` holds
from emotion_embed.signals.face_landmarks import CHANNEL_INDEX
from emotion_embed.track import EmotionTrack
from generators.motion.live_link import Recording, read_recording, write_recording


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


def join_speech(parts: Iterable[Speech]) -> Speech:
    """Parts end to end as one `Speech`, times and word indices shifted."""
    samples, phones, words, rate_hz, n = [], [], [], None, 0
    for part in parts:
        rate_hz = rate_hz or part.audio.sample_rate_hz
        placed = part.later(n / rate_hz, len(words))
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

    def channel(self, name: str) -> np.ndarray:
        """One blendshape over time, (n,)."""
        return self.blendshapes[:, CHANNEL_INDEX[name]]

    def write_csv(self, path: str | Path) -> None:
        """Write as a Live Link Face CSV (61 value columns; angles in radians; eyes from the eyeLook channels)."""
        head_rad = np.radians(self.head_rotation_deg * _CSV_SIGNS)
        write_recording(path, self.fps, self.blendshapes, head_rad, self._eyes_rad())

    def _eyes_rad(self) -> np.ndarray:
        """Yaw, pitch and roll of the left and of the right eye (n, 6)."""
        left_yaw = self.channel("eyeLookOutLeft") - self.channel("eyeLookInLeft")
        right_yaw = self.channel("eyeLookInRight") - self.channel("eyeLookOutRight")
        left_pitch, right_pitch = (
            self.channel(f"eyeLookDown{side}") - self.channel(f"eyeLookUp{side}") for side in ("Left", "Right")
        )
        none = np.zeros(len(self))
        return np.stack([left_yaw, left_pitch, none, right_yaw, right_pitch, none], axis=1) * _EYE_RANGE_RAD


_CSV_SIGNS = np.array([1.0, -1.0, 1.0])  # Live Link Face counts pitch downwards
_EYE_RANGE_RAD = np.radians(30.0)


def read_motion_csv(path: str | Path, fps: float | None = None) -> Motion:
    """Read a Live Link Face CSV as an even `Motion`, its rows where their timecodes say; `fps` overrides how many of
    them a second has. Raises `BadInput` as `read_recording` does."""
    recording = read_recording(path, fps)
    times_s = np.arange(max(1, round(recording.duration_s * recording.fps))) / recording.fps
    return motion_at(recording, times_s, recording.fps)


def motion_at(recording: Recording, times_s: np.ndarray, fps: float) -> Motion:
    """The motion of a recording at `times_s` (n,), which lie 1 / `fps` apart; what no row says is held."""
    from generators.motion.tracked.curves import LONGEST_BRIDGE_S, sampled

    bridge_s = max(LONGEST_BRIDGE_S, 1.5 / recording.fps)
    even = lambda values: sampled(recording.times_s, values, times_s, bridge_s)  # noqa: E731
    n = len(times_s)
    return Motion(
        fps,
        even(recording.channels).astype(np.float32),
        np.degrees(even(recording.head_rad)) * _CSV_SIGNS,
        np.zeros((n, 3)),
        np.full(n, 0.5, np.float32),
    )


def join_motion(parts: Sequence[Motion]) -> Motion:
    """Parts end to end as one `Motion`."""
    pick = lambda name: np.concatenate([getattr(p, name) for p in parts])  # noqa: E731
    return Motion(
        parts[0].fps, pick("blendshapes"), pick("head_rotation_deg"), pick("head_translation_cm"), pick("breath")
    )


class MotionGenerator(Protocol):
    """Speech and feeling to `Motion`, part by part so that video can start before speech has ended."""

    def stream(
        self, parts: Iterable[Speech], track: EmotionTrack, *, seed: int = 0, fps: float = 25.0
    ) -> Iterator[Motion]:
        """One `Motion` per part of speech; the frames of all parts together last as long as all the sound."""
        ...


class HeadRenderer(Protocol):
    """A portrait and `Motion` to pictures."""

    def render(self, portrait: object, motions: Iterable[Motion]) -> Iterator[np.ndarray]:
        """Frames (height, width, 3) uint8 RGB, one per frame of motion, as they come."""
        ...
