"""What a voice feels like: soft distribution and valence–arousal–dominance, for a recording and for every second.

States of Whisper's encoder at the layers where the manner of speaking is still heard, and pitch, loudness, voice
quality and rate, are pooled over a stretch; what differs from one speaker, microphone or language to the next is
projected out (nuisance attribute projection, Solomonoff et al. 2005); a committee of small heads, each trained without
one of the actors, then votes, so that an unfamiliar voice, on which they disagree, gets a flatter answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

import checkpoints
from emotion_embed import taxonomy
from emotion_embed.readers import prosody_features
from emotion_embed.readers.prosody_features import ProsodyFrames, prosody_frames, summarise
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.vad import speech_regions
from emotion_embed.signals.whisper_features import FRAME_RATE_HZ, RATE_HZ, WhisperEncoder
from emotion_embed.softmax import softmax
from emotion_embed.state import Evidence

LAYERS = (2, 3)  # of Whisper base; fewer carry sound, more carry words
LABELS = taxonomy.LABEL_SETS["emodb"]
LONGEST_PIECE_S = 4.0
SHORTEST_PIECE_S = 0.3


@dataclass(frozen=True)
class SpeechFrames:
    """A piece of speech from `start_s` on, 50 rows a second: `states` (n, 1024) of Whisper and `prosody` (n rows)."""

    start_s: float
    states: np.ndarray
    prosody: ProsodyFrames

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.states) / FRAME_RATE_HZ

    def pooled(self, start: int = 0, end: int | None = None) -> np.ndarray:
        """Mean and deviation of the states and the summary of the prosody over some rows, (2066,) float32."""
        states = self.states[start:end]
        return np.concatenate(
            [
                states.mean(0),
                states.std(0),
                summarise(self.prosody.part(start, end if end is not None else len(states))),
            ]
        ).astype(np.float32)


def speech_frames(audio: Audio, start_s: float = 0.0) -> SpeechFrames:
    """Whisper's states and the prosody of at most 30 s of speech, heard as one."""
    samples = audio.resampled(RATE_HZ).samples
    layers = WhisperEncoder.load(max(LAYERS)).layers(samples)
    states = np.concatenate([layers[layer] for layer in LAYERS], axis=1)
    prosody = prosody_frames(Audio(samples, RATE_HZ))
    n = min(len(states), len(prosody))
    return SpeechFrames(start_s, states[:n], prosody.part(0, n))


class SpeechReader:
    """Reads the feeling of voices; hold one and ask it often."""

    name = "mien"

    def __init__(self, weights: Mapping[str, np.ndarray], config: Mapping) -> None:
        self._w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        self._config = config

    @classmethod
    def load(cls, folder: Path | None = None) -> SpeechReader:
        """The reader with the weights that come with the product."""
        from safetensors.numpy import load_file

        folder = folder or checkpoints.weights_path("speech_emotion")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(load_file(folder / "model.safetensors"), config)

    def read(self, audio: Audio) -> Evidence:
        """The feeling of a whole recording; flat, with reliability 0, where no speech is heard in it."""
        return self.read_pieces(speech_pieces(audio))

    def read_pieces(self, pieces: list[SpeechFrames]) -> Evidence:
        """The feeling of a recording whose speech was listened to already."""
        if not pieces:
            return no_speech()
        features = np.array([piece.pooled() for piece in pieces])
        return self.evidence(features, np.array([piece.duration_s for piece in pieces]))

    def read_windows(
        self, pieces: list[SpeechFrames], window_s: float = 1.0, hop_s: float = 0.5
    ) -> list[tuple[float, Evidence]]:
        """Middle (in seconds) and feeling of windows over the speech, each inside one piece of it."""
        found = []
        for piece in pieces:
            size, hop = round(window_s * FRAME_RATE_HZ), round(hop_s * FRAME_RATE_HZ)
            last = max(0, len(piece.states) - size)
            starts = sorted({*range(0, last + 1, hop), last})
            for start in starts:
                end = min(start + size, len(piece.states))
                evidence = self.evidence(piece.pooled(start, end)[None], np.array([(end - start) / FRAME_RATE_HZ]))
                found.append((piece.start_s + (start + end) / 2 / FRAME_RATE_HZ, evidence))
        return found

    def probabilities(self, features: np.ndarray, seconds: np.ndarray | float) -> np.ndarray:
        """The committee's mean over `LABELS`, (n, 7), for features (n, 2066) that were pooled over `seconds`."""
        return self._softmax(self.votes(features), self.strangeness(features, seconds)).mean(0)

    def votes(self, features: np.ndarray) -> np.ndarray:
        """Logits of every head, (heads, n, 7)."""
        x = self.projected(features)
        return np.einsum("nd,hdc->hnc", x, self._w["weight"]) + self._w["bias"][:, None]

    def projected(self, features: np.ndarray) -> np.ndarray:
        """Features on one scale, without what belongs to speaker, channel and language, (n, 2066)."""
        x = (np.asarray(features, np.float32) - self._w["mean"]) / self._w["scale"]
        return x - x @ self._w["nuisance"].T @ self._w["nuisance"]

    def strangeness(self, features: np.ndarray, seconds: np.ndarray | float) -> np.ndarray:
        """How much of the features no voice of the training explains, (n,): up to 1 for a new speaker in the same
        language and studio, 1.1 to 1.4 for other corpora and languages, more for what is hardly a voice.

        `seconds` is how much speech each row was pooled over: short stretches are noisier by themselves."""
        x = self.projected(features) - self._w["centre"]
        unexplained = x - x @ self._w["axes"].T @ self._w["axes"]
        constant, per_second = self._config["familiar_radius"]
        radius = constant + per_second / np.maximum(np.asarray(seconds, float), 0.5)
        return np.sqrt(np.square(unexplained).mean(1)) / radius

    def _softmax(self, logits: np.ndarray, strangeness: np.ndarray) -> np.ndarray:
        heat = self._config["temperature"] * np.maximum(1.0, strangeness) ** self._config["strange_power"]
        return softmax(logits / heat[None, :, None])

    def evidence(self, features: np.ndarray, seconds: np.ndarray) -> Evidence:
        """What features (n, 2066), each pooled over so many `seconds` (n,) of speech, say together."""
        seconds = np.asarray(seconds, float)
        weights, heard_s = seconds / seconds.sum(), float(seconds.sum())
        strangeness = self.strangeness(features, seconds)
        votes = self._softmax(self.votes(features), strangeness)  # (heads, n, 7)
        mean = weights @ votes.mean(0)
        short = 1 - np.exp(-heard_s / 0.8)  # half a second of sound is a hint, not knowledge
        mean = short * mean + (1 - short) / len(LABELS)
        distribution = taxonomy.from_labels("emodb", mean)
        vad, covariance = taxonomy.vad_moments(distribution)
        agreement = 1 - np.abs(votes - votes.mean(0)).sum(-1).mean() / 2
        trust = max(1.0, float(weights @ strangeness)) ** -self._config["strange_power"]
        reliability = float(np.clip(agreement * short * trust, 0, 1))
        return Evidence(
            "voice", distribution, taxonomy.vad_point(vad), covariance, reliability,
            intensity=float(1 - mean[LABELS.index("neutral")]),
            reasons=self._reasons(weights @ features[:, -len(prosody_features.SUMMARY_NAMES) :]),
        )  # fmt: skip

    def _reasons(self, summary: np.ndarray) -> tuple[str, ...]:
        """What stands out of the prosody against all voices of the training, the most unusual first."""
        z = (summary - np.array(self._config["prosody_mean"])) / np.array(self._config["prosody_scale"])
        said = []
        for name, (low, high) in _IN_WORDS.items():
            value = z[prosody_features.SUMMARY_NAMES.index(name)]
            if abs(value) > 0.8:
                said.append((abs(value), high if value > 0 else low))
        return tuple(words for _, words in sorted(said, reverse=True)[:4])


_IN_WORDS = {
    "pitch_mean_st": ("low pitch", "high pitch"),
    "pitch_std_st": ("little melody", "wide melody"),
    "loudness_range_db": ("even loudness", "strong swings of loudness"),
    "periodicity_mean": ("breathy or rough voice", "clear voice"),
    "tilt_mean_db": ("soft, dark voice", "pressed, bright voice"),
    "syllables_per_s": ("slow speech", "fast speech"),
}


@lru_cache(maxsize=1)
def load_speech_reader() -> SpeechReader:
    """Our own reader, loaded once per process."""
    return SpeechReader.load()


def speech_pieces(audio: Audio, regions: list[tuple[float, float]] | None = None) -> list[SpeechFrames]:
    """The stretches of a recording in which somebody speaks, cut into pieces of at most 4 s."""
    regions = speech_regions(audio) if regions is None else regions
    pieces = []
    for start_s, end_s in regions:
        n_parts = max(1, int(np.ceil((end_s - start_s) / LONGEST_PIECE_S)))
        borders = np.linspace(start_s, end_s, n_parts + 1)
        for from_s, to_s in zip(borders[:-1], borders[1:], strict=True):
            if to_s - from_s < SHORTEST_PIECE_S:
                continue
            first, last = round(from_s * audio.sample_rate_hz), round(to_s * audio.sample_rate_hz)
            pieces.append(speech_frames(Audio(audio.samples[first:last], audio.sample_rate_hz), float(from_s)))
    return pieces


def no_speech() -> Evidence:
    """The answer where nobody speaks: nothing is known."""
    distribution = taxonomy.from_labels("emodb", np.ones(len(LABELS)))
    mean, covariance = taxonomy.vad_moments(distribution)
    return Evidence(
        "voice", distribution, taxonomy.vad_point(mean), covariance, 0.0, 0.0, ("no speech is heard in the recording",)
    )
