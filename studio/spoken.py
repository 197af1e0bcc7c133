"""What was said so far in a clip, on its one time line: words, phones, captions, feelings and sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.state import EmotionState
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import Phone, PlacedSpeech, Speech, Word
from generators.timeline import Timeline
from studio.media.caption_burnin import CaptionPainter
from studio.media.captions import Caption, as_written, make_captions
from studio.runtime import Soundtrack
from studio.script import Mark, Script

_LOOK_BACK_S = 10.0  # no motion looks further back for what was felt


class Spoken:
    """Grows while a voice speaks, in that voice's thread alone; what it hands on does not change any more.

    Attributes:
        timeline: where the next part begins.
        track: what is felt, up to the end of what was said.
        soundtrack: the sound, from which the picture takes what it has come to.
        painter: draws the captions that are due, where they are burned in.
        script: the text that is being said.
    """

    def __init__(self, track: EmotionTrack, burns_captions: bool = False) -> None:
        self.timeline, self.track = Timeline(), track
        self.soundtrack, self.painter = Soundtrack(), CaptionPainter()
        self.words: list[Word] = []
        self.phones: list[Phone] = []
        self.captions: list[Caption] = []
        self.script = Script("")
        self._marks: list[Mark] = []
        self._n_words_before, self._burns_captions = 0, burns_captions

    @property
    def duration_s(self) -> float:
        """How long it lasts so far."""
        return self.timeline.duration_s

    @property
    def chars_said(self) -> int:
        """How many characters of the script are said."""
        return self.words[-1].char_end if len(self.words) > self._n_words_before else 0

    def begin(self, script: Script) -> None:
        """Go on with another text, whose character offsets count from its own start; a mark behind the last word of the
        one before it is felt from here on."""
        if self._marks:
            self.feel(self._marks[-1].emotion)
        self.script, self._marks = script, list(script.marks)
        self._n_words_before = len(self.words)

    def forget(self) -> None:
        """Let go of what no later turn asks for, so that a long conversation takes no more memory than a short one."""
        self.words, self.phones, self.captions, self._n_words_before = [], [], [], 0
        recent = [key for key in self.track.keys if key.start_s > self.duration_s - _LOOK_BACK_S]
        before = [key for key in self.track.keys if key.start_s <= self.duration_s - _LOOK_BACK_S]
        self.track = EmotionTrack((*before[-1:], *recent))

    def drop_unheard(self) -> None:
        """Forget the sound and captions of a turn that was broken off; the time line stays where it is."""
        self.soundtrack.drop()
        self.painter = CaptionPainter()
        self._marks = []

    def feel(self, emotion: EmotionState) -> None:
        """Feel this from here on."""
        self.track = self.track.with_keys([EmotionKey(self.duration_s, emotion)])

    def book(self, speech: Speech) -> PlacedSpeech:
        """The next part in its place, its words, captions, feelings and sound noted."""
        speech = self._at_our_rate(speech)
        placed = self.timeline.place(speech)
        self.track = self.track.with_keys(self._due_keys(placed))
        captions = make_captions(as_written(placed.words, self.script.text), placed.start_s + speech.audio.duration_s)
        self.captions += captions
        self.painter.add(captions if self._burns_captions else ())
        self.phones += placed.phones
        self.words += placed.words
        self.soundtrack.append(speech.audio.samples, speech.audio.sample_rate_hz)
        return replace(placed, track=self.track)

    def _due_keys(self, placed: PlacedSpeech) -> list[EmotionKey]:
        """The feelings whose marks the part has come to, each from the first word behind its mark on."""
        keys: list[EmotionKey] = []
        for word in placed.words:
            while self._marks and word.char_start >= self._marks[0].char_offset:
                keys.append(EmotionKey(word.start_s, self._marks.pop(0).emotion))
        return keys

    def _at_our_rate(self, speech: Speech) -> Speech:
        """A session may change between sources of different rates; the first one's holds."""
        rate_hz = self.timeline.sample_rate_hz
        if rate_hz in (None, speech.audio.sample_rate_hz):
            return speech
        return replace(speech, audio=speech.audio.resampled(rate_hz))


def muted(part: PlacedSpeech) -> PlacedSpeech:
    """Silence in the place of `part`, so that lips do not follow a sound that is no voice."""
    silence = Audio(np.zeros_like(part.audio.samples), part.audio.sample_rate_hz)
    return replace(part, speech=Speech(silence))
