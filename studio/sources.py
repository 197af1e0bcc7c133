"""What a clip that follows a video takes from it: its motion, and the sound that goes with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from emotion_embed.signals.audio import SILENT_PEAK, Audio, read_audio
from emotion_embed.signals.video import sound_of
from generators import registry
from generators.contracts import Motion, Speech
from generators.motion.tracked import FollowedMotion, is_motion_file, read_recorded_motion, track_motion
from studio.runtime import raise_if_set

if TYPE_CHECKING:
    from studio.request import RenderRequest
    from studio.studio import _Job


def recording_of(request: RenderRequest) -> Audio | None:
    """The recording that a request names, or its video's own sound; None for a synthetic voice and for silence."""
    if request.audio is not None:
        return read_audio(request.audio)
    if request.video is None or is_motion_file(request.video):
        return None
    sound = sound_of(request.video)
    return sound if sound is not None and np.abs(sound.samples).max(initial=0.0) >= SILENT_PEAK else None


def follow(job: _Job) -> Iterator[FollowedMotion]:
    """One item, the motion of the video that the job's request names; a stage, so that it can be cancelled."""
    yield FollowedMotion(reference_motion(job, job.request.video, float(job.request.frame_rate())))


def reference_motion(job: _Job, path: str, fps: float | None = None) -> Motion:
    """The motion in a video or a Live Link Face CSV, at `fps` (None: its own)."""
    import checkpoints

    def watched(share: float) -> None:
        raise_if_set(job.stop)
        job.progress("watching", share, 1)

    started = time.perf_counter()
    if is_motion_file(path):
        motion = read_recorded_motion(path, fps, job.request.csv_fps)
    else:
        checkpoints.path("face-landmarker", progress=_of_weights(job))
        motion = track_motion(path, watched, fps)
    job.clock.add("watching", time.perf_counter() - started)
    job.progress("watching", 1, 1)
    return motion


def sound_parts(job: _Job, duration_s: float) -> Iterator[Speech]:
    """The job's recording, or silence, as long as the motion; with its words where the request has a use for them."""
    from generators.voice.recording.source import fit_duration, plain_chunks

    if job.recording is None:
        return registry.load("voice", registry.implied("voice", "").name).stream(duration_s)
    sound = fit_duration(job.recording, duration_s)
    return heard_parts(job, sound) if job.request.reads_words() else plain_chunks(sound)


def heard_parts(job: _Job, sound: Audio, text: str = "") -> Iterator[Speech]:
    """The recording's chunks with its words; see `RecordingVoice.stream`."""
    name = registry.implied("voice", "audio").name
    voice = registry.load("voice", name, progress=_of_weights(job))
    meaning = "the lips stay shut" if job.followed is None else "there are no captions"
    return voice.stream(sound, text=text or None, language=job.request.language, if_wordless=meaning)


def muted(part: Speech) -> Speech:
    """Silence as long as `part`, so that lips do not follow a sound that is no voice."""
    return Speech(Audio(np.zeros_like(part.audio.samples), part.audio.sample_rate_hz))


def _of_weights(job: _Job) -> Callable[[str, int, int], None]:
    """The job's progress, told of downloads."""
    return lambda name, done_bytes, total_bytes: job.progress(f"weights {name}", done_bytes, total_bytes)
