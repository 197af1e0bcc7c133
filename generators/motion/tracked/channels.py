"""What was seen on one person's face as ARKit channels that move any other face.

Scores become amounts over this person's own rest; lips follow the lips themselves, since the score of the jaw follows
them only roughly; lids reach from this person's open eyes to closed ones.
"""

from __future__ import annotations

import numpy as np

from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.motion.rig.lip_geometry import CLOSED_GAP, LIP_GAP, lip_gap
from generators.motion.tracked.curves import bridged

# The score, less its rest, that stands for a channel at 1: as FaceLandmarker sees our own renderings of it, or a little
# more, where those fall behind real faces. A name stands for both sides. What is not here is never seen in its scores
# (nose, cheeks, tongue, a jaw pushed forward) or told by other means below.
_FULL = {
    "browDown": 0.45, "browInnerUp": 0.65, "browOuterUp": 0.6, "eyeSquint": 0.4, "mouthSmile": 1.0, "mouthDimple": 1.0,
    "mouthStretch": 0.5, "mouthPress": 0.8, "mouthUpperUp": 1.0, "mouthLowerDown": 1.0, "mouthShrugUpper": 0.8,
    "mouthShrugLower": 1.0, "mouthRollLower": 0.6, "mouthRollUpper": 0.6, "mouthLeft": 0.7, "mouthRight": 0.7,
}  # fmt: skip
# Scores that move far below 0.1 too are read by their decimal log-odds: where their rest can lie, how far over it they
# begin to count, and how much further a channel is at 1.
_BY_ODDS = {
    "mouthPucker": (-2.2, 1.0, 0.4, 1.7),
    "mouthFunnel": (-2.8, -1.5, 0.4, 1.8),
    "mouthFrown": (-4.0, -2.5, 0.5, 2.5),
}
# The most that is taken for somebody's rest in what a face can show from the first to the last second.
_MOST_REST = {"mouthSmile": 0.2, "browInnerUp": 0.2, "browOuterUp": 0.3, "browDown": 0.35, "eyeSquint": 0.6}
_REST_PERCENT = {"eyeSquint": 40.0}  # eyes are narrowed by lids and cheeks, and opened wide: their rest lies between
_USUAL_REST_PERCENT = 10.0
_DEAD = 0.04  # of a channel: what a face at rest does anyway

_OPEN_PERCENT, _CLOSED_PERCENT = 30.0, 99.0
_CLOSED_SCORES = (0.5, 0.7)  # closed eyes score 0.5–0.6 on our renderings, 0.65–0.75 on a real face
_LEAST_WAY = 0.25  # for eyes that look narrow when they are open
_LID_WAY = (0.06, 0.82)  # of the way from open to closed: below it is tremor, and a blink may end between two frames
_WIDE = (1.06, 1.26)  # of their usual height: where eyes begin to be wide, and where they are as wide as can be
_WINK = 0.35  # eyes that differ by more do so on purpose

_GAZE_PER_SCORE = (1.3, 1.0)  # an eyeLook channel over FaceLandmarker's own: sideways; up and down is less certain
_MOST_GAZE = (0.6, 0.4)

_GAP_PER_GAP = 1.6  # `LIP_GAP` counts in distances between the pupils, landmarks in those of the outer eye corners
_TOUCHING = 0.03  # lips in contact never measure more than this
_LIP_TREMOR = 0.004


def face_channels(scores: np.ndarray, gap: np.ndarray, lids: np.ndarray) -> np.ndarray:
    """Channels (n, 52) 0..1 of a face whose lips follow `gap`.

    `scores` (n, 52) of FaceLandmarker, `gap` (n,) and `lids` (n,) as `face_geometry.lip_gap` and `lid_opening` measure
    them, at an even rate. They are taken for one person who is at rest, and whose eyes are open, at some time.
    """
    channels = np.zeros(scores.shape)
    blink = closed_eyes(_both(scores, "eyeBlink"))
    awake = 1 - blink.mean(1)
    _put(channels, "eyeBlink", blink)
    _put(channels, "eyeWide", awake * wide_eyes(lids))
    _put_gaze(channels, scores, awake)
    still = _still(scores, gap, awake)
    for name in _FULL:
        _put(channels, name, over_rest(_both(scores, name), still, name))
    for name in _BY_ODDS:
        _put(channels, name, over_rest_by_odds(_both(scores, name), still, name))
    squint = _both(channels, "eyeSquint") * awake[:, None]  # lids that fall narrow the eyes in its scores
    smile = _both(channels, "mouthSmile")
    _put(channels, "eyeSquint", squint)
    _put(channels, "cheekSquint", 0.5 * smile)
    _put(channels, "mouthFrown", _both(channels, "mouthFrown") * (1 - smile))
    set_lips(channels, wanted_gap(gap))
    return np.clip(channels, 0, 1).astype(np.float32)


# Lids and gaze --------------------------------------------------------------------------------------------------------


def closed_eyes(scores: np.ndarray) -> np.ndarray:
    """How far each eye is closed (n, 2), 0..1, from its eyeBlink scores (n, 2).

    0 is how open this person's eyes mostly are; 1 is where their blinks end, or where most people's do if they never
    blink. Both eyes move as one unless they differ by more than eyes do by themselves.
    """
    opened = np.percentile(scores, _OPEN_PERCENT, axis=0)
    closed = np.clip(np.percentile(scores, _CLOSED_PERCENT, axis=0), *_CLOSED_SCORES)
    closed = np.maximum(closed, opened + _LEAST_WAY)
    way = (scores - opened) / (closed - opened)
    way = np.clip((way - _LID_WAY[0]) / (_LID_WAY[1] - _LID_WAY[0]), 0, 1)
    together = way.mean(1, keepdims=True)
    apart = np.clip((np.abs(way[:, :1] - way[:, 1:]) - _WINK) / _WINK, 0, 1)
    return together + apart * (way - together)


def wide_eyes(lids: np.ndarray) -> np.ndarray:
    """How far the eyes are opened over what is usual for this person (n,), 0..1, from how high they are open (n,)."""
    usual = max(np.percentile(lids, 100 - _OPEN_PERCENT), 1e-6)
    return np.clip((lids / usual - _WIDE[0]) / (_WIDE[1] - _WIDE[0]), 0, 1)


def _put_gaze(channels: np.ndarray, scores: np.ndarray, awake: np.ndarray) -> None:
    """Where both eyes look, about where they mostly look; while lids that move hide it, it passes on evenly."""
    before, after = np.append(awake[:1], awake[:-1]), np.append(awake[1:], awake[-1:])
    seeing = np.minimum(awake, np.minimum(before, after)) > 0.8
    score = lambda name: scores[:, CHANNEL_INDEX["eyeLook" + name]]  # noqa: E731
    yaw = (score("OutLeft") - score("InLeft") + score("InRight") - score("OutRight")) / 2
    pitch = (score("UpLeft") - score("DownLeft") + score("UpRight") - score("DownRight")) / 2
    gaze = bridged(np.stack([yaw, pitch], axis=1), seeing)
    gaze = np.clip((gaze - np.median(gaze, axis=0)) * _GAZE_PER_SCORE, -np.array(_MOST_GAZE), _MOST_GAZE)
    for directions, amount in zip((("OutLeft", "InRight", "InLeft", "OutRight"), ("Up", "Down")), gaze.T, strict=True):
        half = len(directions) // 2
        for i, direction in enumerate(directions):
            _put(channels, "eyeLook" + direction, amount if i < half else -amount)


# Expression -----------------------------------------------------------------------------------------------------------


def _still(scores: np.ndarray, gap: np.ndarray, awake: np.ndarray) -> np.ndarray:
    """The calmer half of the frames (n,) bool in which the eyes are open: they show this person's rest."""
    moved = np.abs(np.diff(scores, axis=0, prepend=scores[:1])).sum(1) + 10 * np.abs(np.diff(gap, prepend=gap[:1]))
    calm = np.convolve(moved, np.ones(5) / 5, "same")[: len(moved)]
    open_eyed = awake > 0.7
    if not open_eyed.any():
        return np.ones(len(scores), bool)
    return open_eyed & (calm <= np.median(calm[open_eyed]))


def over_rest(scores: np.ndarray, still: np.ndarray, name: str) -> np.ndarray:
    """Amounts (n, k) 0..1 of a channel's scores (n, k) over what they are at this person's rest."""
    rest = np.percentile(scores[still], _REST_PERCENT.get(name, _USUAL_REST_PERCENT), axis=0)
    rest = np.minimum(rest, _MOST_REST.get(name, 1.0))
    room = np.clip(1 - rest, 0.05, _FULL[name])  # who rests high has less way to go
    return np.clip((np.clip((scores - rest) / room, 0, 1) - _DEAD) / (1 - _DEAD), 0, 1)


def over_rest_by_odds(scores: np.ndarray, still: np.ndarray, name: str) -> np.ndarray:
    """`over_rest` for the channels of `_BY_ODDS`."""
    lowest, highest, dead, way = _BY_ODDS[name]
    inside = np.clip(scores, 1e-6, 0.999)
    odds = np.log10(inside / (1 - inside))
    rest = np.clip(np.percentile(odds[still], _USUAL_REST_PERCENT, axis=0), lowest, highest)
    return np.clip((odds - rest - dead) / way, 0, 1)


# Lips -----------------------------------------------------------------------------------------------------------------


def wanted_gap(gap: np.ndarray) -> np.ndarray:
    """The gap (n,) to ask of channels, in `LIP_GAP`'s own unit, from the inner lips' distance (n,) that was seen.

    What this face measures when its lips touch is taken off, since moustaches and shadows bias it.
    """
    touching = min(np.percentile(gap, 2), _TOUCHING)
    opened = np.maximum(gap - touching - _LIP_TREMOR, 0)
    return _GAP_PER_GAP * opened + CLOSED_GAP * np.clip(1 - opened / _TOUCHING, 0, 1)


def set_lips(channels: np.ndarray, wanted: np.ndarray) -> None:
    """Set jawOpen and mouthClose of `channels` (n, 52), in place, so that their lips stand `wanted` (n,) apart."""
    jaw, close = CHANNEL_INDEX["jawOpen"], CHANNEL_INDEX["mouthClose"]
    channels[:, [jaw, close]] = 0
    missing = wanted - lip_gap(channels)
    channels[:, jaw] = np.clip(missing / LIP_GAP["jawOpen"], 0, 1)
    channels[:, close] = np.clip(missing / LIP_GAP["mouthClose"], 0, 1)


# Columns --------------------------------------------------------------------------------------------------------------


def _columns(name: str) -> list[int]:
    """The columns of a channel, or of both its sides."""
    return [CHANNEL_INDEX[n] for n in (name, name + "Left", name + "Right") if n in ARKIT_CHANNELS]


def _both(values: np.ndarray, name: str) -> np.ndarray:
    return values[:, _columns(name)]


def _put(channels: np.ndarray, name: str, amount: np.ndarray) -> None:
    """Write an amount (n,), or one for each side (n, 2), into both sides of a channel."""
    columns = _columns(name)
    channels[:, columns] = np.clip(amount if amount.ndim == 2 else amount[:, None], 0, 1)
