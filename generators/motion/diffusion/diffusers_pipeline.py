"""The model as a diffusers pipeline, for those who have torch: training, research, and a GPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from diffusers.utils import BaseOutput
from diffusers.utils.torch_utils import randn_tensor

from generators.motion.diffusion.model import MotionTransformer
from generators.motion.diffusion.sampling import guidance_passes, sigmas

_WINDOW_INPUTS = ("known", "valid", "audio", "phones", "emotion", "style")


@dataclass
class MotionDiffusionOutput(BaseOutput):
    """`motion` (b, n, 59) in natural units, as `motion_space.to_motion` takes it."""

    motion: torch.Tensor | np.ndarray


class MotionDiffusionPipeline(DiffusionPipeline):
    """One window of motion from audio features, phones, emotion and style; windows are joined by `before`.

    Attention runs through diffusers' backends: `pipeline.transformer.set_attention_backend("xformers")`.
    """

    model_cpu_offload_seq = "transformer"
    _callback_tensor_inputs = ["motion"]

    def __init__(self, transformer: MotionTransformer, scheduler: FlowMatchEulerDiscreteScheduler) -> None:
        super().__init__()
        self.register_modules(transformer=transformer, scheduler=scheduler)

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

    def prepare_inputs(self, given: dict[str, torch.Tensor | np.ndarray | None]) -> dict[str, torch.Tensor]:
        """Every input as a tensor on the device, what was left out as “unknown”."""
        config = self.transformer.config
        like = {"device": self._execution_device, "dtype": self.transformer.dtype}
        audio = torch.as_tensor(given["audio"], **like)
        batch, n = audio.shape[:2]
        widths = {
            "phones": (batch, n, config.phone_width), "emotion": (batch, n, config.emotion_width),
            "style": (batch, config.style_width), "before": (batch, n, config.motion_width), "known": (batch, n),
        }  # fmt: skip
        inputs = {"audio": audio, "valid": torch.ones((batch, n), **like)}
        for name, shape in widths.items():
            inputs[name] = torch.zeros(shape, **like) if given[name] is None else torch.as_tensor(given[name], **like)
        if given["valid"] is not None:
            inputs["valid"] = torch.as_tensor(given["valid"], **like)
        return inputs

    def prepare_latents(self, shape: tuple[int, ...], generator: torch.Generator | None) -> torch.Tensor:
        """Noise at the scale that each channel starts from."""
        noise = randn_tensor(shape, generator=generator, device=self._execution_device, dtype=self.transformer.dtype)
        return noise * self.transformer.noise_scale

    @torch.no_grad()
    def __call__(
        self,
        audio: torch.Tensor | np.ndarray,
        emotion: torch.Tensor | np.ndarray | None = None,
        phones: torch.Tensor | np.ndarray | None = None,
        style: torch.Tensor | np.ndarray | None = None,
        before: torch.Tensor | np.ndarray | None = None,
        known: torch.Tensor | np.ndarray | None = None,
        valid: torch.Tensor | np.ndarray | None = None,
        num_inference_steps: int = 6,
        audio_guidance: float = 1.0,
        emotion_guidance: float = 1.0,
        generator: torch.Generator | None = None,
        latents: torch.Tensor | None = None,
        output_type: str = "np",
        return_dict: bool = True,
        callback_on_step_end: Callable | None = None,
    ) -> MotionDiffusionOutput | tuple:
        """Sample one window for each row of the batch.

        `audio` (b, n, audio_width) as `ears.Ears` give it; `emotion` (b, n, 39) of `conditions.felt`; `phones`
        (b, n, 53) of `conditions.spoken`; `style` (b, 7) of `conditions.style_row`; `before` (b, n, 59) motion in
        natural units, taken where `known` (b, n) is 1; frames whose `valid` (b, n) is 0 do not count. `latents` are
        noise already at the model's scale. `output_type` "np" or "pt". Raises `ValueError` for shapes that do not fit.
        """
        given = {"audio": audio, "emotion": emotion, "phones": phones, "style": style}
        inputs = self.prepare_inputs(given | {"before": before, "known": known, "valid": valid})
        self.check_inputs(inputs, num_inference_steps)
        inputs["before"] = (inputs["before"] - self.transformer.mean) / self.transformer.scale
        x = self.prepare_latents(inputs["before"].shape, generator) if latents is None else latents.to(inputs["before"])
        self.scheduler.set_timesteps(sigmas=sigmas(num_inference_steps)[:-1], device=x.device)
        passes = guidance_passes(audio_guidance, emotion_guidance)
        with self.progress_bar(total=num_inference_steps) as bar:
            for i, timestep in enumerate(self.scheduler.timesteps):
                x = torch.where(inputs["known"][..., None] > 0, inputs["before"], x)
                sigma = self.scheduler.sigmas[i].to(x)
                velocity = (x - self.clean(x, sigma, inputs, passes)) / sigma
                x = self.scheduler.step(velocity, timestep, x, return_dict=False)[0]
                if callback_on_step_end is not None:
                    x = callback_on_step_end(self, i, timestep, {"motion": x}).get("motion", x)
                bar.update()
        x = torch.where(inputs["known"][..., None] > 0, inputs["before"], x)
        motion = (x * self.transformer.scale + self.transformer.mean).float()
        self.maybe_free_model_hooks()
        if output_type == "np":
            motion = motion.cpu().numpy()
        return MotionDiffusionOutput(motion=motion) if return_dict else (motion,)

    def clean(
        self, x: torch.Tensor, sigma: torch.Tensor, inputs: dict[str, torch.Tensor], passes: list
    ) -> torch.Tensor:
        """The clean end of the flow as the guidance weighs it, (b, n, 59); all its questions in one batch."""
        b, k = len(x), len(passes)
        repeat = lambda value: value.repeat(k, *[1] * (value.ndim - 1))  # noqa: E731
        told = {name: repeat(inputs[name]) for name in _WINDOW_INPUTS}
        for column, name in ((0, "has_audio"), (1, "has_emotion")):
            told[name] = torch.tensor([p[column] for p in passes]).to(x).repeat_interleave(b)
        shown = told["has_emotion"][:, None]
        told["valid"] = told["valid"] * (1 - told["known"] * (1 - shown))
        told["known"] = told["known"] * shown
        answers = self.transformer(motion=repeat(x), sigma=sigma.expand(k * b), **told).chunk(k)
        weighed = (torch.from_numpy(p[2]).to(x) * answer for p, answer in zip(passes, answers, strict=True))
        return sum(weighed, torch.zeros((), dtype=x.dtype, device=x.device))
