"""The settings of diffused motion, and the clock that model, training and streaming share."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields

from checkpoints.errors import BadInput

FPS = 25
# One window of the model in frames: what came before, what is made, and how far ahead the sound is heard.
N_BEFORE, N_NEW, N_AHEAD = 25, 70, 5
N_WINDOW = N_BEFORE + N_NEW + N_AHEAD

STYLE_NAMES = ("head", "brows", "blinks", "lips", "gaze")


@dataclass(frozen=True)
class DiffusionMotionConfig:
    """How motion is sampled and how the person carries themselves.

    `n_steps` evaluations of the network a window, 1 to 50, and `n_lip_steps` more without noise, from which the lips
    are taken. `audio_guidance` and `emotion_guidance` (0 to 4) are scaled apart: what the voice adds to a face that
    hears nothing, and what the feeling adds to a face that feels nothing; 1 is as learned and costs one evaluation a
    step, other values two to four. Lips, head and gaze take at most 1 of the emotion's.
    `head`, `brows`, `blinks`, `lips`, `gaze` (−2 to 2): more or less of each than usual, in deviations over the people
    and clips of the training. `liveliness` 0 to 1.5 scales the noise that head, gaze and lids start from. `talker` is
    "studio" (the teacher's broad articulation) or "grid" (one real man's small lips). `backend`: "auto" takes CUDA
    through torch where there is one, else onnxruntime on the processor; "onnx" or "torch" names one.
    Raises `BadInput` when a value lies outside its range.
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
    talker: str = "studio"
    backend: str = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "n_steps": (1, 50),
            "n_lip_steps": (1, 50),
            "audio_guidance": (0, 4),
            "emotion_guidance": (0, 4),
            "liveliness": (0, 1.5),
        }
        ranges |= dict.fromkeys(STYLE_NAMES, (-2, 2)) | {"threads": (0, 256)}
        for field in fields(self):
            if field.name not in ranges:
                continue
            low, high = ranges[field.name]
            value = getattr(self, field.name)
            if not low <= value <= high:
                raise BadInput(f"{field.name} is {value}; it must be from {low:g} to {high:g}.")
        if self.talker not in TALKERS:
            raise BadInput(f"There is no talker “{self.talker}”; there is {' and '.join(TALKERS)}.")
        if self.backend not in BACKENDS:
            raise BadInput(f"There is no backend “{self.backend}”; there is {', '.join(BACKENDS)}.")


def parse_style(text: str) -> Mapping[str, float | int]:
    """Read `head:1,blinks:-0.5`: names and values of a `DiffusionMotionConfig`; `BadInput` for anything else."""
    numbers = {"float": float, "int": int}
    known = {field.name: numbers[field.type] for field in fields(DiffusionMotionConfig) if field.type in numbers}
    found: dict[str, float | int] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition(":"))
        if name not in known:
            near = difflib.get_close_matches(name, known, n=2) or STYLE_NAMES
            raise BadInput(f"A motion style has no “{name}”; did you mean {' or '.join(near)}?")
        try:
            found[name] = known[name](number)
        except ValueError:
            raise BadInput(f"“{part.strip()}” is not a style; write for example head:1,blinks:-0.5.") from None
    DiffusionMotionConfig(**found)
    return found


TALKERS = ("studio", "grid")
BACKENDS = ("auto", "onnx", "torch")
