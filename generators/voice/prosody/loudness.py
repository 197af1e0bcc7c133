"""How loud speech is to the ear, and how it is brought to a level: ITU-R BS.1770-4, for mono sound.

The measure runs along, so that a stream and a whole file are measured by the same code and half an hour needs no more
memory than its samples. Loudness is in LUFS, peaks between the samples (true peaks) are in dBTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite, log10, pi, tan

import numpy as np

TARGET_LUFS = -16.0
CEILING_DBTP = -1.0
_MARGIN_DB = 0.3  # the limiter stays this far under the ceiling: rounding to 16 bits, other meters' filters
_HOPS_PER_BLOCK = 4  # gating blocks of 400 ms begin every 100 ms
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_OFFSET_DB = -0.691
_OVERSAMPLING = 4
_REACH_S = 0.02  # a peak turns the gain down this long before and after; shorter, the voice would grow rough
_CHUNK = 1 << 18
_LARGEST_GAIN_DB = 40.0
_CLOSE_ENOUGH_LU = 0.05
_MOST_PASSES = 6
_EDGE_S = 0.004
_SILENT = 1e-3
_LARGEST_STEP_DB = 1.0  # from chunk to chunk of a stream
_LEAD_S = 0.1  # the silence before a chunk's first sound, in which the gain moves
_STRAY_DB = 1.5  # how far a chunk of a stream may lie from what its prosody asks for


class LoudnessMeter:
    """Integrated loudness of mono sound that comes in pieces of any length."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._filter = _k_weighting(sample_rate_hz)
        self._state = np.zeros((len(self._filter), 2))
        self._hop = max(1, round(0.1 * sample_rate_hz))
        self._rest = np.zeros(0)
        self._powers: list[np.ndarray] = []  # mean square of each hop

    def add(self, samples: np.ndarray) -> None:
        """Take in samples (n,) in −1..1."""
        from scipy.signal import sosfilt

        for chunk in _chunks(samples):
            weighted, self._state = sosfilt(self._filter, chunk.astype(np.float64), zi=self._state)
            joined = np.concatenate([self._rest, np.square(weighted)])
            n = len(joined) // self._hop * self._hop
            if n:
                self._powers.append(joined[:n].reshape(-1, self._hop).mean(axis=1))
            self._rest = joined[n:]

    def integrated_lufs(self) -> float:
        """Gated loudness of everything so far; −inf for silence. Sound under 400 ms is one block of its length."""
        hops = np.concatenate(self._powers) if self._powers else np.zeros(0)
        if len(hops) < _HOPS_PER_BLOCK:
            n = len(hops) * self._hop + len(self._rest)
            blocks = np.array([(hops.sum() * self._hop + self._rest.sum()) / n]) if n else np.zeros(0)
        else:
            blocks = np.convolve(hops, np.full(_HOPS_PER_BLOCK, 1 / _HOPS_PER_BLOCK), mode="valid")
        blocks = blocks[blocks > _power(_ABSOLUTE_GATE_LUFS)]
        if not len(blocks):
            return -inf
        heard = blocks[blocks > blocks.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
        return _OFFSET_DB + 10 * log10(heard.mean())


def integrated_lufs(samples: np.ndarray, sample_rate_hz: int) -> float:
    """Integrated loudness of samples (n,) in −1..1."""
    meter = LoudnessMeter(sample_rate_hz)
    meter.add(samples)
    return meter.integrated_lufs()


def true_peak_dbtp(samples: np.ndarray) -> float:
    """The highest peak of samples (n,), those between the samples too, in dB against full scale; −inf for silence."""
    peak = max((float(envelope.max(initial=0.0)) for envelope in _envelopes(samples)), default=0.0)
    return 20 * log10(peak) if peak else -inf


def limited(samples: np.ndarray, sample_rate_hz: int, ceiling_dbtp: float = CEILING_DBTP) -> np.ndarray:
    """Samples (n,) turned down around peaks above the ceiling, gently enough that nothing clicks or distorts."""
    envelope = np.concatenate([*_envelopes(samples), np.zeros(0, np.float32)])
    return _under_ceiling(samples, envelope, 1.0, sample_rate_hz, ceiling_dbtp)


def mastered(
    samples: np.ndarray, sample_rate_hz: int, target_lufs: float = TARGET_LUFS, ceiling_dbtp: float = CEILING_DBTP
) -> tuple[np.ndarray, float]:
    """Samples (n,) at `target_lufs` with peaks under the ceiling, and the gain in dB that did it.

    What the limiter takes off the loudness is given back by a higher gain. Silence stays as it is.
    """
    loudness = integrated_lufs(samples, sample_rate_hz)
    if not isfinite(loudness):
        return samples.astype(np.float32, copy=False), 0.0
    envelope = np.concatenate(list(_envelopes(samples)))
    gain_db = 0.0
    for _ in range(_MOST_PASSES):
        gain_db = min(gain_db + target_lufs - loudness, _LARGEST_GAIN_DB)
        louder = _under_ceiling(samples, envelope, 10 ** (gain_db / 20), sample_rate_hz, ceiling_dbtp)
        loudness = integrated_lufs(louder, sample_rate_hz)
        if abs(loudness - target_lufs) < _CLOSE_ENOUGH_LU:
            break
    return louder, gain_db


def without_clicks(samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Samples (n,) whose ends are eased to zero where they are not silent already, so that parts join unheard."""
    n = min(round(_EDGE_S * sample_rate_hz), len(samples) // 2)
    if not n or max(np.abs(samples[:1]).max(), np.abs(samples[-1:]).max()) < _SILENT:
        return samples
    ramp = (0.5 - 0.5 * np.cos(pi * np.arange(n) / n)).astype(np.float32)
    eased = samples.astype(np.float32)
    if abs(samples[0]) >= _SILENT:
        eased[:n] *= ramp
    if abs(samples[-1]) >= _SILENT:
        eased[-n:] *= ramp[::-1]
    return eased


class StreamLevel:
    """Brings speech to −16 LUFS chunk by chunk, before its end is known.

    Each chunk's prosody says by how much it is meant to be louder or softer than neutral speech. The first is
    mastered to that; from then on the gain follows what has been heard so far, by at most 1 dB from chunk to chunk and
    without a step, so that the feelings keep their distances and the whole lands near the target.
    """

    def __init__(self, sample_rate_hz: int, expected_energy_db: float = 0.0, target_lufs: float = TARGET_LUFS) -> None:
        """`expected_energy_db`: how much louder than neutral the whole speech is meant to be (see `mean_energy_db`)."""
        self._rate_hz = sample_rate_hz
        self._neutral_lufs = target_lufs - expected_energy_db
        self._meter = LoudnessMeter(sample_rate_hz)
        self._meant: list[tuple[float, float]] = []  # (energy in dB, seconds) of the chunks so far
        self._gain_db: float | None = None

    def level(self, samples: np.ndarray, energy_db: float = 0.0) -> np.ndarray:
        """The next chunk (n,), which is meant to be `energy_db` louder than neutral speech, at its level."""
        if self._gain_db is None:
            louder, self._gain_db = mastered(samples, self._rate_hz, self._neutral_lufs + energy_db)
        else:
            # A first chunk full of peaks can need far more gain than the next: none strays far from what is meant.
            needed_db = self._neutral_lufs + energy_db - integrated_lufs(samples, self._rate_hz)
            near = lambda gain_db: float(np.clip(gain_db, needed_db - _STRAY_DB, needed_db + _STRAY_DB))  # noqa: E731
            near = near if isfinite(needed_db) else float
            last_db, next_db = self._gain_db, near(self._next_gain_db(self._gain_db))
            curve_db = np.linspace(near(last_db), next_db, len(samples))
            n_lead = min(round(_LEAD_S * self._rate_hz), len(samples))
            curve_db[:n_lead] = np.linspace(last_db, curve_db[n_lead - 1], n_lead) if n_lead else curve_db[:0]
            self._gain_db = next_db
            wanted = samples * 10 ** (curve_db / 20)
            louder, _ = mastered(wanted, self._rate_hz, integrated_lufs(wanted, self._rate_hz))
        self._meter.add(louder)
        self._meant.append((energy_db, len(samples) / self._rate_hz))
        return louder.astype(np.float32, copy=False)

    def _next_gain_db(self, gain_db: float) -> float:
        heard = self._meter.integrated_lufs()
        if not isfinite(heard):
            return gain_db
        wanted = self._neutral_lufs + mean_energy_db(*zip(*self._meant, strict=True))
        return gain_db + float(np.clip(wanted - heard, -_LARGEST_STEP_DB, _LARGEST_STEP_DB))


def mean_energy_db(energies_db: np.ndarray | tuple, weights: np.ndarray | tuple) -> float:
    """The level in dB of the mean power of stretches at `energies_db`, as long as their `weights`; 0 without any."""
    total = np.sum(weights)
    if not total:
        return 0.0
    return float(10 * np.log10(np.sum(10 ** (np.asarray(energies_db) / 10) * np.asarray(weights)) / total))


def _power(lufs: float) -> float:
    return 10 ** ((lufs - _OFFSET_DB) / 10)


def _chunks(samples: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(samples), _CHUNK):
        yield samples[start : start + _CHUNK]


def _k_weighting(sample_rate_hz: int) -> np.ndarray:
    """The filter of BS.1770 at any sampling rate, as second-order sections: a shelf for the head, then a high-pass.

    The standard gives coefficients for 48 kHz only; these are the analogue prototypes behind them.
    """
    k, q, high = tan(pi * 1681.974450955533 / sample_rate_hz), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle, norm = high**0.4996667741545416, 1 + k / q + k * k
    shelf = [high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k]
    sections = [[*(b / norm for b in shelf), 1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm]]
    k, q = tan(pi * 38.13547087602444 / sample_rate_hz), 0.5003270373238773
    norm = 1 + k / q + k * k
    return np.array([*sections, [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm]])


def _envelopes(samples: np.ndarray) -> Iterator[np.ndarray]:
    """The largest size of the sound around each sample, chunk by chunk, from four times as many samples."""
    from scipy.signal import resample_poly

    around = 64  # samples that the filter of the resampling needs on both sides
    for start in range(0, len(samples), _CHUNK):
        first, end = max(0, start - around), min(len(samples), start + _CHUNK)
        dense = np.abs(resample_poly(samples[first : end + around].astype(np.float32), _OVERSAMPLING, 1))
        dense = dense[(start - first) * _OVERSAMPLING : (end - first) * _OVERSAMPLING]
        yield dense.reshape(-1, _OVERSAMPLING).max(axis=1)


def _under_ceiling(
    samples: np.ndarray, envelope: np.ndarray, gain: float, sample_rate_hz: int, ceiling_dbtp: float
) -> np.ndarray:
    """Samples times `gain`, turned down where `envelope` times `gain` is above the ceiling."""
    ceiling = 10 ** ((ceiling_dbtp - _MARGIN_DB) / 20)
    louder = samples.astype(np.float32) * np.float32(gain)
    if gain * envelope.max(initial=0.0) <= ceiling:
        return louder
    reach = max(1, round(_REACH_S * sample_rate_hz))
    around = 2 * reach + 2  # how far a peak makes itself felt
    for start in range(0, len(louder), _CHUNK):
        first, end = max(0, start - around), start + _CHUNK
        factor = _turned_down(envelope[first : end + around] * np.float32(gain), ceiling, reach)
        louder[start:end] *= factor[start - first :][:_CHUNK]
    return louder


def _turned_down(envelope: np.ndarray, ceiling: float, reach: int) -> np.ndarray:
    """The factor for each sample (n,): the least that is needed within reach, averaged within reach, which is nowhere
    more than is needed there."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    factor = minimum_filter1d(np.minimum(1.0, ceiling / np.maximum(envelope, 1e-9)), 2 * reach + 1, mode="nearest")
    for _ in range(2):
        factor = uniform_filter1d(factor, reach | 1, mode="nearest")
    return factor.astype(np.float32)
