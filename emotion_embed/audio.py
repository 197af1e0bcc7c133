"""Sound as it passes between packages, and how a recording is read from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput

LONGEST_RECORDING_S = 30 * 60
SHORTEST_RECORDING_S = 0.2
ONLY_FILES = {"protocol_whitelist": "file"}  # for ffmpeg: no recording or clip may send it to an address
_TEXT_FORMATS = frozenset({"concat", "hls", "dash", "imf", "webm_dash_manifest", "tty"})
SILENT_PEAK = 1e-3  # −60 dBFS: below it nothing a listener would call speech


@dataclass(frozen=True)
class Audio:
    """Mono sound: `samples` (n,) float32 in −1..1 at `sample_rate_hz`."""

    samples: np.ndarray
    sample_rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz

    def resampled(self, sample_rate_hz: int) -> Audio:
        """The same sound at another rate (polyphase, anti-aliased)."""
        if sample_rate_hz == self.sample_rate_hz:
            return self
        from math import gcd

        from scipy.signal import resample_poly

        divisor = gcd(sample_rate_hz, self.sample_rate_hz)
        samples = resample_poly(self.samples, sample_rate_hz // divisor, self.sample_rate_hz // divisor)
        return Audio(samples.astype(np.float32), sample_rate_hz)


def read_audio(path: str | Path, sample_rate_hz: int | None = None) -> Audio:
    """Read the first sound track of any audio or video file as mono.

    Raises `BadInput` when there is no such file, no sound in it, it is torn, not finite, silent,
    shorter than 0.2 s or longer than half an hour.
    """
    import av

    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no recording at {path}.")
    try:
        # Absolute, because ffmpeg takes what stands before a colon for a protocol ("take: 2.wav").
        with av.open(str(path.absolute()), metadata_errors="ignore", options=ONLY_FILES) as container:
            if is_text_format(container.format.name):
                raise BadInput(f"{path} is a list of other files, not a recording.")
            if not container.streams.audio:
                raise BadInput(f"{path} holds no sound.")
            audio = decode_sound(container, str(path), sample_rate_hz)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} cannot be read as sound: it may be torn or not a recording.") from error
    return check_audio(audio, str(path))


def decode_sound(container: Any, name: str, sample_rate_hz: int | None = None) -> Audio:
    """The first sound track of an open PyAV container as mono, whatever is in it; `BadInput`, which calls the file by
    `name`, when it is longer than half an hour."""
    import av

    stream = container.streams.audio[0]
    rate_hz = sample_rate_hz or stream.rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
    blocks, n_samples = [], 0
    for frame in container.decode(stream):
        for part in resampler.resample(frame):
            blocks.append(part.to_ndarray().reshape(-1))
            n_samples += blocks[-1].size
        if n_samples > LONGEST_RECORDING_S * rate_hz:
            raise BadInput(f"{name} is longer than {LONGEST_RECORDING_S // 60} minutes; cut it into parts.")
    blocks += [part.to_ndarray().reshape(-1) for part in resampler.resample(None)]
    samples = np.concatenate(blocks).astype(np.float32) if blocks else np.zeros(0, np.float32)
    return Audio(samples, rate_hz)


def is_text_format(name: str) -> bool:
    """Whether ffmpeg's name of a format means a text, which it would draw, or follow to other files."""
    return bool(_TEXT_FORMATS & set(name.split(",")))


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
    if np.abs(audio.samples).max() < SILENT_PEAK:
        raise BadInput(f"{name} is silent.")
    return Audio(np.clip(audio.samples, -1, 1), audio.sample_rate_hz)
