"""Prosody put into finished speech by a vocoder: pitch, spectral envelope and aperiodicity changed and resynthesised.

For voices that cannot be steered from inside. The vocoder is WORLD (Morise et al. 2016): the pitch curve, the spectral
envelope and how noisy each band is, every 5 ms. Only what differs from the neutral voice costs anything: a neutral
prosody leaves every sample as it is, and loudness and pauses alone need no vocoder.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkpoints.errors import Missing
from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech
from generators.voice.align.phone_classes import CLASSES, class_of
from generators.voice.frontend.chunks import ChunkSettings
from generators.voice.frontend.phrasing import Gaps
from generators.voice.prosody import dsp
from generators.voice.prosody.pauses import retimed, spaced, trimmed, with_inner_pauses
from generators.voice.prosody.prosody import COLUMNS, PLAIN_ROW, SPECTRUM, STYLE, ProsodyOverText, prosody_at
from generators.voice.prosody.spectral_eq import band_centres_hz, tension_bands_db

FRAME_S = 0.005
TREMOR_HZ = 5.5
_CROSSING_S = 0.2  # prosody changes from word to word over this time
_PITCH_HZ = (60.0, 600.0)  # where the voice's pitch is looked for
_HIGHEST_HZ = 700.0
_ASPIRATION_HZ = 1500.0  # breath is heard above the lowest partials of the voice
_PHRASE_PAUSE_S = 0.09  # from here on a phrase has ended
_FINAL_S = 0.6  # the melody turns over the end of a phrase, at most so long
_ACCENT_MARGIN_S = 0.06  # an accent begins before its vowel and ends behind it
_SECONDARY = 0.5  # share of an accent that secondary stress has
_PEAK = 0.98

_ELSEWHERE = [COLUMNS["energy_contrast"], *range(len(PLAIN_ROW))[STYLE]]  # what only a model's inside can follow
_OF_THE_SOUND = [COLUMNS["energy_db"], COLUMNS["pause_scale"]]  # the others need the vocoder
_VOWELS = frozenset(range(CLASSES.index("i"), len(CLASSES)))


def shape(speech: Speech, prosody: ProsodyOverText | None) -> Speech:
    """`speech` said with `prosody` (one, a function of the character offset, or stretches of the text).

    Times of phones and words are those of the new sound; the pause behind the last sound stays. A neutral prosody gives
    back the same samples. Raises `BadInput` for values that are not finite and `Missing` without pyworld.
    """
    by_word = prosody_at(prosody, [word.char_start for word in speech.words] or [0])
    return shape_phones(speech, by_word[[min(phone.word_index, len(by_word) - 1) for phone in speech.phones]])


def shape_phones(speech: Speech, settings: np.ndarray, peak: float = _PEAK) -> Speech:
    """As `shape`, with a row of `Prosody` for every phone, `settings` (n_phones, N_COLUMNS). No sample is louder
    than `peak` that was not before."""
    changed = settings != PLAIN_ROW
    changed[:, _ELSEWHERE] = False
    if not changed.any():
        return speech
    shaped = speech
    if np.delete(changed, _OF_THE_SOUND, axis=1).any():
        shaped = _revoiced(shaped, settings)
    if (settings[:, COLUMNS["pause_scale"]] != 1).any():
        shaped = with_inner_pauses(shaped, settings[:, COLUMNS["pause_scale"]])
    return _with_loudness(shaped, settings[:, COLUMNS["energy_db"]], max(peak, np.abs(speech.audio.samples).max()))


# --- the voice taken apart ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Voice:
    """Every 5 ms: `pitch_hz` (n,), 0 where there is no voice; `envelope` (n, bins), power; `noise` (n, bins), the share
    of each band's amplitude that is breath, 0..1. `bins_hz` (bins,) are the bands."""

    pitch_hz: np.ndarray
    envelope: np.ndarray
    noise: np.ndarray
    sample_rate_hz: int

    @classmethod
    def of(cls, audio: Audio) -> _Voice:
        world = _world()
        samples, rate_hz = np.ascontiguousarray(audio.samples, np.float64), audio.sample_rate_hz
        low_hz, high_hz = _PITCH_HZ
        rough, times_s = world.dio(samples, rate_hz, low_hz, high_hz, frame_period=FRAME_S * 1000)
        pitch_hz = world.stonemask(samples, rough, times_s, rate_hz)
        envelope = world.cheaptrick(samples, pitch_hz, times_s, rate_hz)
        return cls(pitch_hz, envelope, world.d4c(samples, pitch_hz, times_s, rate_hz), rate_hz)

    @property
    def bins_hz(self) -> np.ndarray:
        return np.linspace(0, self.sample_rate_hz / 2, self.envelope.shape[1])

    def spoken(self, n_samples: int) -> np.ndarray:
        """The sound that they make (n_samples,) float32."""
        parts = (np.ascontiguousarray(part) for part in (self.pitch_hz, self.envelope, self.noise))
        samples = _world().synthesize(*parts, self.sample_rate_hz, FRAME_S * 1000)
        return np.pad(samples, (0, max(0, n_samples - len(samples))))[:n_samples].astype(np.float32)

    def at(self, frames: np.ndarray) -> _Voice:
        """The voice at other moments, in (fractional) frames."""
        frames = np.clip(frames, 0, len(self.pitch_hz) - 1)
        below = np.minimum(frames.astype(int), max(0, len(self.pitch_hz) - 2))
        above, share = np.minimum(below + 1, len(self.pitch_hz) - 1), frames - below
        nearest = self.pitch_hz[np.where(share < 0.5, below, above)]
        a, b = self.pitch_hz[below], self.pitch_hz[above]
        between = np.maximum(a, 1.0) ** (1 - share) * np.maximum(b, 1.0) ** share
        pitch_hz = np.where((a > 0) & (b > 0), between, nearest)
        rows = share[:, None]
        envelope = np.exp((1 - rows) * np.log(self.envelope[below]) + rows * np.log(self.envelope[above]))
        noise = (1 - rows) * self.noise[below] + rows * self.noise[above]
        return _Voice(pitch_hz, envelope, noise, self.sample_rate_hz)


def _world() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pyworld asks setuptools for its version, which is going away
            import pyworld
    except ModuleNotFoundError as error:
        raise Missing(
            "To put a feeling into this voice needs the package pyworld; mend it with pip install pyworld."
        ) from error
    return pyworld


def common_pace(rates: np.ndarray) -> float:
    """The pace at which a model itself speaks a whole part; what single words (n,) differ by is left to stretching."""
    return float(rates[0]) if np.ptp(rates) == 0 else float(np.exp(np.log(rates).mean()))


def with_prosody(speech: Speech, settings: np.ndarray, pace: float, gaps: Gaps, config: ChunkSettings) -> Speech:
    """A chunk as a model said it at `pace`, the rest of its words' prosody put in, its own silence cut off, and its
    pauses as `gaps` say; `settings` (n_words, N_COLUMNS)."""
    speech = trimmed(speech, config.lead_s, config.tail_s)
    left = settings.copy()
    left[:, COLUMNS["rate"]] /= pace
    shaped = shape_phones(speech, left[[phone.word_index for phone in speech.phones]], config.peak)
    return spaced(shaped, gaps, settings)


# --- what a prosody changes ---------------------------------------------------------------------------------------


def _revoiced(speech: Speech, settings: np.ndarray) -> Speech:
    """Everything that needs the vocoder: pace, melody, spectral envelope and aspiration noise."""
    voice, phones = _Voice.of(speech.audio), speech.phones
    times_s = np.arange(len(voice.pitch_hz)) * FRAME_S
    curves = _over_time(settings, phones, times_s)
    clock = _Clock.of(curves[:, COLUMNS["rate"]] / _lengthening(phones, settings, times_s))
    semitones = _semitones(voice.pitch_hz, phones, settings, curves, times_s)
    length_s = float(clock.heard(speech.audio.duration_s))
    frames = clock.said(np.arange(int(np.ceil(length_s / FRAME_S)) + 1) * FRAME_S) / FRAME_S
    at = np.clip(np.round(frames).astype(int), 0, len(times_s) - 1)
    voice = _changed(voice.at(frames), semitones[at], curves[at])
    samples = voice.spoken(round(length_s * speech.audio.sample_rate_hz))
    return retimed(speech, Audio(samples, speech.audio.sample_rate_hz), clock.heard)


@dataclass(frozen=True)
class _Clock:
    """When what was said at a time is heard after stretching: borders of frames in seconds, both (n + 1,)."""

    said_s: np.ndarray
    heard_s: np.ndarray

    @classmethod
    def of(cls, speed: np.ndarray) -> _Clock:
        """From the speed of every frame (n,), 1 being the neutral one."""
        if (speed == 1).all():  # summing would leave traces in times that nothing has moved
            return cls(np.arange(len(speed) + 1) * FRAME_S, np.arange(len(speed) + 1) * FRAME_S)
        return cls(np.arange(len(speed) + 1) * FRAME_S, np.concatenate([[0.0], np.cumsum(FRAME_S / speed)]))

    def heard(self, said_s: float | np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(said_s, self.said_s, self.heard_s))

    def said(self, heard_s: float | np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(heard_s, self.heard_s, self.said_s))


def _over_time(settings: np.ndarray, phones: Sequence[Phone], times_s: np.ndarray) -> np.ndarray:
    """Settings of phones (n_phones, k) as curves (n, k) every 5 ms that cross smoothly; pauses go with the phone
    before, and constant ones stay exactly as they are."""
    owner = np.searchsorted([phone.start_s for phone in phones], times_s, side="right") - 1
    curves = settings[np.maximum(owner, 0)]
    n = int(_CROSSING_S / FRAME_S) | 1
    window = np.hanning(n + 2)[1:-1]
    for column in np.flatnonzero(np.ptp(curves, axis=0) > 0):
        padded = np.pad(curves[:, column], n // 2, mode="edge")
        curves[:, column] = np.convolve(padded, window / window.sum(), mode="valid")
    return curves


def _phrases(phones: Sequence[Phone]) -> Iterator[tuple[int, int]]:
    """Index of the first and last phone of every stretch without a pause."""
    first = 0
    for i in range(1, len(phones) + 1):
        if i == len(phones) or phones[i].start_s - phones[i - 1].end_s > _PHRASE_PAUSE_S:
            yield first, i - 1
            first = i


def _is_vowel(phone: Phone) -> bool:
    return class_of(phone.symbol) in _VOWELS


def _lengthening(phones: Sequence[Phone], settings: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """How many times as long each frame lasts (n,): vowels, stressed ones, and a phrase's last syllable from its vowel
    on."""
    factors = np.ones(len(phones))
    for i, phone in enumerate(phones):
        if _is_vowel(phone):
            stressed = settings[i, COLUMNS["accent_lengthening"]] if phone.stress == 2 else 1.0
            factors[i] = settings[i, COLUMNS["vowel_lengthening"]] * stressed
    for first, last in _phrases(phones):
        nucleus = next((i for i in range(last, first - 1, -1) if _is_vowel(phones[i])), last)
        factors[nucleus : last + 1] *= settings[last, COLUMNS["final_lengthening"]]
    longer = np.ones(len(times_s))
    for phone, factor in zip(phones, factors, strict=True):
        longer[(times_s >= phone.start_s) & (times_s < phone.end_s)] = factor
    return longer


def _semitones(
    pitch_hz: np.ndarray, phones: Sequence[Phone], settings: np.ndarray, curves: np.ndarray, times_s: np.ndarray
) -> np.ndarray:
    """By how much the melody moves at each frame (n,)."""
    semitones = curves[:, COLUMNS["pitch_semitones"]] + 12 * (curves[:, COLUMNS["pitch_range"]] - 1) * _strayed(
        pitch_hz
    )
    for phone, accent in zip(phones, settings[:, COLUMNS["accent_semitones"]], strict=True):
        if accent and phone.stress and _is_vowel(phone):
            height = accent * (1.0 if phone.stress == 2 else _SECONDARY)
            semitones += height * _bump(times_s, phone.start_s, phone.end_s, _ACCENT_MARGIN_S)
    for first, last in _phrases(phones):
        if fall := settings[first, COLUMNS["declination_semitones"]]:
            inside = (times_s >= phones[first].start_s) & (times_s < phones[last].end_s + _PHRASE_PAUSE_S / 2)
            semitones[inside] += fall * np.linspace(0.5, -0.5, int(inside.sum()))
        if final := settings[last, COLUMNS["final_semitones"]]:
            start_s, end_s = phones[first].start_s, phones[last].end_s
            begin_s = max(end_s - _FINAL_S, (start_s + end_s) / 2)
            way = np.clip((times_s - begin_s) / max(end_s - begin_s, FRAME_S), 0.0, 1.0)
            inside = (times_s >= begin_s) & (times_s < end_s + _PHRASE_PAUSE_S / 2)
            semitones += np.where(inside, final * way * way * (3 - 2 * way), 0.0)
    return semitones


def _strayed(pitch_hz: np.ndarray) -> np.ndarray:
    """How many octaves the melody lies over its mean (n,), drawn on where there is no voice.

    Its course over some 50 ms: what jumps between frames is the tracker's error, and must not grow with the range.
    """
    from scipy.ndimage import median_filter

    voiced = np.flatnonzero(pitch_hz > 0)
    if not len(voiced):
        return np.zeros(len(pitch_hz))
    octaves = median_filter(np.log2(pitch_hz[voiced]), 11, mode="nearest")
    course = np.interp(np.arange(len(pitch_hz)), voiced, octaves - octaves.mean())
    window = np.hanning(11)[1:-1]
    smooth = np.convolve(np.pad(course, len(window) // 2, mode="edge"), window / window.sum(), mode="valid")
    return np.clip(smooth, -1.2, 1.2)


def _bump(times_s: np.ndarray, start_s: float, end_s: float, margin_s: float) -> np.ndarray:
    """1 from `start_s` to `end_s`, smoothly to 0 over the margins around them (n,)."""
    outside = np.maximum(start_s - times_s, times_s - end_s)
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(outside / margin_s, 0.0, 1.0))


def _changed(voice: _Voice, semitones: np.ndarray, curves: np.ndarray) -> _Voice:
    """The voice with its melody moved, trembling, and with another envelope and more aspiration; all (n, …) frames."""
    tremor = curves[:, COLUMNS["tremor_semitones"]] * np.sin(2 * np.pi * TREMOR_HZ * FRAME_S * np.arange(len(curves)))
    moved_hz = np.clip(voice.pitch_hz * 2 ** ((semitones + tremor) / 12), 45.0, _HIGHEST_HZ)
    pitch_hz = np.where(voice.pitch_hz > 0, moved_hz, 0.0)
    envelope, noise = voice.envelope, voice.noise
    bands_db = curves[:, SPECTRUM] + tension_bands_db(curves[:, COLUMNS["tension_db"]])
    if bands_db.any():
        equalized = envelope * 10 ** (_over_bins(bands_db, voice.bins_hz) / 10)
        envelope = equalized * (envelope.sum(axis=1) / equalized.sum(axis=1))[:, None]  # as loud as before, each moment
    if curves[:, COLUMNS["aspiration"]].any():
        ratio = (voice.bins_hz / _ASPIRATION_HZ) ** 4
        reach = 0.15 + 0.85 * ratio / (1 + ratio)
        noise = noise + (1 - noise) * curves[:, [COLUMNS["aspiration"]]] * reach
    return replace(voice, pitch_hz=pitch_hz, envelope=envelope, noise=noise)


def _over_bins(bands_db: np.ndarray, bins_hz: np.ndarray) -> np.ndarray:
    """Levels of bands (n, N_BANDS) at every frequency (n, bins), straight between the middles of the bands."""
    centres_hz = band_centres_hz()
    weights = np.stack([np.interp(bins_hz, centres_hz, row) for row in np.eye(len(centres_hz))])
    return bands_db @ weights


# --- loudness, in the sound itself --------------------------------------------------------------------------------


def _with_loudness(speech: Speech, energy_db: np.ndarray, peak: float) -> Speech:
    """Loudness by the energy of every phone (n_phones,), no sample above `peak`."""
    samples, rate_hz = speech.audio.samples, speech.audio.sample_rate_hz
    curve = None
    if energy_db.any():
        times_s = np.arange(int(speech.audio.duration_s / FRAME_S) + 2) * FRAME_S
        frames = _over_time(energy_db[:, None], speech.phones, times_s)[:, 0]
        curve = np.interp(np.arange(len(samples)) / rate_hz, times_s, frames)
    samples = dsp.levelled(samples, rate_hz, dsp.speech_level_dbfs(samples, rate_hz), peak, curve)
    return replace(speech, audio=Audio(samples, rate_hz))
