"""The recording voice: sound that is there already, handed on chunk by chunk with the words and phones heard in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.vad import is_spoken
from generators.contracts import Speech
from generators.voice.recording.transcribed import stream_recording

_CHUNK_S = 2.0
_NOTED_S = 0.5  # sound that lasts so much longer than the picture is not cut in silence


class RecordingVoice:
    """Speaks with the sound of a recording. Make it with `RecordingVoice.from_pretrained()`."""

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> RecordingVoice:
        """Fetch the speech recogniser where it is absent.

        Args:
            name_or_folder, revision, config: nothing can be chosen.
            progress: called as (name, done_bytes, total_bytes) while weights are fetched.

        Raises:
            Missing: The weights cannot be had.
        """
        import checkpoints

        checkpoints.path("whisper-base", progress=progress)
        return cls()

    def stream(
        self,
        audio: Audio,
        *,
        text: str | None = None,
        language: str | None = None,
        if_wordless: str = "the lips stay shut",
    ) -> Iterator[Speech]:
        """Chunks of a recording, end to end the whole of it, with words and phones; without both where nobody speaks.

        Args:
            audio: mono, at any rate from 8 kHz.
            text: what is said in it, if known; offsets of words are then its own.
            language: an ISO 639-1 code; None is the one that is heard.
            if_wordless: what follows where nobody speaks, as in music; a notice says it.

        Raises:
            BadInput: At once for a `text` where nobody speaks; later for a text that is not what is said.
        """
        if is_spoken(audio):
            return stream_recording(audio, text=text or None, language=language)
        if text:
            raise BadInput("No speech is heard in the recording, so the text given cannot be what is said there.")
        notice(f"No voice is heard in the recording: {if_wordless}.")
        return plain_chunks(audio)


def plain_chunks(audio: Audio) -> Iterator[Speech]:
    """Chunks of 2 s of a sound whose words nobody asks for, end to end the whole of it."""
    step = max(1, round(_CHUNK_S * audio.sample_rate_hz))
    for first in range(0, len(audio.samples), step):
        yield Speech(Audio(audio.samples[first : first + step], audio.sample_rate_hz))


def fit_duration(audio: Audio, duration_s: float) -> Audio:
    """A sound cut, or followed by silence, to last exactly so long; a notice says where more than a moment is cut."""
    if audio.duration_s > duration_s + _NOTED_S:
        notice(f"The sound lasts {audio.duration_s:.1f} s, the motion {duration_s:.1f} s: the end of the sound is cut.")
    n_samples = round(duration_s * audio.sample_rate_hz)
    samples = np.pad(audio.samples, (0, max(0, n_samples - len(audio.samples))))
    return Audio(samples[:n_samples], audio.sample_rate_hz)
