"""Speech that the rule-based teacher acts, with what it felt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.state import EmotionState
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import Speech
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import to_vectors
from generators.motion.diffusion.training.personal import random_emotion
from generators.motion.diffusion.training.windows import Performance
from generators.motion.procedural import ProceduralMotion, ProceduralMotionConfig
from generators.motion.streaming import stream
from generators.timeline import place
from scripts.training.augmentation import augmented, sized, whispered
from scripts.training.motion.speech import RATE_HZ, Spoken


def performances(spoken: Sequence[Spoken], n: int, rng: np.random.Generator) -> Iterator[Performance]:
    """`n` performances of some 10 s, each of one speaker."""
    by_speaker: dict[str, list[Spoken]] = {}
    for utterance in spoken:
        by_speaker.setdefault(utterance.speaker, []).append(utterance)
    lengths = {name: sum(u.speech.audio.duration_s for u in own) for name, own in by_speaker.items()}
    names = list(by_speaker)
    shares = np.sqrt([lengths[name] for name in names])
    for _ in range(n):
        own = by_speaker[str(rng.choice(names, p=shares / shares.sum()))]
        yield perform(own, spoken, rng)


def perform(own: Sequence[Spoken], others: Sequence[Spoken], rng: np.random.Generator) -> Performance:
    """Utterances of one speaker with pauses between them, acted and augmented."""
    parts, pieces, told, at_s = [], [], [], 0.0
    factor = float(np.exp(rng.uniform(-0.2, 0.22))) if rng.random() < 0.4 else 1.0
    while at_s < 9.0:
        gap_s = float(rng.exponential(0.5) + (1.5 if rng.random() < 0.12 else 0.05))
        chosen = own[int(rng.integers(len(own)))]
        speech = sized(chosen.speech, factor)
        silence = np.zeros(int(gap_s * RATE_HZ), np.float32)
        at_s += len(silence) / RATE_HZ
        parts += [silence, speech.audio.samples]
        pieces += list(Speech(speech.audio, speech.phones).later(at_s, 0).phones)
        told.append((at_s, chosen.emotion))
        at_s += speech.audio.duration_s
    clean = Audio(np.concatenate([*parts, np.zeros(int(rng.uniform(0.1, 1.5) * RATE_HZ), np.float32)]), RATE_HZ)
    track = _track(told, clean.duration_s, rng)
    config = ProceduralMotionConfig(
        articulation_gain=float(rng.uniform(0.85, 1.15)), expression_gain=1.0,
        head_gain=float(np.exp(rng.normal(0, 0.3)).clip(0.3, 1.9)), gaze_gain=float(rng.uniform(0.6, 1.4)),
        blink_interval_s=float(rng.uniform(3.0, 5.0)),
    )  # fmt: skip
    placed = place([Speech(clean, tuple(pieces))], track)
    motion = next(stream(ProceduralMotion(config), placed, seed=int(rng.integers(2**31)), fps=FPS))
    emotion = track.sample((np.arange(len(motion)) + 0.5) / FPS).weights
    voice = whispered(clean.samples, rng) if rng.random() < 0.05 else clean.samples
    other = others[int(rng.integers(len(others)))].speech.audio.samples
    return Performance(augmented(voice, other, rng), to_vectors(motion), emotion, pieces, "studio", own[0].speaker)


def _track(told: Sequence[tuple[float, EmotionState]], length_s: float, rng: np.random.Generator) -> EmotionTrack:
    """As the voice feels, half of the time; else a feeling of its own, which may change midway."""
    if rng.random() < 0.5:
        keys = [EmotionKey(max(0.0, start_s - 0.2), emotion) for start_s, emotion in told]
        return EmotionTrack((replace(keys[0], start_s=0.0), *keys[1:]))
    n = int(rng.integers(1, 4))
    starts_s = [0.0, *sorted(rng.uniform(1.5, length_s - 0.5, n - 1))]
    return EmotionTrack(tuple(EmotionKey(s, random_emotion(rng), float(rng.uniform(0.3, 0.9))) for s in starts_s))


def without_speech(rng: np.random.Generator) -> Performance:
    """Silence, noise or music, in which the mouth rests."""
    n = int(rng.uniform(8, 11) * RATE_HZ)
    track = EmotionTrack((EmotionKey(0.0, random_emotion(rng)),))
    quiet = Speech(Audio(np.zeros(n, np.float32), RATE_HZ))
    motion = next(stream(ProceduralMotion(), place([quiet], track), seed=int(rng.integers(2**31)), fps=FPS))
    emotion = track.sample((np.arange(len(motion)) + 0.5) / FPS).weights
    samples = augmented(np.zeros(n, np.float32), np.zeros(n, np.float32), rng, silent=True)
    return Performance(samples, to_vectors(motion), emotion, (), "studio", "nobody")
