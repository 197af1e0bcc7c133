"""The inside of the mouth: teeth on their arches, gums, tongue and the dark behind, in the photo's own light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba as nb
import numpy as np

from generators.head.mesh.topology import EYES, INNER_LIPS

ARCH_FRONT_CM, ARCH_CURVE = 0.65, 0.34  # how far behind the lips teeth stand: front + curve × (sideways in cm)²
TONGUE_CM = (1.55, 0.75, -0.15)  # half width, half height, and height of its middle over the lower teeth's origin
UPPER_DROP_CM = 0.1  # upper teeth a little lower than the kit's, so that open vowels show their edge
LOWER_DROP_CM = 0.12  # lower teeth a little deeper behind the lip than the kit's, as in most people who speak
KIT_MOUTH_WIDTH_CM = 3.75  # inner lip corners of the kit's neutral face, at the rig's scale


@dataclass(frozen=True)
class Mouth:
    """`stomion` (3,): middle of the closed lips in head space, cm; `size` of this mouth over the kit's; colours
    (3,) 0..255 of enamel, gums and tongue, and of the dark behind; `own` (h, w, 4) uint8: the photo's own upper teeth
    on the grid of the rig's teeth pictures, empty where it shows none; `drop_cm`: how much lower its teeth end."""

    stomion: np.ndarray
    size: float
    enamel: np.ndarray
    flesh: np.ndarray
    dark: np.ndarray
    own: np.ndarray
    drop_cm: float


class Teeth(NamedTuple):
    """Pictures of teeth (h, w, 4) uint8 on one grid: the kit's `upper` and `lower`, and the photo's `own` upper ones;
    `px_per_cm` and `origin_px` (2,) of the grid; `drop_px`: how much lower than the kit's this mouth's upper teeth
    end."""

    upper: np.ndarray
    lower: np.ndarray
    own: np.ndarray
    px_per_cm: float
    origin_px: np.ndarray
    drop_px: float


class MouthColours(NamedTuple):
    """Colours (3,) float32 0..255 as in `Mouth`."""

    enamel: np.ndarray
    flesh: np.ndarray
    dark: np.ndarray


class MouthView(NamedTuple):
    """A mouth as one frame shows it: `to_teeth` (2, 2): px → cm on the teeth's plane; `lean` (2,): how many cm a cm of
    depth shifts what is seen there; `upper_at`, `lower_at` (2,): px of each arch's origin; `cm_px`: px per cm;
    `openness` 0..1: how much light gets in."""

    to_teeth: np.ndarray
    lean: np.ndarray
    upper_at: np.ndarray
    lower_at: np.ndarray
    cm_px: float
    openness: float


def build_mouth(
    picture: np.ndarray,
    landmarks_px: np.ndarray,
    neutral_view: np.ndarray,
    to_picture: np.ndarray,
    origin_px: np.ndarray,
    teeth: np.ndarray,
    teeth_px_per_cm: float,
    teeth_origin_px: tuple[float, float],
) -> Mouth:
    """Read the mouth's colours, and the teeth if they show, from the photo.

    `landmarks_px` (478, 2); `to_picture` (2, 2): teeth plane cm → px about `origin_px`, as the photo holds the head.
    """
    import cv2

    stomion = (neutral_view[13] + neutral_view[14]) / 2
    width_cm = np.linalg.norm(neutral_view[78] - neutral_view[308])
    size = float(np.clip(width_cm / KIT_MOUTH_WIDTH_CM, 0.8, 1.25))
    lips = _lip_colour(picture, landmarks_px)
    sclera = _eye_white(picture, landmarks_px)
    enamel = np.clip(sclera * [1.16, 1.13, 1.06], lips.mean() * 1.1, 240)
    own = np.zeros((*teeth.shape[:2], 4), np.uint8)
    drop_cm = UPPER_DROP_CM
    loop = landmarks_px[list(INNER_LIPS)]
    opening = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(opening, [np.round(loop * 16).astype(np.int32)], 255, shift=4)
    shown = _teeth_shown(picture, opening, lips)
    if shown.sum() > 0.3 * (opening > 0).sum() and shown.sum() > 40:
        bright = picture[shown].astype(np.float64)
        enamel = np.percentile(bright, 70, axis=0)
        own, drop_cm = _own_teeth(
            picture, shown, to_picture * size, origin_px, teeth, teeth_px_per_cm, np.array(teeth_origin_px)
        )
    flesh = (lips * [0.92, 0.72, 0.72]).astype(np.float32)
    dark = (np.clip(lips * 0.16, 6, 30) * [1.25, 0.8, 0.8]).astype(np.float32)
    return Mouth(stomion, size, enamel.astype(np.float32), flesh, dark, own, drop_cm)


def _lip_colour(picture: np.ndarray, landmarks_px: np.ndarray) -> np.ndarray:
    points = landmarks_px[[85, 15, 315, 86, 316, 74, 304]].round().astype(int)
    points = np.clip(points, 0, np.array(picture.shape[1::-1]) - 1)
    return np.median(picture[points[:, 1], points[:, 0]].astype(np.float64), axis=0)


def _eye_white(picture: np.ndarray, landmarks_px: np.ndarray) -> np.ndarray:
    """The brightest part of both eyes: what is white in this light."""
    pool = []
    for eye in EYES:
        low = landmarks_px[list(eye.ring)].min(0).round().astype(int)
        high = landmarks_px[list(eye.ring)].max(0).round().astype(int) + 1
        pool.append(picture[max(low[1], 0) : high[1], max(low[0], 0) : high[0]].reshape(-1, 3))
    values = np.concatenate(pool).astype(np.float64)
    if not len(values):
        return np.array([200.0, 195.0, 190.0])
    bright = values.mean(1)
    chosen = values[(bright >= np.percentile(bright, 82)) & (bright <= np.percentile(bright, 97))]
    return chosen.mean(0) if len(chosen) else values.mean(0)


def _teeth_shown(picture: np.ndarray, opening: np.ndarray, lips: np.ndarray) -> np.ndarray:
    """Pixels of the opening that are teeth: brighter and less red than the lips."""
    import cv2

    inside = cv2.erode(opening, np.ones((3, 3), np.uint8)) > 127
    colour = picture.astype(np.float64)
    redness = colour[..., 0] / (colour.sum(-1) + 1)
    return inside & (redness < lips[0] / (lips.sum() + 1) - 0.03) & (colour.mean(-1) > 0.75 * lips.mean())


def _own_teeth(picture, shown, to_picture, origin_px, teeth, px_per_cm, teeth_origin_px) -> tuple[np.ndarray, float]:
    """The photo's teeth on the grid of the rig's picture of upper teeth, and how far below its edge they end."""
    import cv2

    height, width = teeth.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    cm = np.stack([x - teeth_origin_px[0], teeth_origin_px[1] - y], -1) / px_per_cm
    at = (cm @ to_picture.T + origin_px).astype(np.float32)
    colour = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_CUBIC)
    mask = cv2.GaussianBlur(shown.astype(np.float32), (0, 0), 0.8)
    alpha = cv2.remap(mask, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    rows = np.flatnonzero((alpha[:, int(teeth_origin_px[0]) - 24 : int(teeth_origin_px[0]) + 24] > 0.5).mean(1) > 0.5)
    edge = np.flatnonzero((teeth[:, width // 2 - 30 : width // 2 + 30, 0] > 127).mean(1) > 0.5)
    drop = float(np.clip((rows[-1] - edge[-1]) / px_per_cm, -0.3, 0.5)) if len(rows) and len(edge) else UPPER_DROP_CM
    return np.dstack([colour, np.clip((alpha - 0.3) / 0.5, 0, 1) * 255]).astype(np.uint8), drop


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _teeth_at(picture, x, y, out):  # pragma: no cover - compiled
    """Bilinear sample of a teeth picture (channels as floats 0..255); nothing outside it."""
    height, width = picture.shape[0], picture.shape[1]
    if x < 0 or y < 0 or x > width - 2 or y > height - 2:
        out[0] = out[1] = out[2] = out[3] = 0.0
        return
    ix, iy = int(x), int(y)
    fx, fy = x - ix, y - iy
    for channel in range(4):
        out[channel] = (
            (1 - fx) * (1 - fy) * picture[iy, ix, channel]
            + fx * (1 - fy) * picture[iy, ix + 1, channel]
            + (1 - fx) * fy * picture[iy + 1, ix, channel]
            + fx * fy * picture[iy + 1, ix + 1, channel]
        )


@nb.njit(fastmath=True, cache=True, nogil=True)
def paint_mouth(out, opening, view, teeth, colours):  # pragma: no cover - compiled
    """Paint the inside of the mouth, a `MouthView` with its `Teeth` and `MouthColours`, into `out` (H, W, 3) where an
    `Opening` lets it show."""
    mask, left, top = opening.mask, opening.left, opening.top
    to_teeth, lean, upper_at, lower_at = view.to_teeth, view.lean, view.upper_at, view.lower_at
    px_per_cm, origin = teeth.px_per_cm, teeth.origin_px
    height, width = mask.shape
    up, low, mine, colour = np.zeros(4), np.zeros(4), np.zeros(4), np.zeros(3)
    first, last = _lip_rows(mask)
    for row in range(height):
        for column in range(width):
            cover = mask[row, column]
            if cover <= 0.003:
                continue
            x, y = left + column, top + row
            hx = to_teeth[0, 0] * (x - upper_at[0]) + to_teeth[0, 1] * (y - upper_at[1])
            hy = to_teeth[1, 0] * (x - upper_at[0]) + to_teeth[1, 1] * (y - upper_at[1])
            lx = to_teeth[0, 0] * (x - lower_at[0]) + to_teeth[0, 1] * (y - lower_at[1])
            ly = to_teeth[1, 0] * (x - lower_at[0]) + to_teeth[1, 1] * (y - lower_at[1])
            u, v = origin[0] + hx * px_per_cm, origin[1] - hy * px_per_cm
            back = (ARCH_FRONT_CM + ARCH_CURVE * hx * hx) * px_per_cm
            _teeth_at(teeth.upper, u + lean[0] * back, v - teeth.drop_px - lean[1] * back, up)
            _teeth_at(teeth.own, u, v, mine)
            back = (ARCH_FRONT_CM + ARCH_CURVE * lx * lx) * px_per_cm
            u, v = origin[0] + lx * px_per_cm, origin[1] - ly * px_per_cm
            _teeth_at(teeth.lower, u + lean[0] * back, v - lean[1] * back, low)
            shadow = _light(row - first[column], last[column] - row, view.cm_px, view.openness)
            _mix(up, low, mine, _tongue(lx, ly), shadow, colours, colour)
            for channel in range(3):
                value = colour[channel] * cover + out[y, x, channel] * (1 - cover)
                out[y, x, channel] = np.uint8(min(max(value, 0.0) + 0.5, 255.0))


@nb.njit(fastmath=True, cache=True, nogil=True)
def _lip_rows(mask):  # pragma: no cover - compiled
    """First and last open row of every column."""
    height, width = mask.shape
    first, last = np.full(width, height), np.full(width, -1)
    for column in range(width):
        for row in range(height):
            if mask[row, column] > 0.5:
                first[column] = min(first[column], row)
                last[column] = row
    return first, last


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _light(below_lip_px, above_lip_px, cm_px, openness):  # pragma: no cover - compiled
    """How much light gets there, 0..1: under the upper lip lies its shadow, and a narrow gap lets in little."""
    light = 0.55 + 0.45 * min(1.0, max(0.0, (below_lip_px + 0.5) / cm_px / 0.4))
    light *= 0.75 + 0.25 * min(1.0, max(0.0, (above_lip_px + 0.5) / cm_px / 0.3))
    return light * (0.75 + 0.25 * openness)


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _tongue(lx, ly):  # pragma: no cover - compiled
    """How much of the tongue is there and how it is lit: a low dome on the floor of the mouth."""
    tx, ty = lx / TONGUE_CM[0], (ly - TONGUE_CM[2]) / TONGUE_CM[1]
    dome = 1 - tx * tx - ty * ty
    return min(1.0, max(0.0, dome * 2.5)), 0.34 + 0.3 * max(0.0, dome) - 0.16 * max(0.0, ty)


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _mix(up, low, mine, tongue, shadow, colours, mixed):  # pragma: no cover - compiled
    """Lay dark, tongue, lower arch, upper arch and the photo's own teeth over each other, back to front."""
    light_up = shadow * (0.35 + 0.65 * up[2] / 255) * min(1.0, max(0.0, 1.7 * up[3] / 255 - 0.42))
    light_low = shadow * (0.35 + 0.65 * low[2] / 255) * min(0.84, max(0.0, 1.7 * low[3] / 255 - 0.5))
    # Behind the lower teeth the kit's flesh is its tongue, which lies too low and dark: only the front is gums.
    gums = low[1] / 255 * min(1.0, max(0.0, (low[3] / 255 - 0.74) * 14))
    enamel, flesh, dark = colours.enamel, colours.flesh, colours.dark
    for channel in range(3):
        value = dark[channel] * (0.6 + 0.8 * shadow)
        value += (flesh[channel] * shadow * tongue[1] - value) * tongue[0]
        value += (flesh[channel] * light_low - value) * gums
        value += (enamel[channel] * light_low - value) * low[0] / 255
        value += (flesh[channel] * light_up - value) * up[1] / 255
        value += (enamel[channel] * light_up * 1.2 - value) * up[0] / 255
        value += (mine[channel] * (0.55 + 0.45 * shadow) - value) * mine[3] / 255
        mixed[channel] = value
