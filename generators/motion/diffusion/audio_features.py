"""Audio encoders: the frozen lower layers of a speech encoder, brought to the clock of the frames.

Whisper base's third layer comes with the product. wav2vec2, HuBERT and WavLM models of a user's, as transformers saves
them, serve as well: a motion model is trained on the features of one encoder (`--audio-encoder` of
`scripts.training.motion.data`), whose name it keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from checkpoints.errors import BadInput, Missing
from emotion_embed.signals.whisper_features import FRAME_RATE_HZ, RATE_HZ, WhisperEncoder
from generators.motion.diffusion.configuration import FPS, N_WINDOW

DEFAULT_AUDIO_ENCODER = "whisper-base:3"
SAMPLES_PER_FRAME = RATE_HZ // FPS
STATES_PER_FRAME = FRAME_RATE_HZ // FPS
WINDOW_SAMPLES = N_WINDOW * SAMPLES_PER_FRAME
_WHISPERS = {"whisper-base": (512, 6), "whisper-tiny": (384, 4)}  # width and layers


class AudioEncoder(Protocol):
    """Sound to audio features; `name` as `load_audio_encoder` takes it, `width` numbers a frame."""

    name: str
    width: int

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """The audio features of one window: samples (64000,) float32 at 16 kHz to (100, width) float32."""
        ...


class WhisperAudioEncoder:
    """The states after one of the layers of Whisper's encoder; two of 20 ms make a frame."""

    def __init__(self, model: str, layer: int) -> None:
        width, self._layer = _WHISPERS[model][0], layer
        self.name, self.width, self._model = f"{model}:{layer}", width * STATES_PER_FRAME, model

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        return _on_frames(WhisperEncoder.load(self._layer, self._model).layers(samples)[-1])


class TransformersAudioEncoder:
    """One layer of a wav2vec2, HuBERT or WavLM model in a folder (`config.json`, `model.safetensors`)."""

    def __init__(self, folder: Path, layer: int) -> None:
        try:
            import torch
            from safetensors import SafetensorError
            from transformers import AutoModel
        except ModuleNotFoundError as error:
            raise Missing(f'This audio encoder needs {error.name}: pip install "mien-studio[wav2vec2]".') from error
        if not (folder / "model.safetensors").is_file() or not (folder / "config.json").is_file():
            raise BadInput(f"{folder} holds no config.json with the model.safetensors of an audio encoder.")
        try:
            network = AutoModel.from_pretrained(folder, use_safetensors=True, trust_remote_code=False)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise BadInput(f"{folder} cannot be opened as an audio encoder: {error}.") from error
        n_layers = getattr(network.config, "num_hidden_layers", 0)
        if network.config.model_type not in ("wav2vec2", "hubert", "wavlm") or not 0 < layer <= n_layers:
            raise BadInput(
                f"{folder} is a {network.config.model_type} of {n_layers} layers; there is no layer {layer}."
            )
        self.name = f"transformers:{folder}:{layer}"
        self.width = network.config.hidden_size * STATES_PER_FRAME
        self._network, self._layer, self._torch = network.eval(), layer, torch

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        level = (samples - samples.mean()) / (samples.std() + 1e-5)
        with self._torch.inference_mode():
            given = self._torch.from_numpy(level.astype(np.float32))[None]
            states = self._network(given, output_hidden_states=True).hidden_states[self._layer][0]
        return _on_frames(states.float().numpy())


def load_audio_encoder(
    name: str = DEFAULT_AUDIO_ENCODER, progress: Callable[[str, int, int], None] | None = None
) -> AudioEncoder:
    """An audio encoder by name; fetches Whisper's weights where they are absent.

    Args:
        name: "whisper-base:LAYER", "whisper-tiny:LAYER" or "transformers:FOLDER:LAYER".
        progress: called as (name, done_bytes, total_bytes) while weights are fetched.

    Raises:
        BadInput: There is no such encoder, layer, or folder with such a model.
        Missing: Weights or packages cannot be had.
    """
    import checkpoints

    kind, _, rest = name.partition(":")
    place, _, layer_text = rest.rpartition(":")
    layer = int(layer_text) if layer_text.isascii() and layer_text.isdigit() else 0
    if kind == "transformers" and place:
        return TransformersAudioEncoder(Path(place), layer)
    if kind not in _WHISPERS or not 0 < layer <= _WHISPERS[kind][1]:
        raise BadInput(
            f"There is no audio encoder “{name}”; write {DEFAULT_AUDIO_ENCODER} or transformers:FOLDER:LAYER."
        )
    checkpoints.path(kind, progress=progress)
    return WhisperAudioEncoder(kind, layer)


def _on_frames(states: np.ndarray) -> np.ndarray:
    """States (n, width) at 50 Hz, two and two beside each other; the last one stands for those that lack."""
    lacking = N_WINDOW * STATES_PER_FRAME - len(states)
    if lacking > 0:
        states = np.concatenate([states, np.repeat(states[-1:], lacking, axis=0)])
    return states[: N_WINDOW * STATES_PER_FRAME].reshape(N_WINDOW, -1).astype(np.float32, copy=False)
