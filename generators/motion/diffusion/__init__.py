"""Motion by diffusion: any voice moves any face, with the feeling asked for."""

from generators.motion.diffusion.configuration import DiffusionMotionConfig
from generators.motion.diffusion.pipeline import DiffusionMotion

__all__ = ["DiffusionMotion", "DiffusionMotionConfig"]
