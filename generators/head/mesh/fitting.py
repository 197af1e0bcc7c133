"""Fits the rig to one photo: who the person is (identity), how they hold the head (pose), what their face does."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from generators.contracts import ARKIT_CHANNELS
from generators.head.mesh.landmarks import Face
from generators.head.mesh.rig import FaceRig, seal_lips

# Priors, as the width of what is likely. Depth from one photo is weak evidence, so it counts little.
DEPTH_TRUST = 0.25
NOISE_CM = 0.12
EXPRESSION_WIDTH = 0.12
IDENTITY_WIDTH = 1.2
# The landmarker reports these weakly or not at all, so its score is no evidence against them.
UNREPORTED = ("noseSneer", "cheekSquint", "cheekPuff", "mouthFrown", "mouthDimple", "mouthStretch", "mouthUpperUp")
# What a photo's expression is never explained by: they would hide the shape of the person's lips.
IDENTITY_ONLY = (
    "mouthFunnel", "mouthPucker", "mouthRoll", "mouthShrug", "mouthLeft", "mouthRight", "jawForward", "jawLeft",
    "jawRight",
)  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """`scale_px` per cm, `rotation` (3, 3) from head space to the picture's axes (x right, y up, z to the viewer),
    `shift_px` (2,) of head space's origin; `expression` (52,) 0..1 that the photo shows; `present` and `neutral`
    (468, 3) cm: the person's face as photographed, and at rest with closed lips."""

    scale_px: float
    rotation: np.ndarray
    shift_px: np.ndarray
    expression: np.ndarray
    present: np.ndarray
    neutral: np.ndarray

    def project(self, points: np.ndarray) -> np.ndarray:
        """Head space (n, 3) → (n, 3): pixels x and y (down), and depth in px towards the viewer."""
        turned = points @ self.rotation.T * self.scale_px
        return turned * [1, -1, 1] + [*self.shift_px, 0]


def fit_face(rig: FaceRig, face: Face, *, n_rounds: int = 4) -> Fit:
    """Maximum a posteriori fit by turns: pose by similarity, then identity and expression by bounded least squares."""
    target = face.landmarks[: rig.n_coarse] * [1, -1, -1]
    expression_basis = rig.expression_deltas[:, : rig.n_coarse].astype(np.float64)
    likely = _likely_expression(face.scores)
    expression, identity = likely.copy(), np.zeros(len(rig.identity_deltas))
    for _ in range(n_rounds):
        shape = _shape(rig, expression_basis, identity, expression)
        scale, rotation, shift = similarity(shape, target)
        seen = (target - shift) @ rotation / scale
        identity, expression = _solve(rig, expression_basis, seen, rotation, likely)
    shape = _shape(rig, expression_basis, identity, expression)
    scale, rotation, shift = similarity(shape, target)
    present = _present(shape, target, scale, rotation, shift)
    neutral = present - np.tensordot(expression, expression_basis, 1)
    neutral += seal_lips(neutral, close=True)
    return Fit(scale, rotation, shift[:2] * [1, -1], expression, present, neutral)


def without_eyes(expression: np.ndarray) -> np.ndarray:
    """An expression (…, 52) without all that eyes and lids do."""
    eyes = [name.startswith("eye") for name in ARKIT_CHANNELS]
    return np.where(eyes, 0, expression).astype(expression.dtype)


def _likely_expression(scores: np.ndarray) -> np.ndarray:
    likely = np.clip(scores, 0, 1).astype(np.float64)
    smile = np.mean([scores[ARKIT_CHANNELS.index(f"mouthSmile{side}")] for side in ("Left", "Right")])
    for side in ("Left", "Right"):
        # A smile that the landmarker reports brings the cheeks along, which it does not report (FACS 6 + 12).
        likely[ARKIT_CHANNELS.index(f"cheekSquint{side}")] = 0.5 * smile
    for i, name in enumerate(ARKIT_CHANNELS):
        if name.startswith("eyeLook") or name.startswith(IDENTITY_ONLY):
            likely[i] = 0.0
    return likely


def _widths() -> np.ndarray:
    widths = np.full(len(ARKIT_CHANNELS), EXPRESSION_WIDTH)
    for i, name in enumerate(ARKIT_CHANNELS):
        if name.startswith(UNREPORTED):
            widths[i] = 0.1
        if name.startswith(IDENTITY_ONLY) or name.startswith("eyeLook") or name == "tongueOut":
            widths[i] = 1e-3
    return widths


def _shape(rig: FaceRig, expression_basis: np.ndarray, identity: np.ndarray, expression: np.ndarray) -> np.ndarray:
    return (
        rig.canonical + np.tensordot(identity, rig.identity_deltas, 1) + np.tensordot(expression, expression_basis, 1)
    )


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation (3, 3) and shift (3,) that bring points `source` (n, 3) onto `target` (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(b.T @ a)
    d = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ d @ vt
    scale = float(np.trace(np.diag(s) @ d) / (a**2).sum())
    return scale, rotation, target.mean(0) - scale * rotation @ source.mean(0)


def _solve(
    rig: FaceRig, expression_basis: np.ndarray, seen: np.ndarray, rotation: np.ndarray, likely: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    n_identity = len(rig.identity_deltas)
    basis = np.concatenate([rig.identity_deltas.astype(np.float64), expression_basis])
    residual = seen - rig.canonical
    # Weigh errors in the picture's own axes, where only the third is depth.
    trust = np.array([1.0, 1.0, DEPTH_TRUST])
    weigh = lambda v: (v @ rotation.T * trust).reshape(*v.shape[:-2], -1) / NOISE_CM  # noqa: E731
    matrix, wanted = weigh(basis).T, weigh(residual)
    width = np.concatenate([np.full(n_identity, IDENTITY_WIDTH), _widths()])
    mean = np.concatenate([np.zeros(n_identity), likely])
    # Neighbouring vertices err together: a fifth of them is independent evidence.
    strength = np.sqrt(5.0)
    rows = np.concatenate([matrix, np.diag(strength / width)])
    low = np.concatenate([np.full(n_identity, -4.0), np.full(len(ARKIT_CHANNELS), -1e-9)])
    high = np.concatenate([np.full(n_identity, 4.0), np.full(len(ARKIT_CHANNELS), 1.0)])
    normal, right = rows.T @ rows, rows.T @ np.concatenate([wanted, strength * mean / width])
    solution = minimise_in_box(normal, right, low, high, np.clip(mean, low, high))
    return solution[:n_identity], np.maximum(solution[n_identity:], 0)


@nb.njit(cache=True, nogil=True)
def minimise_in_box(matrix, right, low, high, start, n_sweeps=400, tolerance=1e-6):  # pragma: no cover - compiled
    """x between `low` and `high` (n,) that minimises ½ xᵀ `matrix` x − `right`ᵀ x, by projected coordinate descent.

    `matrix` (n, n) is positive definite. Small and without BLAS, whose threads would spin beside the voice's.
    """
    x = start.copy()
    for _ in range(n_sweeps):
        largest = 0.0
        for i in range(len(x)):
            slope = -right[i]
            for k in range(len(x)):
                slope += matrix[i, k] * x[k]
            value = min(max(x[i] - slope / matrix[i, i], low[i]), high[i])
            largest = max(largest, abs(value - x[i]))
            x[i] = value
        if largest < tolerance:
            break
    return x


def _present(
    shape: np.ndarray, target: np.ndarray, scale: float, rotation: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    """Head-space vertices that project exactly onto the landmarks, with the depth of the fitted shape."""
    turned = shape @ rotation.T * scale + shift
    depth = 0.75 * turned[:, 2] + 0.25 * target[:, 2]
    exact = np.concatenate([target[:, :2], depth[:, None]], 1)
    return (exact - shift) @ rotation / scale
