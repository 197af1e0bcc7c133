"""Measures of motion alone, and the plain ways from sound to lips that a model has to beat.

Vectors are (n, 59) at 25 frames a second as `generators.motion.diffusion.motion_space` lays them out; a `gap` (n,) is
the opening of the lips in them, in interocular distances. A frame stands for the middle of the time it is shown.
"""

from __future__ import annotations

import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from emotion_embed.signals.audio import Audio
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX, Phone, Speech
from generators.motion.diffusion.configuration import FPS, N_NEW
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BREATH,
    BROW_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    LIP_COLUMNS,
    N_CHANNELS,
    N_MOTION,
    ROTATION,
    TRANSLATION,
)
from generators.motion.rig.accents import trim_to_sound
from generators.motion.rig.gaze import EYE_RANGE_DEG
from generators.motion.rig.lip_geometry import LIP_GAP, lip_gap
from generators.voice.align import alignment
from studio.quality import metrics as self_check

SAMPLE_S = 0.005  # the step of `self_check.log_energy`
ALL = np.arange(N_MOTION)
CORNERS = [i for i, name in enumerate(ARKIT_CHANNELS) if name.startswith(("mouthSmile", "mouthFrown", "mouthDimple"))]
GROUPS: dict[str, np.ndarray] = {
    "lip opening": np.array([GAP]),
    "mouth and jaw": np.setdiff1d(LIP_COLUMNS, [GAP]),
    "brows": BROW_COLUMNS,
    "cheeks, nose, squint": np.array(
        [i for i, n in enumerate(ARKIT_CHANNELS) if n.startswith(("cheek", "nose", "eyeSquint", "eyeWide"))]
    ),
    "lids": BLINK_COLUMNS,
    "gaze": GAZE_COLUMNS,
    "head turn": ALL[ROTATION],
    "head place": ALL[TRANSLATION],
    "breath": np.array([BREATH]),
}


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r of two curves, over the frames that both have; 0 where one of them stands still."""
    n = min(len(a), len(b))
    a, b = a[:n] - a[:n].mean(), b[:n] - b[:n].mean()
    size = np.sqrt(np.sum(a**2) * np.sum(b**2))
    return float(np.sum(a * b) / size) if size > 1e-9 else 0.0


# Plain ways from sound to lips ----------------------------------------------------------------------------------------

ENVELOPE_GAP = 0.2  # of the loudest moments, about what people open their mouths


def frame_energy_db(audio: Audio, n_frames: int, smoothing_s: float = 0.0) -> np.ndarray:
    """Log energy in dB in the middle of each frame, (n_frames,)."""
    energy = self_check.log_energy(audio)
    if smoothing_s:
        energy = gaussian_filter1d(energy, smoothing_s / SAMPLE_S)
    return np.interp((np.arange(n_frames) + 0.5) / FPS, np.arange(len(energy)) * SAMPLE_S, energy)


def envelope_gap(audio: Audio, n_frames: int) -> np.ndarray:
    """Lips that follow the smoothed log energy: shut 40 dB under the loud moments, (n_frames,)."""
    energy = frame_energy_db(audio, n_frames, smoothing_s=0.03)
    low, high = np.percentile(self_check.log_energy(audio), (0, 99))
    return ENVELOPE_GAP * np.clip((energy - low) / max(high - low, 6.0), 0, 1)


def frame_mels(audio: Audio, n_frames: int, reach_s: float = 0.8) -> np.ndarray:
    """The log-mel spectra within ± `reach_s` of each frame, 40 bands every 40 ms, (n_frames, 41 × 40) float32."""
    mel = alignment.log_mel(audio)
    per_frame = round(1 / FPS / alignment.HOP_S)
    mel = mel[: len(mel) // per_frame * per_frame].reshape(-1, per_frame, mel.shape[1]).mean(1)
    reach = round(reach_s * FPS)
    at = np.arange(n_frames)[:, None] + np.arange(-reach, reach + 1)
    return mel[np.clip(at, 0, len(mel) - 1)].reshape(n_frames, -1)


@dataclass(frozen=True)
class Ridge:
    """A line through features: `weights` (d,) and `offset`."""

    weights: np.ndarray
    offset: float

    @classmethod
    def fit(cls, features: np.ndarray, values: np.ndarray, penalty: float = 0.003) -> Ridge:
        """Least squares of `values` (n,) over standardised features (n, d), weights shrunk by `penalty` × n."""
        mean, scale = features.mean(0), features.std(0) + 1e-6
        x = (features - mean) / scale
        shrunk = x.T @ x + penalty * len(x) * np.eye(x.shape[1], dtype=x.dtype)
        weights = np.linalg.solve(shrunk.astype(float), x.T @ (values - values.mean())) / scale
        return cls(weights, float(values.mean() - mean @ weights))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return features @ self.weights + self.offset


def openfacefx_vectors(audio: Audio, n_frames: int) -> np.ndarray | None:
    """What OpenFaceFX makes of the sound alone, on ARKit's channels, (n_frames, 59); None where it is not installed."""
    try:
        from openfacefx.energy import generate_from_energy
        from openfacefx.retarget import PRESETS, retarget
    except ModuleNotFoundError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "speech.wav")
        with wave.open(path, "wb") as file:
            file.setparams((1, 2, audio.sample_rate_hz, 0, "NONE", ""))
            file.writeframes(np.round(np.clip(audio.samples, -1, 1) * 32767).astype("<i2").tobytes())
        track = retarget(generate_from_energy(path), PRESETS["arkit"])
    times_s, vectors = (np.arange(n_frames) + 0.5) / FPS, np.zeros((n_frames, N_MOTION), np.float32)
    for channel in track.channels:
        if channel.name in CHANNEL_INDEX and channel.keys:
            keys = np.array([(key.time, key.value) for key in channel.keys])
            vectors[:, CHANNEL_INDEX[channel.name]] = np.interp(times_s, *keys.T)
    vectors[:, GAP] = lip_gap(vectors[:, :N_CHANNELS])
    return vectors


def of_gap(gap: np.ndarray) -> np.ndarray:
    """Vectors (n, 59) of a face of which only the lips move, by the jaw."""
    vectors = np.zeros((len(gap), N_MOTION), np.float32)
    vectors[:, GAP] = gap
    vectors[:, CHANNEL_INDEX["jawOpen"]] = np.clip(gap / LIP_GAP["jawOpen"], 0, 1)
    return vectors


# Lips against what is spoken ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lips:
    """Lips over several clips. `closed` and `opened` are shares of p b m and open vowels (None without any), `lag_ms`
    > 0 where lips come after the sound, `likeness` the median r with another performance of the same clips,
    `still` the mean change a frame in silence and `jitter` the mean |second difference|, both in 1/1000 interocular,
    `parted` the share of silent frames with open lips, `speed` the deviation of the gap's velocity a second."""

    closed: float | None
    n_closing: int
    opened: float | None
    n_open_vowels: int
    lag_ms: float | None
    likeness: float | None
    still: float | None
    parted: float | None
    jitter: float
    speed: float


def lips_of(
    gaps: Sequence[np.ndarray],
    audios: Sequence[Audio],
    phones: Sequence[Sequence[Phone]],
    like: Sequence[np.ndarray] | None = None,
) -> Lips:
    """Judged against this performer's own closed and open lips over all clips, as `self_check` judges a rendered one;
    `like` are the gaps of the performance to be compared with."""
    levels = self_check.lip_levels(np.concatenate(gaps))
    closed, opened = closures(gaps, phones, levels[2]), vowels(gaps, phones, levels)
    share = lambda hits: float(np.mean(hits)) if len(hits) else None  # noqa: E731
    lag = self_check.best_lag(
        *zip(*[in_step(gap, audio) for gap, audio in zip(gaps, audios, strict=True)], strict=True)
    )
    rests = [self_check.stillness(gap, FPS, own, levels[2]) for gap, own in zip(gaps, phones, strict=True)]
    rests = np.array([rest for rest in rests if rest[0] > 0]).reshape(-1, 3)
    still, parted = np.average(rests[:, 1:], axis=0, weights=rests[:, 0]).tolist() if len(rests) else (None, None)
    likeness = None
    if like is not None:
        likeness = float(np.median([correlation(a, b) for a, b in zip(gaps, like, strict=True)]))
    velocities = np.concatenate([np.diff(gap) for gap in gaps]) * FPS
    jitter = 1000 * np.concatenate([np.abs(np.diff(gap, 2)) for gap in gaps]).mean()
    return Lips(
        share(closed), len(closed), share(opened), len(opened), lag[0] if lag else None, likeness, still, parted,
        float(jitter), float(velocities.std()),
    )  # fmt: skip


def outside_ms(lips: Lips) -> float:
    """How far the lag lies outside −60 … +40 ms."""
    return np.inf if lips.lag_ms is None else max(0.0, -60 - lips.lag_ms, lips.lag_ms - 40)


def behind_in(ours: Lips, theirs: Lips) -> list[str]:
    """The lip measures, in words, in which another performer does better, with both values as (ours : theirs)."""
    more = {"closures": ("closed", "{:.1%}"), "open vowels": ("opened", "{:.1%}")}
    more["r with the teacher"] = ("likeness", "{:.2f}")
    less = {"‰ in silence": ("still", "{:.1f}"), "parted in silence": ("parted", "{:.1%}")}
    behind = [] if outside_ms(ours) <= outside_ms(theirs) else ["lag"]
    for sign, names in ((1, more), (-1, less)):
        for name, (key, form) in names.items():
            a, b = getattr(ours, key) or 0.0, getattr(theirs, key) or 0.0
            if sign * a < sign * b:
                behind.append(f"{name} ({form.format(a)} : {form.format(b)})")
    return behind


def closures(gaps: Sequence[np.ndarray], phones: Sequence[Sequence[Phone]], limit: float) -> np.ndarray:
    """Whether the lips close in each p b m, (k,)."""
    own = [self_check.phone_gaps(gap, FPS, p, self_check.CLOSING, np.min) for gap, p in zip(gaps, phones, strict=True)]
    return np.concatenate(own) <= limit


def vowels(
    gaps: Sequence[np.ndarray], phones: Sequence[Sequence[Phone]], levels: tuple[float, float, float]
) -> np.ndarray:
    """Whether the lips are open in each open vowel, (k,), by the measure of `self_check.check_lips`."""
    closed, opened, limit = levels
    own = [
        self_check.phone_gaps(gap, FPS, p, self_check.OPEN_VOWELS, np.max) for gap, p in zip(gaps, phones, strict=True)
    ]
    return np.concatenate(own) >= closed + max(0.3 * (opened - closed), 2 * (limit - closed), 0.03)


def in_step(gap: np.ndarray, audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    """Log energy and lip gap side by side every 5 ms."""
    energy = self_check.log_energy(audio)
    times_s, frame_times_s = np.arange(len(energy)) * SAMPLE_S, (np.arange(len(gap)) + 0.5) / FPS
    both = (times_s >= frame_times_s[0]) & (times_s <= frame_times_s[-1])
    return energy[both], np.interp(times_s[both], frame_times_s, gap)


def closing_delays_s(
    gap: np.ndarray, audio: Audio, phones: Sequence[Phone], limit: float, least_s: float = 0.45
) -> np.ndarray:
    """For each pause of at least `least_s`, and for the end: how long after the last sound the lips are closed for
    good, that is until 120 ms before the next sound; inf where they never are."""
    if not phones:
        return np.zeros(0)
    phones = trim_to_sound(sorted(phones, key=lambda p: p.start_s), audio)
    times_s = (np.arange(len(gap)) + 0.5) / FPS
    nexts_s = [*(p.start_s - 0.12 for p in phones[1:]), len(gap) / FPS]
    delays = []
    for phone, next_s in zip(phones, nexts_s, strict=True):
        if next_s - phone.end_s < least_s - 0.12:
            continue
        inside = (times_s > phone.end_s) & (times_s < next_s)
        open_at = times_s[inside][gap[inside] > limit]
        open_s = float(open_at[-1]) + 0.5 / FPS - phone.end_s if len(open_at) else 0.0
        delays.append(np.inf if len(open_at) and open_at[-1] == times_s[inside][-1] else open_s)
    return np.array(delays)


# Windows --------------------------------------------------------------------------------------------------------------


def window_starts(n_frames: int) -> np.ndarray:
    """The frames at which the model's windows join within one part of `n_frames`, by the rule of its performer."""
    n_windows, made = -(-n_frames // N_NEW), [0]
    for i in range(n_windows):
        made.append(made[-1] - (-(n_frames - made[-1]) // (n_windows - i)))
    return np.array(made[1:-1], int)


def seam(
    recordings: Sequence[tuple[np.ndarray, np.ndarray]], columns: np.ndarray, n_after: int = 0
) -> tuple[float, float]:
    """Second differences of `columns` across joins over those elsewhere, as a ratio of means, and its standard error.

    `recordings` are (vectors, frames at which something new begins). Two second differences span each join; `n_after`
    more are counted with them, so that a join that is only smeared is seen as well.
    """
    at_joins, elsewhere = [], []
    for vectors, starts in recordings:
        size = np.abs(np.diff(vectors[:, columns], 2, axis=0)).mean(1)
        spans = np.minimum(starts[:, None] + np.arange(-2, n_after), len(size) - 1)
        at_joins.append(size[spans].mean(1))
        elsewhere.append(np.delete(size, np.unique(spans)))
    joins, usual = np.concatenate(at_joins), max(float(np.concatenate(elsewhere).mean()), 1e-9)
    return float(joins.mean() / usual), float(joins.std() / np.sqrt(len(joins)) / usual)


# Life -----------------------------------------------------------------------------------------------------------------

GAZE_SHIFT_DEG, GAZE_SHIFT_S = 3.0, 0.12


@dataclass(frozen=True)
class Life:
    """Over some minutes: blinks and gaze shifts a minute, each blink's length from half shut to half open, head range
    (2nd to 98th percentile; yaw, pitch, roll) and mean speed of the head's turning, brows' mean speed in 1/s."""

    blinks_per_min: float
    blink_ms: np.ndarray
    gaze_shifts_per_min: float
    head_range_deg: np.ndarray
    head_speed_deg_s: float
    brow_speed: float


def life_of(recordings: Sequence[np.ndarray]) -> Life:
    """Of vectors of long recordings; the head's range is the mean over them."""
    found = [self_check.blinks(1 - v[:, BLINK_COLUMNS].mean(1), FPS) for v in recordings]
    minutes = sum(len(v) for v in recordings) / FPS / 60
    turns = [np.linalg.norm(np.diff(v[:, ROTATION], axis=0), axis=1) for v in recordings]
    brows = [np.abs(np.diff(v[:, BROW_COLUMNS], axis=0)).mean(1) for v in recordings]
    return Life(
        sum(map(len, found)) / minutes,
        np.array([1000 * length_s for blinks in found for _, length_s in blinks]),
        sum(gaze_shifts(v) for v in recordings) / minutes,
        np.mean([np.ptp(np.percentile(v[:, ROTATION], (2, 98), axis=0), axis=0) for v in recordings], axis=0),
        float(np.concatenate(turns).mean() * FPS),
        float(np.concatenate(brows).mean() * FPS),
    )


def gaze_deg(vectors: np.ndarray) -> np.ndarray:
    """Where the eyes look in the head, (n, 2): yaw to the viewer's right, pitch up."""
    of = lambda name: vectors[:, CHANNEL_INDEX[name]]  # noqa: E731
    yaw = of("eyeLookOutLeft") - of("eyeLookInLeft") + of("eyeLookInRight") - of("eyeLookOutRight")
    pitch = of("eyeLookUpLeft") - of("eyeLookDownLeft") + of("eyeLookUpRight") - of("eyeLookDownRight")
    return EYE_RANGE_DEG / 2 * np.stack([yaw, pitch], axis=1)


def gaze_shifts(vectors: np.ndarray) -> int:
    """How often the eyes turn by more than 3° within 0.12 s."""
    step, look = round(GAZE_SHIFT_S * FPS), gaze_deg(vectors)
    fast = np.linalg.norm(look[step:] - look[:-step], axis=1) > GAZE_SHIFT_DEG
    return int(np.count_nonzero(fast[1:] & ~fast[:-1]) + fast[:1].sum())


def head_speed(vectors: np.ndarray) -> np.ndarray:
    """How fast the head turns, (n,) in degrees a second."""
    return np.linalg.norm(np.gradient(vectors[:, ROTATION], axis=0), axis=1) * FPS


def brow_height(vectors: np.ndarray) -> np.ndarray:
    """How far the brows are raised, (n,)."""
    names = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
    return vectors[:, [CHANNEL_INDEX[name] for name in names]].mean(1)


def beats_met(curve: np.ndarray, times_s: np.ndarray, reach_s: float = 0.15) -> tuple[float, float]:
    """Share of the moments `times_s` with a peak of `curve` (n,) within ± `reach_s`, and that of the same moments
    shifted in a circle, which is what chance gives."""
    peaks_s = (find_peaks(curve, prominence=curve.std())[0] + 0.5) / FPS
    length_s = len(curve) / FPS
    share = lambda at_s: float((np.abs(at_s[:, None] - peaks_s).min(1, initial=np.inf) <= reach_s).mean())  # noqa: E731
    shifts_s = np.linspace(1.0, length_s - 1.0, 50)
    return share(times_s), float(np.mean([share((times_s + s) % length_s) for s in shifts_s]))


# Likeness of whole performances ---------------------------------------------------------------------------------------


def moving(vectors: np.ndarray) -> np.ndarray:
    """Each frame beside how it changes, (n − 1, 118)."""
    return np.concatenate([vectors[1:], np.diff(vectors, axis=0) * FPS], axis=1)


def frechet(performed: Sequence[np.ndarray], reference: Sequence[np.ndarray], columns: np.ndarray = ALL) -> float:
    """Fréchet distance of frames and their changes to those of a reference, in its deviations, per number compared.

    Both are lists of vectors. Channels that hardly move in the reference count against a deviation of 0.01.
    """
    ours, theirs = (
        np.concatenate([moving(v[:, columns]) for v in some]).astype(float) for some in (performed, reference)
    )
    scale = np.maximum(theirs.std(0), np.repeat([0.01, 0.01 * FPS], len(columns)))
    ours, theirs = ours / scale, theirs / scale
    a, b = np.cov(ours.T), np.cov(theirs.T)
    apart = np.square(ours.mean(0) - theirs.mean(0)).sum()
    a, b = np.atleast_2d(a), np.atleast_2d(b)
    shared = np.sqrt(np.maximum(np.linalg.eigvals(a @ b).real, 0)).sum()  # the trace of the root of a @ b
    return max(0.0, float((apart + np.trace(a + b) - 2 * shared) / len(scale)))


def probe_features(vectors: np.ndarray) -> np.ndarray:
    """What a clip's face says apart from its lips, (d,): mean and deviation of the other channels and of the head's
    turning, and the mean of the corners of the mouth."""
    apart = [*np.setdiff1d(np.arange(N_CHANNELS), LIP_COLUMNS), *ALL[ROTATION]]
    return np.concatenate([vectors[:, apart].mean(0), vectors[:, apart].std(0), vectors[:, CORNERS].mean(0)])


@dataclass(frozen=True)
class Probe:
    """Names the feeling of a clip's motion by logistic regression on `probe_features`, each brought to its deviation;
    to no less than 0.02, lest the noise of what hardly moves speak as loudly as a face."""

    mean: np.ndarray
    scale: np.ndarray
    classifier: object

    @classmethod
    def fit(cls, performances: Sequence[np.ndarray], labels: Sequence[int]) -> Probe:
        """From vectors of clips whose feelings are known."""
        from sklearn.linear_model import LogisticRegression

        features = np.array([probe_features(vectors) for vectors in performances])
        mean, scale = features.mean(0), np.maximum(features.std(0), 0.02)
        return cls(mean, scale, LogisticRegression(max_iter=2000).fit((features - mean) / scale, labels))

    def scores(self, performances: Sequence[np.ndarray]) -> np.ndarray:
        """How far each clip lies along each feeling's direction, (clips, feelings)."""
        features = np.array([probe_features(vectors) for vectors in performances])
        return self.classifier.decision_function((features - self.mean) / self.scale)


def largest_jumps(vectors: np.ndarray) -> tuple[float, float]:
    """The largest change from frame to frame of the head's turning in degrees, and of the lip gap."""
    return (
        float(np.abs(np.diff(vectors[:, ROTATION], axis=0)).max()),
        float(np.abs(np.diff(vectors[:, GAP])).max()),
    )


@dataclass(frozen=True)
class Oddly:
    """What the motion did with odd sound: largest steps of head (°) and lip gap, ms until lips closed after each end
    of speech, and, where nobody speaks, lip change in ‰ a frame and share of frames with parted lips."""

    finite: bool
    steps: tuple[float, float]
    delays_ms: np.ndarray
    still: float | None = None
    parted: float | None = None

    @classmethod
    def of(cls, vectors: np.ndarray, speech: Speech, limit: float) -> Oddly:
        """Of a performance (n, 59); lips are closed under `limit`."""
        gap, finite = vectors[:, GAP], bool(np.isfinite(vectors).all())
        delays_ms = 1000 * closing_delays_s(gap, speech.audio, speech.phones, limit)
        silent = () if speech.phones else (float(1000 * np.abs(np.diff(gap)).mean()), float((gap > limit).mean()))
        return cls(finite, largest_jumps(vectors), delays_ms, *silent)


class Clock:
    """Seconds spent within functions, call by call."""

    def __init__(self) -> None:
        self.spent_s: dict[str, list[float]] = {}

    def timed(self, name: str, function: Callable) -> Callable:
        """The same function, its time booked under `name`."""

        def wrapped(*arguments: object) -> object:
            start_s = time.perf_counter()
            answer = function(*arguments)
            self.spent_s.setdefault(name, []).append(time.perf_counter() - start_s)
            return answer

        return wrapped
