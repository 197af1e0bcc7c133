"""A performance: speech booked on one time line, segments by what the head consumes, frames at the clip's rate."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from emotion_embed.signals.audio import Audio
from emotion_embed.track import EmotionTrack
from generators.contracts import Speech, Word
from generators.spec import GeneratorSpec
from studio.library import Library
from studio.performance import Performance
from studio.plan import plan_session
from studio.request import RenderRequest
from studio.runtime import Run
from studio.script import parse_script
from studio.spoken import Spoken

RATE_HZ = 8000


def speech(duration_s, *words):
    """Silence with words at (text, char_start), evenly spread."""
    step_s = duration_s / max(1, len(words))
    said = tuple(
        Word(text, i * step_s, (i + 1) * step_s, start, start + len(text)) for i, (text, start) in enumerate(words)
    )
    return Speech(Audio(np.zeros(round(duration_s * RATE_HZ), np.float32), RATE_HZ), (), said)


@dataclass
class Said:
    """A speech source that says what it is given."""

    parts: tuple
    is_recorded = False
    spec = GeneratorSpec("voice", "said", "")

    def stream(self, run, spoken):
        yield from self.parts


class Seen:
    """A head that notes its segments and shows the number of each frame."""

    size, remarks = (4, 2), ()

    def __init__(self, native_fps=None, consumes=("speech", "emotion")):
        self.spec = GeneratorSpec("head", "seen", "", consumes=frozenset(consumes), native_fps=native_fps)
        self.segments = []

    def portrait(self, run):
        return self

    def render(self, run, portrait, segments, *, seed, fps):
        for segment in segments:
            self.segments.append(segment)
            for number in segment.speech.frames(fps):
                yield np.full((2, 4, 3), number % 256, np.uint8)


def shown(head, *turns, fps=25.0):
    plan = replace(plan_session(RenderRequest(fps=fps)), frames=head, motion=None)
    performance, chunks = Performance(plan), []
    for parts in turns:
        with Run(Library()) as run:
            chunks += list(performance.turn(run, Said(parts)))
    return chunks


@pytest.mark.parametrize(("fps", "native_fps"), [(25.0, None), (25.0, 12.0), (29.97, 25.0), (24.0, 60.0), (10.0, 30.0)])
def test_a_head_of_its_own_rate_is_shown_at_the_clips(fps, native_fps):
    turns = [(speech(1.03), speech(0.51)), (speech(0.77),)]
    chunks = shown(Seen(native_fps), *turns, fps=fps)
    frames = np.concatenate([chunk.frames for chunk in chunks])[:, 0, 0, 0]
    rate = float(RenderRequest(fps=fps).frame_rate())
    assert len(frames) == round(2.31 * rate)
    due = (np.arange(len(frames)) + 0.5) / rate * (native_fps or rate)
    assert np.abs(frames - np.floor(due)).max() <= 1  # a frame at most beside the one that is due
    assert (np.diff(frames.astype(int)) >= 0).all()
    assert sum(len(chunk.audio.samples) for chunk in chunks) == round(2.31 * RATE_HZ)


def test_segments_hold_speech_in_its_place_and_no_motion_where_none_is_consumed():
    head = Seen()
    shown(head, (speech(1.0, ("Hello", 0)), speech(0.5, ("you", 6))))
    assert [segment.motion for segment in head.segments] == [None, None]
    assert head.segments[1].speech.start_s == 1.0
    assert head.segments[1].speech.words[0].start_s == 1.0


def test_a_feeling_comes_with_the_part_that_says_it_and_not_before():
    spoken = Spoken(EmotionTrack())
    spoken.begin(parse_script("One. [joy] Two. [fear] Three."))
    first, second = spoken.book(speech(1.0, ("One", 0))), spoken.book(speech(1.0, ("Two", 5)))
    assert [str(key.emotion) for key in first.track.keys] == ["neutral"]
    assert [(key.start_s, str(key.emotion)) for key in second.track.keys] == [(0.0, "neutral"), (1.0, "joy:1")]


def test_a_new_text_counts_its_characters_from_its_own_start():
    spoken = Spoken(EmotionTrack())
    spoken.begin(parse_script("A long sentence."))
    spoken.book(speech(1.0, ("sentence", 7)))
    assert spoken.chars_said == 15
    spoken.begin(parse_script("[sadness] No."))
    assert spoken.chars_said == 0
    assert [key.start_s for key in spoken.book(speech(0.5, ("No", 0))).track.keys] == [0.0, 1.0]


def test_sound_of_another_rate_is_brought_to_the_first_ones():
    spoken = Spoken(EmotionTrack())
    spoken.book(speech(1.0))
    part = spoken.book(Speech(Audio(np.zeros(24_000, np.float32), 24_000)))
    assert part.audio.sample_rate_hz == RATE_HZ and part.start_s == 1.0
    assert spoken.duration_s == pytest.approx(2.0, abs=0.001)
