"""Curves that were seen at odd times, brought to other times, with their gaps closed."""

from __future__ import annotations

import numpy as np

LONGEST_BRIDGE_S = 0.5  # a longer gap says nothing about what lies in it
_RETURN_S = 0.25  # how long before the face is seen again the way to it begins


def resampled(
    times_s: np.ndarray, values: np.ndarray, at_s: np.ndarray, longest_bridge_s: float = LONGEST_BRIDGE_S
) -> np.ndarray:
    """Values (n, …) that were seen at rising `times_s` (n,), at other times (m,) as (m, …).

    Between them runs a cubic that never overshoots. Gaps over `longest_bridge_s` hold what was seen last and reach for
    what comes in their last quarter of a second; before the first and after the last time, those values are held.
    """
    from scipy.interpolate import PchipInterpolator

    long = np.flatnonzero(np.diff(times_s) > longest_bridge_s)
    times_s = np.insert(times_s, long + 1, times_s[long + 1] - _RETURN_S)
    values = np.insert(np.asarray(values, float), long + 1, values[long], axis=0)
    if len(times_s) == 1:
        return np.repeat(values, len(at_s), axis=0)
    return PchipInterpolator(times_s, values)(np.clip(at_s, times_s[0], times_s[-1]))
