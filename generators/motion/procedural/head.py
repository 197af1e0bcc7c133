"""The head: sway, a pose for each phrase, beats on stressed syllables, and a lean of the feeling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generators.motion.rig.accents import Accent, Phrase
from generators.motion.rig.beats import BeatGestures, vigour
from generators.motion.rig.curves import Moves, SlowNoise
from generators.motion.rig.faces import EMOTIONS

#                     yaw  pitch roll   x     y     z
SWAY = np.array([1.4, 1.0, 0.8, 0.10, 0.06, 0.12])
POSE = np.array([2.6, 1.3, 1.7, 0.12, 0.05, 0.15])
POSE_LIMIT = np.array([5.0, 3.0, 3.5, 0.3, 0.2, 0.4])
LIMIT = np.array([12.0, 10.0, 9.0, 0.9, 0.6, 1.2])
POSE_STAYS_S = (1.8, 4.2)

# Where a feeling at full strength holds the head: degrees and centimetres. The signs of yaw, roll and x are drawn.
LEAN: dict[str, tuple[float, ...]] = {
    "joy": (0.0, 1.6, 2.4, 0.0, 0.05, 0.15),
    "sadness": (1.2, -4.8, 2.4, 0.0, -0.25, -0.10),
    "anger": (0.0, -2.6, 0.6, 0.0, -0.05, 0.55),
    "fear": (1.6, 1.2, 0.8, 0.0, -0.10, -0.75),
    "surprise": (0.0, 2.2, 0.0, 0.0, 0.12, -0.40),
    "disgust": (3.6, 0.6, -1.6, 0.0, 0.0, -0.50),
    "contempt": (2.4, 3.0, 2.4, 0.0, 0.08, -0.20),
}


class HeadMotion:
    """Rotation and translation over time from one seed; `at` carries the state over."""

    def __init__(self, rng: np.random.Generator, gain: float) -> None:
        self.rng, self.gain = rng, gain
        self.sway = SlowNoise(rng, 6, 0.06, 0.45)
        self.pose = Moves(np.zeros(6))
        self.next_pose_s = float(rng.uniform(0.2, 1.0))
        self.beats = BeatGestures(rng)
        signs = np.where(rng.random((len(EMOTIONS), 6)) < 0.5, -1.0, 1.0)
        signs[:, [1, 4, 5]] = 1.0
        self.lean = np.array([LEAN[name] for name in EMOTIONS]) * signs

    def plan(
        self,
        start_s: float,
        end_s: float,
        phrases: Sequence[Phrase],
        accents: Sequence[Accent],
        feeling: np.ndarray,
    ) -> None:
        """Plan poses from `start_s` to `end_s`, and a beat for each of `accents`; the past stays as it was."""
        amount = float(vigour(feeling))
        starts = [p.start_s - 0.25 for p in phrases if p.pause_before_s >= 0.3]
        settles = [p.end_s - 0.15 for p in phrases]
        while self.next_pose_s < end_s:
            near = [t for t in starts + settles if abs(t - self.next_pose_s) < 0.7 and t > self.next_pose_s - 0.4]
            onset_s = max(near[0] if near else self.next_pose_s, start_s)
            settling = bool(near) and near[0] in settles
            target = np.clip(self.rng.normal(0, POSE * amount), -POSE_LIMIT, POSE_LIMIT)
            if settling:  # a phrase ends near the middle, chin a little lower
                target = 0.4 * target + (0, -0.8, 0, 0, 0, 0)
            distance = float(np.abs(target - self.pose.target)[:3].max())
            self.pose.go(onset_s, float(self.rng.uniform(0.6, 0.9)) + 0.09 * distance, target)
            self.next_pose_s = max(onset_s, self.next_pose_s) + float(self.rng.uniform(*POSE_STAYS_S))
        for accent in accents:
            self.beats.add(accent, amount, start_s)

    def at(self, times_s: np.ndarray, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rotation (n, 3) in degrees and translation (n, 3) in centimetres, for a feeling (n, 7) as it shows."""
        moves = SWAY * vigour(shown)[:, None] * self.sway.at(times_s) + self.pose.at(times_s) + self.beats.at(times_s)
        bounded = LIMIT * np.tanh(self.gain * (moves + shown @ self.lean) / LIMIT)
        return bounded[:, :3], bounded[:, 3:]
