"""The nouns that pass between generators, and what each kind of generator promises.

Times are seconds from the start of the speech they belong to; arrays are NumPy.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.audio import Audio
from emotion_embed.landmarker import ARKIT_CHANNELS, CHANNEL_INDEX
from emotion_embed.state import EmotionTrack


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
        header = ["Timecode", "BlendshapeCount", *(c[0].upper() + c[1:] for c in ARKIT_CHANNELS), *_HEAD, *_EYES]
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for i in range(len(self)):
                angles = np.radians(self.head_rotation_deg[i] * _CSV_SIGNS)
                values = [*self.blendshapes[i], *angles, *_eye_angles(self.blendshapes[i])]
                writer.writerow([_timecode(i, self.fps), 61, *(f"{v:.6f}" for v in values)])


_HEAD = ("HeadYaw", "HeadPitch", "HeadRoll")
_EYES = ("LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll")
_CSV_SIGNS = np.array([1.0, -1.0, 1.0])  # Live Link Face counts pitch downwards
_EYE_RANGE_RAD = np.radians(30.0)


def _timecode(frame: int, fps: float) -> str:
    whole = int(round(fps))
    seconds, rest = divmod(frame, whole)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}.000"


def _eye_angles(shapes: np.ndarray) -> list[float]:
    value = lambda name: float(shapes[CHANNEL_INDEX[name]])  # noqa: E731
    left_yaw = value("eyeLookOutLeft") - value("eyeLookInLeft")
    right_yaw = value("eyeLookInRight") - value("eyeLookOutRight")
    angles = []
    for side, yaw in (("Left", left_yaw), ("Right", right_yaw)):
        pitch = value(f"eyeLookDown{side}") - value(f"eyeLookUp{side}")
        angles += [yaw * _EYE_RANGE_RAD, pitch * _EYE_RANGE_RAD, 0.0]
    return angles


def read_motion_csv(path: str | Path, fps: float | None = None) -> Motion:
    """Read a Live Link Face CSV at the `fps` it was recorded with (None: what its timecodes say, to a whole number);
    `BadInput` when a column is missing or torn."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        names = [c[0].upper() + c[1:] for c in ARKIT_CHANNELS]
        shapes = np.array([[float(row[n]) for n in names] for row in rows], np.float32)
        angles = np.array([[float(row[n]) for n in _HEAD] for row in rows], np.float64)
    except (OSError, ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not a Live Link Face CSV: {error}.") from error
    if not len(rows) or not (np.isfinite(shapes).all() and np.isfinite(angles).all()):
        raise BadInput(f"{path} holds no frames of finite numbers.")
    n = len(rows)
    fps = fps or _recorded_fps([row.get("Timecode") or "" for row in rows])
    return Motion(
        fps, np.clip(shapes, 0, 1), np.degrees(angles) * _CSV_SIGNS, np.zeros((n, 3)), np.full(n, 0.5, np.float32)
    )


def _recorded_fps(timecodes: Sequence[str]) -> float:
    """Frames in a whole second of timecodes HH:MM:SS:FF; 60, as Live Link Face records, where they do not tell."""
    seconds = [code.rpartition(":")[0] for code in timecodes]
    lengths = [len(list(rows)) for _, rows in groupby(seconds)]
    whole = lengths[1:-1] or lengths[:-1]  # the first and last second may be cut
    return float(np.median(whole)) if whole and all(seconds) else 60.0


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
