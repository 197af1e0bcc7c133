"""What generators hand on is looked at before it is used: a plug-in that breaks its promise is named, not followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from checkpoints.errors import MienError
from generators.contracts import ARKIT_CHANNELS, Motion, Speech
from generators.spec import GeneratorSpec

_ROUNDING_S = 0.02
_ROUNDING = 1e-3


def checked_speech(spec: GeneratorSpec, speech: Speech) -> Speech:
    """The part of speech, once its samples are one row of float32 in −1..1 and its times lie inside them."""
    samples = speech.audio.samples
    if samples.ndim != 1 or samples.dtype != np.float32:
        raise _broken(spec, f"samples of the form {samples.shape} {samples.dtype} instead of one row of float32")
    if not np.isfinite(samples).all() or np.abs(samples).max(initial=0.0) > 1 + _ROUNDING:
        raise _broken(spec, "samples that are not numbers from -1 to 1")
    end_s = max((thing.end_s for thing in (*speech.words, *speech.phones)), default=0.0)
    if end_s > speech.audio.duration_s + _ROUNDING_S:
        raise _broken(spec, f"a word or phone that ends at {end_s:.2f} s of {speech.audio.duration_s:.2f} s of sound")
    return speech


def checked_motion(spec: GeneratorSpec, motion: Motion, n_frames: int) -> Motion:
    """The motion, once it has as many frames as lie beside its part of speech, and channels from 0 to 1."""
    shapes = motion.blendshapes
    if shapes.shape != (n_frames, len(ARKIT_CHANNELS)):
        raise _broken(spec, f"channels of the form {shapes.shape} where {(n_frames, len(ARKIT_CHANNELS))} are due")
    poses = (motion.head_rotation_deg, motion.head_translation_cm)
    if any(pose.shape != (n_frames, 3) for pose in poses) or motion.breath.shape != (n_frames,):
        raise _broken(spec, f"poses or breath that do not last {n_frames} frames")
    if not all(np.isfinite(values).all() for values in (shapes, *poses, motion.breath)):
        raise _broken(spec, "numbers that are none")
    if shapes.min(initial=0.0) < -_ROUNDING or shapes.max(initial=0.0) > 1 + _ROUNDING:
        channel = ARKIT_CHANNELS[int(np.abs(shapes - 0.5).max(0).argmax())]
        raise _broken(spec, f"a channel {channel} outside 0..1")
    return motion


def checked_frames(
    spec: GeneratorSpec, frames: Iterable[np.ndarray], size: tuple[int, int], due: list[int]
) -> Iterator[np.ndarray]:
    """Frames of the portrait's size, as many as the parts last that were handed to the head (`due` holds the sum)."""
    shape, n_frames = (size[1], size[0], 3), 0
    for frame in frames:
        if frame.shape != shape or frame.dtype != np.uint8:
            raise _broken(spec, f"a frame of the form {frame.shape} {frame.dtype} instead of {shape} uint8")
        n_frames += 1
        if n_frames > due[0]:
            break
        yield frame
    if n_frames != due[0]:
        raise _broken(spec, f"{'more' if n_frames > due[0] else 'fewer'} frames than the {due[0]} that are due")


@contextmanager
def blaming(spec: GeneratorSpec) -> Iterator[None]:
    """Note on an unexpected error in which generator it arose."""
    try:
        yield
    except MienError:
        raise
    except Exception as error:
        if not getattr(error, "__notes__", None):
            error.add_note(f"in the {spec.kind} generator {spec.name}")
        raise


def _broken(spec: GeneratorSpec, what: str) -> MienError:
    return MienError(f"The {spec.kind} generator {spec.name} does not keep its contract: it gave {what}.")
