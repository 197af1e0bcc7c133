"""A perceptron over log-mel frames, trained with Adam in plain NumPy."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from generators.voice.align import alignment
from generators.voice.align.alignment import CONTEXT_FRAMES, HOP_S, N_FEATURES, RATE_HZ, PhoneModel
from generators.voice.align.phone_classes import CLASSES, SILENCE, class_of
from scripts.training.augmentation import lightly_augmented
from scripts.training.corpora.utterances import Utterance

HIDDEN = (256, 256)
EPOCHS, BATCH, LEARNING_RATE, DROPOUT = 4, 512, 1e-3, 0.1
SILENCE_SHARE = 0.25  # of the frames of speech, as many are silence


def frame_classes(utterance: Utterance) -> np.ndarray:
    """The class of every 10 ms, (n,)."""
    classes = np.full(int(len(utterance.audio.samples) / RATE_HZ / HOP_S + 1e-6), CLASSES.index(SILENCE))
    times_s = (np.arange(len(classes)) + 0.5) * HOP_S
    for symbol, start_s, end_s in (sound for word in utterance.words for sound in word):
        classes[(times_s >= start_s) & (times_s < end_s)] = class_of(symbol)
    return classes


def train(utterances: Sequence[Utterance], seed: int) -> PhoneModel:
    """A model of these utterances, by Adam with a cosine-shaped rate."""
    rng = np.random.default_rng(seed)
    mels = [alignment.log_mel(lightly_augmented(utterance.audio, rng)) for utterance in utterances]
    classes = np.concatenate([frame_classes(u)[: len(m)] for u, m in zip(utterances, mels, strict=True)])
    lengths = np.array([len(mel) for mel in mels])
    ends, mel = np.cumsum(lengths), np.concatenate(mels)
    first, last = np.repeat(ends - lengths, lengths), np.repeat(ends - 1, lengths)
    mean, scale = np.tile(mel.mean(0), len(CONTEXT_FRAMES)), 1 / np.tile(mel.std(0), len(CONTEXT_FRAMES))
    silent = classes == CLASSES.index(SILENCE)
    kept_silence = rng.permutation(np.flatnonzero(silent))[: int(SILENCE_SHARE * (~silent).sum())]
    chosen = np.concatenate([np.flatnonzero(~silent), kept_silence])
    network, n_batches = _Network((N_FEATURES, *HIDDEN, len(CLASSES)), rng), len(chosen) // BATCH
    for epoch in range(EPOCHS):
        order, losses = rng.permutation(chosen), []
        for b in range(n_batches):
            at = order[b * BATCH : (b + 1) * BATCH]
            near = np.clip(at[:, None] + np.array(CONTEXT_FRAMES), first[at, None], last[at, None])
            features = ((mel[near].reshape(len(at), -1) - mean) * scale).astype(np.float32)
            rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * (epoch + b / n_batches) / EPOCHS))
            losses.append(network.step(features, classes[at], rate))
        sys.stderr.write(f"epoch {epoch}: {len(chosen)} frames, loss {np.mean(losses):.3f}\n")
    prior = np.bincount(classes[chosen], minlength=len(CLASSES)) + 50.0
    layers = tuple(zip(network.weights, network.biases, strict=True))
    return PhoneModel(mean, scale.astype(np.float32), layers, np.log(prior / prior.sum()).astype(np.float32))


class _Network:
    """A perceptron with dropout and Adam."""

    def __init__(self, sizes: Sequence[int], rng: np.random.Generator) -> None:
        self.rng = rng
        pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
        self.weights = [(rng.normal(size=(a, b)) * np.sqrt(2 / a)).astype(np.float32) for a, b in pairs]
        self.biases = [np.zeros(b, np.float32) for _, b in pairs]
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in (*self.weights, *self.biases)]
        self.n_steps = 0

    def step(self, features: np.ndarray, classes: np.ndarray, rate: float) -> float:
        """Learn from one batch; the mean cross-entropy before."""
        hidden, masks = [features], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            mask = (self.rng.random((len(features), len(bias)), np.float32) > DROPOUT) / np.float32(1 - DROPOUT)
            hidden.append(np.maximum(hidden[-1] @ weight + bias, 0) * mask)
            masks.append(mask)
        scores = hidden[-1] @ self.weights[-1] + self.biases[-1]
        scores = np.exp(scores - scores.max(1, keepdims=True))
        error = scores / scores.sum(1, keepdims=True)
        rows = np.arange(len(classes))
        loss = -np.log(error[rows, classes] + 1e-9).mean()
        error[rows, classes] -= 1
        error /= len(classes)
        slopes_weights, slopes_biases = [], []
        for i in range(len(self.weights) - 1, -1, -1):
            slopes_weights.insert(0, hidden[i].T @ error)
            slopes_biases.insert(0, error.sum(0))
            if i:
                error = (error @ self.weights[i].T) * (hidden[i] > 0) * masks[i - 1]
        self._adam([*slopes_weights, *slopes_biases], rate)
        return float(loss)

    def _adam(self, slopes: Sequence[np.ndarray], rate: float) -> None:
        self.n_steps += 1
        for value, slope, (mean, square) in zip((*self.weights, *self.biases), slopes, self.moments, strict=True):
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope**2 - square)
            mean_now, square_now = mean / (1 - 0.9**self.n_steps), square / (1 - 0.999**self.n_steps)
            value -= (rate * mean_now / (np.sqrt(square_now) + 1e-8)).astype(np.float32)


def save(model: PhoneModel, folder: Path, seed: int, minutes: float) -> None:
    """Write `model.safetensors` (float16) and `config.json`; the model card lies beside them."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {"mean": model.mean, "scale": model.scale, "log_prior": model.log_prior}
    for i, (weight, bias) in enumerate(model.layers):
        tensors |= {f"layer{i}.weight": weight, f"layer{i}.bias": bias}
    save_file({name: np.ascontiguousarray(t, np.float16) for name, t in tensors.items()}, folder / "model.safetensors")
    config = {"classes": CLASSES, "context_frames": CONTEXT_FRAMES, "n_layers": len(model.layers)}
    config |= {"hidden": HIDDEN, "epochs": EPOCHS, "seed": seed, "kokoro_minutes": minutes}
    (folder / "config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
