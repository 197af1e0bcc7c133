"""The inner loops, compiled by Numba: vertices moved, triangles to pixels with right occlusion, pixels from the photo.

They hold no lock, so plain threads share a frame by its rows. (Numba's own threads spin while they wait, and on some
systems must not be entered twice.)
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np


class ScreenMesh(NamedTuple):
    """A mesh where a frame shows it: `points` (V, 2) px and `depth` (V,) towards the viewer; `triangles` (F, 3), of
    which those from `n_solid` on only fill what the others leave open; `source` (V, 2) texture px and `gain` (V,)
    brightness factor of each vertex."""

    points: np.ndarray
    depth: np.ndarray
    triangles: np.ndarray
    n_solid: int
    source: np.ndarray
    gain: np.ndarray


class Canvas(NamedTuple):
    """What each pixel shows, all float32: `where` (H, W, 2) texture px, `light` (H, W) brightness, `nearest` (H, W)
    depth."""

    where: np.ndarray
    light: np.ndarray
    nearest: np.ndarray


@nb.njit(fastmath=True, cache=True, nogil=True)
def place_rows(top, bottom, mesh, canvas):  # pragma: no cover - compiled
    """Find for the rows of a `Canvas` from `top` to before `bottom` which point of the texture each pixel shows, as a
    `ScreenMesh` lies before it."""
    nearest = canvas.nearest
    for y in range(top, bottom):
        for x in range(nearest.shape[1]):
            nearest[y, x] = -1e9
    for k in range(mesh.triangles.shape[0]):
        behind = np.float32(0.0) if k < mesh.n_solid else np.float32(1e4)
        _place_triangle(k, behind, mesh, canvas, top, bottom)


@nb.njit(fastmath=True, cache=True, nogil=True)
def shade_rows(top, bottom, colours, canvas, tear, out):  # pragma: no cover - compiled
    """Lay the sampled `colours` (H, W, 4), colour and opacity, lit as the `Canvas` says, over the rows of `out`
    (H, W, 3).

    `tear`: a step in `where`, texture px, that only an outline can make.
    """
    light = canvas.light
    for y in range(top, bottom):
        for x in range(out.shape[1]):
            opacity = np.int32(colours[y, x, 3])
            if opacity == 0:
                continue
            change = light[y, x] - np.float32(1.0)
            # Shaded skin turns redder, not greyer: light that went through it comes back.
            red, green, blue = (
                np.int32(256 + change * np.float32(184)),
                np.int32(256 + change * np.float32(276)),
                np.int32(256 + change * np.float32(307)),
            )
            rest = 255 - opacity
            r = (min(65280, np.int32(colours[y, x, 0]) * red) * opacity + np.int32(out[y, x, 0]) * 256 * rest) // 65280
            g = (
                min(65280, np.int32(colours[y, x, 1]) * green) * opacity + np.int32(out[y, x, 1]) * 256 * rest
            ) // 65280
            b = (min(65280, np.int32(colours[y, x, 2]) * blue) * opacity + np.int32(out[y, x, 2]) * 256 * rest) // 65280
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = np.uint8(r), np.uint8(g), np.uint8(b)
    _soften_outlines(top, bottom, canvas.where, tear, out)


@nb.njit(fastmath=True, cache=True, nogil=True)
def combine(neutral, deltas, weights):  # pragma: no cover - compiled
    """`neutral` (V, 3) plus the sum of `deltas` (C, V, 3) by `weights` (C,): (V, 3) float32."""
    total = neutral.copy()
    for channel in range(deltas.shape[0]):
        weight = weights[channel]
        if weight != 0.0:
            for vertex in range(deltas.shape[1]):
                for axis in range(3):
                    total[vertex, axis] += weight * deltas[channel, vertex, axis]
    return total


@nb.njit(fastmath=True, cache=True, nogil=True)
def transform(points, matrix, offset):  # pragma: no cover - compiled
    """`matrix` (3, 3) applied to `points` (n, 3), plus `offset` (3,): (n, 3) float32."""
    out = np.empty(points.shape, np.float32)
    for i in range(points.shape[0]):
        for axis in range(3):
            out[i, axis] = (
                matrix[axis, 0] * points[i, 0]
                + matrix[axis, 1] * points[i, 1]
                + matrix[axis, 2] * points[i, 2]
                + offset[axis]
            )
    return out


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _place_triangle(k, behind, mesh, canvas, top, bottom):  # pragma: no cover - compiled
    """Enter one triangle where it is the nearest so far, `behind` farther away than it lies."""
    screen, depth, triangles, source, gain = mesh.points, mesh.depth, mesh.triangles, mesh.source, mesh.gain
    where, light, nearest = canvas.where, canvas.light, canvas.nearest
    a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
    x0, y0 = screen[a, 0], screen[a, 1]
    x1, y1 = screen[b, 0], screen[b, 1]
    x2, y2 = screen[c, 0], screen[c, 1]
    low, high = min(y0, y1, y2), max(y0, y1, y2)
    if high < top or low > bottom - 1:
        return
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if abs(area) < 1e-9:
        return
    inverse = np.float32(1.0) / area
    first_row, last_row = max(top, int(np.ceil(low - 1e-3))), min(bottom - 1, int(np.floor(high + 1e-3)))
    first, last = (
        max(0, int(np.ceil(min(x0, x1, x2) - 1e-3))),
        min(where.shape[1] - 1, int(np.floor(max(x0, x1, x2) + 1e-3))),
    )
    du, dv = (y2 - y0) * inverse, (y0 - y1) * inverse  # per pixel to the right
    for y in range(first_row, last_row + 1):
        u = ((first - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) * inverse
        v = ((x1 - x0) * (y - y0) - (first - x0) * (y1 - y0)) * inverse
        for x in range(first, last + 1):
            w = np.float32(1.0) - u - v
            if u >= -1e-4 and v >= -1e-4 and w >= -1e-4:
                z = w * depth[a] + u * depth[b] + v * depth[c] - behind
                if z > nearest[y, x]:
                    where[y, x, 0] = w * source[a, 0] + u * source[b, 0] + v * source[c, 0]
                    where[y, x, 1] = w * source[a, 1] + u * source[b, 1] + v * source[c, 1]
                    light[y, x] = w * gain[a] + u * gain[b] + v * gain[c]
                    nearest[y, x] = z
            u += du
            v += dv


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _soften_outlines(top, bottom, where, tear, out):  # pragma: no cover
    """Where one surface ends before another, mix the two pixels that meet: there the triangles leave stairs."""
    width = where.shape[1]
    for y in range(top, bottom):
        for x in range(width - 1):
            step = abs(where[y, x, 0] - where[y, x + 1, 0]) + abs(where[y, x, 1] - where[y, x + 1, 1])
            if step > tear:
                for channel in range(3):
                    a, b = np.int32(out[y, x, channel]), np.int32(out[y, x + 1, channel])
                    out[y, x, channel] = np.uint8((2 * a + b + 1) // 3)
                    out[y, x + 1, channel] = np.uint8((a + 2 * b + 1) // 3)
            if y + 1 < bottom:
                step = abs(where[y, x, 0] - where[y + 1, x, 0]) + abs(where[y, x, 1] - where[y + 1, x, 1])
                if step > tear:
                    for channel in range(3):
                        a, b = np.int32(out[y, x, channel]), np.int32(out[y + 1, x, channel])
                        out[y, x, channel] = np.uint8((2 * a + b + 1) // 3)
                        out[y + 1, x, channel] = np.uint8((a + 2 * b + 1) // 3)
