"""Spectral EQ and aspiration noise: how loud each band of a voice is, and how breathy it is, over time."""

from __future__ import annotations

import numpy as np

# Borders of the bands in Hz. Below 1 kHz they part pitch from the first formant, above they are where pressed,
# bright, soft and dark voices differ.
BAND_EDGES_HZ = (0, 150, 300, 500, 800, 1200, 1800, 2700, 4000, 5500, 8000)
N_BANDS = len(BAND_EDGES_HZ) - 1
_LOWEST_HZ = 60.0
_TENSION_BORDER_HZ = 1000.0
_ASPIRATION_HZ = (1000.0, 2500.0)  # breath noise sets in over this octave
_ASPIRATION_GAIN = 0.5
_ENVELOPE_S = 0.02


def band_centres_hz() -> np.ndarray:
    """Geometric middles of the bands, (N_BANDS,)."""
    edges = np.array(BAND_EDGES_HZ, float)
    return np.sqrt(np.maximum(edges[:-1], _LOWEST_HZ) * edges[1:])


def tension_bands_db(tension_db: np.ndarray) -> np.ndarray:
    """Tension (n,) as levels of the bands (n, N_BANDS): half of it above 1 kHz, half taken away below."""
    side = np.clip(np.log2(band_centres_hz() / _TENSION_BORDER_HZ), -1, 1) / 2
    return np.asarray(tension_db, float)[:, None] * side


def equalized(samples: np.ndarray, sample_rate_hz: int, bands_db: np.ndarray) -> np.ndarray:
    """`samples` (n,) with each band raised by `bands_db` (frames, N_BANDS), whose rows are spread evenly over the time.

    Nothing to change gives back the same samples.
    """
    if not np.any(bands_db):
        return samples
    from scipy.signal import ShortTimeFFT, get_window

    size = 1 << round(np.log2(0.04 * sample_rate_hz))
    transform = ShortTimeFFT(np.asarray(get_window("hann", size)), hop=size // 4, fs=sample_rate_hz, phase_shift=None)
    padded = np.pad(np.asarray(samples, float), (0, max(0, size - len(samples))))
    spectrum = transform.stft(padded)
    rows = np.linspace(0, len(bands_db) - 1, spectrum.shape[1])
    over_time = np.stack([np.interp(rows, np.arange(len(bands_db)), band) for band in bands_db.T], axis=1)
    gain = 10 ** (over_time / 20)
    centres = band_centres_hz()
    spread = np.stack([np.interp(transform.f, centres, row) for row in gain], axis=1)
    return transform.istft(spectrum * spread, k1=len(padded))[: len(samples)].astype(samples.dtype)


def with_aspiration(samples: np.ndarray, sample_rate_hz: int, aspiration: np.ndarray) -> np.ndarray:
    """`samples` with noise that follows their loudness, `aspiration` 0..1 in rows spread evenly over the time."""
    if not np.any(aspiration):
        return samples
    from scipy.signal import fftconvolve, firwin2

    half = sample_rate_hz / 2
    shape = firwin2(129, [0, _ASPIRATION_HZ[0] / half, _ASPIRATION_HZ[1] / half, 1], [0, 0, 1, 0.7])
    noise = np.random.default_rng(0).standard_normal(len(samples))  # the same text sounds the same every time
    window = np.ones(round(_ENVELOPE_S * sample_rate_hz))
    power = fftconvolve(np.square(samples, dtype=float), window / len(window), mode="same")
    rows = np.linspace(0, len(aspiration) - 1, len(samples))
    share = _ASPIRATION_GAIN * np.interp(rows, np.arange(len(aspiration)), aspiration)
    air = fftconvolve(noise, shape, mode="same") * np.sqrt(np.maximum(power, 0))
    return (samples + share * air).astype(samples.dtype)
