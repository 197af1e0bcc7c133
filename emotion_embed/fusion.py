"""Words, voice and face weighed against each other: one state, how sure it is, and where they disagree.

Modalities meet over nine core feelings in a weighted product of their distributions (a log-linear pool, Genest & Zidek
1986): each counts by the weight that `scripts.training.fusion` measured (voice against face from CREMA-D's listeners,
words against voice from held-out pairs) times its own reliability here. Valence, arousal and dominance are the
precision-weighted mean. What they do not agree on is not averaged away: it is `conflict`, with who says what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

import checkpoints
from emotion_embed import taxonomy
from emotion_embed.signals.asr import Transcript
from emotion_embed.softmax import softmax
from emotion_embed.state import EmotionState, Evidence

CORE = (*taxonomy.BASIC, "boredom")
MODALITIES = ("text", "voice", "face")
_SAYS = {"text": "the words say", "voice": "the voice says", "face": "the face says"}
_NAMED_CONFLICT = 0.5
_FLOOR = 0.02
# Sounds that are no word of their language, and nothing else: "well" and "este" are words.
_FILLERS = {
    "en": frozenset(["um", "uh", "erm", "hmm", "er", "uhm", "mm"]),
    "de": frozenset(["äh", "ähm", "hm", "öh"]),
    "es": frozenset(["eh", "em"]),
    "fr": frozenset(["euh", "hein", "bah"]),
}
_HEDGES = ("i don't know", "i guess", "i'm not sure", "maybe", "i think", "perhaps", "ich weiß nicht", "vielleicht")
_TURNS = frozenset(["but", "however", "although", "though", "yet", "aber", "mais", "pero"])
_LONG_PAUSE_S = 0.7


def fuse(found: Sequence[Evidence], remarks: Sequence[str] = ()) -> EmotionState:
    """One state from what each modality says; `remarks` are kept in front of its own.

    Raises `ValueError` without any evidence.
    """
    if not found:
        raise ValueError("There is no evidence to weigh.")
    cores = np.array([core_distribution(evidence.distribution) for evidence in found])
    weights = np.array([weight(evidence) for evidence in found])
    fused = _pooled(cores, weights)
    distribution = _refined(fused, found, weights)
    conflict, pair = _conflict(found)
    mean, covariance = _vad(found, weights, conflict)
    own = _remarks(found, cores, conflict, pair)
    intensity = _intensity(found, weights, fused)
    return EmotionState(
        weights=_basic_weights(distribution, intensity),
        distribution=distribution,
        vad_mean=taxonomy.vad_point(mean),
        vad_covariance=covariance,
        confidence=_confidence(fused, weights, conflict),
        conflict=conflict,
        evidence=tuple(found),
        remarks=(*remarks, *own),
    )


def core_distribution(distribution: Mapping[str, float]) -> np.ndarray:
    """Probabilities over `CORE` (9,): a feeling as the basic ones that it mixes, boredom and neutral as they are."""
    out = np.zeros(len(CORE))
    for name, probability in distribution.items():
        for core, share in _core_shares(name).items():
            out[CORE.index(core)] += probability * share
    return out / max(out.sum(), 1e-9)


def log_core(cores: np.ndarray) -> np.ndarray:
    """Logarithms of core distributions (…, 9), none so small that a modality could rule a feeling out."""
    return np.log((1 - _FLOOR) * cores + _FLOOR / len(CORE))


def weight(evidence: Evidence) -> float:
    """How much a modality counts: what was measured for its kind, times its reliability here."""
    return float(_config()["weights"][evidence.modality]) * evidence.reliability


def divergence(one: np.ndarray, other: np.ndarray) -> float:
    """Jensen–Shannon divergence of two distributions in bits, 0 (the same) to 1 (nothing in common)."""
    middle = (one + other) / 2

    def against(p: np.ndarray) -> float:
        inside = p > 0
        return float((p[inside] * np.log2(p[inside] / middle[inside])).sum())

    return float(np.clip((against(one) + against(other)) / 2, 0, 1))


def raw_conflict(one: Evidence, other: Evidence) -> float:
    """How far two modalities disagree, uncalibrated, 0..1: the divergence of what they say, as far as both know."""
    a, b = core_distribution(one.distribution), core_distribution(other.distribution)
    return divergence(a, b) * float(np.sqrt(one.reliability * other.reliability))


def hesitancy(transcript: Transcript) -> tuple[float, str]:
    """How hesitant somebody speaks, 0..1, and what it shows in: fillers, hedges and long pauses inside sentences."""
    words = [word.text.lower().strip(".,!?…") for word in transcript.words]
    if len(words) < 3:
        return 0.0, ""
    fillers = [word for word in words if word in _FILLERS.get(transcript.language, frozenset())]
    line = f" {' '.join(words)} "
    hedges = [hedge for hedge in _HEDGES if f" {hedge} " in line]
    gaps_s = [
        after.start_s - before.end_s
        for before, after in zip(transcript.words[:-1], transcript.words[1:], strict=True)
        if not before.text.endswith((".", "!", "?"))
    ]
    pauses = [gap_s for gap_s in gaps_s if gap_s >= _LONG_PAUSE_S]
    score = 1 - np.exp(-(4 * len(fillers) + 3 * len(hedges) + 3 * len(pauses)) / len(words) / 0.6)
    signs = [_counted(len(fillers), "filler")] if fillers else []
    signs += [f"hedges such as “{hedges[0]}”"] if hedges else []
    signs += [_counted(len(pauses), "long pause") + " inside sentences"] if pauses else []
    return float(score), ", ".join(signs)


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" + "s" * (n != 1)


def ambivalence(sentences: Sequence[Evidence], text: str) -> str:
    """One remark where a text itself pulls both ways: strong good and bad feeling in it, "but" between them."""
    valences = [evidence.vad_mean[0] * evidence.intensity for evidence in sentences]
    turns = any(word in _TURNS for word in text.lower().replace(",", " ").split())
    if len(valences) >= 2 and max(valences) > 0.2 and min(valences) < -0.2:
        return "the words are of two minds: good and bad feeling beside each other"
    if turns and sentences:
        basic = core_distribution(sentences[0].distribution)
        good, bad = basic[CORE.index("joy")], basic[[CORE.index(n) for n in ("sadness", "anger", "fear")]].sum()
        if len(sentences) == 1 and min(good, bad) > 0.2:
            return "the words are of two minds: they turn with a “but”"
    return ""


def _core_shares(name: str) -> dict[str, float]:
    if name in CORE:
        return {name: 1.0}
    mixed = taxonomy.FEELINGS[name].mixture
    total = sum(mixed.values())
    return {basic: share / total for basic, share in mixed.items()}


def _pooled(cores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted product; where little is known it stays near the prior, which is flat."""
    return softmax(weights @ np.where(cores.sum(1, keepdims=True) > 0, log_core(cores), 0))


def _refined(fused: np.ndarray, found: Sequence[Evidence], weights: np.ndarray) -> dict[str, float]:
    """The core feelings parted again into the finer ones that the modalities named."""
    out: dict[str, float] = {}
    for core, probability in zip(CORE, fused, strict=True):
        shares: dict[str, float] = {core: 1e-6}
        for evidence, own in zip(found, weights, strict=True):
            for name, p in evidence.distribution.items():
                part = _core_shares(name).get(core, 0.0) * p * own
                if part > 0:
                    shares[name] = shares.get(name, 0.0) + part
        total = sum(shares.values())
        for name, share in shares.items():
            out[name] = out.get(name, 0.0) + float(probability) * share / total
    return dict(sorted(out.items(), key=lambda item: -item[1]))


def _vad(found: Sequence[Evidence], weights: np.ndarray, conflict: float) -> tuple[np.ndarray, np.ndarray]:
    means = np.array([e.vad_mean for e in found])
    precisions = [
        max(w, 1e-3) * np.linalg.inv(np.asarray(e.vad_covariance)) for e, w in zip(found, weights, strict=True)
    ]
    covariance = np.linalg.inv(np.sum(precisions, 0))
    mean = covariance @ np.sum([p @ m for p, m in zip(precisions, means, strict=True)], 0)
    spread = (means - mean).T @ (means - mean) / len(means)
    widest = 0.6**2 * np.eye(3)  # nothing known: anywhere
    share = min(1.0, float(weights.sum()))
    return share * mean, share * (covariance + conflict * spread) + (1 - share) * widest


def _conflict(found: Sequence[Evidence]) -> tuple[float, tuple[int, int] | None]:
    """The calibrated conflict of the pair that disagrees most."""
    worst, pair = 0.0, None
    for i, j in combinations(range(len(found)), 2):
        raw = raw_conflict(found[i], found[j])
        if raw > worst:
            worst, pair = raw, (i, j)
    if pair is None:
        return 0.0, None
    slope, offset = _config()["conflict"]["slope"], _config()["conflict"]["offset"]
    return float(1 / (1 + np.exp(-(slope * worst + offset)))), pair


def _remarks(
    found: Sequence[Evidence], cores: np.ndarray, conflict: float, pair: tuple[int, int] | None
) -> tuple[str, ...]:
    if pair is None or conflict < _NAMED_CONFLICT:
        return ()
    said = [f"{_SAYS[found[i].modality]} {CORE[int(cores[i].argmax())]}" for i in pair]
    return (f"they disagree: {said[0]}, {said[1]}",)


def _intensity(found: Sequence[Evidence], weights: np.ndarray, fused: np.ndarray) -> float:
    shares = weights / max(weights.sum(), 1e-9)
    known = min(1.0, float(weights.sum()))
    return float(known * (shares @ [e.intensity for e in found]) * 0.5 + 0.5 * known * (1 - fused[0]))


def _basic_weights(distribution: Mapping[str, float], intensity: float) -> dict[str, float]:
    """What generators show: the basic faces in the proportions of the distribution, as strong as it is felt."""
    basic = taxonomy.basic_distribution(distribution)[1:]
    total = basic.sum()
    scaled = basic / total * intensity if total > 0 else basic
    return {n: round(float(w), 4) for n, w in zip(taxonomy.BASIC[1:], scaled, strict=True) if w >= 0.01}


def _confidence(fused: np.ndarray, weights: np.ndarray, conflict: float) -> float:
    entropy = -(fused * np.log(fused + 1e-12)).sum() / np.log(len(fused))
    return float(np.clip((1 - entropy) * min(1.0, weights.sum()) * (1 - 0.5 * conflict), 0, 1))


@lru_cache(maxsize=1)
def _config() -> dict:
    return json.loads((checkpoints.weights_path("fusion") / "config.json").read_text(encoding="utf-8"))
