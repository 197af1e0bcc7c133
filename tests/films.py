"""Films that several test files need."""

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

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


@dataclass(frozen=True)
class VideoInfo:
    """What is in a video file. `duration_s` is the picture's, `audio_duration_s` the sound's (0 when there is none)."""

    width: int
    height: int
    fps: float
    n_frames: int
    duration_s: float
    video_codec: str
    pixel_format: str
    audio_codec: str | None
    audio_duration_s: float


def probe(path):
    """What a video holds, its frames counted."""
    with av.open(str(Path(path).absolute())) as container:
        video = container.streams.video[0]
        sound = container.streams.audio[0] if container.streams.audio else None
        context = video.codec_context
        return VideoInfo(
            width=context.width,
            height=context.height,
            fps=float(video.average_rate),
            n_frames=video.frames or sum(1 for packet in container.demux(video) if packet.size),
            duration_s=float(video.duration * video.time_base),
            video_codec=context.name,
            pixel_format=context.pix_fmt,
            audio_codec=sound.codec_context.name if sound else None,
            audio_duration_s=float(sound.duration * sound.time_base) if sound else 0.0,
        )
