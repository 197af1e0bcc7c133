"""Sound as it passes between packages."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from checkpoints.errors import BadInput

MODEL_RATE_HZ = 16_000  # what everything hears that was trained on speech
LONGEST_RECORDING_S = 30 * 60
SHORTEST_RECORDING_S = 0.2
SILENT_PEAK = 1e-3  # −60 dBFS: below it nothing a listener would call speech
_QUIET_PEAK, _LIFTED_PEAK = 0.03, 0.3  # −30 and −10 dBFS: Silero and Whisper miss words of a voice under −40


@dataclass(frozen=True)
class Audio:
    """Mono sound: `samples` (n,) float32 in −1..1 at `sample_rate_hz`.

    What the models need of it, it computes once: samples at 16 kHz here, voice activity in `signals.vad`. `origin` is
    the sound that this is a part of, and where in it this begins in seconds; the part knows what the whole knows.
    """

    samples: np.ndarray
    sample_rate_hz: int
    origin: tuple[Audio, float] | None = field(default=None, compare=False, repr=False)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz

    def resampled(self, sample_rate_hz: int) -> Audio:
        """The same sound at another rate (polyphase, anti-aliased)."""
        if sample_rate_hz == self.sample_rate_hz:
            return self
        return self._for_models if sample_rate_hz == MODEL_RATE_HZ else self._converted(sample_rate_hz)

    def between(self, start_s: float, end_s: float) -> Audio:
        """The part from `start_s` to `end_s`, without a copy."""
        first, last = (round(time_s * self.sample_rate_hz) for time_s in (start_s, end_s))
        return Audio(self.samples[first:last], self.sample_rate_hz, (self, first / self.sample_rate_hz))

    @cached_property
    def _for_models(self) -> Audio:
        return self._converted(MODEL_RATE_HZ)

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What others computed from these samples, by name, as long as the sound is kept."""
        return {}

    def _converted(self, sample_rate_hz: int) -> Audio:
        from math import gcd

        from scipy.signal import resample_poly

        divisor = gcd(sample_rate_hz, self.sample_rate_hz)
        samples = resample_poly(self.samples, sample_rate_hz // divisor, self.sample_rate_hz // divisor)
        return Audio(samples.astype(np.float32), sample_rate_hz)


def gain_of_quiet(peak: float) -> float:
    """By how much a sound must be multiplied that is too quiet to be listened to; 1 for all others."""
    return _LIFTED_PEAK / peak if 0 < peak < _QUIET_PEAK else 1.0


def check_audio(audio: Audio, name: str = "The recording") -> Audio:
    """Return `audio`, clipped to −1..1, or raise `BadInput` when nobody could speak in it."""
    if audio.samples.ndim != 1 or audio.samples.dtype.kind != "f" or audio.sample_rate_hz < 1000:
        raise BadInput(f"{name} must be one row of floating-point samples from −1 to 1, at 1000 a second or more.")
    if not np.isfinite(audio.samples).all():
        raise BadInput(f"{name} holds samples that are not numbers.")
    if audio.duration_s < SHORTEST_RECORDING_S:
        raise BadInput(f"{name} is shorter than {SHORTEST_RECORDING_S} s.")
    if audio.duration_s > LONGEST_RECORDING_S:
        raise BadInput(f"{name} is longer than {LONGEST_RECORDING_S // 60} minutes; cut it into parts.")
    peak = np.abs(audio.samples).max()
    if peak < SILENT_PEAK:
        raise BadInput(f"{name} is silent.")
    return audio if peak <= 1 else Audio(np.clip(audio.samples, -1, 1), audio.sample_rate_hz)
