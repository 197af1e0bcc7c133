"""Speech whose phones are known: spoken by Kokoro and Piper, or recorded and aligned."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_embed import taxonomy
from emotion_embed.signals.audio import Audio
from emotion_embed.state import EmotionState, parse_emotion
from generators.contracts import Phone, Speech, join_speech
from scripts.training.corpora.emodb import LABELS, read_emodb
from scripts.training.corpora.texts import plain_sentences
from scripts.training.corpora.utterances import HELD_OUT_VOICES, Utterance, read_ljspeech

if TYPE_CHECKING:
    from generators.voice.kokoro import KokoroVoice
    from generators.voice.piper import PiperVoice

RATE_HZ = 16_000
BASICS = taxonomy.BASIC[1:]


def speak(data: Path, work: Path, minutes: float, seed: int, generator: str) -> None:
    """Speak sentences until `minutes` of this seed lie in `work`, one npz an utterance."""
    rng = np.random.default_rng(seed)
    voice = load_voice(generator)
    names = [v.name for v in voice.voices() if v.name[0] in "abefip"] if generator == "kokoro" else ["en_US-joe-medium"]
    shares = np.array([4.0 if name[0] in "ab" else 1.0 for name in names])
    english = plain_sentences(data / "text_emotion" / "goemotions" / "train.tsv")
    others = {key: plain_sentences(data / "text_emotion" / "xed" / f"{code}-projections.tsv") for key, code in _OTHERS}
    total_s, i = 0.0, 0
    (work / "speech").mkdir(parents=True, exist_ok=True)
    while total_s < 60 * minutes:
        name = str(rng.choice(names, p=shares / shares.sum()))
        text = str(rng.choice(others.get(name[0], english)))
        feeling = "neutral" if rng.random() < 0.45 else str(rng.choice([*BASICS, "boredom"]))
        emotion = f"{feeling}:{rng.uniform(0.3, 1.0):.2f}"
        rate = float(rng.uniform(0.85, 1.2))
        file = work / "speech" / f"{generator}-{seed}-{i:05d}-{name}.npz"
        i += 1
        if not file.exists():
            speak_to_file(voice, file, text, name, emotion, rate)
        with np.load(file) as kept:
            total_s += len(kept["samples"]) / RATE_HZ
        if i % 20 == 0:
            sys.stderr.write(f"{generator} {seed}: {total_s / 60:.1f} of {minutes} minutes\n")


_OTHERS = (("e", "es"), ("f", "fr"), ("i", "it"), ("p", "pt"))


def load_voice(generator: str) -> KokoroVoice | PiperVoice:
    if generator == "kokoro":
        from generators.voice.kokoro import KokoroConfig, KokoroVoice

        return KokoroVoice.from_pretrained(config=KokoroConfig(threads=1))
    from generators.voice.piper import PiperVoice

    return PiperVoice.from_pretrained()


def speak_to_file(voice: KokoroVoice | PiperVoice, file: Path, text: str, name: str, emotion: str, rate: float) -> None:
    from generators.voice.prosody.style_bank import prosody_for

    prosody = prosody_for(parse_emotion(emotion))
    speech = join_speech(voice.stream(text, voice=name, prosody=replace(prosody, rate=prosody.rate * rate)))
    samples = np.clip(speech.audio.resampled(RATE_HZ).samples * 32767, -32768, 32767).astype(np.int16)
    np.savez(
        file,
        samples=samples,
        emotion=np.array(emotion),
        symbols=np.array([p.symbol for p in speech.phones]),
        times_s=np.array([(p.start_s, p.end_s) for p in speech.phones]),
        stress=np.array([p.stress for p in speech.phones]),
        words=np.array([p.word_index for p in speech.phones]),
    )


@dataclass(frozen=True)
class Spoken:
    """An utterance at 16 kHz whose phones are known, who said it and how it was meant."""

    speech: Speech
    speaker: str
    emotion: EmotionState


def read_spoken(work: Path, held_out: bool) -> list[Spoken]:
    """What `speak` left, of the voices held out or of the others."""
    found = []
    for file in sorted((work / "speech").glob("*.npz")):
        name = file.stem.split("-", 3)[3]
        if (name in HELD_OUT_VOICES) != held_out:
            continue
        with np.load(file) as kept:
            rows = zip(kept["symbols"], kept["times_s"], kept["stress"], kept["words"], strict=True)
            phones = tuple(Phone(str(s), float(t[0]), float(t[1]), int(st), int(w)) for s, t, st, w in rows)
            audio = Audio(kept["samples"].astype(np.float32) / 32767, RATE_HZ)
            found.append(Spoken(Speech(audio, phones), name, parse_emotion(str(kept["emotion"]))))
    return found


def read_real(data: Path, held_out: bool) -> list[Spoken]:
    """EmoDB with its borders and its actors' feelings, and LJSpeech aligned with its words (every 6th held out)."""
    from generators.voice.align.alignment import PhoneModel

    found = []
    for clip, utterance in read_emodb(data / "speech_emotion" / "emodb", held_out):
        found.append(Spoken(_speech(utterance), "emodb" + clip.actor, parse_emotion(f"{LABELS[clip.label]}:0.8")))
    model = PhoneModel.load()
    for i, utterance in enumerate(read_ljspeech(data / "speech_plain" / "ljspeech")):
        aligned = utterance.realigned(model) if (i % 6 == 0) == held_out else None
        if aligned is not None:
            found.append(Spoken(_speech(aligned), "ljspeech", parse_emotion("neutral")))
    return found


def _speech(utterance: Utterance) -> Speech:
    phones = [
        Phone(symbol, start_s, end_s, 0, i) for i, word in enumerate(utterance.words) for symbol, start_s, end_s in word
    ]
    return Speech(utterance.audio, tuple(phones))
