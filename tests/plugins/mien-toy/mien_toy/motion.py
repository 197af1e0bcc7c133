"""Motion without rules or models: the jaw follows loudness, the corners of the mouth follow joy."""

import numpy as np

from emotion_embed import taxonomy
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX, Motion

JOY = taxonomy.BASIC[1:].index("joy")
SMOOTHING_S = 0.04


class Jaw:
    """Moves a jaw."""

    def start(self, *, seed=0, fps=25.0):
        """A new performance."""
        if not fps > 0:
            raise ValueError(f"fps is {fps}; it must be positive.")
        return JawPerformer(seed, fps)


class JawPerformer:
    """One performance; it remembers how wide the mouth was."""

    def __init__(self, seed, fps):
        self.fps, self.jaw = fps, 0.0
        self.phase = np.random.default_rng(seed).uniform(0, 2 * np.pi)

    def perform(self, part):
        """The frames beside one part of speech."""
        frames = part.frames(self.fps)
        times_s = (np.arange(frames.start, frames.stop) + 0.5) / self.fps
        shapes = np.zeros((len(frames), len(ARKIT_CHANNELS)), np.float32)
        for i, level in enumerate(loudness(part, times_s, 1 / self.fps)):
            self.jaw += (level - self.jaw) * min(1.0, 1 / (self.fps * SMOOTHING_S))
            shapes[i, CHANNEL_INDEX["jawOpen"]] = 0.5 * self.jaw
        smile = part.track.sample(times_s).weights[:, JOY]
        for side in ("Left", "Right"):
            shapes[:, CHANNEL_INDEX[f"mouthSmile{side}"]] = 0.7 * smile
        sway = np.sin(2 * np.pi * 0.2 * times_s + self.phase)
        turn = np.stack([3 * sway, np.zeros_like(sway), sway], 1)
        return Motion(self.fps, shapes, turn, np.zeros_like(turn), (0.5 + 0.5 * sway).astype(np.float32))


def loudness(part, times_s, window_s):
    """How loud a part is around each of `times_s` of the clip, 0..1."""
    rate_hz, samples = part.audio.sample_rate_hz, part.audio.samples
    levels = []
    for time_s in times_s:
        middle, half = (time_s - part.start_s) * rate_hz, window_s * rate_hz / 2
        window = samples[max(0, int(middle - half)) : max(0, int(middle + half))]
        levels.append(min(1.0, 5 * float(np.sqrt(np.mean(window**2)))) if len(window) else 0.0)
    return levels
