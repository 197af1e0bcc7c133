"""A generator that breaks its contract while it runs is named in one sentence, and never followed."""

from dataclasses import replace

import numpy as np
import pytest

from checkpoints.errors import BadInput, MienError
from emotion_embed.signals.audio import Audio
from generators.contracts import ARKIT_CHANNELS, Motion, Speech, Word
from generators.spec import GeneratorSpec
from studio.promises import blaming, checked_frames, checked_motion, checked_speech

VOICE, MOTION, HEAD = (GeneratorSpec(kind, "toy", "") for kind in ("voice", "motion", "head"))
SAMPLES = np.zeros(800, np.float32)
GOOD = Motion(
    25.0, np.full((3, len(ARKIT_CHANNELS)), 0.5, np.float32), np.zeros((3, 3)), np.zeros((3, 3)), np.full(3, 0.5)
)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (SAMPLES.astype(np.int16), ()),
        (np.zeros((400, 2), np.float32), ()),
        (np.full(800, np.nan, np.float32), ()),
        (np.full(800, 1.5, np.float32), ()),
        (SAMPLES, (Word("late", 0.0, 2.0),)),
    ],
)
def test_speech_that_is_none_is_refused(samples, words):
    with pytest.raises(MienError, match="voice generator toy"):
        checked_speech(VOICE, Speech(Audio(samples, 8000), (), words))


def test_speech_that_keeps_its_promise_is_handed_on():
    speech = Speech(Audio(SAMPLES, 8000), (), (Word("in", 0.0, 0.1),))
    assert checked_speech(VOICE, speech) is speech


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"blendshapes": GOOD.blendshapes[:2]}, "form"),
        ({"blendshapes": GOOD.blendshapes[:, :51]}, "form"),
        ({"head_rotation_deg": np.zeros((2, 3))}, "3 frames"),
        ({"breath": np.array([0.5, np.nan, 0.5])}, "numbers"),
        ({"blendshapes": GOOD.blendshapes - np.eye(3, len(ARKIT_CHANNELS), dtype=np.float32)}, ARKIT_CHANNELS[0]),
    ],
)
def test_motion_that_does_not_lie_beside_its_part_is_refused(change, says):
    assert checked_motion(MOTION, GOOD, 3) is GOOD
    with pytest.raises(MienError, match=f"motion generator toy.*{says}"):
        checked_motion(MOTION, replace(GOOD, **change), 3)


@pytest.mark.parametrize(("n_frames", "says"), [(2, "fewer"), (4, "more")])
def test_a_head_gives_as_many_frames_as_are_due(n_frames, says):
    frames = [np.zeros((2, 4, 3), np.uint8)] * n_frames
    with pytest.raises(MienError, match=f"head generator toy.*{says} frames than the 3"):
        list(checked_frames(HEAD, frames, (4, 2), [3]))
    assert len(list(checked_frames(HEAD, frames, (4, 2), [n_frames]))) == n_frames


@pytest.mark.parametrize("frame", [np.zeros((4, 2, 3), np.uint8), np.zeros((2, 4, 3), np.float32)])
def test_a_frame_of_another_form_is_refused(frame):
    with pytest.raises(MienError, match="a frame of the form"):
        list(checked_frames(HEAD, [frame], (4, 2), [1]))


def test_an_unexpected_error_says_where_it_arose_and_one_of_ours_does_not():
    with pytest.raises(KeyError) as raised, blaming(HEAD), blaming(MOTION):
        raise KeyError("jawOpne")
    assert raised.value.__notes__ == ["in the motion generator toy"]
    with pytest.raises(BadInput) as ours, blaming(HEAD):
        raise BadInput("No.")
    assert not getattr(ours.value, "__notes__", None)
