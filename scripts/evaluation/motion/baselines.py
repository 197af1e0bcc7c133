"""Plain ways from sound to lips that a model has to beat."""

from __future__ import annotations

import tempfile
import wave
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

from emotion_embed.signals.audio import Audio
from generators.contracts import CHANNEL_INDEX
from generators.motion.diffusion.configuration import FPS
from generators.motion.diffusion.motion_space import GAP, N_CHANNELS, N_MOTION
from generators.motion.rig.lip_geometry import LIP_GAP, lip_gap
from generators.voice.align import alignment
from scripts.evaluation.motion.lip_measures import SAMPLE_S
from studio.quality import metrics as self_check

ENVELOPE_GAP = 0.2  # of the loudest moments, about what people open their mouths


def frame_energy_db(audio: Audio, n_frames: int, smoothing_s: float = 0.0) -> np.ndarray:
    """Log energy in dB in the middle of each frame, (n_frames,)."""
    energy = self_check.log_energy(audio)
    if smoothing_s:
        energy = gaussian_filter1d(energy, smoothing_s / SAMPLE_S)
    return np.interp((np.arange(n_frames) + 0.5) / FPS, np.arange(len(energy)) * SAMPLE_S, energy)


def envelope_gap(audio: Audio, n_frames: int) -> np.ndarray:
    """Lips that follow the smoothed log energy: shut 40 dB under the loud moments, (n_frames,)."""
    energy = frame_energy_db(audio, n_frames, smoothing_s=0.03)
    low, high = np.percentile(self_check.log_energy(audio), (0, 99))
    return ENVELOPE_GAP * np.clip((energy - low) / max(high - low, 6.0), 0, 1)


def frame_mels(audio: Audio, n_frames: int, reach_s: float = 0.8) -> np.ndarray:
    """The log-mel spectra within ± `reach_s` of each frame, 40 bands every 40 ms, (n_frames, 41 × 40) float32."""
    mel = alignment.log_mel(audio)
    per_frame = round(1 / FPS / alignment.HOP_S)
    mel = mel[: len(mel) // per_frame * per_frame].reshape(-1, per_frame, mel.shape[1]).mean(1)
    reach = round(reach_s * FPS)
    at = np.arange(n_frames)[:, None] + np.arange(-reach, reach + 1)
    return mel[np.clip(at, 0, len(mel) - 1)].reshape(n_frames, -1)


@dataclass(frozen=True)
class Ridge:
    """A line through features: `weights` (d,) and `offset`."""

    weights: np.ndarray
    offset: float

    @classmethod
    def fit(cls, features: np.ndarray, values: np.ndarray, penalty: float = 0.003) -> Ridge:
        """Least squares of `values` (n,) over standardised features (n, d), weights shrunk by `penalty` × n."""
        mean, scale = features.mean(0), features.std(0) + 1e-6
        x = (features - mean) / scale
        shrunk = x.T @ x + penalty * len(x) * np.eye(x.shape[1], dtype=x.dtype)
        weights = np.linalg.solve(shrunk.astype(float), x.T @ (values - values.mean())) / scale
        return cls(weights, float(values.mean() - mean @ weights))

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return features @ self.weights + self.offset


def has_openfacefx() -> bool:
    """Whether OpenFaceFX is installed."""
    return find_spec("openfacefx") is not None


def openfacefx_vectors(audio: Audio, n_frames: int) -> np.ndarray:
    """What OpenFaceFX, where it is installed, makes of the sound alone, on ARKit's channels, (n_frames, 59)."""
    from openfacefx.energy import generate_from_energy
    from openfacefx.retarget import PRESETS, retarget

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "speech.wav")
        with wave.open(path, "wb") as file:
            file.setparams((1, 2, audio.sample_rate_hz, 0, "NONE", ""))
            file.writeframes(np.round(np.clip(audio.samples, -1, 1) * 32767).astype("<i2").tobytes())
        track = retarget(generate_from_energy(path), PRESETS["arkit"])
    times_s, vectors = (np.arange(n_frames) + 0.5) / FPS, np.zeros((n_frames, N_MOTION), np.float32)
    for channel in track.channels:
        if channel.name in CHANNEL_INDEX and channel.keys:
            keys = np.array([(key.time, key.value) for key in channel.keys])
            vectors[:, CHANNEL_INDEX[channel.name]] = np.interp(times_s, *keys.T)
    vectors[:, GAP] = lip_gap(vectors[:, :N_CHANNELS])
    return vectors


def of_gap(gap: np.ndarray) -> np.ndarray:
    """Vectors (n, 59) of a face of which only the lips move, by the jaw."""
    vectors = np.zeros((len(gap), N_MOTION), np.float32)
    vectors[:, GAP] = gap
    vectors[:, CHANNEL_INDEX["jawOpen"]] = np.clip(gap / LIP_GAP["jawOpen"], 0, 1)
    return vectors
