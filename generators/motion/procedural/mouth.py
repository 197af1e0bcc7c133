"""Speech and feeling share one mouth: articulatory axes and an expression in, ARKit channels out.

Speech decides whether the lips are closed; the feeling colours the rest. The two meet in *lip gaps*: what each
channel does to the distance between the inner lips is known, so a closure raises `mouthClose` by exactly what
jaw, smile and sneer have opened, whatever their mixture.
"""

from __future__ import annotations

import numpy as np

from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.motion.procedural.coarticulation import Mouth
from generators.motion.rig.lip_geometry import CLOSED_GAP, LIP_GAP, lip_gap
from generators.motion.rig.visemes import AXES, TONGUE

TEETH_GAP = 0.030  # the lower lip on the upper teeth leaves a slit
SILENT_SEAL, TALKING_SEAL = 1.1, 0.6
SIDED = ("mouthPress", "mouthStretch", "mouthSmile", "mouthDimple", "mouthUpperUp", "mouthLowerDown")


def either(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Two amounts in 0..1 as one: their sum while small, never over 1."""
    return a + b - a * b


def share_mouth(speech: Mouth, expression: np.ndarray, articulation_gain: float) -> np.ndarray:
    """All channels (n, 52): `expression` (n, 52) with the mouth that speech needs."""
    gains = np.full(len(AXES), articulation_gain)
    gains[TONGUE] = 1.0
    jaw, pucker, funnel, spread, upper, lower, tongue = np.clip(speech.axes * gains, 0, 1).T
    felt = dict(zip(ARKIT_CHANNELS, expression.T, strict=True))
    apart, off_teeth = 1 - speech.lips, 1 - speech.teeth
    # A feeling gives way where speech opens the mouth or rounds it ...
    when_shut = 1 - np.clip(jaw / 0.25, 0, 1) * apart
    rounding = np.clip(pucker + 0.6 * funnel, 0, 1)
    # ... and its dropped jaw shows in silence and in vowels, not in sounds that need the teeth together.
    room = 0.5 * speech.rest + (1 - speech.rest) * np.clip(jaw / 0.3, 0, 1)
    pressed = {"Roll": 0.10 * speech.lips, "Press": 0.22 * speech.lips}

    out = felt | {
        "jawOpen": either(jaw, felt["jawOpen"] * room) * (1 - 0.35 * speech.lips),
        "tongueOut": 0.12 * tongue * apart,
        "mouthPucker": pucker,
        "mouthFunnel": either(funnel, felt["mouthFunnel"] * room) * apart * off_teeth,
        "mouthRollUpper": either(felt["mouthRollUpper"] * yielding(when_shut, 0.8), pressed["Roll"]),
        "mouthRollLower": either(
            felt["mouthRollLower"] * yielding(when_shut, 0.8), pressed["Roll"] + 0.38 * speech.teeth
        ),
        "mouthShrugLower": felt["mouthShrugLower"] * yielding(when_shut, 0.6),
        "mouthShrugUpper": felt["mouthShrugUpper"] * apart,
    }
    for side in ("Left", "Right"):
        press, stretch, smile, dimple, raised, lowered = (felt[name + side] for name in SIDED)
        raised = raised * yielding(np.minimum(when_shut, 1 - rounding), 0.6)
        lowered = lowered * yielding(when_shut, 0.6)
        out |= {
            "mouthPress" + side: either(press * yielding(when_shut, 0.8), pressed["Press"]),
            "mouthStretch" + side: either(stretch * (1 - 0.6 * rounding), 0.5 * spread) * (1 - 0.3 * speech.lips),
            "mouthSmile" + side: either(smile * (1 - 0.65 * rounding), 0.22 * spread) * (1 - 0.12 * speech.lips),
            "mouthDimple" + side: dimple * (1 - 0.5 * rounding),
            "mouthUpperUp" + side: either(upper, raised) * apart,
            "mouthLowerDown" + side: either(lower, lowered) * apart * off_teeth,
        }
    channels = np.stack([out[name] for name in ARKIT_CHANNELS], axis=1)
    channels[:, CHANNEL_INDEX["mouthClose"]] = _closing(channels, expression, speech)
    return channels


def yielding(freedom: np.ndarray, share: float) -> np.ndarray:
    """A factor that is 1 where a feeling has its freedom (1) and loses `share` where it has none (0)."""
    return 1 - share * (1 - freedom)


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
