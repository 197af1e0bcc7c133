"""Motion by rule: phones to lips, feelings to expressions, and a life of its own (blinks, gaze, head, breath)."""

from generators.motion.procedural.configuration import ProceduralMotionConfig
from generators.motion.procedural.pipeline import ProceduralMotion

__all__ = ["ProceduralMotion", "ProceduralMotionConfig"]
