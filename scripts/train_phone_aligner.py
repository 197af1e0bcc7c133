"""Train `checkpoints/weights/phone_aligner`, the small acoustic model of `generators/voice/align/alignment.py`.

    python scripts/train_phone_aligner.py --data DIR --work DIR [--minutes 40] [--seed 0]

`--data` holds `text_emotion` (sentences for Kokoro to speak), `speech_emotion/emodb` (hand-made phone borders),
`speech_face/grid_s1` and `speech_plain/ljspeech` (speech with its words); `--work` keeps the synthesised speech.

First the model learns from EmoDB's borders and from Kokoro's own phone times; with it, all speech but EmoDB is aligned
again, and the model that comes with the product learns from those times. `evaluate_alignment.py` measures it on
voices and speakers that `HELD_OUT` keeps away from it. Plain NumPy: a perceptron needs no more.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


from emotion_embed.signals.audio import Audio, read_audio
from generators.voice.align import alignment
from generators.voice.align.alignment import CONTEXT_FRAMES, HOP_S, N_FEATURES, RATE_HZ, PhoneModel, align
from generators.voice.align.phone_classes import CLASSES, SILENCE, class_of
from generators.voice.frontend.g2p import phonemize_words

WEIGHTS = Path(__file__).parents[1] / "checkpoints" / "weights" / "phone_aligner"
HELD_OUT_VOICES = frozenset({"am_puck", "am_onyx", "af_nova", "bf_lily", "im_nicola"})
HELD_OUT_EMODB = frozenset({"11", "13", "14"})
HELD_OUT_GRID = 6  # every 6th clip
HIDDEN = (256, 256)
EPOCHS, BATCH, LEARNING_RATE, DROPOUT = 4, 512, 1e-3, 0.1
SILENCE_SHARE = 0.25  # of the frames of speech, as many are silence

# espeak code → which of Kokoro's voices read it, the file of sentences, and how often.
_READINGS = {
    "en-us": ("a", "goemotions/train.tsv", 6),
    "en-gb": ("b", "xed/en-annotated.tsv", 3),
    "es": ("e", "xed/es-projections.tsv", 1),
    "fr-fr": ("f", "xed/fr-projections.tsv", 1),
    "it": ("i", "xed/it-projections.tsv", 1),
    "pt-br": ("p", "xed/pt-projections.tsv", 1),
}


@dataclass(frozen=True)
class Utterance:
    """Speech with its sounds word by word: `words` lists (symbol, start_s, end_s), times NaN where unknown."""

    audio: Audio
    words: list[list[tuple[str, float, float]]]

    def symbols(self) -> list[list[str]]:
        return [[symbol for symbol, _, _ in word] for word in self.words]

    def realigned(self, model: PhoneModel, slack_s: float | None = None) -> Utterance | None:
        """With times found by `model`, near the present ones if `slack_s` is given; None where it cannot be."""
        anchors_s = [(word[0][1], word[-1][2]) for word in self.words] if slack_s else None
        spans = align(model.log_likelihoods(self.audio), self.symbols(), anchors_s, slack_s or 0.0)
        if spans is None:
            return None
        timed = [
            [(s, *span) for s, span in zip(word, own, strict=True)]
            for word, own in zip(self.symbols(), spans, strict=True)
        ]
        return Utterance(self.audio, timed)


# Speech ---------------------------------------------------------------------------------------------------------------


def speak(data: Path, work: Path, minutes: float, seed: int) -> None:
    """Let Kokoro read sentences until `minutes` lie in `work`, one npz an utterance."""
    from generators.voice.kokoro.pipeline import KokoroVoice

    rng = np.random.default_rng(seed)
    kokoro = KokoroVoice.from_pretrained()
    sentences = {language: _sentences(data / "text_emotion" / path) for language, (_, path, _) in _READINGS.items()}
    voices = {lang: [v.name for v in kokoro.voices() if v.name[0] == key] for lang, (key, _, _) in _READINGS.items()}
    shares = np.array([share for _, _, share in _READINGS.values()], float)
    total_s, i = 0.0, 0
    while total_s < 60 * minutes:
        language = str(rng.choice(list(_READINGS), p=shares / shares.sum()))
        voice, text = str(rng.choice(voices[language])), str(rng.choice(sentences[language]))
        rate = float(rng.uniform(0.8, 1.3))
        file = work / f"{i:05d}-{voice}.npz"
        i += 1
        if not file.exists():
            _speak_one(kokoro, file, text, voice, language, rate)
        with np.load(file) as kept:
            total_s += len(kept["samples"]) / RATE_HZ


def _speak_one(kokoro: object, file: Path, text: str, voice: str, language: str, rate: float) -> None:
    from generators.contracts import join_speech
    from generators.voice.prosody.prosody import Prosody

    speech = join_speech(kokoro.stream(text, voice=voice, language=language, prosody=Prosody(rate=rate)))
    samples = np.clip(speech.audio.resampled(RATE_HZ).samples * 32767, -32768, 32767).astype(np.int16)
    np.savez(
        file,
        samples=samples,
        symbols=np.array([p.symbol for p in speech.phones]),
        times_s=np.array([(p.start_s, p.end_s) for p in speech.phones]),
        words=np.array([p.word_index for p in speech.phones]),
    )


def _sentences(path: Path) -> list[str]:
    """The first column's plain sentences of a few words."""
    plain = re.compile(r"[^\d\[\]<>@#/\\*_%&=+~^|()\"“”{}$€£-]{12,110}")
    firsts = (line.split("\t")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [sentence for sentence in firsts if plain.fullmatch(sentence)]


def read_kokoro(work: Path, held_out: bool) -> Iterator[Utterance]:
    """What `speak` left, of the voices held out or of the others."""
    for file in sorted(work.glob("*.npz")):
        if (file.stem.split("-")[1] in HELD_OUT_VOICES) != held_out:
            continue
        with np.load(file) as kept:
            rows = zip(kept["symbols"], kept["times_s"], kept["words"], strict=True)
            words: dict[int, list] = {}
            for symbol, (start_s, end_s), word in rows:
                words.setdefault(int(word), []).append((str(symbol), float(start_s), float(end_s)))
            yield Utterance(Audio(kept["samples"].astype(np.float32) / 32767, RATE_HZ), list(words.values()))


# EmoDB's own signs → IPA; what is not named is itself.
_EMODB = {
    "I": "ɪ", "U": "ʊ", "E": "ɛ", "N": "ŋ", "@": "ə", "S": "ʃ", "6": "ɐ", "C": "ç", "aI": "aɪ", "4": "ʁ", "O": "ɔ",
    "X": "ʁ", "Y": "ʏ", "aU": "aʊ", "i6": "i", "B": "β", "V": "v", "?": "ʔ", "H": "h", "9": "œ", "OY": "ɔʏ", "D": "ð",
    "L": "l", "R": "ʁ", "E6": "ɛ", "a6": "a", "G": "ɣ", "AO": "aʊ", "aO": "aʊ", "ao": "aʊ", "I6": "ɪ", "@6": "ɐ",
}  # fmt: skip
_LABEL = re.compile(r"\s*([\d.]+)\s+-?\d+ ?(.*)")


def read_emodb(folder: Path, held_out: bool) -> Iterator[Utterance]:
    """EmoDB with its hand-made borders, a "word" being the sounds between two pauses."""
    for file in sorted((folder / "flac").glob("*.flac")):
        labels = next((folder / "lablaut").glob(file.stem + "*"), None)
        if labels is None or (file.stem[:2] in HELD_OUT_EMODB) != held_out:
            continue
        audio = read_audio(file, RATE_HZ)
        words = _emodb_words(labels.read_text(encoding="latin-1"), audio.duration_s)
        if words:
            yield Utterance(audio, words)


def _emodb_words(text: str, duration_s: float) -> list[list[tuple[str, float, float]]]:
    """Sounds from one label file. A label's time is where it begins; + and − only colour the sound before them, and
    a stop's closure, burst and breath are one sound."""
    found = [match for line in text.partition("#")[2].splitlines() if (match := _LABEL.match(line))]
    rows = sorted((float(m[1]), m[2].split("\t")[0].strip().split(" ")[0]) for m in found)
    words: list[list[tuple[str, float, float]]] = [[]]
    if not rows:
        return []
    for (start_s, sign), (end_s, _) in zip(rows, [*rows[1:], (duration_s, "")], strict=True):
        end_s = min(end_s, duration_s)
        if end_s - start_s < 1e-4:
            continue
        last = words[-1][-1] if words[-1] else None
        plain = re.sub(r"(?<=^.)asp$", "", sign.lstrip("!_"))
        symbol = _EMODB.get(plain, plain)
        if sign in (".", ":") or sign.startswith("("):
            words += [[]] if last else []
        elif last and (not plain or sign[0] in "+-" or (plain != sign and symbol == last[0])):
            words[-1][-1] = (last[0], last[1], end_s)
        elif plain and sign[0] not in "+-":
            words[-1].append((symbol, start_s, end_s))
    return [word for word in words if word]


def read_grid(folder: Path, held_out: bool) -> Iterator[tuple[str, Utterance]]:
    """(clip, utterance) of the GRID talker; each word's first and last sound carry its given times."""
    with open(folder / "words.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for i, clip in enumerate(sorted({row["clip"] for row in rows})):
        if (i % HELD_OUT_GRID == 0) != held_out:
            continue
        words = []
        for row in (r for r in rows if r["clip"] == clip and r["word"] not in ("sil", "sp")):
            said = ["eɪ"] if row["word"] == "a" else _symbols(row["word"], "en-gb")[0]
            words.append([(s, float(row["start_s"]), float(row["end_s"])) for s in said])
        yield clip, Utterance(read_audio(folder / "audio" / f"{clip}.flac", RATE_HZ), words)


def read_ljspeech(folder: Path) -> Iterator[Utterance]:
    """LJSpeech with its transcripts; no times."""
    for line in (folder / "transcripts.tsv").read_text(encoding="utf-8").splitlines():
        clip, _, text = line.partition("\t")
        words = [[(s, np.nan, np.nan) for s in word] for word in _symbols(text, "en-us")]
        yield Utterance(read_audio(folder / f"{clip}.flac", RATE_HZ), words)


def _symbols(text: str, language: str) -> list[list[str]]:
    return [[p.symbol for p in word.phones] for word in phonemize_words(text, language) if word.phones]


# Learning -------------------------------------------------------------------------------------------------------------


def frame_classes(utterance: Utterance) -> np.ndarray:
    """The class of every 10 ms, (n,)."""
    classes = np.full(int(len(utterance.audio.samples) / RATE_HZ / HOP_S + 1e-6), CLASSES.index(SILENCE))
    times_s = (np.arange(len(classes)) + 0.5) * HOP_S
    for symbol, start_s, end_s in (sound for word in utterance.words for sound in word):
        classes[(times_s >= start_s) & (times_s < end_s)] = class_of(symbol)
    return classes


def roughened(audio: Audio, rng: np.random.Generator) -> Audio:
    """The same speech as is, in noise, through another microphone, or in a room."""
    from scipy.signal import fftconvolve

    x = audio.samples
    kind = rng.integers(4)
    if kind == 1:
        x = x + rng.normal(size=len(x)) * 10 ** rng.uniform(-3.2, -1.8)
    elif kind == 2:
        x = np.concatenate([x[:1], x[1:] + rng.uniform(-0.6, 0.6) * x[:-1]])
    elif kind == 3:
        n = int(RATE_HZ * rng.uniform(0.05, 0.25))
        room = rng.normal(size=n) * np.exp(-5 * np.arange(n) / n)
        room *= rng.uniform(0.02, 0.25) / np.sqrt((room**2).sum())
        room[0] = 1.0
        x = fftconvolve(x, room)[: len(x)]
    return Audio(np.asarray(x, np.float32), audio.sample_rate_hz)


def train(utterances: Sequence[Utterance], seed: int) -> PhoneModel:
    """A model of these utterances, by Adam with a cosine-shaped rate."""
    rng = np.random.default_rng(seed)
    mels = [alignment.log_mel(roughened(utterance.audio, rng)) for utterance in utterances]
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="keeps the synthesised speech")
    parser.add_argument("--minutes", type=float, default=40, help="of synthesised speech")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    speak(args.data, args.work, args.minutes, args.seed)
    kokoro = list(read_kokoro(args.work, held_out=False))
    emodb = list(read_emodb(args.data / "speech_emotion" / "emodb", held_out=False))
    first = train([*kokoro, *emodb], args.seed)
    grid = [u for _, u in read_grid(args.data / "speech_face" / "grid_s1", held_out=False)][::3]
    plain = list(read_ljspeech(args.data / "speech_plain" / "ljspeech"))
    again = [u.realigned(first, 0.12) for u in kokoro] + [u.realigned(first) for u in (*grid, *plain)]
    model = train([*(u for u in again if u is not None), *emodb, *emodb], args.seed + 1)
    save(model, args.out, args.seed, args.minutes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
