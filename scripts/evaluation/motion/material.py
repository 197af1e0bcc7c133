"""Speech kept out of training, for performers to perform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Speech, join_speech
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import GAP
from scripts.training.corpora.texts import plain_sentences
from scripts.training.corpora.utterances import HELD_OUT_VOICES
from scripts.training.motion.grid import grid_clips
from scripts.training.motion.speech import load_voice, read_real, read_spoken, speak_to_file

RATE_HZ = 16_000
Item = TypeVar("Item")


@dataclass(frozen=True)
class Clip:
    """Speech that may be performed, known by `name`."""

    name: str
    speech: Speech

    @property
    def n_frames(self) -> int:
        return round(self.speech.audio.duration_s * FPS)


@dataclass(frozen=True)
class FilmedClip(Clip):
    """Speech whose talker was seen: `gap` (n,) is what the talker's own lips did."""

    gap: np.ndarray


@dataclass(frozen=True)
class Sizes:
    """How many clips are used: of GRID, with words heard there, real, spoken, at every strength, for the probe."""

    grid: int = 145
    grid_heard: int = 60
    real: int = 1000
    spoken: int = 32
    graded: int = 12
    probe: int = 48
    sentences: int = 12
    minutes: float = 10.0


QUICK = Sizes(grid=8, grid_heard=2, real=8, spoken=4, graded=2, probe=6, sentences=2, minutes=1.0)


def spread(items: Sequence[Item], n: int) -> list[Item]:
    """At most `n` of them, evenly over the whole."""
    return [items[i] for i in np.unique(np.linspace(0, len(items) - 1, min(n, len(items))).astype(int))]


@dataclass(frozen=True)
class Material:
    """Speech kept out of training."""

    data: Path
    work: Path
    sizes: Sizes

    @cached_property
    def grid(self) -> list[FilmedClip]:
        """GRID's talker with his own lips."""
        found = grid_clips(self.data / "speech_face" / "grid_s1", held_out=True)
        clips = [FilmedClip(name, plain(samples), vectors[:, GAP]) for name, samples, vectors in found]
        return spread(clips, self.sizes.grid)

    @cached_property
    def real(self) -> list[Clip]:
        """EmoDB's actors with hand-made borders, and LJSpeech aligned with its words."""
        found = [Clip(f"{u.speaker}-{i}", u.speech) for i, u in enumerate(read_real(self.data, held_out=True))]
        return spread(found, self.sizes.real)

    @cached_property
    def spoken(self) -> list[Clip]:
        """Kokoro's voices with their phones."""
        if not read_spoken(self.work, held_out=True):
            speak_held_out(self.data, self.work)
        found = read_spoken(self.work, held_out=True)
        return spread([Clip(f"{u.speaker}-{i}", u.speech) for i, u in enumerate(found)], self.sizes.spoken)

    @cached_property
    def training(self) -> list[Clip]:
        """What the probe may learn from: voices of the training, real ones where none are spoken."""
        found = read_spoken(self.work, held_out=False) or read_real(self.data, held_out=False)
        return spread([Clip(f"training-{i}", u.speech) for i, u in enumerate(found)], self.sizes.probe)

    @cached_property
    def talks(self) -> list[Clip]:
        """Minutes of one reader and of Kokoro's voices, utterances with pauses of 0.7 s between them."""
        readers = {"a reader": [c for c in self.real if c.name.startswith("ljspeech")], "Kokoro": self.spoken}
        return [Clip(name, with_pauses([c.speech for c in own])) for name, own in readers.items() if own]


def speak_held_out(data: Path, work: Path, minutes: float = 3.0, seed: int = 0) -> None:
    """Let the held-out voices speak sentences of GoEmotions' dev set, or of their own language's."""
    rng, voice, total_s = np.random.default_rng(seed), load_voice("kokoro"), 0.0
    texts = data / "text_emotion"
    english, italian = (
        plain_sentences(texts / "goemotions" / "dev.tsv"),
        plain_sentences(texts / "xed" / "it-projections.tsv"),
    )
    (work / "speech").mkdir(parents=True, exist_ok=True)
    for i in range(1000):
        name = str(rng.choice(sorted(HELD_OUT_VOICES)))
        file = work / "speech" / f"kokoro-heldout{seed}-{i:05d}-{name}.npz"
        text = str(rng.choice(italian if name[0] == "i" else english))
        if not file.exists():
            speak_to_file(voice, file, text, name, "neutral", 1.0)
        with np.load(file) as kept:
            total_s += len(kept["samples"]) / RATE_HZ
        if total_s > 60 * minutes:
            return


def plain(samples: np.ndarray) -> Speech:
    """Sound at 16 kHz of which nothing else is known."""
    return Speech(Audio(np.asarray(samples, np.float32), RATE_HZ))


def with_pauses(speeches: Iterable[Speech], pause_s: float = 0.7) -> Speech:
    """One speech of several, silence after each."""
    silence = plain(np.zeros(round(pause_s * RATE_HZ)))
    return join_speech([part for speech in speeches for part in (speech, silence)])
