"""Looks at and listens to a finished clip: every frame through FaceLandmarker, the sound as samples.

Whoever judges a clip starts from its own pixels and sound, not from what was meant to be in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.audio import Audio
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX

N_LANDMARKS = 478
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
    from checkpoints import path as checkpoint_path

    path = Path(path).absolute()  # ffmpeg takes what stands before a colon for a protocol
    model = Path(checkpoint_path("face-landmarker")) / "face_landmarker.task"
    fps, size, n_expected = _video_facts(path)
    landmarks, scores, rotations, same, before = [], [], [], [], None
    with open_landmarker(model) as landmarker:
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


def open_landmarker(model: str | Path) -> object:
    """FaceLandmarker in image mode: video mode would smooth lips and lag them by 5–25 ms."""
    from mediapipe.tasks import python as tasks
    from mediapipe.tasks.python import vision

    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.IMAGE,
        num_faces=1,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    return vision.FaceLandmarker.create_from_options(options)


def look(landmarker: object, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Landmarks (478, 3) in pixels, scores (52,) and head rotation (3,) in degrees of one RGB frame; NaN if no face."""
    import mediapipe as mp

    image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame))
    result = landmarker.detect(image)
    if not result.face_landmarks:
        return np.full((N_LANDMARKS, 3), np.nan), np.full(len(ARKIT_CHANNELS), np.nan), np.full(3, np.nan)
    height, width = frame.shape[:2]
    points = np.array([(p.x * width, p.y * height, p.z * width) for p in result.face_landmarks[0]])
    scores = np.zeros(len(ARKIT_CHANNELS))
    for category in result.face_blendshapes[0]:
        if category.category_name in CHANNEL_INDEX:
            scores[CHANNEL_INDEX[category.category_name]] = category.score
    return points, scores, head_angles_deg(np.asarray(result.facial_transformation_matrixes[0]))


def head_angles_deg(matrix: np.ndarray) -> np.ndarray:
    """Yaw, pitch, roll in degrees from a (4, 4) head matrix (x right, y up, z to the viewer), signed as in `Motion`."""
    rotation = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    forward = rotation[:, 2]
    yaw = np.arctan2(forward[0], forward[2])
    pitch = np.arcsin(np.clip(forward[1], -1, 1))
    roll = -np.arctan2(rotation[1, 0], rotation[0, 0])
    return np.degrees([yaw, pitch, roll])


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
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="rgb24")
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
        declared_s = float(stream.duration * stream.time_base) if stream.duration else 0.0
    samples = np.concatenate(blocks).astype(np.float32) if blocks else np.zeros(0, np.float32)
    return Audio(samples, rate_hz), declared_s or len(samples) / rate_hz
