"""How something is said, apart from the words: pitch, loudness, voice quality, rate; 50 times a second and in sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_embed.signals.audio import Audio

RATE_HZ = 16_000
FRAME_RATE_HZ = 50
_WINDOW = 640  # 40 ms: two periods of the lowest pitch
_HOP = RATE_HZ // FRAME_RATE_HZ
_LOWEST_PITCH_HZ, _HIGHEST_PITCH_HZ = 65.0, 520.0
_VOICED = 0.5  # periodicity from which a frame has a pitch
_HEARD_DB = 30.0  # what lies further below the loudest tenth is no speech

SUMMARY_NAMES = (
    "pitch_mean_st", "pitch_std_st", "pitch_p10_st", "pitch_p90_st", "pitch_slope_st_s", "pitch_step_st",
    "loudness_std_db", "loudness_range_db", "loudness_step_db", "voiced_share", "heard_share", "periodicity_mean",
    "periodicity_std", "tilt_mean_db", "tilt_std_db", "centroid_mean_oct", "centroid_std_oct", "syllables_per_s",
)  # fmt: skip


@dataclass(frozen=True)
class ProsodyFrames:
    """50 rows a second. `loudness_db` (n,): level over full scale. `pitch_st` (n,): semitones over 100 Hz, NaN where
    unvoiced. `periodicity` (n,) 0..1: how harmonic, low in breathy, rough and whispered voice. `tilt_db` (n,): level
    above 1 kHz over that below it, high in tense voice. `centroid_oct` (n,): the spectrum's middle, octaves over 1 kHz.
    """

    loudness_db: np.ndarray
    pitch_st: np.ndarray
    periodicity: np.ndarray
    tilt_db: np.ndarray
    centroid_oct: np.ndarray

    def __len__(self) -> int:
        return len(self.loudness_db)

    def part(self, start: int, end: int) -> ProsodyFrames:
        """Some of the rows."""
        return ProsodyFrames(*(getattr(self, name)[start:end] for name in self.__dataclass_fields__))


def prosody_frames(audio: Audio) -> ProsodyFrames:
    """Measure a recording frame by frame (autocorrelation pitch, after Boersma 1993)."""
    samples = audio.resampled(RATE_HZ).samples
    samples = np.pad(samples, (_WINDOW // 2, _WINDOW))
    n_frames = max(1, (len(samples) - _WINDOW) // _HOP)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP][:n_frames]
    window = np.hanning(_WINDOW).astype(np.float32)
    spectrum = np.square(np.abs(np.fft.rfft((frames - frames.mean(1, keepdims=True)) * window, 2 * _WINDOW)))
    frequency_hz = np.fft.rfftfreq(2 * _WINDOW, 1 / RATE_HZ)
    level = spectrum.sum(1) + 1e-10
    high = frequency_hz > 1000
    centroid_hz = spectrum @ frequency_hz / level
    pitch_hz, periodicity = _pitch(spectrum, window)
    voiced = periodicity >= _VOICED
    return ProsodyFrames(
        loudness_db=10 * np.log10(np.square(frames).mean(1) + 1e-10),
        pitch_st=np.where(voiced, 12 * np.log2(np.maximum(pitch_hz, 1) / 100), np.nan),
        periodicity=periodicity,
        tilt_db=10 * np.log10((spectrum[:, high].sum(1) + 1e-10) / (spectrum[:, ~high].sum(1) + 1e-10)),
        centroid_oct=np.log2(np.maximum(centroid_hz, 50) / 1000),
    )


def _pitch(spectrum: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pitch in Hz and how periodic each frame is, from the autocorrelation over that of the window."""
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, 2 * _WINDOW))))
    correlation = np.fft.irfft(spectrum, axis=1)[:, :_WINDOW] / np.maximum(own[:_WINDOW] / own[0], 1e-3)
    correlation /= np.maximum(correlation[:, :1], 1e-10)
    first, last = int(RATE_HZ / _HIGHEST_PITCH_HZ), int(RATE_HZ / _LOWEST_PITCH_HZ)
    inside = correlation[:, first : last + 1]
    # Half and double periods are nearly as good as the true one: prefer the shorter, as Boersma does.
    preference = inside - 0.02 * np.log2(np.arange(first, last + 1) / first)
    lag = preference.argmax(1)
    rows = np.arange(len(lag))
    return RATE_HZ / (lag + first), np.clip(inside[rows, lag], 0, 1)


def summarise(frames: ProsodyFrames) -> np.ndarray:
    """`SUMMARY_NAMES` of a stretch, (18,) float32; independent of how loud the recording is."""
    heard = frames.loudness_db > np.percentile(frames.loudness_db, 90) - _HEARD_DB
    pitch = frames.pitch_st[heard & np.isfinite(frames.pitch_st)]
    loudness, tilt = frames.loudness_db[heard], frames.tilt_db[heard]
    centroid, periodicity = frames.centroid_oct[heard], frames.periodicity[heard]
    if len(pitch) < 3:
        pitch = np.zeros(3)
    times_s = np.arange(len(pitch)) / FRAME_RATE_HZ
    slope = np.polyfit(times_s, pitch, 1)[0] if np.ptp(pitch) > 0 else 0.0
    low, high = np.percentile(pitch, [10, 90])
    values = (
        pitch.mean(), pitch.std(), low, high, np.clip(slope, -20, 20), _mean_step(pitch),
        loudness.std(), np.ptp(np.percentile(loudness, [5, 95])), _mean_step(loudness),
        np.isfinite(frames.pitch_st[heard]).mean(), heard.mean(), periodicity.mean(), periodicity.std(),
        tilt.mean(), tilt.std(), centroid.mean(), centroid.std(), _syllables_per_s(frames.loudness_db, heard),
    )  # fmt: skip
    return np.nan_to_num(np.array(values, np.float32))


def _mean_step(values: np.ndarray) -> float:
    """How far a value moves from one frame to the next."""
    return float(np.abs(np.diff(values)).mean()) if len(values) > 1 else 0.0


def _syllables_per_s(loudness_db: np.ndarray, heard: np.ndarray) -> float:
    """Peaks of loudness that stand out by 2 dB, per second of speech."""
    from scipy.signal import find_peaks

    smooth = np.convolve(loudness_db, np.hanning(7) / np.hanning(7).sum(), mode="same")
    peaks, _ = find_peaks(smooth, prominence=2.0)
    return float(heard[peaks].sum() / max(heard.sum() / FRAME_RATE_HZ, 0.2))
