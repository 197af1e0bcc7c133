"""One linear head for every speaker left out, with calibration on that speaker."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from emotion_embed.readers.prosody_features import SUMMARY_NAMES
from emotion_embed.readers.speech import LABELS
from scripts.training.speech.features import Clips

N_NUISANCE = 30
RIDGE = 0.06
N_AXES, FAMILIAR_PERCENTILE = 48, 95.0
STRANGE_POWER = 4.0  # how fast answers get flatter off the familiar; `--domains` tries it on corpora left out


def fit_head(x: np.ndarray, targets: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax regression on soft targets, classes weighing alike: weight (d, 7) and bias (7,)."""
    n, d = x.shape
    counts = np.bincount(labels, minlength=len(LABELS))
    weights = (n / (len(LABELS) * np.maximum(counts, 1)))[labels][:, None] / n

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias = flat[:-7].reshape(d, 7), flat[-7:]
        logits = x @ weight.astype(np.float32) + bias
        logits -= logits.max(1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        error = (np.exp(log_p) - targets) * weights
        gradient = x.T @ error.astype(np.float32) + RIDGE * weight
        value = -(weights * targets * log_p).sum() + 0.5 * RIDGE * np.square(weight).sum()
        return float(value), np.concatenate([gradient.ravel(), error.sum(0)]).astype(np.float64)

    found = minimize(loss, np.zeros(d * 7 + 7), jac=True, method="L-BFGS-B", options={"maxiter": 120})
    return found.x[:-7].reshape(d, 7).astype(np.float32), found.x[-7:].astype(np.float32)


def nuisance_directions(clips: Clips, others: Clips, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Orthonormal directions (30, d) along which the same neutral reading differs between speakers."""
    neutral = LABELS.index("neutral")
    centres = []
    for group in (clips, others):
        for speaker in np.unique(group.speakers):
            own = group.features[(group.speakers == speaker) & (group.labels == neutral)]
            if len(own) >= 2:
                centres.append(((own - mean) / scale).mean(0))
    centred = np.array(centres) - np.mean(centres, 0)
    return np.linalg.svd(centred, full_matrices=False)[2][:N_NUISANCE]


def build(
    clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray
) -> tuple[dict[str, np.ndarray], dict]:
    """Weights and configuration: one head for every speaker of `clips` that is left out, and calibration on them.

    The heads learn from `others` too, by `other_targets` (n, 7).
    """
    mean, scale = clips.features.mean(0), clips.features.std(0) + 1e-4
    weights = {"mean": mean, "scale": scale, "nuisance": nuisance_directions(clips, others, mean, scale)}
    z = (clips.features - mean) / scale
    x = (z - z @ weights["nuisance"].T @ weights["nuisance"]).astype(np.float32)
    y = (others.features - mean) / scale
    y = (y - y @ weights["nuisance"].T @ weights["nuisance"]).astype(np.float32)
    heads, held_logits, held_labels = [], [], []
    whole = clips.seconds > 1
    for speaker in np.unique(clips.speakers):
        kept = clips.speakers != speaker
        heads.append(
            fit_head(
                np.concatenate([x[kept], y]),
                np.concatenate([targets[kept], other_targets]),
                np.concatenate([clips.labels[kept], others.labels]),
            )
        )
        own = ~kept & whole
        held_logits.append(x[own] @ heads[-1][0] + heads[-1][1])
        held_labels.append(clips.labels[own])
    weights["weight"] = np.stack([w for w, _ in heads])
    weights["bias"] = np.stack([b for _, b in heads])
    centre, axes = main_axes(x[whole])
    weights |= {"centre": centre, "axes": axes}
    summaries = np.concatenate([clips.features[whole], others.features])[:, -len(SUMMARY_NAMES) :]
    config = {
        "labels": list(LABELS),
        "temperature": best_temperature(np.concatenate(held_logits), np.concatenate(held_labels)),
        "familiar_radius": familiar_radius(x, clips.speakers, clips.seconds),
        "strange_power": STRANGE_POWER,
        "prosody_mean": summaries.mean(0).tolist(),
        "prosody_scale": (summaries.std(0) + 1e-4).tolist(),
    }
    return weights, config


def main_axes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre (d,) and the 48 directions (48, d) that explain most of familiar voices."""
    centre = x.mean(0)
    _, vectors = np.linalg.eigh((x - centre).T @ (x - centre))
    return centre, np.ascontiguousarray(vectors[:, ::-1][:, :N_AXES].T)


def familiar_radius(x: np.ndarray, speakers: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """What the axes of the other speakers leave unexplained of a speaker, at the 95th percentile: the a and b of
    a + b / seconds through the whole clips and the single seconds."""
    left = np.zeros(len(x))
    for speaker in np.unique(speakers):
        centre, axes = main_axes(x[(speakers != speaker) & (seconds > 1)])
        own = x[speakers == speaker] - centre
        left[speakers == speaker] = np.sqrt(np.square(own - own @ axes.T @ axes).mean(1))
    whole, second = (np.percentile(left[seconds == s], FAMILIAR_PERCENTILE) for s in (2.0, 1.0))
    return float(2 * whole - second), float(2 * (second - whole))


def best_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which held-out speakers' likelihood is best, classes weighing alike."""
    counts = np.bincount(labels, minlength=len(LABELS))
    row_weights = 1 / counts[labels]

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        log_p = (
            scaled
            - np.log(np.exp(scaled - scaled.max(1, keepdims=True)).sum(1, keepdims=True))
            - scaled.max(1, keepdims=True)
        )
        return -float((row_weights * log_p[np.arange(len(labels)), labels]).sum())

    grid = np.geomspace(0.3, 3, 60)
    return float(grid[np.argmin([loss(t) for t in grid])])
