"""Settings of the mesh head renderer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeshHeadConfig:
    """`texture_px`: the photo is kept up to twice as fine as the picture, so that moving it costs no sharpness, but not
    over this many px a side;
    `shading`: strength of the light that changes with folds and bulges, 1 as the rig says; `breath_cm`: how far a
    full breath lifts the shoulders; `cache`: keep what was seen in a portrait on disk."""

    texture_px: int = 1280
    shading: float = 1.0
    breath_cm: float = 0.25
    cache: bool = True
