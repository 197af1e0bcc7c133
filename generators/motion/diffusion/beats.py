"""Beat gestures in sampled motion, which sways and poses but seldom knows which syllable stands out.

Where phones are known, they are those of motion by rule, and the eyes hold their gaze against them.
"""

from __future__ import annotations

import numpy as np

from generators.contracts import CHANNEL_INDEX, PlacedSpeech
from generators.motion.diffusion.motion_space import ROTATION, TRANSLATION
from generators.motion.rig.accents import accents, trim_to_sound
from generators.motion.rig.beats import BeatGestures, vigour
from generators.motion.rig.gaze import EYE_RANGE_DEG, HOLD_EYES

_STREAM = 1  # of the seed: beats have a random generator of their own
_SIZE = 0.6  # of a beat by rule: some of it is sampled already
# Opposite looks of each eye, and which number of a rotation turns them.
_LOOKS = (("OutLeft", "InLeft", 0), ("InRight", "OutRight", 0), ("UpLeft", "DownLeft", 1), ("UpRight", "DownRight", 1))


class Beats:
    """Plans beat gestures part by part, and adds them to motion, `gains` (59,) times as large as usual."""

    def __init__(self, seed: int, gains: np.ndarray) -> None:
        self.gestures = BeatGestures(np.random.default_rng([seed, _STREAM]))
        self.gains = _SIZE * gains[np.r_[ROTATION, TRANSLATION]]

    def plan(self, part: PlacedSpeech) -> None:
        """Plan those of the next part."""
        start_s = part.start_s
        phones = trim_to_sound(sorted(part.speech.phones, key=lambda p: (p.start_s, p.end_s)), part.audio)
        found = accents(phones, part.audio, start_s) if phones else []
        feelings = part.track.sample(np.array([accent.time_s for accent in found])).weights
        for accent, feeling in zip(found, feelings, strict=True):
            self.gestures.add(accent, float(vigour(feeling)), start_s)

    def add_to(self, vectors: np.ndarray, times_s: np.ndarray) -> np.ndarray:
        """Vectors (n, 59) at rising `times_s` (n,) with the beats in them."""
        moved = self.gestures.at(times_s) * self.gains
        out = vectors.copy()
        out[:, np.r_[ROTATION, TRANSLATION]] += moved
        for toward, away, axis in _LOOKS:
            there, back = CHANNEL_INDEX["eyeLook" + toward], CHANNEL_INDEX["eyeLook" + away]
            look = out[:, there] - out[:, back] - HOLD_EYES * moved[:, axis] / EYE_RANGE_DEG
            out[:, there], out[:, back] = np.maximum(look, 0), np.maximum(-look, 0)
        return out
