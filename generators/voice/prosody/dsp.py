"""What is done to a voice's samples (n,) after the model: EQ, level and loudness over time, edges and pauses."""

from __future__ import annotations

import numpy as np

from generators.voice.prosody.loudness import limited
from generators.voice.prosody.prosody import COLUMNS, SPECTRUM
from generators.voice.prosody.spectral_eq import equalized, tension_bands_db, with_aspiration

_FRAME_S = 0.01
_SPEECH_RANGE_DB = 30.0  # frames this far below the loudest ones are pauses
_FADE_S = 0.008
_HEARD_DB = -35.0  # what lies further below a chunk's level is not heard
_SILENT_DB = -32.0  # and what is so far below may be lost where silence begins
_QUIETEST_DB = 8.0  # but what is within so much of the quietest moment belongs to it
_WINDOW_S, _STEP_S = 0.005, 0.001
# The voices' own pauses lie between -70 and -75 dBFS, falling with the frequency (measured on Kokoro's).
_ROOM_DBFS = -75.0
_ROOM_HZ = (80.0, 1500.0)


def frame_levels_db(samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """RMS of every 10 ms in dBFS."""
    frame = _frame(sample_rate_hz)
    n = max(1, len(samples) // frame)
    frames = np.resize(samples, n * frame) if len(samples) < frame else samples[: n * frame]
    return 10 * np.log10(np.mean(np.square(frames.reshape(n, frame), dtype=np.float64), axis=1) + 1e-12)


def speech_level_dbfs(samples: np.ndarray, sample_rate_hz: int) -> float:
    """RMS of the frames that hold speech."""
    levels = frame_levels_db(samples, sample_rate_hz)
    spoken = levels[levels > levels.max() - _SPEECH_RANGE_DB]
    return float(10 * np.log10(np.mean(10 ** (spoken / 10))))


def postprocessed(
    samples: np.ndarray, sample_rate_hz: int, curves: np.ndarray, level_dbfs: float, peak: float
) -> np.ndarray:
    """The model's samples with the spectrum, aspiration noise and loudness of `curves` (frames, N_COLUMNS), spoken at
    `level_dbfs` where the loudness is not moved, true peaks held under `peak` (0..1)."""
    bands_db = curves[:, SPECTRUM] + tension_bands_db(curves[:, COLUMNS["tension_db"]])
    sound = equalized(samples, sample_rate_hz, bands_db)
    sound = with_aspiration(sound, sample_rate_hz, curves[:, COLUMNS["aspiration"]])
    return levelled(sound, sample_rate_hz, level_dbfs, peak, curves[:, COLUMNS["energy_db"]])


def levelled(
    samples: np.ndarray, sample_rate_hz: int, level_dbfs: float, peak: float, energy_db: np.ndarray | None = None
) -> np.ndarray:
    """Speech at `level_dbfs`, then louder by `energy_db` (rows spread evenly over the time); true peaks stay under
    `peak` (0..1)."""
    gain_db = np.clip(level_dbfs - speech_level_dbfs(samples, sample_rate_hz), -12.0, 12.0)
    sound = samples.astype(np.float64) * 10 ** (gain_db / 20)
    if energy_db is not None and energy_db.any():
        rows = np.linspace(0, len(energy_db) - 1, len(sound))  # no steps between frames
        sound = sound * 10 ** (np.interp(rows, np.arange(len(energy_db)), energy_db) / 20)
    return limited(sound.astype(np.float32), sample_rate_hz, 20 * np.log10(peak))


def faded(sound: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Both ends eased to zero."""
    n = min(int(_FADE_S * sample_rate_hz), len(sound) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / max(n, 1))
    eased = sound.copy()
    eased[:n] *= ramp
    eased[len(sound) - n :] *= ramp[::-1]
    return eased


def heard_until_s(samples: np.ndarray, sample_rate_hz: int, start_s: float, end_s: float) -> float:
    """When the sound that begins at `start_s` has died away, at most `end_s`: where it last is within 35 dB of the
    chunk's level."""
    levels = frame_levels_db(samples, sample_rate_hz)
    floor = np.percentile(levels, 90) + _HEARD_DB
    frame_rate_hz = sample_rate_hz / _frame(sample_rate_hz)
    first, last = int(start_s * frame_rate_hz), min(int(np.ceil(end_s * frame_rate_hz)), len(levels))
    heard = np.nonzero(levels[first:last] > floor)[0]
    return min(end_s, (first + heard[-1] + 1) / frame_rate_hz if len(heard) else start_s + 0.03)


def quiet_span_s(samples: np.ndarray, sample_rate_hz: int, start_s: float, end_s: float) -> tuple[float, float] | None:
    """The longest stretch between two times in which nothing is heard, in seconds; where something always is, the
    quietest. None where there is no time between them."""
    window, step = round(_WINDOW_S * sample_rate_hz), max(1, round(_STEP_S * sample_rate_hz))
    first, last = max(0, round(start_s * sample_rate_hz)), round(end_s * sample_rate_hz)
    if last - first < window:
        return None
    energy = np.cumsum(np.pad(np.square(samples[first:last], dtype=np.float64), (window // 2 + 1, window // 2)))
    power = ((energy[window:] - energy[:-window]) / window)[::step]
    heard = 10 ** ((np.percentile(frame_levels_db(samples, sample_rate_hz), 90) + _SILENT_DB) / 10)
    quiet = np.flatnonzero(power <= max(heard, power.min() * 10 ** (_QUIETEST_DB / 10)))
    stretch = max(np.split(quiet, np.flatnonzero(np.diff(quiet) > 1) + 1), key=len)
    return (first + stretch[0] * step) / sample_rate_hz, (first + stretch[-1] * step) / sample_rate_hz


def with_silence(samples: np.ndarray, sample_rate_hz: int, start_s: float, end_s: float, length_s: float) -> np.ndarray:
    """The samples with `length_s` of silence in place of what is between two times, which ebbs into it."""
    start, end, n = (round(time_s * sample_rate_hz) for time_s in (start_s, end_s, length_s))
    n_fade = max(0, min(round(_FADE_S * sample_rate_hz), (end - start) // 2, n // 2))
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(n_fade) / max(n_fade, 1))).astype(samples.dtype)
    silence = np.zeros(n, samples.dtype)
    silence[:n_fade] = samples[start : start + n_fade] * ramp[::-1]
    silence[n - n_fade :] = samples[end - n_fade : end] * ramp
    return np.concatenate([samples[:start], silence, samples[end:]])


def with_room_tone(samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """The samples with the faint noise of a quiet room, so that no pause is dead; the same every time."""
    from scipy.signal import butter, sosfilt

    noise = np.random.default_rng(0).standard_normal(len(samples))
    noise = np.asarray(sosfilt(butter(1, _ROOM_HZ, "bandpass", fs=sample_rate_hz, output="sos"), noise))
    level = 10 ** (_ROOM_DBFS / 20) / max(float(np.sqrt(np.mean(np.square(noise)))), 1e-9)
    return (samples + level * noise).astype(np.float32)


def stretch_pause(
    sound: np.ndarray, sample_rate_hz: int, start_s: float, end_s: float, scale: float
) -> tuple[np.ndarray, float]:
    """The sound with the silence between two times made `scale` times as long; also by how many seconds it grew.

    Silence is put in or taken out at the quietest place, its cut ends eased.
    """
    frame = _frame(sample_rate_hz)
    start, end = int(start_s * sample_rate_hz), int(end_s * sample_rate_hz)
    change = int((end - start) * (scale - 1))
    if end - start < 4 * frame or abs(change) < frame:
        return sound, 0.0
    if change > 0:
        quiet = start + frame * int(np.argmin(frame_levels_db(sound[start:end], sample_rate_hz)))
        silence = np.zeros(change, sound.dtype)
        parts = [faded(sound[:quiet], sample_rate_hz), silence, faded(sound[quiet:], sample_rate_hz)]
    else:
        middle = (start + end + change) // 2
        parts = [faded(sound[:middle], sample_rate_hz), faded(sound[middle - change :], sample_rate_hz)]
    joined = np.concatenate(parts)
    joined[:start] = sound[:start]  # the fades at the far ends are not wanted here
    joined[len(joined) - (len(sound) - end) :] = sound[end:]
    return joined, change / sample_rate_hz


def _frame(sample_rate_hz: int) -> int:
    """Samples of 10 ms."""
    return round(_FRAME_S * sample_rate_hz)
