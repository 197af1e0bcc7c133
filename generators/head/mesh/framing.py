"""The part of a photo that is shown, cut out at the size of the picture and continued where the photo ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from generators.head.mesh.surroundings import falling
from generators.head.portrait import frame_face

BEYOND_BLUR = 0.05  # of the picture's longer side
BLUR_GROWTH = 0.4  # px of blur for each px beyond the photo
GRAIN_GOES_ON = 0.015  # of the picture's longer side
PAD = 0.08  # of the picture, kept around it for what moves in from outside
MAX_OWN_SIDE_PX = 1024  # of a picture in the photo's own shape


@dataclass(frozen=True)
class Framing:
    """Which part of a photo a picture shows, and how large.

    Attributes:
        crop: x0, y0, x1, y1 in px of the photo; may reach beyond it.
        size: width and height of the picture in px.
    """

    crop: tuple[float, float, float, float]
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of the photo."""
        return self.size[0] / (self.crop[2] - self.crop[0])

    @property
    def pad_px(self) -> int:
        """How far the padded picture reaches beyond the picture on each side."""
        return round(PAD * max(self.size))

    @property
    def inner(self) -> tuple[slice, slice]:
        """Rows and columns of the picture in the padded one."""
        width, height = self.size
        return slice(self.pad_px, self.pad_px + height), slice(self.pad_px, self.pad_px + width)

    def cut(self, image: np.ndarray, scale_up: float = 1.0) -> np.ndarray:
        """The padded picture out of a photo (h, w) or (h, w, 3), `scale_up` times finer."""
        return cut(image, self.crop, self.size, self.pad_px, scale_up)

    def to_picture(self, photo_points: np.ndarray) -> np.ndarray:
        """Points of the photo (n, 2) px in the picture."""
        return photo_points * self.scale - np.multiply(self.crop[:2], self.scale)


def choose_framing(
    photo_size: tuple[int, int], box: tuple[int, int, int, int], size: tuple[int, int] | None
) -> Framing:
    """The framing of a face in `box`, of `size` or, where that is None, of the whole photo; both sides even."""
    if size is not None:
        return Framing(frame_face(photo_size, box, size[0] / size[1]), size)
    shrink = min(1.0, MAX_OWN_SIDE_PX / max(photo_size))
    width, height = (max(2, round(n * shrink / 2) * 2) for n in photo_size)
    zoom = max(width / photo_size[0], height / photo_size[1])  # even sides leave out a part of a pixel
    left, top = ((n - shown / zoom) / 2 for n, shown in zip(photo_size, (width, height), strict=True))
    return Framing((left, top, left + width / zoom, top + height / zoom), (width, height))


def cut(
    image: np.ndarray,
    crop: tuple[float, float, float, float],
    size: tuple[int, int],
    pad_px: int,
    scale_up: float,
) -> np.ndarray:
    """The part `crop` of the photo, (h, w) or (h, w, 3), at `size`, with `pad_px` more around it, `scale_up` times
    finer. Where that reaches beyond the photo, its borders are drawn out."""
    import cv2

    zoom = size[0] / (crop[2] - crop[0]) * scale_up
    width, height = (round((n + 2 * pad_px) * scale_up) for n in size)
    left, top = crop[:2]
    if zoom < 0.6:  # an affine warp would skip pixels: shrink first
        image = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        left, top, zoom = left * zoom, top * zoom, 1.0
    # Pixel centres are whole numbers: the middle of the first fine pixel lies half a fine pixel into the picture.
    x = (pad_px * scale_up) - left * zoom + 0.5 * zoom - 0.5
    y = (pad_px * scale_up) - top * zoom + 0.5 * zoom - 0.5
    matrix = np.array([[zoom, 0, x], [0, zoom, y]], np.float32)
    beyond_x = _beyond(np.arange(width), x - 0.5 * zoom, x + (image.shape[1] - 0.5) * zoom)
    beyond_y = _beyond(np.arange(height), y - 0.5 * zoom, y + (image.shape[0] - 0.5) * zoom)
    beyond_px = np.maximum(beyond_x[None], beyond_y[:, None])
    warped = partial(cv2.warpAffine, M=matrix, dsize=(width, height), flags=cv2.INTER_CUBIC)
    part = warped(image, borderMode=cv2.BORDER_REFLECT_101)
    if not beyond_px.any():
        return part
    soft = _blurred(image, GRAIN_GOES_ON * max(image.shape[:2]))
    return _faded(part, warped(soft, borderMode=cv2.BORDER_REPLICATE), beyond_px)


def _beyond(at: np.ndarray, first: float, last: float) -> np.ndarray:
    """How far numbers lie outside a range."""
    return np.maximum(np.maximum(first - at, at - last), 0).astype(np.float32)


def _faded(mirrored: np.ndarray, drawn_out: np.ndarray, beyond_px: np.ndarray) -> np.ndarray:
    """The photo's grain goes on beyond it for a little, then only its border's colours do, ever more blurred: no seam,
    nothing that draws the eye, and no mirror image of a person."""
    longer_px = max(beyond_px.shape)
    octave = np.log2(1 + np.minimum(beyond_px * BLUR_GROWTH, BEYOND_BLUR * longer_px))
    soft = drawn_out.astype(np.float32)
    for i in range(int(np.ceil(octave.max()))):
        soft += (_blurred(drawn_out, 2.0 ** (i + 1) - 1) - soft) * _for_each_channel(np.clip(octave - i, 0, 1), soft)
    share = _for_each_channel(falling(beyond_px, 0.0, GRAIN_GOES_ON * longer_px), soft)
    return np.clip(soft + (mirrored - soft) * share + 0.5, 0, 255).astype(np.uint8)


def _for_each_channel(share: np.ndarray, image: np.ndarray) -> np.ndarray:
    return share if image.ndim == 2 else share[..., None]


def _blurred(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """A broad blur, made small first: its detail is gone anyway."""
    import cv2

    shrink = max(1, int(sigma_px / 3))
    small = cv2.resize(
        image, (max(1, image.shape[1] // shrink), max(1, image.shape[0] // shrink)), interpolation=cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / shrink)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
