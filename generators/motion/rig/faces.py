"""The faces of the basic emotions, after FACS, as prototypes in ARKit channels, and how fast a face takes them on.

Finer named feelings have the faces of `action_units`.
"""

from __future__ import annotations

import numpy as np

from emotion_embed import taxonomy
from emotion_embed.track import EmotionCurve

EMOTIONS = taxonomy.BASIC[1:]
ONSET_S, OFFSET_S = 0.14, 0.34  # time constants: with the track's own transition, 0.3–0.6 s up and 0.6–1.2 s down
SUBTLETY = 0.8  # below 1, so that a weak feeling can be seen

# Full-strength faces; a name without a side means both sides.
PROTOTYPES: dict[str, dict[str, float]] = {
    "joy": {  # AU 6 + 12
        "mouthSmile": 0.86, "cheekSquint": 0.66, "mouthDimple": 0.14, "eyeSquint": 0.22, "mouthUpperUp": 0.12,
        "browOuterUp": 0.06,
    },
    "sadness": {  # AU 1 + 4 + 15 + 17
        "browInnerUp": 0.95, "browDown": 0.18, "mouthFrown": 0.88, "mouthShrugLower": 0.28, "eyeSquint": 0.12,
        "eyeBlink": 0.12, "mouthPress": 0.08,
    },
    "anger": {  # AU 4 + 5 + 7 + 23
        "browDown": 1.00, "eyeWide": 0.14, "eyeSquint": 0.50, "noseSneer": 0.24, "mouthPress": 0.46,
        "mouthRollLower": 0.22, "mouthRollUpper": 0.14, "mouthFrown": 0.76, "jawForward": 0.14,
    },
    "fear": {  # AU 1 + 2 + 4 + 5 + 7 + 20 + 26
        "browInnerUp": 0.92, "browOuterUp": 0.46, "browDown": 0.24, "eyeWide": 0.85, "eyeSquint": 0.14,
        "mouthStretch": 0.62, "mouthFrown": 0.14, "mouthLowerDown": 0.16, "jawOpen": 0.10,
    },
    "surprise": {  # AU 1 + 2 + 5 + 26
        "browInnerUp": 0.82, "browOuterUp": 0.85, "eyeWide": 0.85, "jawOpen": 0.20, "mouthFunnel": 0.08,
    },
    "disgust": {  # AU 9 + 10 + 15 + 16
        "noseSneer": 0.72, "mouthUpperUp": 0.24, "mouthFrown": 0.64, "mouthLowerDown": 0.18, "browDown": 0.42,
        "eyeSquint": 0.42, "cheekSquint": 0.40, "mouthShrugUpper": 0.10, "mouthShrugLower": 0.10,
    },
    "contempt": {  # one-sided AU 12 + 14, a lifted chin and lids at half
        "mouthSmile": 0.10, "mouthDimple": 0.14, "eyeSquint": 0.20, "browDown": 0.10, "eyeBlink": 0.08,
    },
}  # fmt: skip
ONE_SIDED = {"mouthSmile": 0.46, "mouthDimple": 0.55, "mouthUpperUp": 0.10, "cheekSquint": 0.20, "browOuterUp": 0.25}


def soft_limit(values: np.ndarray, knee: float = 0.7) -> np.ndarray:
    """Unchanged up to `knee`, then bending smoothly towards 1, so that mixtures never overshoot a face."""
    room = 1 - knee
    return np.where(values <= knee, values, knee + room * np.tanh((values - knee) / room))


def perceptible(curve: EmotionCurve) -> np.ndarray:
    """Weights and strengths of a curve in one row per time, (n, 62), weak ones raised so that they can be seen."""
    return np.clip(np.concatenate([curve.weights, curve.strengths], axis=1), 0, 1) ** SUBTLETY


def follow(wanted: np.ndarray, start: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Follow `wanted` (n, d) from `start` (d,), quickly up and slowly down; also the state it ends in."""
    up, down = 1 - np.exp(-1 / (fps * ONSET_S)), 1 - np.exp(-1 / (fps * OFFSET_S))
    followed, value = np.empty_like(wanted), start
    for i, goal in enumerate(wanted):
        value = value + np.where(goal > value, up, down) * (goal - value)
        followed[i] = value
    return followed, value
