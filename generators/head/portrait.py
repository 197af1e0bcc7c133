"""Reads a portrait from a file and frames it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from generators.head.colours import as_srgb

MAX_PIXELS = 50_000_000
MIN_SIDE_PX = 96
VIDEO_SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"}
RAW_SUFFIXES = {".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"}
ANIMATED_FORMATS = {"GIF", "PNG", "WEBP", "AVIF"}
HEAD_AND_SHOULDERS = 2.4  # heights of the face
TIGHTEST = (1.1, 1.25)  # widths and heights of the face that are never cut into, so that a jaw has room to drop
WIDEST_LINE, LINE_STEP = 0.01, 20  # of a frame around a photo: share of the longer side, and levels of 255
_TORN = (OSError, ValueError, SyntaxError, EOFError, RuntimeError)  # what decoders raise where a file is damaged
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
    except (*_TORN, UnidentifiedImageError, Image.DecompressionBombError) as error:
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
    if width * height > MAX_PIXELS:
        megapixels = width * height / 1e6
        raise BadInput(f"{path} has {megapixels:.0f} megapixels; at most {MAX_PIXELS // 10**6} are read.")
    if min(width, height) < MIN_SIDE_PX:
        raise BadInput(f"{path} is {width}×{height} px; a portrait needs at least {MIN_SIDE_PX} px a side.")


def _upright(picture: Any, colours: Any) -> Any:
    """The colours with the picture's transparency, if it has any, turned as its EXIF says."""
    from PIL import ImageOps

    if picture.has_transparency_data:
        alpha = (picture.convert("LA") if picture.mode == "La" else picture).convert("RGBA").getchannel("A")
        if alpha.getextrema()[0] < 255:
            colours.putalpha(alpha)
    colours.getexif()[_ORIENTATION] = picture.getexif().get(_ORIENTATION, 1)
    return ImageOps.exif_transpose(colours)


def without_holes(picture: np.ndarray) -> np.ndarray:
    """The colours (h, w, 3) uint8 of a picture (h, w, 4) with straight alpha; what is transparent, and may hide any
    colour, takes those around it."""
    share = np.minimum(picture[..., 3:] / np.float32(127.5), 1)
    return (_filled(picture[..., :3].astype(np.float32) * share, share) + 0.5).astype(np.uint8)


def _filled(weighted: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colours times their `share` (h, w, 1), the rest filled from the same at half the size."""
    import cv2

    height, width = share.shape[:2]
    if max(height, width) == 1 or share.min() == 1:
        return weighted / np.maximum(share, 1e-6)
    half = ((width + 1) // 2, (height + 1) // 2)
    coarse, coarse_share = (cv2.resize(a, half, interpolation=cv2.INTER_AREA) for a in (weighted, share))
    known = (coarse_share > 1e-3)[..., None].astype(np.float32)  # a little is enough, seen from afar
    around = _filled(coarse * known / np.maximum(coarse_share, 1e-3)[..., None], known)
    return weighted + cv2.resize(around, (width, height)).reshape(height, width, 3) * (1 - share)


def without_frame(photo: np.ndarray) -> np.ndarray:
    """The photo (h, w, channels) without the lines that scans and screenshots have along their borders."""
    (left, right), (top, bottom) = (_line_widths(np.moveaxis(photo, axis, 0)) for axis in (1, 0))
    return photo[top : photo.shape[0] - bottom, left : photo.shape[1] - right]


def _line_widths(rows: np.ndarray) -> tuple[int, int]:
    """How many of the first and last rows lie beyond a step that runs along most of their length."""
    reach = round(WIDEST_LINE * max(rows.shape[:2]))
    ends = np.stack([rows[: reach + 1], rows[::-1][: reach + 1]]).astype(int)
    steps = np.median(np.abs(np.diff(ends, axis=1)).mean(-1), axis=2)
    first, last = (int(np.flatnonzero(step > LINE_STEP).max(initial=-2)) + 2 for step in steps)  # with a row of fringe
    return first, last


def frame_face(
    photo_size: tuple[int, int], box: tuple[int, int, int, int], aspect: float
) -> tuple[float, float, float, float]:
    """The part of the photo to show: x0, y0, x1, y1 of a rectangle of `aspect` (width / height) around the face.

    Head and shoulders, or as much of them as the photo holds. It reaches beyond the photo only where the face would not
    fit otherwise, and then never above: hair would have to be invented there.
    """
    photo_width, photo_height = photo_size
    x0, y0, x1, y1 = box
    face_width, face_height = x1 - x0, y1 - y0
    largest_inside = min(photo_height, photo_width / aspect)
    height = min(HEAD_AND_SHOULDERS * face_height, largest_inside)
    height = max(height, TIGHTEST[1] * face_height, TIGHTEST[0] * face_width / aspect)
    width = height * aspect
    top = y0 - 0.44 * (height - face_height)  # room for hair above the brow
    left = _shifted_inside((x0 + x1 - width) / 2, width, photo_width)
    top = 0.0 if height >= photo_height else _shifted_inside(top, height, photo_height)
    return left, top, left + width, top + height


def _shifted_inside(start: float, length: float, available: float) -> float:
    if length >= available:
        return (available - length) / 2
    return min(max(start, 0.0), available - length)
