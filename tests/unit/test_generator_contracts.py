"""The tests of `generators.testing` catch generators that break their promises, each with a sentence that says how."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.spec import GeneratorSpec
from generators.testing import HeadContract, MotionContract, VoiceContract, check_speech, sample_motion

TEXT = "ah oh"
GOOD = Speech(
    Audio(np.zeros(16_000, np.float32), 16_000),
    (Phone("ɑ", 0.1, 0.3, 2, 0), Phone("oʊ", 0.4, 0.6, 2, 1)),
    (Word("ah", 0.1, 0.3, 0, 2), Word("oh", 0.4, 0.6, 3, 5)),
)


@dataclass
class Loose:
    """Options without limits, and not frozen."""

    speed: float = 1.0


class Jumpy:
    """Motion that starts anew with every part, has a frame too many, and knows no feelings."""

    def __init__(self, config=None):
        self.seen = []

    def start(self, *, seed=0, fps=25.0):
        self.fps = fps
        return self

    def perform(self, part):
        self.seen.append(part)
        motion = sample_motion(part, self.fps)
        shapes = np.linspace(0, 1, len(motion), dtype=np.float32)[:, None].repeat(52, 1)
        return replace(motion, blendshapes=np.concatenate([shapes, shapes[-1:]]))


class Flipbook:
    """A head that draws into one frame over and over, once all speech is there."""

    remarks = ()

    def analyse(self, image, *, size=(512, 512), face=None, background=None):
        self.size = size or (64, 64)
        return self

    def render(self, portrait, segments, *, seed=0, fps=25.0):
        width, height = portrait.size
        frame = np.zeros((height, width, 3), np.uint8)
        for segment in list(segments):
            for number in segment.speech.frames(fps):
                frame[:] = number
                yield frame


MOTION = GeneratorSpec("motion", "jumpy", f"{__name__}:Jumpy", config=f"{__name__}:Loose")
HEAD = GeneratorSpec("head", "flipbook", f"{__name__}:Flipbook", consumes=frozenset({"speech"}))
VOICE = GeneratorSpec("voice", "mute", f"{__name__}:Mute", weights=("no-such-set",))


def of(contract, name):
    """A contract over a generator of this module, with a grey picture for heads."""
    grey = {"image": lambda self: np.full((64, 64, 3), 128, np.uint8)}
    return type("Contract", (contract,), {"place": f"{__name__}:{name}", **grey})()


def test_what_is_right_passes():
    check_speech([GOOD], TEXT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"audio": Audio(np.full(16_000, 2, np.float32), 16_000)}, "−1..1"),
        ({"audio": Audio(np.zeros(8_000, np.float32), 16_000)}, "after the sound"),
        ({"words": GOOD.words[::-1]}, "does not follow"),
        ({"words": (GOOD.words[0], replace(GOOD.words[1], char_start=1))}, "offsets"),
        ({"phones": (replace(GOOD.phones[0], word_index=1),)}, "outside its word"),
        ({"words": (), "phones": ()}, "no words"),
    ],
)
def test_a_voice_that_tells_wrong_times_is_caught(change, said):
    with pytest.raises(AssertionError, match=said):
        check_speech([replace(GOOD, **change)], TEXT)


@pytest.mark.parametrize(
    ("contract", "name", "test", "said"),
    [
        (VoiceContract, "VOICE", "test_its_spec_says_what_it_is", "summary"),
        (VoiceContract, "VOICE", "test_its_weights_are_known", "no-such-set"),
        (VoiceContract, "VOICE", "test_its_voices_are_listed", "mien voices"),
        (MotionContract, "MOTION", "test_its_options_have_limits", "must be frozen"),
        (MotionContract, "MOTION", "test_every_part_has_the_frames_beside_it", "must be"),
        (MotionContract, "MOTION", "test_no_jump_between_parts", "where parts meet"),
        (MotionContract, "MOTION", "test_a_feeling_shows", "look the same"),
        (MotionContract, "MOTION", "test_it_forgets_what_is_past", "it holds"),
        (MotionContract, "MOTION", "test_a_senseless_frame_rate_is_refused", "frames per second"),
        (HeadContract, "HEAD", "test_frames_are_kept_apart_and_the_same_again", "share their memory"),
        (HeadContract, "HEAD", "test_frames_come_before_speech_has_ended", "until all speech"),
    ],
)
def test_a_broken_promise_is_caught(contract, name, test, said):
    with pytest.raises(AssertionError, match=said):
        getattr(of(contract, name), test)()
