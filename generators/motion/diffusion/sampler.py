"""A performance sampled window by window, on the model's clock of 25 frames a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from emotion_embed.signals.whisper_features import RATE_HZ
from emotion_embed.track import EmotionTrack
from generators.contracts import Motion, Phone, PlacedSpeech
from generators.motion.diffusion import conditioning, postprocess
from generators.motion.diffusion.audio_features import SAMPLES_PER_FRAME, WINDOW_SAMPLES, AudioEncoder
from generators.motion.diffusion.backends import Backend
from generators.motion.diffusion.beats import Beats
from generators.motion.diffusion.blinks import BlinkResynthesis
from generators.motion.diffusion.configuration import (
    FPS,
    N_AHEAD,
    N_BEFORE,
    N_NEW,
    N_WINDOW,
    STYLE_NAMES,
    DiffusionMotionConfig,
)
from generators.motion.diffusion.description import NormalizationStats, SpeakerStyle
from generators.motion.diffusion.frame_clock import interpolate, middle_s, model_frames
from generators.motion.diffusion.motion_space import LIP_COLUMNS, N_MOTION, to_motion
from generators.motion.diffusion.named_expressions import NamedExpressions
from generators.motion.diffusion.rolling import RollingBuffer
from generators.motion.diffusion.sampling import ModelInputs, apply_emotion_guidance, empty

MAX_STYLE = 2.5  # deviations: the training clips what it sees there


@dataclass(frozen=True)
class MotionModel:
    """All that a performance is sampled with."""

    backend: Backend
    audio_encoder: AudioEncoder
    stats: NormalizationStats
    speaker_style: SpeakerStyle
    config: DiffusionMotionConfig

    @cached_property
    def style(self) -> np.ndarray:
        """Style features (7,) of the speaker, and of what the config asks for beyond them."""
        amounts = np.clip(self.speaker_style.conditioning + self._asked, -MAX_STYLE, MAX_STYLE)
        return conditioning.style_features(amounts, self.config.speaker)

    @cached_property
    def gains(self) -> np.ndarray:
        """By how much each number of a motion (59,) is multiplied to make up for what the network leaves out."""
        return conditioning.style_gains(np.clip(self.speaker_style.residual + self._asked, -MAX_STYLE, MAX_STYLE))

    @cached_property
    def noise_std(self) -> np.ndarray:
        """Of the noise that each channel starts from (59,); liveliness leaves the lips alone."""
        std = self.stats.noise_std * np.float32(self.config.liveliness)
        std[LIP_COLUMNS] = self.stats.noise_std[LIP_COLUMNS]
        return std

    @property
    def _asked(self) -> np.ndarray:
        return np.array([getattr(self.config, name) for name in STYLE_NAMES])


class DiffusionPerformer:
    """One sampled performance; where emotion is guided, the same without emotion runs beside it."""

    def __init__(self, model: MotionModel, seed: int, fps: float) -> None:
        self.fps, self.emotion_guidance = fps, model.config.emotion_guidance
        self.conditional = WindowedSampler(model, seed)
        self.unconditional = WindowedSampler(model, seed) if self.emotion_guidance != 1 else None

    def perform(self, part: PlacedSpeech) -> Motion:
        """The motion of the next part, `len(part.frames(fps))` frames."""
        vectors = self.conditional.perform(part, self.fps)
        if self.unconditional is not None:
            neutral = self.unconditional.perform(replace(part, track=EmotionTrack()), self.fps)
            vectors = apply_emotion_guidance(vectors, neutral, self.emotion_guidance)
        return to_motion(vectors, self.fps)


class WindowedSampler:
    """Samples window after window, each going on from the one before.

    `normalized` holds what was sampled, in the network's units, and `shown` the same as it is to be seen, in natural
    units and with lids at rest; `noiseless` ends with the last second of the same performance without noise.
    """

    def __init__(self, model: MotionModel, seed: int) -> None:
        self.model = model
        self.rng = np.random.default_rng(seed)
        self.audio = RollingBuffer()  # samples at 16 kHz
        self.phones: list[Phone] = []
        self.normalized, self.shown = RollingBuffer(N_MOTION), RollingBuffer(N_MOTION)
        self.noiseless = np.zeros((0, N_MOTION), np.float32)
        self.named, self.blinks = NamedExpressions(), BlinkResynthesis()
        self.beats = Beats(seed, model.gains * np.float32(model.config.liveliness))

    def perform(self, part: PlacedSpeech, fps: float) -> np.ndarray:
        """Vectors (n, 59) in natural units, one for each frame of the next part at `fps`."""
        self._append_speech(part)
        frames = part.frames(fps)
        if not frames:
            return np.zeros((0, N_MOTION), np.float32)
        at = model_frames(frames, fps)
        self._sample_until(int(np.ceil(at[-1] - 1e-6)) + 1, part.track)
        vectors = interpolate(self.shown.values, np.clip(at - self.shown.first, 0, len(self.shown.values) - 1))
        self._trim(int(np.floor(at[-1])))
        times_s = middle_s(at)
        vectors = self.named.add_to(vectors, times_s, part.track, fps)
        return self.beats.add_to(self.blinks.add_to(vectors, times_s), times_s)

    def _append_speech(self, part: PlacedSpeech) -> None:
        self.audio.append_at(round(part.start_s * RATE_HZ), part.audio.resampled(RATE_HZ).samples)
        self.phones += part.phones
        self.beats.plan(part)

    def _sample_until(self, n_frames: int, track: EmotionTrack) -> None:
        """Sample windows until the clip has `n_frames`."""
        for n_new in _evenly(n_frames - self.shown.end, N_NEW):
            inputs = self._inputs(n_new, track)
            rows = np.flatnonzero(inputs.valid)
            new, shown_new = slice(N_BEFORE, N_BEFORE + n_new), slice(N_BEFORE - rows[0], N_BEFORE - rows[0] + n_new)
            first_frame = self.shown.end - N_BEFORE + rows[0]
            sampled = self._sample(inputs, self.rng.standard_normal((N_WINDOW, N_MOTION), np.float32))
            noiseless = self._sample_noiseless(inputs, n_new)
            context = postprocess.WindowContext(inputs, noiseless, self.model.gains, self.phones, first_frame)
            sampled = postprocess.apply(postprocess.IN_UNITS, sampled, context)
            vectors = self.model.stats.denormalize(sampled)[rows]
            vectors = postprocess.apply(postprocess.AS_SHOWN, vectors, context)
            vectors = self.blinks.remove(vectors, first_frame, shown_new)
            self.normalized.append(sampled[new])
            self.shown.append(vectors[shown_new])

    def _sample(self, inputs: ModelInputs, noise: np.ndarray) -> np.ndarray:
        config = self.model.config
        return self.model.backend.sample(inputs, noise * self.model.noise_std, config.n_steps, config.audio_guidance)

    def _sample_noiseless(self, inputs: ModelInputs, n_new: int) -> np.ndarray:
        """The window (100, 59) again without noise, after a past without noise."""
        config, before = self.model.config, inputs.before.copy()
        before[N_BEFORE - len(self.noiseless) : N_BEFORE] = self.noiseless
        inputs = replace(inputs, before=before)
        sampled = self.model.backend.sample(inputs, empty(N_MOTION), config.n_lip_steps, config.audio_guidance)
        self.noiseless = np.concatenate([self.noiseless, sampled[N_BEFORE : N_BEFORE + n_new]])[-N_BEFORE:]
        return sampled

    def _inputs(self, n_new: int, track: EmotionTrack) -> ModelInputs:
        """What is known of a window with `n_new` new frames."""
        start, end = self.shown.end - N_BEFORE, self.shown.end + n_new + N_AHEAD
        before, known, valid = empty(N_MOTION), np.zeros(N_WINDOW, np.float32), np.zeros(N_WINDOW, np.float32)
        kept = self.normalized.values[-N_BEFORE:]
        before[N_BEFORE - len(kept) : N_BEFORE] = kept
        known[N_BEFORE - len(kept) : N_BEFORE] = 1
        valid[N_BEFORE - len(kept) : end - start] = 1
        if self.phones:
            phone_features = conditioning.phone_features(self.phones, start, N_WINDOW)
        else:
            phone_features = conditioning.no_phone_features(N_WINDOW)
        times_s = np.maximum(middle_s(start + np.arange(N_WINDOW)), 0)
        emotion_features = conditioning.emotion_features(track.sample(times_s).weights)
        audio_features = self.model.audio_encoder(self._audio_between(start, end))
        return ModelInputs(before, known, valid, audio_features, phone_features, emotion_features, self.model.style)

    def _audio_between(self, start: int, end: int) -> np.ndarray:
        """The sound from frame `start` up to `end` as a whole window, (64000,), silence where there is none."""
        samples = self.audio.between(start * SAMPLES_PER_FRAME, end * SAMPLES_PER_FRAME)
        return np.pad(samples, (0, WINDOW_SAMPLES - len(samples)))

    def _trim(self, frame: int) -> None:
        """Let go of what no window will ask for, nor any frame from `frame` on."""
        oldest = self.shown.end - N_BEFORE
        self.normalized.trim(min(oldest, frame) - 1)
        self.shown.trim(min(oldest, frame) - 1)
        self.audio.trim(oldest * SAMPLES_PER_FRAME)
        self.phones = [phone for phone in self.phones if phone.end_s > (oldest - 1) / FPS]


def _evenly(n_frames: int, most: int) -> Iterator[int]:
    """Sizes that sum to `n_frames`, about equally large, none over `most`."""
    n_windows = -(-n_frames // most)
    for left in range(n_windows, 0, -1):
        size = -(-n_frames // left)
        n_frames -= size
        yield size
