"""The network: a transformer over frames of motion that predicts clean ones from noisy ones.

Every frame is modulated by what holds for it (adaptive layer norms, Peebles & Xie 2023, one projection shared by all
blocks as in PixArt-α): how noisy it is, audio features, phones, emotion and speaking style. It predicts
clean motion rather than velocity, so that what sound decides, the lips, is learned as a regression is.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.attention import AttentionMixin, AttentionModuleMixin
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.modeling_utils import ModelMixin
from torch import nn

from generators.motion.diffusion.audio_features import DEFAULT_AUDIO_ENCODER
from generators.motion.diffusion.conditioning import N_EMOTION, N_PHONES, N_STYLE
from generators.motion.diffusion.configuration import N_WINDOW, SPEAKERS, STYLE_NAMES
from generators.motion.diffusion.motion_space import N_MOTION


class MotionTransformer(ModelMixin, ConfigMixin, AttentionMixin):
    """Clean motion from noisy motion.

    `audio_features` says what the audio adapter was trained on, for example "whisper-base:3"; `audio_width` is how many
    numbers a frame of it has. The buffers `mean`, `scale` and `noise_scale` (59,) bring motion to the model's units and
    say how much noise each channel starts from. Channels with none, by which speech moves the mouth, are not sampled:
    sound decides them, so they are predicted from all else, and never looked at in what is noisy. `style_mean` and
    `style_scale` (2, 5) bring `conditioning.measure_style` to the model's units, a row for each speaker.
    """

    @register_to_config
    def __init__(
        self,
        motion_width: int = N_MOTION,
        audio_width: int = 1024,
        emotion_width: int = N_EMOTION,
        phone_width: int = N_PHONES,
        style_width: int = N_STYLE,
        width: int = 256,
        n_layers: int = 6,
        n_heads: int = 4,
        n_frames: int = N_WINDOW,
        audio_features: str = DEFAULT_AUDIO_ENCODER,
    ) -> None:
        super().__init__()
        self.motion_in = nn.Linear(motion_width + 1, width)
        self.place = nn.Parameter(0.02 * torch.randn(n_frames, width))
        self.audio_adapter = AudioAdapter(audio_width, width)
        self.phones_in = nn.Conv1d(phone_width, width, 5, padding=2)
        self.emotion_in = nn.Sequential(nn.Linear(emotion_width, width), nn.GELU(), nn.Linear(width, width))
        self.style_in = nn.Sequential(nn.Linear(style_width, width), nn.GELU(), nn.Linear(width, width))
        self.time_in = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
        self.no_audio = nn.Parameter(0.02 * torch.randn(width))
        self.no_emotion = nn.Parameter(0.02 * torch.randn(width))
        self.modulation = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList([Block(width, n_heads) for _ in range(n_layers)])
        self.norm_out = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.modulation_out = nn.Linear(width, 2 * width)
        self.motion_out = nn.Linear(width, motion_width)
        self.register_buffer("mean", torch.zeros(motion_width))
        self.register_buffer("scale", torch.ones(motion_width))
        self.register_buffer("noise_scale", torch.ones(motion_width))
        self.register_buffer("style_mean", torch.zeros(len(SPEAKERS), len(STYLE_NAMES)))
        self.register_buffer("style_scale", torch.ones(len(SPEAKERS), len(STYLE_NAMES)))
        for layer in (self.modulation, self.modulation_out):  # each block starts by changing nothing
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        motion: torch.Tensor,
        known: torch.Tensor,
        valid: torch.Tensor,
        sigma: torch.Tensor,
        audio: torch.Tensor,
        phones: torch.Tensor,
        emotion: torch.Tensor,
        style: torch.Tensor,
        has_audio: torch.Tensor,
        has_emotion: torch.Tensor,
    ) -> torch.Tensor:
        """Clean motion (b, n, 59) in the model's units.

        `motion` (b, n, 59), noisy but clean where `known` (b, n) is 1; only frames where `valid` (b, n) is 1 are
        looked at; `sigma` (b,) the share of noise, 1 all noise; `audio` (b, n, audio_width), `phones` (b, n, 53),
        `emotion` (b, n, 39), `style` (b, 7). `has_audio` and `has_emotion` (b,) 0 put “unknown” in their place.
        """
        conditioning = self.condition(sigma, audio, phones, emotion, style, has_audio, has_emotion)
        is_sampled = (self.noise_scale > 0).to(motion.dtype)
        motion = motion * (known[..., None] + (1 - known[..., None]) * is_sampled)
        x = self.motion_in(torch.cat([motion, known[..., None]], dim=-1)) + self.place[: motion.shape[1]]
        x = x + conditioning
        gate = nn.functional.silu(conditioning)
        modulation = self.modulation(gate).unflatten(-1, (6, -1))
        mask = (valid > 0.5)[:, None, None, :]
        for block in self.blocks:
            x = block(x, modulation, mask)
        shift, scale = self.modulation_out(gate).chunk(2, dim=-1)
        return self.motion_out(self.norm_out(x) * (1 + scale) + shift)

    def condition(
        self,
        sigma: torch.Tensor,
        audio: torch.Tensor,
        phones: torch.Tensor,
        emotion: torch.Tensor,
        style: torch.Tensor,
        has_audio: torch.Tensor,
        has_emotion: torch.Tensor,
    ) -> torch.Tensor:
        """All conditioning of each frame as one vector, (b, n, width)."""
        hears, feels = has_audio[:, None, None], has_emotion[:, None, None]
        sounds = self.phones_in(phones.transpose(1, 2)).transpose(1, 2) * phones[..., -1:]
        said = hears * (self.audio_adapter(audio) + sounds) + (1 - hears) * self.no_audio
        mood = feels * self.emotion_in(emotion) + (1 - feels) * self.no_emotion
        when = self.time_in(_waves(sigma, self.place.shape[1]))
        return said + mood + (when + self.style_in(style))[:, None]


class AudioAdapter(nn.Module):
    """Features of any encoder, brought to the width of the transformer."""

    def __init__(self, audio_width: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(audio_width)
        self.near = nn.Conv1d(audio_width, width, 3, padding=1)
        self.around = nn.Conv1d(width, width, 5, padding=2)

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        """(b, n, audio_width) to (b, n, width); a frame of zeros is one of which nothing is known."""
        present = (audio.abs().amax(-1, keepdim=True) > 0).to(audio.dtype)
        x = (self.norm(audio) * present).transpose(1, 2)
        return self.around(nn.functional.gelu(self.near(x))).transpose(1, 2) * present


class Block(nn.Module):
    """Attention over the frames and a perceptron, both modulated frame by frame."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.attention = FrameAttention(width, n_heads)
        self.norm_inner = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.inner = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )
        start = torch.zeros(6, width)
        start[[2, 5]] = 0.5  # gates: half open, so that learning starts at once
        self.modulation = nn.Parameter(start)

    def forward(self, x: torch.Tensor, modulation: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(b, n, width) to the same; `modulation` (b, n, 6, width) is shared by the blocks, each adds its own."""
        shift, scale, gate, shift_inner, scale_inner, gate_inner = (modulation + self.modulation).unbind(-2)
        x = x + gate * self.attention(self.norm_attention(x) * (1 + scale) + shift, mask)
        return x + gate_inner * self.inner(self.norm_inner(x) * (1 + scale_inner) + shift_inner)


class _AttentionProcessor:
    _attention_backend = None
    _parallel_config = None

    def __call__(self, attention: FrameAttention, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        query, key, value = (part.unflatten(-1, (attention.n_heads, -1)) for part in attention.mixed(x).chunk(3, -1))
        out = dispatch_attention_fn(
            query, key, value, attn_mask=mask, backend=self._attention_backend, parallel_config=self._parallel_config
        )
        return attention.out(out.flatten(2))


class FrameAttention(nn.Module, AttentionModuleMixin):
    """Self-attention through diffusers' backends (SDPA unless `set_attention_backend` says otherwise)."""

    _default_processor_cls = _AttentionProcessor
    _available_processors = [_AttentionProcessor]

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.mixed = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        processor: Any = _AttentionProcessor()
        self.set_processor(processor)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(b, n, width) to the same; `mask` (b, 1, 1, n) bool, where to look."""
        attend: Any = self.processor
        return attend(self, x, mask)


def _waves(sigma: torch.Tensor, width: int) -> torch.Tensor:
    """Sines and cosines (b, width) of a share of noise 0..1."""
    rates = torch.exp(torch.arange(width // 2, device=sigma.device) * (-math.log(1000.0) / (width // 2)))
    angles = 1000 * sigma[:, None].float() * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1).to(sigma.dtype)
