"""How a head is turned and where it stands, from the landmarks that no expression moves."""

from __future__ import annotations

import numpy as np

from emotion_embed.signals.face_landmarks import head_angles_deg

# Landmarks that stay where the skull is, left and middle of the face: (landmark, its mirror image), and where they lie
# on MediaPipe's canonical face in cm, x to the viewer's right, y up, z to the viewer. FaceLandmarker's own head matrix
# leans on all landmarks: a joyful face nods in it.
_RIGID: dict[tuple[int, int], tuple[float, float, float]] = {
    (263, 33): (4.45, 2.66, 3.17), (362, 133): (1.86, 2.59, 3.76),  # corners of the eye
    (168, 168): (0, 3.27, 5.24), (6, 6): (0, 2.47, 5.79), (197, 197): (0, 1.73, 6.32), (195, 195): (0, 1.06, 6.77),
    (5, 5): (0, 0.37, 7.24), (4, 4): (0, -0.46, 7.59), (1, 1): (0, -1.13, 7.48),  # ridge of the nose
    (356, 127): (7.74, 2.36, -2.01), (454, 234): (7.66, 0.67, -2.44), (323, 93): (7.54, -1.05, -2.43),
    (361, 132): (7.27, -2.89, -2.25),  # along the ear
}  # fmt: skip
_NECK_CM = np.array([0.0, -7.0, -5.0])  # what a head turns about; the mesh head turns about the same point
_VIEWER_CM = 70.0  # how far the camera is taken to be
_ROUNDS = 25


def _rigid_points() -> tuple[np.ndarray, np.ndarray]:
    rows = [(left, at) for (left, _), at in _RIGID.items()]
    rows += [(right, (-at[0], *at[1:])) for (left, right), at in _RIGID.items() if right != left]
    return np.array([landmark for landmark, _ in rows]), np.array([at for _, at in rows], float)


def head_pose(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (n, 3) in degrees and translation (n, 3) in cm, both as in `Motion`, of a face's `landmarks`
    (n, 478, 3) px; the translation counts from the middle of the clip's."""
    index, model = _rigid_points()
    seen = np.asarray(landmarks[:, index], float) * (1, -1, -1)
    matrix, scale_px = _fitted(model - model.mean(0), seen - seen.mean(1, keepdims=True))
    neck_px = seen.mean(1) + scale_px[:, None] * (matrix @ (_NECK_CM - model.mean(0)))
    usual_px = np.median(scale_px)
    aside_cm = (neck_px - np.median(neck_px, axis=0))[:, :2] / usual_px
    nearer_cm = _VIEWER_CM * (scale_px / usual_px - 1)
    return np.array([head_angles_deg(m) for m in matrix]), np.column_stack([aside_cm, nearer_cm])


def _fitted(model: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (n, 3, 3) and scales (n,) that lay `model` (k, 3) onto `seen` (n, k, 3), both about their middles, in
    the plane of the picture. The depth that was seen is only the first guess: it is the least certain."""
    points = seen.copy()
    for _ in range(_ROUNDS):
        u, sizes, v = np.linalg.svd(np.einsum("nki,kj->nij", points, model))
        flip = np.ones((len(points), 3))
        flip[:, 2] = np.linalg.det(u @ v)
        matrix = (u * flip[:, None]) @ v
        scale = (sizes * flip).sum(1) / np.square(model).sum()
        points[:, :, 2] = scale[:, None] * (model @ matrix[:, 2, :, None])[..., 0]
    return matrix, scale
