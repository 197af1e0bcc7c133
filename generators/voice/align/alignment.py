"""Where each sound of known words lies in a recording: a small acoustic model and a Viterbi search.

The model hears 0.2 s of log-mel spectrum around every 10 ms and says how likely each class of sound is there. The
search then finds the best times for the sounds that the words are made of, with silence allowed between words.
`spread_evenly` is the simple way without acoustics: typical durations inside known word times.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.voice.align.phone_classes import CLASS_INDEX, CLASSES, SILENCE, class_of

RATE_HZ = 16_000
HOP_S = 0.01
_WINDOW = 400  # samples, 25 ms
_HOP = 160
_N_FFT = 512
_N_MELS = 40
CONTEXT_FRAMES = (-10, -8, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 8, 10)
N_FEATURES = len(CONTEXT_FRAMES) * _N_MELS


def log_mel(audio: Audio) -> np.ndarray:
    """Log-mel spectrum (n, 40) float32, one row per 10 ms around its middle, each band less its own mean.

    Bands are floored 60 dB under the loudest moment, so that the noise between words looks alike everywhere.
    """
    samples = audio.resampled(RATE_HZ).samples.astype(np.float32)
    n = max(1, len(samples) // _HOP)
    emphasised = np.concatenate([samples[:1], samples[1:] - 0.97 * samples[:-1]])
    padded = np.pad(emphasised, (_WINDOW // 2 - _HOP // 2, _WINDOW + _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:n]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), _N_FFT)) ** 2
    mel = np.log(power.astype(np.float32) @ _mel_filters().T + 1e-10)
    mel = np.maximum(mel, np.percentile(mel, 99.5) - 60 / (10 * np.log10(np.e)))
    return (mel - mel.mean(axis=0)).astype(np.float32)


def _mel_filters() -> np.ndarray:
    """Triangular mel bands from 60 Hz to 7.6 kHz, (40, 257)."""
    to_mel = lambda hz: 2595 * np.log10(1 + hz / 700)  # noqa: E731
    edges_hz = 700 * (10 ** (np.linspace(to_mel(60), to_mel(7600), _N_MELS + 2) / 2595) - 1)
    bins_hz = np.arange(_N_FFT // 2 + 1) * RATE_HZ / _N_FFT
    rise = (bins_hz - edges_hz[:-2, None]) / (edges_hz[1:-1] - edges_hz[:-2])[:, None]
    fall = (edges_hz[2:, None] - bins_hz) / (edges_hz[2:] - edges_hz[1:-1])[:, None]
    return np.maximum(0, np.minimum(rise, fall)).astype(np.float32)


def in_context(mel: np.ndarray) -> np.ndarray:
    """Each row beside its neighbours, (n, 680)."""
    at = np.arange(len(mel))[:, None] + np.array(CONTEXT_FRAMES)
    return mel[np.clip(at, 0, len(mel) - 1)].reshape(len(mel), -1)


@dataclass(frozen=True)
class PhoneModel:
    """A perceptron over log-mel context: `layers` are (weights (in, out), bias (out,)) with ReLU between them."""

    mean: np.ndarray
    scale: np.ndarray
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    log_prior: np.ndarray

    @classmethod
    def load(cls, folder: str | Path | None = None) -> PhoneModel:
        """From `model.safetensors` and `config.json` in `folder` (None: the one that comes with the product)."""
        from safetensors.numpy import load_file

        import checkpoints

        folder = Path(folder or Path(checkpoints.__file__).parent / "weights" / "phone_aligner")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if tuple(config["classes"]) != CLASSES or tuple(config["context_frames"]) != CONTEXT_FRAMES:
            raise ValueError(f"{folder} was trained for other sounds or another context.")
        tensors = {name: t.astype(np.float32) for name, t in load_file(folder / "model.safetensors").items()}
        layers = tuple((tensors[f"layer{i}.weight"], tensors[f"layer{i}.bias"]) for i in range(config["n_layers"]))
        return cls(tensors["mean"], tensors["scale"], layers, tensors["log_prior"])

    def log_likelihoods(self, audio: Audio) -> np.ndarray:
        """How well each class explains each 10 ms, (n, classes): log posterior less log prior."""
        hidden = (in_context(log_mel(audio)) - self.mean) * self.scale
        for i, (weight, bias) in enumerate(self.layers):
            hidden = (np.maximum(hidden, 0) if i else hidden) @ weight + bias
        hidden = hidden - hidden.max(axis=1, keepdims=True)
        return hidden - np.log(np.exp(hidden).sum(axis=1, keepdims=True)) - self.log_prior


# Viterbi ----------

_SHORTEST = {"tʃ": 5, "dʒ": 4, "ts": 5, "t": 2, "d": 2, "ð": 2, "ʔ": 2, "r": 2, "ə": 2}  # in 10 ms steps, else 3
_SHORTEST_SILENCE = 4
_TYPICAL_S = {
    "p": 0.085, "b": 0.07, "t": 0.07, "d": 0.05, "k": 0.08, "ɡ": 0.065, "ʔ": 0.04, "m": 0.07, "n": 0.06, "ŋ": 0.07,
    "f": 0.09, "v": 0.06, "θ": 0.08, "ð": 0.045, "s": 0.105, "z": 0.08, "ʃ": 0.11, "ʒ": 0.08, "ç": 0.08, "x": 0.08,
    "h": 0.055, "tʃ": 0.12, "dʒ": 0.09, "ts": 0.11, "l": 0.06, "ɹ": 0.06, "r": 0.04, "ʁ": 0.06, "j": 0.055, "w": 0.06,
    "i": 0.095, "ɪ": 0.065, "y": 0.09, "e": 0.1, "ɛ": 0.085, "ø": 0.1, "æ": 0.11, "a": 0.1, "ɑ": 0.115, "ʌ": 0.08,
    "ɔ": 0.11, "o": 0.1, "ʊ": 0.065, "u": 0.095, "ə": 0.05, "ɜ": 0.1, "aɪ": 0.145, "aʊ": 0.15, "eɪ": 0.13,
    "oʊ": 0.13, "ɔɪ": 0.17,
}  # fmt: skip


def typical_duration_s(symbol: str) -> float:
    """How long a sound lasts in running speech."""
    return _TYPICAL_S[CLASSES[class_of(symbol)]]


def align(
    log_likelihoods: np.ndarray,
    words: Sequence[Sequence[str]],
    anchors_s: Sequence[tuple[float, float] | None] | None = None,
    slack_s: float = 0.4,
) -> list[list[tuple[float, float]]] | None:
    """Start and end in seconds of every sound of every word, from `PhoneModel.log_likelihoods` (n, classes).

    `words` lists the IPA symbols of each word; `anchors_s` gives about where a word lies (None: anywhere), and its
    sounds keep within `slack_s` of it. Sounds of a word touch; between words there may be silence. None where the
    recording is too short for so many sounds.
    """
    n_sounds = sum(len(word) for word in words)
    for shortest in (None, 1):
        chain = _Chain.of(words, shortest)
        if n_sounds and len(chain.emits) - (len(words) + 1) * _SHORTEST_SILENCE <= len(log_likelihoods):
            break
    else:
        return None
    scores = log_likelihoods[:, chain.emits].astype(np.float64)
    for w, anchor in enumerate(anchors_s or ()):
        if anchor is not None:
            times_s = (np.arange(len(scores)) + 0.5) * HOP_S
            outside = (times_s < anchor[0] - slack_s) | (times_s > anchor[1] + slack_s)
            scores[np.ix_(outside, chain.word == w)] -= _FAR
    path = _best_path(scores, chain)
    spans: list[list[tuple[float, float]]] = [[] for _ in words]
    borders = np.flatnonzero(np.diff(chain.sound[path], prepend=-1, append=-1))
    for first, last in zip(borders[:-1], borders[1:], strict=True):
        if (w := chain.word[path[first]]) >= 0:
            spans[w].append((float(first * HOP_S), float(last * HOP_S)))
    return spans


_FAR = 30.0  # log units against each 10 ms of a word far from its anchor


@dataclass(frozen=True)
class _Chain:
    """The search's states in order: each sound as many as its shortest duration, silences that may be left out.

    Per state: the class it `emits`, its `sound` (counted through, silences too), its `word` (−1: silence), whether
    it `stays` (the last one of a sound), and the state before a silence from which it can be reached too, else −1.
    """

    emits: np.ndarray
    sound: np.ndarray
    word: np.ndarray
    stays: np.ndarray
    skips_from: np.ndarray

    @classmethod
    def of(cls, words: Sequence[Sequence[str]], shortest: int | None = None) -> _Chain:
        sounds = [(CLASS_INDEX[SILENCE], -1)]
        for w, symbols in enumerate(words):
            sounds += [(class_of(symbol), w) for symbol in symbols] + [(CLASS_INDEX[SILENCE], -1)] * bool(symbols)
        emits, sound, word, stays, skips_from = [], [], [], [], []
        for i, (kind, w) in enumerate(sounds):
            n_states = _SHORTEST_SILENCE if w < 0 else shortest or _SHORTEST.get(CLASSES[kind], 3)
            before_silence = len(emits) - 1 - _SHORTEST_SILENCE if i > 1 and w >= 0 and sounds[i - 1][1] < 0 else -1
            skips_from += [before_silence] + [-1] * (n_states - 1)
            stays += [False] * (n_states - 1) + [True]
            emits += [kind] * n_states
            sound += [i] * n_states
            word += [w] * n_states
        return cls(*(np.array(column) for column in (emits, sound, word, stays, skips_from)))


def _best_path(scores: np.ndarray, chain: _Chain) -> np.ndarray:
    """The best state for every frame, from `scores` (frames, states); it may begin and end in or beside a silence."""
    n_frames, n_states = scores.shape
    skippers = np.flatnonzero(chain.skips_from >= 0)
    best = np.full(n_states, -np.inf)
    best[[0, _SHORTEST_SILENCE]] = scores[0, [0, _SHORTEST_SILENCE]]
    came = np.zeros((n_frames, n_states), np.int32)
    states = np.arange(n_states)
    stay_cost = np.where(chain.stays, 0.0, -np.inf)
    for t in range(1, n_frames):
        previous, stay, advance = best, best + stay_cost, np.concatenate([[-np.inf], best[:-1]])
        source = np.where(stay >= advance, states, states - 1)
        best = np.maximum(stay, advance)
        before = previous[chain.skips_from[skippers]]
        better = before > best[skippers]
        best[skippers[better]] = before[better]
        source[skippers[better]] = chain.skips_from[skippers[better]]
        best += scores[t]
        came[t] = source
    ends = [n_states - 1, n_states - 1 - _SHORTEST_SILENCE]
    path = np.empty(n_frames, np.int32)
    path[-1] = max(ends, key=lambda s: best[s])
    for t in range(n_frames - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path


_DIED_AWAY_DB = -32.0  # under the loud moments
_SHORTEST_TAIL = 4


def trim_tails(spans: Sequence[Sequence[tuple[float, float]]], audio: Audio) -> list[list[tuple[float, float]]]:
    """The same times, but the last sound of a word before a pause ends when it has died away.

    To the model a pause in a room with echo still sounds like its last sound.
    """
    step = max(1, round(HOP_S * audio.sample_rate_hz))
    n = len(audio.samples) // step
    power = np.square(audio.samples[: n * step], dtype=np.float64).reshape(n, step).mean(axis=1)
    loud = power > np.percentile(power, 95) * 10 ** (_DIED_AWAY_DB / 10) if n else np.zeros(0, bool)
    trimmed = [list(word) for word in spans]
    spoken = [word for word in trimmed if word]
    for word, following in zip(spoken, [*spoken[1:], None], strict=True):
        start_s, end_s = word[-1]
        if following and following[0][0] - end_s < HOP_S:
            continue
        first, last = round(start_s / HOP_S), min(round(end_s / HOP_S), n)
        while last > first + _SHORTEST_TAIL and not loud[last - 1]:
            last -= 1
        word[-1] = (start_s, min(end_s, max(last, first + 1) * HOP_S))
    return trimmed


def explained(
    log_likelihoods: np.ndarray, words: Sequence[Sequence[str]], spans: Sequence[Sequence[tuple[float, float]]]
) -> float:
    """How well aligned sounds explain the recording: mean log-likelihood ratio in the time that they take.

    The words that were said reach 1.2 to 2.1 on real speech, other words −0.1 to 1.2; compare two texts, not one.
    """
    total, n_frames = 0.0, 0
    for symbols, times in zip(words, spans, strict=True):
        for symbol, (start_s, end_s) in zip(symbols, times, strict=True):
            frames = log_likelihoods[round(start_s / HOP_S) : round(end_s / HOP_S), class_of(symbol)]
            total, n_frames = total + float(frames.sum()), n_frames + len(frames)
    return total / max(1, n_frames)


def decode_phones(log_likelihoods: np.ndarray, change_cost: float = 6.0) -> list[tuple[str, float, float]]:
    """The likeliest sounds without knowing any words: (symbol, start_s, end_s) in order, silences left out.

    Each change of sound costs `change_cost` log units, so that a sound of a frame or two is not believed.
    """
    scores = log_likelihoods.astype(np.float64)
    best, came = scores[0].copy(), np.zeros(scores.shape, np.int32)
    kinds = np.arange(scores.shape[1])
    for t in range(1, len(scores)):
        other = int(np.argmax(best))
        changes = best[other] - change_cost > best
        came[t] = np.where(changes, other, kinds)
        best = np.where(changes, best[other] - change_cost, best) + scores[t]
    path = np.empty(len(scores), np.int32)
    path[-1] = np.argmax(best)
    for t in range(len(scores) - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    borders = np.concatenate([[0], np.flatnonzero(np.diff(path)) + 1, [len(path)]])
    heard = [
        (CLASSES[path[a]], float(a * HOP_S), float(b * HOP_S)) for a, b in zip(borders[:-1], borders[1:], strict=True)
    ]
    return [sound for sound in heard if sound[0] != SILENCE]


def spread_evenly(symbols: Sequence[str], start_s: float, end_s: float) -> list[tuple[float, float]]:
    """The simple way: the sounds one after another from `start_s` to `end_s`, by their typical durations."""
    edges = np.concatenate([[0.0], np.cumsum([typical_duration_s(symbol) for symbol in symbols])])
    edges = start_s + edges * (end_s - start_s) / max(edges[-1], 1e-9)
    return [(float(a), float(b)) for a, b in zip(edges[:-1], edges[1:], strict=True)]
