"""All performers by name, and what they performed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.state import EmotionState
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import Phone, Speech, join_motion
from generators.motion.diffusion import DiffusionMotion
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import GAP, to_vectors
from generators.motion.procedural import ProceduralMotion
from generators.motion.streaming import stream
from generators.timeline import place
from generators.voice.recording.transcribed import read_recording
from scripts import ROOT
from scripts.evaluation.caching import code_hash
from scripts.evaluation.motion.baselines import envelope_gap, has_openfacefx, of_gap, openfacefx_vectors
from scripts.evaluation.motion.material import Clip

ENVELOPE, OPENFACEFX, HEARD = "envelope", "OpenFaceFX 0.24, energy", "by rule, words heard"
OURS = "diffusion, words heard"
BLIND, TOLD, TEACHER = "diffusion, sound alone", "diffusion, phones known", "by rule, phones known (teacher)"
AS_GRID, STRANGER = "diffusion, talker “grid”", "diffusion without GRID, a stranger"
Performer = Callable[[Clip, EmotionTrack, int], np.ndarray]


class Stage:
    """All who perform, by name; every performance is remembered as vectors (n, 59).

    `performers` lacks OpenFaceFX where it is not installed and the stranger where none is given.
    """

    def __init__(self, work: Path, model: DiffusionMotion, stranger: DiffusionMotion | None) -> None:
        self.work, self.model = work, model
        self._kept: dict[tuple[str, str, str, float, int], np.ndarray] = {}
        model, teacher = remembering(model), ProceduralMotion()
        self.performers: dict[str, Performer] = {
            ENVELOPE: lambda clip, *_: of_gap(envelope_gap(clip.speech.audio, clip.n_frames)),
            HEARD: lambda clip, track, seed: performed(teacher, self.heard(clip), track, seed),
            OURS: lambda clip, track, seed: performed(model, self.heard(clip), track, seed),
            BLIND: lambda clip, track, seed: performed(model, Speech(clip.speech.audio), track, seed),
            TOLD: lambda clip, track, seed: performed(model, clip.speech, track, seed),
            TEACHER: lambda clip, track, seed: performed(teacher, clip.speech, track, seed),
        }
        if has_openfacefx():
            self.performers[OPENFACEFX] = lambda clip, *_: openfacefx_vectors(clip.speech.audio, clip.n_frames)
        grid = model.with_config(speaker="grid")
        self.performers[AS_GRID] = lambda clip, track, seed: performed(grid, clip.speech, track, seed)
        if stranger is not None:
            other = remembering(stranger)
            self.performers[STRANGER] = lambda clip, track, seed: performed(other, clip.speech, track, seed)

    def vectors(
        self, who: str, clip: Clip, feeling: str = "neutral", strength: float = 1.0, seed: int = 0
    ) -> np.ndarray:
        """A performance (n, 59) by one of `performers`."""
        strength = 0.0 if feeling == "neutral" else strength
        key = (who, clip.name, feeling if strength else "neutral", strength, seed)
        if key not in self._kept:
            track = EmotionTrack((EmotionKey(0.0, EmotionState({feeling: strength} if strength else {})),))
            self._kept[key] = self.performers[who](clip, track, seed)
        return self._kept[key]

    def all(self, who: str, clips: Sequence[Clip], feeling: str = "neutral", strength: float = 1.0) -> list[np.ndarray]:
        """The same of several clips."""
        return [self.vectors(who, clip, feeling, strength) for clip in clips]

    def heard(self, clip: Clip) -> Speech:
        """The clip with the phones that the product hears in it, kept from run to run; none where it refuses."""
        voice = ROOT / "generators" / "voice"
        code = code_hash([*(voice / "recording").glob("*.py"), *(voice / "align").glob("*.py")])
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
        return model.audio_encoder(np.frombuffer(sound, np.float32))

    quick = copy(model)
    quick.audio_encoder = lambda samples: heard(np.asarray(samples, np.float32).tobytes())
    return quick


def performed(
    performer: DiffusionMotion | ProceduralMotion, speech: Speech, track: EmotionTrack, seed: int
) -> np.ndarray:
    """Vectors (n, 59) of a speech given as one part."""
    return to_vectors(join_motion(list(stream(performer, place([speech], track), seed=seed, fps=FPS))))


def gaps_of(performances: Iterable[np.ndarray]) -> list[np.ndarray]:
    """The lip gap (n,) of each performance (n, 59)."""
    return [vectors[:, GAP] for vectors in performances]
