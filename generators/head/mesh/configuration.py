"""Settings of the mesh head renderer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeshHeadConfig:
    """`texture_scale`: how much finer than the picture the photo is kept, so that moving it costs no sharpness;
    `shading`: strength of the light that changes with folds and bulges, 1 as the rig says; `breath_cm`: how far a
    full breath lifts the shoulders; `cache`: keep what was seen in a portrait on disk."""

    texture_scale: float = 2.0
    shading: float = 1.0
    breath_cm: float = 0.25
    cache: bool = True
