"""A film of a person, or a recording of their motion, as `Motion` for any other face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.face_geometry import lid_opening, lip_gap
from emotion_embed.signals.face_track import MOTION_FPS, FaceTrack, track_largest_face
from emotion_embed.signals.video import LONGEST_VIDEO_S
from generators.contracts import Motion, PlacedSpeech
from generators.motion.live_link import Recording, is_motion_file, motion_at, read_recording
from generators.motion.rig.breath import Breath
from generators.motion.rig.resampling import LONGEST_BRIDGE_S, resampled
from generators.motion.tracked.channels import face_channels
from generators.motion.tracked.curves import smooth, steady
from generators.motion.tracked.pose import head_pose

_SCORE_NOISE, _GAP_NOISE, _LID_NOISE = 0.04, 0.006, 0.01
_HEAD_WINDOW_S = 0.36
_BREATH_STRETCH_S = 10.0  # breath is planned in stretches
# One photo holds one side of a head: beyond the knees, turns and shifts bend towards these limits.
_ROTATION_DEG = (np.array([14.0, 12.0, 14.0]), np.array([22.0, 18.0, 22.0]))
_TRANSLATION_CM = (np.array([0.8, 0.8, 2.0]), np.array([1.6, 1.6, 4.0]))


def track_motion(path: str | Path, progress: Callable[[float], None] | None = None, fps: float | None = None) -> Motion:
    """Follow the largest face of a video file; `progress` is told 0..1.

    Expressions count from the person's own rest, the head's pose and the gaze from where they mostly are; lips open as
    wide as theirs. `fps`: frames per second of the motion (None: as many as were looked at). Nothing comes later than
    it was seen. Shoulders breathe by themselves. Raises `BadInput` and `Missing` as `track_largest_face` does.
    """
    most_fps = max(MOTION_FPS, fps or 0.0)
    seen = track_largest_face(path, most_fps=most_fps, longest_gap_s=LONGEST_BRIDGE_S, progress=progress)
    return motion_of(seen, fps)


def motion_of(seen: FaceTrack, fps: float | None = None) -> Motion:
    """`track_motion` of a face that was followed already."""
    fps = fps or seen.fps
    times_s, landmarks, scores = (values[seen.found] for values in (seen.times_s, seen.landmarks, seen.scores))
    at_s = np.arange(max(1, round(seen.duration_s * fps))) / fps
    even = lambda values: resampled(times_s, values, at_s)  # noqa: E731
    rotation_deg, translation_cm = (smooth(even(v), fps, _HEAD_WINDOW_S) for v in head_pose(landmarks))
    scores = steady(even(scores), fps, _SCORE_NOISE)
    gap = steady(even(lip_gap(landmarks)), fps, _GAP_NOISE)
    lids = steady(even(lid_opening(landmarks)), fps, _LID_NOISE)
    return Motion(
        fps,
        face_channels(scores, gap, lids),
        _about_middle(rotation_deg),
        _limited(translation_cm, *_TRANSLATION_CM),
        _breathing(len(at_s), fps),
    )


def read_recorded_motion(path: str | Path, fps: float | None = None, csv_fps: float | None = None) -> Motion:
    """Motion from a Live Link Face CSV at `fps` frames per second (None: its own); `csv_fps` overrides what the file
    says of its own.

    Its channels are taken as they stand, at the times of its rows; gaps over 0.5 s hold what was there last. Its head
    is taken about the pose that it mostly has. Raises `BadInput` for a file that is none, or lasts over 30 min.
    """
    recording = read_recording(path, csv_fps)
    if recording.duration_s > LONGEST_VIDEO_S:
        raise BadInput(f"{path} is longer than {LONGEST_VIDEO_S // 60} minutes; cut it into parts.")
    _tell_of_gaps(path, recording)
    fps = fps or recording.fps
    times_s = np.arange(max(1, round(recording.duration_s * fps))) / fps
    motion = motion_at(recording, times_s, fps)
    return replace(
        motion,
        head_rotation_deg=_about_middle(motion.head_rotation_deg),
        breath=_breathing(len(motion), fps),
    )


def _tell_of_gaps(path: str | Path, recording: Recording) -> None:
    last_s = max(recording.times_s[-1], recording.duration_s - 1 / recording.fps)
    gaps_s = np.diff([0.0, *recording.times_s, last_s])
    lost_s = gaps_s[gaps_s > max(LONGEST_BRIDGE_S, 1.5 / recording.fps)].sum()
    if lost_s:
        notice(f"No face is recorded for {lost_s:.1f} s of {path}: what was there last is held.")


class TrackedMotion:
    """Motion that is there already, handed out in step with sound: a `MotionSource` whose seed changes nothing.

    Attributes:
        motion: all of it.
    """

    def __init__(self, motion: Motion) -> None:
        self.motion = motion

    @classmethod
    def from_video(
        cls,
        path: str | Path,
        fps: float | None = None,
        csv_fps: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> TrackedMotion:
        """Follow the face in a video, or read a Live Link Face CSV.

        Args:
            path: the file; what ends in .csv is recorded motion.
            fps: frames per second of the motion; None for the file's own.
            csv_fps: overrides what a CSV says of its own rate.
            progress: is told 0..1 while a video is watched; what it raises ends the work.

        Raises:
            BadInput: The file is no such thing, is too long, or shows no face large enough.
            Missing: The weights of FaceLandmarker cannot be had.
        """
        if is_motion_file(path):
            return cls(read_recorded_motion(path, fps, csv_fps))
        return cls(track_motion(path, progress, fps))

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.motion) / self.motion.fps

    def start(self, *, seed: int = 0, fps: float = 25.0) -> TrackedPerformer:
        """The motion from its first frame on.

        Raises:
            ValueError: `fps` is not the motion's own.
        """
        if fps != self.motion.fps:
            raise ValueError(f"fps is {fps}; the motion has {self.motion.fps}.")
        return TrackedPerformer(self.motion)


class TrackedPerformer:
    """Hands out the frames of a motion that lie beside each part of sound."""

    def __init__(self, motion: Motion) -> None:
        self.motion = motion

    def perform(self, part: PlacedSpeech) -> Motion:
        """`len(part.frames(fps))` frames; beyond its end the motion holds its last one."""
        motion, frames = self.motion, part.frames(self.motion.fps)
        return motion.take(np.minimum(np.arange(frames.start, frames.stop), len(motion) - 1))


def _about_middle(rotation_deg: np.ndarray) -> np.ndarray:
    return _limited(rotation_deg - np.median(rotation_deg, axis=0), *_ROTATION_DEG)


def _limited(values: np.ndarray, knee: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Unchanged up to the knee on both sides of 0, then bending smoothly towards the most."""
    beyond = np.maximum(np.abs(values) - knee, 0)
    room = most - knee
    return np.sign(values) * (np.minimum(np.abs(values), knee) + room * np.tanh(beyond / room))


def _breathing(n_frames: int, fps: float) -> np.ndarray:
    """Calm breath (n,) 0..1: neither a video's face nor a CSV tells of the shoulders."""
    breath, step = Breath(np.random.default_rng(0)), max(1, round(_BREATH_STRETCH_S * fps))
    stretches = []
    for first in range(0, n_frames, step):
        last = min(first + step, n_frames)
        breath.plan(first / fps, last / fps, ())
        stretches.append(breath.at(np.arange(first, last) / fps))
    return np.concatenate(stretches).astype(np.float32)
