"""How far apart the lips stand: what every channel does to the distance between them."""

from __future__ import annotations

import numpy as np

from generators.contracts import ARKIT_CHANNELS

# Inner-lip distance at the middle of the mouth over interocular distance, per unit of a channel, as measured on the
# ICT-FaceKit expression model (both sides summed where a channel has two).
LIP_GAP: dict[str, float] = {
    "jawOpen": 0.503, "mouthClose": -0.598, "mouthFunnel": 0.211, "mouthPucker": -0.008, "mouthRollLower": -0.058,
    "mouthRollUpper": 0.028, "mouthShrugLower": -0.106, "mouthShrugUpper": 0.081, "mouthPressLeft": -0.019,
    "mouthPressRight": -0.019, "mouthLowerDownLeft": 0.052, "mouthLowerDownRight": 0.052, "mouthUpperUpLeft": 0.054,
    "mouthUpperUpRight": 0.054, "noseSneerLeft": 0.048, "noseSneerRight": 0.048, "jawForward": 0.020,
}  # fmt: skip
CLOSED_GAP = -0.014  # lips that are pressed together overlap a little


def lip_gap(channels: np.ndarray) -> np.ndarray:
    """Inner-lip distance (n,) over interocular distance that channels (n, 52) ask for; below 0 the lips are pressed."""
    weights = np.array([LIP_GAP.get(name, 0.0) for name in ARKIT_CHANNELS])
    return channels @ weights
