"""Where the network is evaluated: through onnxruntime, or through torch and diffusers."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from checkpoints.errors import BadInput, Missing
from emotion_embed.signals.onnx_session import open_session, run_arrays
from generators import devices
from generators.motion.diffusion.configuration import DiffusionMotionConfig
from generators.motion.diffusion.sampling import ModelInputs, Network, sample_window


class Backend(Protocol):
    """An open network."""

    @property
    def name(self) -> str:
        """One of `configuration.BACKENDS` but "auto"."""
        ...

    @property
    def device(self) -> str:
        """What it runs on, one of `devices.DEVICES` but "auto"."""
        ...

    def sample(self, inputs: ModelInputs, noise: np.ndarray, n_steps: int, audio_guidance: float) -> np.ndarray:
        """One window (100, 59) in the network's units; see `sampling.sample_window`."""
        ...


@dataclass(frozen=True)
class NetworkBackend:
    """Any network that takes and gives arrays, sampled in NumPy."""

    network: Network
    name: str = "onnx"
    device: str = "cpu"

    def sample(self, inputs: ModelInputs, noise: np.ndarray, n_steps: int, audio_guidance: float) -> np.ndarray:
        """One window (100, 59) in the network's units."""
        return sample_window(self.network, inputs, noise, n_steps, audio_guidance)


def open_backend(folder: Path, config: DiffusionMotionConfig) -> Backend:
    """The network in a model's folder, as the config asks.

    Raises:
        BadInput: It cannot be opened.
        Missing: The backend or the device is not on this machine.
    """
    if _wants_torch(config):
        return _torch_backend(folder, config)
    return _onnx_backend(folder, config)


def _wants_torch(config: DiffusionMotionConfig) -> bool:
    """Whether to run through torch: when asked for, or where it finds the graphics processor that is wanted."""
    if config.backend != "auto":
        return config.backend == "torch"
    if config.device == "cpu" or find_spec("diffusers") is None:
        return False
    found = devices.torch_accelerator()
    return found is not None and config.device in ("auto", found)


def _onnx_backend(folder: Path, config: DiffusionMotionConfig) -> NetworkBackend:
    providers = devices.onnx_providers(config.device)
    try:
        session = open_session(folder / "model.onnx", threads=config.threads, providers=providers)
    except Exception as error:  # onnxruntime's own errors have no common type
        raise BadInput(f"{folder / 'model.onnx'} cannot be opened: {error}.") from error
    device = "cuda" if session.get_providers()[0].startswith("CUDA") else "cpu"
    if config.device not in ("auto", device):
        raise Missing(f"onnxruntime finds no device “{config.device}” on this machine; leave it out, or choose cpu.")
    names = [given.name for given in session.get_inputs()]
    network = lambda inputs: run_arrays(session, {n: inputs[n] for n in names})[0]  # noqa: E731
    return NetworkBackend(network, "onnx", device)


def _torch_backend(folder: Path, config: DiffusionMotionConfig) -> Backend:
    try:
        import torch

        from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline
    except ModuleNotFoundError as error:
        raise Missing('The backend torch needs diffusers: pip install "mien-studio[diffusion]".') from error
    device = devices.torch_device(config.device)
    pipeline = MotionDiffusionPipeline.from_pretrained(folder, dtype=torch.float32).to(device)
    return pipeline.as_backend(config.threads)
