"""One person's face, followed through a film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.readers.face import SMALLEST_FACE_PX
from emotion_embed.signals.face_landmarks import FaceReading, watch_faces
from emotion_embed.signals.uprightness import turned_upright
from emotion_embed.signals.video import decoded_frames
from generators.motion.rig.resampling import LONGEST_BRIDGE_S

ENOUGH_FPS = 30.0  # of a film at 50 or 60 every other frame is looked at
_MOST_FACES = 4
_SAME_FACE = 0.15  # overlap of two boxes over their union


@dataclass(frozen=True)
class WatchedFace:
    """A face as FaceLandmarker saw it in the frames that show it: `times_s` (n,) from the film's first picture on,
    `scores` (n, 52) 0..1 in the order of `ARKIT_CHANNELS`, `landmarks` (n, 478, 3) px. `duration_s`: the film's own,
    `fps`: how many frames of it were looked at in a second."""

    times_s: np.ndarray
    scores: np.ndarray
    landmarks: np.ndarray
    duration_s: float
    fps: float


def watch_face(
    path: str | Path, *, most_fps: float = ENOUGH_FPS, progress: Callable[[float], None] | None = None
) -> WatchedFace:
    """Follow the largest face of a video file, in at most `most_fps` frames a second; `progress` is told 0..1.

    A film that lies on its side or stands on its head is followed upright, with a notice. Raises `BadInput` when there
    is no such file, it is torn, a still picture, holds no picture, is longer than 30 min, or shows no
    face or one under 96 px; `Missing` without the weights of FaceLandmarker.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no video at {path}.")
    frames_s, times_s, seen, last = [], [], [], None
    frames = decoded_frames(path, most_fps=most_fps, stills=False, progress=progress)
    for time_s, faces in watch_faces(turned_upright(frames, str(path)), _MOST_FACES):
        frames_s.append(time_s)
        lost = not times_s or time_s - times_s[-1] > LONGEST_BRIDGE_S
        face = _followed(faces, None if lost else last)
        if face is not None:
            times_s.append(time_s)
            seen.append((face.scores.astype(np.float32), face.landmarks.astype(np.float32), face.size_px))
            last = face
    _check(path, len(frames_s), [size_px for *_, size_px in seen])
    frame_s = (frames_s[-1] - frames_s[0]) / (len(frames_s) - 1)
    _tell_of_gaps(path, [frames_s[0], *times_s, frames_s[-1]])
    scores, landmarks, _ = zip(*seen, strict=True)
    duration_s = frames_s[-1] + frame_s
    return WatchedFace(np.array(times_s), np.stack(scores), np.stack(landmarks), duration_s, 1 / frame_s)


def _followed(faces: list[FaceReading], last: FaceReading | None) -> FaceReading | None:
    """Who was followed so far, where they were a moment ago; else the largest face."""
    if last is None:
        return max(faces, key=lambda face: face.size_px, default=None)
    nearest = max(faces, key=lambda face: _overlap(face, last), default=None)
    return nearest if nearest is not None and _overlap(nearest, last) >= _SAME_FACE else None


def _overlap(face: FaceReading, other: FaceReading) -> float:
    """What two faces' boxes share, over all that they cover."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = face.box, other.box
    shared = max(0, min(a1, c1) - max(a0, c0)) * max(0, min(b1, d1) - max(b0, d0))
    return shared / max(1, (a1 - a0) * (b1 - b0) + (c1 - c0) * (d1 - d0) - shared)


def _check(path: Path, n_frames: int, sizes_px: list[int]) -> None:
    if not n_frames:
        raise BadInput(f"{path} holds no picture.")
    if n_frames == 1:
        raise BadInput(f"{path} is a still picture; it must be a video.")
    if not sizes_px:
        raise BadInput(f"No face is seen in {path}; it must look to the camera and fill enough of the picture.")
    if np.median(sizes_px) < SMALLEST_FACE_PX:
        raise BadInput(
            f"The face in {path} is {np.median(sizes_px):.0f} px tall; it must be at least {SMALLEST_FACE_PX} px."
        )


def _tell_of_gaps(path: Path, times_s: list[float]) -> None:
    gaps_s = np.diff(times_s)
    long_s = gaps_s[gaps_s > LONGEST_BRIDGE_S]
    if len(long_s):
        notice(f"No face is seen for {long_s.sum():.1f} s of {path}: what was seen last is held.")
