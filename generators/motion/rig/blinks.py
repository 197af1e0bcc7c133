"""The course of a blink: lids fall in a tenth of a second and open in two, always whole."""

from __future__ import annotations

import numpy as np

from generators.motion.rig.curves import Bumps

LID_DOWN_S, LID_UP_S = 0.09, 0.20


class BlinkCurve:
    """How closed the lids are over time, for blinks that may reach over the end of a part."""

    def __init__(self) -> None:
        self.bumps = Bumps(1)

    def add(self, peak_s: float, up_s: float = LID_UP_S) -> None:
        """A blink whose lids are down at `peak_s` and open again `up_s` seconds later."""
        self.bumps.add(peak_s, LID_DOWN_S, up_s, np.ones(1))

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """How closed the lids are (n,), 0..1, at rising times."""
        return np.clip(1.25 * self.bumps.at(times_s)[:, 0], 0, 1)
