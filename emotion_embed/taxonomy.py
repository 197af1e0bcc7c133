"""The names of feelings: one ontology of three tiers in which every label set of the field has a place.

Tier 1 are Parrott's six roots, with neutral and interest beside them; tier 2 his families (Parrott 2001, the tree that
TONE uses); tier 3 the feelings themselves. Each has coordinates in valence–arousal–dominance, the facial action
units that show it (after EMFACS), and the basic faces that it mixes. Eight basic feelings carry faces and voices. A
distribution over the feelings (`Mapping` of names to probabilities that sum to 1) is what every reader hands out.

The coordinates of the basic feelings are those of Russell & Mehrabian (1977); the others were placed by us between
them, guided by the eight octants and by where the field's lexicons put the words. They are a map, not a measurement.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.softmax import softmax

BASIC: tuple[str, ...] = ("neutral", "joy", "sadness", "anger", "fear", "surprise", "disgust", "contempt")
_SUM_WEIGHT, _LOCALITY = 30.0, 0.03  # of `mixture_at`: thirty times and a thirtieth as strict as the point itself
_LEAST_SHARE = 0.005


@dataclass(frozen=True)
class Feeling:
    """A name with its `family` and `root` (tiers 2 and 1), `vad` each −1..1, `mixture` of the basic feelings without
    neutral (sums to at most 1), and facial `action_units` of FACS: their numbers, an R before a one-sided one, and the
    intensity behind, A (a trace) to E; one without a letter is as strong as that face has it."""

    name: str
    family: str
    root: str
    vad: tuple[float, float, float]
    mixture: Mapping[str, float]
    action_units: tuple[str, ...]


# name: root/family, valence arousal dominance, basic mixture, action units
_TABLE = """
neutral        neutral/neutral          0.00  0.00  0.00  -                                -
joy            joy/cheerfulness         0.81  0.51  0.46  joy:1                            6 12 25
sadness        sadness/sadness         -0.63 -0.27 -0.33  sadness:1                        1 4 15 17
anger          anger/rage              -0.51  0.59  0.25  anger:1                          4 5 7 23
fear           fear/horror             -0.62  0.82 -0.43  fear:1                           1 2 4 5 7 20 26
surprise       surprise/surprise        0.40  0.67 -0.13  surprise:1                       1 2 5 26
disgust        anger/disgust           -0.60  0.35  0.11  disgust:1                        9 15 16
contempt       anger/disgust           -0.55  0.05  0.40  contempt:1                       R12 R14
admiration     love/affection           0.60  0.35  0.00  joy:0.5,surprise:0.2             1B 2B 5A 12C
amusement      joy/cheerfulness         0.70  0.50  0.35  joy:0.85                         6E 12D 25 26B
annoyance      anger/exasperation      -0.45  0.35  0.20  anger:0.4,contempt:0.15          4C 7B 14A 15B 24A
anticipation   interest/expectancy      0.25  0.45  0.20  joy:0.25,surprise:0.25           1B 2B 5B 12A
anxiety        fear/nervousness        -0.45  0.60 -0.45  fear:0.55,sadness:0.15           1D 2A 4B 5B 20C
apprehension   fear/nervousness        -0.35  0.40 -0.35  fear:0.4                         1C 4B 7B 20A
approval       love/affection           0.50  0.10  0.25  joy:0.3                          12B 14A
awe            surprise/surprise        0.45  0.50 -0.30  surprise:0.6,joy:0.25            1D 2D 5C 26C
boredom        sadness/neglect         -0.45 -0.60 -0.25  sadness:0.2,contempt:0.15        43D 15B 17A
calm           joy/contentment          0.50 -0.45  0.25  joy:0.2                          12B 43B
caring         love/affection           0.60  0.10  0.20  joy:0.35,sadness:0.25            1B 6B 12B
confidence     joy/pride                0.55  0.30  0.65  joy:0.4                          7B 12B 14A 53
confusion      interest/uncertainty    -0.20  0.25 -0.35  surprise:0.3,anger:0.2           1B R2C 4C 7B
contentment    joy/contentment          0.70 -0.15  0.35  joy:0.4                          6B 12C 43A
curiosity      interest/expectancy      0.30  0.45  0.10  surprise:0.35,joy:0.15           1C 2C 5A 12B
desire         love/longing             0.45  0.55  0.15  joy:0.4,surprise:0.1             6B 12B 25 43B
despair        sadness/suffering       -0.75  0.05 -0.60  sadness:0.8,fear:0.2             1E 4C 15D 17B 20B
disappointment sadness/disappointment  -0.50 -0.10 -0.25  sadness:0.6,contempt:0.1         1C 15C 17B 43A
disapproval    anger/exasperation      -0.40  0.25  0.25  anger:0.3,contempt:0.25          4C 14B 15B 17B
embarrassment  sadness/shame           -0.40  0.30 -0.50  fear:0.3,joy:0.3,sadness:0.1     1B 12C 14B 24C 43B 54
envy           anger/envy              -0.40  0.35 -0.10  anger:0.3,sadness:0.25           4B 7B 15B 24B
excitement     joy/zest                 0.75  0.75  0.40  joy:0.75,surprise:0.25           1C 2C 5B 6D 12E 25
faith          love/affection           0.50  0.05  0.25  joy:0.3                          1A 12B 43A
frustration    anger/exasperation      -0.50  0.45 -0.10  anger:0.55,sadness:0.2           4D 7C 15C 17B 23C
gratitude      love/affection           0.75  0.25  0.05  joy:0.6,sadness:0.1              1B 6C 12D
grief          sadness/suffering       -0.80 -0.05 -0.50  sadness:1                        1E 4C 15E 17D 43A
guilt          sadness/shame           -0.55  0.20 -0.40  sadness:0.5,fear:0.2             1D 4B 15C 43A 54
hope           joy/optimism             0.55  0.25  0.15  joy:0.45,surprise:0.1            1C 2A 5A 12B
impression     surprise/surprise        0.50  0.45 -0.05  surprise:0.5,joy:0.3             1C 2C 5B 12B
interest       interest/expectancy      0.35  0.35  0.15  surprise:0.25,joy:0.15           1B 2B 5A
irritation     anger/exasperation      -0.45  0.45  0.20  anger:0.5,contempt:0.1           4D 7C 15B 24B
jealousy       anger/envy              -0.50  0.50  0.00  anger:0.4,contempt:0.3           4D 7C 14A 15C 24B
loneliness     sadness/neglect         -0.60 -0.30 -0.50  sadness:0.7                      1D 15C 43A
love           love/affection           0.80  0.40  0.25  joy:0.65,sadness:0.05            6C 12D
nostalgia      sadness/longing          0.10 -0.15 -0.10  joy:0.3,sadness:0.35             1C 12B 43B
optimism       joy/optimism             0.65  0.35  0.35  joy:0.5,surprise:0.1             1B 2B 6A 12C
preparedness   joy/pride                0.35  0.25  0.45  joy:0.25                         7B 12A 24A
pride          joy/pride                0.70  0.40  0.60  joy:0.5,contempt:0.15            6A 7A 12C 53
rage           anger/rage              -0.65  0.85  0.35  anger:1                          4E 5D 7D 10C 15D 23D 25
realization    surprise/surprise        0.10  0.25  0.05  surprise:0.4                     1C 2C 5B
relief         joy/relief               0.60 -0.15  0.20  joy:0.5,surprise:0.1             1A 12C 43B
remorse        sadness/shame           -0.55  0.05 -0.40  sadness:0.6,fear:0.1             1D 4B 15C 17A
shame          sadness/shame           -0.60  0.15 -0.55  sadness:0.5,fear:0.2             1C 15C 43B 54
sympathy       sadness/sympathy        -0.10  0.05  0.05  sadness:0.5,joy:0.15             1C 4B 12B
tenderness     love/affection           0.60 -0.05  0.05  joy:0.4,sadness:0.15             1A 6B 12C 43A
terror         fear/horror             -0.70  0.90 -0.60  fear:1                           1E 2D 4C 5E 20E 27
trust          love/affection           0.50 -0.05  0.20  joy:0.3                          6A 12B
worry          fear/nervousness        -0.45  0.35 -0.35  fear:0.4,sadness:0.3             1D 4C 15A
"""


def _read_table() -> dict[str, Feeling]:
    feelings = {}
    for line in _TABLE.strip().splitlines():
        name, place, valence, arousal, dominance, mixed, *units = line.split()
        root, family = place.split("/")
        pairs = [] if mixed == "-" else [part.split(":") for part in mixed.split(",")]
        mixture = {basic: float(weight) for basic, weight in pairs}
        action_units = () if units == ["-"] else tuple(units)
        feelings[name] = Feeling(
            name, family, root, (float(valence), float(arousal), float(dominance)), mixture, action_units
        )
    return feelings


FEELINGS: dict[str, Feeling] = _read_table()
VAD: dict[str, tuple[float, float, float]] = {name: FEELINGS[name].vad for name in BASIC}
MIXTURES: dict[str, dict[str, float]] = {n: dict(f.mixture) for n, f in FEELINGS.items() if n not in BASIC}

# What people type, and what other label sets call it → the name used here.
ALIASES: dict[str, str] = {
    "admiring": "admiration", "affection": "love", "afraid": "fear", "aggressiveness": "anger", "amazed": "surprise",
    "amazement": "surprise", "amused": "amusement", "angry": "anger", "annoyed": "annoyance",
    "anticipating": "anticipation", "anxious": "anxiety", "anxiousness": "anxiety", "apprehensive": "apprehension",
    "approving": "approval", "ashamed": "shame", "astonished": "surprise", "bitterness": "annoyance",
    "bored": "boredom", "cheerful": "joy", "cheerfulness": "joy", "compassion": "sympathy", "concern": "worry",
    "concerned": "worry", "confident": "confidence", "confused": "confusion", "content": "contentment",
    "contemptuous": "contempt", "curious": "curiosity", "delight": "joy", "delighted": "joy", "depressed": "despair",
    "depression": "despair", "desperate": "despair", "devastated": "grief", "disappointed": "disappointment",
    "disapproving": "disapproval", "disgusted": "disgust", "distress": "despair", "ecstasy": "excitement",
    "ecstatic": "excitement", "elation": "excitement", "embarrassed": "embarrassment", "enthusiasm": "excitement",
    "enthusiastic": "excitement", "envious": "envy", "excited": "excitement", "exasperation": "frustration",
    "faithful": "faith", "fearful": "fear", "fright": "fear", "frightened": "fear", "frustrated": "frustration",
    "furious": "rage", "fury": "rage", "glad": "joy", "grateful": "gratitude", "guilty": "guilt",
    "happiness": "joy", "happy": "joy", "hate": "anger", "hatred": "anger", "hopeful": "hope",
    "hopelessness": "despair", "horror": "terror", "hurt": "sadness", "impressed": "impression",
    "inspired": "admiration", "interested": "interest", "irritated": "irritation", "jealous": "jealousy",
    "joyful": "joy", "loathing": "disgust", "lonely": "loneliness", "longing": "desire", "loving": "love",
    "mad": "anger", "melancholy": "sadness", "misery": "grief", "nervous": "anxiety", "nervousness": "anxiety",
    "none": "neutral", "nostalgic": "nostalgia", "optimistic": "optimism", "panic": "terror",
    "passion": "love", "peaceful": "calm", "pity": "sympathy", "pleased": "contentment", "prepared": "preparedness",
    "proud": "pride", "regret": "remorse", "relaxed": "calm", "relieved": "relief", "resentment": "annoyance",
    "sad": "sadness", "satisfaction": "contentment", "satisfied": "contentment", "scared": "fear",
    "scorn": "contempt", "sentimental": "nostalgia", "serene": "calm", "serenity": "calm", "shock": "surprise",
    "shocked": "surprise", "sorrow": "sadness", "startled": "surprise", "surprised": "surprise",
    "sympathetic": "sympathy", "tender": "tenderness", "terrified": "terror", "thankful": "gratitude",
    "thankfulness": "gratitude", "thrilled": "excitement", "touched": "tenderness", "triumph": "pride",
    "trusting": "trust", "uneasy": "apprehension", "unhappy": "sadness", "upset": "sadness",
    "vigilance": "anticipation", "warm": "tenderness", "wonder": "awe", "worried": "worry",
}  # fmt: skip

# The label sets of the field, in the order of their sources. Each label is a name or an alias above.
LABEL_SETS: dict[str, tuple[str, ...]] = {
    "goemotions": (
        "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire",
        "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief",
        "joy", "love", "nervousness", "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise",
        "neutral",
    ),
    "ekman": ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral"),
    "mead": ("angry", "disgusted", "fear", "happy", "neutral", "sad", "surprised", "contempt"),
    "empathetic_dialogues": (
        "afraid", "angry", "annoyed", "anticipating", "anxious", "apprehensive", "ashamed", "caring", "confident",
        "content", "devastated", "disappointed", "disgusted", "embarrassed", "excited", "faithful", "furious",
        "grateful", "guilty", "hopeful", "impressed", "jealous", "joyful", "lonely", "nostalgic", "prepared", "proud",
        "sad", "sentimental", "surprised", "terrified", "trusting",
    ),
    "plutchik": ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust"),
    "emodb": ("anger", "boredom", "disgust", "fear", "joy", "neutral", "sadness"),
    "crema_d": ("anger", "disgust", "fear", "joy", "neutral", "sadness"),
}  # fmt: skip


def names() -> list[str]:
    """Every name that is understood, aliases left out, basics first."""
    return [*BASIC, *sorted(MIXTURES)]


def canonical(name: str) -> str:
    """The taxonomy's own name for what a person typed; `BadInput` lists near ones when there is none."""
    key = name.strip().lower()
    key = ALIASES.get(key, key)
    if key in FEELINGS:
        return key
    near = difflib.get_close_matches(key, [*names(), *ALIASES], n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known ones are {', '.join(BASIC)} and their kin."
    raise BadInput(f"There is no emotion called “{name.strip()}”; {hint}")


def mixture(name: str) -> dict[str, float]:
    """The basic emotions that `name` mixes, without neutral; the weights sum to at most 1."""
    return dict(FEELINGS[canonical(name)].mixture)


def mean_vad(mixture: Mapping[str, float]) -> tuple[float, float, float]:
    """Valence, arousal and dominance, each −1..1, of feelings with strengths that sum to at most 1, neutral at 0."""
    vad = np.zeros(3)
    for name, strength in mixture.items():
        vad += strength * np.array(FEELINGS[name].vad)
    return vad_point(vad)


def vad_point(values: Iterable[float]) -> tuple[float, float, float]:
    """Valence, arousal and dominance as plain floats, from an array (3,) or whatever else holds three numbers."""
    valence, arousal, dominance = (float(value) for value in values)
    return valence, arousal, dominance


def mixture_at(vad: Sequence[float]) -> dict[str, float]:
    """The few named feelings whose mixture lies at a point in valence–arousal–dominance (3,), each −1..1.

    Strengths, largest first, sum to at most 1; what lacks is neutral. Of all mixtures at the point it is one of at most
    five feelings that lie close to it; where none reaches the point, the mixture is the nearest one.
    """
    from scipy.optimize import nnls

    points = np.array([feeling.vad for feeling in FEELINGS.values()])
    farness = _LOCALITY * np.square(points - np.asarray(vad, float)).sum(1)
    # Non-negative least squares: shares that sum to 1, lie at the point, and are not far from it, in falling weight.
    system = np.vstack([np.full(len(points), _SUM_WEIGHT), points.T, farness])
    shares, _ = nnls(system, np.array([_SUM_WEIGHT, *vad, 0.0]))
    found = {n: float(w) for n, w in zip(FEELINGS, shares / shares.sum(), strict=True) if w >= _LEAST_SHARE}
    return dict(sorted(((n, w) for n, w in found.items() if n != "neutral"), key=lambda item: -item[1]))


# Distributions over the feelings --------------------------------------------------------------------------------------


def from_labels(label_set: str, probabilities: np.ndarray) -> dict[str, float]:
    """A distribution over the feelings from one over the labels of a set; labels of one feeling add up.

    `probabilities` (labels,) ≥ 0 in the order of `LABEL_SETS`; they are brought to the sum 1. Raises `ValueError`
    when they are not that many, negative or all zero.
    """
    labels = LABEL_SETS[label_set]
    values = np.asarray(probabilities, float)
    if values.shape != (len(labels),) or not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise ValueError(f"{label_set} needs {len(labels)} probabilities that are not negative and not all zero.")
    out: dict[str, float] = {}
    for label, value in zip(labels, values / values.sum(), strict=True):
        name = canonical(label)
        out[name] = out.get(name, 0.0) + float(value)
    return out


def to_labels(label_set: str, distribution: Mapping[str, float]) -> np.ndarray:
    """The nearest distribution over the labels of a set, (labels,): each feeling goes to those labels that lie close
    in valence–arousal–dominance, all of it to a label of its own name."""
    labels = [canonical(label) for label in LABEL_SETS[label_set]]
    out = np.zeros(len(labels))
    for name, probability in distribution.items():
        same = np.array([label == name for label in labels], float)
        if not same.any():
            same = _closeness(np.array(FEELINGS[name].vad), labels)
        out += probability * same / same.sum()
    return out


def basic_distribution(distribution: Mapping[str, float]) -> np.ndarray:
    """Probabilities of `BASIC` (8,): every feeling as the faces that it mixes; what it lacks to 1 is neutral."""
    out = np.zeros(len(BASIC))
    for name, probability in distribution.items():
        for basic, weight in FEELINGS[name].mixture.items():
            out[BASIC.index(basic)] += probability * weight
    out[0] = max(0.0, sum(distribution.values()) - out.sum())
    return out


def vad_moments(distribution: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Mean (3,) and covariance (3, 3) of valence, arousal, dominance under a distribution.

    Each feeling is itself a small cloud of deviation 0.15, so that certainty never reads as a point.
    """
    points = np.array([FEELINGS[name].vad for name in distribution])
    weights = np.array(list(distribution.values()))
    mean = weights @ points
    centred = points - mean
    return mean, (centred * weights[:, None]).T @ centred + 0.15**2 * np.eye(3)


def distribution_from_vad(mean: np.ndarray, covariance: np.ndarray | None = None) -> dict[str, float]:
    """The inverse of `vad_moments`: how likely each feeling is for a Gaussian (default: deviation 0.15) at `mean`."""
    spread = np.asarray(covariance if covariance is not None else 0.15**2 * np.eye(3)) + 0.15**2 * np.eye(3)
    offsets = np.array([f.vad for f in FEELINGS.values()]) - np.asarray(mean, float)
    distances = np.einsum("ni,ij,nj->n", offsets, np.linalg.inv(spread), offsets)
    return dict(zip(FEELINGS, softmax(-0.5 * distances).tolist(), strict=True))


def _closeness(vad: np.ndarray, labels: list[str]) -> np.ndarray:
    offsets = np.array([FEELINGS[label].vad for label in labels]) - vad
    return np.exp(-np.square(offsets).sum(1) / (2 * 0.2**2)) + 1e-12
