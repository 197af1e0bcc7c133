"""Who performs what in the evaluation of motion: speech kept out of training, and all performers by name."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import astuple, dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

from make_motion_data import _load_voice, _speak_one, grid_clips, read_real, read_spoken  # noqa: E402
from train_phone_aligner import HELD_OUT_VOICES, _sentences  # noqa: E402

from checkpoints.errors import BadInput  # noqa: E402
from emotion_embed.signals.audio import Audio  # noqa: E402
from emotion_embed.state import EmotionState  # noqa: E402
from emotion_embed.track import EmotionKey, EmotionTrack  # noqa: E402
from generators.contracts import Phone, Speech, join_motion, join_speech  # noqa: E402
from generators.motion.diffusion import DiffusionMotion  # noqa: E402
from generators.motion.diffusion.configuration import FPS  # noqa: E402
from generators.motion.diffusion.motion_space import GAP, to_vectors  # noqa: E402
from generators.motion.procedural import ProceduralMotion  # noqa: E402
from generators.motion.streaming import stream  # noqa: E402
from generators.timeline import place  # noqa: E402
from generators.voice.recording.transcribed import read_recording  # noqa: E402
from scripts import motion_measures as measures  # noqa: E402
from scripts.voice_judges import code_hash  # noqa: E402

RATE_HZ = 16_000
ENVELOPE, OPENFACEFX, HEARD = "envelope", "OpenFaceFX 0.24, energy", "by rule, words heard"
OURS = "diffusion, words heard"
BLIND, TOLD, TEACHER = "diffusion, sound alone", "diffusion, phones known", "by rule, phones known (teacher)"
AS_GRID, STRANGER = "diffusion, talker “grid”", "diffusion without GRID, a stranger"


@dataclass(frozen=True)
class Clip:
    """Speech that may be performed, known by `name`; `gap` (n,) is what the talker's own lips did, where seen."""

    name: str
    speech: Speech
    gap: np.ndarray | None = None

    @property
    def n_frames(self) -> int:
        return round(self.speech.audio.duration_s * FPS)


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


def spread(items: Sequence, n: int) -> list:
    """At most `n` of them, evenly over the whole."""
    return [items[i] for i in np.unique(np.linspace(0, len(items) - 1, min(n, len(items))).astype(int))]


@dataclass(frozen=True)
class Material:
    """Speech kept out of training."""

    data: Path
    work: Path
    sizes: Sizes

    @cached_property
    def grid(self) -> list[Clip]:
        """GRID's talker with his own lips."""
        found = grid_clips(self.data / "speech_face" / "grid_s1", held_out=True)
        clips = [Clip(name, plain(samples), vectors[:, GAP]) for name, samples, vectors in found]
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
    rng, voice, total_s = np.random.default_rng(seed), _load_voice("kokoro"), 0.0
    texts = data / "text_emotion"
    english, italian = _sentences(texts / "goemotions" / "dev.tsv"), _sentences(texts / "xed" / "it-projections.tsv")
    (work / "speech").mkdir(parents=True, exist_ok=True)
    for i in range(1000):
        name = str(rng.choice(sorted(HELD_OUT_VOICES)))
        file = work / "speech" / f"kokoro-heldout{seed}-{i:05d}-{name}.npz"
        text = str(rng.choice(italian if name[0] == "i" else english))
        if not file.exists():
            _speak_one(voice, file, text, name, "neutral", 1.0)
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


Performer = Callable[[Clip, EmotionTrack, int], np.ndarray | None]


class Stage:
    """All who perform, by name; every performance is remembered as vectors (n, 59)."""

    def __init__(self, work: Path, model: DiffusionMotion, stranger: DiffusionMotion | None) -> None:
        self.work, self.model, self._kept = work, model, {}
        model, teacher = remembering(model), ProceduralMotion()
        self.performers: dict[str, Performer] = {
            ENVELOPE: lambda clip, *_: measures.of_gap(measures.envelope_gap(clip.speech.audio, clip.n_frames)),
            OPENFACEFX: lambda clip, *_: measures.openfacefx_vectors(clip.speech.audio, clip.n_frames),
            HEARD: lambda clip, track, seed: performed(teacher, self.heard(clip), track, seed),
            OURS: lambda clip, track, seed: performed(model, self.heard(clip), track, seed),
            BLIND: lambda clip, track, seed: performed(model, Speech(clip.speech.audio), track, seed),
            TOLD: lambda clip, track, seed: performed(model, clip.speech, track, seed),
            TEACHER: lambda clip, track, seed: performed(teacher, clip.speech, track, seed),
        }
        grid = model.with_config(talker="grid")
        self.performers[AS_GRID] = lambda clip, track, seed: performed(grid, clip.speech, track, seed)
        if stranger is not None:
            other = remembering(stranger)
            self.performers[STRANGER] = lambda clip, track, seed: performed(other, clip.speech, track, seed)

    def vectors(
        self, who: str, clip: Clip, feeling: str = "neutral", strength: float = 1.0, seed: int = 0
    ) -> np.ndarray | None:
        """A performance (n, 59); None where the performer is absent."""
        strength = 0.0 if feeling == "neutral" else strength
        key = (who, clip.name, feeling if strength else "neutral", strength, seed)
        if key not in self._kept:
            track = EmotionTrack((EmotionKey(0.0, EmotionState({feeling: strength} if strength else {})),))
            self._kept[key] = self.performers[who](clip, track, seed) if who in self.performers else None
        return self._kept[key]

    def all(self, who: str, clips: Sequence[Clip], *how: object) -> list[np.ndarray] | None:
        """The same of several clips."""
        found = [self.vectors(who, clip, *how) for clip in clips]
        return None if any(vectors is None for vectors in found) else found

    def heard(self, clip: Clip) -> Speech:
        """The clip with the phones that the product hears in it, kept from run to run; none where it refuses."""
        voice = ROOT / "generators" / "voice"
        code = code_hash([voice / "recording" / "transcribed.py", voice / "align" / "alignment.py"])
        audio = clip.speech.audio
        name = hashlib.sha256(code.encode() + audio.samples.tobytes()).hexdigest()[:20]
        file = self.work / "heard" / f"{name}.json"
        if not file.exists():
            try:
                rows = [list(astuple(phone)) for phone in read_recording(audio).phones]
            except BadInput:
                rows = []
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(rows), encoding="utf-8")
        return Speech(audio, tuple(Phone(*row) for row in json.loads(file.read_text(encoding="utf-8"))))


def remembering(model: DiffusionMotion) -> DiffusionMotion:
    """The same model; what it hears in a window changes with neither seed nor feeling, so the last windows are kept."""

    @lru_cache(maxsize=160)
    def heard(sound: bytes) -> np.ndarray:
        return model.ears(np.frombuffer(sound, np.float32))

    quick = copy(model)
    quick.ears = lambda samples: heard(np.asarray(samples, np.float32).tobytes())
    return quick


def performed(
    performer: DiffusionMotion | ProceduralMotion, speech: Speech, track: EmotionTrack, seed: int
) -> np.ndarray:
    """Vectors (n, 59) of a speech given as one part."""
    return to_vectors(join_motion(list(stream(performer, place([speech], track), seed=seed, fps=FPS))))


def gaps_of(performances: Iterable[np.ndarray]) -> list[np.ndarray]:
    """The lip gap (n,) of each performance (n, 59)."""
    return [vectors[:, GAP] for vectors in performances]
