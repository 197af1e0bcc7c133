"""Who speaks: the speaker encoder GE2E."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.vad import speech_regions
from scripts.evaluation.voice.acoustic_features import RATE_HZ


class SpeakerEncoder:
    """GE2E (Wan et al. 2018) with the weights of the package resemblyzer, whose own code needs webrtcvad."""

    def __init__(self) -> None:
        import torch

        spec = find_spec("resemblyzer")
        if spec is None or not spec.submodule_search_locations:
            raise SystemExit("The judge of speakers needs resemblyzer: pip install --no-deps resemblyzer.")
        file = Path(spec.submodule_search_locations[0]) / "pretrained.pt"
        state = torch.load(file, map_location="cpu", weights_only=True)["model_state"]
        self._lstm, self._linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
        self._lstm.load_state_dict({k.removeprefix("lstm."): v for k, v in state.items() if k.startswith("lstm.")})
        self._linear.load_state_dict({k: state[f"linear.{k}"] for k in ("weight", "bias")})

    def embed(self, audio: Audio) -> np.ndarray:
        """Who speaks, (256,) of length 1: the mean over stretches of 1.6 s of the speech, all at one level."""
        import librosa
        import torch

        samples = _speech_only(audio.resampled(RATE_HZ))
        samples = samples * (10 ** (-30 / 20) / np.sqrt(np.square(samples).mean() + 1e-10))
        mel = librosa.feature.melspectrogram(y=samples, sr=RATE_HZ, n_fft=400, hop_length=160, n_mels=40).T
        mel = np.pad(mel, ((0, max(0, 160 - len(mel))), (0, 0))).astype(np.float32)
        starts = np.unique([*range(0, len(mel) - 159, 77), len(mel) - 160])
        with torch.no_grad():
            _, (hidden, _) = self._lstm(torch.from_numpy(np.array([mel[s : s + 160] for s in starts])))
            parts = torch.relu(self._linear(hidden[-1])).numpy()
        return _unit(_unit(parts).mean(0))


def _speech_only(audio: Audio) -> np.ndarray:
    rate_hz = audio.sample_rate_hz
    parts = [audio.samples[round(a * rate_hz) : round(b * rate_hz)] for a, b in speech_regions(audio)]
    return np.concatenate(parts) if parts else audio.samples


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


@lru_cache(maxsize=1)
def load_speaker_encoder() -> SpeakerEncoder:
    """Loaded once per process."""
    return SpeakerEncoder()
