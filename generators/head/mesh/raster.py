"""The two inner loops: triangles to pixels with right occlusion, and pixels from the photo. Compiled by Numba.

Both loop over bands of rows, so that two cores share a frame.
"""

from __future__ import annotations

import numba as nb
import numpy as np

N_BANDS = 4  # more than cores, so that a band full of face does not hold up the rest


@nb.njit(parallel=True, fastmath=True, cache=True, nogil=True)
def draw_mesh(
    screen, depth, triangles, n_solid, source, gain, texture, plate, texels, out
):  # pragma: no cover - compiled
    """Draw a textured mesh over `out`.

    `screen` (V, 2) px and `depth` (V,) towards the viewer; `triangles` (F, 3), of which those from
    `n_solid` on only fill what the others leave open; `source` (V, 2) where each vertex lies
    in `texture` (h, w, 4) uint8, colour and opacity; `gain` (V,) brightness factor; `plate` (H, W, 3) uint8 is seen
    where the texture is not opaque; `texels` (H, W, 4) float32 is working space; `out` (H, W, 3) uint8.
    """
    height, width = out.shape[0], out.shape[1]
    rows = (height + N_BANDS - 1) // N_BANDS
    for band in nb.prange(N_BANDS):
        top, bottom = band * rows, min(height, (band + 1) * rows)
        for y in range(top, bottom):
            for x in range(width):
                texels[y, x, 3] = -1e9
        for k in range(triangles.shape[0]):
            behind = np.float32(0.0) if k < n_solid else np.float32(1e4)
            _draw_triangle(k, screen, depth, behind, triangles, source, gain, texels, top, bottom, width)
        for y in range(top, bottom):
            for x in range(width):
                if texels[y, x, 3] > -1e8:
                    _shade_pixel(y, x, texels, texture, plate, out)


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _draw_triangle(k, screen, depth, behind, triangles, source, gain, texels, top, bottom, width):  # pragma: no cover
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
        min(width - 1, int(np.floor(max(x0, x1, x2) + 1e-3))),
    )
    du, dv = (y2 - y0) * inverse, (y0 - y1) * inverse  # per pixel to the right
    for y in range(first_row, last_row + 1):
        u = ((first - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) * inverse
        v = ((x1 - x0) * (y - y0) - (first - x0) * (y1 - y0)) * inverse
        for x in range(first, last + 1):
            w = np.float32(1.0) - u - v
            if u >= -1e-4 and v >= -1e-4 and w >= -1e-4:
                z = w * depth[a] + u * depth[b] + v * depth[c] - behind
                if z > texels[y, x, 3]:
                    texels[y, x, 0] = w * source[a, 0] + u * source[b, 0] + v * source[c, 0]
                    texels[y, x, 1] = w * source[a, 1] + u * source[b, 1] + v * source[c, 1]
                    texels[y, x, 2] = w * gain[a] + u * gain[b] + v * gain[c]
                    texels[y, x, 3] = z
            u += du
            v += dv


@nb.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _shade_pixel(y, x, texels, texture, plate, out):  # pragma: no cover
    height, width = texture.shape[0], texture.shape[1]
    sx = min(max(texels[y, x, 0], np.float32(0.0)), np.float32(width - 1.001))
    sy = min(max(texels[y, x, 1], np.float32(0.0)), np.float32(height - 1.001))
    ix, iy = int(sx), int(sy)
    fx, fy = sx - ix, sy - iy
    w00, w01 = (1 - fx) * (1 - fy), fx * (1 - fy)
    w10, w11 = (1 - fx) * fy, fx * fy
    opacity = (
        w00 * texture[iy, ix, 3]
        + w01 * texture[iy, ix + 1, 3]
        + w10 * texture[iy + 1, ix, 3]
        + w11 * texture[iy + 1, ix + 1, 3]
    ) * np.float32(1 / 255)
    # Shaded skin turns redder, not greyer: light that went through it comes back.
    change = texels[y, x, 2] - np.float32(1.0)
    for channel in range(3):
        share = np.float32(0.72) if channel == 0 else np.float32(1.08) if channel == 1 else np.float32(1.2)
        gain = (np.float32(1.0) + change * share) * opacity
        value = (
            w00 * texture[iy, ix, channel]
            + w01 * texture[iy, ix + 1, channel]
            + w10 * texture[iy + 1, ix, channel]
            + w11 * texture[iy + 1, ix + 1, channel]
        )
        value = value * gain + plate[y, x, channel] * (1 - opacity)
        out[y, x, channel] = np.uint8(min(value + np.float32(0.5), np.float32(255.0)))
