"""What somebody feels at one moment: what one modality says (`Evidence`), and the state as a whole (`EmotionState`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed import taxonomy


@dataclass(frozen=True)
class Gaussian:
    """A feeling as a cloud in the space of `emotion_embed.bank`: `mean` and `log_variance`, both (dimension,)."""

    mean: np.ndarray
    log_variance: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """What one modality ("text", "voice" or "face") says by itself.

    `distribution` over the feelings sums to 1; `vad_mean` (3,) and `vad_covariance` (3, 3) in −1..1; `reliability`
    0..1 is how far it can be trusted here; `reasons` say in words what it rests on; `causes` are words of a text with
    how much of the feeling each carries (−1..1, negative: it speaks against it).
    """

    modality: str
    distribution: Mapping[str, float]
    vad_mean: tuple[float, float, float]
    vad_covariance: np.ndarray
    reliability: float
    intensity: float
    reasons: tuple[str, ...] = ()
    causes: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "modality": self.modality,
            "distribution": _rounded(self.distribution),
            "vad": [round(float(v), 3) for v in self.vad_mean],
            "reliability": round(self.reliability, 3),
            "intensity": round(self.intensity, 3),
            "reasons": list(self.reasons),
            "causes": [{"word": word, "weight": round(weight, 3)} for word, weight in self.causes],
        }


@dataclass(frozen=True)
class EmotionState:
    """A feeling as a soft mixture, asked for or perceived.

    `weights` maps basic emotions other than neutral to 0..1 and sums to at most 1; what is missing is neutral.
    The sum is thus the strength of the whole feeling: no weights at all is neutral. This is what generators read.
    `named` holds what was asked for where it is finer than that, such as boredom: names of the taxonomy with their
    strengths, summing to at most 1; empty where the weights say all. The face has an expression of its own for each,
    the voice a speaking style of its own for some.

    A perceived state says more. `distribution` over all feelings of the taxonomy (sums to 1; empty where a state was
    only asked for), `vad_mean` (also of a point that was asked for) and `vad_covariance` (3, 3) in −1..1, `confidence`
    0..1, `conflict` 0..1 (how far the modalities disagree), `evidence` by modality, `remarks` in words, and the
    Gaussian `embedding` of the bank.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    distribution: Mapping[str, float] = field(default_factory=dict)
    vad_mean: tuple[float, float, float] | None = None
    vad_covariance: np.ndarray | None = field(default=None, compare=False)
    confidence: float = 1.0
    conflict: float = 0.0
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)
    remarks: tuple[str, ...] = ()
    embedding: Gaussian | None = field(default=None, compare=False)
    named: Mapping[str, float] = field(default_factory=dict)

    @property
    def intensity(self) -> float:
        """Strength of the whole feeling, 0..1."""
        return float(min(1.0, sum(self.weights.values())))

    @property
    def mixture(self) -> Mapping[str, float]:
        """The feeling by the finest names that are known: what was asked for by name, else the basic emotions."""
        return self.named or self.weights

    @property
    def vad(self) -> tuple[float, float, float]:
        """Valence, arousal and dominance, each −1..1: as perceived or asked for, else the mean of the mixture."""
        return self.vad_mean if self.vad_mean is not None else taxonomy.mean_vad(self.mixture)

    @property
    def top(self) -> str:
        """The likeliest feeling."""
        if self.distribution:
            return max(self.distribution, key=self.distribution.__getitem__)
        mixture, total = self.mixture, min(1.0, sum(self.mixture.values()))
        strongest = max(mixture, key=mixture.__getitem__, default="neutral")
        return strongest if total >= 0.5 or mixture.get(strongest, 0.0) > 1 - total else "neutral"

    def to_dict(self) -> dict[str, object]:
        """Everything as plain JSON values."""
        covariance = self.vad_covariance if self.vad_covariance is not None else np.zeros((3, 3))
        return {
            "top": self.top,
            "emotion": str(self),
            "distribution": _rounded(self.distribution),
            "vad": [round(float(v), 3) for v in self.vad],
            "vad_covariance": np.round(covariance, 4).tolist(),
            "intensity": round(self.intensity, 3),
            "confidence": round(self.confidence, 3),
            "conflict": round(self.conflict, 3),
            "remarks": list(self.remarks),
            "evidence": [evidence.to_dict() for evidence in self.evidence],
        }

    def vector(self) -> np.ndarray:
        """Weights in the order of `taxonomy.BASIC[1:]`, shape (7,)."""
        return np.array([self.weights.get(name, 0.0) for name in taxonomy.BASIC[1:]])

    def scaled(self, intensity: float) -> EmotionState:
        """The same feeling, `intensity` (0..1) times as strong."""
        weights, named = ({n: s * intensity for n, s in part.items()} for part in (self.weights, self.named))
        vad = None if self.vad_mean is None else taxonomy.vad_point(intensity * v for v in self.vad_mean)
        return EmotionState(weights, vad_mean=vad, named=named)

    def __str__(self) -> str:
        return ",".join(f"{name}:{weight:.2g}" for name, weight in self.mixture.items()) or "neutral"


def _rounded(distribution: Mapping[str, float]) -> dict[str, float]:
    """The feelings that count for something, largest first."""
    ordered = sorted(distribution.items(), key=lambda item: -item[1])
    return {name: round(float(p), 4) for name, p in ordered if p >= 5e-4}


NEUTRAL = EmotionState()


def parse_emotion(text: str) -> EmotionState:
    """Read `joy`, `joy:0.6` or `joy:0.7,sadness:0.3`; `BadInput` on unknown names or strengths outside 0..1."""
    named: dict[str, float] = {}
    for part in text.split(","):
        name, _, strength_text = part.partition(":")
        if not name.strip():
            raise BadInput(f"“{text}” is not an emotion; write for example joy, joy:0.6 or joy:0.7,sadness:0.3.")
        strength, feeling = _strength(name.strip(), strength_text), taxonomy.canonical(name)
        named[feeling] = named.get(feeling, 0.0) + strength
    return _state_of(named)


def parse_vad(text: str) -> EmotionState:
    """Read `valence,arousal,dominance`, each −1..1, as `state_from_vad` does; `BadInput` for anything else."""
    try:
        return state_from_vad([float(part) for part in text.split(",")])
    except ValueError:
        raise BadInput(
            f"“{text}” is not valence,arousal,dominance with each from -1 to 1, for example 0.8,0.5,0.4."
        ) from None


def state_from_vad(vad: Sequence[float]) -> EmotionState:
    """The feeling at a point in valence–arousal–dominance (3,), each −1..1: a mixture of the few named feelings whose
    mean lies there, or nearest to it; `vad` is as it was asked for. `ValueError` for any other point."""
    values = tuple(float(v) for v in vad)
    if len(values) != 3 or not all(-1 <= v <= 1 for v in values):
        raise ValueError(f"{list(vad)!r} is not valence, arousal and dominance, each −1..1")
    return replace(_state_of(taxonomy.mixture_at(values)), vad_mean=values)


def _strength(name: str, text: str) -> float:
    try:
        strength = float(text) if text.strip() else 1.0
    except ValueError:
        raise BadInput(f"The strength “{text}” of {name} is not a number from 0 to 1.") from None
    if not 0 <= strength <= 1:
        raise BadInput(f"The strength of {name} is {text.strip()}; it must be from 0 to 1.")
    return strength


def _state_of(named: Mapping[str, float]) -> EmotionState:
    """The state of feelings with their strengths, brought to a sum of at most 1; their names are kept where they are
    finer than the basic emotions."""
    weights: dict[str, float] = {}
    for name, strength in named.items():
        for basic, weight in taxonomy.mixture(name).items():
            weights[basic] = weights.get(basic, 0.0) + strength * weight
    return EmotionState(_at_most_1(weights), named=_at_most_1(named) if set(named) - set(taxonomy.BASIC) else {})


def _at_most_1(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    scale = 1.0 / total if total > 1 else 1.0
    return {name: weight * scale for name, weight in weights.items() if weight > 0}
