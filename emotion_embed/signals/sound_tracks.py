"""Which sound track of a file, and which of its channels, hold the voice: what is mixed to mono is made of these.

A plain mean loses a voice that stands upside-down in one channel, and buries one beside hum or music in another. So
every channel is listened to with Silero: those that hold speech of their own are mixed, upright, and the others left
out. Where nobody speaks all are mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from emotion_embed.signals.audio import SILENT_PEAK, Audio, gain_of_quiet
from emotion_embed.signals.vad import speech_regions

_BLOCK_S = 30.0
_FRAME_S = 0.1
_BACKGROUND_PERCENTILE = 10  # of the power of frames: what sounds when nobody speaks
_NO_POWER = 1e-10  # −100 dBFS: no background is quieter
_HELD = 10**-1.2  # of the voice's power in the loudest channel: where it has less, it only spills over
_CLEAR = 1000.0  # 30 dB of voice over its background: nobody hears how much more there is
_AS_MUCH, _AS_CLEAR = 0.8, 0.1  # of the speech and of the clearness of another channel: neither is better
_COHERENT, _INVERTED = 0.4, -0.7  # correlations from which two channels hold the same voice, upright or upside-down
_ECHO = 0.5  # correlation from which a channel holds the same voice at another time
_ALIKE = 0.98  # from here on a second channel need not be listened to
_OWN_SPEECH = 0.005  # of all speech, what a channel must hold alone to be mixed in though it is not coherent
_LAG_RATE_HZ = 4000
_NEAR_FRAMES, _LEAST_FRAMES = 2, 5  # speech so near to another channel's is not its own, nor is so little
_ENOUGH_SPEECH = 0.5  # of the most that any track holds: the track that comes first is taken


@dataclass(frozen=True)
class Block:
    """Decoded sound: `channels` (channels, n) float32 at `sample_rate_hz`, shown at `time_s` (None: not said)."""

    channels: np.ndarray
    sample_rate_hz: int
    time_s: float | None


@dataclass(frozen=True)
class Track:
    """One sound track: its place among those of the file, the share of each channel in the mono sound, how many
    seconds somebody speaks in it, and whether it is loud enough to be heard."""

    index: int
    shares: np.ndarray
    speech_s: float
    audible: bool


def decoded_blocks(container: Any, stream: Any) -> Iterator[Block]:
    """Blocks as they are decoded, without packets that are damaged; it ends where the file is torn."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            yield Block(_as_floats(frame), frame.sample_rate, frame.time)


def _as_floats(frame: Any) -> np.ndarray:
    """A frame's samples (channels, n) float32, full scale being 1."""
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    full = np.float32(2.0 ** (8 * values.dtype.itemsize - 1))
    return values.astype(np.float32) / full - np.float32(values.dtype.kind == "u")


def best_track(tracks: Iterable[Iterable[Block]], preferred: int = 0) -> Track | None:
    """The `preferred` track or the first that comes after it, if it holds half as much speech as any; None where no
    track can be decoded. Without speech the first that is loud enough to be heard."""
    heard = [track for i, blocks in enumerate(tracks) if (track := listen(blocks, i)) is not None]
    heard.sort(key=lambda track: track.index != preferred)
    most_s = max((track.speech_s for track in heard), default=0.0)
    spoken = (track for track in heard if most_s and track.speech_s >= _ENOUGH_SPEECH * most_s)
    audible = (track for track in heard if track.audible)
    return next(spoken, None) or next(audible, None) or next(iter(heard), None)


def listen(blocks: Iterable[Block], index: int = 0) -> Track | None:
    """What a track holds, and how its channels are to be mixed; None where nothing can be decoded."""
    parts = [_Part.of(samples, rate_hz) for samples, rate_hz in _joined(blocks)]
    if not parts:
        return None
    parts = [part for part in parts if len(part.held) == len(parts[0].held)]
    held = np.concatenate([part.held for part in parts], axis=1)
    peaks = np.max([part.peaks for part in parts], axis=0)
    shares = _spoken_shares(held, parts) if held.any() else _unspoken_shares(peaks, parts)
    return Track(index, shares, float(held.any(axis=0).sum() * _FRAME_S), bool(peaks.max() >= SILENT_PEAK))


def _joined(blocks: Iterable[Block]) -> Iterator[tuple[np.ndarray, int]]:
    """Blocks joined to about half a minute each, so that memory does not grow with the file."""
    waiting: list[Block] = []
    for block in blocks:
        if waiting and (
            sum(b.channels.shape[1] for b in waiting) >= _BLOCK_S * block.sample_rate_hz
            or (len(block.channels), block.sample_rate_hz) != (len(waiting[0].channels), waiting[0].sample_rate_hz)
        ):
            yield np.concatenate([b.channels for b in waiting], axis=1), waiting[0].sample_rate_hz
            waiting = []
        waiting.append(block)
    if waiting:
        yield np.concatenate([b.channels for b in waiting], axis=1), waiting[0].sample_rate_hz


@dataclass(frozen=True)
class _Part:
    """Half a minute of a track: in which frames each channel holds speech (channels, frames), products of all pairs of
    channels (channels, channels), over all of it and where somebody speaks, the latter also at any
    other time of the second one, and of each channel its peak, the power of its `background` and of its `voice` over
    that."""

    held: np.ndarray
    products: np.ndarray
    spoken_products: np.ndarray
    lagged_products: np.ndarray
    peaks: np.ndarray
    background: np.ndarray
    voice: np.ndarray

    @classmethod
    def of(cls, samples: np.ndarray, rate_hz: int) -> _Part:
        samples = np.nan_to_num(samples)
        samples = samples - samples.mean(axis=1, keepdims=True)
        step = max(1, round(_FRAME_S * rate_hz))
        frames = np.pad(samples, ((0, 0), (0, -samples.shape[1] % step))).reshape(len(samples), -1, step)
        products, power = samples @ samples.T, np.square(frames).mean(axis=2)
        background = np.percentile(power, _BACKGROUND_PERCENTILE, axis=1)
        voice = np.maximum(power - background[:, None], 0)
        speaks = _speaks(samples, rate_hz, products, power.shape[1])
        held = speaks & (voice >= _HELD * np.where(speaks, voice, 0).max(axis=0))
        spoken = np.where(held.any(axis=0)[:, None], frames, 0).reshape(len(samples), -1)
        lagged = _lagged_products(spoken, rate_hz, held.any(axis=1))
        peaks, voice = np.abs(samples).max(axis=1, initial=0.0), np.where(held, voice, 0).sum(axis=1)
        return cls(held, products, spoken @ spoken.T, lagged, peaks, background, voice)


def _lagged_products(samples: np.ndarray, rate_hz: int, speaks: np.ndarray) -> np.ndarray:
    """The largest product of each two channels in which somebody speaks, (channels, channels), whichever of them is
    moved in time; of their differences at a lower rate, in which hum is weak."""
    from scipy.fft import irfft, next_fast_len, rfft

    step = max(1, rate_hz // _LAG_RATE_HZ)
    low = samples[:, : samples.shape[1] // step * step].reshape(len(samples), -1, step).mean(axis=2)
    n = next_fast_len(2 * low.shape[1], real=True)
    # `asarray` changes nothing: it says that these are arrays, which the types of SciPy's dispatcher do not.
    spectra = {i: np.asarray(rfft(np.diff(low[i]), n)) for i in np.flatnonzero(speaks)}
    products = np.zeros((len(samples), len(samples)))
    for i, j in combinations_with_replacement(spectra, 2):
        products[i, j] = products[j, i] = np.abs(np.asarray(irfft(spectra[i] * spectra[j].conj(), n))).max()
    return products


def _speaks(samples: np.ndarray, rate_hz: int, products: np.ndarray, n_frames: int) -> np.ndarray:
    """In which frames somebody speaks in each channel, (channels, frames); a copy of another is not listened to."""
    speaks = np.zeros((len(samples), n_frames), bool)
    likeness = _correlations(products)
    peaks = np.abs(samples).max(axis=1, initial=0.0)
    gain = gain_of_quiet(float(peaks.max(initial=0.0)))
    for i in np.flatnonzero(peaks > 0.01 * peaks.max(initial=0.0)):
        twins = np.flatnonzero(np.abs(likeness[i, :i]) > _ALIKE)
        if len(twins):
            speaks[i] = speaks[twins[0]]
            continue
        sound = Audio((gain * samples[i]).astype(np.float32), rate_hz)
        for start_s, end_s in speech_regions(sound):
            speaks[i, int(start_s / _FRAME_S) : int(np.ceil(end_s / _FRAME_S))] = True
    return speaks


def _correlations(products: np.ndarray) -> np.ndarray:
    norms = np.sqrt(np.maximum(np.diag(products), _NO_POWER))
    return products / norms / norms[:, None]


def _spoken_shares(held: np.ndarray, parts: Sequence[_Part]) -> np.ndarray:
    """Each channel's share in the mono sound, negative where it stands upside-down, sizes adding up to 1.

    The leading channel holds most speech, and is the first of the clearest. Others join it that hold the same about as
    clearly, or speech that it lacks; one with the same speech at another time would only be an echo.
    """
    n_held = held.sum(axis=1)
    voice = _total(part.voice for part in parts) / np.maximum(n_held, 1)
    background = np.mean([part.background for part in parts], axis=0)
    clarity = np.minimum(voice / (background + _NO_POWER), _CLEAR)
    most = np.where(n_held >= _AS_MUCH * n_held.max(), clarity, -1)
    lead = int(np.argmax(most >= 0.5 * most.max()))
    likeness = _correlations(_total(part.spoken_products for part in parts))[lead]
    echoes = _correlations(_total(part.lagged_products for part in parts))[lead] >= _ECHO
    same = _coherent(likeness) & (clarity >= _AS_CLEAR * clarity[lead])
    near = np.convolve(held[lead], np.ones(2 * _NEAR_FRAMES + 1), "same") > 0
    adds = (held & ~near).sum(axis=1) >= max(_LEAST_FRAMES, _OWN_SPEECH * held.any(axis=0).sum())
    joins = (n_held > 0) & (same | (adds & ~echoes))
    joins[lead] = True
    return _upright(joins, likeness)


def _unspoken_shares(peaks: np.ndarray, parts: Sequence[_Part]) -> np.ndarray:
    """Equal shares of all channels that are not silent beside the others, upright like the loudest."""
    products = _total(part.products for part in parts)
    return _upright(peaks >= SILENT_PEAK * peaks.max(), _correlations(products)[np.argmax(np.diag(products))])


def _total(arrays: Iterable[np.ndarray]) -> np.ndarray:
    return reduce(np.add, arrays)


def _coherent(likeness: np.ndarray) -> np.ndarray:
    return (likeness >= _COHERENT) | (likeness <= _INVERTED)


def _upright(joins: np.ndarray, likeness: np.ndarray) -> np.ndarray:
    return (joins * np.where(likeness <= _INVERTED, -1, 1) / joins.sum()).astype(np.float32)


def mixed(channels: np.ndarray, shares: Sequence[float] | np.ndarray) -> np.ndarray:
    """Channels (channels, n) as mono (n,); equal parts where a file changes how many it has."""
    if len(channels) != len(shares):
        return channels.mean(axis=0)
    return np.asarray(shares, np.float32) @ channels
