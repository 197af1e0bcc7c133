"""Pictures composed by moviepy: clips in a row, scaled into a frame, on a colour or a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from studio.checks import is_colour
from studio.media.source_video import FrameReader, SourceVideo


def video_clip(video: SourceVideo, reader: FrameReader) -> Any:
    """A video as a clip of moviepy's."""
    from moviepy import VideoClip

    return VideoClip(reader.frame_at, duration=video.duration_s)


def in_a_row(clips: Sequence[Any]) -> Any:
    """Clips of one size, one after another."""
    from moviepy import concatenate_videoclips

    return concatenate_videoclips(clips, method="chain")


def fitted(
    clip: Any, size: tuple[int, int], behind: tuple[int, int, int] | np.ndarray = (0, 0, 0), fill: bool = False
) -> Any:
    """A clip scaled into the middle of a frame, on a colour or a picture that covers the frame; or covering it."""
    from moviepy import CompositeVideoClip, ImageClip

    if tuple(clip.size) == tuple(size):
        return clip
    inner = _scaled(clip, size, max if fill else min).with_position("center")
    if isinstance(behind, tuple):
        return CompositeVideoClip([inner], size=size, bg_color=behind)
    cover = _scaled(ImageClip(behind), size, max).with_position("center").with_duration(clip.duration)
    return CompositeVideoClip([cover, inner], size=size)


def _scaled(clip: Any, size: tuple[int, int], pick: Callable[[float, float], float]) -> Any:
    scale = pick(size[0] / clip.w, size[1] / clip.h)
    return clip.resized((max(1, round(clip.w * scale)), max(1, round(clip.h * scale))))


def even_size(size: tuple[int, int]) -> tuple[int, int]:
    """The nearest smaller size that the encoder takes."""
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


def background_of(background: str) -> tuple[int, int, int] | np.ndarray:
    """A colour, or a picture (height, width, 3) uint8."""
    from generators.head.portrait import read_portrait

    if is_colour(background):
        red, green, blue = bytes.fromhex(background[1:])
        return red, green, blue
    if background.startswith("#"):
        raise BadInput(f"{background} is not a colour; write it like #20262e.")
    return read_portrait(background)
