"""Which vertices of MediaPipe's 468-vertex face mesh are which, and how the mesh is refined.

“Right” and “left” are the person's own; the right eye stands on the left of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Lip rows from the outer border (first) to the inner one (last), each from the person's right to left, without corners.
LIP_ROWS_UPPER = (
    (185, 40, 39, 37, 0, 267, 269, 270, 409),
    (184, 74, 73, 72, 11, 302, 303, 304, 408),
    (183, 42, 41, 38, 12, 268, 271, 272, 407),
    (191, 80, 81, 82, 13, 312, 311, 310, 415),
)
LIP_ROWS_LOWER = (
    (146, 91, 181, 84, 17, 314, 405, 321, 375),
    (77, 90, 180, 85, 16, 315, 404, 320, 307),
    (96, 89, 179, 86, 15, 316, 403, 319, 325),
    (95, 88, 178, 87, 14, 317, 402, 318, 324),
)
INNER_LIPS = (78, *LIP_ROWS_UPPER[-1], 308, *reversed(LIP_ROWS_LOWER[-1]))  # once around the mouth opening

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

# The vertex for each of the 68 points of the iBUG scheme.
MESH_FOR_68 = np.array([
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 40, 37, 0, 267, 270, 291, 321, 405, 17, 181, 91, 78, 81, 13, 311, 308, 402, 14, 178,
])  # fmt: skip


@dataclass(frozen=True)
class EyeRing:
    """One eye: the lid margins from the outer to the inner corner, paired one above the other, and its iris."""

    outer: int
    inner: int
    upper: tuple[int, ...]
    lower: tuple[int, ...]
    iris: tuple[int, ...]  # centre first, then four points of the rim; beyond 468: the landmarker's extra points

    @property
    def ring(self) -> tuple[int, ...]:
        """Once around the opening."""
        return (self.outer, *self.upper, self.inner, *reversed(self.lower))


EYES = (
    EyeRing(33, 133, (246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155), (468, 469, 470, 471, 472)),
    EyeRing(
        263, 362, (466, 388, 387, 386, 385, 384, 398), (249, 390, 373, 374, 380, 381, 382), (473, 474, 475, 476, 477)
    ),
)  # fmt: skip


def opening_triangles(triangles: np.ndarray) -> np.ndarray:
    """Which coarse triangles (n, 3) span the mouth or an eye, where there is no skin: (n,) bool."""
    rings = (INNER_LIPS, *(eye.ring for eye in EYES))
    return np.any([np.isin(triangles, ring).all(1) for ring in rings], axis=0)


def refine(
    vertices: np.ndarray, triangles: np.ndarray, times: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Halve every edge `times` times.

    Returns the fine vertices (V, 3); the fine triangles (F, 3), of which number i lies in the coarse one i modulo their
    number; and for each fine vertex the three coarse vertices (V, 3) and weights (V, 3) that it lies between, so that
    any coarse mesh can be refined alike.
    """
    n_coarse = len(vertices)
    blend = np.eye(n_coarse)
    for _ in range(times):
        edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
        unique, inverse = np.unique(edges, axis=0, return_inverse=True)
        middle = inverse.reshape(3, -1).T + len(blend)  # of edges 01, 12, 20
        blend = np.concatenate([blend, (blend[unique[:, 0]] + blend[unique[:, 1]]) / 2])
        a, b, c = triangles.T
        ab, bc, ca = middle.T
        triangles = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    parents = np.argsort(-blend, axis=1, kind="stable")[:, :3]
    weights = np.take_along_axis(blend, parents, 1)
    parents = np.where(weights > 0, parents, parents[:, :1])
    return blend @ vertices, triangles, parents, weights
