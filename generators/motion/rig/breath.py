"""Breath: how full the lungs are, in before a phrase and out while speaking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generators.motion.rig.accents import Phrase
from generators.motion.rig.curves import ease

FIRST_BREATH_S = (1.2, 2.6)
BREATH_GAP_S = (3.3, 5.8)  # 12–16 breaths a minute
INHALE_S = 0.85
EXHALE_S = 2.6
KEPT_BREATHS = 12  # more than a stretch of planning can hold


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
