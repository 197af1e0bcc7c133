"""The conditioning of each frame beside its audio features: emotion, phones and speaking style."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from emotion_embed import taxonomy
from emotion_embed.bank import load_emotion_bank
from generators.contracts import Phone
from generators.motion.diffusion.configuration import FPS, SPEAKERS, STYLE_NAMES
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BROW_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    N_MOTION,
    ROTATION,
    SPEECH_COLUMNS,
    TRANSLATION,
)
from generators.voice.align.phone_classes import CLASSES, SILENCE, class_of

N_BASIC = len(taxonomy.BASIC) - 1
N_EMOTION = N_BASIC + 32
N_PHONES = len(CLASSES) + 1  # and whether phones are known at all
N_STYLE = len(STYLE_NAMES) + len(SPEAKERS)

_SUBFRAMES = 8
# What `measure_style` finds in the model's own motion without a feeling, in deviations of the training's, half of whose
# voices have one.
BASELINE_STYLE = (0.0, -1.6, -1.5, 0.0, -1.8)


# Emotion --------------------------------------------------------------------------------------------------------------


def emotion_features(weights: np.ndarray) -> np.ndarray:
    """The emotion features of each frame, (n, 39): weights (n, 7) of the basic emotions, as given, and beside them
    where the mixture lies in the emotion bank, less where neutral lies.

    The model has seen embeddings of such mixtures only: finer feelings reach the face in `named_expressions`.
    """
    weights = np.clip(np.asarray(weights, np.float32), 0, 1)
    return np.concatenate([weights, load_emotion_bank().embed_weights(weights) - _neutral()], axis=1).astype(np.float32)


@lru_cache(maxsize=1)
def _neutral() -> np.ndarray:
    return load_emotion_bank().embed_weights(np.zeros((1, N_BASIC)))


# Phones ---------------------------------------------------------------------------------------------------------------


def phone_features(phones: Sequence[Phone], first_frame: int, n_frames: int) -> np.ndarray:
    """The share of each frame that each class of sound fills, (n, 53), the last column 1: phones are known.

    `phones` on the clock of the frames, in seconds.
    """
    n = n_frames * _SUBFRAMES
    classes = np.full(n, CLASSES.index(SILENCE))
    times_s = (first_frame + (np.arange(n) + 0.5) / _SUBFRAMES) / FPS
    for phone in phones:
        low, high = np.searchsorted(times_s, (phone.start_s, phone.end_s))
        classes[low:high] = class_of(phone.symbol)
    shares = np.eye(len(CLASSES), dtype=np.float32)[classes].reshape(n_frames, _SUBFRAMES, -1).mean(1)
    return np.concatenate([shares, np.ones((n_frames, 1), np.float32)], axis=1)


def no_phone_features(n_frames: int) -> np.ndarray:
    """What stands for `phone_features` when phones are not known, (n, 53) zeros."""
    return np.zeros((n_frames, N_PHONES), np.float32)


# Speaking style -------------------------------------------------------------------------------------------------------


def measure_style(vectors: np.ndarray) -> np.ndarray:
    """How much somebody moves, (5,) in the order of `STYLE_NAMES`, from vectors (n, 59) of some seconds: the logs
    of head speed in degrees a second, brow deviation, blinks a minute, lip gap's 90th percentile, gaze deviation."""
    head = np.abs(np.diff(vectors[:, ROTATION], axis=0)).mean() * FPS
    brows = vectors[:, BROW_COLUMNS].std(0).mean()
    lids = vectors[:, BLINK_COLUMNS].mean(1)
    shut = lids > max(0.4, 0.6 * lids.max())
    blinks = 60 * FPS * np.count_nonzero(shut[1:] & ~shut[:-1]) / len(vectors)
    lips = np.percentile(vectors[:, GAP], 90)
    gaze = vectors[:, GAZE_COLUMNS].std(0).mean()
    floors = np.array([0.3, 0.01, 4.0, 0.01, 0.01])
    return np.log(np.maximum([head, brows, blinks, lips, gaze], 0) + floors)


def style_features(amounts: np.ndarray, speaker: str) -> np.ndarray:
    """The style features (7,): `amounts` (5,) in deviations from the mean of the training, and one of `SPEAKERS`."""
    return np.concatenate([amounts, [float(name == speaker) for name in SPEAKERS]]).astype(np.float32)


def style_gains(amounts: np.ndarray) -> np.ndarray:
    """By how much each number of a motion (59,) is to be multiplied so that a style, `amounts` (5,) in deviations from
    the model's baseline, shows as asked.

    The network by itself follows a third of it. The constants are logs per deviation: the residual of what was asked,
    on voices of the training.
    """
    head, brows, _, lips, gaze = amounts
    found = np.zeros(N_MOTION, np.float32)
    found[np.r_[ROTATION, TRANSLATION]] = 0.2 * head
    found[BROW_COLUMNS] = 0.25 * brows
    found[SPEECH_COLUMNS] = 0.25 * lips
    found[GAZE_COLUMNS] = 0.15 * gaze
    return np.exp(found)
