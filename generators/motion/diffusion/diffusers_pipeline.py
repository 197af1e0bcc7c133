"""The model as a diffusers pipeline, for those who have torch: training, research, and a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from diffusers.utils import BaseOutput
from diffusers.utils.torch_utils import randn_tensor

from emotion_embed.track import EmotionTrack
from generators.contracts import Motion, Speech
from generators.motion.diffusion.audio_features import AudioEncoder, load_audio_encoder
from generators.motion.diffusion.configuration import DiffusionMotionConfig
from generators.motion.diffusion.description import ModelDescription, NormalizationStats, SpeakerStyle
from generators.motion.diffusion.model import MotionTransformer
from generators.motion.diffusion.sampler import DiffusionPerformer, MotionModel
from generators.motion.diffusion.sampling import GuidancePass, ModelInputs, guidance_passes, sigmas
from generators.timeline import Timeline

_DEFAULTS = DiffusionMotionConfig()
_BATCHED = ("known", "valid", "audio", "phones", "emotion", "style")
Array = torch.Tensor | np.ndarray
StepCallback = Callable[["MotionDiffusionPipeline", int, torch.Tensor, dict[str, torch.Tensor]], dict]


@dataclass
class MotionDiffusionOutput(BaseOutput):
    """`motion`: the performance, a `generators.contracts.Motion`."""

    motion: Motion


class MotionDiffusionPipeline(DiffusionPipeline):
    """Speech and feeling to motion: the performance that `DiffusionMotion` gives, by diffusers' own means.

    Called, it samples a whole performance through the same post-processing as the product; `sample` gives windows as
    they come from the network. Attention runs through diffusers' backends:
    `pipeline.transformer.set_attention_backend("xformers")`.
    """

    model_cpu_offload_seq = "transformer"
    _callback_tensor_inputs = ["motion"]

    def __init__(self, transformer: MotionTransformer, scheduler: FlowMatchEulerDiscreteScheduler) -> None:
        super().__init__()
        self.register_modules(transformer=transformer, scheduler=scheduler)
        self._description: ModelDescription | None = None

    @classmethod
    def from_pretrained(cls, folder: str | Path, **options: Any) -> MotionDiffusionPipeline:
        """As diffusers does; a `config.json` beside the pipeline tells the units exactly and whose motion it is."""
        pipeline = super().from_pretrained(folder, **options)
        pipeline.transformer.eval()
        if (Path(folder) / "config.json").is_file():
            pipeline._description = ModelDescription.read(Path(folder))
        return pipeline

    @property
    def description(self) -> ModelDescription:
        """Units, speaker and audio encoder, by `config.json` or else by the transformer's own buffers."""
        if self._description is not None:
            return self._description
        buffers = {name: buffer.float().cpu().numpy() for name, buffer in self.transformer.named_buffers()}
        stats, nobody = NormalizationStats.from_config(buffers), SpeakerStyle.from_config({})
        return ModelDescription(stats, nobody, self.transformer.config.audio_features)

    @cached_property
    def audio_encoder(self) -> AudioEncoder:
        """What the transformer was trained to hear through."""
        return load_audio_encoder(self.description.audio_encoder)

    def as_backend(self, threads: int = 0, on_step: StepCallback | None = None) -> TorchBackend:
        """This pipeline as what `DiffusionMotion` samples with."""
        return TorchBackend(self, threads, on_step)

    def check_inputs(self, inputs: dict[str, torch.Tensor], n_steps: int) -> None:
        """Raise `ValueError` for windows that do not fit together or into the model."""
        config = self.transformer.config
        widths = {"audio": config.audio_width, "phones": config.phone_width, "emotion": config.emotion_width}
        batch, n = inputs["audio"].shape[:2]
        if not 1 <= n <= config.n_frames:
            raise ValueError(f"The window has {n} frames; it must have 1 to {config.n_frames}.")
        for name, width in widths.items():
            if inputs[name].shape != (batch, n, width):
                raise ValueError(f"{name} is {tuple(inputs[name].shape)}; it must be {(batch, n, width)}.")
        if inputs["before"].shape != (batch, n, config.motion_width):
            raise ValueError(f"before is {tuple(inputs['before'].shape)}; it must have {config.motion_width} channels.")
        if n_steps < 1:
            raise ValueError(f"num_inference_steps is {n_steps}; it must be at least 1.")

    def prepare_inputs(self, given: Mapping[str, Array | None]) -> dict[str, torch.Tensor]:
        """Every input as a tensor on the device, what was left out as “unknown”."""
        config = self.transformer.config
        like: dict[str, Any] = {"device": self._execution_device, "dtype": self.transformer.dtype}
        audio = torch.as_tensor(given["audio"], **like)
        batch, n = audio.shape[:2]
        widths = {
            "phones": (batch, n, config.phone_width), "emotion": (batch, n, config.emotion_width),
            "style": (batch, config.style_width), "before": (batch, n, config.motion_width), "known": (batch, n),
        }  # fmt: skip
        inputs = {"audio": audio, "valid": torch.ones((batch, n), **like)}
        for name, shape in widths.items():
            value = given.get(name)
            inputs[name] = torch.zeros(shape, **like) if value is None else torch.as_tensor(value, **like)
        if given.get("valid") is not None:
            inputs["valid"] = torch.as_tensor(given["valid"], **like)
        return inputs

    def prepare_latents(self, shape: tuple[int, ...], generator: torch.Generator | None) -> torch.Tensor:
        """Noise at the scale that each channel starts from."""
        noise = randn_tensor(shape, generator=generator, device=self._execution_device, dtype=self.transformer.dtype)
        return noise * self.transformer.noise_scale

    @torch.no_grad()
    def __call__(
        self,
        speech: Speech,
        track: EmotionTrack | None = None,
        *,
        num_inference_steps: int = _DEFAULTS.n_steps,
        num_lip_steps: int = _DEFAULTS.n_lip_steps,
        audio_guidance: float = _DEFAULTS.audio_guidance,
        emotion_guidance: float = _DEFAULTS.emotion_guidance,
        style: Mapping[str, Any] | None = None,
        seed: int = 0,
        fps: float = 25.0,
        callback_on_step_end: StepCallback | None = None,
        return_dict: bool = True,
    ) -> MotionDiffusionOutput | tuple[Motion]:
        """One performance, the same as `DiffusionMotion` through torch gives for one part of speech.

        Args:
            speech: what is said; phones are optional.
            track: what is felt; None for neutral.
            num_inference_steps, num_lip_steps: evaluations of the network a window, with and without noise.
            audio_guidance, emotion_guidance: scales of classifier-free guidance, 0 to 4.
            style: other settings of `DiffusionMotionConfig` by name, such as {"head": 1.0, "liveliness": 0.8}.
            seed: which of many performances.
            fps: frames per second of the motion.
            callback_on_step_end: called as (pipeline, step, timestep, {"motion": tensor}) after each step of each
                window, in the network's units; may return {"motion": other}.
            return_dict: False for a plain tuple.

        Raises:
            BadInput: A setting is out of range.
            Missing: The audio encoder cannot be had.
            ValueError: `fps` is not positive.
        """
        config = DiffusionMotionConfig(
            n_steps=num_inference_steps, n_lip_steps=num_lip_steps, audio_guidance=audio_guidance,
            emotion_guidance=emotion_guidance, **(style or {}),
        )  # fmt: skip
        if not fps > 0:
            raise ValueError(f"fps is {fps}; it must be positive.")
        backend, described = self.as_backend(on_step=callback_on_step_end), self.description
        model = MotionModel(backend, self.audio_encoder, described.stats, described.speaker_style, config)
        motion = DiffusionPerformer(model, seed, fps).perform(Timeline().place(speech, track))
        self.maybe_free_model_hooks()
        return MotionDiffusionOutput(motion=motion) if return_dict else (motion,)

    @torch.no_grad()
    def sample(
        self,
        audio: Array,
        emotion: Array | None = None,
        phones: Array | None = None,
        style: Array | None = None,
        before: Array | None = None,
        known: Array | None = None,
        valid: Array | None = None,
        *,
        num_inference_steps: int = _DEFAULTS.n_steps,
        audio_guidance: float = _DEFAULTS.audio_guidance,
        generator: torch.Generator | None = None,
        latents: torch.Tensor | None = None,
        callback_on_step_end: StepCallback | None = None,
    ) -> np.ndarray:
        """One window for each row of a batch, as it comes from the network: (b, n, 59) in natural units.

        Args:
            audio: (b, n, audio_width), as an `AudioEncoder` gives it.
            emotion: (b, n, 39) of `conditioning.emotion_features`.
            phones: (b, n, 53) of `conditioning.phone_features`.
            style: (b, 7) of `conditioning.style_features`.
            before: (b, n, 59) motion in natural units, taken where `known` (b, n) is 1.
            valid: (b, n); frames at 0 do not count.
            num_inference_steps, audio_guidance, callback_on_step_end: as for a call.
            generator: of the noise.
            latents: (b, n, 59) noise, already at the scale of each channel.

        Raises:
            ValueError: Shapes do not fit.
        """
        given = {"audio": audio, "emotion": emotion, "phones": phones, "style": style, "before": before}
        inputs = self.prepare_inputs(given | {"known": known, "valid": valid})
        self.check_inputs(inputs, num_inference_steps)
        inputs["before"] = (inputs["before"] - self.transformer.mean) / self.transformer.scale
        x = self.prepare_latents(inputs["before"].shape, generator) if latents is None else latents.to(inputs["before"])
        x = self.denoise(inputs, x, num_inference_steps, audio_guidance, callback_on_step_end)
        self.maybe_free_model_hooks()
        return (x * self.transformer.scale + self.transformer.mean).float().cpu().numpy()

    def denoise(
        self,
        inputs: dict[str, torch.Tensor],
        x: torch.Tensor,
        n_steps: int,
        audio_guidance: float,
        on_step: StepCallback | None = None,
    ) -> torch.Tensor:
        """Noise `x` (b, n, 59) to clean motion, both in the network's units."""
        scheduler = type(self.scheduler).from_config(self.scheduler.config)  # it counts steps; others may sample too
        scheduler.set_timesteps(sigmas=sigmas(n_steps)[:-1], device=x.device)
        passes, known = guidance_passes(audio_guidance), inputs["known"][..., None] > 0
        for i, timestep in enumerate(scheduler.timesteps):
            x = torch.where(known, inputs["before"], x)
            sigma = scheduler.sigmas[i].to(x)
            velocity = (x - self._clean(x, sigma, inputs, passes)) / sigma
            x = scheduler.step(velocity, timestep, x, return_dict=False)[0]
            if on_step is not None:
                x = on_step(self, i, timestep, {"motion": x}).get("motion", x)
        return torch.where(known, inputs["before"], x)

    def _clean(
        self, x: torch.Tensor, sigma: torch.Tensor, inputs: dict[str, torch.Tensor], passes: list[GuidancePass]
    ) -> torch.Tensor:
        """The clean end of the flow as the guidance weighs it, (b, n, 59); all its evaluations in one batch."""
        b, k = len(x), len(passes)
        repeat = lambda value: value.repeat(k, *[1] * (value.ndim - 1))  # noqa: E731
        batch = {name: repeat(inputs[name]) for name in _BATCHED}
        for name in ("has_audio", "has_emotion"):
            batch[name] = torch.tensor([getattr(p, name) for p in passes]).to(x).repeat_interleave(b)
        shown = batch["has_emotion"][:, None]
        batch["valid"] = batch["valid"] * (1 - batch["known"] * (1 - shown))
        batch["known"] = batch["known"] * shown
        answers = self.transformer(motion=repeat(x), sigma=sigma.expand(k * b), **batch).chunk(k)
        return sum((p.weight * answer for p, answer in zip(passes, answers, strict=True)), torch.zeros_like(x))


class TorchBackend:
    """A `backends.Backend` that samples through a pipeline, on the pipeline's device."""

    name = "torch"

    def __init__(self, pipeline: MotionDiffusionPipeline, threads: int, on_step: StepCallback | None) -> None:
        self.pipeline, self.threads, self.on_step = pipeline, threads, on_step

    @property
    def device(self) -> str:
        """The device that the network is on."""
        return self.pipeline._execution_device.type

    def sample(self, inputs: ModelInputs, noise: np.ndarray, n_steps: int, audio_guidance: float) -> np.ndarray:
        """One window (100, 59) in the network's units."""
        pipeline = self.pipeline
        with torch.inference_mode(), _threads(self.threads):
            given = {name: value[None] for name, value in vars(inputs).items()}
            tensors = pipeline.prepare_inputs(given)
            x = torch.from_numpy(noise)[None].to(tensors["before"])
            return pipeline.denoise(tensors, x, n_steps, audio_guidance, self.on_step)[0].float().cpu().numpy()


@contextmanager
def _threads(n: int) -> Iterator[None]:
    """torch on `n` threads of the processor within the context; 0 leaves them as they are."""
    before = torch.get_num_threads()
    torch.set_num_threads(n or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
