"""Kokoro's styles as two banks: who speaks, and in which manner. Any voice takes any manner.

A style row is 128 numbers of timbre and 128 of prosody, one row per length of the text. The identity is the voice's
own row; the manner is added to it as coordinates along the axes in which the fifty-four voices differ most, sixteen in
each half, found once by principal components and kept with the manner bank so that they never move.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

import checkpoints

HALF = 128


class StyleBanks:
    """The style tables in a folder of Kokoro's voices."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def style(self, voice: str, n_tokens: int, manner: np.ndarray | None = None) -> np.ndarray:
        """The style (1, 256) of a voice for a part of this many tokens, `manner` (32,) added; none leaves it as is."""
        table = np.fromfile(self._folder / f"{voice}.bin", np.float32).reshape(-1, 1, 2 * HALF)
        own = table[min(n_tokens, len(table)) - 1]
        if manner is None or not np.any(manner):
            return own
        timbre, prosody = self._axes
        n = len(prosody)
        added = np.concatenate([manner[n:] @ timbre, manner[:n] @ prosody])
        return (own + added).astype(np.float32)

    @cached_property
    def _axes(self) -> np.ndarray:
        """Axes of the manner space, (2, 16, 128): of the timbre half and of the prosody half."""
        from safetensors.numpy import load_file

        return load_file(checkpoints.weights_path("voice_manner") / "model.safetensors")["axes"]
