"""Kokoro reads sentences in six languages, with its own times for every sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.voice.align.alignment import RATE_HZ
from scripts.training.corpora.texts import plain_sentences
from scripts.training.corpora.utterances import HELD_OUT_VOICES, Utterance

if TYPE_CHECKING:
    from generators.voice.kokoro.pipeline import KokoroVoice

# espeak code → which of Kokoro's voices read it, the file of sentences, and how often.
_READINGS = {
    "en-us": ("a", "goemotions/train.tsv", 6),
    "en-gb": ("b", "xed/en-annotated.tsv", 3),
    "es": ("e", "xed/es-projections.tsv", 1),
    "fr-fr": ("f", "xed/fr-projections.tsv", 1),
    "it": ("i", "xed/it-projections.tsv", 1),
    "pt-br": ("p", "xed/pt-projections.tsv", 1),
}


def speak(data: Path, work: Path, minutes: float, seed: int) -> None:
    """Let Kokoro read sentences until `minutes` lie in `work`, one npz an utterance."""
    from generators.voice.kokoro.pipeline import KokoroVoice

    rng = np.random.default_rng(seed)
    kokoro = KokoroVoice.from_pretrained()
    sentences = {
        language: plain_sentences(data / "text_emotion" / path) for language, (_, path, _) in _READINGS.items()
    }
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
            speak_to_file(kokoro, file, text, voice, language, rate)
        with np.load(file) as kept:
            total_s += len(kept["samples"]) / RATE_HZ


def speak_to_file(kokoro: KokoroVoice, file: Path, text: str, voice: str, language: str, rate: float) -> None:
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
