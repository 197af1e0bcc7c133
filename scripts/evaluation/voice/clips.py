"""The clips of the evaluation: made, heard by every judge, and kept."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from emotion_embed import taxonomy
from emotion_embed.readers.speech import load_speech_reader, speech_pieces
from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.audio import Audio
from emotion_embed.state import parse_emotion
from generators.contracts import join_speech
from generators.voice.kokoro.pipeline import KokoroVoice
from generators.voice.prosody.style_bank import prosody_for
from scripts import ROOT
from scripts.evaluation.caching import code_hash
from scripts.evaluation.voice.acoustic_features import voice_features
from scripts.evaluation.voice.naturalness import naturalness
from scripts.evaluation.voice.speaker import load_speaker_encoder
from scripts.training.corpora.emodb import LABELS, NEUTRAL
from studio.quality.metrics import plain_words, word_error_rate

FELT = tuple(label for label in LABELS if label != "neutral")
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
VOICES = ("af_heart", "af_nova", "am_eric", "am_liam", "bf_alice", "bm_lewis")
GRADED_SENTENCES = 4  # the strengths between are heard in the first few
EVALUATION_SENTENCES = (
    "The bus to the library leaves at ten past nine.",
    "There are two blue folders on the upper shelf.",
    "He put the ladder back behind the garden shed.",
    "The meeting was moved to the room next door.",
    "My cousin works in a bakery near the station.",
    "They painted the hallway white last autumn.",
    "The recipe needs three eggs and some flour.",
    "Please leave the keys with the man downstairs.",
    "Our train will stop in four small towns today.",
    "The shop on the corner sells paper and pens.",
    "I will be home around half past six.",
    "She wrote the number on the back of an envelope.",
)


def spoken(kokoro: KokoroVoice, text: str, voice: str, emotion_text: str) -> Audio:
    """A sentence in a voice and a feeling ("joy:0.5"): the one place that knows how a feeling is asked of a voice."""
    prosody = prosody_for(parse_emotion(emotion_text))
    return join_speech(kokoro.stream(text, voice=voice, prosody=prosody)).audio


@dataclass(frozen=True)
class Clip:
    """One clip to be made: the `sentence` is its number."""

    voice: str
    feeling: str
    strength: float
    sentence: int

    @property
    def emotion_text(self) -> str:
        return "neutral" if self.feeling == "neutral" else f"{self.feeling}:{self.strength:g}"

    @property
    def text(self) -> str:
        return EVALUATION_SENTENCES[self.sentence]


class Workshop:
    """Makes clips, measures them, and keeps both."""

    def __init__(self, work: Path, second_judge: bool) -> None:
        self._work = work
        self._second_judge = second_judge
        weights = ROOT / "checkpoints" / "weights"
        voice = ROOT / "generators" / "voice"
        manners = [f for f in (weights / "voice_manner").glob("*") if f.is_file()]
        self._voice_key = code_hash(
            [file for room in ("", "frontend", "prosody", "kokoro") for file in (voice / room).glob("*.py")],
            {str(f.relative_to(weights)): f.read_bytes() for f in manners},
        )
        ear = {f.name: f.read_bytes() for f in (weights / "speech_emotion").glob("*") if f.is_file()}
        judges = [Path(__file__).with_name(f"{name}.py") for name in ("acoustic_features", "naturalness", "speaker")]
        own = {f.__name__: inspect.getsource(f).encode() for f in (_by_ear, _for_second_judge, _rest)}
        self._ear_key = code_hash([*(ROOT / "emotion_embed").rglob("*.py"), *judges], ear | own)

    @cached_property
    def kokoro(self) -> KokoroVoice:
        return KokoroVoice.from_pretrained()

    def _name(self, clip: Clip) -> str:
        manner = re.sub(r" at 0x[0-9a-f]+", "", repr(prosody_for(parse_emotion(clip.emotion_text))))
        key = hashlib.sha256(f"{self._voice_key} {clip.text} {manner}".encode()).hexdigest()[:16]
        return f"{clip.voice}-{clip.emotion_text.replace(':', '-')}-{key}"

    def sound(self, clip: Clip) -> Audio:
        """The clip, made or found."""
        file = self._work / "clips" / f"{self._name(clip)}.npz"
        if not file.exists():
            audio = spoken(self.kokoro, clip.text, clip.voice, clip.emotion_text)
            samples = np.round(np.clip(audio.samples, -1, 1) * 32767).astype(np.int16)
            _save(file, samples=samples, rate_hz=audio.sample_rate_hz)
        with np.load(file) as found:
            return Audio(found["samples"].astype(np.float32) / 32767, int(found["rate_hz"]))

    def measured(self, clip: Clip, whole: bool) -> dict[str, np.ndarray]:
        """What the project's own ear says of a clip; where `whole`, also everything else."""
        found: dict[str, np.ndarray] = {}
        for what, measure in (("ear", _by_ear), ("second", _for_second_judge), ("rest", _rest)):
            if what != "ear" and (not whole or (what == "second" and not self._second_judge)):
                continue
            file = self._work / "measured" / self._ear_key / f"{self._name(clip)}-{what}.npz"
            if not file.exists():
                _save(file, **measure(self.sound(clip), clip.text))
            with np.load(file) as kept:
                found |= {name: kept[name] for name in kept.files}
        return found


def _save(file: Path, **arrays: ArrayLike) -> None:
    """Written beside and then moved, so that a run that was stopped leaves no half file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.npz")
    np.savez(part, allow_pickle=False, **arrays)
    part.replace(file)


def _by_ear(audio: Audio, _text: str) -> dict[str, np.ndarray]:
    """As a user hears it: the labels' probabilities (7,) and (valence, arousal) of the ear, and how far each label's
    linear head lies above neutral's, without the flattening that unfamiliar voices get."""
    reader, pieces = load_speech_reader(), speech_pieces(audio)
    evidence = reader.read_pieces(pieces)
    heads = np.zeros(len(LABELS))
    if pieces:
        seconds = np.array([piece.duration_s for piece in pieces])
        votes = reader.votes(np.array([piece.pooled() for piece in pieces])).mean(0)
        heads = seconds / seconds.sum() @ votes
    return {
        "ear": taxonomy.to_labels("emodb", evidence.distribution),
        "ear_va": np.array(evidence.vad_mean[:2]),
        "ear_heads": heads - heads[NEUTRAL],
    }


def _for_second_judge(audio: Audio, _text: str) -> dict[str, np.ndarray]:
    return {"features": voice_features(audio)}


def _rest(audio: Audio, text: str) -> dict[str, np.ndarray]:
    heard = " ".join(word.text for word in transcribe(audio, "en").words)
    n_words = len(plain_words(text, "en"))
    mos = naturalness(audio)
    return {
        "words": np.array([round(word_error_rate(text, heard, "en") * n_words), n_words]),
        "mos": np.array([mos["p808"], mos["ovrl"]]),
        "speaker": load_speaker_encoder().embed(audio),
    }
