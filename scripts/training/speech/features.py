"""Clips with feelings and without, as the pooled features that the heads learn from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_embed.readers.speech import LABELS, speech_frames
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.recordings import read_audio
from scripts.training.augmentation import varied
from scripts.training.corpora.emodb import RATE_HZ, actor_of, emodb_clips, label_of

VARIANTS = ("plain", "rate", "rate", "noise", "line")
SENTENCES = {
    "en": (
        "The parcel lies on the kitchen table.", "She will bring the papers on Wednesday.",
        "They carried the chairs upstairs together.", "In seven hours it will be time.",
        "He has been at the office since noon.", "The washing is hanging on the line.",
        "Tonight I could tell him about it.", "At weekends we always drove home.",
    ),
    "es": ("El paquete está sobre la mesa de la cocina.", "Ella traerá los papeles el miércoles."),
    "fr": ("Le paquet est sur la table de la cuisine.", "Elle apportera les papiers mercredi."),
    "it": ("Il pacco è sul tavolo della cucina.", "Lei porterà le carte mercoledì."),
    "pt": ("O pacote está na mesa da cozinha.", "Ela vai trazer os papéis na quarta-feira."),
}  # fmt: skip


@dataclass
class Clips:
    """Pooled features (n, 2066) with the speaker and the label of each clip, and what was done to it."""

    features: np.ndarray
    speakers: np.ndarray
    labels: np.ndarray
    names: np.ndarray
    variants: np.ndarray

    @property
    def seconds(self) -> np.ndarray:
        """How long each clip is, (n,): all were cut to two seconds."""
        return np.where(np.char.endswith(self.variants.astype(str), "-second"), 1.0, 2.0)

    def where(self, mask: np.ndarray) -> Clips:
        return Clips(*(getattr(self, f)[mask] for f in self.__dataclass_fields__))


def pooled(samples: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Features of the whole clip and of one second inside it."""
    frames = speech_frames(Audio(np.clip(samples, -1, 1).astype(np.float32), RATE_HZ))
    start = int(rng.integers(0, max(1, len(frames.states) - 50)))
    return [frames.pooled(), frames.pooled(start, min(start + 50, len(frames.states)))]


def acted_clips(folder: Path, kept: Path, seed: int) -> Clips:
    """All of EmoDB in every variant, whole ("plain", …) and one second of it ("plain-second", …)."""
    if not kept.exists():
        rng = np.random.default_rng(seed)
        rows, names, variants = [], [], []
        for clip in emodb_clips(folder):
            samples = clip.audio().samples
            for variant in VARIANTS:
                for features, suffix in zip(pooled(varied(samples, variant, rng), rng), ("", "-second"), strict=True):
                    rows.append(features)
                    names.append(clip.name)
                    variants.append(variant + suffix)
        np.savez(kept, features=np.array(rows), names=names, variants=variants)
    with np.load(kept) as data:
        names = data["names"]
        labels = np.array([label_of(name) for name in names])
        return Clips(data["features"], np.array([actor_of(name) for name in names]), labels, names, data["variants"])


def other_voices(data: Path, work: Path, seed: int) -> Clips:
    """Neutral reading by LJSpeech, GRID and Kokoro, and Kokoro with the prosody of each feeling."""
    kept = work / "other_voices.npz"
    if not kept.exists():
        rng = np.random.default_rng(seed)
        rows, speakers, labels = [], [], []
        for speaker, label, samples in (*_read_aloud(data, rng), *_synthesised(work, rng)):
            rows.append(pooled(samples, rng)[0])
            speakers.append(speaker)
            labels.append(label)
        np.savez(kept, features=np.array(rows), speakers=speakers, labels=labels)
    with np.load(kept) as found:
        n = len(found["labels"])
        return Clips(found["features"], found["speakers"], found["labels"], found["speakers"], np.array(["plain"] * n))


def _read_aloud(data: Path, rng: np.random.Generator):
    neutral = LABELS.index("neutral")
    for file in sorted((data / "speech_plain" / "ljspeech").glob("*.flac")):
        samples = read_audio(file, RATE_HZ).samples
        for start in range(0, min(3 * 40_000, len(samples) - 36_000), 40_000):
            yield "ljspeech", neutral, varied(samples[start : start + 36_000], str(rng.choice(VARIANTS)), rng)
    for file in sorted((data / "speech_face" / "grid_s1" / "audio").glob("*.flac"))[::3]:
        yield "grid", neutral, varied(read_audio(file, RATE_HZ).samples[6000:42_000], str(rng.choice(VARIANTS)), rng)


def _synthesised(work: Path, rng: np.random.Generator):
    from emotion_embed.state import parse_emotion
    from generators.contracts import join_speech
    from generators.voice.kokoro.pipeline import KokoroVoice

    folder = work / "kokoro"
    folder.mkdir(parents=True, exist_ok=True)
    kokoro = KokoroVoice.from_pretrained()
    for voice in (v for v in kokoro.voices() if v.name[0] in "abefip"):
        for label in (*LABELS, "neutral"):
            text = str(rng.choice(SENTENCES[voice.language.split("-")[0]]))
            kept = folder / f"{voice.name}-{label}-{abs(hash_of(text)) % 10_000}.npy"
            if not kept.exists():
                prosody = _ruled_prosody(parse_emotion(label))
                speech = join_speech(kokoro.stream(text, voice=voice.name, prosody=prosody))
                np.save(kept, speech.audio.resampled(RATE_HZ).samples.astype(np.float16))
            samples = np.load(kept, allow_pickle=False).astype(np.float32)[: 4 * RATE_HZ]
            yield f"kokoro-{voice.name}", LABELS.index(label), samples


# What the voice did for a full feeling when these clips were made, before it had manners of its own, which were sought
# with this very ear: rate, semitones, range, dB, pauses; rate, range and pauses as natural logarithms.
_RULES = {
    "joy": (0.09, 2.0, 0.30, 2.0, -0.15), "sadness": (-0.17, -1.6, -0.42, -3.5, 0.45),
    "anger": (0.08, 0.9, 0.22, 4.0, -0.30), "fear": (0.16, 2.4, -0.12, 0.5, -0.10),
    "surprise": (0.02, 2.6, 0.45, 1.5, 0.05), "disgust": (-0.12, -1.2, -0.10, 0.5, 0.20),
    "contempt": (-0.10, -0.9, -0.28, -0.5, 0.15),
}  # fmt: skip


def _ruled_prosody(emotion):
    from generators.voice.prosody.prosody import Prosody

    rules = [weight * np.array(_RULES[name]) for name, weight in emotion.weights.items()]
    rate, semitones, pitch_range, energy_db, pauses = np.sum(rules, axis=0) if rules else np.zeros(5)
    return Prosody(float(np.exp(rate)), semitones, float(np.exp(pitch_range)), energy_db, float(np.exp(pauses)))


def hash_of(text: str) -> int:
    """The same number for the same text on every day, unlike `hash`."""
    import zlib

    return zlib.crc32(text.encode())
