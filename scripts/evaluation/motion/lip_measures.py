"""Lips against phones and sound: closures, vowels, lag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone
from generators.motion.diffusion.configuration import FPS
from generators.motion.rig.accents import trim_to_sound
from scripts.evaluation.metrics import correlation
from studio.quality import metrics as self_check

SAMPLE_S = 0.005  # the step of `self_check.log_energy`


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
    steps = [in_step(gap, audio) for gap, audio in zip(gaps, audios, strict=True)]
    lag = self_check.best_lag([energy for energy, _ in steps], [lips for _, lips in steps])
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
