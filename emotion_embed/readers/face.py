"""What a face shows, over time, with the reasons in words.

A video or picture becomes `FaceFrames` (what FaceLandmarker sees), those become the activations of facial action units
(FACS), and those, through one table of prototypes, `Evidence` for the eight basic feelings.

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

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.signals.face_landmarks import CHANNEL_INDEX, FaceReading, watch_faces
from emotion_embed.signals.uprightness import turned_upright
from emotion_embed.signals.video import decoded_frames, thinned
from emotion_embed.softmax import softmax
from emotion_embed.state import Evidence

MOST_FPS = 10.0  # more adds nothing to an expression that lasts half a second
SMALLEST_FACE_PX = 96
MOST_FACES = 6


@dataclass(frozen=True)
class FaceFrames:
    """One person's face over time; rows that are not `found` are NaN.

    `fps`: analysed frames per second, on average (1 for a picture). `scores` (n, 52) 0..1 in the order of
    `landmarker.ARKIT_CHANNELS`; `landmarks` (n, 478, 3) pixels of the video, y down, z away from the viewer;
    `found` (n,) bool; `head_rotation_deg` (n, 3) as in `landmarker.FaceReading`; `times_s` (n,) when each was shown.
    """

    fps: float
    scores: np.ndarray
    landmarks: np.ndarray
    found: np.ndarray
    head_rotation_deg: np.ndarray
    times_s: np.ndarray

    def __len__(self) -> int:
        return len(self.found)

    @property
    def duration_s(self) -> float:
        """From the first frame's start to the last one's end."""
        return float(self.times_s[-1] - self.times_s[0] + 1 / self.fps)

    @property
    def size_px(self) -> float:
        """The longer side of the face's box, median over the frames."""
        marks = self.landmarks[self.found][:, :, :2]
        return float(np.median((marks.max(1) - marks.min(1)).max(1))) if len(marks) else 0.0

    def between(self, start_s: float | None, end_s: float | None) -> FaceFrames:
        """The frames shown from `start_s` on and before `end_s` (None: no limit)."""
        low = -np.inf if start_s is None else start_s
        high = np.inf if end_s is None else end_s
        keep = (self.times_s >= low) & (self.times_s < high)
        parts = (self.scores, self.landmarks, self.found, self.head_rotation_deg, self.times_s)
        return FaceFrames(self.fps, *(part[keep] for part in parts))


# Watching -------------------------------------------------------------------------------------------------------------


def read_face(
    path: str | Path, *, face: int | None = None, progress: Callable[[float], None] | None = None
) -> FaceFrames:
    """Watch one person in a video file, or look at one picture; at most `MOST_FPS` frames a second are analysed.

    What lies on its side or stands on its head is watched upright, with a notice. `face` chooses among several, 1 is
    the leftmost; `progress` is told 0..1. Raises `BadInput` in one sentence when there is no such file, it is torn or
    holds no picture, is longer than 30 min, shows no face, several faces in most frames without `face`, or one under
    96 px; `Missing` without the weights of FaceLandmarker.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no video or picture at {path}.")
    return _watch(decoded_frames(path, most_fps=MOST_FPS, progress=progress), str(path), face)


def read_face_frames(frames: Iterable[np.ndarray], fps: float, *, face: int | None = None) -> FaceFrames:
    """`read_face` for RGB frames (height, width, 3) uint8 at `fps` that are already in memory or on their way."""
    if not fps > 0:
        raise ValueError(f"A frame rate is above 0, not {fps}.")
    timed = ((i / fps, frame) for i, frame in enumerate(frames))
    return _watch(thinned(timed, MOST_FPS), "The video", face)


def _watch(timed: Iterable[tuple[float, np.ndarray]], name: str, which: int | None) -> FaceFrames:
    times_s: list[float] = []
    seen: list[list[FaceReading]] = []
    for time_s, faces in watch_faces(turned_upright(timed, name), MOST_FACES):
        times_s.append(time_s)
        seen.append(sorted(faces, key=lambda face: face.box[0]))
    if not seen:
        raise BadInput(f"{name} holds no picture.")
    return _as_frames(np.array(times_s), _one_person(seen, name, which))


def _one_person(seen: list[list[FaceReading]], name: str, which: int | None) -> list[FaceReading | None]:
    """The same person's face of every frame, or None; small faces in the background count only where no other is."""
    if not any(seen):
        raise BadInput(f"No face is seen in {name}; it must look to the camera and fill enough of the picture.")
    large = [[face for face in faces if face.size_px >= SMALLEST_FACE_PX] for faces in seen]
    if not any(large):
        most_px = max(face.size_px for faces in seen for face in faces)
        raise BadInput(f"The face in {name} is {most_px} px tall; it must be at least {SMALLEST_FACE_PX} px.")
    n_faces = int(np.median([len(faces) for faces in large if faces]))
    if which is None and n_faces > 1:
        crowd = next(faces for faces in large if len(faces) == max(map(len, large)))
        boxes = ", ".join(f"{i}: {face.box}" for i, face in enumerate(crowd, 1))
        raise BadInput(f"{name} shows {n_faces} faces ({boxes}); choose one, counted from the left.")
    if which is None:
        return [max(faces, key=lambda face: face.size_px, default=None) for faces in large]
    if not 1 <= which <= max(map(len, large)):
        raise BadInput(f"There is no face {which} in {name}: it shows {n_faces}.")
    return _followed(large, which)


def _followed(seen: list[list[FaceReading]], which: int) -> list[FaceReading | None]:
    """Number `which` from the left where enough faces are seen first, then whoever is nearest to where it was."""
    start = next(i for i, faces in enumerate(seen) if len(faces) >= which)
    followed: list[FaceReading | None] = [None] * start
    last = seen[start][which - 1]
    for faces in seen[start:]:
        distance = lambda face, last=last: float(np.linalg.norm(_middle(face) - _middle(last)))  # noqa: E731
        nearest = min(faces, key=distance, default=None)
        if nearest is not None and distance(nearest) > 0.7 * last.size_px:
            nearest = None
        followed.append(nearest)
        last = nearest or last
    return followed


def _middle(face: FaceReading) -> np.ndarray:
    return face.landmarks[:, :2].mean(0)


def _as_frames(times_s: np.ndarray, faces: list[FaceReading | None]) -> FaceFrames:
    found = np.array([face is not None for face in faces])
    some = next(face for face in faces if face is not None)
    column = lambda name: np.stack(  # noqa: E731
        [getattr(face, name) if face else np.full_like(getattr(some, name), np.nan) for face in faces]
    ).astype(np.float32)
    span_s = times_s[-1] - times_s[0]
    fps = (len(times_s) - 1) / span_s if span_s > 0 else 1.0
    return FaceFrames(fps, column("scores"), column("landmarks"), found, column("head_rotation_deg"), times_s)


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


def measure(frames: FaceFrames) -> dict[str, np.ndarray]:
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


def action_units(frames: FaceFrames, rest: Rest | None = None) -> np.ndarray:
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


def _pooled(frames: FaceFrames, activations: np.ndarray, window_s: float = _WINDOW_S) -> np.ndarray:
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


def own_rest(frames: FaceFrames) -> Rest:
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


def read_expression(frames: FaceFrames, start_s: float | None = None, end_s: float | None = None) -> Evidence:
    """What the face shows from `start_s` to `end_s` (None: all of it), as evidence of modality "face".

    The distribution is the mean over windows of about a second, over `taxonomy.BASIC`; no or weak evidence is about
    half neutral and flat in the rest. `intensity` is how strong the units are that speak for the feelings seen.
    `reliability` falls with frames without a face, small and turned faces, and without a rest of the person's own to
    compare with (at most 0.65 then). A span without a face has reliability 0.
    """
    return _evidence(frames.between(start_s, end_s), own_rest(frames))


def read_expression_windows(
    frames: FaceFrames, window_s: float = 1.0, hop_s: float = 0.5
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


def _evidence(frames: FaceFrames, rest: Rest) -> Evidence:
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
    return Evidence(
        "face", distribution, tuple(float(v) for v in mean), covariance, reliability, intensity, reasons=reasons
    )


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


def _trust(frames: FaceFrames, rest: Rest) -> tuple[float, tuple[str, ...]]:
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
