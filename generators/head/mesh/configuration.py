"""Settings of the mesh head renderer."""

from __future__ import annotations

from dataclasses import dataclass

from checkpoints.errors import BadInput

_RANGES = {"texture_px": (64, 8192), "shading": (0, 4), "breath_cm": (0, 5), "threads": (0, 256)}


@dataclass(frozen=True)
class MeshHeadConfig:
    """How finely and how quickly the photo is moved.

    Attributes:
        texture_px: the photo is kept up to twice as fine as the picture, so that moving it costs no sharpness, but not
            over this many px a side (64 to 8192).
        shading: strength of the light that changes with folds and bulges, 0 to 4; 1 as the rig says.
        breath_cm: how far a full breath lifts the shoulders, 0 to 5.
        cache: keep the analysis of a portrait on disk.
        threads: processor threads that share a frame, up to 256; 0 takes four, or as many as there are cores.

    Raises:
        BadInput: A number lies outside its range.
    """

    texture_px: int = 1280
    shading: float = 1.0
    breath_cm: float = 0.25
    cache: bool = True
    threads: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadInput(f"{name} is {value}; it must be from {low} to {high}.")
