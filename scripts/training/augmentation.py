"""Audio augmentation: speech as the world delivers it, in three recipes.

`augmented` is the motion model's (rooms, noise, music, other voices, telephones, clipping), with `sized` for other
heads and `whispered`; `varied` is that of the readers of emotion; `lightly_augmented` that of the phone aligner.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from emotion_embed.signals.audio import Audio
from generators.contracts import Speech

RATE_HZ = 16_000


def sized(speech: Speech, factor: float) -> Speech:
    """The same speech faster and higher, formants too, as from a smaller head (`factor` > 1), times moved along."""
    if factor == 1.0:
        return speech
    up, down = 100, round(100 * factor)
    samples = resample_poly(speech.audio.samples, up, down).astype(np.float32)
    factor = down / up
    phones = tuple(replace(p, start_s=p.start_s / factor, end_s=p.end_s / factor) for p in speech.phones)
    return Speech(Audio(samples, speech.audio.sample_rate_hz), phones)


def whispered(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same words without a voice: noise that is shaped, 32 ms at a time, as the speech was."""
    n_fft, hop = 512, 128
    window = np.hanning(n_fft + 1)[:-1]
    padded = np.pad(samples, (n_fft, n_fft))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop] * window
    size = np.log(np.abs(np.fft.rfft(frames, axis=1)) + 1e-6)
    cepstrum = np.fft.irfft(size, axis=1)
    cepstrum[:, 25:-24] = 0  # the fine structure, which is the voice's pitch
    envelope = np.exp(np.fft.rfft(cepstrum, axis=1).real)
    noise = np.lib.stride_tricks.sliding_window_view(rng.standard_normal(len(padded)), n_fft)[::hop] * window
    shaped = np.fft.irfft(np.fft.rfft(noise, axis=1) * envelope * 0.05, axis=1) * window
    out = np.zeros(len(padded))
    for i, frame in enumerate(shaped):
        out[i * hop : i * hop + n_fft] += frame
    out = out[n_fft:-n_fft][: len(samples)]
    level = np.sqrt(np.mean(np.square(samples)) + 1e-12) / np.sqrt(np.mean(np.square(out)) + 1e-12)
    return (0.5 * level * out).astype(np.float32)


def augmented(samples: np.ndarray, other: np.ndarray, rng: np.random.Generator, silent: bool = False) -> np.ndarray:
    """Speech (n,) as it may reach us; `other` is somebody else's. Where nobody speaks (`silent`), only the rest."""
    x = np.asarray(samples, np.float64)
    level = 0.05 if silent else float(np.sqrt(np.mean(np.square(x)) + 1e-12))
    happens = lambda chance: rng.random() < chance  # noqa: E731
    if happens(0.2):
        x = in_a_room(x, rng)
    if happens(0.08) and not silent:
        x = x + _fitted(other, len(x), rng) * 10 ** (-rng.uniform(10, 22) / 20)
    if happens(0.4 if silent else 0.06):
        x = x + music(len(x), rng) * level * 10 ** (-rng.uniform(-6 if silent else 6, 20) / 20)
    if happens(0.7 if silent else 0.35):
        x = x + noise(len(x), rng) * level * 10 ** (-rng.uniform(-6 if silent else 6, 35) / 20)
    if happens(0.25):  # another microphone
        tilt = rng.uniform(-0.6, 0.6)
        x = np.concatenate([x[:1], x[1:] + tilt * x[:-1]])
    if happens(0.12):
        low, high = rng.uniform(60, 350), rng.uniform(3000, 3900)
        x = np.asarray(sosfilt(butter(4, (low, high), "band", fs=RATE_HZ, output="sos"), x))
    if happens(0.06):
        most = np.percentile(np.abs(x), rng.uniform(90, 99)) + 1e-6
        x = np.clip(x, -most, most)
    if happens(0.05):
        x = np.round(x / (np.abs(x).max() + 1e-9) * 127) / 127 * np.abs(x).max()
    x = x * 10 ** (rng.uniform(-20, 6) / 20)
    return np.clip(x, -1, 1).astype(np.float32)


def in_a_room(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With the echoes of a small or large room."""
    n = int(RATE_HZ * rng.uniform(0.05, 0.4))
    room = rng.standard_normal(n) * np.exp(-6 * np.arange(n) / n)
    room *= rng.uniform(0.05, 0.5) / np.sqrt((room**2).sum())
    room[0] = 1.0
    return fftconvolve(x, room)[: len(x)]


def noise(n: int, rng: np.random.Generator) -> np.ndarray:
    """White to brown noise of unit level, now and then swelling."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum *= np.maximum(np.arange(len(spectrum)), 20.0) ** -rng.uniform(0, 1.2)
    x = np.fft.irfft(spectrum, n)
    if rng.random() < 0.3:
        x *= 1 + 0.8 * np.sin(2 * np.pi * rng.uniform(0.1, 0.6) * np.arange(n) / RATE_HZ + rng.uniform(0, 6))
    return x / (x.std() + 1e-9)


def music(n: int, rng: np.random.Generator) -> np.ndarray:
    """Chords, a bass and a beat of unit level: enough to be no speech."""
    times_s = np.arange(n) / RATE_HZ
    beat_s, x = float(rng.uniform(0.35, 0.8)), np.zeros(n)
    root_hz = 110 * 2 ** rng.uniform(0, 1)
    for start_s in np.arange(0, times_s[-1], beat_s):
        since_s = times_s - start_s
        own = (since_s >= 0) & (since_s < 2 * beat_s)
        fade = np.exp(-3 * since_s[own] / beat_s)
        chord = root_hz * 2 ** (rng.choice([0, 3, 4, 5, 7, 9, 12], 3) / 12)
        for pitch_hz in (*chord, chord[0] / 2):
            for harmonic in range(1, 5):
                x[own] += fade * np.sin(2 * np.pi * harmonic * pitch_hz * since_s[own]) / harmonic
        x[own] += 0.6 * np.exp(-40 * since_s[own]) * rng.standard_normal(own.sum())
    return x / (x.std() + 1e-9)


def _fitted(samples: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """A stretch of `samples`, repeated where it is too short."""
    start = int(rng.integers(len(samples)))
    return np.resize(np.roll(samples, -start), n)


def varied(samples: np.ndarray, variant: str, rng: np.random.Generator) -> np.ndarray:
    """The clip as another microphone, room or tape speed would give it."""
    if variant == "rate":
        return resample_poly(samples, 100, int(rng.integers(92, 109)))
    if variant == "noise":
        noise = sosfilt(
            butter(1, rng.uniform(300, 3000), "low", fs=RATE_HZ, output="sos"), rng.standard_normal(len(samples))
        )
        level = np.sqrt(np.square(samples).mean() / np.square(noise).mean() / 10 ** (rng.uniform(1, 2.5)))
        return rng.uniform(0.2, 1) * (samples + level * noise)
    if variant == "line":
        band = butter(3, [rng.uniform(60, 250), rng.uniform(3200, 7500)], "band", fs=RATE_HZ, output="sos")
        times_s = np.arange(RATE_HZ // 4) / RATE_HZ
        room = rng.standard_normal(len(times_s)) * np.exp(-times_s / rng.uniform(0.03, 0.1))
        room *= rng.uniform(0.05, 0.35) / np.sqrt(np.square(room).sum())
        room[0] = 1
        return 0.8 * fftconvolve(sosfilt(band, samples), room)[: len(samples)]
    return samples


def lightly_augmented(audio: Audio, rng: np.random.Generator) -> Audio:
    """The same speech as is, in noise, through another microphone, or in a room."""
    x = audio.samples
    kind = rng.integers(4)
    if kind == 1:
        x = x + rng.normal(size=len(x)) * 10 ** rng.uniform(-3.2, -1.8)
    elif kind == 2:
        x = np.concatenate([x[:1], x[1:] + rng.uniform(-0.6, 0.6) * x[:-1]])
    elif kind == 3:
        n = int(RATE_HZ * rng.uniform(0.05, 0.25))
        room = rng.normal(size=n) * np.exp(-5 * np.arange(n) / n)
        room *= rng.uniform(0.02, 0.25) / np.sqrt((room**2).sum())
        room[0] = 1.0
        x = fftconvolve(x, room)[: len(x)]
    return Audio(np.asarray(x, np.float32), audio.sample_rate_hz)
