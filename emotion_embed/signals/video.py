"""Films as they are looked at: frames with their times, and the sound that goes with them.

Every way in which a file can be bad is one sentence. Times count from the first picture on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.decoder import is_text_format, moving_pictures, opened
from emotion_embed.signals.display_matrix import exif_matrix, shown, stored_matrix
from emotion_embed.signals.recordings import decode_sound, lift_quiet_voice

LONGEST_VIDEO_S = 30 * 60
MOST_PIXELS = 50_000_000
_STILL_FORMATS = ("image2", "_pipe")  # how ffmpeg calls what holds one picture


def decoded_frames(
    path: Path, *, most_fps: float, stills: bool = True, progress: Callable[[float], None] | None = None
) -> Iterator[tuple[float, np.ndarray]]:
    """RGB frames (height, width, 3) uint8 as they are to be shown, with their times in seconds, `most_fps` at most.

    `progress` is told 0..1 with every frame (0 where the file does not say how long it is). Raises `BadInput` when the
    file is torn, holds no picture, is longer than 30 min, over 50 megapixels or, without `stills`, a still picture.
    """
    with _opened(path) as container:
        if not container.streams.video:
            raise BadInput(f"{path} holds no picture.")
        stream = container.streams.video[0]
        if stream.codec_context.width * stream.codec_context.height > MOST_PIXELS:
            raise BadInput(f"{path} has more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller.")
        is_still = any(name in container.format.name for name in _STILL_FORMATS)
        if is_still and not stills:
            raise BadInput(f"{path} is a still picture; it must be a video.")
        stated_s = float(stream.duration * stream.time_base) if stream.duration else 0.0
        _check_length(path, stated_s)
        matrix, last_s = (exif_matrix if is_still else stored_matrix)(path), 0.0
        for time_s, frame in thinned(_timed(container.decode(stream)), most_fps):
            _check_length(path, time_s)
            yield time_s, as_shown(frame, matrix)
            last_s = time_s
            if progress:
                progress(min(1.0, last_s / stated_s) if stated_s else 0.0)
        if last_s < 0.9 * stated_s - 1.0:
            raise BadInput(f"{path} is torn: it stops after {last_s:.1f} of {stated_s:.1f} s.")


def sound_of(path: str | Path) -> Audio | None:
    """The sound of a film, beginning with its first picture; None where it has none.

    Raises `BadInput` when the file cannot be read.
    """
    path = Path(path)
    with _opened(path) as container:
        if not container.streams.audio:
            return None
        pictures = moving_pictures(container)
        audio = decode_sound(container, path, _start_s(pictures[0]) if pictures else None)
    return lift_quiet_voice(Audio(np.clip(np.nan_to_num(audio.samples), -1, 1), audio.sample_rate_hz))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with opened(path, "a video or picture: it may be torn or something else") as container:
        if is_text_format(container.format.name):
            raise ValueError(f"{container.format.name} is a text.")
        yield container


def thinned(timed: Iterable[tuple[float, Any]], most_fps: float) -> Iterator[tuple[float, Any]]:
    """Only what lies 1 / `most_fps` apart, evenly spaced: at 10 a second every third frame of 25 or 30."""
    due_s = -np.inf
    for time_s, frame in timed:
        if time_s >= due_s:
            due_s = time_s + 1 / most_fps - 5e-3
            yield time_s, frame


def _timed(frames: Iterable[Any]) -> Iterator[tuple[float, Any]]:
    """Decoded frames with their own times from 0 on; a frame without one follows the last by 40 ms."""
    first_s, time_s = None, -0.04
    for frame in frames:
        shown_s = frame.time
        if shown_s is not None and first_s is None:
            first_s = shown_s
        time_s = shown_s - first_s if shown_s is not None else time_s + 0.04
        yield time_s, frame


def as_shown(frame: Any, matrix: np.ndarray | None) -> np.ndarray:
    """RGB (height, width, 3) uint8 of a decoded frame, turned and mirrored as its file says that it shall be shown.

    `matrix`: what `display_matrix` reads from the file; None: as the frame itself is said to be turned.
    """
    picture = frame.to_ndarray(format="rgb24")
    return np.rot90(picture, k=round(frame.rotation / 90)) if matrix is None else shown(picture, matrix)


def _check_length(path: Path, length_s: float) -> None:
    if length_s > LONGEST_VIDEO_S:
        raise BadInput(f"{path} is longer than {LONGEST_VIDEO_S // 60} minutes; cut it into parts.")


def _start_s(stream: Any) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0
