"""The settings of procedural motion."""

from __future__ import annotations

from dataclasses import dataclass, fields

from checkpoints.errors import BadInput


@dataclass(frozen=True)
class ProceduralMotionConfig:
    """How much each part of the face and head moves.

    Every `…_gain` is a factor on that part's natural strength (1.0), 0 to 2: `articulation_gain` on how wide
    the mouth opens and rounds (closures stay closed), `expression_gain` on the emotions' faces, `head_gain` on
    head movement, `gaze_gain` on gaze shifts. `blink_interval_s` is the mean time between blinks.
    Raises `BadInput` when a value lies outside its range.
    """

    articulation_gain: float = 1.0
    expression_gain: float = 1.0
    head_gain: float = 1.0
    gaze_gain: float = 1.0
    blink_interval_s: float = 3.6

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = (3.0, 5.0) if field.name == "blink_interval_s" else (0.0, 2.0)
            value = getattr(self, field.name)
            if not low <= value <= high:
                raise BadInput(f"{field.name} is {value}; it must be from {low:g} to {high:g}.")
