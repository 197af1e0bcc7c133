"""Several styles in one chunk: which token speaks in which, and how what the model makes of each crosses over.

The model takes one style for a whole chunk. Where a chunk goes from one emotion to another it is run with each, and
durations, curves and sound, which keep step, cross over.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MAX_STYLES = 4  # each costs a run of the model


def styles_over_tokens(style_rows: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The different style offsets among tokens (n, N_STYLE), and for each which tokens have it, (n,) 0 or 1.

    A style that changes with every word is taken in `MAX_STYLES` stretches.
    """
    offsets, which = np.unique(style_rows, axis=0, return_inverse=True)
    which = which.ravel()
    if len(offsets) > MAX_STYLES:
        which = np.arange(len(style_rows)) * MAX_STYLES // len(style_rows)
        offsets = np.stack([style_rows[which == i].mean(0) for i in range(MAX_STYLES)])
    return list(offsets), [(which == i).astype(float) for i in range(len(offsets))]


def blended(values: Sequence[np.ndarray], shares: np.ndarray | None, repeat: int = 1) -> np.ndarray:
    """Curves or sounds (n · repeat,) crossing as `shares` (len(values), n) say; one alone stays as it is."""
    if shares is None:
        return values[0]
    weights = np.repeat(shares, repeat, axis=1)
    if repeat > 1:  # no steps between frames
        window = np.ones(repeat) / repeat
        weights = np.stack([np.convolve(np.pad(w, repeat // 2, mode="edge"), window, mode="same") for w in weights])
        weights = weights[:, repeat // 2 : repeat // 2 + len(values[0])]
    return np.sum([w * v for w, v in zip(weights, values, strict=True)], axis=0).astype(np.float32)
