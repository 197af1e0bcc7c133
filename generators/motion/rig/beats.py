"""Beat gestures (McNeill 1992): the small nods of the head that fall on stressed syllables."""

from __future__ import annotations

import numpy as np

from generators.motion.rig.accents import Accent
from generators.motion.rig.curves import Bumps
from generators.motion.rig.faces import EMOTIONS

NOD_DEG = 2.4

# How lively a feeling moves the head, relative to neutral.
LIVELY = dict(zip(EMOTIONS, (0.35, -0.45, 0.3, 0.1, 0.2, -0.05, -0.15), strict=True))
_LIVELY = np.array([LIVELY[name] for name in EMOTIONS])


def vigour(weights: np.ndarray) -> np.ndarray:
    """How much feelings, weights (…, 7) of the basic emotions, enlarge the head's movement; 1 is neutral, (…,)."""
    return 1 + weights @ _LIVELY


class BeatGestures:
    """Beat gestures of the head (6,), on syllables that stand out: nods into the stressed vowel, seldom a lift, with a
    little turn or tilt in them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.bumps = rng, Bumps(6)

    def add(self, accent: Accent, vigour: float, start_s: float) -> None:
        """A beat that begins at `start_s` at the earliest; `vigour` is 1 for neutral."""
        kind, side, size = (
            self.rng.random(),
            np.clip(self.rng.normal(0, 0.35, 2), -0.6, 0.6),
            self.rng.uniform(0.6, 1.3),
        )
        nod = -NOD_DEG if kind < 0.82 else 0.7 * NOD_DEG
        height = accent.strength * vigour * size * np.array([nod * side[0], nod, nod * side[1], 0, 0.02 * nod, 0.03])
        peak_s = max(accent.time_s + 0.04, start_s + 0.12)
        self.bumps.add(peak_s, min(0.22, peak_s - start_s), 0.42, height)

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Degrees (yaw, pitch, roll) and centimetres (x, y, z), (n, 6), at rising times."""
        return self.bumps.at(times_s)
