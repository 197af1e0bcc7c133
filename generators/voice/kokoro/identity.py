"""Kokoro's style vectors: who speaks, and the style offset on top. Any voice takes any offset.

A style vector is 128 numbers of timbre and 128 of prosody, one for each length of the text. The identity is the voice's
own row; an offset is added to it as coordinates along the axes in which the fifty-four voices differ most, sixteen in
each half, found once by principal components and kept with the style bank so that they never move.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

import checkpoints

HALF = 128


class StyleTables:
    """The style tables in a folder of Kokoro's voices."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def style(self, voice: str, n_tokens: int, offset: np.ndarray | None = None) -> np.ndarray:
        """The style (1, 256) of a voice for a chunk of this many tokens, `offset` (32,) added; none leaves it as is."""
        table = np.fromfile(self._folder / f"{voice}.bin", np.float32).reshape(-1, 1, 2 * HALF)
        own = table[min(n_tokens, len(table)) - 1]
        if offset is None or not np.any(offset):
            return own
        timbre, prosody = self._axes
        n = len(prosody)
        added = np.concatenate([offset[n:] @ timbre, offset[:n] @ prosody])
        return (own + added).astype(np.float32)

    @cached_property
    def _axes(self) -> np.ndarray:
        """Axes of the style space, (2, 16, 128): of the timbre half and of the prosody half."""
        from safetensors.numpy import load_file

        return load_file(checkpoints.weights_path("voice_manner") / "model.safetensors")["axes"]
