"""Takes a photo's own smile out of it, which is the strongest trap of photo animation.

The fit removes what it can explain. Two things stay: corners of the lips a little too high, and folds that are painted
into the skin. Both are mended here, as far as the photo smiles.
"""

from __future__ import annotations

import numpy as np

from generators.contracts import CHANNEL_INDEX
from generators.head.mesh.rig import FaceRig
from generators.head.mesh.topology import EYES, LIP_ROWS_LOWER, LIP_ROWS_UPPER

MIN_SMILE = 0.15
CORNERS = {"Left": 291, "Right": 61}  # vertices
RESTING_CORNER = 0.004  # height of lip corners over the lips' middle, over the eyes' distance, in faces at rest
# Where a smile folds the skin, in the canonical face (cm): cheek beside nose and mouth, and below and beside the eye.
FOLD_AREAS = ((1.3, 4.6, -6.2, 0.6), (1.9, 6.0, 0.2, 2.5))  # |x| from, to; y from, to
EDGE_CM = 0.6
NOSE_OUTLINE = (168, 198, 129, 98, 97, 2, 326, 327, 358, 420)
DARK_SHARE, LIGHT_SHARE = 0.9, 0.5  # of what is darker than around it (the fold), and lighter (its ridge)
FINE_CM, BROAD_CM = 0.07, 0.55  # skin grain is finer than the first; the face's form is broader than the second


def smile_strength(expression: np.ndarray) -> float:
    """How much an expression (52,) smiles, 0..1."""
    return float(max(expression[CHANNEL_INDEX["mouthSmileLeft"]], expression[CHANNEL_INDEX["mouthSmileRight"]]))


def resting_corners(rig: FaceRig, neutral: np.ndarray) -> np.ndarray:
    """Offsets (V, 3) that bring each lip corner of `neutral` (V, 3) down to where it rests, if it stands higher."""
    offsets = np.zeros_like(neutral)
    for side, corner in CORNERS.items():
        frown = rig.expression_deltas[CHANNEL_INDEX[f"mouthFrown{side}"]]
        height = _corner_height(neutral, corner)
        response = _corner_height(neutral + frown, corner) - height
        if response < 0:
            offsets += np.clip((RESTING_CORNER - height) / response, 0, 0.8) * frown
    return offsets


def _corner_height(vertices: np.ndarray, corner: int) -> float:
    eyes = np.linalg.norm(vertices[33] - vertices[263])
    return float((vertices[corner, 1] - (vertices[13, 1] + vertices[14, 1]) / 2) / eyes)


def soften_folds(texture: np.ndarray, rig: FaceRig, source: np.ndarray, cm_px: float, strength: float) -> np.ndarray:
    """`texture` (h, w, 4) with the folds of a smile of `strength` 0..1 taken out: neither skin grain nor form change.

    `source` (V, 2): the fine face vertices in the texture, px; `cm_px`: its px per cm.
    """
    import cv2

    mask = _fold_mask(rig, source, texture.shape[:2], cm_px) * min(1.0, 1.6 * strength)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return texture
    margin = int(3 * BROAD_CM * cm_px)
    part = (
        slice(max(0, rows[0] - margin), rows[-1] + margin),
        slice(max(0, columns[0] - margin), columns[-1] + margin),
    )
    colours = texture[part][..., :3].astype(np.float32)
    skin = _skin_share(rig, source, texture.shape[:2], cm_px)[part]
    broad = cv2.GaussianBlur(colours * skin[..., None], (0, 0), BROAD_CM * cm_px)
    broad /= np.maximum(cv2.GaussianBlur(skin, (0, 0), BROAD_CM * cm_px), 1e-3)[..., None]
    fold = cv2.GaussianBlur(colours, (0, 0), FINE_CM * cm_px) - broad
    share = (mask[part] * skin)[..., None]
    colours -= share * np.where(fold < 0, DARK_SHARE, LIGHT_SHARE) * fold
    out = texture.copy()
    out[part][..., :3] = np.clip(colours + 0.5, 0, 255)
    return out


def _fold_mask(rig: FaceRig, source: np.ndarray, shape: tuple[int, int], cm_px: float) -> np.ndarray:
    """(h, w) 0..1: where folds may be."""
    canonical = rig.refined(rig.canonical)
    x, y = np.abs(canonical[:, 0]), canonical[:, 1]
    weight = np.zeros(len(canonical))
    for x0, x1, y0, y1 in FOLD_AREAS:
        inside = [(x - x0), (x1 - x), (y - y0), (y1 - y)]
        weight = np.maximum(weight, np.clip(np.min(inside, axis=0) / EDGE_CM, 0, 1))
    return _painted(rig, source, weight, shape, cm_px)


def _skin_share(rig: FaceRig, source: np.ndarray, shape: tuple[int, int], cm_px: float) -> np.ndarray:
    """(h, w) 0..1: skin, without lips, nostrils and eyes."""
    import cv2

    skin = np.zeros(shape, np.float32)
    hull = cv2.convexHull(np.round(source).astype(np.int32))
    cv2.fillConvexPoly(skin, hull, 1.0)
    upper, lower = LIP_ROWS_UPPER[0], LIP_ROWS_LOWER[0]
    lips = source[[61, *upper, 291, *reversed(lower)]]
    eyes = [source[list(eye.ring)] for eye in EYES]
    nose = source[list(NOSE_OUTLINE)]
    for outline in (lips, nose, *eyes):
        cv2.fillPoly(skin, [np.round(outline).astype(np.int32)], 0.0)
    skin = cv2.erode(skin, np.ones((3, 3), np.uint8), iterations=max(1, round(0.12 * cm_px)))
    return cv2.GaussianBlur(skin, (0, 0), max(0.8, 0.06 * cm_px))


def _painted(rig: FaceRig, source: np.ndarray, weight: np.ndarray, shape: tuple[int, int], cm_px: float) -> np.ndarray:
    """Vertex weights as a picture: each skin triangle in the mean of its corners, then smoothed."""
    import cv2

    picture = np.zeros(shape, np.float32)
    triangles = rig.triangles[: rig.n_skin]
    mean = weight[triangles].mean(1)
    corners = np.round(source[triangles] * 8).astype(np.int32)
    for k in np.flatnonzero(mean > 0):
        cv2.fillConvexPoly(picture, corners[k], float(mean[k]), shift=3)
    return cv2.GaussianBlur(picture, (0, 0), max(1.0, 0.12 * cm_px))
