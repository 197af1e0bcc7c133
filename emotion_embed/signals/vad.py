"""Where somebody speaks in a sound: Silero VAD, whose weights come inside the faster-whisper wheel.

Silero runs once over a sound, and only as far as it is asked for; parts of the sound share what it found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from emotion_embed.signals.audio import MODEL_RATE_HZ, Audio

_FRAME = 512  # samples at 16 kHz: what Silero judges at once
_FRAME_S = _FRAME / MODEL_RATE_HZ
_BLOCK_FRAMES = 900  # 28.8 s at once, so that memory does not grow with the sound
_LEAD_FRAMES = 25  # 0.8 s that Silero hears before a block, to be awake when it begins
_HYSTERESIS, _LEAST_QUIET = 0.15, 0.01  # speech ends where its probability falls so far below the threshold


def speech_regions(
    audio: Audio, *, threshold: float = 0.5, shortest_pause_s: float = 0.3, shortest_speech_s: float = 0.12
) -> list[tuple[float, float]]:
    """Stretches of speech as (start_s, end_s), in order and apart, widened by 0.1 s on both sides.

    `threshold` (0..1) is how sure Silero must be; pauses under `shortest_pause_s` do not part a stretch.
    """
    return voice_activity(audio).regions(
        threshold=threshold, shortest_pause_s=shortest_pause_s, shortest_speech_s=shortest_speech_s
    )


def is_spoken(audio: Audio) -> bool:
    """Whether anybody is heard to speak; it listens no further than to the first who does."""
    starts_s = np.arange(0.0, audio.duration_s, _BLOCK_FRAMES * _FRAME_S)
    ends_s = [*starts_s[1:], audio.duration_s]
    return any(voice_activity(audio, a, b).regions() for a, b in zip(starts_s, ends_s, strict=False))


@dataclass(frozen=True)
class VoiceActivity:
    """`probability` (n,) that somebody speaks in each 32 ms of a stretch of `duration_s`; the first of them begins
    `early_s` before the stretch does."""

    probability: np.ndarray
    duration_s: float
    early_s: float = 0.0

    def regions(
        self,
        *,
        threshold: float = 0.5,
        shortest_pause_s: float = 0.3,
        shortest_speech_s: float = 0.12,
        margin_s: float = 0.1,
    ) -> list[tuple[float, float]]:
        """Stretches of speech as (start_s, end_s) from the beginning on, in order and apart.

        Speech goes on through pauses under `shortest_pause_s`; what is not longer than `shortest_speech_s` is none;
        stretches are widened by `margin_s` on both sides as far as they do not meet.
        """
        end_s = self.duration_s + self.early_s
        spoken = [(a, b) for a, b in self._spoken(threshold, shortest_pause_s, end_s) if b - a > shortest_speech_s]
        return [(max(0.0, a - self.early_s), min(b, end_s) - self.early_s) for a, b in _widened(spoken, margin_s)]

    def _spoken(self, threshold: float, shortest_pause_s: float, end_s: float) -> Iterable[tuple[float, float]]:
        quiet = max(threshold - _HYSTERESIS, _LEAST_QUIET)
        start_s = silent_s = None
        for i, probability in enumerate(self.probability):
            time_s = i * _FRAME_S
            if probability >= threshold:
                start_s, silent_s = time_s if start_s is None else start_s, None
            elif start_s is not None and probability < quiet:
                silent_s = time_s if silent_s is None else silent_s
                if time_s - silent_s >= shortest_pause_s:
                    yield start_s, silent_s
                    start_s = silent_s = None
        if start_s is not None:
            yield start_s, end_s


def _widened(regions: list[tuple[float, float]], margin_s: float) -> list[tuple[float, float]]:
    gaps_s = [b[0] - a[1] for a, b in zip(regions, regions[1:], strict=False)]
    margins_s = [margin_s, *(min(margin_s, gap_s / 2) for gap_s in gaps_s), margin_s]
    return [(a - m, b + n) for (a, b), m, n in zip(regions, margins_s, margins_s[1:], strict=False)]


def voice_activity(audio: Audio, start_s: float = 0.0, end_s: float | None = None) -> VoiceActivity:
    """How surely somebody speaks from `start_s` to `end_s` (None: the end); what was computed before is kept."""
    end_s = audio.duration_s if end_s is None else min(end_s, audio.duration_s)
    if audio.origin is not None:
        whole, offset_s = audio.origin
        return voice_activity(whole, offset_s + start_s, offset_s + end_s)
    first, last = int(start_s / _FRAME_S + 1e-6), int(np.ceil(end_s / _FRAME_S - 1e-6))
    blocks = audio.memo.setdefault("voice activity", {})
    for block in range(first // _BLOCK_FRAMES, max(first, last - 1) // _BLOCK_FRAMES + 1):
        if block not in blocks:
            blocks[block] = _probabilities(audio, block)
    begun = first // _BLOCK_FRAMES * _BLOCK_FRAMES
    known = np.concatenate([blocks[i] for i in sorted(blocks) if i >= first // _BLOCK_FRAMES])
    return VoiceActivity(known[first - begun : last - begun], end_s - start_s, start_s - first * _FRAME_S)


def _probabilities(audio: Audio, block: int) -> np.ndarray:
    """Silero's answers to the frames of one block, (at most 900,)."""
    from faster_whisper.vad import get_vad_model

    first = max(0, block * _BLOCK_FRAMES - _LEAD_FRAMES)
    last = (block + 1) * _BLOCK_FRAMES
    if audio.duration_s <= last * _FRAME_S and not first:
        heard = audio.resampled(MODEL_RATE_HZ)
    else:
        heard = audio.between(first * _FRAME_S, last * _FRAME_S).resampled(MODEL_RATE_HZ)
    samples = np.pad(heard.samples.astype(np.float32), (0, -len(heard.samples) % _FRAME))
    return get_vad_model()(samples).reshape(-1)[block * _BLOCK_FRAMES - first :][:_BLOCK_FRAMES]
