"""Where somebody speaks in a recording: Silero VAD, whose weights come inside the faster-whisper wheel."""

from __future__ import annotations

import numpy as np

from emotion_embed.audio import Audio

VAD_RATE_HZ = 16_000


def speech_regions(
    audio: Audio, *, threshold: float = 0.5, shortest_pause_s: float = 0.3, shortest_speech_s: float = 0.12
) -> list[tuple[float, float]]:
    """Stretches of speech as (start_s, end_s), in order and apart, widened by 0.1 s on both sides.

    `threshold` (0..1) is how sure Silero must be; pauses under `shortest_pause_s` do not part a stretch.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    samples = np.ascontiguousarray(audio.resampled(VAD_RATE_HZ).samples, np.float32)
    options = VadOptions(
        threshold=threshold,
        min_speech_duration_ms=int(1000 * shortest_speech_s),
        min_silence_duration_ms=int(1000 * shortest_pause_s),
        speech_pad_ms=100,
    )
    regions = get_speech_timestamps(samples, options)
    return [(r["start"] / VAD_RATE_HZ, min(r["end"] / VAD_RATE_HZ, audio.duration_s)) for r in regions]
