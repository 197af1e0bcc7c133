"""The one clock of a clip: where each part of speech lies, counted in samples so that nothing drifts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from emotion_embed.track import EmotionTrack
from generators.contracts import PlacedSpeech, Speech


class Timeline:
    """Places parts of speech end to end. One sample rate holds for a whole time line."""

    def __init__(self) -> None:
        self.n_samples, self.n_words = 0, 0
        self.sample_rate_hz: int | None = None

    @property
    def duration_s(self) -> float:
        """Length of everything placed so far, in seconds."""
        return self.n_samples / self.sample_rate_hz if self.sample_rate_hz else 0.0

    def place(self, speech: Speech, track: EmotionTrack | None = None) -> PlacedSpeech:
        """The next part, behind all those before it, with the feelings known by then (None: neutral).

        Raises:
            ValueError: The part has another sample rate than those before it.
        """
        rate_hz = speech.audio.sample_rate_hz
        if self.sample_rate_hz not in (None, rate_hz):
            raise ValueError(f"The sound changes its rate from {self.sample_rate_hz} to {rate_hz} Hz.")
        placed = PlacedSpeech(speech, self.n_samples, self.n_words, track or EmotionTrack())
        self.sample_rate_hz = rate_hz
        self.n_samples += len(speech.audio.samples)
        self.n_words += len(speech.words)
        return placed


def place(parts: Iterable[Speech], track: EmotionTrack | None = None) -> Iterator[PlacedSpeech]:
    """Parts end to end from 0 s on, all with one `track` (None: neutral)."""
    timeline = Timeline()
    for part in parts:
        yield timeline.place(part, track)
