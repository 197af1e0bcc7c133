"""Lengths on a face from its landmarks, in distances between the outer eye corners: size and roll do not matter.

`landmarks` are (n, 478, 3) pixels, x to the right and y down, as in `landmarker.FaceReading`.
"""

from __future__ import annotations

import numpy as np

_EYE_OUTER_RIGHT, _EYE_OUTER_LEFT = 33, 263
_INNER_LIP_PAIRS = ((82, 87), (13, 14), (312, 317))  # upper, lower
_LIDS = (((160, 144), (158, 153), (33, 133)), ((385, 380), (387, 373), (362, 263)))  # two heights, one width per eye


def interocular(landmarks: np.ndarray) -> np.ndarray:
    """Distance between the outer eye corners in pixels, (n,), from landmarks (n, 478, 3)."""
    return np.linalg.norm(landmarks[:, _EYE_OUTER_LEFT] - landmarks[:, _EYE_OUTER_RIGHT], axis=1)


def along_face(landmarks: np.ndarray, above: int, below: int) -> np.ndarray:
    """How far landmark `below` lies under `above`, along the face's own vertical, in interocular distances, (n,)."""
    across = (landmarks[:, _EYE_OUTER_LEFT] - landmarks[:, _EYE_OUTER_RIGHT])[:, :2]
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    down = np.stack([-across[:, 1], across[:, 0]], axis=1)
    return ((landmarks[:, below] - landmarks[:, above])[:, :2] * down).sum(axis=1) / interocular(landmarks)


def lip_gap(landmarks: np.ndarray) -> np.ndarray:
    """Height of the gap between the inner lips in interocular distances, (n,); about 0 when they touch."""
    return np.mean([along_face(landmarks, upper, lower) for upper, lower in _INNER_LIP_PAIRS], axis=0)


def lid_opening(landmarks: np.ndarray) -> np.ndarray:
    """Height of the eyes' openings over their widths, mean of both eyes, (n,)."""
    span = lambda pair: np.linalg.norm(landmarks[:, pair[0]] - landmarks[:, pair[1]], axis=1)  # noqa: E731
    return np.mean([(span(one) + span(two)) / (2 * span(width)) for one, two, width in _LIDS], axis=0)
