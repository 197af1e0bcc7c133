"""A head without motion: it draws a circle whose mouth follows loudness, in the colour of the feeling."""

from dataclasses import dataclass

import numpy as np

from checkpoints.errors import BadInput
from mien_toy.motion import loudness

# In the order of `taxonomy.BASIC`: neutral, joy, sadness, anger, fear, surprise, disgust, contempt.
COLOURS = np.array(
    [[230, 200, 160], [250, 210, 60], [90, 130, 220], [220, 60, 50], [150, 90, 200], [250, 150, 50], [110, 170, 70],
     [140, 140, 140]], float,
)  # fmt: skip


@dataclass(frozen=True)
class CircleConfig:
    """`radius`: of the circle, 0.1 to 0.5 of the picture's shorter side."""

    radius: float = 0.4

    def __post_init__(self):
        if not 0.1 <= self.radius <= 0.5:
            raise BadInput(f"radius is {self.radius}; it must be from 0.1 to 0.5.")


@dataclass(frozen=True)
class CirclePortrait:
    """What stands behind the circle, (height, width, 3) uint8."""

    behind: np.ndarray
    remarks: tuple = ("The circle does not look like the portrait.",)

    @property
    def size(self):
        """Width and height."""
        return self.behind.shape[1], self.behind.shape[0]


class Circle:
    """Draws circles."""

    def __init__(self, config):
        self.config = config

    def analyse(self, image, *, size=(512, 512), face=None, background=None):
        """The mean colour of the photo, or the background where it is a colour, fills the picture."""
        width, height = size or (image.shape[1] // 2 * 2, image.shape[0] // 2 * 2)
        colour = background if isinstance(background, tuple) else image[..., :3].mean((0, 1))
        return CirclePortrait(np.full((height, width, 3), colour).astype(np.uint8))

    def render(self, portrait, segments, *, seed=0, fps=12.0):
        """One frame after the other, as many as the speech of each segment lasts."""
        for segment in segments:
            frames = segment.speech.frames(fps)
            times_s = (np.arange(frames.start, frames.stop) + 0.5) / fps
            weights = segment.speech.track.sample(times_s).weights
            for level, weight in zip(loudness(segment.speech, times_s, 1 / fps), weights, strict=True):
                yield self._frame(portrait, level, weight)

    def _frame(self, portrait, level, weight):
        frame, (width, height) = portrait.behind.copy(), portrait.size
        radius = self.config.radius * min(width, height)
        y, x = np.ogrid[:height, :width]
        x, y = x - width / 2, y - height / 2
        frame[x**2 + y**2 < radius**2] = np.array([1 - weight.sum(), *weight]) @ COLOURS
        mouth = (x / (0.4 * radius)) ** 2 + ((y - 0.4 * radius) / ((0.04 + 0.3 * level) * radius)) ** 2 < 1
        frame[mouth] = 40
        return frame
