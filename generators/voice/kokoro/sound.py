"""What happens to Kokoro's samples after the model: pauses, loudness over time, level and edges."""

from __future__ import annotations

import numpy as np

from generators.voice.colour import breathy, coloured, tension_bands_db
from generators.voice.kokoro.graph import SAMPLE_RATE_HZ
from generators.voice.loudness import limited
from generators.voice.prosody import COLUMNS, SPECTRUM

_FRAME = 240  # 10 ms
_SPEECH_RANGE_DB = 30.0  # frames this far below the loudest ones are pauses
FADE_S = 0.008


def frame_levels_db(samples: np.ndarray) -> np.ndarray:
    """RMS of every 10 ms in dBFS."""
    n = max(1, len(samples) // _FRAME)
    frames = np.resize(samples, n * _FRAME) if len(samples) < _FRAME else samples[: n * _FRAME]
    return 10 * np.log10(np.mean(np.square(frames.reshape(n, _FRAME), dtype=np.float64), axis=1) + 1e-12)


def speech_level_dbfs(samples: np.ndarray) -> float:
    """RMS of the frames that hold speech."""
    levels = frame_levels_db(samples)
    spoken = levels[levels > levels.max() - _SPEECH_RANGE_DB]
    return float(10 * np.log10(np.mean(10 ** (spoken / 10))))


def finished(samples: np.ndarray, curves: np.ndarray, level_dbfs: float, peak: float) -> np.ndarray:
    """The model's samples in the colour, breath and loudness of `curves` (frames, N_COLUMNS), spoken at `level_dbfs`
    where the loudness is not moved, peaks held under `peak`."""
    bands_db = curves[:, SPECTRUM] + tension_bands_db(curves[:, COLUMNS["tension_db"]])
    sound = coloured(samples, SAMPLE_RATE_HZ, bands_db)
    sound = breathy(sound, SAMPLE_RATE_HZ, curves[:, COLUMNS["breath"]])
    return levelled(sound, level_dbfs, curves[:, COLUMNS["energy_db"]], peak)


def levelled(
    samples: np.ndarray, level_dbfs: float, energy_db: np.ndarray, peak: float, sample_rate_hz: int = SAMPLE_RATE_HZ
) -> np.ndarray:
    """Bring speech to `level_dbfs`, then apply `energy_db` (rows spread evenly over the time); true peaks stay under
    `peak`."""
    gain_db = np.clip(level_dbfs - speech_level_dbfs(samples), -12.0, 12.0)
    sound = samples.astype(np.float64) * 10 ** (gain_db / 20)
    if energy_db.any():
        rows = np.linspace(0, len(energy_db) - 1, len(sound))  # no steps between frames
        sound = sound * 10 ** (np.interp(rows, np.arange(len(energy_db)), energy_db) / 20)
    return limited(sound.astype(np.float32), sample_rate_hz, 20 * np.log10(peak))


def faded(sound: np.ndarray) -> np.ndarray:
    """Both ends eased to zero."""
    n = min(int(FADE_S * SAMPLE_RATE_HZ), len(sound) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / max(n, 1))
    eased = sound.copy()
    eased[:n] *= ramp
    eased[len(sound) - n :] *= ramp[::-1]
    return eased


def heard_until_s(samples: np.ndarray, start_s: float, end_s: float) -> float:
    """When the sound that begins at `start_s` has died away, at most `end_s`: where it last is within 35 dB of the
    part's level."""
    levels = frame_levels_db(samples)
    floor = np.percentile(levels, 90) - 35.0
    first, last = int(start_s * 100), min(int(np.ceil(end_s * 100)), len(levels))
    heard = np.nonzero(levels[first:last] > floor)[0]
    return min(end_s, (first + heard[-1] + 1) / 100) if len(heard) else min(end_s, start_s + 0.03)


def stretch_pause(
    sound: np.ndarray, start_s: float, end_s: float, scale: float, sample_rate_hz: int = SAMPLE_RATE_HZ
) -> tuple[np.ndarray, float]:
    """The sound with the silence between two times made `scale` times as long; also by how many seconds it grew.

    Silence is put in or taken out at the quietest place, its cut ends eased.
    """
    start, end = int(start_s * sample_rate_hz), int(end_s * sample_rate_hz)
    change = int((end - start) * (scale - 1))
    if end - start < 4 * _FRAME or abs(change) < _FRAME:
        return sound, 0.0
    if change > 0:
        quiet = start + _FRAME * int(np.argmin(frame_levels_db(sound[start:end])))
        parts = [faded(sound[:quiet]), np.zeros(change, sound.dtype), faded(sound[quiet:])]
    else:
        middle = (start + end + change) // 2
        parts = [faded(sound[:middle]), faded(sound[middle - change :])]
    joined = np.concatenate(parts)
    joined[:start] = sound[:start]  # the fades at the far ends are not wanted here
    joined[len(joined) - (len(sound) - end) :] = sound[end:]
    return joined, change / sample_rate_hz
