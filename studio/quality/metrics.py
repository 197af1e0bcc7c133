"""Grades a finished clip by its own pixels and sound: lips, life, stillness, words, and the feeling on the face.

Lengths on a face are in interocular distances (outer eye corner to outer eye corner, in three dimensions), so that
size and turning of the head do not matter. A frame stands for the middle of the time that it is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.face_geometry import lid_opening, lip_gap
from generators.contracts import Phone
from generators.voice.catalog import list_voices
from studio.quality.expression import expression_evidence
from studio.quality.observation import FaceTrack, Observation, observe

CLOSING = frozenset({"p", "b", "m"})
LIP_TO_TEETH = frozenset({"f", "v"})
OPEN_VOWELS = frozenset({"ɑ", "æ", "a", "ʌ", "ɔ", "ɒ", "aɪ", "aʊ", "ɔɪ"})

_LOWER_LIP_EDGES = (14, 17)  # its upper edge, its lower border
_IRISES = ((468, 33, 133), (473, 362, 263))  # centre, then the corners at the viewer's left and right

TOUCHING = 0.03  # lips in contact never measure more than this on a real face
_SAMPLE_S = 0.005
_SILENCE_S = 0.25
_SETTLING_S = 0.12  # lips may still close or already open this near to speech


@dataclass(frozen=True)
class LipReport:
    """`…_share` are 0..1 or None without such phones; gaps in interocular distances; `lag_ms` > 0: lips after sound."""

    closed_gap: float
    open_gap: float
    closure_limit: float
    n_closing: int
    closed_share: float | None
    n_open_vowels: int
    open_share: float | None
    n_lip_to_teeth: int
    lip_to_teeth_share: float | None
    lip_to_teeth_gap: float | None
    lag_ms: float | None
    lag_r: float | None
    silence_s: float
    silence_motion: float | None
    silence_open_share: float | None
    jitter: float


@dataclass(frozen=True)
class LifeReport:
    """Blinks last from half closed to half open; head ranges are 2nd to 98th percentile in degrees."""

    blinks_per_min: float
    blink_ms: tuple[float, ...]
    gaze_shifts_per_min: float
    head_range_deg: tuple[float, float, float]
    frozen_share: float
    longest_frozen_s: float
    face_lost_share: float


@dataclass(frozen=True)
class ClipReport:
    """Everything measured on one clip; `expression` holds mean scores and geometry by name."""

    duration_s: float
    fps: float
    size: tuple[int, int]
    audio_video_difference_s: float | None
    lips: LipReport
    life: LifeReport
    expression: dict[str, float]
    heard: str | None = None
    word_error_rate: float | None = None

    def to_dict(self) -> dict:
        """Plain values, ready for JSON."""
        return asdict(self)


def check_clip(path: str | Path, report: Mapping[str, Any]) -> dict[str, Any]:
    """`grade_clip` as plain values."""
    return grade_clip(path, report).to_dict()


def grade_clip(path: str | Path, report: Mapping[str, Any]) -> ClipReport:
    """`measure_clip` of a clip made by `Studio`, its phones, text and language taken from its own report."""
    request = report.get("request") or {}
    phones = read_phones(report.get("phones") or ())
    return measure_clip(path, phones=phones, text=request.get("text"), language=language_of(request))


def language_of(request: Mapping[str, Any]) -> str | None:
    """The language of a request's text: the one it names, else its voice's own; None for a recording's, to be heard."""
    if request.get("language") or request.get("audio"):
        return request.get("language")
    return next((voice.language for voice in list_voices() if voice.name == request.get("voice")), None)


def read_phones(rows: Iterable[Sequence]) -> list[Phone]:
    """Phones from a report's rows [symbol, start_s, end_s, stress, word_index]."""
    return [Phone(str(row[0]), float(row[1]), float(row[2]), *(int(v) for v in row[3:5])) for row in rows]


def measure_clip(
    path: str | Path,
    *,
    phones: Sequence[Phone] = (),
    text: str | None = None,
    language: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> ClipReport:
    """Measure a clip against the phones it was to speak and the `text` it was to say (None: words are not heard).

    Raises `BadInput` when the file is not a video with a face, `Missing` when weights for looking or hearing lack.
    """
    observation = observe(path, progress)
    heard = transcribed_text(observation.audio, language) if text and observation.audio else None
    difference = abs(observation.video_duration_s - observation.audio_duration_s) if observation.audio else None
    return ClipReport(
        duration_s=observation.video_duration_s,
        fps=observation.face.fps,
        size=observation.size,
        audio_video_difference_s=difference,
        lips=check_lips(observation.face, observation.audio, phones),
        life=check_life(observation),
        expression=expression_evidence(observation.face),
        heard=heard,
        word_error_rate=word_error_rate(text, heard, language) if text and heard is not None else None,
    )


# Lips ----------------------------------------------------------------------------------------------------------------


def lip_levels(gap: np.ndarray) -> tuple[float, float, float]:
    """This face's closed gap, open gap, and the limit under which its lips count as closed.

    Closed is the face's own 2nd percentile, since a moustache or a photo biases the landmarks; but never more than
    lips in contact can measure, or a mouth that never closes would set its own standard. The limit leaves 15 % of
    this face's own range: a real speaker reads under 6 % when closed and over 30 % in vowels.
    """
    closed = float(min(np.percentile(gap, 2), TOUCHING))
    opened = float(max(np.percentile(gap, 95), closed))
    return closed, opened, closed + float(np.clip(0.15 * (opened - closed), 0.008, 0.03))


def _shown_within(phone: Phone, n_frames: int, fps: float) -> slice:
    """The frames on show while a phone sounds; at least one where the clip lasts that long."""
    first = int(np.clip(np.floor(phone.start_s * fps + 1e-6), 0, n_frames - 1))
    return slice(first, int(np.clip(np.ceil(phone.end_s * fps - 1e-6), first + 1, n_frames)))


def phone_gaps(
    gap: np.ndarray, fps: float, phones: Sequence[Phone], symbols: frozenset[str], pick: Callable
) -> np.ndarray:
    """The smallest (`np.min`) or largest (`np.max`) gap within each phone of `symbols`, (k,)."""
    return np.array([pick(gap[_shown_within(p, len(gap), fps)]) for p in phones if p.symbol in symbols])


def check_lips(face: FaceTrack, audio: Audio | None, phones: Sequence[Phone]) -> LipReport:
    """Closures, openings, lag and stillness of the lips."""
    gap = lip_gap(face.landmarks)
    closed, opened, limit = lip_levels(gap)
    closures = phone_gaps(gap, face.fps, phones, CLOSING, np.min)
    vowels = phone_gaps(gap, face.fps, phones, OPEN_VOWELS, np.max)
    teeth = phone_gaps(gap, face.fps, phones, LIP_TO_TEETH, np.min)
    lag = lip_lag(gap, face.fps, audio) if audio is not None else None
    silence_s, motion, open_share = stillness(gap, face.fps, phones, limit)
    share = lambda hits: float(np.mean(hits)) if len(hits) else None  # noqa: E731
    return LipReport(
        closed_gap=closed,
        open_gap=opened,
        closure_limit=limit,
        n_closing=len(closures),
        closed_share=share(closures <= limit),
        n_open_vowels=len(vowels),
        open_share=share(vowels >= closed + max(0.3 * (opened - closed), 2 * (limit - closed), 0.03)),
        n_lip_to_teeth=len(teeth),
        lip_to_teeth_share=share(teeth <= closed + 2 * (limit - closed)),
        lip_to_teeth_gap=float(np.median(teeth)) if len(teeth) else None,
        lag_ms=lag[0] if lag else None,
        lag_r=lag[1] if lag else None,
        silence_s=silence_s,
        silence_motion=motion,
        silence_open_share=open_share,
        jitter=float(1000 * np.abs(np.diff(gap, 2)).mean()) if len(gap) > 2 else 0.0,
    )


def log_energy(audio: Audio, hop_s: float = _SAMPLE_S, window_s: float = 0.025, floor_db: float = -40.0) -> np.ndarray:
    """Energy in dB around each multiple of `hop_s`, (n,), no lower than `floor_db` under the loud moments."""
    power = np.concatenate([[0.0], np.cumsum(audio.samples.astype(np.float64) ** 2)])
    centres_s = np.arange(0, audio.duration_s, hop_s)
    edges = [
        np.clip(((centres_s + side * window_s / 2) * audio.sample_rate_hz).astype(int), 0, len(power) - 1)
        for side in (-1, 1)
    ]
    energy = 10 * np.log10((power[edges[1]] - power[edges[0]]) / np.maximum(edges[1] - edges[0], 1) + 1e-12)
    return np.maximum(energy, np.percentile(energy, 99) + floor_db)


def lip_lag(gap: np.ndarray, fps: float, audio: Audio, reach_s: float = 0.2) -> tuple[float, float] | None:
    """Lag in ms (> 0: lips after sound) at which lip gap and log energy correlate best, and that correlation.

    None under 2 s or when nothing moves; trust it from 20 s of speech on.
    """
    energy = log_energy(audio)
    times_s = np.arange(len(energy)) * _SAMPLE_S
    frame_times_s = (np.arange(len(gap)) + 0.5) / fps
    both = (times_s >= frame_times_s[0]) & (times_s <= frame_times_s[-1])
    energy, lips = energy[both], np.interp(times_s[both], frame_times_s, gap)
    return best_lag([energy], [lips], reach_s)


def best_lag(energies: list[np.ndarray], lips: list[np.ndarray], reach_s: float = 0.2) -> tuple[float, float] | None:
    """`lip_lag` pooled over recordings sampled every 5 ms, each centred on its own mean.

    Speech repeats itself syllable by syllable (about 0.24 s), so a summit counts before a slope that leads out of
    reach to the neighbouring syllable's.
    """
    from scipy.signal import find_peaks

    reach = int(round(reach_s / _SAMPLE_S))
    pairs = [(e - e.mean(), g - g.mean()) for e, g in zip(energies, lips, strict=True) if len(e) > 4 * reach]
    if not pairs or all(e.std() < 1e-6 or g.std() < 1e-6 for e, g in pairs):
        return None
    sound = np.concatenate([e[reach : len(e) - reach] for e, _ in pairs])
    lags = np.arange(-reach, reach + 1)
    r = [
        np.corrcoef(sound, np.concatenate([g[reach + lag : len(g) - reach + lag] for _, g in pairs]))[0, 1]
        for lag in lags
    ]
    summits = find_peaks(r)[0]
    best = int(summits[np.argmax(np.take(r, summits))] if len(summits) else np.nanargmax(r))
    return float(lags[best] * _SAMPLE_S * 1000), float(r[best])


def stillness(
    gap: np.ndarray, fps: float, phones: Sequence[Phone], limit: float
) -> tuple[float, float | None, float | None]:
    """Seconds of silence judged, mean |change| per frame in 1/1000 interocular, and share of frames with open lips."""
    if not phones:
        return 0.0, None, None
    borders = [0.0, *(t for p in phones for t in (p.start_s, p.end_s)), len(gap) / fps]
    changes, opened = [], []
    for start_s, end_s in zip(borders[::2], borders[1::2], strict=True):
        lead = 0.0 if start_s == 0.0 else _SETTLING_S
        tail = 0.0 if end_s == borders[-1] else _SETTLING_S
        frames = slice(int(np.ceil((start_s + lead) * fps)), int((end_s - tail) * fps))
        if end_s - start_s > _SILENCE_S and len(gap[frames]) > 1:
            changes.append(np.abs(np.diff(gap[frames])))
            opened.append(gap[frames] > limit)
    if not changes:
        return 0.0, None, None
    opened_frames = np.concatenate(opened)
    return len(opened_frames) / fps, float(1000 * np.concatenate(changes).mean()), float(opened_frames.mean())


# Life ----------------------------------------------------------------------------------------------------------------


def blinks(opening: np.ndarray, fps: float) -> list[tuple[float, float]]:
    """(time_s, duration_s) of every blink in a curve of lid opening.

    A blink falls at least 45 % below the level around it and is over within 0.6 s; its duration is the time spent
    below the half of its own depth.
    """
    from scipy.ndimage import percentile_filter
    from scipy.signal import find_peaks

    if len(opening) < 3:
        return []
    level = percentile_filter(opening, 70, size=max(3, int(2 * fps) | 1), mode="nearest")
    drop = np.pad(1 - opening / np.maximum(level, 1e-6), 1)
    found = []
    for i in find_peaks(drop, height=0.45, distance=max(1, int(0.12 * fps)), prominence=0.25)[0]:
        half = drop[i] / 2
        before, after = i, i
        while drop[before - 1] > half:
            before -= 1
        while drop[after + 1] > half:
            after += 1
        start = before - 1 + (half - drop[before - 1]) / (drop[before] - drop[before - 1])
        end = after + 1 - (half - drop[after + 1]) / (drop[after] - drop[after + 1])
        duration_s = (end - start) / fps
        if duration_s <= 0.6:
            found.append(((i - 0.5) / fps, duration_s))
    return found


def gaze_shifts(landmarks: np.ndarray, fps: float, lids: np.ndarray) -> int:
    """How often the irises jump by more than 4 % of an eye's width within 0.12 s, blinks left out."""
    from scipy.ndimage import median_filter

    at = []
    for iris, left, right in _IRISES:
        axis = (landmarks[:, right] - landmarks[:, left])[:, :2]
        at.append(((landmarks[:, iris] - landmarks[:, left])[:, :2] * axis).sum(1) / (axis**2).sum(1))
    place = median_filter(np.mean(at, axis=0), size=3)
    step = max(1, int(round(0.12 * fps)))
    if not np.isfinite(place).all() or len(place) <= step:
        return 0
    seeing = lids > 0.7 * np.percentile(lids, 70)
    jumps = (np.abs(place[step:] - place[:-step]) > 0.04) & seeing[step:] & seeing[:-step]
    return int((np.diff(jumps.astype(int)) == 1).sum() + jumps[:1].sum())


def check_life(observation: Observation) -> LifeReport:
    """Blinks, gaze, head movement, and frames that stand still or lack the face."""
    face = observation.face
    lids = lid_opening(face.landmarks)
    found = blinks(lids, face.fps)
    minutes = len(face) / face.fps / 60
    low, high = np.percentile(face.head_rotation_deg, [2, 98], axis=0)
    yaw, pitch, roll = high - low
    longest = run = 0
    for same in observation.same_as_before:
        run = run + 1 if same else 0
        longest = max(longest, run)
    return LifeReport(
        blinks_per_min=len(found) / minutes,
        blink_ms=tuple(round(1000 * duration_s) for _, duration_s in found),
        gaze_shifts_per_min=gaze_shifts(face.landmarks, face.fps, lids) / minutes,
        head_range_deg=(float(yaw), float(pitch), float(roll)),
        frozen_share=float(observation.same_as_before[1:].mean()) if len(face) > 1 else 0.0,
        longest_frozen_s=longest / face.fps,
        face_lost_share=float(1 - face.found.mean()),
    )


# Words ---------------------------------------------------------------------------------------------------------------


def transcribed_text(audio: Audio, language: str | None = None) -> str:
    """What Whisper hears, as one line."""
    from emotion_embed.signals.asr import transcribe

    return " ".join(word.text for word in transcribe(audio, language).words)


def plain_words(text: str, language: str | None = None) -> list[str]:
    """Lower-case words without marks of emotion or punctuation, digits spelt out in `language` (default English)."""
    text = re.sub(r"\[[^\]]*\]", " ", unicodedata.normalize("NFC", text.lower())).replace("’", "'")
    if (language or "en").startswith("en"):
        text = text.replace("%", " percent ").replace("&", " and ")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"\d+(\.\d+)?", lambda m: f" {_spelt_out(m[0], language)} ", text)
    # A vowel sign of Hindi is a mark and no letter to Python, yet it parts no word.
    text = "".join(c if c.isalnum() or c == "'" or unicodedata.category(c)[0] == "M" else " " for c in text)
    return [word for word in (piece.strip("'") for piece in text.split()) if word]


def _spelt_out(digits: str, language: str | None) -> str:
    """A number in words; its digits in a language that num2words lacks, and where it is too long to be said."""
    from num2words import CONVERTER_CLASSES, num2words

    code = (language or "en").lower().split("-")[0]
    if code not in CONVERTER_CLASSES or len(digits) > 15:
        return digits.replace(".", " ")
    return num2words(float(digits) if "." in digits else int(digits), lang=code)


def word_error_rate(reference: str, hypothesis: str, language: str | None = None) -> float:
    """Substitutions, insertions and deletions over the number of words to be said (0 is right, can pass 1)."""
    from rapidfuzz.distance import Levenshtein

    said, heard = plain_words(reference, language), plain_words(hypothesis, language)
    return Levenshtein.distance(said, heard) / max(1, len(said))
