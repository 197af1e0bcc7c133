"""What an evaluation of voices says in numbers: order, recall, likeness, naturalness, strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_embed import taxonomy
from scripts.evaluation.metrics import rank_correlation
from scripts.evaluation.voice.clips import STRENGTHS
from scripts.evaluation.voice.measured import Measured
from scripts.training.corpora.emodb import LABELS, NEUTRAL

CLEARLY = 0.3  # on an axis of valence–arousal–dominance, −1..1


def clear_pairs(axis: int) -> list[tuple[int, int]]:
    """Pairs of labels (lower, higher) whose places in the taxonomy lie `CLEARLY` apart on an axis (0 valence, 1
    arousal)."""
    place = [taxonomy.FEELINGS[label].vad[axis] for label in LABELS]
    return [(i, k) for i in range(len(LABELS)) for k in range(len(LABELS)) if place[k] - place[i] >= CLEARLY]


def order_kept(heard: np.ndarray, axis: int) -> np.ndarray:
    """Which of `clear_pairs` are heard in the right order: `heard` (…, 7) by label → (…, pairs) of bool."""
    low, high = np.array(clear_pairs(axis)).T
    return heard[..., high] > heard[..., low]


def likeness(vectors: np.ndarray, plain: np.ndarray) -> float:
    """Mean cosine between unit vectors of each sentence (n, d) and the plain ones (n, d) of every *other* sentence."""
    table = vectors @ plain.T
    return float(table[~np.eye(len(table), dtype=bool)].mean())


@dataclass(frozen=True)
class Order:
    """How many clear pairs stand in the right order of valence and of arousal, and which are most often wrong."""

    valence: float
    arousal: float
    wrong: str


def order_of(va: np.ndarray) -> Order:
    """From (v, 7, s, 2): per voice, the mean over the sentences."""
    means, shares, wrong = va.mean(2), [], []
    for axis, name in enumerate(("valence", "arousal")):
        kept = order_kept(means[..., axis], axis)
        shares.append(float(kept.mean()))
        for (low, high), share in zip(clear_pairs(axis), kept.mean(0), strict=True):
            if share < 0.75:
                wrong.append((share, f"{name} {LABELS[low]} < {LABELS[high]} ({share:.0%})"))
    valence, arousal = shares
    return Order(valence, arousal, ", ".join(text for _, text in sorted(wrong)) or "none")


def recognised(probabilities: np.ndarray) -> np.ndarray:
    """Whether each clip is called what was asked, (v, 7, s)."""
    return probabilities.argmax(-1) == np.arange(len(LABELS))[None, :, None]


def word_errors(measured: Measured) -> np.ndarray:
    """Wrong words over all words, (7,), by label."""
    wrong, words = measured.words.sum((0, 2)).T
    return wrong / words


def cosines(measured: Measured) -> np.ndarray:
    """Mean cosine to the plain voice's other sentences, (v, 7)."""
    return np.array([[likeness(own, of_voice[NEUTRAL]) for own in of_voice] for of_voice in measured.speaker])


def likenesses(measured: Measured) -> np.ndarray:
    """Likeness to the plain voice over the plain voice's own between its sentences, (v, 7)."""
    table = cosines(measured)
    return table / table[:, NEUTRAL : NEUTRAL + 1]


def strangers(measured: Measured) -> float | None:
    """The same for other voices of the same sex: what likeness would be if the feeling changed the speaker."""
    ratios = []
    for i, one in enumerate(measured.voices):
        own = likeness(measured.speaker[i, NEUTRAL], measured.speaker[i, NEUTRAL])
        for k, other in enumerate(measured.voices):
            if i != k and one[1] == other[1]:
                ratios.append(likeness(measured.speaker[k, NEUTRAL], measured.speaker[i, NEUTRAL]) / own)
    return float(np.mean(ratios)) if ratios else None


def known_again(measured: Measured) -> tuple[float, float]:
    """How many clips with a feeling, and plain ones, lie nearer to their own plain voice (other sentences) than to any
    other of the voices: likeness alone is lenient, for the voices are alike."""
    n_voices, n_labels, n_sentences, _ = measured.speaker.shape
    right = np.zeros((n_voices, n_labels, n_sentences), bool)
    for sentence in range(n_sentences):
        plain = np.delete(measured.speaker[:, NEUTRAL], sentence, axis=1).mean(1)  # (v, 256)
        nearest = (measured.speaker[:, :, sentence] @ plain.T).argmax(-1)
        right[:, :, sentence] = nearest == np.arange(len(plain))[:, None]
    return float(np.delete(right, NEUTRAL, axis=1).mean()), float(right[:, NEUTRAL].mean())


def naturalnesses(measured: Measured) -> np.ndarray:
    """P.808 and overall score over the plain voice's, (7, 2), by label."""
    means = measured.mos.mean((0, 2))
    return means / means[NEUTRAL]


def strength_ranks(measured: Measured) -> np.ndarray:
    """Spearman of asked and heard strength, (v, 6, 2): by the ear's probability, and by its head's distance."""
    means = np.moveaxis(measured.graded.mean(-1), 2, 3)  # (v, 6, 2, 5)
    return np.apply_along_axis(lambda heard: rank_correlation(np.array(STRENGTHS), heard), -1, means)
