"""Recordings as people have them: voices in odd channels and tracks, sentences said twice, and sounds without a voice.

The voice is the product's own, which is made once; ffmpeg puts it into files.
"""

from __future__ import annotations

import subprocess
import tempfile
import wave
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.recordings import read_audio
from scripts.evaluation.inputs.cases import Trial, mien

RATE_HZ = 24_000


TEXT = "The morning market opens early today."


ANSWER = "I did not know that."


CHANNELS, TWICE, NO_VOICE = "channels and tracks of sound", "a sentence said twice", "no voice in the sound"


PICTURE = ("-f", "lavfi", "-i", "testsrc=d=3:s=128x128:r=25")


FILM = ("-pix_fmt", "yuv420p")


@lru_cache(maxsize=32)
def voice(text: str = TEXT, name: str = "af_bella") -> np.ndarray:
    from studio import Studio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.wav"
        Studio().say(text, voice=name, out=path)
        return read_audio(path, RATE_HZ).samples


def pause(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def noise(n: int, size: float, seed: int = 0) -> np.ndarray:
    return (size * np.random.default_rng(seed).normal(size=n)).astype(np.float32)


def tone(n: int, frequency_hz: float, size: float = 0.2) -> np.ndarray:
    return (size * np.sin(2 * np.pi * frequency_hz * np.arange(n) / RATE_HZ)).astype(np.float32)


def tune(n: int) -> np.ndarray:
    times_s = np.arange(n) / RATE_HZ
    notes = [np.sin(2 * np.pi * f * 2 ** (np.floor(4 * times_s) % 5 / 12) * times_s) for f in (220, 277, 330)]
    return (0.15 * sum(notes) * np.exp(-3 * (times_s % 0.25))).astype(np.float32)


def later(samples: np.ndarray, seconds: float) -> np.ndarray:
    return np.concatenate([pause(seconds), samples])[: len(samples)]


def save(path: Path, *channels: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((len(channels), 2, rate_hz, 0, "NONE", ""))
        file.writeframes((np.clip(np.stack(channels, 1), -1, 1) * 32767).astype("<i2").tobytes())
    return path


def save_floats(path: Path, samples: np.ndarray) -> Path:
    data = samples.astype("<f4").tobytes()
    header = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    numbers = ((3, 2), (1, 2), (RATE_HZ, 4), (RATE_HZ * 4, 4), (4, 2), (32, 2))
    header += b"".join(number.to_bytes(size, "little") for number, size in numbers)
    path.write_bytes(header + b"data" + len(data).to_bytes(4, "little") + data)
    return path


def ffmpeg(*arguments: object) -> None:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def likeness(audio: Audio, samples: np.ndarray) -> float:
    """The largest correlation of a sound with `samples`, wherever they begin in it."""
    from scipy.signal import correlate

    heard = audio.resampled(RATE_HZ).samples
    heard = heard - heard.mean()
    return float(np.abs(correlate(heard, samples)).max() / (np.linalg.norm(heard) * np.linalg.norm(samples) + 1e-9))


def holds(path: Path, *voices: np.ndarray, least: float = 0.9) -> Audio:
    """The recording at `path`, which must be read as these voices, one after another, and little else."""
    audio = read_audio(path)
    wanted = least / np.sqrt(len(voices))
    found = [likeness(audio, one) for one in voices]
    assert all(one > wanted * 0.9 for one in found), found
    assert len(found) > 1 or found[0] > least, found
    return audio


def refused(folder: Path, path: Path) -> None:
    run = mien(folder, "animate", str(path), "-o", "clip.mp4")
    said = [line for line in run.stderr.splitlines() if line and "%" not in line]
    assert run.returncode == 2, run.returncode
    assert len(said) == 1, said
    assert "Traceback" not in run.stderr


def in_channels(name: str, *channels: Callable[[], np.ndarray], least: float = 0.9) -> Trial:
    def check(folder: Path) -> None:
        holds(save(folder / "a.wav", *(make() for make in channels)), voice(), least=least)

    return Trial(CHANNELS, name, check)


def silent() -> np.ndarray:
    return 0 * voice()


def hum() -> np.ndarray:
    return tone(len(voice()), 50) + tone(len(voice()), 150, 0.1)


def music() -> np.ndarray:
    return 1.5 * tune(len(voice()))


def hiss(seed: int = 0, size: float = 0.02) -> np.ndarray:
    return noise(len(voice()), size, seed)
