"""The names of feelings, where they lie in valence–arousal–dominance, and which basic faces they mix.

Eight basic emotions carry faces and voices; every other name is a mixture of them. The octants and the
coordinates of the basic emotions follow Russell & Mehrabian (1977).
"""

from __future__ import annotations

import difflib

from checkpoints.errors import BadInput

BASIC = ("neutral", "joy", "sadness", "anger", "fear", "surprise", "disgust", "contempt")

VAD: dict[str, tuple[float, float, float]] = {
    "neutral": (0.0, 0.0, 0.0),
    "joy": (0.81, 0.51, 0.46),
    "sadness": (-0.63, -0.27, -0.33),
    "anger": (-0.51, 0.59, 0.25),
    "fear": (-0.62, 0.82, -0.43),
    "surprise": (0.40, 0.67, -0.13),
    "disgust": (-0.60, 0.35, 0.11),
    "contempt": (-0.55, 0.05, 0.40),
}

# A name → the basic emotions that its face mixes; what is missing to 1 is neutral.
MIXTURES: dict[str, dict[str, float]] = {
    "amusement": {"joy": 0.85},
    "anxiety": {"fear": 0.55, "sadness": 0.15},
    "awe": {"surprise": 0.6, "joy": 0.25},
    "boredom": {"sadness": 0.2, "contempt": 0.15},
    "calm": {"joy": 0.2},
    "caring": {"joy": 0.35, "sadness": 0.25},
    "confusion": {"surprise": 0.3, "anger": 0.2},
    "curiosity": {"surprise": 0.35, "joy": 0.15},
    "despair": {"sadness": 0.8, "fear": 0.2},
    "disappointment": {"sadness": 0.6, "contempt": 0.1},
    "embarrassment": {"fear": 0.3, "joy": 0.3, "sadness": 0.1},
    "excitement": {"joy": 0.75, "surprise": 0.25},
    "frustration": {"anger": 0.55, "sadness": 0.2},
    "gratitude": {"joy": 0.6, "sadness": 0.1},
    "grief": {"sadness": 1.0},
    "guilt": {"sadness": 0.5, "fear": 0.2},
    "hope": {"joy": 0.45, "surprise": 0.1},
    "irritation": {"anger": 0.5, "contempt": 0.1},
    "jealousy": {"anger": 0.4, "contempt": 0.3},
    "loneliness": {"sadness": 0.7},
    "love": {"joy": 0.65, "sadness": 0.05},
    "nostalgia": {"joy": 0.3, "sadness": 0.35},
    "pride": {"joy": 0.5, "contempt": 0.15},
    "relief": {"joy": 0.5, "surprise": 0.1},
    "shame": {"sadness": 0.5, "fear": 0.2},
    "sympathy": {"sadness": 0.5, "joy": 0.15},
    "tenderness": {"joy": 0.4, "sadness": 0.15},
    "worry": {"fear": 0.4, "sadness": 0.3},
}

# What people type → the name used here.
ALIASES: dict[str, str] = {
    "afraid": "fear", "amazed": "surprise", "amused": "amusement", "angry": "anger", "annoyed": "irritation",
    "anxious": "anxiety", "ashamed": "shame", "bored": "boredom", "confused": "confusion", "curious": "curiosity",
    "content": "calm", "delight": "joy", "disappointed": "disappointment", "disgusted": "disgust",
    "embarrassed": "embarrassment", "excited": "excitement", "fearful": "fear", "frustrated": "frustration",
    "fury": "anger", "furious": "anger", "glad": "joy", "grateful": "gratitude", "guilty": "guilt",
    "happiness": "joy", "happy": "joy", "hopeful": "hope", "jealous": "jealousy", "joyful": "joy",
    "lonely": "loneliness", "loving": "love", "mad": "anger", "nervous": "anxiety", "none": "neutral",
    "nostalgic": "nostalgia", "optimism": "hope", "proud": "pride", "rage": "anger", "relaxed": "calm",
    "relieved": "relief", "sad": "sadness", "scared": "fear", "serene": "calm", "shock": "surprise",
    "shocked": "surprise", "sorrow": "sadness", "surprised": "surprise", "tender": "tenderness",
    "terror": "fear", "thankful": "gratitude", "worried": "worry",
}  # fmt: skip


def names() -> list[str]:
    """Every name that is understood, aliases left out, basics first."""
    return [*BASIC, *sorted(MIXTURES)]


def canonical(name: str) -> str:
    """The taxonomy's own name for what a person typed; `BadInput` lists near ones when there is none."""
    key = name.strip().lower()
    key = ALIASES.get(key, key)
    if key in VAD or key in MIXTURES:
        return key
    near = difflib.get_close_matches(key, [*names(), *ALIASES], n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known ones are {', '.join(BASIC)} and their kin."
    raise BadInput(f"There is no emotion called “{name.strip()}”; {hint}")


def mixture(name: str) -> dict[str, float]:
    """The basic emotions that `name` mixes, without neutral; the weights sum to at most 1."""
    key = canonical(name)
    if key == "neutral":
        return {}
    return dict(MIXTURES.get(key, {key: 1.0}))


def from_vad(valence: float, arousal: float, dominance: float) -> dict[str, float]:
    """Weights over the basic emotions whose mean lies near a point in valence–arousal–dominance (−1..1).

    Inverse-square distances to the basic coordinates; a point at the origin is all neutral.
    """
    point = (valence, arousal, dominance)
    weights = {
        name: 1.0 / (sum((a - b) ** 2 for a, b in zip(point, at, strict=True)) + 0.02) ** 2 for name, at in VAD.items()
    }
    total = sum(weights.values())
    return {name: w / total for name, w in weights.items() if name != "neutral" and w / total > 0.03}
