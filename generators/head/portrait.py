"""Reads a portrait from a file and frames it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput

MOST_PIXELS = 50_000_000
SMALLEST_SIDE_PX = 96
VIDEO_SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"}


def read_portrait(path: str | Path) -> np.ndarray:
    """Read one still picture as RGB (h, w, 3) uint8, turned upright as its EXIF says, transparency on white.

    Raises `BadInput` when there is no such file, it is a video, animated, torn, no picture, over 50 megapixels or
    under 96 px.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no portrait at {path}.")
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise BadInput(f"{path} is a video; the portrait must be a still picture.")
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                megapixels = width * height / 1e6
                raise BadInput(f"{path} has {megapixels:.0f} megapixels; at most {MOST_PIXELS // 10**6} are read.")
            if min(width, height) < SMALLEST_SIDE_PX:
                raise BadInput(
                    f"{path} is {width}×{height} px; a portrait needs at least {SMALLEST_SIDE_PX} px a side."
                )
            if getattr(picture, "n_frames", 1) > 1:
                raise BadInput(f"{path} is animated; the portrait must be a still picture.")
            upright = _eight_bits(ImageOps.exif_transpose(picture)).convert("RGBA")
            white = Image.new("RGBA", upright.size, "white")
            return np.asarray(Image.alpha_composite(white, upright).convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} cannot be read as a picture: it may be torn or of an unknown kind.") from error


def _eight_bits(picture: Any) -> Any:
    """Greys of 16 bits and more, which Pillow would cut off at 255, in 8 bits; any other picture as it is."""
    from PIL import Image

    if not picture.mode.startswith(("I", "F")):
        return picture
    greys = np.asarray(picture, np.float64)
    white = 65535.0 if greys.max() > 255 else 255.0
    return Image.fromarray(np.clip(greys * 255 / white + 0.5, 0, 255).astype(np.uint8))


def frame_face(photo_size: tuple[int, int], box: tuple[int, int, int, int], aspect: float) -> tuple[int, int, int, int]:
    """The part of the photo to show: x0, y0, x1, y1 of a rectangle of `aspect` (width / height) around the face.

    As much as the photo holds, unless the face would be lost in it; it may reach beyond the photo where the aspect
    asks for more than there is, but no further than the photo's longer side needs: out there is nothing to see.
    """
    photo_width, photo_height = photo_size
    x0, y0, x1, y1 = box
    face_height, centre_x = y1 - y0, (x0 + x1) / 2
    widest = 2.4 * face_height  # head and shoulders
    tightest = min(1.75 * face_height, max(photo_height, photo_width / aspect))
    height = min(widest, photo_height, photo_width / aspect)
    height = max(height, tightest, 1.2 * face_height, (x1 - x0) * 1.35 / aspect)
    width = height * aspect
    left = centre_x - width / 2
    top = y0 - 0.44 * (height - face_height)  # room for hair above the brow
    left = _shifted_inside(left, width, photo_width)
    top = _shifted_inside(top, height, photo_height)
    return round(left), round(top), round(left + width), round(top + height)


def _shifted_inside(start: float, length: float, available: float) -> float:
    if length >= available:
        return (available - length) / 2
    return min(max(start, 0.0), available - length)
