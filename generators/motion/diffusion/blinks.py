"""Blinks as eyes do them: the model says when, their course is that of every eye.

Sampled in few steps, a blink that the model is not sure of comes out half or holds for too long; a real one closes in a
tenth of a second and opens in two, always whole.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import grey_opening
from scipy.signal import find_peaks

from generators.contracts import CHANNEL_INDEX
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import BLINK_COLUMNS
from generators.motion.rig.blinks import LID_DOWN_S, BlinkCurve

LONGEST_FRAMES = 11  # lids that stay low for longer rest there, because of a feeling or a lowered gaze
LEAST_FALL = 0.5
LEAST_GAP_S = 1.0  # double blinks are rarer than the model has them
_LOWERED = 0.45
_WIDE_COLUMNS = [CHANNEL_INDEX["eyeWideLeft"], CHANNEL_INDEX["eyeWideRight"]]


class BlinkResynthesis:
    """Removes blinks from the lids that were sampled, and adds whole ones in their places."""

    def __init__(self) -> None:
        self.curve = BlinkCurve()
        self.last_s = -np.inf

    def remove(self, vectors: np.ndarray, first: int, new: slice) -> np.ndarray:
        """Vectors (n, 59) of a window that begins at frame `first`, lids at rest; blinks whose summit lies among the
        `new` frames are noted for `add_to`."""
        lids = vectors[:, BLINK_COLUMNS]
        resting = np.minimum(grey_opening(lids, (LONGEST_FRAMES, 1), mode="nearest"), _LOWERED)
        fall = (lids - resting).mean(1)
        for peak in find_peaks(np.pad(fall, 1), height=LEAST_FALL, distance=round(LEAST_GAP_S * FPS))[0] - 1:
            if new.start <= peak < new.stop:
                self._note(first + peak, first + new.start)
        out = vectors.copy()
        out[:, BLINK_COLUMNS] = resting
        return out

    def _note(self, frame: int, first_new: int) -> None:
        """A blink whose lids are down in `frame`, or a little later where its beginning is already past."""
        whole = max(frame, first_new + int(np.ceil(LID_DOWN_S * FPS)))
        time_s = (whole + 0.5) / FPS
        if time_s - self.last_s >= LEAST_GAP_S:
            self.curve.add(time_s)
            self.last_s = time_s

    def add_to(self, vectors: np.ndarray, times_s: np.ndarray) -> np.ndarray:
        """Vectors (n, 59) at rising `times_s` (n,) with the blinks that were noted."""
        down = self.curve.at(times_s)[:, None]
        out = vectors.copy()
        out[:, BLINK_COLUMNS] += down * (1 - out[:, BLINK_COLUMNS])
        out[:, _WIDE_COLUMNS] *= 1 - down
        return out
