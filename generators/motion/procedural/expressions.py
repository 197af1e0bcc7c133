"""Feelings as facial action over time: natural onsets, a life of its own, and no face is a mask."""

from __future__ import annotations

import numpy as np

from emotion_embed.track import N_BASIC, EmotionCurve
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.motion.rig.action_units import channels_of, finer_faces
from generators.motion.rig.curves import Bumps, SlowNoise
from generators.motion.rig.faces import EMOTIONS, ONE_SIDED, PROTOTYPES, follow, perceptible, soft_limit

LIVELINESS = 0.11
# What a face at rest does now and then, a little.
IDLE = {"browInnerUp": 0.05, "browOuterUp": 0.04, "browDown": 0.04, "eyeSquint": 0.05}

# Channels that open the lips keep perfectly still within an expression: lips must not quiver in silence.
STEADY = ("jawOpen", "mouthUpperUp", "mouthLowerDown", "mouthFunnel", "mouthShrugUpper", "mouthShrugLower")


class Expressions:
    """The feeling's face over time, part by part, from one seed: `at` carries the state over."""

    def __init__(self, rng: np.random.Generator, gain: float) -> None:
        self.gain = gain
        self.levels: tuple[np.ndarray, np.ndarray] | None = None  # of the face, and of the lips in it
        self.faces, self.finer = self._faces(rng)
        self.noise = SlowNoise(rng, 6, 0.05, 0.4)
        self.noise_row = rng.integers(0, 6, len(ARKIT_CHANNELS))
        left_right = {name[: -len("Left")]: i for i, name in enumerate(ARKIT_CHANNELS) if name.endswith("Left")}
        for name, i in left_right.items():  # both sides live together
            self.noise_row[CHANNEL_INDEX[name + "Right"]] = self.noise_row[i]
        steady = [i for name in STEADY for i, _ in channels_of(name)]
        self.liveliness = np.full(len(ARKIT_CHANNELS), LIVELINESS)
        self.liveliness[steady] = 0.0
        self.idle = np.zeros(len(ARKIT_CHANNELS))
        for name, value in IDLE.items():
            self.idle[[i for i, _ in channels_of(name)]] = value
        self.flashes = Bumps(1)

    def _faces(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Prototypes (7, 52) and finer faces (48, 52) for this clip: a few per cent stronger on one side, contempt on
        one side only."""
        faces = np.zeros((len(EMOTIONS), len(ARKIT_CHANNELS)))
        lean = np.clip(rng.normal(0, 0.045, len(EMOTIONS)), -0.09, 0.09)
        sneering_side = 1 if rng.random() < 0.5 else -1
        for row, emotion in enumerate(EMOTIONS):
            for name, value in PROTOTYPES[emotion].items():
                for column, side in channels_of(name):
                    faces[row, column] = value * (1 + side * lean[row])
        for name, value in ONE_SIDED.items():
            for column, side in channels_of(name):
                if side == sneering_side:
                    faces[EMOTIONS.index("contempt"), column] = value
        return faces, finer_faces(float(lean[0]), sneering_side)

    def at(self, times_s: np.ndarray, curve: EmotionCurve, fps: float) -> tuple[np.ndarray, np.ndarray]:
        """Channels (n, 52) and the mixture of basic emotions (n, 7) as the face shows it, for a feeling at `times_s`
        (n,)."""
        felt = perceptible(curve)
        # The lips start closed and take up their part of the feeling within the first moments.
        level, lip_level = self.levels or (felt[0], np.zeros(felt.shape[1]))
        shown, level = follow(felt, level, fps)
        lips_shown, lip_level = follow(felt, lip_level, fps)
        self.levels = level, lip_level
        wave = np.tanh(self.noise.at(times_s))[:, self.noise_row]
        channels, jaw = self._blended(shown), CHANNEL_INDEX["jawOpen"]
        channels[:, jaw] = self._blended(lips_shown, jaw)
        channels = soft_limit(self.gain * channels) * (1 + self.liveliness * wave)
        channels += self.idle * np.maximum(wave, 0) + self._brows(times_s)
        return np.clip(channels, 0, 1), shown[:, :N_BASIC]

    def _blended(self, shown: np.ndarray, columns: int | slice = slice(None)) -> np.ndarray:
        """The faces (n, 52), or one column of them, of rows of `perceptible`, added up as strong as they are felt."""
        strengths = np.ascontiguousarray(shown[:, N_BASIC:])
        basic, finer = strengths[:, :N_BASIC], strengths[:, N_BASIC:]
        channels = basic @ self.faces[:, columns]
        return channels + finer @ self.finer[:, columns] if finer.any() else channels

    def accent(self, time_s: float, strength: float, arousal: float, start_s: float) -> None:
        """The brows flash with a stressed word, more the more aroused the feeling; not before `start_s`."""
        height = np.clip(0.10 * strength * (1 + 1.2 * arousal), 0.0, 0.26)
        peak_s = max(time_s - 0.03, start_s + 0.12)
        self.flashes.add(peak_s, min(0.16, peak_s - start_s), 0.34, np.array([height]))

    def _brows(self, times_s: np.ndarray) -> np.ndarray:
        flash = self.flashes.at(times_s)
        pattern = np.zeros(len(ARKIT_CHANNELS))
        for name, share in {"browInnerUp": 1.0, "browOuterUp": 0.8, "eyeWide": 0.25}.items():
            for column, _ in channels_of(name):
                pattern[column] = share
        return flash * pattern
