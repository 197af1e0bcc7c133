"""One face over time: what perceiving, re-enacting and the check of a finished clip start from.

They differ in whom they follow and how often they look: `track_person` takes whoever is asked for, at the pace of an
expression; `track_largest_face` whoever fills most of the picture, at the pace of motion; `track_every_frame` the only
face of our own clips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.face_landmarks import CHANNEL_INDEX, FaceReading, Landmarker, watch_faces
from emotion_embed.signals.uprightness import turned_upright
from emotion_embed.signals.video import decoded_frames, thinned

EXPRESSION_FPS = 10.0  # more adds nothing to an expression that lasts half a second
MOTION_FPS = 30.0  # of a video at 50 or 60 every other frame is looked at
SMALLEST_FACE_PX = 96
_MOST_PEOPLE, _MOST_FACES = 6, 4
_SAME_FACE = 0.15  # overlap of two boxes over their union


@dataclass(frozen=True)
class FaceTrack:
    """One face over time; rows that are not `found` are NaN.

    `fps`: analysed frames per second, on average (1 for a picture). `scores` (n, 52) 0..1 in the order of
    `face_landmarks.ARKIT_CHANNELS`; `landmarks` (n, 478, 3) pixels of the video, y down, z away from the viewer;
    `found` (n,) bool; `head_rotation_deg` (n, 3) yaw, pitch, roll, signed as in `FaceReading`; `times_s` (n,) when
    each frame was shown, counted from the video's first.
    """

    fps: float
    scores: np.ndarray
    landmarks: np.ndarray
    found: np.ndarray
    head_rotation_deg: np.ndarray
    times_s: np.ndarray

    @classmethod
    def of(cls, times_s: Sequence[float] | np.ndarray, faces: Sequence[FaceReading | None]) -> FaceTrack:
        """The track of faces as they were found at `times_s`, at least once; None: nobody was."""
        times, found = np.array(times_s), np.array([face is not None for face in faces])
        some = next(face for face in faces if face is not None)
        column = lambda name: np.stack(  # noqa: E731
            [getattr(face, name) if face else np.full_like(getattr(some, name), np.nan) for face in faces]
        ).astype(np.float32)
        span_s = times[-1] - times[0]
        fps = (len(times) - 1) / span_s if span_s > 0 else 1.0
        return cls(fps, column("scores"), column("landmarks"), found, column("head_rotation_deg"), times)

    def __len__(self) -> int:
        return len(self.found)

    @property
    def duration_s(self) -> float:
        """From the first frame's start to the last one's end."""
        return float(self.times_s[-1] - self.times_s[0] + 1 / self.fps)

    @property
    def size_px(self) -> float:
        """The longer side of the face's box, median over the frames."""
        marks = self.landmarks[self.found][:, :, :2]
        return float(np.median((marks.max(1) - marks.min(1)).max(1))) if len(marks) else 0.0

    def score(self, name: str) -> np.ndarray:
        """One blendshape score over time, (n,)."""
        return self.scores[:, CHANNEL_INDEX[name]]

    def between(self, start_s: float | None, end_s: float | None) -> FaceTrack:
        """The frames shown from `start_s` on and before `end_s` (None: no limit)."""
        low = -np.inf if start_s is None else start_s
        high = np.inf if end_s is None else end_s
        keep = (self.times_s >= low) & (self.times_s < high)
        parts = (self.scores, self.landmarks, self.found, self.head_rotation_deg, self.times_s)
        return FaceTrack(self.fps, *(part[keep] for part in parts))

    def filled(self) -> FaceTrack:
        """The same with frames that are not `found` interpolated between their neighbours; `found` stays."""
        names = ("scores", "landmarks", "head_rotation_deg")
        return replace(self, **{name: _filled(getattr(self, name), self.found) for name in names})


def _filled(values: np.ndarray, found: np.ndarray) -> np.ndarray:
    """`values` (n, …) with the rows that are not `found` interpolated."""
    if found.all():
        return values
    frames = np.arange(len(values))
    flat = values.reshape(len(values), -1).copy()
    for column in range(flat.shape[1]):
        flat[~found, column] = np.interp(frames[~found], frames[found], flat[found, column])
    return flat.reshape(values.shape)


# Whoever is asked for -------------------------------------------------------------------------------------------------


def track_person(
    path: str | Path, *, face: int | None = None, progress: Callable[[float], None] | None = None
) -> FaceTrack:
    """One person in a video file or a picture; at most `EXPRESSION_FPS` frames a second are analysed.

    What lies on its side or stands on its head is turned upright, with a notice. `face` chooses among several, 1 is
    the leftmost; `progress` is told 0..1. Raises `BadInput` in one sentence when there is no such file, it is torn or
    holds no picture, is longer than 30 min, shows no face, several faces in most frames without `face`, or one under
    96 px; `Missing` without the weights of FaceLandmarker.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no video or picture at {path}.")
    return _tracked_person(decoded_frames(path, most_fps=EXPRESSION_FPS, progress=progress), str(path), face)


def track_person_in_frames(frames: Iterable[np.ndarray], fps: float, *, face: int | None = None) -> FaceTrack:
    """`track_person` for RGB frames (height, width, 3) uint8 at `fps` that are already in memory or on their way."""
    if not fps > 0:
        raise ValueError(f"A frame rate is above 0, not {fps}.")
    timed = ((i / fps, frame) for i, frame in enumerate(frames))
    return _tracked_person(thinned(timed, EXPRESSION_FPS), "The video", face)


def _tracked_person(timed: Iterable[tuple[float, np.ndarray]], name: str, which: int | None) -> FaceTrack:
    times_s: list[float] = []
    seen: list[list[FaceReading]] = []
    for time_s, faces in watch_faces(turned_upright(timed, name), _MOST_PEOPLE):
        times_s.append(time_s)
        seen.append(sorted(faces, key=lambda face: face.box[0]))
    if not seen:
        raise BadInput(f"{name} holds no picture.")
    return FaceTrack.of(times_s, _one_person(seen, name, which))


def _one_person(seen: list[list[FaceReading]], name: str, which: int | None) -> list[FaceReading | None]:
    """The same person's face of every frame, or None; small faces in the background count only where no other is."""
    if not any(seen):
        raise BadInput(f"No face is seen in {name}; it must look to the camera and fill enough of the picture.")
    large = [[face for face in faces if face.size_px >= SMALLEST_FACE_PX] for faces in seen]
    if not any(large):
        most_px = max(face.size_px for faces in seen for face in faces)
        raise BadInput(f"The face in {name} is {most_px} px tall; it must be at least {SMALLEST_FACE_PX} px.")
    n_faces = int(np.median([len(faces) for faces in large if faces]))
    if which is None and n_faces > 1:
        crowd = next(faces for faces in large if len(faces) == max(map(len, large)))
        boxes = ", ".join(f"{i}: {face.box}" for i, face in enumerate(crowd, 1))
        raise BadInput(f"{name} shows {n_faces} faces ({boxes}); choose one, counted from the left.")
    if which is None:
        return [max(faces, key=lambda face: face.size_px, default=None) for faces in large]
    if not 1 <= which <= max(map(len, large)):
        raise BadInput(f"There is no face {which} in {name}: it shows {n_faces}.")
    return _numbered(large, which)


def _numbered(seen: list[list[FaceReading]], which: int) -> list[FaceReading | None]:
    """Number `which` from the left where enough faces are seen first, then whoever is nearest to where it was."""
    start = next(i for i, faces in enumerate(seen) if len(faces) >= which)
    followed: list[FaceReading | None] = [None] * start
    last = seen[start][which - 1]
    for faces in seen[start:]:
        distance = lambda face, last=last: float(np.linalg.norm(_middle(face) - _middle(last)))  # noqa: E731
        nearest = min(faces, key=distance, default=None)
        if nearest is not None and distance(nearest) > 0.7 * last.size_px:
            nearest = None
        followed.append(nearest)
        last = nearest or last
    return followed


def _middle(face: FaceReading) -> np.ndarray:
    return face.landmarks[:, :2].mean(0)


# Whoever fills most of the picture ------------------------------------------------------------------------------------


def track_largest_face(
    path: str | Path,
    *,
    most_fps: float = MOTION_FPS,
    longest_gap_s: float = 0.5,
    progress: Callable[[float], None] | None = None,
) -> FaceTrack:
    """The largest face of a video file, in at most `most_fps` frames a second; `progress` is told 0..1.

    Whoever was followed is given up after `longest_gap_s` without a face. A video that lies on its side or stands on
    its head is followed upright, with a notice. Raises `BadInput` when there is no such file, it is torn, a still
    picture, holds no picture, is longer than 30 min, or shows no face or one under 96 px; `Missing` without the weights
    of FaceLandmarker.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no video at {path}.")
    frames = decoded_frames(path, most_fps=most_fps, stills=False, progress=progress)
    seen = list(_followed(watch_faces(turned_upright(frames, str(path)), _MOST_FACES), longest_gap_s))
    times_s = [time_s for time_s, _ in seen]
    _check(path, [face for _, face in seen])
    _tell_of_gaps(path, [times_s[0], *(time_s for time_s, face in seen if face), times_s[-1]], longest_gap_s)
    return FaceTrack.of(times_s, [face for _, face in seen])


def _followed(
    watched: Iterable[tuple[float, list[FaceReading]]], longest_gap_s: float
) -> Iterator[tuple[float, FaceReading | None]]:
    """Who was followed so far, where they were a moment ago; else the largest face."""
    last: tuple[float, FaceReading] | None = None
    for time_s, faces in watched:
        if last is None or time_s - last[0] > longest_gap_s:
            face = max(faces, key=lambda face: face.size_px, default=None)
        else:
            face = max(faces, key=lambda face, near=last[1]: _overlap(face, near), default=None)
            face = face if face is not None and _overlap(face, last[1]) >= _SAME_FACE else None
        last = last if face is None else (time_s, face)
        yield time_s, face and _in_32_bits(face)


def _in_32_bits(face: FaceReading) -> FaceReading:
    """Half the memory: half an hour has fifty thousand of them."""
    return FaceReading(*(v.astype(np.float32) for v in (face.landmarks, face.scores, face.head_rotation_deg)))


def _overlap(face: FaceReading, other: FaceReading) -> float:
    """What two faces' boxes share, over all that they cover."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = face.box, other.box
    shared = max(0, min(a1, c1) - max(a0, c0)) * max(0, min(b1, d1) - max(b0, d0))
    return shared / max(1, (a1 - a0) * (b1 - b0) + (c1 - c0) * (d1 - d0) - shared)


def _check(path: Path, faces: list[FaceReading | None]) -> None:
    sizes_px = [face.size_px for face in faces if face is not None]
    if not faces:
        raise BadInput(f"{path} holds no picture.")
    if len(faces) == 1:
        raise BadInput(f"{path} is a still picture; it must be a video.")
    if not sizes_px:
        raise BadInput(f"No face is seen in {path}; it must look to the camera and fill enough of the picture.")
    if np.median(sizes_px) < SMALLEST_FACE_PX:
        raise BadInput(
            f"The face in {path} is {np.median(sizes_px):.0f} px tall; it must be at least {SMALLEST_FACE_PX} px."
        )


def _tell_of_gaps(path: Path, times_s: list[float], longest_gap_s: float) -> None:
    gaps_s = np.diff(times_s)
    lost_s = gaps_s[gaps_s > longest_gap_s].sum()
    if lost_s:
        notice(f"No face is seen for {lost_s:.1f} s of {path}: what was seen last is held.")


# The only face of a clip ----------------------------------------------------------------------------------------------


def track_every_frame(frames: Iterable[np.ndarray], fps: float) -> FaceTrack | None:
    """The face of RGB frames (height, width, 3) uint8 at `fps`, each looked at; None where none shows one."""
    with Landmarker() as landmarker:
        faces = [next(iter(landmarker.read(frame)), None) for frame in frames]
    if not any(faces):
        return None
    return replace(FaceTrack.of(np.arange(len(faces)) / fps, faces), fps=fps)
