"""The face rig: expressions, identities and teeth on MediaPipe's mesh, as `scripts.training.face_rig` made it.

Coordinates are head space: cm, x to the person's left (the viewer's right), y up, z to the viewer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import checkpoints
from generators.contracts import ARKIT_CHANNELS
from generators.head.mesh.topology import LIP_ROWS_LOWER, LIP_ROWS_UPPER

# How far each lip row, outer to inner, goes along when the inner borders are brought together or kept apart.
SEAL_WEIGHTS = (0.45, 0.7, 0.9, 1.0)


@dataclass(frozen=True)
class FaceRig:
    """`canonical` (468, 3); `triangles` (F, 3) of the refined mesh, the first `n_skin` skin,
    the rest spanning mouth and eyes; `parents`, `parent_weights` (V, 3): where each fine
    vertex lies between coarse ones; `expression_deltas` (52, V, 3) cm and `expression_shading` (52, V) log brightness
    per unit of each ARKit channel; `identity_deltas` (100, 468, 3) cm per standard deviation; `teeth_upper`,
    `teeth_lower` (h, w, 4) uint8; `jaw_deltas` (4, 3) cm per unit of jawOpen, jawForward, jawLeft, jawRight."""

    canonical: np.ndarray
    triangles: np.ndarray
    n_skin: int
    parents: np.ndarray
    parent_weights: np.ndarray
    expression_deltas: np.ndarray
    expression_shading: np.ndarray
    identity_deltas: np.ndarray
    teeth_upper: np.ndarray
    teeth_lower: np.ndarray
    jaw_deltas: np.ndarray
    teeth_px_per_cm: float
    teeth_origin_px: tuple[float, float]

    def refined(self, coarse: np.ndarray) -> np.ndarray:
        """Any values of the 468 vertices at the fine vertices."""
        weight = self.parent_weights.reshape(*self.parent_weights.shape, *([1] * (coarse.ndim - 1)))
        return (coarse[self.parents] * weight).sum(1)

    @property
    def n_coarse(self) -> int:
        """The fine mesh begins with the coarse vertices, in their order."""
        return len(self.canonical)


@lru_cache(maxsize=1)
def load_rig() -> FaceRig:
    """Read the committed rig (4.1 MB)."""
    from safetensors.numpy import load_file

    folder = checkpoints.weights_path("face_rig")
    tensors = load_file(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    n_channels, n_vertices = len(ARKIT_CHANNELS), len(tensors["parents"])
    deltas = np.zeros((n_channels, n_vertices, 3), np.float32)
    shading = np.zeros((n_channels, n_vertices), np.float32)
    for i, name in enumerate(config["channels"]):
        at = ARKIT_CHANNELS.index(name)
        deltas[at] = tensors["expression_deltas"][i]
        shading[at] = tensors["expression_shading"][i]
    return FaceRig(
        canonical=tensors["canonical"],
        triangles=tensors["triangles"],
        n_skin=config["n_skin_triangles"],
        parents=tensors["parents"],
        parent_weights=tensors["parent_weights"],
        expression_deltas=deltas,
        expression_shading=shading,
        identity_deltas=tensors["identity_deltas"].astype(np.float32),
        teeth_upper=_closed_seams(tensors["teeth_upper"]),
        teeth_lower=_closed_seams(tensors["teeth_lower"]),
        jaw_deltas=tensors["jaw_deltas"],
        teeth_px_per_cm=config["teeth_px_per_cm"],
        teeth_origin_px=tuple(config["teeth_origin_px"]),
    )


def _closed_seams(teeth: np.ndarray) -> np.ndarray:
    """Teeth that touch: the kit leaves gaps between them that read as bars, so they become soft shadows."""
    import cv2

    out = teeth.copy()
    out[..., 0] = cv2.morphologyEx(teeth[..., 0], cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))
    seam = (out[..., 0] > teeth[..., 0]) & (teeth[..., 0] < 200)
    for channel, kernel in ((2, (3, 11)), (3, (3, 11))):
        closed = cv2.morphologyEx(teeth[..., channel], cv2.MORPH_CLOSE, np.ones(kernel, np.uint8))
        out[..., channel] = np.where(seam, closed, teeth[..., channel])
    out[..., 2] = np.where(seam, out[..., 2] * 0.72, out[..., 2])
    out[..., 1] = np.minimum(out[..., 1], 255 - out[..., 0])
    return cv2.GaussianBlur(out, (0, 0), 1.2)


def seal_lips(vertices: np.ndarray, *, close: bool) -> np.ndarray:
    """Offsets (468, 3) that keep the lips from passing through each other, or bring them together.

    `close` False only parts what overlaps; True also closes what is open (a photo's parted lips, once).
    """
    offsets = np.zeros_like(vertices)
    upper, lower = np.array(LIP_ROWS_UPPER), np.array(LIP_ROWS_LOWER)
    gap = vertices[upper[-1], 1] - vertices[lower[-1], 1]
    wrong = gap if close else np.minimum(gap, 0)
    if not wrong.any():
        return offsets
    # Both lips meet half-way when pressed; a parted mouth is closed by the lower lip, which follows the jaw.
    share = 0.35 if close else 0.5
    for rows_upper, rows_lower, weight in zip(upper, lower, SEAL_WEIGHTS, strict=True):
        offsets[rows_upper, 1] -= share * weight * wrong
        offsets[rows_lower, 1] += (1 - share) * weight * wrong
    return offsets


def lips_without_teeth(vertices: np.ndarray) -> np.ndarray:
    """Coarse vertices (468, 3) whose inner lip borders lie a little within the lips where a photo's mouth is open:
    what is taken for lip there must not hold a rim of teeth, which would show between closed lips."""
    pulled = vertices.copy()
    gap = vertices[list(LIP_ROWS_UPPER[-1]), 1] - vertices[list(LIP_ROWS_LOWER[-1]), 1]
    share = (0.35 * np.clip(gap / 0.3, 0, 1))[:, None]
    for rows in (LIP_ROWS_UPPER, LIP_ROWS_LOWER):
        border, within = list(rows[-1]), list(rows[-2])
        pulled[border] += share * (vertices[within] - vertices[border])
    return pulled
