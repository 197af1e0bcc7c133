"""How much of each pixel an opening in the skin covers: the mouth between the lips, the eyes between the lids."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

OVERSAMPLING = 4
CURVE_POINTS = 4  # drawn between two neighbouring vertices


class Opening(NamedTuple):
    """The pixels of an opening: `mask` (h, w) float32 0..1, the share of each that is open, whose corner lies at column
    `left` and row `top` of the picture. A tuple with names, for compiled loops read it."""

    mask: np.ndarray
    left: int
    top: int


def smooth_loop(corners: np.ndarray) -> np.ndarray:
    """A closed Catmull–Rom curve through `corners` (n, 2): (n × 4, 2)."""
    before, after, beyond = np.roll(corners, 1, 0), np.roll(corners, -1, 0), np.roll(corners, -2, 0)
    t = (np.arange(CURVE_POINTS) / CURVE_POINTS)[None, :, None]
    p0, p1, p2, p3 = (p[:, None] for p in (before, corners, after, beyond))
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    return curve.reshape(-1, 2)


def coverage(upper: np.ndarray, lower: np.ndarray, size: tuple[int, int]) -> Opening | None:
    """Share of each pixel between an upper and a lower border, both (n, 2) px from the same to the same corner.

    Where the borders cross the opening is shut; None when nothing is open within a picture of `size` (width, height).
    """
    import cv2

    shut = np.minimum(lower[:, 1] - upper[:, 1], 0)[:, None] * [0, 0.5]
    upper, lower = upper + shut, lower - shut
    if (lower[:, 1] - upper[:, 1]).max() < 0.08:
        return None
    loop = smooth_loop(np.concatenate([upper, lower[-2:0:-1]]))
    low = np.maximum(np.floor(loop.min(0)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(loop.max(0)).astype(int) + 3, size)
    if (high <= low).any():
        return None
    width, height = (high - low) * OVERSAMPLING
    mask = np.zeros((height, width), np.uint8)
    # Pixel centres are whole numbers, so the picture's corner lies at −0.5.
    points = ((loop - low + 0.5) * OVERSAMPLING - 0.5) * 16
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255, shift=4)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.35 * OVERSAMPLING)
    small = cv2.resize(mask, (width // OVERSAMPLING, height // OVERSAMPLING), interpolation=cv2.INTER_AREA)
    return Opening(small.astype(np.float32) / 255, int(low[0]), int(low[1]))
