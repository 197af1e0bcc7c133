"""How a recording is read from a file: which of its tracks and channels, at which level, and as far as it goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.audio import (
    LONGEST_RECORDING_S,
    Audio,
    check_audio,
    gain_of_quiet,
)
from emotion_embed.signals.decoder import is_text_format, opened
from emotion_embed.signals.sound_tracks import Block, best_track, decoded_blocks, mixed
from emotion_embed.signals.vad import speech_regions

if TYPE_CHECKING:
    from av.container import InputContainer

_CONSTANT_PART = 0.02  # of the peak: a mean over it is the fault of a microphone
_SINGLE_SAMPLES = 1e-4  # of all: so few over full scale are clipped, more mean another scale
_SHORTEST_GAP_S = 0.05  # in a film's sound: less is rounding
_DEFAULT_TRACK = 1  # ffmpeg's AV_DISPOSITION_DEFAULT
_NO_LENGTHS = frozenset({"mp3", "aac", "ac3", "eac3", "amr"})  # formats whose length ffmpeg estimates


def read_audio(path: str | Path, sample_rate_hz: int | None = None) -> Audio:
    """Read the sound track of any audio or video file in which somebody speaks as mono, made of the channels in which
    somebody speaks. A very quiet voice comes louder.

    Raises `BadInput` when there is no such file, no sound in it, it cannot be decoded, is not finite, silent, shorter
    than 0.2 s or longer than half an hour; what is torn is read as far as it goes, with a notice.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no recording at {path}.")
    with _opened(path) as container:
        if is_text_format(container.format.name):
            raise BadInput(f"{path} is a list of other files, not a recording.")
        if not container.streams.audio:
            raise BadInput(f"{path} holds no sound.")
        audio = decode_sound(container, path)
    return check_audio(lift_quiet_voice(audio.resampled(sample_rate_hz or audio.sample_rate_hz)), str(path))


def _opened(path: Path) -> AbstractContextManager[InputContainer]:
    options = {"ignore_length": "1"} if _understates_its_length(path) else {}
    return opened(path, "sound: it may be torn or not a recording", **options)


def decode_sound(container: Any, path: Path, from_s: float | None = None) -> Audio:
    """The voice in an open PyAV container, that of `path`, as mono at its own rate.

    With `from_s` it begins at that moment of the container's clock, and where sound lacks there is silence. Raises
    `BadInput` when nothing can be decoded and when it is longer than half an hour.
    """
    streams = container.streams.audio
    chosen = _voice_in(path, streams)
    if chosen is None:
        raise BadInput(f"{path} cannot be read as sound: it may be torn or not a recording.")
    index, shares = chosen
    audio = _joined(_placed(_blocks(path, index), shares, from_s))
    _notice_a_torn_end(container, path, streams[index], audio.duration_s)
    return Audio(_levelled(audio.samples), audio.sample_rate_hz)


def _voice_in(path: Path, streams: Sequence[Any]) -> tuple[int, np.ndarray] | None:
    """Which track holds the voice, and the share of each of its channels; only where there is a choice is it listened
    to. None where nothing can be decoded."""
    if len(streams) == 1 and (first := next(_blocks(path, 0), None)) is not None and len(first.channels) == 1:
        return 0, np.ones(1, np.float32)
    preferred = next((i for i, s in enumerate(streams) if s.disposition & _DEFAULT_TRACK), 0)
    track = best_track([_blocks(path, i) for i in range(len(streams))], preferred)
    return None if track is None else (track.index, track.shares)


def _blocks(path: Path, index: int) -> Iterator[Block]:
    """What can be decoded of one sound track, at most half an hour."""
    length_s = 0.0
    with _opened(path) as container:
        for block in decoded_blocks(container, container.streams.audio[index]):
            length_s += block.channels.shape[1] / block.sample_rate_hz
            if length_s > LONGEST_RECORDING_S:
                raise BadInput(f"{path} is longer than {LONGEST_RECORDING_S // 60} minutes; cut it into parts.")
            yield block


def _placed(blocks: Iterable[Block], shares: np.ndarray, from_s: float | None) -> Iterator[Audio]:
    """Blocks as mono; with `from_s` each at its own time on the container's clock, after silence where sound lacks."""
    end_s = from_s
    for block in blocks:
        samples, rate_hz = mixed(block.channels, shares), block.sample_rate_hz
        if end_s is not None and block.time_s is not None:
            late_s = block.time_s - end_s
            if (0 if end_s == from_s else _SHORTEST_GAP_S) < late_s < LONGEST_RECORDING_S:
                samples = np.pad(samples, (round(late_s * rate_hz), 0))
            elif end_s == from_s and late_s < 0:
                samples = samples[round(-late_s * rate_hz) :]
            end_s += len(samples) / rate_hz
        yield Audio(samples, rate_hz)


def _joined(parts: Iterable[Audio]) -> Audio:
    """Parts end to end, at the rate of the first."""
    runs = [
        Audio(np.concatenate([part.samples for part in run]), rate_hz)
        for rate_hz, run in groupby(parts, key=lambda part: part.sample_rate_hz)
    ]
    rate_hz = runs[0].sample_rate_hz
    return Audio(np.concatenate([run.resampled(rate_hz).samples for run in runs]).astype(np.float32), rate_hz)


def _notice_a_torn_end(container: Any, path: Path, stream: Any, length_s: float) -> None:
    """Tell of a recording that its header says to be longer; of some formats the length is only estimated."""
    stated_s = float(stream.duration * stream.time_base) if stream.duration else 0.0
    if not stream.duration and not container.streams.video and container.duration:
        stated_s = container.duration / 1e6
    if length_s < 0.9 * stated_s - 1.0 and container.format.name not in _NO_LENGTHS:
        notice(f"{path} is torn: its sound ends after {length_s:.1f} of {stated_s:.1f} s.")


def _understates_its_length(path: Path) -> bool:
    """Whether a WAV file goes on behind the end that its header states, as a recorder that was cut off leaves it."""
    with open(path, "rb") as file:
        start = file.read(12)
        if start[:4] != b"RIFF" or start[8:] != b"WAVE":
            return False
        while len(header := file.read(8)) == 8:
            size = int.from_bytes(header[4:], "little")
            file.seek(size, 1)
            if header[:4] == b"data":
                after = file.read(5)[size % 2 :][:4]
                return len(after) == 4 and not _begins_a_chunk(after)
            file.seek(size % 2, 1)
    return False


def _begins_a_chunk(name: bytes) -> bool:
    return all(32 <= letter < 127 for letter in name) or name[:3] in (b"ID3", b"TAG")


def _levelled(samples: np.ndarray) -> np.ndarray:
    """Samples without their constant part, and within full scale where more than single ones exceed it."""
    size = np.abs(samples).max(initial=0.0)
    mean = samples.mean(dtype=np.float64) if len(samples) else 0.0
    if abs(mean) > _CONSTANT_PART * size:
        samples = samples - np.float32(mean)
        size = np.abs(samples).max(initial=0.0)
    return samples / size if (np.abs(samples) > 1).mean() > _SINGLE_SAMPLES else samples


def lift_quiet_voice(audio: Audio) -> Audio:
    """The same, or louder, with a notice, where somebody speaks but so quietly that it is hardly heard."""
    gain = gain_of_quiet(float(np.abs(audio.samples).max(initial=0.0)))
    if gain == 1.0:
        return audio
    louder = Audio((audio.samples * np.float32(gain)).astype(np.float32), audio.sample_rate_hz)
    if not speech_regions(louder):
        return audio
    notice(f"The recording is very quiet: it is played {20 * np.log10(gain):.0f} dB louder.")
    return louder
