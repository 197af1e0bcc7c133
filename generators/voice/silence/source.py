"""The silent voice: chunks of silence, for a face that only moves or listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Speech

_CHUNK_S = 2.0


class SilentVoice:
    """Says nothing. Make it with `SilentVoice.from_pretrained()`, which fetches nothing."""

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> SilentVoice:
        """Ready at once; nothing can be chosen, and `progress` is not called."""
        return cls()

    def stream(self, duration_s: float, sample_rate_hz: int = 24_000) -> Iterator[Speech]:
        """Silence that lasts exactly `duration_s`, to the nearest sample, in chunks of 2 s."""
        n_samples, step = round(duration_s * sample_rate_hz), round(_CHUNK_S * sample_rate_hz)
        for first in range(0, n_samples, step):
            yield Speech(Audio(np.zeros(min(step, n_samples - first), np.float32), sample_rate_hz))
