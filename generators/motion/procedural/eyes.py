"""Eyes: where they look, in saccades and fixations, and when they blink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from generators.contracts import CHANNEL_INDEX
from generators.motion.rig.accents import Phrase
from generators.motion.rig.blinks import LID_DOWN_S, LID_UP_S, BlinkCurve
from generators.motion.rig.curves import Moves
from generators.motion.rig.faces import EMOTIONS
from generators.motion.rig.gaze import EYE_RANGE_DEG, HOLD_EYES

MOST_DEG = 22.0
LARGE_SHIFT_DEG = 7.0
AVERT_AT_PHRASE = 0.45

SHORTEST_BLINK_GAP_S, LONGEST_BLINK_GAP_S = 2.45, 5.0  # so that any half minute holds 10–25 blinks per minute
BLINK_SPREAD = 0.22

# Per unit of an emotion: how much likelier the gaze leaves the viewer, how far it sinks, and the pace of blinks.
WANDERS = dict(zip(EMOTIONS, (-0.3, 0.4, -0.5, 0.5, -0.4, 0.4, 0.2), strict=True))
LOOKS_DOWN_DEG = dict(zip(EMOTIONS, (0.0, 4.0, 0.0, 0.0, 0.0, 2.0, 1.0), strict=True))
BLINK_PACE = dict(zip(EMOTIONS, (1.0, 0.92, 0.9, 1.2, 0.95, 1.05, 0.95), strict=True))


def per_emotion(table: Mapping[Any, float]) -> np.ndarray:
    """A table by emotion name as (7,) in the order of the emotion weights."""
    return np.array([table[name] for name in EMOTIONS])


class Gaze:
    """Eye direction in degrees (yaw + to the viewer's right, pitch + up) over time; mostly on the viewer."""

    def __init__(self, rng: np.random.Generator, gain: float) -> None:
        self.rng, self.gain = rng, gain
        self.moves = Moves(np.zeros(2))
        self.next_s = float(rng.uniform(0.5, 1.6))
        self.return_s = np.inf  # when an averted gaze comes back
        self.on_viewer = np.zeros(2)
        self.next_aversion_s = float(rng.uniform(2.0, 5.0))

    def plan(self, end_s: float, phrases: Sequence[Phrase], feeling: np.ndarray) -> list[float]:
        """Plan shifts up to `end_s`; returns when the large ones start."""
        large = []
        wander = float(feeling @ per_emotion(WANDERS))
        starts = [p.start_s - 0.12 for p in phrases if p.pause_before_s >= 0.3]
        while self.next_s < end_s:
            now_s = self.next_s
            if self.return_s <= now_s:
                target, stay_s = self._glance(feeling), self._stay(0.5, 1.6)
                self.return_s = np.inf
                self.next_aversion_s = now_s + float(self.rng.uniform(2.2, 5.5)) * (1 - 0.5 * wander)
            elif self._leaves(now_s, starts, wander):
                target, stay_s = self._away(feeling), self._stay(0.4, 1.3)
                self.return_s = now_s + stay_s
            else:
                target, stay_s = self._glance(feeling), self._stay(0.4, 1.7)
            distance_deg = float(np.linalg.norm(target - self.moves.target))
            self.moves.go(now_s, 0.021 + 0.0022 * distance_deg, target)
            if distance_deg > LARGE_SHIFT_DEG:
                large.append(now_s)
            self.next_s = now_s + stay_s
        return large

    def _stay(self, shortest_s: float, longest_s: float) -> float:
        """How long a fixation lasts: most short, some long."""
        return shortest_s + (longest_s - shortest_s) * float(self.rng.beta(1.3, 1.8))

    def _leaves(self, now_s: float, phrase_starts_s: list[float], wander: float) -> bool:
        thinking = any(abs(now_s - start_s) < 0.45 for start_s in phrase_starts_s)
        chance = self.rng.random()
        return now_s >= self.next_aversion_s or (thinking and chance < AVERT_AT_PHRASE * (1 + wander))

    def _glance(self, feeling: np.ndarray) -> np.ndarray:
        """Somewhere in the viewer's face: eye, other eye, mouth."""
        spot = self.rng.normal(0, (1.0, 0.7))
        return self.gain * np.clip(spot, -2.2, 2.2) - (0, 0.35 * float(feeling @ per_emotion(LOOKS_DOWN_DEG)))

    def _away(self, feeling: np.ndarray) -> np.ndarray:
        """Past the viewer: to a side, mostly a little up or down."""
        yaw = self.rng.choice((-1, 1)) * self.rng.uniform(7, 15)
        pitch = np.clip(self.rng.normal(0.5, 3.5), -6, 6) - float(feeling @ per_emotion(LOOKS_DOWN_DEG))
        return self.gain * np.array([yaw, pitch])

    def at(self, times_s: np.ndarray, head_rotation_deg: np.ndarray) -> np.ndarray:
        """Eye in head (n, 2) in degrees, with the head's turning (n, 3) taken back so that the gaze holds."""
        return np.clip(self.moves.at(times_s) - HOLD_EYES * head_rotation_deg[:, :2], -MOST_DEG, MOST_DEG)


class Blinks:
    """When the lids fall, and how."""

    def __init__(self, rng: np.random.Generator, interval_s: float) -> None:
        self.rng, self.interval_s = rng, interval_s
        self.last_s = -np.inf
        self.next_s = float(rng.uniform(0.9, 2.4))
        self.lids = BlinkCurve()

    def plan(self, start_s: float, end_s: float, fps: float, moments_s: Sequence[float], feeling: np.ndarray) -> None:
        """Plan blinks from `start_s` to `end_s`; one that is due moves to a moment nearby (a phrase's end, a gaze
        shift)."""
        pace = float(1 + feeling @ (per_emotion(BLINK_PACE) - 1))
        while self.next_s < end_s:
            blink_s = max(self._snap(self.next_s, moments_s, end_s), start_s + LID_DOWN_S)
            frame = int(np.ceil(blink_s * fps - 0.5))
            peak_s = (frame + 0.5) / fps  # on a frame, so that the eye is seen to close
            self.lids.add(peak_s, LID_UP_S * float(self.rng.uniform(0.9, 1.2)))
            self.last_s = peak_s
            gap_s = self.interval_s / pace * float(np.exp(self.rng.normal(0, BLINK_SPREAD)))
            self.next_s = peak_s + float(np.clip(gap_s, SHORTEST_BLINK_GAP_S, LONGEST_BLINK_GAP_S))

    def _snap(self, due_s: float, moments_s: Sequence[float], end_s: float) -> float:
        near = [t for t in moments_s if abs(t - due_s) < 0.8 and t < end_s]
        near = [t for t in near if SHORTEST_BLINK_GAP_S <= t - self.last_s <= LONGEST_BLINK_GAP_S]
        return min(near, key=lambda t: abs(t - due_s)) if near else due_s

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """How closed the lids are (n,), 0..1."""
        return self.lids.at(times_s)


def put_eyes(channels: np.ndarray, eye_deg: np.ndarray, blink: np.ndarray) -> None:
    """Write gaze (n, 2) and blinks (n,) into `channels` (n, 52), in place: the lids follow the eyes, and a
    blink overrules wide or narrowed eyes."""
    yaw, pitch = (eye_deg / EYE_RANGE_DEG).T
    column = lambda name: channels[:, CHANNEL_INDEX[name]]  # noqa: E731
    amounts = {
        "eyeLookOutLeft": yaw, "eyeLookInRight": yaw, "eyeLookInLeft": -yaw, "eyeLookOutRight": -yaw,
        "eyeLookUpLeft": pitch, "eyeLookUpRight": pitch, "eyeLookDownLeft": -pitch, "eyeLookDownRight": -pitch,
    }  # fmt: skip
    for name, amount in amounts.items():
        column(name)[:] = np.clip(amount, 0, 1)
    lid = np.clip(-0.5 * pitch, 0, 0.4)
    for side in ("Left", "Right"):
        resting = np.clip(column("eyeBlink" + side) + lid, 0, 0.45)
        column("eyeBlink" + side)[:] = resting + blink * (1 - resting)
        column("eyeWide" + side)[:] = np.clip(column("eyeWide" + side) + np.clip(0.3 * pitch, 0, 0.2), 0, 1) * (
            1 - blink
        )
        column("eyeSquint" + side)[:] *= 1 - 0.6 * blink
