"""Reads a portrait from a file and frames it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from generators.head.colours import as_srgb

MOST_PIXELS = 50_000_000
SMALLEST_SIDE_PX = 96
VIDEO_SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"}
RAW_SUFFIXES = {".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"}
ANIMATED_FORMATS = {"GIF", "PNG", "WEBP", "AVIF"}
_HEAD_BYTES = 1 << 20  # of a file, where it says what its colours mean
_ORIENTATION = 0x0112


def read_portrait(path: str | Path) -> np.ndarray:
    """Read one picture as sRGB (h, w, 3) uint8, transparency on white. See `read_picture`."""
    return on_white(read_picture(path))


def on_white(picture: np.ndarray) -> np.ndarray:
    """A picture (h, w, 3 or 4) uint8 as (h, w, 3), what is transparent on white."""
    from PIL import Image

    if picture.shape[2] == 3:
        return picture
    white = Image.new("RGBA", picture.shape[1::-1], "white")
    return np.asarray(Image.alpha_composite(white, Image.fromarray(picture)).convert("RGB"))


def read_picture(path: str | Path) -> np.ndarray:
    """Read one picture as sRGB (h, w, 3) uint8, or (h, w, 4) with straight alpha where something is transparent.

    It is turned upright as its EXIF says; colours are converted from the space that the file names; of several
    pictures in a file the first is taken. Raises `BadInput` when there is no such file, it is a video or a camera's raw
    file, torn, no picture, over 50 megapixels or under 96 px.
    """
    from PIL import Image, UnidentifiedImageError

    path = Path(path)
    _check_name(path)
    know_heif()
    try:
        with Image.open(path) as picture, path.open("rb") as file:
            _check_size(path, *picture.size)
            if picture.format in ANIMATED_FORMATS and getattr(picture, "is_animated", False):
                notice(f"{path} is animated; its first picture is used.")
            picture.load()
            return np.asarray(_upright(picture, as_srgb(picture, str(path), file.read(_HEAD_BYTES))))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(
            f"{path} cannot be read as a picture: it may be torn or of an unknown kind; "
            "JPEG, PNG, WebP, HEIC, AVIF and TIFF are known."
        ) from error


def know_heif() -> None:
    """Let Pillow read HEIC, which phones save."""
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)


def _check_name(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"There is no portrait at {path}.")
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise BadInput(f"{path} is a video; the portrait must be a still picture.")
    if path.suffix.lower() in RAW_SUFFIXES:
        raise BadInput(f"{path} is a camera's raw file; export it as JPEG or PNG and give that.")


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        megapixels = width * height / 1e6
        raise BadInput(f"{path} has {megapixels:.0f} megapixels; at most {MOST_PIXELS // 10**6} are read.")
    if min(width, height) < SMALLEST_SIDE_PX:
        raise BadInput(f"{path} is {width}×{height} px; a portrait needs at least {SMALLEST_SIDE_PX} px a side.")


def _upright(picture: Any, colours: Any) -> Any:
    """The colours with the picture's transparency, if it has any, turned as its EXIF says."""
    from PIL import ImageOps

    if picture.has_transparency_data:
        alpha = (picture.convert("LA") if picture.mode == "La" else picture).convert("RGBA").getchannel("A")
        if alpha.getextrema()[0] < 255:
            colours.putalpha(alpha)
    colours.getexif()[_ORIENTATION] = picture.getexif().get(_ORIENTATION, 1)
    return ImageOps.exif_transpose(colours)


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
