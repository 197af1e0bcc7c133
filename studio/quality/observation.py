"""Looks at and listens to a finished clip: every frame through FaceLandmarker, the sound as samples.

Whoever judges a clip starts from its own pixels and sound, not from what was meant to be in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.decoder import opened
from emotion_embed.signals.display_matrix import stored_matrix
from emotion_embed.signals.face_track import FaceTrack, track_every_frame
from emotion_embed.signals.video import as_shown

_SAME_PICTURE = 0.02  # mean grey levels (of 255): what a coder leaves between two copies of one frame


@dataclass(frozen=True)
class Observation:
    """A clip as seen and heard: `size` is (width, height), `same_as_before` (n,) bool marks repeated pictures."""

    face: FaceTrack
    audio: Audio | None
    size: tuple[int, int]
    video_duration_s: float
    audio_duration_s: float
    same_as_before: np.ndarray


def observe(path: str | Path, progress: Callable[[float], None] | None = None) -> Observation:
    """Look at every frame of a video file, and listen to it; `progress` is told 0..1.

    Raises `BadInput` when the file is not a video or no face is seen in it, `Missing` without the landmarker.
    """
    path = Path(path)
    fps, size, n_expected = _video_facts(path)
    same: list[bool] = []
    face = track_every_frame(_compared(_frames(path), same, n_expected, progress), fps)
    if face is None:
        raise BadInput(f"No face is seen in {path}.")
    audio, audio_duration_s = _sound(path)
    return Observation(face.filled(), audio, size, len(face) / fps, audio_duration_s, np.array(same))


def _compared(
    frames: Iterable[np.ndarray], same: list[bool], n_expected: int, progress: Callable[[float], None] | None
) -> Iterator[np.ndarray]:
    """The frames as they are, while `same` is told of each whether it repeats the one before."""
    before = None
    for frame in frames:
        yield frame
        grey = frame[::2, ::2].mean(axis=2)
        same.append(before is not None and float(np.abs(grey - before).mean()) < _SAME_PICTURE)
        before = grey
        if progress:
            progress(min(1.0, len(same) / max(1, n_expected)))


def _video_facts(path: Path) -> tuple[float, tuple[int, int], int]:
    if not path.is_file():
        raise BadInput(f"There is no clip at {path}.")
    with opened(path) as container:
        if not container.streams.video:
            raise BadInput(f"{path} holds no picture.")
        stream = container.streams.video[0]
        fps = float(stream.average_rate or stream.guessed_rate or 25)
        return fps, (stream.codec_context.width, stream.codec_context.height), stream.frames


def _frames(path: Path) -> Iterator[np.ndarray]:
    from av import FFmpegError

    with opened(path) as container:
        matrix = stored_matrix(path)
        try:
            for frame in container.decode(video=0):
                yield as_shown(frame, matrix)
        except FFmpegError as error:
            raise BadInput(f"{path} is torn: it stops in the middle of its picture.") from error


def _sound(path: Path) -> tuple[Audio | None, float]:
    """The clip's sound and how long its track says it lasts; (None, 0) for a silent video."""
    from av import AudioResampler

    with opened(path) as container:
        if not container.streams.audio:
            return None, 0.0
        stream = container.streams.audio[0]
        rate_hz = stream.rate
        resampler = AudioResampler(format="flt", layout="mono", rate=rate_hz)
        parts = (part for frame in container.decode(stream) for part in resampler.resample(frame))
        blocks = [part.to_ndarray().reshape(-1) for part in parts]
        declared_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    samples = np.concatenate(blocks).astype(np.float32) if blocks else np.zeros(0, np.float32)
    return Audio(samples, rate_hz), declared_s or len(samples) / rate_hz
