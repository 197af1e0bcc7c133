"""Curves of a real face, smoothed without lag.

Every filter here looks as far ahead as back, so that nothing comes later than it was seen.
"""

from __future__ import annotations

import numpy as np

_STEADY_S, _STEADY_REACH_S = 0.05, 0.12


def steady(values: np.ndarray, fps: float, noise: float) -> np.ndarray:
    """Values (n, …) without their tremor: each is the mean of those within 0.12 s that differ from it by little more
    than `noise`. What moves by more in a frame, such as lids and lips, stays as it is (a bilateral filter in time)."""
    reach = round(_STEADY_REACH_S * fps)
    padded = np.pad(values, [(reach, reach)] + [(0, 0)] * (values.ndim - 1), mode="edge")
    total, weights = np.zeros(values.shape), np.zeros(values.shape)
    for lag in range(-reach, reach + 1):
        other = padded[reach + lag : reach + lag + len(values)]
        weight = np.exp(-0.5 * ((lag / fps / _STEADY_S) ** 2 + ((other - values) / noise) ** 2))
        total += weight * other
        weights += weight
    return total / weights


def smooth(values: np.ndarray, fps: float, window_s: float) -> np.ndarray:
    """Values (n, …) through a Savitzky–Golay filter of second order: parabolas within `window_s` stay as they are."""
    from scipy.signal import savgol_filter

    width = min(round(window_s * fps), len(values)) - 1 | 1  # odd, and no longer than the curve
    if width < 5:  # a parabola goes through three points whatever they are
        return values
    return np.asarray(savgol_filter(values, width, polyorder=2, axis=0, mode="interp"))


def bridged(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values (n, …) with the rows that are not `known` (n,) on straight lines between those that are."""
    if not known.any():
        return np.zeros_like(values)
    rows = np.arange(len(values))
    columns = values.reshape(len(values), -1)
    lines = [np.interp(rows, rows[known], column[known]) for column in columns.T]
    return np.stack(lines, axis=1).reshape(values.shape)
