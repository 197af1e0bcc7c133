"""What a face shows, over time, with the reasons in words.

A `FaceTrack` (what FaceLandmarker sees in a video or picture) becomes the activations of facial action units (FACS),
and those, through one table of prototypes, `Evidence` for the eight basic feelings.

How far to trust it: a face shows what it does, not what its owner feels; people name the intended emotion of acted
clips by face in 57 % of cases (CREMA-D). Brows drawn together cannot be told here from brows lowered, so that AU 4
hides while the brows are raised. FaceLandmarker's noseSneer, cheekSquint and cheekPuff are dead, so that a wrinkled
nose (AU 9) is seen only through the lip that it lifts, and a raised cheek (AU 6) only through narrow lids. Its
mouthFrown hardly passes 0.1, but moves a hundredfold below that: scores are read by their log-odds.

A person's own resting face differs: some mouths hang, some brows are always up. Where a clip is long (20 s) and varied
enough, its calmest seconds tell half of that difference; else the population's means below have to do, and
`reliability` is lower. A face that shows one thing all through a clip is never its own reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from emotion_embed import taxonomy
from emotion_embed.signals.face_landmarks import CHANNEL_INDEX
from emotion_embed.signals.face_track import FaceTrack
from emotion_embed.softmax import softmax
from emotion_embed.state import Evidence

# Measuring ------------------------------------------------------------------------------------------------------------

_EYES = (((160, 144), (158, 153), (33, 133)), ((385, 380), (387, 373), (362, 263)))  # two heights and a width each
_MARKS = (33, 133, 362, 263, 160, 144, 158, 153, 385, 380, 387, 373, 107, 336, 63, 293, 2, 0, 13, 61, 291)
_PAIRED = ("browDown", "browOuterUp", "eyeWide", "eyeSquint", "eyeBlink", "eyeLookDown", "mouthSmile", "mouthFrown",
           "mouthUpperUp", "mouthStretch", "mouthPress")  # fmt: skip
_SINGLE = ("browInnerUp", "jawOpen", "mouthShrugLower", "mouthRollLower")


def head_frame(points: np.ndarray, head_rotation_deg: np.ndarray) -> np.ndarray:
    """Points of a face (n, k, 3) as the head itself sees them: x to the viewer's right, y up, z to the viewer when the
    head looks straight; units and origin stay.

    `points` are pixels with y down and z away, `head_rotation_deg` (n, 3) as in `FaceReading`. A nod of 10° changes
    heights on the face by 0.02–0.05 eye distances in the picture, and by 0.01 here.
    """
    yaw, pitch, roll = np.radians(np.asarray(head_rotation_deg, float)).T
    one, nought = np.ones_like(yaw), np.zeros_like(yaw)
    matrix = lambda *rows: np.moveaxis(np.array(rows), 2, 0)  # noqa: E731
    sin, cos = np.sin, np.cos
    about_y = matrix((cos(yaw), nought, sin(yaw)), (nought, one, nought), (-sin(yaw), nought, cos(yaw)))
    about_x = matrix((one, nought, nought), (nought, cos(pitch), sin(pitch)), (nought, -sin(pitch), cos(pitch)))
    about_z = matrix((cos(roll), sin(roll), nought), (-sin(roll), cos(roll), nought), (nought, nought, one))
    return (np.asarray(points, float) * (1, -1, -1)) @ (about_y @ about_x @ about_z)


def _log_odds(scores: np.ndarray) -> np.ndarray:
    """Decimal log-odds: what moves far below 0.1 counts as much as what moves about 0.5."""
    inside = np.clip(scores, 1e-6, 1 - 1e-3)
    return np.log10(inside / (1 - inside))


def measure(frames: FaceTrack) -> dict[str, np.ndarray]:
    """Curves (n,) of what the action units are told by: decimal log-odds of scores (mean of both sides) under their
    ARKit names, and geometry in distances between the outer eye corners. NaN where no face is found."""
    odds = _log_odds(np.asarray(frames.scores, float))
    side = lambda name, which: odds[:, CHANNEL_INDEX[name + which]]  # noqa: E731
    curves = {name: (side(name, "Left") + side(name, "Right")) / 2 for name in _PAIRED}
    curves |= {name: odds[:, CHANNEL_INDEX[name]] for name in _SINGLE}
    curves["brows_oblique"] = curves["browInnerUp"] - curves["browOuterUp"]
    curves["dimple"] = np.maximum(side("mouthDimple", "Left"), side("mouthDimple", "Right"))
    curves["dimple_one_sided"] = np.abs(side("mouthDimple", "Left") - side("mouthDimple", "Right"))
    curves["head_turn"] = np.abs(np.asarray(frames.head_rotation_deg, float)[:, 0])
    return curves | _geometry(head_frame(frames.landmarks[:, _MARKS], frames.head_rotation_deg))


def _geometry(points: np.ndarray) -> dict[str, np.ndarray]:
    """Curves (n,) from the points of `_MARKS` (n, k, 3) in the head's frame."""
    at = lambda mark: points[:, _MARKS.index(mark)]  # noqa: E731
    apart = lambda pair: np.linalg.norm(at(pair[0]) - at(pair[1]), axis=1)  # noqa: E731
    height = lambda *marks: np.mean([at(mark)[:, 1] for mark in marks], axis=0) / apart((33, 263))  # noqa: E731
    return {
        "brow_slant": height(107, 336) - height(133, 362) - height(63, 293) + height(33, 263),
        "eye_opening": np.mean([(apart(a) + apart(b)) / (2 * apart(width)) for a, b, width in _EYES], axis=0),
        "nose_to_lip": height(2) - height(0),
        "corner_height": height(61, 291) - height(13),
    }


# Action units ---------------------------------------------------------------------------------------------------------

# Each unit is a weighted mean of ramps from `rest` (0) to `full` (1) of one measure each. Rests lie a little above what
# faces at rest measure, fulls where strong expressions do: a neutral talker of GRID, and synthetic clips of our own of
# some portraits. Where two numbers of FACS look the same to these eyes one stands for both: 7 for 6, 10 for 9, 24 for
# 23, 26 for 25. 14R is a dimple on one side.
# unit: measure, rest, full, weight
_RAMPS: dict[str, tuple[tuple[str, float, float, float], ...]] = {
    "1": (("browInnerUp", -1.3, 0.0, 0.6), ("brows_oblique", 0.0, 1.0, 0.3), ("brow_slant", 0.05, 0.08, 0.1)),
    "2": (("browOuterUp", -0.9, 0.2, 1.0),),
    "4": (("browDown", -0.9, 0.0, 0.6), ("browInnerUp", -2.5, -3.5, 0.4)),
    "5": (("eyeSquint", -0.4, -0.9, 0.6), ("eyeWide", -1.8, -1.1, 0.4)),
    "7": (("eye_opening", 0.31, 0.27, 0.6), ("eyeSquint", -0.25, 0.1, 0.4)),
    "10": (("mouthUpperUp", -1.7, -0.5, 0.85), ("nose_to_lip", 0.13, 0.10, 0.15)),
    "12": (("mouthSmile", -1.3, 0.3, 1.0),),
    "14R": (("dimple_one_sided", 0.4, 1.0, 1.0),),
    "15": (("mouthFrown", -2.9, -1.3, 0.8), ("corner_height", -0.05, -0.08, 0.2)),
    "17": (("mouthShrugLower", -1.9, -0.9, 1.0),),
    "20": (("mouthStretch", -2.2, -1.0, 1.0),),
    "24": (("mouthRollLower", -1.7, -1.0, 0.7), ("mouthPress", -1.1, -0.5, 0.3)),
    "26": (("jawOpen", -1.1, -0.3, 1.0),),
    "43": (("eyeBlink", -0.3, 0.4, 1.0),),
}  # fmt: skip
ACTION_UNITS = tuple(_RAMPS)

# Which share of a second a unit must be seen to count. Speech opens the mouth and closes it again, blinks close the
# eyes for a moment: what only comes and goes with them lies below these percentiles.
_PERCENTILES = {"26": 20.0, "43": 15.0, "7": 30.0, "20": 30.0, "10": 40.0}
_WINDOW_S = 1.0


def action_units(frames: FaceTrack, rest: Rest | None = None) -> np.ndarray:
    """Activations (n, len(`ACTION_UNITS`)) 0..1 per frame, NaN where no face is found; `rest` is the person's own."""
    curves = measure(frames)
    shift = rest.shift if rest is not None else {}
    ramp = lambda name, at, full: np.clip((curves[name] - shift.get(name, 0.0) - at) / (full - at), 0, 1)  # noqa: E731
    units: dict[str, np.ndarray] = {
        unit: sum((weight * ramp(name, at, full) for name, at, full, weight in rows), np.zeros(()))
        for unit, rows in _RAMPS.items()
    }
    looking_down = np.clip((curves["eyeLookDown"] + 0.5) / 0.6, 0, 1)  # lowers the upper lid without narrowing it
    units["7"] = units["7"] * (1 - looking_down)
    units["43"] = units["43"] * (1 - 0.5 * looking_down)
    # A turned head shows its sides unequally, and a dimple too faint to be seen has no side.
    units["14R"] *= np.clip((curves["dimple"] + 2.3) / 0.8, 0, 1) * np.clip((25 - curves["head_turn"]) / 15, 0, 1)
    return np.stack([units[unit] for unit in ACTION_UNITS], axis=1)


def _pooled(frames: FaceTrack, activations: np.ndarray, window_s: float = _WINDOW_S) -> np.ndarray:
    """Activations that last, (windows, units): percentiles over windows of about a second in which a face is found."""
    start_s, end_s = frames.times_s[0], frames.times_s[-1] + 1 / frames.fps
    n_windows = max(1, round((end_s - start_s) / window_s))
    place = np.minimum((frames.times_s - start_s) / (end_s - start_s) * n_windows, n_windows - 1).astype(int)
    percentiles = [_PERCENTILES.get(unit, 50.0) for unit in ACTION_UNITS]
    rows = []
    for window in range(n_windows):
        inside = activations[(place == window) & frames.found]
        if len(inside):
            rows.append([np.percentile(column, p) for column, p in zip(inside.T, percentiles, strict=True)])
    return np.array(rows).reshape(-1, len(ACTION_UNITS))


# The person's own rest ------------------------------------------------------------------------------------------------

_LONG_ENOUGH_S = 20.0
_VARIED_ENOUGH, _CALM_ENOUGH = 0.5, 1.2  # sums of `_TELLING` activations: lively less calm seconds; the calm ones
_TELLING = ("1", "2", "4", "5", "7", "10", "12", "14R", "15", "20")  # the others come with speech and closed lips
_CALM_PERCENT = 15.0
_SHRINKAGE = 0.5  # calm seconds still hold some expression, and what they hold is not to be taken away from the rest
_MOST_SHIFT_ODDS, _MOST_SHIFT_LENGTH = 1.2, 0.04


@dataclass(frozen=True)
class Rest:
    """How this face at rest differs from the population's: `shift` by measure, and `quality` 0..1 of that knowledge."""

    shift: dict[str, float] = field(default_factory=dict)
    quality: float = 0.5


# Where the population's face at rest lies in each measure that `Rest` shifts.
_POPULATION = {
    "browDown": -1.3, "browOuterUp": -1.2, "eyeWide": -1.9, "eyeSquint": -0.3, "mouthSmile": -3.0, "mouthFrown": -3.4,
    "mouthUpperUp": -2.6, "mouthStretch": -2.6, "mouthPress": -1.5, "browInnerUp": -1.7, "mouthShrugLower": -2.4,
    "mouthRollLower": -2.2, "brows_oblique": -0.4, "brow_slant": 0.04, "eye_opening": 0.32, "nose_to_lip": 0.15,
    "corner_height": -0.03,
}  # fmt: skip
_LENGTHS = ("brow_slant", "eye_opening", "nose_to_lip", "corner_height")


def own_rest(frames: FaceTrack) -> Rest:
    """The person's own resting face where the clip tells it, else the population's (`quality` 0.5, a still 0.35).

    Told from 20 s on, where the calmest seconds really are calm and the liveliest clearly livelier: somebody who smiles
    or frowns from the first to the last second gives no reference.
    """
    if len(frames) < 2:
        return Rest(quality=0.35)
    if frames.found.sum() / frames.fps < _LONG_ENOUGH_S:
        return Rest()
    telling = [ACTION_UNITS.index(unit) for unit in _TELLING]
    total = _smooth(np.nan_to_num(action_units(frames)[:, telling]).sum(1), frames.fps)
    total /= np.maximum(_smooth(frames.found.astype(float), frames.fps), 1e-9)
    total[~frames.found] = np.nan
    calm_limit, lively = np.nanpercentile(total, [_CALM_PERCENT, 90])
    calm = total <= calm_limit
    if np.mean(total[calm]) > _CALM_ENOUGH or lively - calm_limit < _VARIED_ENOUGH:
        return Rest()
    curves = measure(frames)
    shift = {}
    for name, usual in _POPULATION.items():
        most = _MOST_SHIFT_LENGTH if name in _LENGTHS else _MOST_SHIFT_ODDS
        shift[name] = float(np.clip(_SHRINKAGE * (np.median(curves[name][calm]) - usual), -most, most))
    return Rest(shift, quality=0.9)


def _smooth(values: np.ndarray, fps: float) -> np.ndarray:
    """Mean over about a second."""
    width = max(1, round(fps * _WINDOW_S))
    return np.convolve(
        np.pad(values, (width // 2, width - 1 - width // 2), mode="edge"), np.ones(width) / width, "valid"
    )


# From action units to feelings ----------------------------------------------------------------------------------------

# How far each unit at full strength speaks for (+) or against (−) a feeling, in natural log-odds. For: the EMFACS
# prototypes, as far as these eyes see them. Against: what another prototype has instead, so that a smile is no fear.
_PROTOTYPES = """
            1     2     4     5     7    10    12   14R    15    17    20    24    26    43
joy       -1.0   0.0  -1.0   0.0   0.4   0.0   5.0  -1.0  -1.0   0.0  -0.5   0.0   0.0   0.0
sadness    3.8  -3.5   0.3  -2.5   0.8  -1.0  -3.0  -1.0   2.5   0.4  -2.0   0.0  -0.5   0.4
anger     -2.0  -2.0   4.5   0.0   1.0  -3.0  -2.0  -1.0   1.0   0.2  -0.5   0.8   0.0  -0.5
fear       2.8   0.5  -1.5   1.6  -1.5  -0.5  -1.0  -1.0   1.5   0.0   2.5   0.0   0.3  -1.0
surprise   1.8   4.0  -2.0   1.6  -1.5  -1.0  -1.0  -1.0  -2.0   0.0  -2.0  -0.5   1.5  -1.0
disgust   -2.0  -1.5   2.0  -1.0   1.0   5.5  -2.0  -1.0   1.0   0.2  -0.5  -1.0   0.0   0.0
contempt  -1.0  -0.5   0.0  -1.0   0.3  -0.5   0.5   4.5  -1.0   0.0  -0.5   0.3  -0.5   0.2
"""
_BIAS = -2.0  # of every feeling against neutral: no evidence at all is about half neutral and flat in the rest
_TEMPERATURE = 1.0  # higher is flatter; at 1 a lone unit at half strength stays below a share of 0.6


def _read_prototypes(table: str) -> np.ndarray:
    """Weights (7, units) in the order of `taxonomy.BASIC[1:]` and `ACTION_UNITS`."""
    head, *rows = (line.split() for line in table.strip().splitlines())
    if tuple(head) != ACTION_UNITS or tuple(row[0] for row in rows) != taxonomy.BASIC[1:]:
        raise ValueError("The table of prototypes does not name the action units and feelings in their order.")
    return np.array([[float(value) for value in row[1:]] for row in rows])


PROTOTYPES = _read_prototypes(_PROTOTYPES)


def feelings_of(activations: np.ndarray) -> np.ndarray:
    """Probabilities (…, 8) of `taxonomy.BASIC` for activations (…, units) 0..1 of the action units."""
    scores = (np.asarray(activations) @ PROTOTYPES.T + _BIAS) / _TEMPERATURE
    return softmax(np.concatenate([np.zeros((*scores.shape[:-1], 1)), scores], axis=-1))


# What it all says -----------------------------------------------------------------------------------------------------

_WORDS = {
    "1": "inner brows raised", "2": "outer brows raised", "4": "brows lowered", "5": "eyes wide",
    "7": "lids narrowed", "10": "upper lip raised", "12": "lip corners up", "14R": "one lip corner tightened",
    "15": "lip corners down", "17": "chin raised", "20": "lips stretched", "24": "lips pressed",
    "26": "jaw hanging open", "43": "eyes nearly closed",
}  # fmt: skip
_PAIRS = {("1", "2"): "brows raised", ("1", "4"): "brows raised and drawn together"}
_SEEN, _DECISIVE = 0.25, 0.3  # an activation that can be seen, and what it must add to count as a reason


def read_expression(frames: FaceTrack, start_s: float | None = None, end_s: float | None = None) -> Evidence:
    """What the face shows from `start_s` to `end_s` (None: all of it), as evidence of modality "face".

    The distribution is the mean over windows of about a second, over `taxonomy.BASIC`; no or weak evidence is about
    half neutral and flat in the rest. `intensity` is how strong the units are that speak for the feelings seen.
    `reliability` falls with frames without a face, small and turned faces, and without a rest of the person's own to
    compare with (at most 0.65 then). A span without a face has reliability 0.
    """
    return _evidence(frames.between(start_s, end_s), own_rest(frames))


def read_expression_windows(
    frames: FaceTrack, window_s: float = 1.0, hop_s: float = 0.5
) -> list[tuple[float, Evidence]]:
    """`read_expression` of every window: (its start in seconds, evidence), `hop_s` apart, from the first frame on.

    The last window passes the end by half a hop at most; a clip shorter than a window is one window. The person's own
    rest is looked for in the whole clip, once.
    """
    if window_s <= 0 or hop_s <= 0:
        raise ValueError("Windows and hops are longer than 0 s.")
    rest = own_rest(frames)
    first_s = float(frames.times_s[0])
    n_windows = 1 + max(0, int(np.floor((frames.duration_s - window_s) / hop_s + 0.5)))
    starts_s = [first_s + i * hop_s for i in range(n_windows)]
    return [(start_s, _evidence(frames.between(start_s, start_s + window_s), rest)) for start_s in starts_s]


def _evidence(frames: FaceTrack, rest: Rest) -> Evidence:
    if not frames.found.any():
        shares = feelings_of(np.zeros(len(ACTION_UNITS)))
        return _as_evidence(shares, 0.0, 0.0, ("no face is seen",))
    # In a still a face at rest looks like an expression that is held: what it shows counts for less.
    units = _pooled(frames, action_units(frames, rest)) * min(1.0, rest.quality / 0.5)
    per_window = feelings_of(units)
    shares = per_window.mean(0)
    intensity = float(np.mean([_strength(row, share) for row, share in zip(units, per_window, strict=True)]))
    reliability, caveats = _trust(frames, rest)
    return _as_evidence(shares, intensity, reliability, (*_reasons(units.mean(0), shares), *caveats))


def _as_evidence(shares: np.ndarray, intensity: float, reliability: float, reasons: tuple[str, ...]) -> Evidence:
    distribution = dict(zip(taxonomy.BASIC, shares.tolist(), strict=True))
    mean, covariance = taxonomy.vad_moments(distribution)
    vad = taxonomy.vad_point(mean)
    return Evidence("face", distribution, vad, covariance, reliability, intensity, reasons=reasons)


def _strength(activations: np.ndarray, shares: np.ndarray) -> float:
    """0..1: how much of their prototypes the feelings seen show. Two strong units are a full face; few show all."""
    for_it = np.maximum(PROTOTYPES, 0)
    full = np.sort(for_it, axis=1)[:, -2:].sum(1)
    shown = np.minimum(1, for_it @ activations / full)
    return float(shown @ shares[1:] / shares[1:].sum())


def _reasons(activations: np.ndarray, shares: np.ndarray) -> tuple[str, ...]:
    """The units that decided for the likeliest feeling, the weightiest first, and what else it could be."""
    best, second = np.argsort(-shares)[:2]
    if best == 0 and shares[second] > 0.6 * shares[best]:
        return (f"weak signs of {taxonomy.BASIC[second]}",)
    if best == 0:
        return ("the face is nearly at rest",) if activations.max() < 0.5 else ("little in the face stands out",)
    added = PROTOTYPES[best - 1] * activations
    units = [ACTION_UNITS[i] for i in np.argsort(-added) if activations[i] >= _SEEN and added[i] >= _DECISIVE]
    seen = {unit for unit, value in zip(ACTION_UNITS, activations, strict=True) if value >= _SEEN}
    reasons = []
    for unit in units:
        pair = next((pair for pair in _PAIRS if unit in pair and seen.issuperset(pair)), None)
        words = _PAIRS[pair] if pair else _WORDS[unit]
        if words not in reasons:
            reasons.append(words)
    if second != 0 and shares[second] > 0.6 * shares[best]:
        reasons.append(f"hard to tell from {taxonomy.BASIC[second]}")
    return tuple(reasons)


_RESTING_PITCH_DEG = -9.0  # what FaceLandmarker says of a head that looks straight into the camera


def _trust(frames: FaceTrack, rest: Rest) -> tuple[float, tuple[str, ...]]:
    """Reliability 0..1, and in words what lowers it."""
    angles = frames.head_rotation_deg[frames.found]
    turn_deg = float(np.median(np.hypot(angles[:, 0], angles[:, 1] - _RESTING_PITCH_DEG)))
    share = float(frames.found.mean())
    size = float(np.clip(frames.size_px / 150, 0.5, 1))
    turn = float(np.clip(1 - (turn_deg - 12) / 30, 0.15, 1))
    reliability = share * size * turn * min(1.0, 0.25 + 0.8 * rest.quality)
    caveats = []
    if share < 0.9:
        caveats.append(f"no face in {100 * (1 - share):.0f} % of the frames")
    if size < 0.8:
        caveats.append(f"the face is only {frames.size_px:.0f} px tall")
    if turn < 0.8:
        caveats.append(f"the head is turned by {turn_deg:.0f}°")
    if not rest.shift:
        caveats.append("this person at rest is not known")
    return reliability, tuple(caveats)
