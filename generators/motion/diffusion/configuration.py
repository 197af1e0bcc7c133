"""The settings of diffused motion, and the clock that model, training and streaming share."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checkpoints.errors import BadInput
from generators.devices import DEVICES

FPS = 25
# One window of the model in frames: what came before, what is sampled, and how far ahead the sound is heard.
N_BEFORE, N_NEW, N_AHEAD = 25, 70, 5
N_WINDOW = N_BEFORE + N_NEW + N_AHEAD

STYLE_NAMES = ("head", "brows", "blinks", "lips", "gaze")
SPEAKERS = ("studio", "grid")
BACKENDS = ("auto", "onnx", "torch")
LOADED_WITH = ("backend", "device", "threads")  # settings of a model that is open already

_RANGES: dict[str, tuple[float, float]] = {
    "n_steps": (1, 50), "n_lip_steps": (1, 50), "audio_guidance": (0, 4), "emotion_guidance": (0, 4),
    "liveliness": (0, 1.5), "threads": (0, 256), **dict.fromkeys(STYLE_NAMES, (-2, 2)),
}  # fmt: skip
_CHOICES = {"speaker": SPEAKERS, "backend": BACKENDS, "device": DEVICES}
_STYLE_OPTIONS: dict[str, type] = {
    **dict.fromkeys((*STYLE_NAMES, "liveliness", "audio_guidance", "emotion_guidance"), float),
    **dict.fromkeys(("n_steps", "n_lip_steps"), int),
}


@dataclass(frozen=True)
class DiffusionMotionConfig:
    """How motion is sampled and how the person carries themselves.

    Attributes:
        n_steps: evaluations of the network a window, 1 to 50.
        n_lip_steps: as many more without noise, from which the lips are taken, 1 to 50.
        audio_guidance: scale of the classifier-free guidance by sound, 0 to 4; 1 is as learned and costs one evaluation
            a step, other values three.
        emotion_guidance: the same by emotion, 0 to 4; other values than 1 sample the performance twice. Lips, head and
            gaze are left alone.
        head, brows, blinks, lips, gaze: more or less of each than usual, −2 to 2, in deviations over the people and
            clips of the training.
        liveliness: scales the noise that head, gaze and lids start from, 0 to 1.5.
        speaker: "studio" (the rule-based teacher's broad articulation) or "grid" (one real man's small lips).
        backend: "onnx" or "torch"; "auto" takes torch where it finds a graphics processor, else onnxruntime.
        device: "auto", "cpu", "cuda" or "mps".
        threads: on the processor, 0 to 256; 0 leaves it to the backend.

    Raises:
        BadInput: A value lies outside its range.
    """

    n_steps: int = 5
    n_lip_steps: int = 3
    audio_guidance: float = 1.0
    emotion_guidance: float = 1.0
    head: float = 0.0
    brows: float = 0.0
    blinks: float = 0.0
    lips: float = 0.0
    gaze: float = 0.0
    liveliness: float = 1.0
    speaker: str = "studio"
    backend: str = "auto"
    device: str = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadInput(f"{name} is {value}; it must be from {low:g} to {high:g}.")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise BadInput(f"There is no {name} “{value}”; there is {', '.join(choices)}.")


def parse_style(text: str) -> Mapping[str, Any]:
    """Read `head:1,blinks:-0.5`: how somebody moves, and how it is sampled.

    Args:
        text: names and values of `STYLE_NAMES`, liveliness, guidance and steps; no other setting of a
            `DiffusionMotionConfig` is a matter of style.

    Raises:
        BadInput: It is none, or a value is out of range.
    """
    found: dict[str, Any] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition(":"))
        if name not in _STYLE_OPTIONS:
            near = difflib.get_close_matches(name, _STYLE_OPTIONS, n=2) or STYLE_NAMES
            raise BadInput(f"A motion style has no “{name}”; did you mean {' or '.join(near)}?")
        try:
            found[name] = _STYLE_OPTIONS[name](number)
        except ValueError:
            raise BadInput(f"“{part.strip()}” is not a style; write for example head:1,blinks:-0.5.") from None
    DiffusionMotionConfig(**found)
    return found
