"""Films that several test files need."""

import subprocess
from fractions import Fraction

import av
import imageio_ffmpeg
import numpy as np


def save_film(path, frames, fps=25, *, times_s=None, sound=None, rate_hz=16_000, sound_from_s=0.0):
    """Frames (h, w, 3) uint8 at `fps`, or each at its own time, and mono samples where there are any."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=fps)
        picture.height, picture.width = frames[0].shape[:2]
        picture.pix_fmt = "yuv420p"
        picture.codec_context.time_base = Fraction(1, 1000)
        voice = container.add_stream("aac", rate=rate_hz, layout="mono") if sound is not None else None
        for i, frame in enumerate(frames):
            shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            shown.pts, shown.time_base = round(1000 * (i / fps if times_s is None else times_s[i])), Fraction(1, 1000)
            container.mux(picture.encode(shown))
        container.mux(picture.encode(None))
        if voice is not None:
            block = av.AudioFrame.from_ndarray(np.asarray(sound, np.float32)[None], format="fltp", layout="mono")
            block.sample_rate, block.pts = rate_hz, round(sound_from_s * rate_hz)
            container.mux(voice.encode(block))
            container.mux(voice.encode(None))
    return path


def read_film(path):
    """All frames of a film."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def shown_as(film, path, *options):
    """A copy of a film that says that it shall be shown turned or mirrored: `options` of ffmpeg, such as
    `-display_hflip` or `-display_rotation 90` (to the left)."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *options, "-i", film, "-c", "copy", path]
    subprocess.run([str(part) for part in command], check=True)
    return path
