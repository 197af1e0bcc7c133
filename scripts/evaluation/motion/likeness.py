"""How like two sets of performances are, and which feeling a face shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.contracts import ARKIT_CHANNELS
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BREATH,
    BROW_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    LIP_COLUMNS,
    N_CHANNELS,
    N_MOTION,
    ROTATION,
    TRANSLATION,
)

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

ALL = np.arange(N_MOTION)
CORNERS = [i for i, name in enumerate(ARKIT_CHANNELS) if name.startswith(("mouthSmile", "mouthFrown", "mouthDimple"))]
GROUPS: dict[str, np.ndarray] = {
    "lip opening": np.array([GAP]),
    "mouth and jaw": np.setdiff1d(LIP_COLUMNS, [GAP]),
    "brows": BROW_COLUMNS,
    "cheeks, nose, squint": np.array(
        [i for i, n in enumerate(ARKIT_CHANNELS) if n.startswith(("cheek", "nose", "eyeSquint", "eyeWide"))]
    ),
    "lids": BLINK_COLUMNS,
    "gaze": GAZE_COLUMNS,
    "head turn": ALL[ROTATION],
    "head place": ALL[TRANSLATION],
    "breath": np.array([BREATH]),
}


def moving(vectors: np.ndarray) -> np.ndarray:
    """Each frame beside how it changes, (n − 1, 118)."""
    return np.concatenate([vectors[1:], np.diff(vectors, axis=0) * FPS], axis=1)


def frechet(performed: Sequence[np.ndarray], reference: Sequence[np.ndarray], columns: np.ndarray = ALL) -> float:
    """Fréchet distance of frames and their changes to those of a reference, in its deviations, per number compared.

    Both are lists of vectors. Channels that hardly move in the reference count against a deviation of 0.01.
    """
    ours, theirs = (
        np.concatenate([moving(v[:, columns]) for v in some]).astype(float) for some in (performed, reference)
    )
    scale = np.maximum(theirs.std(0), np.repeat([0.01, 0.01 * FPS], len(columns)))
    ours, theirs = ours / scale, theirs / scale
    a, b = np.cov(ours.T), np.cov(theirs.T)
    apart = np.square(ours.mean(0) - theirs.mean(0)).sum()
    a, b = np.atleast_2d(a), np.atleast_2d(b)
    shared = np.sqrt(np.maximum(np.linalg.eigvals(a @ b).real, 0)).sum()  # the trace of the root of a @ b
    return max(0.0, float((apart + np.trace(a + b) - 2 * shared) / len(scale)))


def probe_features(vectors: np.ndarray) -> np.ndarray:
    """What a clip's face says apart from its lips, (d,): mean and deviation of the other channels and of the head's
    turning, and the mean of the corners of the mouth."""
    apart = [*np.setdiff1d(np.arange(N_CHANNELS), LIP_COLUMNS), *ALL[ROTATION]]
    return np.concatenate([vectors[:, apart].mean(0), vectors[:, apart].std(0), vectors[:, CORNERS].mean(0)])


@dataclass(frozen=True)
class Probe:
    """Names the feeling of a clip's motion by logistic regression on `probe_features`, each brought to its deviation;
    to no less than 0.02, lest the noise of what hardly moves speak as loudly as a face."""

    mean: np.ndarray
    scale: np.ndarray
    classifier: LogisticRegression

    @classmethod
    def fit(cls, performances: Sequence[np.ndarray], labels: Sequence[int]) -> Probe:
        """From vectors of clips whose feelings are known."""
        from sklearn.linear_model import LogisticRegression

        features = np.array([probe_features(vectors) for vectors in performances])
        mean, scale = features.mean(0), np.maximum(features.std(0), 0.02)
        return cls(mean, scale, LogisticRegression(max_iter=2000).fit((features - mean) / scale, labels))

    def scores(self, performances: Sequence[np.ndarray]) -> np.ndarray:
        """How far each clip lies along each feeling's direction, (clips, feelings)."""
        features = np.array([probe_features(vectors) for vectors in performances])
        return self.classifier.decision_function((features - self.mean) / self.scale)
