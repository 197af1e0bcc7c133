"""Sound files that several test files need."""

import wave

import numpy as np


def save_wav(path, samples, rate_hz=16_000):
    """16 bits, any number of channels: samples (n,) or (n, channels)."""
    samples = np.atleast_2d(np.asarray(samples).T).T
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[1], 2, rate_hz, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
