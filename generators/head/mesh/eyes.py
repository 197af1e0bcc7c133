"""Eyeballs that turn. Each is a ball that wears the photo's own eye; what the lids hid is filled in once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba as nb
import numpy as np

from generators.contracts import CHANNEL_INDEX
from generators.head.mesh.openings import Opening
from generators.head.mesh.topology import EYES

BALL_RADIUS_CM = 1.25
GAZE_RANGE_DEG = (30.0, 24.0)  # what a channel at 1 turns the eye by: sideways, up or down
MARGIN_CM = 0.7  # around the opening, for what the lids may uncover


@dataclass(frozen=True)
class Eyeball:
    """`patch` (h, w, 3) uint8: the completed eye; `origin_px` (2,) of the patch and `patch_scale` patch px per picture
    px; `lashes` (3,) 0..255: their colour; `skin` (9, 3): that of the upper lid from
    left to right; `centre` (3,): view space, cm, on the surface between the corners."""

    patch: np.ndarray
    origin_px: np.ndarray
    patch_scale: float
    centre: np.ndarray
    lashes: np.ndarray
    skin: np.ndarray


class EyeView(NamedTuple):
    """One eyeball as one frame shows it: `inverse` (2, 2) undoes the head's motion about `middle` (2,) px; `turn`
    (3, 3) undoes the gaze on a ball of `ball_px`; `rest` (2,) px is the eye's middle in the photo; `patch`,
    `origin_px`, `patch_scale` as in `Eyeball`."""

    inverse: np.ndarray
    middle: np.ndarray
    turn: np.ndarray
    ball_px: float
    patch: np.ndarray
    origin_px: np.ndarray
    patch_scale: float
    rest: np.ndarray


def build_eyeball(
    texture: np.ndarray, landmarks_px: np.ndarray, present: np.ndarray, eye: int, scale_px: float, texture_scale: float
) -> Eyeball:
    """Cut one eye out of `texture` (h, w, ≥3; `texture_scale` px per picture px) and complete it.

    `landmarks_px` (478, 2) in texture px, `present` (468, 3) view space cm.
    """
    import cv2

    ring = EYES[eye]
    cm = scale_px * texture_scale
    loop = landmarks_px[list(ring.ring)]
    low = np.maximum(np.floor(loop.min(0) - MARGIN_CM * cm).astype(int), 0)
    high = np.minimum(np.ceil(loop.max(0) + MARGIN_CM * cm).astype(int), texture.shape[1::-1])
    patch = texture[low[1] : high[1], low[0] : high[0], :3].astype(np.float32)
    mask = np.zeros(patch.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round((loop - low) * 16).astype(np.int32)], 255, shift=4)
    iris_points = landmarks_px[list(ring.iris)] - low
    iris = iris_points[0]
    iris_radius = float(np.linalg.norm(iris_points[1:] - iris, axis=1).mean())
    filled = _complete(patch, mask > 127, iris, iris_radius, cm)
    centre = (present[ring.outer] + present[ring.inner]) / 2
    return Eyeball(
        np.clip(filled + 0.5, 0, 255).astype(np.uint8),
        low / texture_scale,
        texture_scale,
        centre,
        _lash_colour(patch, loop - low),
        _lid_colours(texture, landmarks_px, eye, cm),
    )


def _complete(patch: np.ndarray, opening: np.ndarray, iris: np.ndarray, iris_radius: float, cm: float) -> np.ndarray:
    """The eye as it would be without lids: sclera spread outwards, the iris closed to a disc by its own rings."""
    import cv2

    height, width = opening.shape
    distance = np.hypot(*(np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1) - iris).transpose(2, 0, 1))
    inside = cv2.distanceTransform(opening.astype(np.uint8), cv2.DIST_L2, 5)
    clear = inside > 0.07 * cm  # lashes and the lid's shadow lie along the border
    white = clear & (distance > 1.12 * iris_radius)
    colour = _sclera_colour(patch, opening, white)
    weight = white.astype(np.float32)
    sigma = 0.35 * cm
    spread = cv2.GaussianBlur(patch * weight[..., None], (0, 0), sigma) + colour * 0.15
    sclera = spread / (cv2.GaussianBlur(weight, (0, 0), sigma) + 0.15)[..., None]
    rings = _ring_colours(patch, clear & (distance <= iris_radius), distance, iris_radius)
    at = np.clip(distance / iris_radius * (len(rings) - 1), 0, len(rings) - 1)
    disc = (
        rings[np.floor(at).astype(int)] * (1 - at % 1)[..., None] + rings[np.ceil(at).astype(int)] * (at % 1)[..., None]
    )
    in_iris = np.clip((iris_radius * 1.02 - distance) / (0.06 * cm) + 0.5, 0, 1)[..., None]
    eye = sclera * (1 - in_iris) + disc * in_iris
    keep = np.clip(inside / (0.07 * cm), 0, 1)[..., None]
    # Under the lids it is darker.
    shade = 1 - 0.1 * (1 - keep)
    return patch * keep + eye * shade * (1 - keep)


def _lash_colour(patch: np.ndarray, loop: np.ndarray) -> np.ndarray:
    """The dark along the upper margin, half of the ring."""
    at = np.clip(loop[: len(loop) // 2 + 1].round().astype(int), 0, np.array(patch.shape[1::-1]) - 1)
    pool = np.concatenate([patch[np.clip(at[:, 1] + dy, 0, patch.shape[0] - 1), at[:, 0]] for dy in (-2, -1, 0, 1)])
    return pool[pool.mean(1) <= np.percentile(pool.mean(1), 30)].mean(0)


def _lid_colours(texture: np.ndarray, landmarks_px: np.ndarray, eye: int, cm: float) -> np.ndarray:
    """Skin over the upper lid at nine places from left to right, folds left out."""
    ring = EYES[eye]
    margin = landmarks_px[[ring.outer, *ring.upper, ring.inner]]
    margin = margin[np.argsort(margin[:, 0])]
    colours = np.zeros((len(margin), 3), np.float32)
    for i, (x, y) in enumerate(margin):
        columns = np.clip(np.arange(int(x - 0.25 * cm), int(x + 0.25 * cm) + 1), 0, texture.shape[1] - 1)
        rows = np.clip(np.arange(int(y - 0.85 * cm), int(y - 0.2 * cm) + 1), 0, texture.shape[0] - 1)
        pool = texture[np.ix_(rows, columns)][..., :3].reshape(-1, 3).astype(np.float32)
        brightness = pool.mean(1)
        chosen = (brightness >= np.percentile(brightness, 55)) & (brightness <= np.percentile(brightness, 92))
        colours[i] = pool[chosen].mean(0)
    smooth = np.concatenate([colours[:1], colours, colours[-1:]])
    return (smooth[:-2] + 2 * smooth[1:-1] + smooth[2:]) / 4


LID_OPACITY = 0.72


def paint_lid(
    out: np.ndarray, lid: Opening, upper: np.ndarray, now: np.ndarray, skin: np.ndarray, strength: float
) -> None:
    """Even out the skin that a closing lid brings down, which would else be a fold stretched to streaks.

    `lid`: what lies between the `upper` lid line (9, 2) when open and where it is `now`.
    """
    mask, left, top = lid
    height, width = mask.shape
    x = np.arange(left, left + width)
    line_top, line_now = (np.interp(x, line[:, 0], line[:, 1]) for line in (upper, now))
    colour = np.stack([np.interp(x, upper[:, 0], skin[:, c]) for c in range(3)], 1)
    y = np.arange(top, top + height)[:, None]
    depth = np.clip((y - line_top) / np.maximum(line_now - line_top, 1.0), 0, 1)
    # The ball behind it catches light in the middle; fold and lashes lie in shadow.
    light = 0.9 + 0.14 * np.sin(np.pi * np.clip(depth, 0, 1)) - 0.1 * depth
    share = mask * np.clip(depth * 5, 0, 1) * np.clip((1 - depth) * 4, 0.0, 1) * (LID_OPACITY * strength)
    part = out[top : top + height, left : left + width]
    part[:] = part * (1 - share[..., None]) + np.minimum(colour * light[..., None], 255) * share[..., None]


def draw_lashes(out: np.ndarray, line: np.ndarray, colour: np.ndarray, strength: float, width_px: float) -> None:
    """Darken `out` (H, W, 3) along a `line` (n, 2) px, thinner towards its ends."""
    import cv2

    low = np.floor(line.min(0) - 3 * width_px - 2).astype(int)
    high = np.ceil(line.max(0) + 3 * width_px + 3).astype(int)
    low, high = np.maximum(low, 0), np.minimum(high, out.shape[1::-1])
    if (high <= low).any():
        return
    mask = np.zeros((high - low)[::-1], np.uint8)
    points = np.round((line[1:-1] - low) * 16).astype(np.int32)
    cv2.polylines(mask, [points], False, 255, max(1, round(width_px)), cv2.LINE_AA, shift=4)
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.6, 0.5 * width_px)).astype(np.float32)
    share = (mask / max(mask.max(), 1) * strength)[..., None]
    part = out[low[1] : high[1], low[0] : high[0]]
    part[:] = part * (1 - share) + np.minimum(part, colour) * share


def _sclera_colour(patch: np.ndarray, opening: np.ndarray, white: np.ndarray) -> np.ndarray:
    pool = patch[white] if white.sum() >= 12 else patch[opening]
    if len(pool) == 0:
        return np.array([190.0, 180.0, 175.0], np.float32)
    brightness = pool.mean(1)
    return pool[brightness >= np.percentile(brightness, 60)].mean(0)


def _ring_colours(
    patch: np.ndarray, visible: np.ndarray, distance: np.ndarray, radius: float, n: int = 12
) -> np.ndarray:
    """Mean colour of the visible iris at `n` distances from its middle; gaps take their neighbour's."""
    index = np.clip((distance / radius * n).astype(int), 0, n - 1)
    colours, known = np.zeros((n, 3), np.float32), np.zeros(n, bool)
    for i in range(n):
        pool = patch[visible & (index == i)]
        if len(pool) >= 2:
            colours[i], known[i] = np.median(pool, axis=0), True
    if not known.any():
        colours[:] = (60, 45, 35)
        return colours
    at = np.flatnonzero(known)
    for channel in range(3):
        colours[:, channel] = np.interp(np.arange(n), at, colours[at, channel])
    return colours


def gaze_deg(shapes: np.ndarray, eye: int) -> tuple[float, float]:
    """Turn of one eye from where the photo looks: + to the viewer's right, + up. `shapes` (52,)."""
    side = ("Right", "Left")[eye]
    value = lambda name: float(shapes[CHANNEL_INDEX[f"eyeLook{name}{side}"]])  # noqa: E731
    sideways = value("Out") - value("In")
    if side == "Right":
        sideways = -sideways
    return sideways * GAZE_RANGE_DEG[0], (value("Up") - value("Down")) * GAZE_RANGE_DEG[1]


@nb.njit(fastmath=True, cache=True, nogil=True)
def paint_eye(out, opening, view):  # pragma: no cover - compiled
    """Paint one eyeball, an `EyeView`, into `out` (H, W, 3) where an `Opening` lets it show."""
    mask, left, top = opening.mask, opening.left, opening.top
    inverse, middle, turn, ball_px = view.inverse, view.middle, view.turn, view.ball_px
    patch, origin, patch_scale, rest = view.patch, view.origin_px, view.patch_scale, view.rest
    for row in range(mask.shape[0]):
        for column in range(mask.shape[1]):
            cover = mask[row, column]
            if cover <= 0.003:
                continue
            x, y = left + column, top + row
            dx, dy = x - middle[0], y - middle[1]
            px = inverse[0, 0] * dx + inverse[0, 1] * dy
            py = inverse[1, 0] * dx + inverse[1, 1] * dy
            square = px * px + py * py
            limit = 0.96 * ball_px * ball_px
            if square > limit:
                square = limit
            pz = np.sqrt(ball_px * ball_px - square)
            qx = turn[0, 0] * px - turn[0, 1] * py + turn[0, 2] * pz
            qy = -(turn[1, 0] * px - turn[1, 1] * py + turn[1, 2] * pz)
            sx = (rest[0] + qx - origin[0]) * patch_scale
            sy = (rest[1] + qy - origin[1]) * patch_scale
            sx = min(max(sx, 0.0), patch.shape[1] - 1.001)
            sy = min(max(sy, 0.0), patch.shape[0] - 1.001)
            ix, iy = int(sx), int(sy)
            fx, fy = sx - ix, sy - iy
            for channel in range(3):
                value = (
                    (1 - fx) * (1 - fy) * patch[iy, ix, channel]
                    + fx * (1 - fy) * patch[iy, ix + 1, channel]
                    + (1 - fx) * fy * patch[iy + 1, ix, channel]
                    + fx * fy * patch[iy + 1, ix + 1, channel]
                )
                value = value * cover + out[y, x, channel] * (1 - cover)
                out[y, x, channel] = np.uint8(min(value + 0.5, 255.0))
