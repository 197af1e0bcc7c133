"""The voice and the judges that listen to each clip as it is spoken."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_embed.readers.prosody_features import prosody_frames, summarise
from emotion_embed.readers.speech import speech_frames
from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.audio import Audio
from generators.contracts import join_speech
from generators.voice.prosody.prosody import PLAIN
from generators.voice.prosody.spectral_eq import BAND_EDGES_HZ
from scripts.evaluation.voice.naturalness import naturalness
from scripts.research.voice_style.space import NEUTRAL, manner_of
from scripts.training.corpora.emodb import emodb_clips
from studio.quality.metrics import word_error_rate


class Stage:
    """The voice and the judges that listen to each clip as it is spoken."""

    def __init__(self) -> None:
        from generators.voice.kokoro import KokoroConfig, KokoroVoice

        self.kokoro = KokoroVoice.from_pretrained(config=KokoroConfig(threads=1))
        self.encoder = speaker_encoder()

    def play(self, voice: str, sentence: str, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Everything the judges need to know of one clip."""
        from generators.voice.prosody.style_bank import with_style

        prosody = with_style(PLAIN, manner_of(theta)) if theta.any() else PLAIN
        speech = join_speech(self.kokoro.stream(sentence, voice=voice, prosody=prosody))
        first, last = speech.words[0].start_s, speech.words[-1].end_s
        rate_hz = speech.audio.sample_rate_hz
        samples = speech.audio.samples[int(max(0, first - 0.1) * rate_hz) : int((last + 0.1) * rate_hz)]
        sound = Audio(samples, rate_hz).resampled(16_000).samples
        frames = speech_frames(Audio(sound, 16_000))
        heard = " ".join(word.text for word in transcribe(Audio(sound, 16_000), "en").words)
        return {
            "own": frames.pooled(), "acoustic": acoustics(sound), "speaker": self.encoder(sound),
            "mos": np.array(list(naturalness(Audio(sound, 16_000)).values())),
            "errors": np.array(min(1.0, word_error_rate(sentence, heard, "en"))),
            "sound": (sound * 30_000).astype(np.int16),
        }  # fmt: skip


def speaker_encoder():
    """A function from 16 kHz samples to who speaks, (256,) of length 1 (Resemblyzer, without its voice detector)."""
    import types

    sys.modules.setdefault("webrtcvad", types.ModuleType("webrtcvad"))  # only its preprocessing would need it
    from resemblyzer import VoiceEncoder

    encoder = VoiceEncoder("cpu", verbose=False)
    return lambda sound: encoder.embed_utterance(sound / (np.sqrt(np.mean(np.square(sound))) + 1e-9) * 0.03)


def acoustics(sound: np.ndarray) -> np.ndarray:
    """Pitch, loudness and tempo, and of ten bands the level, its spread, and its movement, (58,), from 16 kHz."""
    prosody = summarise(prosody_frames(Audio(sound.astype(np.float32), 16_000)))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, 256), 512)[::160] * np.hanning(512)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    level = power.sum(1)
    power = power[level > np.percentile(level, 95) * 1e-3]
    hz = np.fft.rfftfreq(512, 1 / 16_000)
    edges = list(zip(BAND_EDGES_HZ, BAND_EDGES_HZ[1:], strict=False))
    bands = np.stack([power[:, (hz >= low) & (hz < high)].sum(1) for low, high in edges], axis=1)
    levels = 10 * np.log10(bands + 1e-9)
    shares = levels - 10 * np.log10(bands.sum(1, keepdims=True) + 1e-9)
    movement = np.abs(np.diff(levels, axis=0)).mean(0)
    return np.concatenate([prosody, shares.mean(0), shares.std(0), levels.std(0), movement]).astype(np.float32)


@dataclass(frozen=True)
class AcousticJudge:
    """Logistic regression over `acoustics` against the speaker's plain speech."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    @classmethod
    def trained(cls, data: Path, work: Path) -> AcousticJudge:
        kept = work / "acoustic_judge.npz"
        if not kept.exists():
            np.savez(kept, allow_pickle=False, **_train_acoustic_judge(data))
        with np.load(kept) as found:
            return cls(**{name: found[name] for name in found.files})

    def logits(self, rows: np.ndarray, plain: np.ndarray) -> np.ndarray:
        """(n, 7) over `LABELS`, not normalised."""
        return (rows - plain - self.mean) / self.scale @ self.weight + self.bias


def _train_acoustic_judge(data: Path) -> dict[str, np.ndarray]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    clips = emodb_clips(data / "speech_emotion" / "emodb")
    rows = np.array([acoustics(clip.audio().samples) for clip in clips])
    labels = np.array([clip.label for clip in clips])
    actors = np.array([clip.actor for clip in clips])
    plain = {actor: rows[(actors == actor) & (labels == NEUTRAL)].mean(0) for actor in set(actors)}
    rows = rows - np.array([plain[actor] for actor in actors])
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(C=0.03, max_iter=3000, class_weight="balanced").fit(scaler.transform(rows), labels)
    return {"mean": scaler.mean_, "scale": scaler.scale_, "weight": model.coef_.T, "bias": model.intercept_}
