"""The head and the breath: sway, a pose for each phrase, beats on stressed syllables, and a lean of the feeling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generators.motion.procedural.curves import Bumps, Moves, SlowNoise, ease
from generators.motion.procedural.expressions import EMOTIONS
from generators.motion.procedural.prosody import Accent, Phrase

#                     yaw  pitch roll   x     y     z
SWAY = np.array([1.4, 1.0, 0.8, 0.10, 0.06, 0.12])
POSE = np.array([2.6, 1.3, 1.7, 0.12, 0.05, 0.15])
POSE_LIMIT = np.array([5.0, 3.0, 3.5, 0.3, 0.2, 0.4])
LIMIT = np.array([12.0, 10.0, 9.0, 0.9, 0.6, 1.2])
POSE_STAYS_S = (1.8, 4.2)
NOD_DEG = 2.4

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
# How lively a feeling moves the head, relative to neutral.
LIVELY = dict(zip(EMOTIONS, (0.35, -0.45, 0.3, 0.1, 0.2, -0.05, -0.15), strict=True))

FIRST_BREATH_S = (1.2, 2.6)
BREATH_GAP_S = (3.3, 5.8)  # 12–16 breaths a minute
INHALE_S = 0.85
EXHALE_S = 2.6
KEPT_BREATHS = 12  # more than a stretch of planning can hold


class HeadMotion:
    """Rotation and translation over time from one seed; `at` carries the state over."""

    def __init__(self, rng: np.random.Generator, gain: float) -> None:
        self.rng, self.gain = rng, gain
        self.sway = SlowNoise(rng, 6, 0.06, 0.45)
        self.pose = Moves(np.zeros(6))
        self.next_pose_s = float(rng.uniform(0.2, 1.0))
        self.beats = Beats(rng)
        signs = np.where(rng.random((len(EMOTIONS), 6)) < 0.5, -1.0, 1.0)
        signs[:, [1, 4, 5]] = 1.0
        self.lean = np.array([LEAN[name] for name in EMOTIONS]) * signs
        self.lively = np.array([LIVELY[name] for name in EMOTIONS])

    def plan(
        self,
        start_s: float,
        end_s: float,
        phrases: Sequence[Phrase],
        accents: Sequence[Accent],
        feeling: np.ndarray,
    ) -> None:
        """Plan poses from `start_s` to `end_s`, and a beat for each of `accents`; the past stays as it was."""
        vigour = float(1 + feeling @ self.lively)
        starts = [p.start_s - 0.25 for p in phrases if p.pause_before_s >= 0.3]
        settles = [p.end_s - 0.15 for p in phrases]
        while self.next_pose_s < end_s:
            near = [t for t in starts + settles if abs(t - self.next_pose_s) < 0.7 and t > self.next_pose_s - 0.4]
            onset_s = max(near[0] if near else self.next_pose_s, start_s)
            settling = bool(near) and near[0] in settles
            target = np.clip(self.rng.normal(0, POSE * vigour), -POSE_LIMIT, POSE_LIMIT)
            if settling:  # a phrase ends near the middle, chin a little lower
                target = 0.4 * target + (0, -0.8, 0, 0, 0, 0)
            distance = float(np.abs(target - self.pose.target)[:3].max())
            self.pose.go(onset_s, float(self.rng.uniform(0.6, 0.9)) + 0.09 * distance, target)
            self.next_pose_s = max(onset_s, self.next_pose_s) + float(self.rng.uniform(*POSE_STAYS_S))
        for accent in accents:
            self.beats.add(accent, vigour, start_s)

    def at(self, times_s: np.ndarray, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rotation (n, 3) in degrees and translation (n, 3) in centimetres, for a feeling (n, 7) as it shows."""
        vigour = (1 + shown @ self.lively)[:, None]
        moves = SWAY * vigour * self.sway.at(times_s) + self.pose.at(times_s) + self.beats.at(times_s)
        bounded = LIMIT * np.tanh(self.gain * (moves + shown @ self.lean) / LIMIT)
        return bounded[:, :3], bounded[:, 3:]


class Beats:
    """Beats of the head (6,) on syllables that stand out: nods into the stressed vowel, seldom a lift, with a little
    turn or tilt in them."""

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


class Breath:
    """How full the lungs are, 0..1: in before a phrase, out while speaking."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.inhales: list[tuple[float, float, float, float]] = []  # onset, duration, from, to
        self.next_s = float(rng.uniform(*FIRST_BREATH_S))
        self.full = float(rng.uniform(0.65, 0.85))

    def plan(self, start_s: float, end_s: float, phrases: Sequence[Phrase]) -> None:
        """Plan the breaths from `start_s` to `end_s`: one that is due waits for, or hurries to, a pause."""
        pauses = [p.start_s - min(INHALE_S, p.pause_before_s + 0.1) for p in phrases if p.pause_before_s > 0.15]
        self.inhales = self.inhales[-KEPT_BREATHS:]
        while self.next_s < end_s:
            near = [t for t in pauses if -1.2 < t - self.next_s < 1.2 and t >= max(start_s, self._earliest())]
            onset_s = min(near, key=lambda t: abs(t - self.next_s)) if near else self.next_s
            start = float(self.at(np.array([onset_s]))[0])
            depth = float(self.rng.uniform(0.75, 1.0))
            self.inhales.append((onset_s, INHALE_S, start, max(depth, start)))
            self.next_s = onset_s + float(self.rng.uniform(*BREATH_GAP_S))

    def _earliest(self) -> float:
        return self.inhales[-1][0] + 2.6 if self.inhales else -np.inf

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Fullness (n,) at rising times."""
        level = self.full * np.exp(-times_s / EXHALE_S)
        for onset_s, duration_s, start, full in self.inhales[-KEPT_BREATHS:]:
            since_s = times_s - onset_s
            out_s = np.maximum(since_s - duration_s, 0)
            rising = start + (full - start) * ease(since_s / duration_s)
            falling = full * np.exp(-(out_s**2) / (EXHALE_S * (out_s + 0.6)))
            level = np.where(since_s >= 0, np.where(since_s < duration_s, rising, falling), level)
        return level
