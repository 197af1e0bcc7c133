"""Lids that close over the eye: the rig's blink, bent so that this person's margins meet exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generators.contracts import CHANNEL_INDEX
from generators.head.mesh.rig import FaceRig
from generators.head.mesh.topology import EYES

MEETING = 0.12  # the lower lid rises by this part of the way: the upper one does the work
RIGID_STRIP_CM = 0.16  # skin this near to the margin keeps its lashes unstretched


@dataclass(frozen=True)
class Lids:
    """For the fine vertices `index` (n,) of one eye: which knot of the lid margin they lie behind (`knot` (n,),
    `part` (n,) towards the next one), how far they go along (`share` (n,)), and whether with the upper lid. The knots
    are the margin's vertices from corner to corner: `upper`, `lower` (9,), paired."""

    index: np.ndarray
    knot: np.ndarray
    part: np.ndarray
    share: np.ndarray
    is_upper: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

    def offsets(self, vertices: np.ndarray, closed: float) -> np.ndarray:
        """What to add to `vertices[index]` (n, 3) to close this eye by `closed` 0..1."""
        upper, lower = vertices[self.upper], vertices[self.lower]
        meeting = lower + MEETING * (upper - lower)
        part = self.part[:, None]
        both = []
        for margin in (upper, lower):
            way = closed * (meeting - margin)
            both.append(way[self.knot] * (1 - part) + way[self.knot + 1] * part)
        return self.share[:, None] * np.where(self.is_upper[:, None], both[0], both[1])


def build_lids(rig: FaceRig, neutral: np.ndarray, eye: int) -> Lids:
    """Read one eye's lids off the rig's blink and the person's `neutral` fine vertices (V, 3)."""
    ring = EYES[eye]
    delta = rig.expression_deltas[CHANNEL_INDEX[f"eyeBlink{('Right', 'Left')[eye]}"]]
    upper = np.array([ring.outer, *ring.upper, ring.inner])
    lower = np.array([ring.outer, *ring.lower, ring.inner])
    moves = np.linalg.norm(delta, axis=1) > 0.015
    moves[[*upper, *lower]] = True
    index = np.flatnonzero(moves)
    axis = neutral[ring.inner] - neutral[ring.outer]
    along = lambda points: (points - neutral[ring.outer]) @ axis / (axis @ axis)  # noqa: E731
    at, knots = np.clip(along(neutral[index]), 0, 1), along(neutral[upper])
    knots[0], knots[-1] = 0.0, 1.0
    knot = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    part = (at - knots[knot]) / np.maximum(knots[knot + 1] - knots[knot], 1e-6)
    is_upper = (delta[index, 1] < 0) & ~np.isin(index, ring.lower) | np.isin(index, ring.upper)
    share = np.zeros(len(index))
    for side, margin in ((True, upper), (False, lower)):
        rows = is_upper == side
        share[rows] = _share(delta, index[rows], at[rows], knots, margin, neutral)
    part = np.clip(part, 0, 1)
    for margin in (upper, lower):  # the margins themselves: each at its own knot, wholly
        at_margin = np.searchsorted(index, margin[1:-1])
        knot[at_margin], part[at_margin], share[at_margin] = np.arange(1, len(margin) - 1), 0.0, 1.0
    return Lids(index, knot, part, share, is_upper, upper, lower)


def _share(delta, index, at, knots, margin, neutral) -> np.ndarray:
    """How far vertices go along with the margin next to them: as in the rig, and wholly where lashes grow."""
    strength = np.linalg.norm(delta[margin], axis=1)
    local = np.maximum(np.interp(at, knots, strength), 0.35 * strength.max())
    share = np.clip(np.linalg.norm(delta[index], axis=1) / local, 0, 1)
    curve = np.stack([np.interp(at, knots, neutral[margin, i]) for i in range(2)], 1)
    distance = np.linalg.norm(neutral[index, :2] - curve, axis=1)
    near = np.clip(2 - distance / RIGID_STRIP_CM, 0, 1)
    return np.maximum(share, near)
