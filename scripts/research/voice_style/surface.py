"""The response surface: what every judge would answer, and where all are content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_embed.readers.speech import load_speech_reader
from scripts.research.voice_style.listening import AcousticJudge
from scripts.research.voice_style.space import FARTHEST, NEVER_NEGATIVE, PARAMETERS, SENTENCES, SLOWEST, STEP, VOICES


@dataclass(frozen=True)
class Clips:
    """What was tried so far, and every judge's answers: `own` and `acoustic` logits (n, 7) with mean 0, `same` (n,)
    the cosine to the voice's plain speech, `natural` (n, 2) the share of its DNSMOS, `errors` (n,) the
    share of words that Whisper got wrong, NaN where it was not asked."""

    round: np.ndarray
    voice: np.ndarray
    sentence: np.ndarray
    theta: np.ndarray
    sought: np.ndarray
    own: np.ndarray
    acoustic: np.ndarray
    same: np.ndarray
    natural: np.ndarray
    errors: np.ndarray

    @classmethod
    def heard(cls, work: Path, judge: AcousticJudge) -> Clips:
        files = sorted(work.glob("clips-*.npz"))
        raw: dict[str, list] = {}
        for file in (f for f in files if ".half" not in f.name):
            with np.load(file) as found:
                for key in ("voice", "sentence", "theta", "sought", "own", "acoustic", "speaker", "mos"):
                    raw.setdefault(key, []).append(found[key])
                raw.setdefault("errors", []).append(
                    found["errors"] if "errors" in found else np.full(len(found["voice"]), np.nan)
                )
                raw.setdefault("round", []).append(np.full(len(found["voice"]), int(file.stem.split("-")[1])))
        rows = {key: np.concatenate(values) for key, values in raw.items()}
        is_plain = (rows["theta"] == 0).all(1)
        plain = np.array([rows["acoustic"][is_plain & (rows["voice"] == v)].mean(0) for v in range(len(VOICES))])
        who = np.array([rows["speaker"][is_plain & (rows["voice"] == v)].mean(0) for v in range(len(VOICES))])
        who /= np.linalg.norm(who, axis=1, keepdims=True)
        mos = np.array([rows["mos"][is_plain & (rows["voice"] == v)].mean(0) for v in range(len(VOICES))])
        own = load_speech_reader().votes(rows["own"]).mean(0)
        acoustic = judge.logits(rows["acoustic"], plain[rows["voice"]])
        return cls(
            rows["round"], rows["voice"], rows["sentence"], rows["theta"], rows["sought"],
            own - own.mean(1, keepdims=True), acoustic - acoustic.mean(1, keepdims=True),
            (rows["speaker"] * who[rows["voice"]]).sum(1), rows["mos"] / mos[rows["voice"]], rows["errors"],
        )  # fmt: skip


RIDGE = 25.0
NEAR_WEIGHT = 12.0  # clips that sought the same feeling count more: the surface is bent
OWN_SOFTNESS, ACOUSTIC_SOFTNESS = 1.3, 1.0
OWN_WEIGHT, ACOUSTIC_WEIGHT = 1.6, 0.3  # from the seventh round on; 1 and 0.5 before, when the own ear lagged behind
FLOOR_WEIGHTS = (150.0, 100.0, 100.0)
CAUTION = 2.0
MOST_ERRORS, ERRORS_WEIGHT = -0.04, 300.0  # below nothing, since the surface flatters


def _terms(z: np.ndarray) -> np.ndarray:
    return np.hstack([z, 0.5 * np.clip(z, -3, 3) ** 2])


@dataclass(frozen=True)
class Surface:
    """The judges' answers (18,) as `weight` (108, 18) over `_terms` of the parameters in steps and a `constant`, and
    how unsure that is: the `spread` (108, 108) of a Bayesian ridge and what is left over, `noise`."""

    weight: np.ndarray
    constant: np.ndarray
    spread: np.ndarray
    noise: float

    @classmethod
    def of(cls, clips: Clips, label: int) -> Surface:
        from sklearn.linear_model import Ridge

        z = clips.theta / STEP
        voices, sentences = np.eye(len(VOICES))[clips.voice], np.eye(len(SENTENCES))[clips.sentence]
        answers = np.hstack([clips.own, clips.acoustic, 5 * clips.same[:, None], 5 * clips.natural])
        near = 1 + (NEAR_WEIGHT - 1) * (clips.sought == label)
        terms = _terms(z)
        n = terms.shape[1]
        rows = np.hstack([terms, 2 * voices, sentences])
        model = Ridge(alpha=RIDGE).fit(rows, answers, sample_weight=near)
        by_voice, by_sentence = model.coef_[:, n : n + len(VOICES)], model.coef_[:, n + len(VOICES) :]
        centred = terms - np.average(terms, axis=0, weights=near)
        spread = np.linalg.inv(centred.T @ (near[:, None] * centred) / near.mean() + RIDGE * np.eye(n))
        noise = float(np.std((answers - model.predict(rows))[clips.sought == label][:, label]))
        constant = model.intercept_ + 2 * by_voice.mean(1) + by_sentence.mean(1)
        asked = np.isfinite(clips.errors)
        words = Ridge(alpha=RIDGE).fit(terms[asked], clips.errors[asked], sample_weight=near[asked])
        weight = np.column_stack([model.coef_[:, :n].T, words.coef_])
        return cls(weight, np.append(constant, words.intercept_), spread, noise if np.isfinite(noise) else 1.0)

    def answers(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(18,) and its slope (54, 18)."""
        n = len(z)
        slope = self.weight[:n] + np.clip(z, -3, 3)[:, None] * self.weight[n:]
        return _terms(z[None])[0] @ self.weight + self.constant, slope

    def doubt(self, z: np.ndarray) -> tuple[float, np.ndarray]:
        """By how much an answer may be wrong, and its slope (54,)."""
        terms, n = _terms(z[None])[0], len(z)
        leaning = self.spread @ terms
        size = np.sqrt(terms @ leaning) + 1e-9
        return self.noise * size, self.noise * (leaning[:n] + np.clip(z, -3, 3) * leaning[n:]) / size


def best_manner(clips: Clips, label: int, leash: float, least: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The parameters that content all judges most, and what they would then answer, (18,). `least` are
    the cosine to the plain voice and the share of its naturalness that are wanted."""
    from scipy.optimize import minimize

    surface = Surface.of(clips, label)

    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        (answers, slope), (doubt, doubt_slope) = surface.answers(z), surface.doubt(z)
        # The best of many guesses is a guess too high: what is little known has to promise more.
        total, gradient = leash * z @ z + CAUTION * doubt, 2 * leash * z + CAUTION * doubt_slope
        for part, factor, softness in (
            (slice(0, 7), OWN_WEIGHT, OWN_SOFTNESS),
            (slice(7, 14), ACOUSTIC_WEIGHT, ACOUSTIC_SOFTNESS),
        ):
            p = np.exp(softness * (answers[part] - answers[part].max()))
            p /= p.sum()
            total -= factor * np.log(p[label] + 1e-12)
            gradient = gradient + factor * softness * slope[:, part] @ (p - np.eye(7)[label])
        for k, wanted, factor in zip((14, 15, 16), (least[0], *[least[1]] * 2), FLOOR_WEIGHTS, strict=True):
            lacking = max(0.0, wanted - answers[k] / 5)
            total += factor * lacking**2
            gradient = gradient - 2 * factor * lacking * slope[:, k] / 5
        wrong = max(0.0, answers[17] - MOST_ERRORS)
        return total + ERRORS_WEIGHT * wrong**2, gradient + 2 * ERRORS_WEIGHT * wrong * slope[:, 17]

    low = -FARTHEST
    low[NEVER_NEGATIVE] = 0
    low[PARAMETERS.index("rate")] = -SLOWEST
    bounds = list(zip(low, FARTHEST, strict=True))
    found = minimize(loss, np.zeros(len(STEP)), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x * STEP, surface.answers(found.x)[0]
