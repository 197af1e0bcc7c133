"""Sounds that overlap: every sound pulls the mouth towards its target, before and after its own time.

After the dominance functions of Cohen and Massaro (1993), with kernels that end, so that silence is perfectly
still. Closures are no pull but a constraint: they are laid over intervals, not sampled at points, so that even
the shortest lands on a frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generators.motion.rig.curves import ease
from generators.motion.rig.visemes import AXES, JAW, Segments

#                         jaw   pucker funnel spread upper lower tongue
REACH_BEFORE_S = np.array([0.065, 0.20, 0.16, 0.12, 0.06, 0.06, 0.04])
REACH_AFTER_S = np.array([0.095, 0.13, 0.12, 0.12, 0.08, 0.08, 0.04])
REST_REACH_S = 0.06  # how far silence reaches into the sounds around it
SHORTEST_REST_S = 0.12  # in a shorter gap the mouth goes from sound to sound
CLOSING_S = 0.06  # lips on their way to a closure, and open again after it
OPENING_S = 0.05
SUBSAMPLES_HZ = 100
SEEN_SHARE = 0.65  # of a frame: a seal at least as long is whole in the middle half of some frame
NEIGHBOURS = 5  # sounds on each side that can matter at one moment
CHUNK_S, MARGIN_S = 20.0, 1.5
BREATH_PAUSE_S = 0.5
BREATH_JAW = 0.03


@dataclass(frozen=True)
class Mouth:
    """What speech asks of the mouth, frame by frame: `axes` (n, 7) in the order of `visemes.AXES`; `lips` and
    `teeth` (n,) 0..1, how far lips are sealed on each other and the lower lip on the teeth; `rest` (n,) 0..1,
    how silent it is."""

    axes: np.ndarray
    lips: np.ndarray
    teeth: np.ndarray
    rest: np.ndarray

    def frames(self, first: int, last: int) -> Mouth:
        """Frames `first` to `last` alone."""
        return Mouth(self.axes[first:last], self.lips[first:last], self.teeth[first:last], self.rest[first:last])


def rests(sounds: Segments, start_s: float, end_s: float) -> np.ndarray:
    """The silences (k, 2) between `start_s` and `end_s` in which the mouth comes to rest."""
    reached = np.maximum.accumulate(np.concatenate([[start_s], sounds.end_s]))
    gaps = np.stack([reached, np.concatenate([sounds.start_s, [end_s]])], axis=1)
    shortest = np.full(len(gaps), SHORTEST_REST_S)
    shortest[[0, -1]] = 1e-3
    return gaps[gaps[:, 1] - gaps[:, 0] >= shortest]


def articulate(sounds: Segments, silences: np.ndarray, first_frame: int, n_frames: int, fps: float) -> Mouth:
    """The mouth in frames `first_frame` … of the whole, each the mean over the time for which it is shown."""
    step = max(1, int(CHUNK_S * fps))
    starts = range(first_frame, first_frame + n_frames, step)
    chunks = [_articulate(sounds, silences, i, min(step, first_frame + n_frames - i), fps) for i in starts]
    join = lambda name: np.concatenate([getattr(chunk, name) for chunk in chunks])  # noqa: E731
    return Mouth(join("axes"), join("lips"), join("teeth"), join("rest"))


def _articulate(sounds: Segments, silences: np.ndarray, first_frame: int, n_frames: int, fps: float) -> Mouth:
    """`articulate` for few enough frames to weigh each against every sound around them."""
    low_s, high_s = first_frame / fps - MARGIN_S, (first_frame + n_frames) / fps + MARGIN_S
    sounds = sounds.between(low_s, high_s)
    silences = silences[(silences[:, 1] > low_s) & (silences[:, 0] < high_s)]
    n_sub = max(1, round(SUBSAMPLES_HZ / fps))
    times_s = (first_frame + (np.arange(n_frames * n_sub) + 0.5) / n_sub) / fps
    per_frame = lambda values: values.reshape(n_frames, n_sub, *values.shape[1:])  # noqa: E731
    middle = slice(n_sub // 4, n_sub - n_sub // 4)
    seen = lambda values: per_frame(values)[:, middle].max(1)  # noqa: E731
    axes, rest = _blend(sounds, silences, times_s)
    axes[:, JAW] += _breath_in(silences, sounds, times_s)
    return Mouth(
        per_frame(axes).mean(1),
        seen(_sealed(sounds, sounds.lips, times_s, 1 / fps)),
        seen(_sealed(sounds, sounds.teeth, times_s, 1 / fps)),
        per_frame(rest).mean(1),
    )


def _blend(sounds: Segments, silences: np.ndarray, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Axes (n, 7) and rest (n,) as the mean of the targets, each weighted by its pull at that moment."""
    rest_pull = _pull(silences[:, 0], silences[:, 1], times_s, REST_REACH_S, REST_REACH_S).max(1, initial=0.0)
    if not len(sounds.start_s):
        return np.zeros((len(times_s), len(AXES))), np.ones(len(times_s))
    middle = 0.5 * (sounds.start_s + sounds.end_s)
    nearest = np.searchsorted(middle, times_s)[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS)
    valid = (nearest >= 0) & (nearest < len(middle))
    nearest = np.clip(nearest, 0, len(middle) - 1)
    before = (sounds.start_s[nearest] - times_s[:, None])[..., None]
    after = (times_s[:, None] - sounds.end_s[nearest])[..., None]
    pull = ease(1 - np.maximum(before / REACH_BEFORE_S, after / REACH_AFTER_S))
    pull = pull * valid[..., None] * sounds.holds[nearest]
    total = pull.sum(1) + rest_pull[:, None]
    axes = (pull * sounds.targets[nearest]).sum(1) / np.maximum(total, 1e-6)
    jaw_pull = pull[..., JAW].sum(1)
    return axes, rest_pull / np.maximum(rest_pull + jaw_pull, 1e-6)


def _pull(start_s: np.ndarray, end_s: np.ndarray, times_s: np.ndarray, before_s, after_s) -> np.ndarray:
    """1 within each interval, easing to 0 at its reach before and after it: (n, k)."""
    away = np.maximum((start_s - times_s[:, None]) / before_s, (times_s[:, None] - end_s) / after_s)
    return ease(1 - away)


def _sealed(sounds: Segments, which: np.ndarray, times_s: np.ndarray, frame_s: float) -> np.ndarray:
    """How far the seals of the sounds `which` are closed (n,): whole from a sound's start until shortly before
    its end, long enough for a frame to see it, and hurried where a neighbour is short, so that it is still heard."""
    start_s, end_s = sounds.start_s[which], sounds.end_s[which]
    release_s = end_s - np.minimum(0.02, 0.25 * (end_s - start_s))
    short = np.maximum(0.0, SEEN_SHARE * frame_s - (release_s - start_s)) / 2
    length_s = sounds.end_s - sounds.start_s
    before_s = np.concatenate([[CLOSING_S], length_s])[:-1][which]
    after_s = np.concatenate([length_s, [OPENING_S]])[1:][which]
    closing_s = np.clip(0.4 * before_s, 0.015, CLOSING_S)
    opening_s = np.clip(0.35 * after_s, 0.015, OPENING_S)
    return _pull(start_s - short, release_s + short, times_s, closing_s, opening_s).max(1, initial=0.0)


def _breath_in(silences: np.ndarray, sounds: Segments, times_s: np.ndarray) -> np.ndarray:
    """The lips part a little for the breath that is drawn before a phrase, after a long enough pause."""
    ends = silences[silences[:, 1] - silences[:, 0] >= BREATH_PAUSE_S, 1]
    ends = ends[np.isin(ends, sounds.start_s)]
    return BREATH_JAW * _pull(ends - 0.16, ends - 0.06, times_s, 0.14, 0.08).max(1, initial=0.0)
