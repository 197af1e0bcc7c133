"""What is done to a sampled window before it is shown: pure steps, in the order in which they are listed.

`IN_UNITS` work on what was sampled, in the network's units, and become what the next window sees before it;
`AS_SHOWN` work on the same in natural units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from generators.contracts import Phone
from generators.motion.diffusion.configuration import FPS, N_BEFORE
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BROW_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    HEAD_COLUMNS,
    SPEECH_COLUMNS,
)
from generators.motion.diffusion.sampling import ModelInputs
from generators.motion.rig.visemes import VISEMES

HEAD_SIGMA_FRAMES, BROW_SIGMA_FRAMES = 2.0, 0.8
GAZE_MEDIAN_FRAMES = 3
# Lip gaps are in distances between the pupils; lips that stay between the rest gaps for so many frames rest.
REST_GAPS_IPD, REST_FRAMES = (-0.011, 0.025), 6
CLOSURE_GAP_IPD = -0.008
BILABIALS = frozenset(symbol for symbol, viseme in VISEMES.items() if viseme.seal == "lips")
_FACE_COLUMNS = np.setdiff1d(np.arange(52), np.concatenate([SPEECH_COLUMNS, BLINK_COLUMNS, GAZE_COLUMNS]))


class Crossfade(NamedTuple):
    """Which columns are brought together at a join, within how many frames, and whether their velocity is too."""

    columns: np.ndarray
    n_frames: int
    matches_velocity: float


CROSSFADES = (Crossfade(HEAD_COLUMNS, 14, 1.0), Crossfade(_FACE_COLUMNS, 8, 1.0), Crossfade(GAZE_COLUMNS, 5, 0.0))


@dataclass(frozen=True)
class WindowContext:
    """What the steps may know of a window.

    Attributes:
        inputs: what it was sampled from.
        noiseless: the window (100, 59) sampled from the same without noise.
        gains: (59,) by which the style enlarges each number.
        phones: on the clock of the clip, where they are known.
        first_frame: the frame of the clip at which the rows of `AS_SHOWN` begin.
    """

    inputs: ModelInputs
    noiseless: np.ndarray
    gains: np.ndarray
    phones: Sequence[Phone]
    first_frame: int


Step = Callable[[np.ndarray, WindowContext], np.ndarray]


def apply(steps: Sequence[Step], values: np.ndarray, context: WindowContext) -> np.ndarray:
    """Values (n, 59) after each of the steps in turn."""
    for step in steps:
        values = step(values, context)
    return values


def smooth(sampled: np.ndarray, context: WindowContext) -> np.ndarray:
    """Without the tremor of a few hundredths of a second that sampling leaves in head, breath and brows, and without
    glances of a single frame."""
    from scipy.ndimage import gaussian_filter1d, median_filter

    inputs = context.inputs
    rows, smoothed = np.flatnonzero(inputs.valid), sampled.copy()
    for columns, sigma_frames in ((HEAD_COLUMNS, HEAD_SIGMA_FRAMES), (BROW_COLUMNS, BROW_SIGMA_FRAMES)):
        at = np.ix_(rows, columns)
        smoothed[at] = gaussian_filter1d(sampled[at], sigma_frames, axis=0, mode="nearest")
    at = np.ix_(rows, GAZE_COLUMNS)
    smoothed[at] = median_filter(sampled[at], (GAZE_MEDIAN_FRAMES, 1), mode="nearest")
    return np.where(inputs.known[:, None] > 0, inputs.before, smoothed)


def crossfade(sampled: np.ndarray, context: WindowContext) -> np.ndarray:
    """The window faded in from the end of the one before it, by cubic Hermite curves (C¹).

    Slow channels move less in a frame than the network errs; the offset at the join fades out within half a second.
    The lips are left to the sound, lids to the blinks; a gaze may begin to move at once.
    """
    if context.inputs.known[N_BEFORE - 2] == 0:
        return sampled
    faded = sampled.copy()
    for columns, n_frames, matches_velocity in CROSSFADES:
        last, first = sampled[N_BEFORE - 2 : N_BEFORE, columns], sampled[N_BEFORE : N_BEFORE + 2, columns]
        velocity = matches_velocity * (last[1] - last[0])
        offset = last[1] + velocity - first[0]
        offset_velocity = velocity - matches_velocity * (first[1] - first[0])
        t = (np.arange(n_frames) / n_frames)[:, None]
        fade = (1 + 2 * t) * (1 - t) ** 2 * offset + n_frames * t * (1 - t) ** 2 * offset_velocity
        faded[N_BEFORE : N_BEFORE + n_frames, columns] += fade
    return faded


def replace_lips(sampled: np.ndarray, context: WindowContext) -> np.ndarray:
    """What sound decides is taken from the window without noise, so that no seed touches the lips."""
    replaced = sampled.copy()
    replaced[N_BEFORE:, SPEECH_COLUMNS] = context.noiseless[N_BEFORE:, SPEECH_COLUMNS]
    return replaced


def snap_to_rest(vectors: np.ndarray, context: WindowContext) -> np.ndarray:
    """Lips that hardly part for a while do not quiver but rest."""
    from scipy.ndimage import binary_opening, gaussian_filter1d

    gap = vectors[:, GAP]
    still = binary_opening((gap > REST_GAPS_IPD[0]) & (gap < REST_GAPS_IPD[1]), np.ones(REST_FRAMES), border_value=0)
    share = np.minimum(gaussian_filter1d(still.astype(float), 1.0, mode="nearest"), still)[:, None]
    rested = vectors.copy()
    rested[:, SPEECH_COLUMNS] *= 1 - share
    return rested


def apply_gains(vectors: np.ndarray, context: WindowContext) -> np.ndarray:
    """As large as the style asks; lips that touch keep touching."""
    styled = vectors * context.gains
    styled[:, GAP] = np.where(vectors[:, GAP] > 0, styled[:, GAP], vectors[:, GAP])
    return styled


def enforce_bilabial_closure(vectors: np.ndarray, context: WindowContext) -> np.ndarray:
    """Lips that touch in every p, b and m: one of a frame may be sampled ajar."""
    closed = vectors.copy()
    for phone in context.phones:
        if phone.symbol not in BILABIALS:
            continue
        middle, inside = _frames_of(phone, context.first_frame)
        if not 0 <= middle < len(closed) or closed[inside, GAP].min() <= 0:
            continue
        for frame, share in ((middle - 1, 0.5), (middle, 1.0), (middle + 1, 0.5)):
            if 0 <= frame < len(closed):
                closed[frame, GAP] += share * min(0.0, CLOSURE_GAP_IPD - closed[frame, GAP])
    return closed


def _frames_of(phone: Phone, first_frame: int) -> tuple[int, slice]:
    """The frame in whose time the middle of a phone lies, and those whose middle the phone covers, at least that
    one, counted from `first_frame` on."""
    low, high = (round(time_s * FPS) - first_frame for time_s in (phone.start_s, phone.end_s))
    middle = int(0.5 * (phone.start_s + phone.end_s) * FPS) - first_frame
    return middle, slice(max(0, min(low, middle)), max(high, middle + 1))


IN_UNITS: tuple[Step, ...] = (smooth, crossfade, replace_lips)
AS_SHOWN: tuple[Step, ...] = (snap_to_rest, apply_gains, enforce_bilabial_closure)
