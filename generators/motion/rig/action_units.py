"""The 56 named feelings as facial action: FACS action units, with their intensities, in ARKit channels.

The seven basic emotions have prototypes of their own in `expressions`; here are the finer ones, such as hope or
boredom, whose faces are not the mixture of basic ones that they are otherwise taken for.
"""

from __future__ import annotations

import re

import numpy as np

from emotion_embed import taxonomy
from emotion_embed.track import N_BASIC, NAMES
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX

FINER = NAMES[N_BASIC:]
# FACS grades action from A, a trace, to E, as far as it goes.
INTENSITIES = {"A": 0.15, "B": 0.35, "C": 0.55, "D": 0.8, "E": 1.0, "": 1.0}
# What each unit moves at its strongest in a face that also speaks; a name without a side means both sides.
ACTION_UNITS: dict[str, dict[str, float]] = {
    "1": {"browInnerUp": 0.95},  # inner brow raiser
    "2": {"browOuterUp": 0.90, "browInnerUp": 0.10},  # outer brow raiser
    "4": {"browDown": 1.00},  # brow lowerer
    "5": {"eyeWide": 0.90},  # upper lid raiser
    "6": {"cheekSquint": 0.80, "eyeSquint": 0.26},  # cheek raiser
    "7": {"eyeSquint": 0.75},  # lid tightener
    "10": {"mouthUpperUp": 0.30, "noseSneer": 0.30},  # upper lip raiser
    "12": {"mouthSmile": 0.95, "mouthDimple": 0.14},  # lip corner puller
    "14": {"mouthDimple": 0.80},  # dimpler
    "15": {"mouthFrown": 0.95},  # lip corner depressor
    "17": {"mouthShrugLower": 0.45},  # chin raiser
    "20": {"mouthStretch": 0.70},  # lip stretcher
    "23": {"mouthPress": 0.46, "mouthRollLower": 0.22, "mouthRollUpper": 0.14},  # lip tightener
    "24": {"mouthPress": 0.70},  # lip pressor
    "25": {"mouthUpperUp": 0.12},  # lips part
    "26": {"jawOpen": 0.20},  # jaw drop
    "27": {"jawOpen": 0.20, "mouthLowerDown": 0.16},  # mouth stretch, as far as speech leaves it
    "43": {"eyeBlink": 0.50},  # eyes half closed
}
HEAD_UNITS = ("53", "54")  # the head up, the head down: no channel of the face
_UNIT = re.compile(r"(R?)(\d+)([A-E]?)")


def channels_of(name: str) -> list[tuple[int, int]]:
    """The channel(s) of a name as (index, side): side −1 left, +1 right, 0 neither."""
    if name in CHANNEL_INDEX:
        return [(CHANNEL_INDEX[name], 0)]
    return [(CHANNEL_INDEX[name + "Left"], -1), (CHANNEL_INDEX[name + "Right"], 1)]


def face_of(feeling: str, lean: float = 0.0, one_side: int = 1) -> np.ndarray:
    """The channels (52,) of a named feeling at full strength, each 0..1.

    `lean` makes the right side stronger and the left weaker by that share; one-sided action is on `one_side` (−1, 1).
    """
    face = np.zeros(len(ARKIT_CHANNELS))
    for unit in taxonomy.FEELINGS[feeling].action_units:
        ((one_sided, number, letter),) = _UNIT.findall(unit)
        for name, most in ACTION_UNITS.get(number, {}).items():
            for column, side in channels_of(name):
                if not one_sided or side == one_side:
                    face[column] += INTENSITIES[letter] * most * (1 + side * lean)
    return np.minimum(face, 1)


def finer_faces(lean: float = 0.0, one_side: int = 1) -> np.ndarray:
    """The faces (48, 52) of all feelings that are finer than the basic emotions, in the order of `FINER`."""
    return np.stack([face_of(name, lean, one_side) for name in FINER])
