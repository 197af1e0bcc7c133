"""Acoustic features of the second judge: cepstra, contrast, melody, loudness, timing, harmonics, …"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_embed.signals.audio import Audio

RATE_HZ, HOP, WINDOW, N_FFT = 16_000, 160, 400, 512
FRAMES_PER_S = RATE_HZ / HOP
HEARD_DB = 30.0  # below the loudest frames; what is softer is room and pause
# EmoDB's clips were each brought to one peak, so the noise of the room tells how softly the actor spoke. A common noise
# above it hides that: no other voice has this room.
FLOOR_DB = -35.0


@dataclass(frozen=True)
class _Sound:
    """100 frames a second: `power` (257, n) over the speech's mean, above the floor; its `level_db` (n,), which frames
    are `heard` and `voiced` (n,), and the `pitch_hz` (n,), NaN where there is none."""

    samples: np.ndarray
    power: np.ndarray
    level_db: np.ndarray
    heard: np.ndarray
    voiced: np.ndarray
    pitch_hz: np.ndarray

    @property
    def pitch_st(self) -> np.ndarray:
        """Semitones over 100 Hz, 0 where there is no pitch."""
        return 12 * np.log2(np.where(np.isfinite(self.pitch_hz), self.pitch_hz, 100.0) / 100)

    def band_db(self, low_hz: float, high_hz: float) -> np.ndarray:
        frequency_hz = np.arange(len(self.power)) * RATE_HZ / N_FFT
        return _db(self.power[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].sum(0))


def voice_features(audio: Audio) -> np.ndarray:
    """What the second ear notices in a clip, (175,); no level, no noise floor."""
    sound = _analysed(audio.resampled(RATE_HZ).samples)
    parts = (_cepstra, _contrast, _spectrum, _melody, _loudness, _timing, _balance, _harmonics, _modulation)
    return np.nan_to_num(np.concatenate([part(sound) for part in parts])).astype(np.float32)


def _analysed(samples: np.ndarray) -> _Sound:
    import librosa

    samples = np.ascontiguousarray(samples, np.float32)
    power = np.abs(librosa.stft(samples, n_fft=N_FFT, hop_length=HOP, win_length=WINDOW)) ** 2
    level_db = _db(power.sum(0))
    heard = level_db > np.percentile(level_db, 95) - HEARD_DB
    power = power / power[:, heard].sum(0).mean() + 10 ** (FLOOR_DB / 10) / len(power)
    pitch_hz, _, _ = librosa.pyin(
        samples, fmin=65, fmax=600, sr=RATE_HZ, frame_length=1024, hop_length=HOP, resolution=0.2
    )
    n = power.shape[1]
    pitch_hz = np.pad(pitch_hz[:n], (0, max(0, n - len(pitch_hz))), constant_values=np.nan)
    voiced = np.isfinite(pitch_hz) & heard
    if voiced.sum() < 10:  # whispered: every feature below needs some frames
        voiced, pitch_hz = heard, np.where(np.isfinite(pitch_hz), pitch_hz, 100.0)
    return _Sound(samples, power, _db(power.sum(0)), heard, voiced, pitch_hz)


def _db(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(power + 1e-12)


def _cepstra(sound: _Sound) -> np.ndarray:
    import librosa

    bank = librosa.filters.mel(sr=RATE_HZ, n_fft=N_FFT, n_mels=40, fmin=60, fmax=7600)
    cepstra = librosa.feature.mfcc(S=_db(bank @ sound.power / bank.sum(1, keepdims=True)), n_mfcc=20)
    moves = [librosa.feature.delta(cepstra, width=5, order=order, mode="nearest") for order in (1, 2)]
    still = cepstra[1:, sound.heard]  # the first is the level
    return np.concatenate([still.mean(1), still.std(1), *(move[:, sound.heard].std(1) for move in moves)])


def _contrast(sound: _Sound) -> np.ndarray:
    import librosa

    amplitude = np.sqrt(sound.power)
    contrast = librosa.feature.spectral_contrast(S=amplitude, sr=RATE_HZ, n_fft=N_FFT, fmin=100, n_bands=6)
    heard = contrast[:, sound.heard]
    return np.concatenate([heard.mean(1), heard.std(1)])


def _spectrum(sound: _Sound) -> np.ndarray:
    """Flux, onsets, flatness, roll-off, middle and width of the spectrum."""
    import librosa

    bank = librosa.filters.mel(sr=RATE_HZ, n_fft=N_FFT, n_mels=40, fmin=60, fmax=7600)
    step = np.diff(_db(bank @ sound.power / bank.sum(1, keepdims=True)), axis=1, prepend=np.nan)
    step[:, 0] = 0
    shape = {"S": np.sqrt(sound.power)}
    rows = np.array(
        [
            np.sqrt(np.square(step).mean(0)),
            np.maximum(step, 0).mean(0),
            10 * np.log10(librosa.feature.spectral_flatness(**shape)[0]),
            np.log2(librosa.feature.spectral_rolloff(sr=RATE_HZ, **shape)[0] + 50),
            np.log2(librosa.feature.spectral_centroid(sr=RATE_HZ, **shape)[0] + 50),
            np.log2(librosa.feature.spectral_bandwidth(sr=RATE_HZ, **shape)[0] + 50),
        ]
    )[:, sound.heard]
    return np.concatenate([rows.mean(1), rows.std(1), np.percentile(rows, 90, axis=1)])


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and one past the last index of each stretch of true values."""
    edges = np.diff(np.r_[0, mask.astype(int), 0])
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _slope(values: np.ndarray, times_s: np.ndarray) -> float:
    return float(np.clip(np.polyfit(times_s, values, 1)[0], -30, 30)) if np.ptp(values) > 0 else 0.0


def _melody(sound: _Sound) -> np.ndarray:
    semitones, voiced = sound.pitch_st, sound.voiced
    pitch = semitones[voiced]
    steps = np.diff(semitones)[voiced[1:] & voiced[:-1]] if len(pitch) > 1 else np.zeros(1)
    steps = steps if len(steps) else np.zeros(1)
    third = max(1, len(pitch) // 3)
    stretches = [semitones[a:b] for a, b in _runs(voiced) if b - a >= 6] or [np.zeros(6)]
    slopes = [np.polyfit(np.arange(len(s)) / FRAMES_PER_S, s, 1)[0] for s in stretches]
    trembling = [np.std(s - np.convolve(np.pad(s, 4, mode="edge"), np.ones(9) / 9, "valid")) for s in stretches]
    spans = [np.ptp(s) for s in stretches]
    return np.array([
        pitch.mean(), pitch.std(), *np.percentile(pitch, [5, 25, 50, 75, 95]),
        _slope(pitch, np.flatnonzero(voiced) / FRAMES_PER_S), np.abs(steps).mean(), np.clip(steps, -3, 3).std(),
        pitch[-third:].mean() - pitch[:third].mean(), pitch[-third:].mean() - pitch.mean(),
        np.mean(spans), np.max(spans), np.mean(slopes), np.mean(np.abs(slopes)), np.mean(trembling),
    ])  # fmt: skip


def _loudness(sound: _Sound) -> np.ndarray:
    level, heard = sound.level_db, sound.heard
    loud = level[heard]
    first, last = np.flatnonzero(heard)[[0, -1]]
    return np.array([
        loud.std(), *(np.percentile(loud, [5, 25, 75, 95]) - np.median(loud)),
        np.abs(np.diff(level))[heard[1:]].mean(), level[sound.voiced].std(), heard[first : last + 1].mean(),
        level[sound.voiced].mean() - loud.mean(),
    ])  # fmt: skip


def _timing(sound: _Sound) -> np.ndarray:
    """Syllables, voiced stretches and pauses for every second of speech."""
    from scipy.signal import find_peaks

    heard_at = np.flatnonzero(sound.heard)
    span_s = np.ptp(heard_at) / FRAMES_PER_S + 0.01
    smooth = np.hanning(9) / np.hanning(9).sum()
    levels = (sound.level_db, sound.band_db(300, 2500))
    peaks = [len(find_peaks(np.convolve(level, smooth, "same"), prominence=3.0)[0]) for level in levels]
    lengths_s = np.array([(b - a) / FRAMES_PER_S for a, b in _runs(sound.voiced)])
    n_voiced, n_pauses = sound.voiced.sum(), (np.diff(heard_at) > 8).sum()
    return np.array([
        peaks[0] / span_s, peaks[1] / span_s, len(lengths_s) / span_s, lengths_s.mean(), lengths_s.std(),
        lengths_s.max(), n_voiced / sound.heard.sum(), n_voiced / span_s / FRAMES_PER_S, n_pauses / span_s,
    ])  # fmt: skip


def _balance(sound: _Sound) -> np.ndarray:
    """Levels of high bands over low ones where there is voice, and where there is only noise."""
    peak_low, peak_high = _db(sound.power[:64].max(0)), _db(sound.power[64:160].max(0))  # below and above 2 kHz
    rows = np.array(
        [
            sound.band_db(1000, 5000) - sound.band_db(50, 1000),
            peak_low - peak_high,
            sound.band_db(0, 500) - sound.band_db(500, 1500),
            sound.band_db(500, 1500) - sound.band_db(1500, 4000),
            sound.band_db(4000, 8000) - sound.band_db(0, 4000),
            sound.band_db(2000, 4000) - sound.band_db(0, 1000),
        ]
    )
    voiced, noise = rows[:, sound.voiced], rows[:, sound.heard & ~sound.voiced]
    return np.concatenate([voiced.mean(1), voiced.std(1), noise.mean(1) if noise.shape[1] > 5 else np.zeros(6)])


def _harmonics(sound: _Sound) -> np.ndarray:
    """The first harmonics' levels against each other, and harmonics over noise."""
    import librosa

    n_fft, window = 2048, 800
    spectrum = np.abs(librosa.stft(sound.samples, n_fft=n_fft, hop_length=HOP, win_length=window)) ** 2
    spectrum, pitch_hz = spectrum[:, : len(sound.voiced)][:, sound.voiced], sound.pitch_hz[sound.voiced]
    columns = np.arange(len(pitch_hz))

    def level_of(harmonic: int) -> np.ndarray:
        middle = np.round(pitch_hz * harmonic * n_fft / RATE_HZ).astype(int)
        return _db(np.max([spectrum[np.clip(middle + k, 0, n_fft // 2), columns] for k in range(-2, 3)], axis=0))

    first, second, third = (level_of(k) for k in (1, 2, 3))
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(np.hanning(window), n_fft))))
    correlation = np.fft.irfft(spectrum, axis=0) / np.maximum(own / own[0], 1e-3)[:, None]
    lags = np.clip(np.round(RATE_HZ / pitch_hz).astype(int), 1, window // 2 - 1)
    ratio = np.max([correlation[lags + k, columns] for k in (-1, 0, 1)], axis=0) / np.maximum(correlation[0], 1e-12)
    ratio = np.clip(ratio, 0.01, 0.995)
    clear_db = 10 * np.log10(ratio / (1 - ratio))
    gaps = (first - second, first - third)
    return np.array([*(f(g) for g in gaps for f in (np.mean, np.std)), clear_db.mean(), clear_db.std(),
                     np.percentile(clear_db, 10)])  # fmt: skip


def _modulation(sound: _Sound) -> np.ndarray:
    """Shares of slow and fast swings in the loudness, dB."""
    first, last = np.flatnonzero(sound.heard)[[0, -1]]
    swing = np.maximum(sound.level_db, sound.level_db.max() - 40)[first : last + 1]
    power = np.square(np.abs(np.fft.rfft((swing - swing.mean()) * np.hanning(len(swing)), 1024)))
    frequency_hz = np.fft.rfftfreq(1024, 1 / FRAMES_PER_S)
    share = lambda low, high: power[(frequency_hz >= low) & (frequency_hz < high)].sum()  # noqa: E731
    whole = share(0.8, 30) + 1e-9
    return np.array([10 * np.log10(share(*b) / whole + 1e-3) for b in ((0.8, 2), (2, 4), (4, 7), (7, 12), (12, 30))])
