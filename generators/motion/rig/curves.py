"""Curves that live on past the end of a part: eased moves, bumps and slow noise, all functions of absolute time."""

from __future__ import annotations

import numpy as np


def ease(progress: np.ndarray) -> np.ndarray:
    """From 0 to 1 with the least jerk, the way a limb travels; clipped outside 0..1."""
    p = np.clip(progress, 0.0, 1.0)
    return p * p * p * (10 + p * (6 * p - 15))


class Moves:
    """A position (d,) that travels to one target after another, each an eased move that may still be under way."""

    def __init__(self, position: np.ndarray) -> None:
        self.base = np.asarray(position, float)
        self.target = self.base.copy()
        self.onsets_s: list[float] = []
        self.durations_s: list[float] = []
        self.deltas: list[np.ndarray] = []

    def go(self, onset_s: float, duration_s: float, target: np.ndarray) -> None:
        """From `onset_s` on, travel to `target` (d,) within `duration_s`."""
        target = np.asarray(target, float)
        self.onsets_s.append(onset_s)
        self.durations_s.append(duration_s)
        self.deltas.append(target - self.target)
        self.target = target

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Positions (n, d) at rising times; moves that are over by the first of them are folded away."""
        while self.onsets_s and self.onsets_s[0] + self.durations_s[0] < times_s[0]:
            self.base = self.base + self.deltas.pop(0)
            self.onsets_s.pop(0)
            self.durations_s.pop(0)
        if not self.onsets_s:
            return np.tile(self.base, (len(times_s), 1))
        progress = (times_s[:, None] - np.array(self.onsets_s)) / np.array(self.durations_s)
        return self.base + ease(progress) @ np.array(self.deltas)


class Bumps:
    """Rises and falls (d,) around peaks in time, summed; a bump may reach over the end of a part."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.rows: list[tuple[float, float, float, np.ndarray]] = []

    def add(self, peak_s: float, rise_s: float, fall_s: float, height: np.ndarray) -> None:
        """Rise to `height` (d,) within `rise_s` before `peak_s`, and fall back within `fall_s` after it."""
        self.rows.append((peak_s, rise_s, fall_s, np.asarray(height, float)))

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Sums (n, d) at rising times; bumps that ended before the first of them are forgotten."""
        self.rows = [row for row in self.rows if row[0] + row[2] >= times_s[0]]
        if not self.rows:
            return np.zeros((len(times_s), self.dimensions))
        peaks, rises, falls = (np.array([row[i] for row in self.rows]) for i in range(3))
        away = times_s[:, None] - peaks
        shape = ease(1 - np.where(away < 0, -away / rises, away / falls))
        return shape @ np.array([row[3] for row in self.rows])


class SlowNoise:
    """Smooth random curves (n, d) of unit deviation: sines whose frequencies never share a period."""

    def __init__(self, rng: np.random.Generator, dimensions: int, lowest_hz: float, highest_hz: float) -> None:
        n_sines = 6
        edges = np.geomspace(lowest_hz, highest_hz, n_sines + 1)
        low, high = edges[:-1, None], edges[1:, None]
        self.omega = 2 * np.pi * (low + (high - low) * rng.random((n_sines, dimensions)))
        self.phase = 2 * np.pi * rng.random((n_sines, dimensions))
        weight = (edges[:-1] / edges[0]) ** -0.5
        self.weight = weight * np.sqrt(2 / np.sum(weight**2))

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Values (n, d) at any times."""
        return np.einsum("k,nkd->nd", self.weight, np.sin(times_s[:, None, None] * self.omega + self.phase))
