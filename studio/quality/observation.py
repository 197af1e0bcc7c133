"""Looks at and listens to a finished clip: every frame through FaceLandmarker, the sound as samples.

Whoever judges a clip starts from its own pixels and sound, not from what was meant to be in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.display_matrix import stored_matrix
from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS, CHANNEL_INDEX, N_LANDMARKS, Landmarker
from emotion_embed.signals.face_landmarks import head_angles_deg as head_angles_deg
from emotion_embed.signals.video import as_shown

_SAME_PICTURE = 0.02  # mean grey levels (of 255): what a coder leaves between two copies of one frame


@dataclass(frozen=True)
class FaceTrack:
    """What FaceLandmarker sees on each frame; frames without a face are interpolated and not `found`.

    `landmarks` (n, 478, 3) float32 in pixels, x to the right and y down; `scores` (n, 52) 0..1 in the order of
    `ARKIT_CHANNELS`; `head_rotation_deg` (n, 3) yaw, pitch, roll, signed as in `Motion`; `found` (n,) bool.
    """

    fps: float
    landmarks: np.ndarray
    scores: np.ndarray
    head_rotation_deg: np.ndarray
    found: np.ndarray

    def __len__(self) -> int:
        return len(self.landmarks)

    def score(self, name: str) -> np.ndarray:
        """One blendshape score over time, (n,)."""
        return self.scores[:, CHANNEL_INDEX[name]]


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
    """Watch the whole of a video file; `progress` is told 0..1.

    Raises `BadInput` when the file is not a video or no face is seen in it, `Missing` without the landmarker.
    """
    path = Path(path).absolute()  # ffmpeg takes what stands before a colon for a protocol
    fps, size, n_expected = _video_facts(path)
    landmarks, scores, rotations, same, before = [], [], [], [], None
    with Landmarker() as landmarker:
        for i, frame in enumerate(_frames(path)):
            seen = look(landmarker, frame)
            landmarks.append(seen[0])
            scores.append(seen[1])
            rotations.append(seen[2])
            grey = frame[::2, ::2].mean(axis=2)
            same.append(before is not None and float(np.abs(grey - before).mean()) < _SAME_PICTURE)
            before = grey
            if progress:
                progress(min(1.0, (i + 1) / max(1, n_expected)))
    found = np.array([bool(np.isfinite(points[0, 0])) for points in landmarks])
    if not found.any():
        raise BadInput(f"No face is seen in {path}.")
    face = FaceTrack(
        fps,
        _filled(np.stack(landmarks), found).astype(np.float32),
        _filled(np.stack(scores), found).astype(np.float32),
        _filled(np.stack(rotations), found),
        found,
    )
    audio, audio_duration_s = _sound(path)
    return Observation(face, audio, size, len(found) / fps, audio_duration_s, np.array(same))


def look(landmarker: Landmarker, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Landmarks (478, 3) in pixels, scores (52,) and head rotation (3,) in degrees of one RGB frame; NaN if no face."""
    faces = landmarker.read(frame)
    if not faces:
        return np.full((N_LANDMARKS, 3), np.nan), np.full(len(ARKIT_CHANNELS), np.nan), np.full(3, np.nan)
    return faces[0].landmarks, faces[0].scores, faces[0].head_rotation_deg


def _filled(values: np.ndarray, found: np.ndarray) -> np.ndarray:
    """`values` (n, …) with the frames that are not `found` interpolated between their neighbours."""
    if found.all():
        return values
    frames = np.arange(len(values))
    flat = values.reshape(len(values), -1).copy()
    for column in range(flat.shape[1]):
        flat[~found, column] = np.interp(frames[~found], frames[found], flat[found, column])
    return flat.reshape(values.shape)


def _video_facts(path: Path) -> tuple[float, tuple[int, int], int]:
    import av

    if not path.is_file():
        raise BadInput(f"There is no clip at {path}.")
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.video:
                raise BadInput(f"{path} holds no picture.")
            stream = container.streams.video[0]
            fps = float(stream.average_rate or stream.guessed_rate or 25)
            return fps, (stream.codec_context.width, stream.codec_context.height), stream.frames
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} cannot be read as a video.") from error


def _frames(path: Path) -> Iterator[np.ndarray]:
    import av

    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            matrix = stored_matrix(path)
            for frame in container.decode(video=0):
                yield as_shown(frame, matrix)
    except av.FFmpegError as error:
        raise BadInput(f"{path} is torn: it stops in the middle of its picture.") from error


def _sound(path: Path) -> tuple[Audio | None, float]:
    """The clip's sound and how long its track says it lasts; (None, 0) for a silent film."""
    import av

    with av.open(str(path), metadata_errors="ignore") as container:
        if not container.streams.audio:
            return None, 0.0
        stream = container.streams.audio[0]
        rate_hz = stream.rate
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
        parts = (part for frame in container.decode(stream) for part in resampler.resample(frame))
        blocks = [part.to_ndarray().reshape(-1) for part in parts]
        declared_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    samples = np.concatenate(blocks).astype(np.float32) if blocks else np.zeros(0, np.float32)
    return Audio(samples, rate_hz), declared_s or len(samples) / rate_hz
