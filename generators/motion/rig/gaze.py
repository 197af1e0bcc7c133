"""How eyes and head share a gaze."""

from __future__ import annotations

EYE_RANGE_DEG = 30.0  # an eyeLook channel of 1
HOLD_EYES = 0.92  # how much of the head's turning the eyes take back to stay on the viewer
