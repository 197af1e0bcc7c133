"""Head, lids, gaze and brows; joins of windows; motion on odd sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from generators.contracts import CHANNEL_INDEX, Speech
from generators.motion.diffusion.configuration import FPS, N_NEW
from generators.motion.diffusion.motion_space import BLINK_COLUMNS, BROW_COLUMNS, GAP, ROTATION
from generators.motion.rig.gaze import EYE_RANGE_DEG
from scripts.evaluation.motion.lip_measures import closing_delays_s
from studio.quality import metrics as self_check


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
