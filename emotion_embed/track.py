"""What somebody feels over time: key frames (`EmotionTrack`), and what generators read of them (`EmotionCurve`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.text_files import read_text_file
from emotion_embed import taxonomy
from emotion_embed.bank import DIMENSION, load_emotion_bank
from emotion_embed.state import NEUTRAL, EmotionState, Gaussian, parse_emotion, state_from_vad

NAMES = tuple(taxonomy.names()[1:])  # every feeling but neutral, the seven basic emotions first
N_BASIC = len(taxonomy.BASIC) - 1
_VAD = slice(N_BASIC + len(NAMES), None)  # of what a key contributes: weights, strengths, vad
_LEAST_TRANSITION_S = 1e-3
_GAUSSIAN = ("mean", "log_variance")
_LEAST_STRENGTH = 1e-6  # what is less is rounding


@dataclass(frozen=True)
class EmotionKey:
    """From `start_s` on, the feeling moves to `emotion` within `transition_s` seconds."""

    start_s: float
    emotion: EmotionState
    transition_s: float = 0.45


@dataclass(frozen=True)
class EmotionCurve:
    """A feeling at `n` times, as generators are conditioned on it.

    Attributes:
        weights: (n, 7), the mixture of basic emotions in the order of `taxonomy.BASIC[1:]`, each 0..1; what a row
            lacks to 1 is neutral.
        strengths: (n, 55), the same by the finest names that are known, in the order of `names`. Where nothing finer
            than the basic emotions was named, the first seven columns are `weights` and the others 0.
        vad: (n, 3), valence, arousal and dominance, each −1..1.
    """

    weights: np.ndarray
    strengths: np.ndarray
    vad: np.ndarray
    _embed: Callable[[], np.ndarray] = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns of `strengths` are called: every feeling but neutral, the basic emotions first."""
        return NAMES

    @cached_property
    def embedding(self) -> np.ndarray:
        """Where the feeling lies in the emotion bank, (n, 32), as its codes are read; computed when first asked for."""
        return self._embed()


@dataclass(frozen=True)
class EmotionTrack:
    """A feeling over time: key frames in rising `start_s`; before the first one its feeling already holds."""

    keys: tuple[EmotionKey, ...] = (EmotionKey(0.0, NEUTRAL),)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(self.keys))

    def with_keys(self, keys: Iterable[EmotionKey]) -> EmotionTrack:
        """A new track that goes on with `keys` after its own."""
        return EmotionTrack((*self.keys, *keys))

    def sample(self, times_s: np.ndarray) -> EmotionCurve:
        """The feeling at each of `times_s` (n,), crossing smoothly from key to key."""
        times_s = np.asarray(times_s, float)
        rows = self._crossing(times_s, [_contribution(key.emotion) for key in self.keys])
        return EmotionCurve(
            rows[:, :N_BASIC],
            rows[:, N_BASIC : _VAD.start],
            rows[:, _VAD],
            lambda: self._crossing(times_s, [_embedding(key.emotion) for key in self.keys]).astype(np.float32),
        )

    def at(self, time_s: float) -> EmotionState:
        """The feeling at one moment."""
        curve = self.sample(np.array([time_s]))
        weights, strengths = _by_name(curve.weights[0]), _by_name(curve.strengths[0])
        asked_vad = any(key.emotion.vad_mean is not None for key in self.keys)
        return EmotionState(
            weights,
            vad_mean=tuple(curve.vad[0].tolist()) if asked_vad else None,
            named=strengths if set(strengths) - set(taxonomy.BASIC) else {},
        )

    def to_json(self) -> str:
        """The track as JSON, as `read_track` reads it: every key on a line, nothing rounded."""
        lines = ",\n  ".join(json.dumps(_row(key)) for key in self.keys)
        return f'{{"keys": [\n  {lines}\n]}}'

    def _crossing(self, times_s: np.ndarray, values: list[np.ndarray]) -> np.ndarray:
        """What the keys stand for, one of `values` (d,) each, at each time, (n, d)."""
        value = np.tile(values[0], (len(times_s), 1))
        for key, goal in zip(self.keys[1:], values[1:], strict=True):
            progress = np.clip((times_s - key.start_s) / max(key.transition_s, _LEAST_TRANSITION_S), 0, 1)
            eased = (progress * progress * (3 - 2 * progress))[:, None]
            value = value + eased * (goal - value)
        return value


def read_track(path: str | Path) -> EmotionTrack:
    """Read a track from JSON: `{"keys": [{"start_s": 0, "emotion": "joy:0.6", "transition_s": 0.4}, …]}`.

    A key has an `emotion` as `parse_emotion` reads it, or only its `vad`, three numbers −1..1, or both. Beside the name
    of a perceived feeling may stand its own `weights` over the basic emotions and its `embedding` in the bank.

    Raises:
        BadInput: The file cannot be read or makes no sense as a track.
    """
    try:
        rows = json.loads(read_text_file(path))["keys"]
        keys = [_key(row) for row in rows]
    except BadInput:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is not an emotion track: {error}.") from error
    starts = [key.start_s for key in keys]
    if not keys or starts != sorted(starts) or not np.isfinite(starts).all() or starts[0] < 0:
        raise BadInput(f"{path} needs at least one key, with start_s from 0 on and rising.")
    if not all(0 <= key.transition_s < np.inf for key in keys):
        raise BadInput(f"{path} has a transition_s that is not a number of seconds from 0 on.")
    return EmotionTrack(tuple(keys))


def _contribution(emotion: EmotionState) -> np.ndarray:
    """Weights (7,), strengths (55,) and vad (3,) of a state in one row."""
    strengths = [emotion.mixture.get(name, 0.0) for name in NAMES]
    return np.concatenate([emotion.vector(), strengths, emotion.vad])


def _embedding(emotion: EmotionState) -> np.ndarray:
    """Where a state lies in the bank, (32,): its own embedding where it has one."""
    bank = load_emotion_bank()
    return bank.read((emotion.embedding or bank.embed(emotion)).mean)


def _by_name(strengths: np.ndarray) -> dict[str, float]:
    """Strengths (7,) or (55,) by name, without what is nothing."""
    return {name: float(s) for name, s in zip(NAMES, strengths, strict=False) if s > _LEAST_STRENGTH}


# Files ----------------------------------------------------------------------------------------------------------------


def _row(key: EmotionKey) -> dict[str, object]:
    """A key as JSON values; beside the name only what the name does not say."""
    emotion = key.emotion
    name = ",".join(f"{name}:{float(strength)!r}" for name, strength in emotion.mixture.items()) or "neutral"
    said = parse_emotion(name)
    row: dict[str, object] = {"start_s": key.start_s, "emotion": name}
    if emotion.vad_mean is not None:
        row["vad"] = [float(v) for v in emotion.vad_mean]
    if dict(emotion.weights) != dict(said.weights):
        row["weights"] = {basic: float(weight) for basic, weight in emotion.weights.items()}
    if emotion.embedding is not None:
        row["embedding"] = {
            "mean": emotion.embedding.mean.tolist(),
            "log_variance": emotion.embedding.log_variance.tolist(),
        }
    return row | {"transition_s": key.transition_s}


def _key(row: Mapping[str, Any]) -> EmotionKey:
    if not isinstance(row, Mapping):
        raise TypeError(f"{row!r} is no key")
    emotion = _emotion(row)
    if "weights" in row:
        emotion = replace(emotion, weights=_weights(row["weights"]))
    if "embedding" in row:
        emotion = replace(emotion, embedding=_gaussian(row["embedding"]))
    return EmotionKey(float(row["start_s"]), emotion, float(row.get("transition_s", 0.45)))


def _emotion(row: Mapping[str, Any]) -> EmotionState:
    vad = row.get("vad")
    if vad is not None and "emotion" not in row:
        return state_from_vad(vad)
    if not isinstance(row["emotion"], str):
        raise TypeError(f"{row['emotion']!r} is no emotion")
    emotion = parse_emotion(row["emotion"])
    return emotion if vad is None else replace(emotion, vad_mean=state_from_vad(vad).vad_mean)


def _weights(values: Mapping[str, float]) -> dict[str, float]:
    weights = {taxonomy.canonical(name): float(weight) for name, weight in dict(values).items()}
    known = set(weights) <= set(taxonomy.BASIC[1:])
    if not known or not all(0 <= w <= 1 for w in weights.values()) or sum(weights.values()) > 1 + _LEAST_STRENGTH:
        raise ValueError(f"{values!r} are no weights of the basic emotions")
    return weights


def _gaussian(values: Mapping[str, list[float]]) -> Gaussian:
    found = [np.array(values[name], np.float32) for name in _GAUSSIAN]
    if any(v.shape != (DIMENSION,) or not np.isfinite(v).all() for v in found):
        raise ValueError("an embedding has not a mean and a log_variance of 32 numbers each")
    return Gaussian(*found)
