"""Speech and feeling share one mouth: articulatory axes and an expression in, ARKit channels out.

Speech decides whether the lips are closed; the feeling colours the rest. The two meet in *lip gaps*: what each
channel does to the distance between the inner lips is known, so a closure raises `mouthClose` by exactly what
jaw, smile and sneer have opened, whatever their mixture.
"""

from __future__ import annotations

import numpy as np

from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.motion.procedural.coarticulation import Mouth
from generators.motion.procedural.visemes import FUNNEL, JAW, LOWER, PUCKER, SPREAD, TONGUE, UPPER

# Inner-lip distance at the middle of the mouth over interocular distance, per unit of a channel, as measured on the
# ICT-FaceKit expression model (both sides summed where a channel has two).
LIP_GAP: dict[str, float] = {
    "jawOpen": 0.503, "mouthClose": -0.598, "mouthFunnel": 0.211, "mouthPucker": -0.008, "mouthRollLower": -0.058,
    "mouthRollUpper": 0.028, "mouthShrugLower": -0.106, "mouthShrugUpper": 0.081, "mouthPressLeft": -0.019,
    "mouthPressRight": -0.019, "mouthLowerDownLeft": 0.052, "mouthLowerDownRight": 0.052, "mouthUpperUpLeft": 0.054,
    "mouthUpperUpRight": 0.054, "noseSneerLeft": 0.048, "noseSneerRight": 0.048, "jawForward": 0.020,
}  # fmt: skip
CLOSED_GAP = -0.014  # lips that are pressed together overlap a little
TEETH_GAP = 0.030  # the lower lip on the upper teeth leaves a slit
SILENT_SEAL, TALKING_SEAL = 1.1, 0.6
SIDES = ("Left", "Right")


def either(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Two amounts in 0..1 as one: their sum while small, never over 1."""
    return a + b - a * b


def share_mouth(speech: Mouth, expression: np.ndarray, articulation_gain: float) -> np.ndarray:
    """All channels (n, 52): `expression` (n, 52) with the mouth that speech needs."""
    out = expression.copy()
    axes = speech.axes * articulation_gain
    axes[:, TONGUE] = speech.axes[:, TONGUE]
    axes = np.clip(axes, 0, 1)
    unsealed, off_teeth = 1 - speech.lips, 1 - speech.teeth
    rounding = np.clip(axes[:, PUCKER] + 0.6 * axes[:, FUNNEL], 0, 1)
    talking = 1 - speech.rest

    felt = lambda name: expression[:, CHANNEL_INDEX[name]]  # noqa: E731
    put = lambda name, value: out.__setitem__((slice(None), CHANNEL_INDEX[name]), value)  # noqa: E731

    # A feeling's dropped jaw shows in silence and in vowels, not in sounds that are made with the teeth together.
    room = 0.5 * speech.rest + talking * np.clip(axes[:, JAW] / 0.3, 0, 1)
    put("jawOpen", either(axes[:, JAW], felt("jawOpen") * room) * (1 - 0.35 * speech.lips))
    put("mouthPucker", axes[:, PUCKER])
    put("mouthFunnel", either(axes[:, FUNNEL], felt("mouthFunnel") * room) * unsealed * off_teeth)
    put("tongueOut", 0.12 * axes[:, TONGUE] * unsealed)
    open_mouth = np.clip(axes[:, JAW] / 0.25, 0, 1) * unsealed
    press = 0.22 * speech.lips
    roll = 0.10 * speech.lips
    put("mouthRollUpper", either(felt("mouthRollUpper") * (1 - 0.8 * open_mouth), roll))
    put("mouthRollLower", either(felt("mouthRollLower") * (1 - 0.8 * open_mouth), roll + 0.38 * speech.teeth))
    put("mouthShrugLower", felt("mouthShrugLower") * (1 - 0.6 * open_mouth))
    put("mouthShrugUpper", felt("mouthShrugUpper") * unsealed)
    for side in SIDES:
        put("mouthPress" + side, either(felt("mouthPress" + side) * (1 - 0.8 * open_mouth), press))
        stretch = felt("mouthStretch" + side) * (1 - 0.6 * rounding)
        put("mouthStretch" + side, either(stretch, 0.5 * axes[:, SPREAD]) * (1 - 0.3 * speech.lips))
        smile = felt("mouthSmile" + side) * (1 - 0.65 * rounding)
        put("mouthSmile" + side, either(smile, 0.22 * axes[:, SPREAD]) * (1 - 0.12 * speech.lips))
        put("mouthDimple" + side, felt("mouthDimple" + side) * (1 - 0.5 * rounding))
        upper = either(axes[:, UPPER], felt("mouthUpperUp" + side) * (1 - 0.6 * np.maximum(open_mouth, rounding)))
        put("mouthUpperUp" + side, upper * unsealed)
        lower = either(axes[:, LOWER], felt("mouthLowerDown" + side) * (1 - 0.6 * open_mouth))
        put("mouthLowerDown" + side, lower * unsealed * off_teeth)
    put("mouthClose", _closing(out, expression, speech))
    return out


def lip_gap(channels: np.ndarray) -> np.ndarray:
    """Inner-lip distance (n,) over interocular distance that channels (n, 52) ask for; below 0 the lips are pressed."""
    weights = np.array([LIP_GAP.get(name, 0.0) for name in ARKIT_CHANNELS])
    return channels @ weights


def _closing(channels: np.ndarray, expression: np.ndarray, speech: Mouth) -> np.ndarray:
    """`mouthClose` (n,): what takes the open lips to the gap that speech asks for."""
    opened = lip_gap(channels)
    of_jaw = LIP_GAP["jawOpen"] * channels[:, CHANNEL_INDEX["jawOpen"]]
    dropped_jaw = LIP_GAP["jawOpen"] * expression[:, CHANNEL_INDEX["jawOpen"]]
    parted = np.clip(lip_gap(expression) - dropped_jaw, 0, np.maximum(opened - of_jaw, 0))
    # The lower lip rises to meet what a sneer or a grin has parted, all the way in silence.
    shared = opened - (SILENT_SEAL * speech.rest + TALKING_SEAL * (1 - speech.rest)) * parted
    sealed = shared + speech.lips * (CLOSED_GAP - shared)
    on_teeth = shared + speech.teeth * (TEETH_GAP - shared)
    wanted = np.where(speech.lips > speech.teeth, sealed, np.minimum(on_teeth, sealed))
    return np.clip((np.minimum(wanted, shared) - opened) / LIP_GAP["mouthClose"], 0, 1)
