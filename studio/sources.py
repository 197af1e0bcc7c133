"""What a clip that follows a video takes from it: its motion, and the sound that goes with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.audio import SILENT_PEAK, Audio, read_audio
from emotion_embed.signals.video import sound_of
from generators.contracts import Motion, Speech
from generators.motion.tracked import FollowedMotion, is_motion_file, read_recorded_motion, track_motion
from studio.runtime import raise_if_set

if TYPE_CHECKING:
    from studio.request import RenderRequest
    from studio.studio import _Job

_PART_S = 2.0
_SILENCE_RATE_HZ = 24_000
_NOTED_S = 0.5  # sound that lasts so much longer than the picture is not lost without a word


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
    sound = _fitted(job.recording, duration_s)
    if job.recording is not None and job.request.reads_words():
        yield from heard_parts(job, sound)
    else:
        yield from _without_words(sound)


def _fitted(sound: Audio | None, duration_s: float) -> Audio:
    """The sound cut, or followed by silence, to last exactly so long."""
    sound = sound or Audio(np.zeros(0, np.float32), _SILENCE_RATE_HZ)
    if sound.duration_s > duration_s + _NOTED_S:
        notice(f"The sound lasts {sound.duration_s:.1f} s, the motion {duration_s:.1f} s: the end of the sound is cut.")
    n_samples = round(duration_s * sound.sample_rate_hz)
    samples = np.pad(sound.samples, (0, max(0, n_samples - len(sound.samples))))
    return Audio(samples[:n_samples], sound.sample_rate_hz)


def heard_parts(job: _Job, sound: Audio, text: str = "") -> Iterator[Speech]:
    """The parts of a recording, in which `text` is said where that is known, with words and sounds; without both where
    nobody speaks, as in music. Raises `BadInput` for a text where nobody speaks and as `stream_recording` does."""
    import checkpoints
    from emotion_embed.signals.vad import is_spoken
    from generators.voice.recording.transcribed import stream_recording

    if is_spoken(sound):
        checkpoints.path("whisper-base", progress=_of_weights(job))
        return stream_recording(sound, text=text or None, language=job.request.language)
    if text:
        raise BadInput("No speech is heard in the recording, so the text given cannot be what is said there.")
    meaning = "the lips stay shut" if job.followed is None else "there are no captions"
    notice(f"No voice is heard in the recording: {meaning}.")
    return _without_words(sound)


def _without_words(sound: Audio) -> Iterator[Speech]:
    step = max(1, round(_PART_S * sound.sample_rate_hz))
    for first in range(0, len(sound.samples), step):
        yield Speech(Audio(sound.samples[first : first + step], sound.sample_rate_hz))


def muted(part: Speech) -> Speech:
    """Silence as long as `part`, so that lips do not follow a sound that is no voice."""
    return Speech(Audio(np.zeros_like(part.audio.samples), part.audio.sample_rate_hz))


def _of_weights(job: _Job) -> Callable[[str, int, int], None]:
    """The job's progress, told of downloads."""
    return lambda name, done_bytes, total_bytes: job.progress(f"weights {name}", done_bytes, total_bytes)
